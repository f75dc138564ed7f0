"""Cross-tabulations: a study's codes by the columns of a question."""

from collections import defaultdict
from dataclasses import dataclass

from ..analysis.asked import Asked, who_was_asked
from ..columns import BY_CODER, BY_TRANSCRIPT, MOST_COLUMNS, OF_ROWS
from ..said import Said
from .cache import cached
from .frame import CodeLine
from .measures import (
    WITH_SEGMENTS,
    coded_of,
    counted,
    in_columns_of_people,
    in_columns_of_rows,
    mentions,
    sum_placed,
    transcripts_of,
)
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
    of_rows = question.by in OF_ROWS
    found = coded_of(
        rows,
        segments=question.count in WITH_SEGMENTS or question.by == BY_TRANSCRIPT,
        coders=question.by == BY_CODER,
    )
    heads = columns_with_nobody(frame, question, found.of_nobody > 0, most)
    if of_rows:
        placed, spoken = _by_row(frame, question, found, heads)
        members = [_units_of(question.count, each) for each in spoken]
    else:
        people_in = [head.people for head in heads]
        placed = in_columns_of_people(found, people_in)
        spoken = [_spoken_by(frame, people) for people in people_in]
        members = _members(frame, question.count, rows, people_in)
    coded = sum_placed(placed, parents, len(heads))
    said = Said(frame.transcripts) if question.count == "share" else None
    counts = coded
    if question.count != "coded_segments":
        counts = counted(question.count, frame, placed, parents, len(heads), said)
    bases = counts.totals
    if said is not None:
        bases = [*map(said.said, spoken), said.said(set().union(*spoken))]
    elif question.count in WITH_BASE:
        bases = [*map(len, members), len(set().union(*members))]

    def mentioned(codes):
        return mentions(question.count, frame, placed, codes) if question.count in WITH_BASE else []

    asked = _asked(frame, question, codes, members, bases, mentioned)
    return CrossTable(
        [Column(head.key, head.label, base, head.above) for head, base in zip(heads, bases, strict=False)],
        bases[-1],
        _rows(codes, counts, coded, asked),
        coded.totals[-1],
        found.of_nobody if question.count == "respondents" and not of_rows else 0,
        asked.people,
    )


def _by_row(frame, question, coded, heads):
    """Where a column is a coder or a transcript, which no respondent alone decides: the Placed, and by column the
    ``{(transcript, respondent)}`` it is about.
    """
    people = [person.id for person in asked_people(frame, question)]
    spoken = _spoken_in(frame, question, heads, people)
    if question.count not in ("respondents", "share") and not question.filters_people:
        people.append(None)
    ids = coded.coder if question.by == BY_CODER else transcripts_of(frame, coded.segment)
    return in_columns_of_rows(coded, ids, [head.of for head in heads], people), spoken


def _spoken_by(frame, people):
    return {
        (transcript, pk) for pk in people if pk is not None for transcript in frame.people[pk].transcripts
    }


def _spoken_in(frame, question, heads, people):
    """By column the ``{(transcript, respondent)}`` it is about; of a coder, where the coder has coded anything."""
    spoken = _spoken_by(frame, people)
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
            found.append(_units_of(count, _spoken_by(frame, people)))
    return found


def _units_of(count, pairs):
    units = defaultdict(set)
    for transcript, pk in pairs:
        units[transcript if count == "transcripts" else pk].add(pk)
    return units


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
