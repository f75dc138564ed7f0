"""Which passages of one transcript stand in a relation to others: intervals, and nothing of the database.

A passage is a stretch ``(start, end)`` of code points, the end excluded, with the codes upon it. Two codings on one
stretch are one passage. A passage is never related to itself, unless it bears two of the codes asked about.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

RELATIONS = ("overlap", "within", "encloses", "near", "before", "after")
MEASURED = ("near", "before", "after")  # relations that may ask for a distance

Place = tuple[int, int]
Passages = Mapping[Place, frozenset]


class Relation(NamedTuple):
    """``within``: the passage lies within the other one, ``encloses``: the other within it. Equal stretches do both.

    ``distance``: at most so many steps apart, as ``steps`` of ``related`` counts them; None: however far.
    """

    kind: str
    distance: int | None = None


def bearing(
    passages: Passages,
    groups: Sequence[frozenset],
    every: bool,
    none: frozenset = frozenset(),
    units: Callable[[Place], Iterable[Hashable]] = lambda place: (place,),
    held: Mapping[Hashable, Collection] | None = None,
) -> list[Place]:
    """The passages that bear a code of any group, in order; without groups, all of them.

    Each stands in a unit (by itself; or a turn, a respondent, a transcript, as ``units`` says) that has a code of any
    group, or of every group, and none of ``none``. ``held`` are the codes of units that reach beyond these passages.
    """
    if held is None:
        found: dict[Hashable, set] = {}
        for place, codes in passages.items():
            for unit in units(place):
                found.setdefault(unit, set()).update(codes)
        held = found
    wanted, mine = all if every else any, frozenset().union(*groups)
    right = {
        unit
        for unit, codes in held.items()
        if none.isdisjoint(codes) and (not groups or wanted(not group.isdisjoint(codes) for group in groups))
    }
    return sorted(
        place
        for place, codes in passages.items()
        if (not groups or codes & mine) and not right.isdisjoint(units(place))
    )


def related(
    places: Iterable[Place],
    passages: Passages,
    mine: frozenset,
    theirs: frozenset,
    relation: Relation,
    steps: Callable[[Place], Place] = lambda place: place,
) -> list[bool]:
    """For each place, whether it stands in the relation to a passage that bears one of ``theirs``.

    ``mine`` are the codes by which the places were found (empty: any). ``steps`` leads a stretch to its first and last
    step, say the turns it begins and ends in; two stretches are as many steps apart as their numbers differ.
    """
    others = sorted(place for place, codes in passages.items() if codes & theirs)
    look = LOOKS[relation.kind](others, relation.distance, steps)
    found = []
    for place in places:
        codes = passages.get(place, frozenset())
        bears_two = len((codes & mine if mine else codes) | (codes & theirs)) > 1
        found.append(look(place, place in look.others and not bears_two))
    return found


class _Look:
    """Answers for one relation after the other; ``alone`` is whether a place is among the others but does not count."""

    def __init__(self, others, distance, steps):
        self.others = set(others)
        self.distance, self.steps = distance, steps
        self.starts = [start for start, _end in others]
        self.ends = sorted(end for _start, end in others)
        self.prepare(others)

    def prepare(self, others):
        pass


class _Overlap(_Look):
    def __call__(self, place, alone):
        start, end = place
        return bisect_left(self.starts, end) - bisect_right(self.ends, start) - alone > 0


class _Within(_Look):
    def prepare(self, others):
        """Of the others up to each, the two that end last."""
        self.latest = []
        first = second = -1
        for _start, end in others:
            first, second = (end, first) if end > first else (first, max(second, end))
            self.latest.append((first, second))

    def __call__(self, place, alone):
        start, end = place
        at = bisect_right(self.starts, start) - 1
        return at >= 0 and self.latest[at][alone] >= end


class _Encloses(_Look):
    def prepare(self, others):
        """Of the others from each on, the two that end first."""
        self.earliest = []
        first = second = float("inf")
        for _start, end in reversed(others):
            first, second = (end, first) if end < first else (first, min(second, end))
            self.earliest.append((first, second))
        self.earliest.reverse()

    def __call__(self, place, alone):
        start, end = place
        at = bisect_left(self.starts, start)
        return at < len(self.starts) and self.earliest[at][alone] <= end


class _Near(_Look):
    """Overlap of the steps, widened by the distance."""

    def prepare(self, others):
        stepped = [self.steps(other) for other in others]
        self.firsts = sorted(first for first, _last in stepped)
        self.lasts = sorted(last for _first, last in stepped)

    def __call__(self, place, alone):
        if self.distance is None:
            return len(self.others) - alone > 0
        first, last = self.steps(place)
        reached = bisect_right(self.firsts, last + self.distance)
        return reached - bisect_left(self.lasts, first - self.distance) - alone > 0


class _Before(_Look):
    def __call__(self, place, alone):
        at = bisect_left(self.starts, place[1])
        if at == len(self.starts):
            return False
        start = self.starts[at]
        return self.distance is None or (
            self.steps((start, start + 1))[0] - self.steps(place)[1] <= self.distance
        )


class _After(_Look):
    def __call__(self, place, alone):
        at = bisect_right(self.ends, place[0]) - 1
        if at < 0:
            return False
        end = self.ends[at]
        return self.distance is None or self.steps(place)[0] - self.steps((end - 1, end))[1] <= self.distance


LOOKS = {
    "overlap": _Overlap,
    "within": _Within,
    "encloses": _Encloses,
    "near": _Near,
    "before": _Before,
    "after": _After,
}


def in_turns(ends: Sequence[int]) -> Callable[[Place], Place]:
    """Steps as turns: the numbers of the turns a stretch begins and ends in. What lies between two is the later's."""
    return lambda place: (bisect_right(ends, place[0]), bisect_right(ends, place[1] - 1))


def in_words(starts: Sequence[int]) -> Callable[[Place], Place]:
    """Steps as words: the numbers of the first and last word; ``starts`` are where the words of the text begin.

    The distance of neighbouring words is one, so a stretch within n words of another has at most n - 1 between.
    """
    return lambda place: (bisect_right(starts, place[0]) - 1, bisect_left(starts, place[1]) - 1)
