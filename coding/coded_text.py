"""A transcript laid out with its codings: blocks of runs, whose runs bear the same codes from end to end.

Pure: text, turns, marks and codings in, positions out. The time taken grows with the text and the codings, however
much these overlap.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import NamedTuple

STILL_OPEN_NAMED = 12  # passages from earlier blocks that a block names; of more it says how many

LABEL, WORDS, BETWEEN = "label", "words", "between"


class Coding(NamedTuple):
    """One code by one coder on the code points ``start`` to ``end``, end excluded."""

    start: int
    end: int
    code: int
    coder: int
    at: object = None


class Passage(NamedTuple):
    """A stretch that bears codes, numbered from 1 in text order; two coders on one stretch are one passage."""

    number: int
    start: int
    end: int
    codings: tuple[Coding, ...]

    def coders_by_code(self) -> dict[int, list[int]]:
        """``{code: [coders]}``, codes and coders in the order of the codings."""
        found = {}
        for coding in self.codings:
            found.setdefault(coding.code, []).append(coding.coder)
        return found


class Run(NamedTuple):
    """Characters alike in everything: in what they are part of, in emphasis, and in the codes upon them.

    ``code`` is the only code on it, or None where there are none or several (``depth`` of them). ``opens`` and
    ``closes`` are the passages that begin at its first and end at its last character.
    """

    start: int
    end: int
    part: str
    kind: str | None
    code: int | None
    depth: int
    opens: tuple[Passage, ...]
    closes: tuple[Passage, ...]


@dataclass
class Block:
    """A turn with its number, or a stretch between turns without one.

    ``going_on`` are passages from earlier blocks that reach into this one, the first STILL_OPEN_NAMED of them, and
    ``more_going_on`` the number of the others.
    """

    start: int
    end: int
    number: int | None = None
    turn: dict | None = None
    runs: list[Run] = field(default_factory=list)
    going_on: list[Passage] = field(default_factory=list)
    more_going_on: int = 0

    def words(self, run: Run, text: str) -> str:
        """What a run of this block shows: the white space after its words is left to the layout."""
        words = text[run.start : run.end]
        if run.part != BETWEEN:
            return words
        if self.turn:
            return ""
        return words.rstrip() if run.end == self.end else words

    def opening(self) -> list[Passage]:
        """The passages that begin here, in text order."""
        return [passage for run in self.runs for passage in run.opens]


def passages_of(codings: Iterable[Coding]) -> list[Passage]:
    """Codings gathered by stretch, in text order, of two that begin together the longer first."""
    found = defaultdict(list)
    for coding in codings:
        found[coding.start, coding.end].append(coding)
    in_order = sorted(found, key=lambda stretch: (stretch[0], -stretch[1]))
    return [
        Passage(number, start, end, tuple(found[start, end]))
        for number, (start, end) in enumerate(in_order, start=1)
    ]


def lay_out(text: str, turns: Sequence[dict], marks: Sequence[dict], passages: list[Passage]) -> list[Block]:
    """The whole text as blocks in order, every character in exactly one run.

    ``turns`` and ``marks`` are a transcript's.
    """
    blocks = _blocks(text, turns)
    passing = _Passing(passages, marks)
    cuts = {0, len(text), *passing.places}
    for block in blocks:
        cuts.add(block.start)
        if block.turn:
            cuts.update((block.turn["said"], block.turn["end"]))
    upcoming = iter(blocks)
    block = None
    for start, end in pairwise(sorted(cut for cut in cuts if cut <= len(text))):
        if block is None or start >= block.end:
            block = next(upcoming)
            block.going_on, block.more_going_on = passing.going_on(start)
        block.runs.append(passing.run(start, end, _part(block.turn, start)))
    return blocks


def _blocks(text, turns):
    blocks, done = [], 0
    for number, turn in enumerate(turns, start=1):
        _add_between(blocks, text, done, turn["start"])
        blocks.append(Block(turn["start"], turn["end"], number, turn))
        done = turn["end"]
    _add_between(blocks, text, done, len(text))
    return blocks


def _add_between(blocks, text, start, end):
    """What stands between two turns: white space at its beginning goes with the block before."""
    between = text[start:end]
    blank = len(between) - len(between.lstrip()) if blocks else 0
    if blocks:
        blocks[-1].end = start + blank
    if blank < len(between):
        blocks.append(Block(start + blank, end))


def _part(turn, position):
    if turn is None or position >= turn["end"]:
        return BETWEEN
    return LABEL if position < turn["said"] else WORDS


class _Passing:
    """What is open at the place that the sweep has come to."""

    def __init__(self, passages, marks):
        self.opens, self.closes = defaultdict(list), defaultdict(list)
        for passage in passages:
            self.opens[passage.start].append(passage)
        for passage in reversed(passages):  # of two that end together the inner closes first
            self.closes[passage.end].append(passage)
        self.marks_open, self.marks_close = defaultdict(list), defaultdict(list)
        for at, mark in enumerate(mark for mark in marks if mark["start"] < mark["end"]):
            self.marks_open[mark["start"]].append((at, mark["kind"]))
            self.marks_close[mark["end"]].append(at)
        self.places = {*self.opens, *self.closes, *self.marks_open, *self.marks_close}
        self.open, self.codes, self.kinds = {}, Counter(), {}

    def going_on(self, position):
        """Passages begun before a position and not ended there: the first of them, and how many more."""
        still = (passage for passage in self.open.values() if passage.end > position)
        named = list(islice(still, STILL_OPEN_NAMED))
        if len(named) < STILL_OPEN_NAMED:
            return named, 0
        return named, len(self.open) - len(self.closes.get(position, ())) - len(named)

    def run(self, start, end, part):
        for passage in self.closes.get(start, ()):
            self._close(passage)
        for at in self.marks_close.get(start, ()):
            self.kinds.pop(at, None)
        for passage in self.opens.get(start, ()):
            self._open(passage)
        self.kinds.update(self.marks_open.get(start, ()))
        return Run(
            start,
            end,
            part,
            next(iter(self.kinds.values()), None),
            next(iter(self.codes)) if len(self.codes) == 1 else None,
            len(self.codes),
            tuple(self.opens.get(start, ())),
            tuple(self.closes.get(end, ())),
        )

    def _open(self, passage):
        self.open[passage.number] = passage
        self.codes.update({coding.code for coding in passage.codings})

    def _close(self, passage):
        del self.open[passage.number]
        for code in {coding.code for coding in passage.codings}:
            self.codes[code] -= 1
            if not self.codes[code]:
                del self.codes[code]
