"""How far a transcript is coded, turn by turn."""

from collections.abc import Container, Iterable, Mapping, Sequence


def coded_turns(
    turns: Sequence[Mapping], interviewers: Container[str], ranges: Iterable[tuple[int, int]]
) -> tuple[int, int]:
    """How many of the respondents' turns are coded, and how many there are.

    ``turns`` are a transcript's, in order; those under a label of ``interviewers`` do not count, those without
    a label do. ``ranges`` are (start, end) of segments that bear a code. A turn is coded if one of them overlaps
    it by at least one code point.
    """
    spoken = [(turn["start"], turn["end"]) for turn in turns if turn["speaker"] not in interviewers]
    merged = merge(ranges)
    coded, at = 0, 0
    for start, end in spoken:
        while at < len(merged) and merged[at][1] <= start:
            at += 1
        coded += at < len(merged) and max(start, merged[at][0]) < end
    return coded, len(spoken)


def merge(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretches in order, those that touch or overlap joined to one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
