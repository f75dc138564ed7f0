"""Who was asked about a code: not asked is not the same as not mentioned.

Takes plain values. A *unit* is what is counted (a respondent, a transcript); its people are those who speak in it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple


class Asked(NamedTuple):
    """Of a code, one number per column and last that of all columns together.

    ``people`` counts respondents who were asked, ``bases`` what a cell is of, and ``beside`` units in which only such
    respondents bear the code as were not asked.
    """

    people: list[int]
    bases: list[int]
    beside: list[int]


class WhoWasAsked(NamedTuple):
    """By code, alone and with those below it; ``people`` are the respondents of each column, and of all."""

    alone: dict[Hashable, Asked]
    below: dict[Hashable, Asked]
    people: list[int]


def types_below(
    parents: Mapping[Hashable, Hashable], asked_of: Mapping[Hashable, Collection[str]]
) -> dict[Hashable, frozenset[str] | None]:
    """By code the types that were asked about it or a code below it; None where all were.

    ``parents`` has every code; ``asked_of`` only those that not all types were asked about. A code that says nothing of
    itself was asked of all if nothing is below it; otherwise those below say it, so that a family of questions for one
    type is not counted as silence of the others.
    """
    found: dict[Hashable, frozenset[str] | None] = {code: frozenset() for code in parents}
    families = set(parents.values())
    for code in parents:
        types = asked_of.get(code)
        if not types and code in families:
            continue
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


def who_was_asked(
    parents: Mapping[Hashable, Hashable],
    retired: Collection[Hashable],
    asked_of: Mapping[Hashable, Collection[str]],
    type_of: Mapping[Hashable, str],
    members: Sequence[Mapping[Hashable, Collection[Hashable]]],
    mentions: Callable[[list[Hashable]], Iterable[tuple[Hashable, int, Hashable, Hashable]]],
    bases: list[int],
    *,
    by_unit: bool,
) -> WhoWasAsked:
    """Who was asked about each code of a table.

    ``mentions`` gives, of some codes, ``(code, number of the column, unit, person)``. ``bases`` are what the cells of a
    code that all were asked about are of, and those of each code unless units are counted (``by_unit``).
    """
    all_asked = asked_by_all(members, bases)
    if not asked_of:
        everybody = dict.fromkeys(parents, all_asked)
        return WhoWasAsked(everybody, everybody, all_asked.people)
    in_use = {code: parent for code, parent in parents.items() if code not in retired or code in asked_of}
    below = types_below(in_use, asked_of)
    limited = {code for code in parents if below.get(code) is not None} | asked_of.keys()
    said = list(mentions([code for code in parents if not limited.isdisjoint(_upwards(code, parents))]))

    def asked(types, within):
        if types is None:
            return all_asked
        places = [set() for _ in members]
        for code, column, unit, person in said:
            if code in within:
                places[column].add((unit, person))
        found = asked_about(types, type_of, members, places)
        return found if by_unit else Asked(found.people, bases, all_asked.beside)

    within = defaultdict(set)
    for code in parents:
        for above in _upwards(code, parents):
            within[above].add(code)
    return WhoWasAsked(
        {code: asked(asked_of.get(code), {code}) for code in parents},
        {code: asked(below.get(code), within[code]) for code in parents},
        all_asked.people,
    )


def _upwards(code, parents):
    while code in parents:
        yield code
        code = parents[code]
