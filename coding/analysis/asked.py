"""Who was asked about a code: not asked is not the same as not mentioned.

Takes plain values. A *unit* is what is counted (a respondent, a transcript); its people are those who speak in it.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import NamedTuple


class Asked(NamedTuple):
    """Of a code, one number per column and last that of all columns together.

    ``people`` counts respondents who were asked, ``bases`` what a cell is of, and ``beside`` units in which only such
    respondents bear the code as were not asked.
    """

    people: list[int]
    bases: list[int]
    beside: list[int]


def types_below(
    parents: Mapping[Hashable, Hashable], asked_of: Mapping[Hashable, Collection[str]]
) -> dict[Hashable, frozenset[str] | None]:
    """By code the types that were asked about it or a code below it; None where all were.

    ``parents`` has every code; ``asked_of`` only those that not all types were asked about.
    """
    found: dict[Hashable, frozenset[str] | None] = {code: frozenset() for code in parents}
    for code in parents:
        types = asked_of.get(code)
        above = code
        while above in found:
            known = found[above]
            found[above] = None if known is None or not types else known | frozenset(types)
            above = parents[above]
    return found


def asked_about(
    types: Collection[str],
    type_of: Mapping[Hashable, str],
    members: Sequence[Mapping[Hashable, Collection[Hashable]]],
    mentions: Sequence[Collection[tuple[Hashable, Hashable]]],
) -> Asked:
    """For a code that only these types were asked about.

    ``members`` are each column's units with their people; ``mentions`` each column's ``(unit, person)`` with the code.
    A unit is asked if one of its people is; one without people (nobody's words) is as if asked.
    """
    people, bases, beside = [], [], []
    whole: dict[Hashable, set] = {}
    for units in members:
        for unit, persons in units.items():
            whole.setdefault(unit, set()).update(persons)
    for units, said in zip(
        [*members, whole], [*mentions, {pair for each in mentions for pair in each}], strict=True
    ):
        asked = {person for persons in units.values() for person in persons if type_of[person] in types}
        people.append(len(asked))
        bases.append(sum(1 for persons in units.values() if not persons or not asked.isdisjoint(persons)))
        by_asked = {unit for unit, person in said if person is None or person in asked}
        beside.append(len({unit for unit, _person in said} - by_asked))
    return Asked(people, bases, beside)


def asked_by_all(members: Sequence[Mapping[Hashable, Collection[Hashable]]], bases: list[int]) -> Asked:
    """For a code that everybody was asked about."""
    people = [len({person for persons in units.values() for person in persons}) for units in members]
    together = len({person for units in members for persons in units.values() for person in persons})
    return Asked([*people, together], bases, [0] * (len(members) + 1))
