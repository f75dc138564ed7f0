"""What is behind a cell of the co-occurrence matrix: exactly the pairs, turns or respondents that it counts."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .analysis.cooccurrence import pairs_of
from .analysis.retrieval import in_turns
from .columns import Unclear
from .cooccurrence import Asked, rows_of
from .queries.around import ends_of
from .queries.frame import CodeLine, Frame

PER_PAGE = 25


@dataclass(frozen=True)
class Unit:
    """A pair of passages, or a turn or a respondent with the passages of both codes: ids of segments, in order."""

    respondent: int | None
    transcript: int | None
    turn: int
    first: tuple[int, ...]
    second: tuple[int, ...]


@dataclass(frozen=True)
class Behind:
    code: CodeLine
    other: CodeLine
    units: list[Unit]


def behind(frame: Frame, asked: Asked, pair: str) -> Behind:
    """Open ``<row's code>,<column's code>``. Raises Unclear."""
    codes, place, rows = rows_of(frame, asked)
    by_id = {str(code.id): (number, code) for number, code in enumerate(codes)}
    first, _comma, second = pair.partition(",")
    if first not in by_id or second not in by_id or first == second:
        raise Unclear(_("This table has no such cell."))
    (row, code), (column, other) = by_id[first], by_id[second]
    wanted = {row, column}
    rows = rows.filter(tag__in=[pk for pk, number in place.items() if number in wanted])
    found = defaultdict(dict)
    where = "content_object__"
    for tag, segment, *of_segment in rows.order_by().values_list(
        "tag_id",
        "content_object_id",
        f"{where}transcript_id",
        f"{where}start",
        f"{where}end",
        "respondent_id",
    ):
        found[place[tag]][segment] = tuple(of_segment)
    return Behind(code, other, UNITS[asked.how](frame, found[row], found[column]))


def _overlapping(frame, first, second):
    return _pairs(frame, first, second, nested=False)


def _nested(frame, first, second):
    return _pairs(frame, first, second, nested=True)


def _pairs(frame, first, second, *, nested):
    ones, others = list(first), list(second)
    found = pairs_of([first[pk][:3] for pk in ones], [second[pk][:3] for pk in others], nested=nested)
    places = _order(frame)
    units = [Unit(first[ones[i]][3], first[ones[i]][0], 0, (ones[i],), (others[j],)) for i, j in found]
    return sorted(
        units,
        key=lambda unit: (places[unit.transcript], first[unit.first[0]][1:3], second[unit.second[0]][1:3]),
    )


def _order(frame):
    return {pk: number for number, pk in enumerate(frame.transcripts)}


def _in_turns(frame, first, second):
    steps = {pk: in_turns(ends) for pk, ends in ends_of(list(frame.transcripts)).items()}

    def turns(places):
        held = defaultdict(list)
        for segment, (transcript, start, end, _who) in sorted(places.items(), key=lambda each: each[1][:3]):
            low, high = steps[transcript]((start, end))
            for turn in range(low, high + 1):
                held[transcript, turn].append(segment)
        return held

    ones, others, places = turns(first), turns(second), _order(frame)
    return [
        Unit(None, transcript, turn + 1, tuple(ones[transcript, turn]), tuple(others[transcript, turn]))
        for transcript, turn in sorted(ones.keys() & others.keys(), key=lambda key: (places[key[0]], key[1]))
    ]


def _of_respondents(frame, first, second):
    places = _order(frame)

    def held_by(found):
        held = defaultdict(list)
        for segment, (_transcript, _start, _end, who) in sorted(
            found.items(), key=lambda each: (places[each[1][0]], *each[1][1:3])
        ):
            held[who].append(segment)
        return held

    ones, others = held_by(first), held_by(second)
    return [
        Unit(pk, None, 0, tuple(ones[pk]), tuple(others[pk]))
        for pk in frame.people
        if pk in ones and pk in others
    ]


UNITS = {
    "overlap": _overlapping,
    "nesting": _nested,
    "turn": _in_turns,
    "respondent": _of_respondents,
}
