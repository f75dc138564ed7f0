"""How often two codes meet: from plain arrays of passages to a matrix, coefficients and a picture.

A passage is one code on one stretch of a transcript, whoever put it there. Memory stays within what a few million
pairs take, however often passages overlap.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import cos, isfinite, pi, sin
from typing import NamedTuple

import numpy as np

from .pictures import Lane, Picture, Rect, Rule, Table, Word, fitted

PAIRS_AT_ONCE = 2_000_000
UNITS_AT_ONCE = 20_000
WIDTH, LABEL = 960, 190


class Passages(NamedTuple):
    """Arrays of one length: the transcript of each passage, where it starts and ends, and its code's number from 0."""

    transcript: np.ndarray
    start: np.ndarray
    end: np.ndarray
    code: np.ndarray


class Matrix(NamedTuple):
    """``pairs[i, j]``: how often codes i and j meet; ``own[i]``: how many passages (or turns, or people) code i has."""

    pairs: np.ndarray
    own: np.ndarray


def distinct(passages: Passages) -> Passages:
    """Each code on each stretch once."""
    if not len(passages.code):
        return passages
    # Two keys are sorted in half the time that four take.
    inner = passages.end.astype(np.int64) * (int(passages.code.max()) + 1) + passages.code
    outer = passages.transcript.astype(np.int64) * (int(passages.end.max()) + 1) + passages.start
    order = np.lexsort((inner, outer))
    found = Passages(*(column[order] for column in passages))
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in found])
    return Passages(*(column[new] for column in found))


def meeting(passages: Passages, codes: int, *, nested: bool = False) -> Matrix:
    """Pairs of passages with different codes that share at least one code point; ``nested``: of which one holds the
    other, ``pairs[i, j]`` then counting passages of j within one of i (equal stretches count both ways).

    A passage that overlaps three of the other code makes three pairs.
    """
    found = distinct(passages)
    pairs = np.zeros(codes * codes, dtype=np.int64)
    if len(found.code):
        span = int(found.end.max()) + 1
        starts = found.transcript.astype(np.int64) * span + found.start
        reach = np.searchsorted(starts, found.transcript.astype(np.int64) * span + found.end, side="left")
        own_place = np.arange(len(starts))
        number = reach - own_place - 1  # of the passages that begin later, so many begin before this one ends
        for first, last in _pieces(number, PAIRS_AT_ONCE):
            many = number[first:last]
            one = np.repeat(own_place[first:last], many)
            other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many)
            pairs += _counted(found, one, other, codes, nested)
    matrix = pairs.reshape(codes, codes)
    np.fill_diagonal(matrix, 0)
    return Matrix(matrix, np.bincount(found.code, minlength=codes))


def _counted(found, one, other, codes, nested):
    """``other`` begins where ``one`` does, or later."""
    if nested:
        holds = found.end[other] <= found.end[one]
        lies = (found.start[other] == found.start[one]) & (found.end[one] <= found.end[other])
        return np.bincount(
            np.concatenate(
                [
                    found.code[one[holds]] * codes + found.code[other[holds]],
                    found.code[other[lies]] * codes + found.code[one[lies]],
                ]
            ),
            minlength=codes * codes,
        )
    both = np.bincount(found.code[one] * codes + found.code[other], minlength=codes * codes).reshape(
        codes, codes
    )
    return (both + both.T).ravel()


def pairs_of(
    first: Sequence[tuple[int, int, int]], second: Sequence[tuple[int, int, int]], *, nested: bool = False
) -> list[tuple[int, int]]:
    """The pairs that ``meeting`` counts, as places in both: ``(transcript, start, end)`` of each passage, each once."""
    others = sorted(range(len(second)), key=lambda place: second[place])
    starts = [second[place][:2] for place in others]
    reach, furthest = [], (-1, -1)  # up to each, where the one that ends last does
    for place in others:
        transcript, _start, end = second[place]
        furthest = max(furthest, (transcript, end))
        reach.append(furthest)
    found = []
    for one, (transcript, start, end) in enumerate(first):
        at = bisect_left(starts, (transcript, end)) - 1
        while at >= 0 and reach[at] > (transcript, start):
            its_transcript, its_start, its_end = second[others[at]]
            meets = its_transcript == transcript and start < its_end
            if meets and (not nested or (start <= its_start and its_end <= end)):
                found.append((one, others[at]))
            at -= 1
    return found


def _pieces(numbers: np.ndarray, most: int):
    """(first, last) of stretches whose numbers add up to about ``most``."""
    sums = np.cumsum(numbers)
    first = 0
    while first < len(numbers):
        before = sums[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(sums, before + most, side="right")))
        yield first, last
        first = last


def sharing(units: np.ndarray, code: np.ndarray, codes: int) -> Matrix:
    """Units (turns, respondents) in which both codes are; ``units`` and ``code`` say which unit has which code."""
    if not len(units):
        return Matrix(np.zeros((codes, codes), dtype=np.int64), np.zeros(codes, dtype=np.int64))
    held = np.unique(units.astype(np.int64) * codes + code)
    names, place = np.unique(held // codes, return_inverse=True)
    held_code = held % codes
    total = np.zeros((codes, codes), dtype=np.int64)
    for start in range(0, len(names), UNITS_AT_ONCE):
        low, high = np.searchsorted(place, [start, start + UNITS_AT_ONCE])
        has = np.zeros((min(UNITS_AT_ONCE, len(names) - start), codes), dtype=np.float32)
        has[place[low:high] - start, held_code[low:high]] = 1
        total += (has.T @ has).astype(np.int64)
    own = total.diagonal().copy()
    np.fill_diagonal(total, 0)
    return Matrix(total, own)


def turns_touched(passages: Passages, ends: dict[int, Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """(units, code) for ``sharing``: a passage is in every turn it touches. ``ends`` are where each transcript's turns
    end; what lies between two turns is the later's.
    """
    units, codes, base = [], [], 0
    order = np.argsort(passages.transcript, kind="stable")
    sorted_by = passages.transcript[order]
    for transcript, of_transcript in ends.items():
        low, high = np.searchsorted(sorted_by, [transcript, transcript + 1])
        here = order[low:high]
        first = np.searchsorted(of_transcript, passages.start[here], side="right")
        last = np.searchsorted(of_transcript, passages.end[here] - 1, side="right")
        many = last - first + 1
        steps = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        units.append(base + np.repeat(first, many) + steps)
        codes.append(np.repeat(passages.code[here], many))
        base += len(of_transcript) + 1
    if not units:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(units), np.concatenate(codes)


def busiest(matrix: Matrix, most: int) -> np.ndarray:
    """The numbers of the ``most`` codes that meet others most often, in their order."""
    meetings = matrix.pairs.sum(axis=0) + matrix.pairs.sum(axis=1)
    return np.sort(np.argsort(-meetings, kind="stable")[:most])


def coefficients(matrix: Matrix) -> np.ndarray:
    """c / (n1 + n2 - c), 0 where neither code is used.

    Of units (turns, respondents) it is the Jaccard coefficient, from 0 to 1. Of pairs it exceeds 1 where passages
    overlap several of the other code, and is infinite, or less than 0, where c reaches n1 + n2.
    """
    below = matrix.own[:, None] + matrix.own[None, :] - matrix.pairs
    with np.errstate(divide="ignore", invalid="ignore"):
        found = matrix.pairs / below
    return np.where(matrix.pairs == 0, 0.0, found)


def shade(share: float) -> int:
    """One of four shades of a coefficient, from 1; those above half are rare."""
    if not isfinite(share) or share < 0:
        return 4
    return 1 + sum(share >= step for step in (0.1, 0.25, 0.5))


def network(lanes: Sequence[Lane], matrix: Matrix, least: int, header: Sequence[str]) -> Picture:
    """Codes on a circle in their order, a line between two that meet ``least`` times or more, thicker for more.

    The same numbers give the same picture. Codes that meet no other are left out.
    """
    either = np.maximum(matrix.pairs, matrix.pairs.T)
    met = [
        (int(either[i, j]), i, j)
        for i in range(len(lanes))
        for j in range(i + 1, len(lanes))
        if either[i, j] >= max(1, least)
    ]
    shown = sorted({place for _many, i, j in met for place in (i, j)})
    radius = min(260, 90 + 8 * len(shown))
    height = 2 * radius + 90
    where = {code: _on_circle(place, len(shown), radius) for place, code in enumerate(shown)}
    most = max((many for many, _i, _j in met), default=1)
    rules = [
        Rule(
            *(round(value, 1) for value in (*where[i][:2], *where[j][:2])),
            f"tie-{min(4, 1 + 4 * many // (most + 1))}",
        )
        for many, i, j in sorted(met)
    ]
    rects, words = [], []
    for code in shown:
        x, y, angle = where[code]
        rects.append(Rect(round(x - 6, 1), round(y - 6, 1), 12, 12, lanes[code].look, lanes[code].name))
        side = round(cos(angle), 6)
        words.append(
            Word(
                round(x + 14 * side, 1),
                round(y + 4 + 16 * sin(angle), 1),
                fitted(lanes[code].name, LABEL),
                "plain",
                "middle" if not side else "start" if side > 0 else "end",
            )
        )
    rows = [
        [lanes[i].name, lanes[j].name, many] for many, i, j in sorted(met, key=lambda met: (-met[0], met[1:]))
    ]
    return Picture(WIDTH, height, rects, words, rules, [], Table(list(header), rows))


def _on_circle(place, number, radius):
    angle = 2 * pi * place / max(1, number) - pi / 2
    return WIDTH / 2 + radius * cos(angle), radius + 45 + radius * sin(angle), angle
