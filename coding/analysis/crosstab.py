"""Cross-tabulation: what bears each code, by column, its own and with all codes below it.

Takes plain rows and gives plain numbers. A *unit* is what is counted: a respondent, a transcript, a segment.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import reduce
from operator import add, or_
from typing import Any, NamedTuple

Code = Hashable
Unit = Hashable


class Counts(NamedTuple):
    """Numbers by code, each a list: one number per column, and last that of all columns together.

    ``own`` counts what bears the code itself, ``cells`` what bears it or a code below it, ``totals`` what bears any.
    """

    own: dict[Code, list[int]]
    cells: dict[Code, list[int]]
    totals: list[int]


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
