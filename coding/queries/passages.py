"""The passages behind a cell of a cross-tabulation."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.db.models.functions import Greatest, Substr
from django.utils.translation import gettext as _

from interviews.restricted import NOTHING
from interviews.turns import lang_of

from ..columns import BY_CODER, BY_TRANSCRIPT, OF_ROWS, Unclear
from ..models import Segment
from .around import AROUND, text_after, text_before, turn_at, turns_of
from .frame import CodeLine, Person
from .question import code_from, coded_rows, columns_with_nobody, transcripts_of_nobody

PER_PAGE = 50


@dataclass(frozen=True)
class Cell:
    """A code and a column; ``column`` is None for all columns together."""

    code: int
    column: str | None = None


def cell_from(frame, given):
    """Read ``<code>,<column key>``; without a comma, all columns. Raises Unclear."""
    code, comma, column = given.partition(",")
    return Cell(code_from(frame, code or "0"), column if comma else None)


@dataclass
class Passage:
    segment: int
    transcript: int
    title: str
    turn: int
    before: str
    quote: str
    lang: str
    after: str
    coders: list[str]
    codes: list[CodeLine]


@dataclass
class Opened:
    """What is behind a cell: passages by respondent, a page at a time, and who is without the code."""

    code: CodeLine
    column: str
    groups: list[tuple[Person | None, int, list[Passage]]]
    total: int
    coded: int
    have: int
    asked: int
    transcripts: int
    asked_transcripts: int
    page: int
    pages: int
    without: list[tuple[Person, list[tuple[int, str]]]]


def passages(frame, question, cell, *, with_children=True, page=1, hidden=NOTHING):
    """Open a cell: one page of its passages in context, less what is ``hidden`` from whom it is for.

    Raises Unclear for a column that is not there.
    """
    ids = frame.subtree(cell.code) if with_children else {cell.code}
    heads = columns_with_nobody(frame, question, True)
    labels = {head.key: f"{head.above}, {head.label}" if head.above else head.label for head in heads}
    if cell.column is not None and cell.column not in labels:
        raise Unclear(_("This table has no column “%(key)s”.") % {"key": cell.column})
    shown = [head for head in heads if cell.column in (None, head.key)]
    chosen = list(dict.fromkeys(pk for head in shown for pk in head.people))
    if (
        question.by in OF_ROWS
        and question.count not in ("respondents", "share")
        and not question.filters_people
    ):
        chosen.append(None)
    rows = _of_people(_of_heads(coded_rows(frame, question, ids), question, shown), chosen)
    found = rows.order_by().values_list("respondent_id")
    by_person = {
        pk: (segments, coded)
        for pk, segments, coded in found.annotate(Count("content_object", distinct=True), n=Count("*"))
    }
    total = sum(segments for segments, _coded in by_person.values())
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(page, 1), pages)
    segments = _page_of_segments(rows, page)
    codes = {code.id: code for code in frame.codes}
    return Opened(
        codes[cell.code],
        labels[cell.column] if cell.column is not None else _("All"),
        _grouped(frame, segments, coders_and_codes(rows, segments, codes), by_person, hidden),
        total,
        sum(coded for _segments, coded in by_person.values()),
        sum(1 for pk in by_person if pk is not None),
        sum(1 for pk in chosen if pk is not None),
        rows.order_by().aggregate(n=Count("content_object__transcript", distinct=True))["n"],
        len(_asked_transcripts(frame, rows, question, shown, chosen)),
        page,
        pages,
        [_with_transcripts(frame, pk) for pk in chosen if pk is not None and pk not in by_person],
    )


def _of_heads(rows, question, heads):
    if question.by not in OF_ROWS:
        return rows
    of = [head.of for head in heads]
    by_coder = question.by == BY_CODER
    return rows.filter(coder__in=of) if by_coder else rows.filter(content_object__transcript__in=of)


def _asked_transcripts(frame, rows, question, heads, people):
    if question.by == BY_TRANSCRIPT:
        return {head.of for head in heads}
    found = {t for pk in people if pk is not None for t in frame.people[pk].transcripts}
    return found | transcripts_of_nobody(frame, rows) if None in people else found


def _with_transcripts(frame, pk):
    person = frame.people[pk]
    return person, [(transcript, frame.transcripts[transcript]) for transcript in person.transcripts]


def _of_people(rows, people):
    wanted = Q(respondent__in=[pk for pk in people if pk is not None])
    return rows.filter(wanted | Q(respondent=None) if None in people else wanted)


def _page_of_segments(rows, page):
    """One page of segments with what surrounds them; the database cuts it, no text is loaded whole."""
    start = (page - 1) * PER_PAGE
    order = ["respondent", "transcript__title", "transcript", "start", "end"]
    found = rows.order_by(
        F("respondent__pseudonym").asc(nulls_last=True), *(f"content_object__{name}" for name in order)
    )
    ids = [
        pk
        for pk, *_sorted_by in found.values_list(
            "content_object", "respondent__pseudonym", *(f"content_object__{name}" for name in order)
        ).distinct()[start : start + PER_PAGE]
    ]
    segments = (
        Segment.objects.filter(pk__in=ids)
        .annotate(
            title=F("transcript__title"),
            before=Substr("transcript__text", Greatest(F("start") - AROUND + 1, 1), AROUND),
            after=Substr("transcript__text", F("end") + 1, AROUND),
        )
        .in_bulk()
    )
    return [segments[pk] for pk in ids]


def coders_and_codes(rows, segments, codes):
    """Of each segment: who coded it, and with which of the codes."""
    found = defaultdict(lambda: ({}, {}))
    of_page = rows.filter(content_object__in=[segment.pk for segment in segments])
    for segment, code, coder in of_page.order_by("created_at").values_list(
        "content_object_id", "tag_id", "coder__username"
    ):
        found[segment][0][coder] = True
        found[segment][1][code] = True
    return {
        pk: (sorted(coders), [code for code in codes.values() if code.id in bearing])
        for pk, (coders, bearing) in found.items()
    }


def _grouped(frame, segments, bearing, by_person, hidden):
    turns = turns_of({segment.transcript_id for segment in segments})
    groups = []
    for segment in segments:
        if not groups or groups[-1][0] != segment.respondent_id:
            groups.append((segment.respondent_id, []))
        coders, codes = bearing[segment.pk]
        place = segment.transcript_id, segment.start, segment.end
        before = segment.transcript_id, segment.before, max(0, segment.start - AROUND)
        after = segment.transcript_id, segment.after, segment.end
        groups[-1][1].append(
            Passage(
                segment.pk,
                segment.transcript_id,
                segment.title,
                turn_at(turns[segment.transcript_id], segment.start)[0],
                text_before(hidden.text(*before), segment.start),
                hidden.quote(*place, segment.quote),
                lang_of(segment.quote),
                text_after(hidden.text(*after)),
                coders,
                codes,
            )
        )
    return [(frame.people.get(pk), by_person[pk][0], found) for pk, found in groups]
