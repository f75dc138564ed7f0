"""What segments cover, by code and column: what lies under several of them counts once. Arrays in, numbers out."""

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

import numpy as np

from .arrays import index_of
from .crosstab import Counts

Measure = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


class Spans(NamedTuple):
    """Segments on one line of characters, in the order of their starts; where one text ends and another begins, a place
    of the line is left out.

    ``before_start`` and ``before_end`` are how much of what is counted begins before those places; ``cut`` is where a
    word that the start cuts in two goes on (see ``words.WordPlaces``).
    """

    start: np.ndarray
    end: np.ndarray
    before_start: np.ndarray
    before_end: np.ndarray
    cut: np.ndarray

    def measure(self, group: np.ndarray, place: np.ndarray, groups: int) -> np.ndarray:
        """How much the segments at some places cover, by group; places are in order."""
        order = _by_group(group, groups)
        group, place = group[order].astype(np.int64), place[order]
        apart = group * (int(self.end.max(initial=0)) + 2)  # each group on a line of its own
        counted_apart = group * (int(self.before_end.max(initial=0)) + 2)
        reach = np.maximum.accumulate(self.end[place] + apart)
        counted = np.maximum.accumulate(self.before_end[place] + counted_apart)
        new = np.ones(len(place), dtype=bool)
        new[1:] = (self.start[place] + apart)[1:] > reach[:-1]
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(place))[: len(first)] - 1
        until = reach[last] - apart[last]
        found = counted[last] - counted_apart[last] - self.before_start[place[first]]
        return _sums(group[first], found + (self.cut[place[first]] < until), groups)


def distinct(group: np.ndarray, place: np.ndarray, groups: int) -> np.ndarray:
    """How many places each group has; places are in order."""
    order = _by_group(group, groups)
    group, place = group[order], place[order]
    new = np.ones(len(place), dtype=bool)
    new[1:] = (group[1:] != group[:-1]) | (place[1:] != place[:-1])
    return _sums(group[new], np.ones(int(new.sum()), dtype=np.int64), groups)


def _by_group(group, groups):
    small = (
        group.astype(np.uint16) if groups <= 1 << 16 else group
    )  # which numpy sorts in a tenth of the time
    return np.argsort(small, kind="stable")


def _sums(group, numbers, groups):
    return np.bincount(group, weights=numbers, minlength=groups).astype(np.int64)


def count_places(
    code: np.ndarray,
    column: np.ndarray,
    place: np.ndarray,
    parents: Mapping[Hashable, Hashable | None],
    columns: int,
    measure: Measure,
) -> Counts:
    """Counts of segments: ``code``, ``column`` and ``place`` say which bears what, in which column, repeated or not.

    ``parents`` has every code; one whose parent is not among them is a top code.
    """
    number = {each: n for n, each in enumerate(parents)}
    above = np.array([number.get(parent, -1) for parent in parents.values()], dtype=np.int64)
    order = np.argsort(place, kind="stable")
    code = index_of(np.array(list(number), dtype=np.int64), code)[order]
    column, place = column[order], place[order]

    def table(label, row, labels):
        by_column = measure(label * columns + column[row], place[row], labels * columns)
        return np.column_stack([by_column.reshape(labels, columns), measure(label, place[row], labels)])

    own = table(code, np.arange(len(code)), len(number))
    holds = np.zeros(len(number), dtype=bool)
    holds[above[above >= 0]] = True
    cells = own.copy()
    cells[holds] = table(*_upwards(code, above, holds), len(number))[holds]
    total = table(np.zeros(len(code), dtype=np.int64), np.arange(len(code)), 1)[0]
    return Counts(
        dict(zip(parents, own.tolist(), strict=True)),
        dict(zip(parents, cells.tolist(), strict=True)),
        total.tolist(),
    )


def _upwards(code, above, holds):
    """Each row under each code that holds others and takes it in: (codes, numbers of the rows), in their order."""
    label, row = code, np.arange(len(code))
    labels, rows = [], []
    while len(row):
        taken = holds[label]
        labels.append(label[taken])
        rows.append(row[taken])
        up = above[label]
        label, row = up[up >= 0], row[up >= 0]
    if not rows:
        return code, row
    rows = np.concatenate(rows)
    order = np.argsort(rows, kind="stable")
    return np.concatenate(labels)[order], rows[order]
