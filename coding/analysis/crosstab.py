"""Cross-tabulation: what bears each code, by column, its own and with all codes below it.

Takes plain rows and gives plain numbers. A *unit* is what is counted: a respondent, a transcript, a segment.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import reduce
from operator import add, or_
from typing import Any, NamedTuple

from .coverage import merge

Code = Hashable
Unit = Hashable


class Counts(NamedTuple):
    """Numbers by code, each a list: one number per column, and last that of all columns together.

    ``own`` counts what bears the code itself, ``cells`` what bears it or a code below it, ``totals`` what bears any.
    """

    own: dict[Code, list[int]]
    cells: dict[Code, list[int]]
    totals: list[int]


class Stretch(NamedTuple):
    """Where a segment is, and its number of words."""

    transcript: Hashable
    start: int
    end: int
    words: int


def count_units(
    rows: Iterable[tuple[Code, int, Unit]], parents: Mapping[Code, Code | None], columns: int
) -> Counts:
    """Count distinct units; a unit that bears several codes of one parent counts once for the parent.

    ``rows`` are ``(code, number of the column, unit)``, repeated or not. A unit of two columns (a transcript of two
    respondents) counts in both, and once in all. ``parents`` has every code; one whose parent is not among them is
    a top code.
    """
    own = defaultdict(lambda: [set() for _ in range(columns)])
    for code, column, unit in rows:
        own[code][column].add(unit)
    return _roll_up(own, parents, columns, frozenset(), or_, len)


def sum_rows(
    rows: Iterable[tuple[Code, int, int]], parents: Mapping[Code, Code | None], columns: int
) -> Counts:
    """Add up ``(code, number of the column, how many)``: coded segments, which no parent merges."""
    own = defaultdict(lambda: [0] * columns)
    for code, column, many in rows:
        own[code][column] += many
    return _roll_up(own, parents, columns, 0, add, int)


def count_words(
    rows: Iterable[tuple[Code, int, Unit]],
    parents: Mapping[Code, Code | None],
    columns: int,
    stretches: Mapping[Unit, Stretch],
    quotes: Mapping[Unit, str],
    words_in: Callable[[str], int],
) -> Counts:
    """Count the words of the text that is covered: a word under several segments counts once.

    ``rows`` are ``(code, number of the column, segment)``. ``quotes`` has the text at least of those segments that
    ``crossing`` names; ``words_in`` counts the words of a text.
    """
    in_order = sorted(stretches, key=lambda segment: _longest_first(stretches[segment]))
    place = {segment: number for number, segment in enumerate(in_order)}
    own = defaultdict(lambda: [set() for _ in range(columns)])
    for code, column, segment in rows:
        own[code][column].add(place[segment])

    def measure(places):
        return _covered_words((in_order[number] for number in sorted(places)), stretches, quotes, words_in)

    return _roll_up(own, parents, columns, frozenset(), or_, measure)


def count_lengths(
    rows: Iterable[tuple[Code, int, Unit]],
    parents: Mapping[Code, Code | None],
    columns: int,
    spans: Mapping[Unit, tuple[int, int]],
) -> Counts:
    """How much of one line some units cover, what lies under several of them once; ``spans`` are (start, end)."""
    own = defaultdict(lambda: [set() for _ in range(columns)])
    for code, column, unit in rows:
        own[code][column].add(unit)

    def measure(units):
        return sum(end - start for start, end in merge(spans[unit] for unit in units))

    return _roll_up(own, parents, columns, frozenset(), or_, measure)


def _covered_words(in_order, stretches, quotes, words_in):
    """Words of the union of some segments. Those that overlap or touch are read as the one text they make."""
    total, text, words = 0, None, 0
    transcript = end = first = None
    for segment in in_order:
        this = stretches[segment]
        if this.transcript != transcript or this.start > end:
            total += words if text is None else words_in(text)
            transcript, end, words, text, first = this.transcript, this.end, this.words, None, segment
        elif this.end > end:
            text = (quotes[first] if text is None else text) + quotes[segment][end - this.start :]
            end = this.end
    return total + (words if text is None else words_in(text))


def _longest_first(stretch):
    return stretch.transcript, stretch.start, -stretch.end


def crossing(stretches: Mapping[Unit, Stretch]) -> set[Unit]:
    """Segments that touch another, or overlap it without one lying in the other: their union is a new text."""
    found, reaching, transcript = set(), [], None
    for segment in sorted(stretches, key=lambda pk: _longest_first(stretches[pk])):
        this = stretches[segment]
        if this.transcript != transcript:
            transcript, reaching = this.transcript, []
        reaching = [(end, start, other) for end, start, other in reaching if end >= this.start]
        for end, start, other in reaching:
            if end >= this.end:
                break
            if start < this.start:
                found.update((segment, other))
        insort(reaching, (this.end, this.start, segment))
    return found


def _roll_up(own, parents, columns, nothing, merge: Callable[[Any, Any], Any], measure: Callable[[Any], int]):
    gathered = {code: list(own[code]) if code in own else [nothing] * columns for code in parents}
    own_counts = {code: _measured(found, nothing, merge, measure) for code, found in gathered.items()}
    total = [nothing] * columns
    for code in _children_first(parents):
        parent = parents[code] if parents[code] in gathered else None
        into = total if parent is None else gathered[parent]
        into[:] = [merge(a, b) for a, b in zip(into, gathered[code], strict=True)]
    above = set(parents.values())
    cells = {
        code: _measured(found, nothing, merge, measure) if code in above else own_counts[code]
        for code, found in gathered.items()
    }
    return Counts(own_counts, cells, _measured(total, nothing, merge, measure))


def _measured(found, nothing, merge, measure):
    return [*map(measure, found), measure(reduce(merge, found, nothing))]


def _children_first(parents):
    """All codes, each before its parent."""
    depths = {}
    for code in parents:
        trail = []
        while code is not None and code in parents and code not in depths:
            trail.append(code)
            code = parents[code]
        depth = depths.get(code, -1)
        for step, each in enumerate(reversed(trail), start=1):
            depths[each] = depth + step
    return sorted(parents, key=depths.__getitem__, reverse=True)
