"""The list of changes a coder's browser sends: applied in order, all in one transaction, each at most once.

A change is ``{"id": uuid, "do": one of DOERS, ...}``. Its id makes it idempotent: a change whose event
is in the history already is answered "already" and does nothing. What the server will not do is answered "refused" with
a reason in a person's words; it never stops the changes after it.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interviews import history
from interviews.access import allows
from interviews.locks import share_text
from interviews.models import Event, TextRevision, Transcript
from interviews.prepared import Prepared
from interviews.texts import text_of
from interviews.turns import count_words

from .attribution import Speech
from .live import last_event_id
from .models import Code, CodedSegment, Segment
from .reanchor import Rebase


class Refused(Exception):
    """Why a change cannot be made, for the person who made it.

    ``why`` is its kind, for what can be done about it: "retired" or "edited", else None. ``near`` is about where the
    words were that somebody else edited.
    """

    def __init__(self, message, why=None, near=None):
        super().__init__(message)
        self.why = why
        self.near = near


class MadeMeanwhile(Exception):
    """Another coder has just made the same segment: what needs it is tried again, and finds it."""


@dataclass
class Batch:
    """What the changes of one request share: the transcript and what was looked up for it once."""

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
        transcript = _shared(transcript_id, user)
        batch = Batch(transcript, user, _codes(transcript, changes))
        older = _older(transcript, revision)
        results = [_result(batch, change, older) for change in changes]
        return batch.event or last_event_id(transcript.study_id), results, transcript.revision


def passage(transcript_id, user, revision, start, end):
    """The segment of a range, to write about it, and whether it was made now; in the caller's transaction.

    Raises Http404 for a stranger, PermissionDenied for a reader, Refused where there are no such words.
    """
    transcript = _shared(transcript_id, user)
    place = _rebased({"do": "memo", "start": start, "end": end}, _older(transcript, revision))
    return _safely(lambda: _segment(Batch(transcript, user), place["start"], place["end"]))


def _safely(make):
    """What ``make`` gives, in a savepoint; once more where another coder was faster with a segment it needs."""
    try:
        with transaction.atomic():
            return make()
    except MadeMeanwhile:
        with transaction.atomic():
            return make()


def _older(transcript, revision):
    """The way from an older revision of the text to the present one; None if it is the present one."""
    return None if revision == transcript.revision else Rebase(transcript.pk, revision)


def _rebased(change, older):
    """A change with its positions as they are in the present text. Raises Refused if its words were changed."""
    if older is None or "start" not in change:
        return change
    if change["do"] == "split":
        start, end = older.point(change["start"]), older.point(change["end"])
    else:
        start, end = older.range(change["start"], change["end"]) or (None, None)
    if start is None or end is None:
        raise _text_changed(change, older)
    return {**change, "start": start, "end": end}


def _text_changed(change, older):
    revisions = TextRevision.objects.filter(transcript=older.transcript_id).order_by("-number")
    who, at = revisions.values_list("actor__username", "at")[0]
    message = _(
        "The text was changed meanwhile. By %(who)s, %(when)s; these words are no longer the same."
    ) % {
        "who": who or _("somebody"),
        "when": date_format(timezone.localtime(at), "j F Y, H:i"),
    }
    return Refused(message, "edited", older.near(change["start"], change["end"]))


SHARED = Prepared(
    lambda transcript, user: (
        Transcript.objects.kept()
        .visible_to(SimpleNamespace(pk=user, is_active=True))
        .filter(pk=transcript)
        .order_by()
        .values_list("id", "study_id", "respondent_id", "revision", "my_role")
    ),
    2,
)
BIGGEST_TRANSCRIPT = 2**31 - 1  # that a lock can name


def _shared(transcript_id, user):
    """The transcript, whose text nobody edits until this transaction ends: ``access.reach``, compiled once."""
    if transcript_id > BIGGEST_TRANSCRIPT or not user.is_active:
        raise Http404
    share_text(transcript_id)
    for *values, role in SHARED.rows(transcript_id, user.pk):
        if not allows(role, "code"):
            raise PermissionDenied
        transcript = Transcript.from_db(
            connection.alias, ["id", "study_id", "respondent_id", "revision"], values
        )
        transcript.my_role = role
        return transcript
    raise Http404


CODE = Prepared(
    lambda study, code: (
        Code.objects.filter(study=study, pk=code)
        .order_by()
        .values_list("id", "study_id", "name", "revision", "retired_at")
    ),
    2,
)
BIGGEST_ID = 2**63 - 1


def _codes(transcript, changes):
    ids = {change["code"] for change in changes if 0 < change.get("code", 0) <= BIGGEST_ID}
    rows = (row for pk in ids for row in CODE.rows(transcript.study_id, pk))
    fields = ["id", "study_id", "name", "revision", "retired_at"]
    return {row[0]: Code.from_db(transcript._state.db, fields, row) for row in rows}


def _result(batch, change, older):
    """What became of one change. Whether it was made before is asked only where making it meets an obstacle:
    the history takes each change's id once.
    """
    try:
        made = _safely(lambda: DOERS[change["do"]](batch, _rebased(change, older)))
        return {"id": change["id"], **made}
    except (Refused, history.Conflict, IntegrityError) as obstacle:
        if Event.objects.filter(study=batch.transcript.study_id, change=change["id"]).exists():
            return {"id": change["id"], "state": "already"}
        return {
            "id": change["id"],
            "state": "refused",
            "reason": _reason(obstacle),
            "why": getattr(obstacle, "why", None),
            "near": getattr(obstacle, "near", None),
        }


def _reason(obstacle):
    if isinstance(obstacle, IntegrityError):
        return _("This change has the id of another one, or is there already.")
    return str(obstacle)


def _apply(batch, change):
    code = _code(batch, change)
    segment, made = _segment(batch, change["start"], change["end"])
    if not made:
        same = CodedSegment.objects.filter(content_object=segment, tag=code, coder=batch.coder)
        for pk in same.values_list("pk", flat=True):
            return {"state": "already", "coded_segment": pk}
    coded = CodedSegment(
        pk=change["id"],
        content_object=segment,
        tag=code,
        coder=batch.coder,
        respondent_id=segment.respondent_id,
        code_revision=code.revision,
    )
    coded.save(force_insert=True)
    after = history.images(coded, segment) if made else history.images(coded)
    _record(batch, "apply", coded, change, after=after)
    return {"state": "done"}


def _code(batch, change):
    code = batch.codes.get(change["code"])
    if code is None:
        raise Refused(_("There is no such code in this study."))
    if code.retired_at:
        raise Refused(_("“%(code)s” is retired, so it cannot be applied.") % {"code": code.name}, "retired")
    return code


def _segment(batch, start, end):
    """The segment of a range, and whether it was made now. Raises MadeMeanwhile."""
    if found := _found(batch.transcript, start, end):
        return found, False
    quote = text_of(batch.transcript)[start:end]
    if start >= end or len(quote) != end - start:
        raise Refused(_("These words are not in the text."))
    if not quote.strip():
        raise Refused(_("There are no words in this selection."))
    segment = Segment(
        transcript=batch.transcript,
        start=start,
        end=end,
        quote=quote,
        words=count_words(quote),
        respondent_id=batch.respondent_at(start, end),
    )
    try:
        segment.save(force_insert=True)
    except IntegrityError:
        raise MadeMeanwhile from None
    return segment, True


SEGMENT_AT = Prepared(
    lambda transcript, start, end: (
        Segment.objects.filter(transcript=transcript, start=start, end=end)
        .order_by()
        .values_list("id", "transcript_id", "start", "end", "respondent_id")
    ),
    3,
)


def _found(transcript, start, end):
    fields = ["id", "transcript_id", "start", "end", "respondent_id"]
    for row in SEGMENT_AT.rows(transcript.pk, start, end):
        return Segment.from_db(transcript._state.db, fields, row)
    return None


def _own(batch, pk):
    """A coded segment of this transcript, locked; None if it is gone. Raises Refused if it is another coder's."""
    coded = (
        CodedSegment.objects.select_for_update(of=("self",))
        .filter(pk=pk, content_object__transcript=batch.transcript)
        .first()
    )
    if coded is not None and coded.coder_id != batch.coder.pk:
        raise Refused(_("Only the coder who applied a code can change or withdraw it."))
    return coded


def _own_present(batch, pk):
    coded = _own(batch, pk)
    if coded is None:
        raise Refused(_("This coding was withdrawn meanwhile."))
    return coded


def _withdraw(batch, change):
    coded = _own(batch, change["target"])
    if coded is None:
        return {"state": "already"}
    before, after, target = *_take_away(coded), history.key_of(coded)
    _record(batch, "withdraw", target, change, before=before, after=after)
    return {"state": "done"}


def _take_away(coded, heir=None):
    """Delete a coding; what was written about it goes to ``heir``, or stays with the passage. Images, both sides."""
    memos = list(coded.memos.all())
    before = history.images(coded, *memos)
    for memo in memos:
        memo.coded_segment, memo.segment_id = heir, None if heir else coded.content_object_id
        memo.save(update_fields=["coded_segment", "segment"])
    after = history.images(*memos)
    CodedSegment.objects.filter(pk=coded.pk).delete()
    return before, after


def _resize(batch, change):
    coded = _own_present(batch, change["target"])
    before = history.images(coded)
    after = _lay(batch, coded, change["start"], change["end"])
    _record(batch, "resize", coded, change, before=before, after=after)
    return {"state": "done"}


def _lay(batch, coded, start, end):
    """Put a coding on another range; images of what is there now."""
    segment, made = _segment(batch, start, end)
    coded.content_object, coded.respondent_id = segment, segment.respondent_id
    _save(coded)
    return history.images(coded, segment) if made else history.images(coded)


def _save(coded, **how):
    try:
        with transaction.atomic():
            coded.save(**how)
    except IntegrityError:
        raise Refused(_("You have applied this code to these words already.")) from None


def _recode(batch, change):
    code = _code(batch, change)
    coded = _own_present(batch, change["target"])
    before = history.images(coded)
    coded.tag, coded.code_revision = code, code.revision
    _save(coded)
    _record(batch, "recode", coded, change, before=before, after=history.images(coded))
    return {"state": "done"}


def _split(batch, change):
    """Two codings of one: up to ``end``, and from ``start``."""
    coded = _own_present(batch, change["target"])
    segment = coded.content_object
    if not segment.start < change["end"] <= change["start"] < segment.end:
        raise Refused(_("A coding is split within its own words."))
    before = history.images(coded)
    last = segment.end
    after = _lay(batch, coded, segment.start, change["end"])
    rest = CodedSegment(
        pk=change["id"], tag_id=coded.tag_id, coder=batch.coder, code_revision=coded.code_revision
    )
    rest.content_object, made = _segment(batch, change["start"], last)
    rest.respondent_id = rest.content_object.respondent_id
    _save(rest, force_insert=True)
    after |= history.images(rest, rest.content_object) if made else history.images(rest)
    _record(batch, "split", coded, change, before=before, after=after)
    return {"state": "done"}


def _merge(batch, change):
    """One coding of two with the same code, from where the first begins to where the last ends."""
    coded, other = _own_present(batch, change["target"]), _own_present(batch, change["other"])
    if coded.tag_id != other.tag_id or coded.pk == other.pk:
        raise Refused(_("Only two codings with the same code can be merged."))
    ranges = [coded.content_object, other.content_object]
    before = history.images(coded)
    gone, kept = _take_away(other, heir=coded)
    after = _lay(batch, coded, min(r.start for r in ranges), max(r.end for r in ranges))
    _record(batch, "merge", coded, change, before=before | gone, after=after | kept)
    return {"state": "done"}


def _undo(batch, change):
    mine = Event.objects.filter(study=batch.transcript.study_id, change=change["target"], actor=batch.coder)
    event = mine.filter(Q(transcript=batch.transcript) | Q(transcript=None)).first()
    if event is None:
        raise Refused(_("What should be undone was not found."))
    if event.transcript_id is None and not history.may_undo(event, batch.coder, batch.transcript.may):
        raise Refused(_("Your role does not allow this any more."))
    batch.event = history.undo(event, batch.coder, change=change["id"]).pk
    return {"state": "done"}


def _record(batch, action, target, change, **images):
    batch.event = history.record(
        batch.transcript.study_id,
        batch.coder,
        action,
        target,
        transcript=batch.transcript,
        change=change["id"],
        **images,
    ).pk


DOERS = {
    "apply": _apply,
    "withdraw": _withdraw,
    "resize": _resize,
    "recode": _recode,
    "split": _split,
    "merge": _merge,
    "undo": _undo,
}

for _action in DOERS.keys() - {"undo"}:
    history.undoable[_action] = "manage_codebook"
    history.undoable_own[_action] = "code"
