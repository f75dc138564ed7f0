"""Drawing passages so that every respondent gets a hearing, and anybody can draw the same again."""

from collections.abc import Hashable, Mapping, Sequence
from hashlib import sha256


def drawn(of_person: Mapping[Hashable, Sequence[Hashable]], size: int, seed: int) -> list[Hashable]:
    """``size`` passages, or all there are: one of each respondent in turn, then a second of each, and so on.

    Who comes first, and which of a respondent's passages, follows from the seed and their numbers alone: SHA-256 of
    "seed:number", so that it does not change with the program, and a passage more changes little.
    """

    def rank(number):
        return sha256(f"{seed}:{number}".encode()).hexdigest()

    people = sorted((person for person in of_person if of_person[person]), key=rank)
    queues = [sorted(of_person[person], key=rank) for person in people]
    found: list[Hashable] = []
    turn = 0
    while len(found) < size and any(turn < len(queue) for queue in queues):
        found += [queue[turn] for queue in queues if turn < len(queue)]
        turn += 1
    return found[:size]
