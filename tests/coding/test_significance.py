"""The tests of shares, by hand-worked cases and against a slow, obvious enumeration."""

from itertools import combinations
from math import comb, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.analysis.significance import chi_squared, chi_squared_tail, compared, exact, residuals


def test_the_lady_tasting_tea():
    """Fisher (1935), The Design of Experiments: 3 of 4 right, one-sided 17/70, two-sided 34/70."""
    assert isclose(exact([(3, 4), (1, 4)]), 34 / 70)
    assert isclose(exact([(4, 4), (0, 4)]), 2 / 70)


def test_three_columns_by_hand():
    """Two of three are mentioned, in columns of one: each of the three tables is as likely, so p is 1."""
    assert exact([(1, 1), (1, 1), (0, 1)]) == 1
    # (2,2),(0,2),(0,2): C(6,2) = 15 ways; tables with 2 in one column have 1 way each, the others 4.
    assert isclose(exact([(2, 2), (0, 2), (0, 2)]), 3 / 15)


def test_chi_squared_by_hand():
    """20 of 40 against 10 of 40: expected 15 and 25, so 4 times 25/15 or 25/25."""
    assert isclose(chi_squared([(20, 40), (10, 40)]), 2 * 25 / 15 + 2 * 25 / 25)


@pytest.mark.parametrize(
    ("statistic", "freedom", "p"),
    [
        (3.841459, 1, 0.05),
        (5.991465, 2, 0.05),
        (7.814728, 3, 0.05),
        (18.307038, 10, 0.05),
        (6.634897, 1, 0.01),
    ],
)
def test_the_tail_of_chi_squared_is_that_of_the_tables(statistic, freedom, p):
    assert chi_squared_tail(statistic, freedom) == pytest.approx(p, abs=1e-6)


def test_residuals_of_two_columns_are_the_root_of_chi_squared():
    first, second = residuals([(20, 40), (10, 40)])
    assert isclose(first, chi_squared([(20, 40), (10, 40)]) ** 0.5)
    assert isclose(second, -first)
    assert residuals([(2, 2), (3, 3)]) == [None, None]
    assert residuals([(0, 0), (1, 2)]) == [None, None]


def test_small_tables_are_tested_exactly_and_large_ones_by_chi_squared():
    assert compared([(4, 5), (3, 4), (1, 3)]).method == "exact"
    large = compared([(20, 40), (10, 40)])
    assert (large.method, large.freedom) == ("chi-squared", 1)
    assert compared([(20, 40), (10, 40), (0, 0)]) == large


@pytest.mark.parametrize("columns", [[(0, 5), (0, 4)], [(5, 5), (4, 4)], [(3, 5)], [(1, 2), (0, 0)], []])
def test_where_nothing_differs_or_can_be_compared_there_is_no_test(columns):
    assert compared(columns).method == "none"


def test_what_is_too_large_for_an_exact_test_is_not_guessed():
    assert compared([(4, 100)] * 6).method == "none"


@st.composite
def tables(draw):
    bases = draw(st.lists(st.integers(1, 4), min_size=2, max_size=3))
    return [(draw(st.integers(0, base)), base) for base in bases]


@settings(deadline=None)
@given(tables())
def test_the_exact_test_is_what_trying_every_choice_of_respondents_says(columns):
    people = [number for number, (_n, base) in enumerate(columns) for _ in range(base)]
    mentioned = sum(n for n, _base in columns)

    def ways(ns):
        product = 1
        for n, (_n, base) in zip(ns, columns, strict=True):
            product *= comb(base, n)
        return product

    here = ways([n for n, _base in columns])
    chosen = [
        [sum(people[pick] == number for pick in picked) for number in range(len(columns))]
        for picked in combinations(range(len(people)), mentioned)
    ]
    expected = sum(ways(ns) <= here for ns in chosen) / len(chosen)
    assert isclose(exact(columns), expected)
