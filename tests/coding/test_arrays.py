"""Numbers looked up and paired by the million, against the plain way."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coding.analysis.arrays import index_of, pairs

ids = st.one_of(st.integers(1, 30), st.integers(1, 10**12))


def array(numbers):
    return np.array(numbers, dtype=np.int64)


@given(st.lists(ids, unique=True, max_size=20), st.lists(ids, max_size=20))
def test_numbers_are_found_where_they_stand(known, wanted):
    wanted = [*wanted, *known[:3]]
    places = [known.index(number) if number in known else -1 for number in wanted]
    assert index_of(array(known), array(wanted)).tolist() == places


@given(st.lists(st.tuples(ids, st.integers(0, 6)), max_size=30))
def test_pairs_are_counted(rows):
    one, other = (array([row[n] for row in rows]) for n in (0, 1))
    found = list(zip(*(each.tolist() for each in pairs(one, other, 7)), strict=True))
    assert found == [(*pair, many) for pair, many in sorted(Counter(rows).items())]
