"""Drawing passages so that every respondent gets a hearing, and anybody can draw the same again."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from hashlib import sha256

Place = tuple[int, int, int]  # transcript, start, end (excluded)


def drawn(of_person: Mapping[Hashable, Mapping[Hashable, Place]], size: int, seed: int) -> list[Hashable]:
    """``size`` passages, or all there are: one of each respondent in turn, then a second of each, and so on; those that
    repeat words of one drawn before come after all others.

    Who comes first, and which of a respondent's passages, follows from the seed and their numbers alone: SHA-256 of
    "seed:number", so that it does not change with the program, and a passage more changes little.
    """

    def rank(number):
        return sha256(f"{seed}:{number}".encode()).hexdigest()

    people = sorted((person for person in of_person if of_person[person]), key=rank)
    queues = [_apart(sorted(of_person[person], key=rank), of_person[person], size) for person in people]
    apart, repeating = ([queue[part] for queue in queues] for part in (0, 1))
    return [*_in_turn(apart), *_in_turn(repeating)][:size]


def _apart(queue, places, size) -> tuple[list, list]:
    """Up to ``size`` passages no two of which overlap, and those that were passed over for them."""
    apart, repeating = [], []
    for number in queue:
        transcript, start, end = places[number]
        repeats = any(
            transcript == other and start < last and first < end
            for other, first, last in (places[each] for each in apart)
        )
        (repeating if repeats else apart).append(number)
        if len(apart) == size:
            break
    return apart, repeating


def _in_turn(queues: Sequence[Sequence]) -> Iterator:
    """The first of each, then the second of each that has one, and so on."""
    for turn in range(max(map(len, queues), default=0)):
        yield from (queue[turn] for queue in queues if turn < len(queue))
