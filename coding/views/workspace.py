"""The page in which transcripts are read and coded."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from coding import reading
from coding.catalogue import code_tree
from interviews import restricted
from interviews.access import reach
from interviews.models import Transcript

ASKING = ("query", "cooccurrence", "retrieval", "find")  # with all pages below them


@login_required
@require_GET
@ensure_csrf_cookie  # the scripts send it back
def show_transcript(request, transcript_id):
    queryset = Transcript.objects.kept().select_related("study", "respondent__respondent_type")
    queryset = queryset.annotate(is_restricted=restricted.ANY)
    transcript = reach(queryset, request.user, pk=transcript_id)
    study = transcript.study
    study.my_role = transcript.my_role
    speakers = list(transcript.speakers.select_related("respondent"))
    codes = list(study.codes.all())
    passages = restricted.passages_of(transcript.study_id) if transcript.is_restricted else restricted.NOTHING
    hidden = restricted.NOTHING if transcript.may["see_restricted"] else passages
    text = hidden.whole(transcript)
    header = reading.header_of(text, transcript.turns)
    return render(
        request,
        "coding/transcript.html",
        {
            "study": study,
            "transcript": transcript,
            "header": header.rstrip(),
            "back": back_to(request, study),
            "text": reading.render(
                text,
                transcript.turns,
                transcript.marks,
                [speaker.label for speaker in speakers if speaker.is_interviewer],
                passages.ranges.get(transcript.pk, ()),
            ),
            "is_long": len(transcript.turns) > reading.LONG,
            "tree": code_tree(codes),
            "n_codes": sum(code.retired_at is None for code in codes),
            "workspace": {
                "transcript": transcript.pk,
                "revision": transcript.revision,
                "study": study.slug,
                "user": request.user.pk,
                "userName": request.user.get_username(),
                "mayCode": transcript.may["code"],
                "mayAddCodes": transcript.may["manage_codebook"],
                "segments": reverse("api:segments", args=[transcript.pk]),
                "changes": reverse("api:changes", args=[transcript.pk]),
                "presence": reverse("api:presence", args=[transcript.pk]),
                "codes": reverse("api:codes", args=[study.slug]),
                "signIn": reverse("interviews:sign-in"),
            },
        },
    )


def back_to(request, study):
    """Where in this study's queries the reader came from, for a link that leads there again; nothing else."""
    back = request.GET.get("back", "")
    homes = [reverse(f"coding:{name}", args=[study.slug]) for name in ASKING]
    results = reverse("coding:result", args=[0]).removesuffix("0/")
    return back if back.startswith((*homes, results)) else ""


@login_required
@require_GET
def show_respondent(request, transcript_id):
    """A fragment for the workspace: what is known of who speaks."""
    queryset = Transcript.objects.kept().without_text().select_related("study", "respondent__respondent_type")
    transcript = reach(queryset, request.user, pk=transcript_id)
    return render(
        request,
        "coding/_respondent.html",
        {"transcript": transcript, "facts": respondent_facts(transcript)},
    )


def respondent_facts(transcript):
    """``(attribute name, value)`` of the main respondent, in the study's order of attributes."""
    if transcript.respondent is None:
        return []
    values = transcript.respondent.values
    return [
        (attribute.name, values[attribute.key])
        for attribute in transcript.study.attributes.all()
        if attribute.key in values
    ]
