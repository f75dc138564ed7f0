"""How often codes meet, against looking at every pair."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coding.analysis import cooccurrence
from coding.analysis.cooccurrence import (
    Passages,
    coefficients,
    meeting,
    network,
    pairs_of,
    sharing,
    turns_touched,
)
from coding.analysis.pictures import Lane

CODES = 4
rows = st.lists(
    st.tuples(st.integers(1, 2), st.integers(0, 20), st.integers(1, 9), st.integers(0, CODES - 1)),
    max_size=12,
).map(lambda drawn: [(transcript, at, at + length, code) for transcript, at, length, code in drawn])


def arrays(drawn):
    return Passages(*(np.array([row[column] for row in drawn], dtype=np.int64) for column in range(4)))


def every_pair(drawn):
    passages = sorted(set(drawn))
    return [(a, b) for a, b in product(passages, passages) if a[0] == b[0] and a[3] != b[3]]


@given(rows, st.sampled_from([1, 3, 1000]))
def test_overlaps_and_nestings_are_those_that_looking_at_every_pair_gives(drawn, at_once):
    cooccurrence.PAIRS_AT_ONCE, kept = at_once, cooccurrence.PAIRS_AT_ONCE
    overlap, nested = np.zeros((CODES, CODES), int), np.zeros((CODES, CODES), int)
    for (_t, start, end, code), (_u, other_start, other_end, other) in every_pair(drawn):
        overlap[code, other] += start < other_end and other_start < end
        nested[code, other] += start <= other_start and other_end <= end
    found = meeting(arrays(drawn), CODES)
    assert found.pairs.tolist() == overlap.tolist()
    assert found.own.tolist() == [sum(row[3] == code for row in set(drawn)) for code in range(CODES)]
    assert meeting(arrays(drawn), CODES, nested=True).pairs.tolist() == nested.tolist()
    cooccurrence.PAIRS_AT_ONCE = kept


@given(rows, rows, st.booleans())
def test_the_pairs_behind_a_number_are_those_that_looking_at_every_pair_gives(drawn, others, nested):
    first, second = sorted({row[:3] for row in drawn}), sorted({row[:3] for row in others}, reverse=True)
    expected = {
        (i, j)
        for (i, a), (j, b) in product(enumerate(first), enumerate(second))
        if a[0] == b[0] and (a[1] <= b[1] and b[2] <= a[2] if nested else a[1] < b[2] and b[1] < a[2])
    }
    found = pairs_of(first, second, nested=nested)
    assert len(found) == len(expected) and set(found) == expected


@given(rows, st.sampled_from([1, 2, 1000]))
def test_turns_shared_are_those_that_looking_at_every_turn_gives(drawn, at_once):
    cooccurrence.UNITS_AT_ONCE, kept = at_once, cooccurrence.UNITS_AT_ONCE
    ends = {1: np.array([5, 12, 40]), 2: np.array([9, 40])}
    held = {}
    for transcript, start, end, code in drawn:
        for place in range(start, end):
            turn = next(number for number, last in enumerate(ends[transcript]) if place < last)
            held.setdefault((transcript, turn), set()).add(code)
    both = np.zeros((CODES, CODES), int)
    for codes in held.values():
        for one, other in product(codes, codes):
            both[one, other] += one != other
    found = sharing(*turns_touched(arrays(drawn), ends), CODES)
    assert found.pairs.tolist() == both.tolist()
    assert found.own.tolist() == [sum(code in codes for codes in held.values()) for code in range(CODES)]
    cooccurrence.UNITS_AT_ONCE = kept


def test_the_coefficient_by_a_hand_worked_example():
    drawn = [(1, 0, 10, 0), (1, 5, 8, 1), (1, 20, 30, 0), (1, 40, 50, 1)]
    matrix = meeting(arrays(drawn), 3)
    assert matrix.pairs[0, 1] == 1
    found = coefficients(matrix)
    assert found[0, 1] == found[1, 0] == 1 / (2 + 2 - 1)
    assert found[0, 2] == 0 and not np.isnan(found).any()


@given(rows)
def test_the_picture_is_the_same_for_the_same_numbers_and_has_them_all_in_its_table(drawn):
    matrix = meeting(arrays(drawn), CODES)
    lanes = [Lane(f"Code {number}", "hue-blue") for number in range(CODES)]
    picture = network(lanes, matrix, 1, ["Code", "Code", "Meet"])
    assert picture == network(lanes, matrix, 1, ["Code", "Code", "Meet"])
    meetings = {
        (i, j): matrix.pairs[i, j] for i in range(CODES) for j in range(i + 1, CODES) if matrix.pairs[i, j]
    }
    assert len(picture.rules) == len(picture.table.rows) == len(meetings)
    assert sum(row[2] for row in picture.table.rows) == sum(meetings.values())
    assert all(0 <= rect.x <= picture.width and 0 <= rect.y <= picture.height for rect in picture.rects)
