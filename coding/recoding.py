"""Coded segments in context, many at once: recoded, given a code more, withdrawn, kept under a changed code.

Each change is one event over all transcripts. Coders change what they coded themselves; leads change anybody's.
"""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest, Substr
from django.utils.translation import gettext as _

from interviews import history
from interviews.access import allows
from interviews.history import images, record
from interviews.restricted import NOTHING
from interviews.turns import lang_of

from . import codebook
from .codebook import Refused, carry
from .models import Code, CodedSegment, Memo
from .queries.around import AROUND, text_after, text_before, turn_at, turns_of

PER_PAGE = 50
AT_ONCE = 500  # rows named in one statement
SORTS = {
    "text": ("content_object__transcript__title", "content_object__transcript", "content_object__start"),
    "respondent": (
        F("respondent__pseudonym").asc(nulls_last=True),
        "content_object__transcript",
        "content_object__start",
    ),
    "code": ("tag__order", "tag__name", "tag", "content_object__transcript", "content_object__start"),
    "coder": ("coder__username", "content_object__transcript", "content_object__start"),
    "newest": ("-created_at",),
}


@dataclass
class Line:
    """A coded segment in context."""

    pk: uuid.UUID
    code: int
    coder: int
    coder_name: str
    respondent: str
    type: str
    transcript: int
    title: str
    turn: int
    start: int
    end: int
    before: str
    quote: str
    lang: str
    after: str
    revision: int
    current: int


def of_study(study, codes=None):
    """Coded segments of a study in transcripts that are kept; of these codes (ids) or of all."""
    rows = CodedSegment.objects.of_study(study).filter(content_object__transcript__removed_at=None)
    return rows if codes is None else rows.filter(tag__in=codes)


def to_review(rows):
    """Those that were coded under another revision of their code than the present one; of codes in use."""
    return rows.filter(tag__retired_at=None).exclude(code_revision=F("tag__revision"))


def progress(study, coder=None):
    """How much of what was coded with codes that were revised is up to date: ``(done, all)``; of a coder, or of all."""
    rows = of_study(study).filter(tag__retired_at=None)
    rows = rows.exclude(tag__revision=1, code_revision=1)
    rows = rows.filter(coder=coder) if coder else rows
    found = rows.aggregate(all=Count("pk"), done=Count("pk", filter=Q(code_revision=F("tag__revision"))))
    return found["done"], found["all"]


def waiting(study):
    """``[(coder's name, number of coded segments)]`` of what is to be reviewed."""
    rows = to_review(of_study(study)).order_by("coder__username")
    return list(rows.values_list("coder__username").annotate(n=Count("pk")))


def overview(study):
    """Coder by coder, how much of what was coded with codes that were revised waits, and is up to date."""
    rows = of_study(study).filter(tag__retired_at=None).exclude(tag__revision=1, code_revision=1)
    found = rows.order_by("coder__username").values_list("coder__username")
    found = found.annotate(all=Count("pk"), done=Count("pk", filter=Q(code_revision=F("tag__revision"))))
    return [{"coder": name, "of": of, "done": done, "waiting": of - done} for name, of, done in found]


def shown_to(rows, hidden):
    """Those of the rows without a restricted word: by their words, no others may be found."""
    if not hidden:
        return rows
    places = rows.filter(content_object__transcript__in=list(hidden.ranges)).order_by()
    places = places.values_list(
        "pk", "content_object__transcript_id", "content_object__start", "content_object__end"
    )
    return rows.exclude(pk__in=[pk for pk, *place in places if hidden.touches(*place)])


def lines(rows, sort, page, hidden=NOTHING):
    """One page of coded segments with the words around them, cut by the database, less what is hidden."""
    start = (page - 1) * PER_PAGE
    fields = ("pk", "tag_id", "coder_id", "coder__username", "respondent__pseudonym")
    found = (
        rows.order_by(*SORTS[sort], "pk")
        .annotate(
            kind=F("respondent__respondent_type__name"),
            title=F("content_object__transcript__title"),
            start=F("content_object__start"),
            end=F("content_object__end"),
            quote=F("content_object__quote"),
            before=Substr(
                "content_object__transcript__text", Greatest(F("content_object__start") - AROUND + 1, 1), AROUND
            ),
            after=Substr("content_object__transcript__text", F("content_object__end") + 1, AROUND),
        )
        .values_list(
            *fields, "kind", "content_object__transcript_id", "title", "start", "end", "before", "quote", "after",
            "code_revision", "tag__revision",
        )
    )[start : start + PER_PAGE]  # fmt: skip
    found = list(found)
    turns = turns_of({row[6] for row in found})
    return [
        Line(
            pk, code, coder, name, person or "", kind or "", transcript, title,
            turn_at(turns[transcript], at)[0], at, end,
            text_before(hidden.text(transcript, before, max(0, at - AROUND)), at),
            hidden.quote(transcript, at, end, quote), lang_of(quote),
            text_after(hidden.text(transcript, after, end)), revision, current,
        )
        for pk, code, coder, name, person, kind, transcript, title, at, end, before, quote, after, revision, current
        in found
    ]  # fmt: skip


def changeable(rows, actor, role):
    """Those of the rows that a member in this role may change."""
    return rows if allows(role, "manage_codebook") else rows.filter(coder=actor)


def _settled(study, rows):
    """The rows by their ids, as they are now, the codebook locked; a queryset that no change of theirs empties."""
    codebook.lock(study)
    found = list(rows.order_by().values_list("pk", "tag_id"))
    if not found:
        raise Refused(_("Choose passages first: among them none is yours to change."))
    return found


@transaction.atomic
def recode(study, rows, into, actor):
    """Give coded segments another code instead. Returns how many were changed."""
    by_code, before, after = {}, {}, {}
    for pk, code in _settled(study, rows):
        by_code.setdefault(code, []).append(pk)
    by_code.pop(into.pk, None)
    into = Code.objects.get(pk=into.pk)
    if into.retired_at:
        raise Refused(_("“%(code)s” is retired, so it cannot be applied.") % {"code": into})
    if not by_code:
        raise Refused(_("These passages have the code “%(code)s” already.") % {"code": into})
    for code in Code.objects.filter(pk__in=by_code):
        pks = by_code[code.pk]
        for start in range(0, len(pks), AT_ONCE):
            part = CodedSegment.objects.filter(pk__in=pks[start : start + AT_ONCE])
            carry(part, code, into, before, after, looked_at=True)
    record(study, actor, "recode-segments", into, before=before, after=after)
    return sum(map(len, by_code.values()))


@transaction.atomic
def add_code(study, segments, code, actor):
    """Apply a code to segments, ``{id: respondent id}``, on behalf of the actor. Returns how many codings were made."""
    codebook.lock(study)
    code = Code.objects.get(pk=code.pk)
    if code.retired_at:
        raise Refused(_("“%(code)s” is retired, so it cannot be applied.") % {"code": code})
    if not segments:
        raise Refused(_("Choose passages first."))
    made = apply_to(segments, code, actor)
    if not made:
        raise Refused(_("You have applied “%(code)s” to all of these already.") % {"code": code})
    record(study, actor, "add-code", code, after=images(*made))
    return len(made)


def apply_to(segments, code, coder):
    """Codings of segments, ``{id: respondent id}``, that have none yet by this coder with this code; unrecorded."""
    there = set(code.coded_segments.filter(coder=coder).values_list("content_object", flat=True))
    made = [
        CodedSegment(
            content_object_id=segment,
            tag=code,
            coder=coder,
            respondent_id=person,
            code_revision=code.revision,
        )
        for segment, person in segments.items()
        if segment not in there
    ]
    return CodedSegment.objects.bulk_create(made, batch_size=AT_ONCE)


@transaction.atomic
def withdraw(study, rows, actor):
    """Take codings away; what was written about them stays with their passages. Returns how many went."""
    pks = [pk for pk, _code in _settled(study, rows)]
    before, after = {}, {}
    for start in range(0, len(pks), AT_ONCE):
        part = list(CodedSegment.objects.filter(pk__in=pks[start : start + AT_ONCE]))
        segment_of = {row.pk: row.content_object_id for row in part}
        memos = list(Memo.objects.filter(coded_segment__in=part))
        before |= images(*part, *memos)
        for memo in memos:
            memo.segment_id, memo.coded_segment_id = segment_of[memo.coded_segment_id], None
        Memo.objects.bulk_update(memos, ["segment", "coded_segment"])
        after |= images(*memos)
        CodedSegment.objects.filter(pk__in=[row.pk for row in part]).delete()
    record(study, actor, "withdraw-segments", study, before=before, after=after)
    return len(pks)


@transaction.atomic
def keep(study, rows, actor):
    """Say that codings stand under their codes' present definitions. Returns how many were behind."""
    pks = [pk for pk, _code in _settled(study, to_review(rows))]
    before, after = {}, {}
    for start in range(0, len(pks), AT_ONCE):
        part = CodedSegment.objects.filter(pk__in=pks[start : start + AT_ONCE])
        for pk, revision, present in part.values_list("pk", "code_revision", "tag__revision"):
            before[f"codedsegment:{pk}"] = {"code_revision": revision}
            after[f"codedsegment:{pk}"] = {"code_revision": present}
        revision = Code.objects.filter(pk=OuterRef("tag")).values("revision")
        part.update(code_revision=Subquery(revision))
    record(study, actor, "keep-segments", study, before=before, after=after)
    return len(pks)


for _action in ("recode-segments", "add-code", "withdraw-segments", "keep-segments"):
    history.undoable[_action] = "manage_codebook"
    history.undoable_own[_action] = "code"
