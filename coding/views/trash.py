"""The trash of a study, and erasing for good what lies in it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from coding import erasing
from coding.forms_trash import EraseForm
from interviews.access import reach
from interviews.models import Respondent, Study, Transcript


@login_required
@require_safe
def show_trash(request, slug):
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    transcripts, people = erasing.in_trash(study)
    for row in (*transcripts, *people):
        row.days_left = erasing.days_left(row)
    context = {"study": study, "page": "trash", "transcripts": transcripts, "people": people}
    return render(request, "coding/trash.html", context | {"days": erasing.KEPT_FOR.days})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase_transcript(request, transcript_id):
    transcript = _reached(Transcript, request, transcript_id)
    form = _form(request, transcript.title, Transcript.objects.none())
    if form.is_valid() and _erased(request, erasing.erase_transcript, transcript):
        return redirect("coding:trash", transcript.study.slug)
    contents = erasing.contents_of_transcript(transcript)
    return _page(request, transcript, transcript.title, form, contents)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase_respondent(request, respondent_id):
    person = _reached(Respondent, request, respondent_id)
    contents = erasing.contents_of_respondent(person)
    alone = Transcript.objects.filter(pk__in=[transcript.pk for transcript in contents.alone])
    form = _form(request, person.pseudonym, alone.select_related("study"))
    if form.is_valid() and _erased(
        request, erasing.erase_respondent, person, form.cleaned_data["transcripts"]
    ):
        return redirect("coding:trash", person.study.slug)
    return _page(request, person, person.pseudonym, form, contents)


def _reached(model, request, pk):
    """A row in the trash, of whose study this person may erase."""
    row = reach(model.objects.exclude(removed_at=None).select_related("study"), request.user, "erase", pk=pk)
    row.study.my_role = row.my_role
    return row


def _form(request, called, transcripts):
    posted = request.POST if request.method == "POST" else None
    return EraseForm(posted, called=called, transcripts=transcripts)


def _erased(request, erase, *what):
    try:
        erase(*what[:1], request.user, *what[1:])
    except erasing.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Erased for good. The history says that, and how much it was."))
    return True


def _page(request, row, called, form, contents):
    context = {"study": row.study, "called": called, "form": form, "contents": contents}
    context["lines"] = list(_lines(contents))
    context["has_key"] = row.study.sealed_names.exists()
    context["chosen"] = _chosen(form, contents)
    return render(request, "coding/erase.html", context)


def _chosen(form, contents):
    """A respondent's own transcripts, and whether they go along: all, until somebody says otherwise."""
    posted = form.data.getlist("transcripts") if form.is_bound else None
    return [(each, posted is None or str(each.pk) in posted) for each in contents.alone]


def _lines(contents):
    """What goes, as (words, number)."""
    rows = contents.rows
    if "transcript" in rows:
        yield ngettext("The text: word", "The text: words", contents.words), contents.words
        yield _("Its revisions"), rows.get("textrevision", 0)
        yield _("The original file"), int(contents.original)
        yield _("Speaker labels"), rows.get("speaker", 0)
        yield _("Segments, with their quotes"), rows.get("segment", 0)
        yield _("Coded segments, of all coders"), rows.get("codedsegment", 0)
        yield _("Memos on it, its passages and codings, of all authors"), rows.get("memo", 0)
    else:
        yield _("The pseudonym, with its type and attributes"), 1
        yield _("Coded segments that say no more whose words they are"), rows.get("codedsegment", 0)
    yield _("Changes in the history that lose what they hold of it"), contents.events
