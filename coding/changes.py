"""The list of changes a coder's browser sends: applied in order, all in one transaction, each at most once.

A change is ``{"id": uuid, "do": "apply" | "withdraw" | "undo", ...}``. Its id makes it idempotent: a change whose event
is in the history already is answered "already" and does nothing. What the server will not do is answered "refused" with
a reason in a person's words; it never stops the changes after it.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Replace, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from interviews import history
from interviews.access import reach
from interviews.models import Event, Transcript
from interviews.turns import count_words

from .attribution import Speech
from .models import Code, CodedSegment, Segment

LOOK_BACK = timedelta(seconds=15)


class Refused(Exception):
    """Why a change cannot be made, for the person who made it."""


@dataclass
class Batch:
    """What the changes of one request share: the locked transcript and what was looked up for it once."""

    transcript: Transcript
    coder: object
    codes: dict = field(default_factory=dict)
    event: int = 0  # the last one recorded
    _speech: Speech | None = None

    def respondent_at(self, start, end):
        if self._speech is None:
            self._speech = Speech(self.transcript)
        return self._speech.respondent_at(start, end)


def make(transcript_id, user, revision, changes):
    """Make a coder's changes; returns ``(last event id, results, revision)``.

    ``changes`` is a list of dicts as in the module's docstring, ``revision`` the transcript's as the browser has it.
    Raises Http404 for a stranger, PermissionDenied for a reader.
    """
    with transaction.atomic():
        transcript = reach(_locked_transcripts(), user, "code", pk=transcript_id)
        done = _done_already(transcript, changes)
        batch = Batch(transcript, user, _codes(transcript, changes))
        stale = revision != transcript.revision
        results = [_result(batch, change, done, stale) for change in changes]
        return batch.event or last_event_id(transcript), results, transcript.revision


def _locked_transcripts():
    """Transcripts for changing: nobody edits the text, nor records another coding there, until this is done."""
    return (
        Transcript.objects.kept()
        .select_related("study")
        .only("study__slug", "revision", "respondent")
        .select_for_update(of=("self",), no_key=True)
    )


def last_event_id(transcript):
    return (
        Event.objects.filter(study=transcript.study_id).order_by("-pk").values_list("pk", flat=True).first() or 0
    )


def _done_already(transcript, changes):
    ids = [change["id"] for change in changes]
    return set(
        Event.objects.filter(study=transcript.study_id, change__in=ids).values_list("change", flat=True)
    )


def _codes(transcript, changes):
    ids = {change["code"] for change in changes if change["do"] == "apply"}
    return Code.objects.filter(study=transcript.study_id).in_bulk(ids) if ids else {}


def _result(batch, change, done, stale):
    if change["id"] in done:
        return {"id": change["id"], "state": "already"}
    try:
        if stale:
            raise Refused(_("The text was changed meanwhile. Reload the page to see the new text."))
        found = DOERS[change["do"]](batch, change)
    except (Refused, history.Conflict) as refusal:
        return {"id": change["id"], "state": "refused", "reason": str(refusal)}
    done.add(change["id"])
    return {"id": change["id"], **found}


def _apply(batch, change):
    code = batch.codes.get(change["code"])
    if code is None:
        raise Refused(_("There is no such code in this study."))
    if code.retired_at:
        raise Refused(_("“%(code)s” is retired, so it cannot be applied.") % {"code": code.name})
    segment, made = _segment(batch, change["start"], change["end"])
    if not made:
        same = CodedSegment.objects.filter(content_object=segment, tag=code, coder=batch.coder).first()
        if same:
            return {"state": "already", "coded_segment": same.pk}
    coded = CodedSegment(
        pk=change["id"],
        content_object=segment,
        tag=code,
        coder=batch.coder,
        respondent_id=segment.respondent_id,
        code_revision=code.revision,
    )
    try:
        with transaction.atomic():
            coded.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("This change has the id of another one.")) from None
    after = history.images(coded, segment) if made else history.images(coded)
    _record(batch, "apply", coded, change, after=after)
    return {"state": "done"}


def _segment(batch, start, end):
    """The segment of a range, and whether it was made now."""
    found = Segment.objects.filter(transcript=batch.transcript, start=start, end=end).defer("quote").first()
    if found:
        return found, False
    quote = _quote(batch.transcript, start, end) if start < end else ""
    if start >= end or len(quote) != end - start:
        raise Refused(_("These words are not in the text."))
    if not quote.strip():
        raise Refused(_("There are no words in this selection."))
    segment = Segment.objects.create(
        transcript=batch.transcript,
        start=start,
        end=end,
        quote=quote,
        words=count_words(quote),
        respondent_id=batch.respondent_at(start, end),
    )
    return segment, True


def _quote(transcript, start, end):
    return Transcript.objects.values_list(Substr("text", start + 1, end - start), flat=True).get(pk=transcript.pk)


def _withdraw(batch, change):
    coded = (
        CodedSegment.objects.select_for_update(of=("self",))
        .filter(pk=change["target"], content_object__transcript=batch.transcript)
        .first()
    )
    if coded is None:
        return {"state": "already"}
    if coded.coder_id != batch.coder.pk:
        raise Refused(_("Only the coder who applied a code can withdraw it."))
    memos = list(coded.memos.all())
    before = history.images(coded, *memos)
    for memo in memos:  # what was written about the passage stays with the passage
        memo.coded_segment, memo.segment_id = None, coded.content_object_id
        memo.save(update_fields=["coded_segment", "segment"])
    after = history.images(*memos)
    target = history.key_of(coded)
    coded.delete()
    _record(batch, "withdraw", target, change, before=before, after=after)
    return {"state": "done"}


def _undo(batch, change):
    event = Event.objects.filter(
        study=batch.transcript.study_id, change=change["target"], actor=batch.coder, transcript=batch.transcript
    ).first()
    if event is None:
        raise Refused(_("What should be undone was not found."))
    batch.event = history.undo(event, batch.coder, change=change["id"]).pk
    return {"state": "done"}


def _record(batch, action, target, change, **images):
    batch.event = history.record(
        batch.transcript.study,
        batch.coder,
        action,
        target,
        transcript=batch.transcript,
        change=change["id"],
        **images,
    ).pk


DOERS = {"apply": _apply, "withdraw": _withdraw, "undo": _undo}


def since(transcript, after):
    """What changed in a transcript's codings after an event: ``(last event id, present rows, ids gone)``.

    Rows are as in ``rows_of``. Everything named by an event is looked up as it is now, so the answer is right however
    often it is given. On PostgreSQL an event may become visible after one with a higher number; hence the
    look back over the last seconds.
    """
    lately = timezone.now() - LOOK_BACK
    events = Event.objects.filter(
        Q(transcript=transcript.pk) | Q(transcript=None), Q(pk__gt=after) | Q(at__gt=lately), study=transcript.study_id
    )
    touched, last = set(), after
    for pk, before, changed in events.order_by("pk").values_list("pk", "before", "after"):
        last = max(last, pk)
        touched.update(key.split(":")[1] for key in (*before, *changed) if key.startswith("codedsegment:"))
    ids = [uuid.UUID(key) for key in touched]
    rows = []
    for start in range(0, len(ids), 500):
        rows += rows_of(transcript, pk__in=ids[start : start + 500])
    present = {row[0] for row in rows}
    missing = [pk for pk in ids if pk.hex not in present]
    elsewhere = set()
    for start in range(0, len(missing), 500):
        part = missing[start : start + 500]
        elsewhere.update(CodedSegment.objects.filter(pk__in=part).values_list("pk", flat=True))
    return last, rows, [pk.hex for pk in missing if pk not in elsewhere]


def rows_of(transcript, **lookup):
    """Codings of a transcript as ``(id in hex, start, end, code id, coder id)``, in text order."""
    # The database writes the ids out: making 20,000 UUID objects to print them takes longer than all the rest.
    return (
        CodedSegment.objects.filter(content_object__transcript=transcript.pk, **lookup)
        .annotate(hex=Replace(Cast("pk", CharField()), Value("-"), Value("")))
        .order_by("content_object__start", "content_object__end")
        .values_list("hex", "content_object__start", "content_object__end", "tag_id", "coder_id")
    )
