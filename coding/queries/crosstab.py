"""Cross-tabulations: a study's codes by the columns of a question."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count

from ..analysis import crosstab
from ..analysis.asked import Asked, who_was_asked
from ..columns import BY_CODER, BY_TRANSCRIPT, MOST_COLUMNS, OF_ROWS
from ..said import Said
from .arrays import Joined
from .cache import cached
from .frame import CodeLine
from .measures import OF_SEGMENTS, counted, of_segments
from .question import (
    WITH_BASE,
    asked_codes,
    asked_people,
    coded_rows,
    columns_with_nobody,
    transcripts_of_nobody,
)


@dataclass(frozen=True)
class Column:
    """``above`` is the label that it shares with others, where two attributes are crossed."""

    key: str
    label: str
    n: int
    above: str = ""


@dataclass(frozen=True)
class Row:
    """A code's numbers, each list one number per column and last that of all columns.

    ``cells`` include the codes below, ``own`` do not; ``coded`` and ``own_coded`` count coded segments. ``below`` and
    ``alone`` say who was asked, of the code with those below it, and of the code by itself.
    """

    code: CodeLine
    cells: list[int]
    own: list[int]
    coded: list[int]
    own_coded: list[int]
    below: Asked
    alone: Asked


@dataclass(frozen=True)
class CrossTable:
    """A cross-tabulation. ``unattributed`` coded segments are no respondent's words and are not counted.

    ``people`` is how many respondents each column has, and last all columns together.
    """

    columns: list[Column]
    n: int
    rows: list[Row]
    coded: int
    unattributed: int
    people: list[int]


def cross_tabulate(study, frame, question, event_id=None, most=MOST_COLUMNS):
    """The CrossTable that answers a question, from the cache where nothing has changed.

    Raises Unclear, also for more columns than ``most`` where it is not None.
    """
    event_id = study.last_event_id() if event_id is None else event_id
    what = question if most == MOST_COLUMNS else (question, most)
    return cached(study, event_id, what, lambda: _cross_tabulate(frame, question, most))


def _cross_tabulate(frame, question, most=MOST_COLUMNS):
    codes = asked_codes(frame, question)
    parents = {code.id: code.parent for code in codes}
    rows = coded_rows(frame, question, parents)
    if question.by in OF_ROWS:
        return _by_row(frame, question, codes, parents, rows)
    # One scan of the covering index, whatever is counted; nothing but its columns may be named here.
    grouped = list(rows.order_by().values_list("tag_id", "respondent_id").annotate(n=Count("*")))
    heads = columns_with_nobody(frame, question, any(pk is None for _code, pk, _n in grouped), most)
    people_in = [head.people for head in heads]
    column_of = {pk: number for number, people in enumerate(people_in) for pk in people}
    coded = crosstab.sum_rows(
        ((code, column_of[pk], n) for code, pk, n in grouped if pk in column_of), parents, len(heads)
    )
    counts = counted(question.count, frame, rows, grouped, coded, column_of, parents, len(heads))
    members = _members(frame, question.count, rows, people_in)
    if question.count in WITH_BASE:
        bases = _sizes(members)
    elif question.count == "share":
        pairs = [{(t, pk) for pk in people for t in frame.people[pk].transcripts} for people in people_in]
        bases = _said_by(frame, pairs)
    else:
        bases = counts.totals

    def mentions(codes):
        if question.count == "transcripts":
            found = rows.filter(tag__in=codes).order_by()
            found = found.values_list("tag_id", "respondent_id", "content_object__transcript_id").distinct()
        else:
            found = ((code, pk, pk) for code, pk, _n in grouped)
        return [(code, column_of[pk], unit, pk) for code, pk, unit in found if pk in column_of]

    asked = _asked(frame, question, codes, members, bases, mentions)
    return CrossTable(
        [Column(head.key, head.label, base, head.above) for head, base in zip(heads, bases, strict=False)],
        bases[-1],
        _rows(codes, counts, coded, asked),
        coded.totals[-1],
        sum(n for _code, pk, n in grouped if pk is None) if question.count == "respondents" else 0,
        asked.people,
    )


def _by_row(frame, question, codes, parents, rows):
    """The table where a column is a coder or a transcript: what no respondent alone decides."""
    field = "coder_id" if question.by == BY_CODER else "content_object__transcript_id"
    heads = columns_with_nobody(frame, question, False)
    column_of = {head.of: number for number, head in enumerate(heads)}
    people = {person.id for person in asked_people(frame, question)}
    if question.count not in ("respondents", "share") and not question.filters_people:
        people.add(None)

    def placed(of, *more):
        found = of.order_by().values_list("tag_id", "respondent_id", field, *more).distinct()
        for code, pk, column, *rest in found.iterator(chunk_size=10_000):
            if pk in people and column in column_of:
                yield code, column_of[column], rest[0] if rest else pk, pk

    grouped = rows.order_by().values_list("tag_id", "respondent_id", field).annotate(n=Count("*"))
    coded = crosstab.sum_rows(
        (
            (code, column_of[column], n)
            for code, pk, column, n in grouped
            if pk in people and column in column_of
        ),
        parents,
        len(heads),
    )
    unit = ("content_object__transcript_id",) if question.count == "transcripts" else ()
    if question.count == "coded_segments":
        counts = coded
    elif question.count in OF_SEGMENTS:
        found = rows.order_by().values_list("tag_id", "respondent_id", field)
        groups = (
            (code, column_of[column], ids)
            for code, pk, column, ids in found.annotate(ids=Joined("content_object_id"))
            if pk in people and column in column_of
        )
        counts = of_segments(question.count, frame, groups, parents, len(heads))
    else:
        units = ((code, column, unit) for code, column, unit, _pk in placed(rows, *unit))
        counts = crosstab.count_units(units, parents, len(heads))
    pairs = _spoken_in(frame, question, heads, people - {None})
    members = [_units_of(question.count, each) for each in pairs]
    if question.count in WITH_BASE:
        bases = _sizes(members)
    else:
        bases = _said_by(frame, pairs) if question.count == "share" else counts.totals

    def mentions(codes):
        return list(placed(rows.filter(tag__in=codes), *unit)) if question.count in WITH_BASE else []

    asked = _asked(frame, question, codes, members, bases, mentions)
    return CrossTable(
        [Column(head.key, head.label, base) for head, base in zip(heads, bases, strict=False)],
        bases[-1],
        _rows(codes, counts, coded, asked),
        coded.totals[-1],
        0,
        asked.people,
    )


def _spoken_in(frame, question, heads, people):
    """By column the ``{(transcript, respondent)}`` it is about; of a coder, where the coder has coded anything."""
    spoken = {(t, pk) for pk in people for t in frame.people[pk].transcripts}
    if question.by == BY_TRANSCRIPT:
        return [{pair for pair in spoken if pair[0] == head.of} for head in heads]
    rows = coded_rows(frame, question, [code.id for code in frame.codes])
    found = defaultdict(set)
    for coder, transcript in (
        rows.order_by().values_list("coder_id", "content_object__transcript_id").distinct()
    ):
        found[coder].add(transcript)
    return [{pair for pair in spoken if pair[0] in found[head.of]} for head in heads]


def _members(frame, count, rows, people_in):
    """Each column's units with their people: ``[{unit: {person}}]``."""
    found = []
    for people in people_in:
        if people == [None]:
            found.append(
                dict.fromkeys(transcripts_of_nobody(frame, rows), frozenset())
                if count == "transcripts"
                else {}
            )
        else:
            found.append(_units_of(count, {(t, pk) for pk in people for t in frame.people[pk].transcripts}))
    return found


def _units_of(count, pairs):
    units = defaultdict(set)
    for transcript, pk in pairs:
        units[transcript if count == "transcripts" else pk].add(pk)
    return units


def _sizes(members):
    return [*map(len, members), len(set().union(*members))]


def _said_by(frame, pairs):
    said = Said(frame.transcripts)
    return [*map(said.said, pairs), said.said(set().union(*pairs))]


def _asked(frame, question, codes, members, bases, mentions):
    return who_was_asked(
        {code.id: code.parent for code in codes},
        {code.id for code in codes if code.retired},
        {code.id: code.asked_of for code in codes if code.asked_of},
        {pk: person.type for pk, person in frame.people.items()},
        members,
        mentions,
        bases,
        by_unit=question.count in WITH_BASE,
    )


def _rows(codes, counts, coded, asked):
    """Rows in tree order. A retired code is shown where it, or a code below it, has coded segments or is in use."""
    shown = set()
    for code in reversed(codes):
        if code.id in shown or not code.retired or coded.cells[code.id][-1]:
            shown.update((code.id, code.parent))
    return [
        Row(
            code,
            counts.cells[code.id],
            counts.own[code.id],
            coded.cells[code.id],
            coded.own[code.id],
            asked.below[code.id],
            asked.alone[code.id],
        )
        for code in codes
        if code.id in shown
    ]
