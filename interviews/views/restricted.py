"""The restricted passages of a transcript: listed, marked and lifted by those who manage the material."""

from bisect import bisect_right
from operator import itemgetter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from .. import restricted
from ..access import reach
from ..forms_restricted import RestrictForm
from ..models import RestrictedPassage, Transcript


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_passages(request, transcript_id):
    """What is restricted, and the form for more; ``?start=…&end=…&revision=…`` are words chosen in the transcript."""
    transcript = reach(
        Transcript.objects.kept().select_related("study"), request.user, "manage_material", pk=transcript_id
    )
    transcript.study.my_role = transcript.my_role
    posted = request.POST if request.method == "POST" else None
    form = RestrictForm(posted, transcript=transcript, initial=_chosen(request, transcript))
    if form.is_valid():
        given = form.cleaned_data
        try:
            passage = restricted.restrict(
                transcript.pk,
                request.user,
                given["start"],
                given["end"],
                revision=given["revision"],
                reason=given["reason"],
            )
        except restricted.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Restricted: readers and exports do not have these words any more."))
            if quoting := passage.taken_out:
                told = ngettext(
                    "The example of the code %(names)s quoted these words: it is emptied.",
                    "The examples of the codes %(names)s quoted these words: they are emptied.",
                    len(quoting),
                )
                messages.warning(request, told % {"names": ", ".join(str(each) for each in quoting)})
            return redirect("interviews:restricted", transcript.pk)
    rows = transcript.restricted.filter(lifted_at=None).select_related("created_by")
    context = {
        "transcript": transcript,
        "study": transcript.study,
        "form": form,
        "chosen": _words(form, transcript),
        "passages": [(row, _turn(transcript, row), transcript.text[row.start : row.end]) for row in rows],
    }
    return render(request, "interviews/restricted.html", context)


def _chosen(request, transcript):
    """The range of an address, where it is one of the present text."""
    given = {name: request.GET.get(name, "") for name in ("start", "end", "revision")}
    chosen = {name: int(value) for name, value in given.items() if value.isdecimal() and len(value) < 10}
    is_range = len(chosen) == 3 and 0 <= chosen["start"] < chosen["end"] <= len(transcript.text)
    if is_range and chosen["revision"] == transcript.revision:
        return chosen
    return {"revision": transcript.revision}


def _words(form, transcript):
    """The words that were chosen in the transcript, in the form already."""
    try:
        start, end = int(form["start"].value()), int(form["end"].value())
    except (TypeError, ValueError):
        return ""
    return transcript.text[max(0, start) : max(0, end)]


def _turn(transcript, row):
    return max(1, bisect_right(transcript.turns, row.start, key=itemgetter("start")))


@login_required
@require_POST
def lift_passage(request, passage_id):
    row = _reached(request, passage_id)
    restricted.lift(row, request.user)
    messages.success(request, _("Lifted: readers see these words again, and exports have them."))
    return redirect("interviews:restricted", row.transcript_id)


@login_required
@require_POST
def settle_passage(request, passage_id):
    row = _reached(request, passage_id)
    restricted.settle(row, request.user)
    return redirect("interviews:restricted", row.transcript_id)


def _reached(request, passage_id):
    return reach(RestrictedPassage.objects.all(), request.user, "manage_material", pk=passage_id)
