"""Which combinations of what is shown describe too few people."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence


def small_groups(
    described: Mapping[Hashable, Sequence[str]], shown: Iterable[Hashable], least: int
) -> list[tuple[tuple[str, ...], int]]:
    """The combinations of values that fewer than ``least`` people share, of those shown, each with how many do.

    ``described`` has what is said of each person of the study, ``shown`` are those a report speaks of. A person is
    hidden among all who share their combination, whether these are shown or not.
    """
    many = Counter(tuple(values) for values in described.values())
    found = {tuple(described[person]) for person in shown if person in described}
    return sorted((values, many[values]) for values in found if many[values] < least)
