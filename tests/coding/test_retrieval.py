"""Relations of passages, against looking at every pair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.analysis.retrieval import RELATIONS, Relation, bearing, in_turns, in_words, related

places = st.tuples(st.integers(0, 25), st.integers(1, 8)).map(lambda drawn: (drawn[0], sum(drawn)))
passages = st.dictionaries(places, st.frozensets(st.integers(1, 4), min_size=1, max_size=3), max_size=9)
codes = st.frozensets(st.integers(1, 4), min_size=1, max_size=3)
TURNS = [4, 9, 15, 22, 40]
WORDS = [0, 2, 3, 7, 8, 12, 20, 21, 22, 30]


def turn(place):
    return next((number for number, end in enumerate(TURNS) if place < end), len(TURNS))


def word(place):
    return max((number for number, start in enumerate(WORDS) if start <= place))


STEPS = {
    "turns": (in_turns(TURNS), lambda place: (turn(place[0]), turn(place[1] - 1))),
    "words": (in_words(WORDS), lambda place: (word(place[0]), word(place[1] - 1))),
}


def apart(a, b):
    return max(0, b[0] - a[1], a[0] - b[1])


def holds(kind, a, b, distance, steps):
    """The relation by its plain meaning."""
    near = distance is None or apart(steps(a), steps(b)) <= distance
    return {
        "overlap": a[0] < b[1] and b[0] < a[1],
        "within": b[0] <= a[0] and a[1] <= b[1],
        "encloses": a[0] <= b[0] and b[1] <= a[1],
        "near": near,
        "before": a[1] <= b[0] and near,
        "after": b[1] <= a[0] and near,
    }[kind]


@given(
    passages,
    codes,
    codes,
    st.sampled_from(RELATIONS),
    st.none() | st.integers(0, 4),
    st.sampled_from(sorted(STEPS)),
)
def test_related_passages_are_those_that_looking_at_every_pair_gives(
    drawn, mine, theirs, kind, distance, unit
):
    quick, plain = STEPS[unit]
    found = bearing(drawn, [mine], every=False)
    expected = [
        any(
            holds(kind, a, b, distance, plain)
            for b in drawn
            if drawn[b] & theirs and (a != b or len((drawn[a] & mine) | (drawn[a] & theirs)) > 1)
        )
        for a in found
    ]
    assert related(found, drawn, mine, theirs, Relation(kind, distance), quick) == expected


@given(passages, st.lists(codes, max_size=3), st.booleans())
def test_passages_bear_any_or_every_group(drawn, groups, every):
    expected = []
    for place in sorted(drawn):
        held = [bool(drawn[place] & group) for group in groups]
        if not groups or (all(held) if every else any(held)):
            expected.append(place)
    assert bearing(drawn, groups, every) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overlap", [True, True, False]),
        ("within", [False, True, False]),
        ("encloses", [True, False, False]),
        ("before", [False, False, False]),
        ("after", [False, False, True]),
    ],
)
def test_relations_by_a_hand_worked_example(kind, expected):
    theirs = {(2, 6): frozenset({2})}
    mine = {(0, 8): frozenset({1}), (3, 5): frozenset({1}), (6, 9): frozenset({1})}
    assert related(sorted(mine), mine | theirs, frozenset({1}), frozenset({2}), Relation(kind)) == expected


def test_a_passage_is_not_near_itself_unless_it_bears_two_of_the_codes():
    alone = {(0, 5): frozenset({1})}
    both = {(0, 5): frozenset({1, 2})}
    for kind in ("overlap", "within", "encloses", "near"):
        assert related([(0, 5)], alone, frozenset({1}), frozenset({1}), Relation(kind, 0)) == [False]
        assert related([(0, 5)], both, frozenset({1}), frozenset({2}), Relation(kind, 0)) == [True]
