"""Combinations that describe too few people."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from coding.analysis.guard import small_groups


def test_a_combination_that_fewer_share_than_the_least_is_named_with_how_many():
    described = {
        1: ("Returnee", "Suzhou"),
        2: ("Returnee", "Suzhou"),
        3: ("Returnee", "Boston"),
        4: ("Migrant", ""),
    }
    assert small_groups(described, [1, 3], 2) == [(("Returnee", "Boston"), 1)]
    assert small_groups(described, [1, 2, 3, 4], 1) == []


@given(
    st.dictionaries(st.integers(0, 9), st.tuples(st.sampled_from("ab"), st.sampled_from("xy"))),
    st.integers(0, 4),
)
def test_nobody_shown_in_a_small_group_is_missed(described, least):
    many = Counter(described.values())
    named = {values for values, _many in small_groups(described, described, least)}
    assert named == {values for values in described.values() if many[values] < least}
