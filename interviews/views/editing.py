"""Correcting a transcript's text: edit, look at what it does, save; and the revisions there are."""

from bisect import bisect_right
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from .. import anchors, editing
from ..access import reach
from ..forms_editing import EditForm
from ..models import TextRevision, Transcript

MOST = 300  # changes and passages shown on a page
MERGED = gettext_lazy("Both changes are in the text below. Look at it, then go on.")


@dataclass
class Difference:
    """Changed lines for the page: in which turn, how they were, how they are."""

    turn: int
    old: list
    new: list


def _differences(old, new, turns):
    starts = [turn["start"] for turn in turns]
    found = anchors.changes(old, new)
    shown = [
        Difference(max(1, bisect_right(starts, change.at)), change.old, change.new) for change in found[:MOST]
    ]
    return {"differences": shown, "more_differences": len(found) - len(shown)}


def _reached(request, transcript_id):
    transcript = reach(
        Transcript.objects.kept().select_related("study"), request.user, "manage_material", pk=transcript_id
    )
    transcript.study.my_role = transcript.my_role
    return transcript


def _page(request, template, transcript, **context):
    return render(request, template, {"transcript": transcript, "study": transcript.study, **context})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_text(request, transcript_id):
    """The text in a field; then what the change does; then it is saved. What was typed is never lost."""
    transcript = _reached(request, transcript_id)
    if request.method != "POST":
        return _page(request, "interviews/edit_text.html", transcript, form=_fresh(request, transcript))
    form = EditForm(request.POST)
    if not form.is_valid():
        return _page(request, "interviews/edit_text.html", transcript, form=form)
    given = form.cleaned_data
    if given["revision"] != transcript.revision:
        return _stale(request, transcript, given)
    if request.POST.get("do") == "again":
        return _page(request, "interviews/edit_text.html", transcript, form=_filled(given), unsaved=True)
    try:
        if request.POST.get("do") == "save":
            return _save(request, transcript, given)
        edit = editing.Edit(transcript, given["text"])
        receipt = editing.foresee(edit)
    except editing.Refused as refusal:
        form.add_error("text", str(refusal))
        return _page(request, "interviews/edit_text.html", transcript, form=form)
    except editing.Stale:
        return _stale(request, _reached(request, transcript_id), given)
    return _page(
        request,
        "interviews/edit_receipt.html",
        transcript,
        form=_filled(given),
        receipt=receipt,
        most=MOST,
        turns_before=len(edit.old_turns),
        turns_after=len(edit.turns),
        **_differences(edit.old, edit.text, edit.old_turns),
    )


def _fresh(request, transcript):
    """The form with the present text, or with that of ``?revision=`` to bring back."""
    number = request.GET.get("revision", "")
    if not number:
        return _filled({"text": transcript.text, "revision": transcript.revision, "reason": ""})
    known = number.isdecimal() and len(number) < 10
    text = _shown_text(transcript, int(number)) if known else None
    if text is None:
        raise Http404
    reason = _("Revision %(number)s brought back") % {"number": number}
    return _filled({"text": text, "revision": transcript.revision, "reason": reason})


def _shown_text(transcript, number):
    """The text of a revision, for whom the transcript was found; None where it is not kept or sealed."""
    return editing.shown_text_of(transcript.pk, number, transcript.may["see_names"])


def _filled(given):
    return EditForm(initial=given)


def _save(request, transcript, given):
    _event, receipt = editing.save(
        transcript.pk, given["text"], request.user, revision=given["revision"], reason=given["reason"]
    )
    said = _(
        "Saved as revision %(number)s. Codings kept: %(kept)s, moved: %(moved)s, in need of eyes: %(eyes)s."
    )
    counts = {"kept": receipt.kept, "moved": receipt.n_moved, "eyes": receipt.n_eyes}
    messages.success(request, said % {"number": given["revision"] + 1, **counts})
    return redirect("coding:needs-eyes" if receipt.eyes else "interviews:revisions", transcript.pk)


def _stale(request, transcript, given):
    """Somebody else was first: their change, what was typed, and both in one where they do not touch."""
    base = _shown_text(transcript, given["revision"])
    typed = given["text"].replace("\r\n", "\n")
    revisions = TextRevision.objects.filter(transcript=transcript, number=given["revision"])
    turns = revisions.values_list("turns", flat=True).first() or []
    theirs = {} if base is None else _differences(base, transcript.text, turns)
    merged = anchors.merge(base, typed, transcript.text) if base is not None else None
    latest = TextRevision.objects.select_related("actor").filter(
        transcript=transcript, number=transcript.revision
    )
    wants_both = request.POST.get("do") == "merge" and merged is not None
    text = merged if wants_both else typed
    revision = transcript.revision if wants_both or request.POST.get("do") == "mine" else given["revision"]
    if revision == transcript.revision:
        form = _filled({"text": text, "revision": revision, "reason": given["reason"]})
        if wants_both:
            messages.success(request, MERGED)
        return _page(request, "interviews/edit_text.html", transcript, form=form)
    return _page(
        request,
        "interviews/edit_text.html",
        transcript,
        form=_filled({**given, "text": typed}),
        first=latest.first(),
        can_merge=merged is not None,
        **theirs,
    )


@login_required
@require_safe
def list_revisions(request, transcript_id):
    """The revisions of a text, and two of them compared."""
    transcript = _reached(request, transcript_id)
    revisions = list(
        transcript.revisions.select_related("actor").defer("text", "turns", "marks").order_by("-number")
    )
    numbers = {each.number for each in revisions if transcript.may["see_names"] or not each.sealed_at}
    old, new = _chosen(request, "old", transcript.revision - 1), _chosen(request, "new", transcript.revision)
    compared = {}
    if old != new and {old, new} <= numbers:
        found = {each.number: each for each in transcript.revisions.filter(number__in=[old, new])}
        compared = _differences(found[old].text, found[new].text, found[old].turns)
    return _page(
        request,
        "interviews/compare_revisions.html",
        transcript,
        revisions=revisions,
        readable=numbers,
        old=old,
        new=new,
        is_compared=bool(compared),
        **compared,
    )


def _chosen(request, name, otherwise):
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 10 else otherwise
