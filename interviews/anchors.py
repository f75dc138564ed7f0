"""Where a position goes when the text is edited.

Pure functions of texts and positions; positions count code points from 0, the end excluded. The difference of two
texts is a list of *hunks*, stretches that were replaced; what lies between hunks is the same in both. ``diff(a, b)`` is
``diff(b, a)`` turned round, so that taking an edit back brings each position back.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

KEPT = "kept"  # the same words, maybe shifted, maybe with other white space
MOVED = "moved"  # the same words, found at another place of the text
NEEDS_EYES = "needs eyes"  # the words were changed, or are gone

NEAR = 20_000  # characters either side in which words that were moved are looked for
_SMALL = 1_000  # tokens times tokens that are compared each with each where no token is unique
_RUN = 8  # tokens in a run that is looked for where no token is unique, and there are too many to compare
WIDE = "\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_TOKEN = re.compile(rf"[{WIDE}]|[^\W{WIDE}]+|\s+|.", re.DOTALL)
_WORD = re.compile(r"\w")


class Hunk(NamedTuple):
    """``old[old_start:old_end]`` became ``new[new_start:new_end]``; one of the two may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def turned(self) -> "Hunk":
        return Hunk(self.new_start, self.new_end, self.old_start, self.old_end)


class Place(NamedTuple):
    """Where a range went; never empty. ``exact``: its characters are the same and at no other place."""

    state: str
    start: int
    end: int
    exact: bool = False


def diff(old: str, new: str) -> list[Hunk]:
    """The hunks between two texts, in order, each two parted by at least one character that stayed."""
    if (len(old), old) > (len(new), new):
        return [hunk.turned for hunk in _diff(new, old)]
    return _diff(old, new)


def _diff(old: str, new: str) -> list[Hunk]:
    (whole,) = widened(old, new, [_trimmed(old, new, Hunk(0, len(old), 0, len(new)))])
    by_line = _split(old, new, whole, _LINE)
    by_word = [part for hunk in by_line for part in _without_scraps(old, _split(old, new, hunk, _TOKEN))]
    return list(_joined(_trimmed(old, new, hunk) for hunk in by_word))


def _trimmed(old: str, new: str, hunk: Hunk) -> Hunk:
    """A hunk less what both sides begin and end with."""
    a, b = old[hunk.old_start : hunk.old_end], new[hunk.new_start : hunk.new_end]
    head = _common_prefix(a, b)
    a, b = a[head:], b[head:]
    tail = _common_prefix(a[::-1], b[::-1])
    return Hunk(hunk.old_start + head, hunk.old_end - tail, hunk.new_start + head, hunk.new_end - tail)


def _common_prefix(a: str, b: str) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _split(old: str, new: str, hunk: Hunk, pattern: re.Pattern[str]) -> list[Hunk]:
    """The parts of a hunk that differ when it is read token by token."""
    if hunk.old_start == hunk.old_end or hunk.new_start == hunk.new_end:
        return [hunk] if hunk.old_end - hunk.old_start or hunk.new_end - hunk.new_start else []
    a = pattern.findall(old, hunk.old_start, hunk.old_end)
    b = pattern.findall(new, hunk.new_start, hunk.new_end)
    at_a, at_b = _places(a, hunk.old_start), _places(b, hunk.new_start)
    parts, i, j = [], 0, 0
    for ai, bj, length in [*_matches(a, b), (len(a), len(b), 0)]:
        if i < ai or j < bj:
            parts.append(Hunk(at_a[i], at_a[ai], at_b[j], at_b[bj]))
        i, j = ai + length, bj + length
    return parts


def _places(tokens: list[str], at: int) -> list[int]:
    places = [at]
    for token in tokens:
        at += len(token)
        places.append(at)
    return places


def _matches(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int, int]]:
    """Runs of equal tokens as ``(in a, in b, length)``, in order: patience diff, with time near linear in tokens.

    Tokens that either side has once are matched first, those in order kept, and what lies between compared alike.
    """
    found, todo = [], [(0, len(a), 0, len(b))]
    while todo:
        i, i_end, j, j_end = todo.pop()
        begun = i, j
        while i < i_end and j < j_end and a[i] == b[j]:
            i, j = i + 1, j + 1
        if i > begun[0]:
            found.append((*begun, i - begun[0]))
        ended = i_end
        while i < i_end and j < j_end and a[i_end - 1] == b[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
        if i_end < ended:
            found.append((i_end, j_end, ended - i_end))
        if i == i_end or j == j_end:
            continue
        is_small = (i_end - i) * (j_end - j) <= _SMALL
        if anchors := _anchors(a[i:i_end], b[j:j_end]) or (
            not is_small and _anchors_of_runs(a[i:i_end], b[j:j_end])
        ):
            edges = [(i, j), *((i + p, j + q) for p, q in anchors), (i_end, j_end)]
            todo += [(p, next_p, q, next_q) for (p, q), (next_p, next_q) in pairwise(edges)]
        elif is_small:
            matcher = SequenceMatcher(None, a[i:i_end], b[j:j_end], autojunk=False)
            found += [(i + p, j + q, n) for p, q, n in matcher.get_matching_blocks() if n]
    return sorted(found)


def _anchors(a: Sequence, b: Sequence) -> list[tuple[int, int]]:
    """Places of tokens that stand once on either side, as many as keep their order."""
    in_a, in_b = Counter(a), Counter(b)
    place_in_b = {token: q for q, token in enumerate(b) if in_b[token] == 1}
    pairs = [(p, place_in_b[token]) for p, token in enumerate(a) if in_a[token] == 1 and token in place_in_b]
    ends: list[int] = []  # by length, where the lowest run of that length ends in b
    last: list[int] = []  # the pair at that end
    before: list[int] = []
    for index, (_p, q) in enumerate(pairs):
        at = bisect_left(ends, q)
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [q]
        last[at : at + 1] = [index]
    chain, index = [], last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _anchors_of_runs(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """As _anchors, for runs of tokens."""
    return _anchors(*(list(zip(*(side[n:] for n in range(_RUN)), strict=False)) for side in (a, b)))


def _without_scraps(old: str, hunks: list[Hunk]) -> Iterator[Hunk]:
    """Hunks joined where nothing but white space and punctuation stayed between them: chance, not the same words."""
    pending: Hunk | None = None
    for hunk in hunks:
        if pending and not _WORD.search(old, pending.old_end, hunk.old_start):
            pending = Hunk(pending.old_start, hunk.old_end, pending.new_start, hunk.new_end)
            continue
        if pending:
            yield pending
        pending = hunk
    if pending:
        yield pending


def _joined(hunks: Iterable[Hunk]) -> Iterator[Hunk]:
    """Hunks that touch as one, and none that changes nothing."""
    pending: Hunk | None = None
    for hunk in hunks:
        if hunk.old_start == hunk.old_end and hunk.new_start == hunk.new_end:
            continue
        if pending and pending.old_end == hunk.old_start and pending.new_end == hunk.new_start:
            pending = Hunk(pending.old_start, hunk.old_end, pending.new_start, hunk.new_end)
            continue
        if pending:
            yield pending
        pending = hunk
    if pending:
        yield pending


class EditMap:
    """The way from an old text to a new one, for positions.

    ``may_move``: words that were put in may have been taken from elsewhere in the text.
    """

    may_move = True

    def __init__(self, old: str, new: str):
        self.old, self.new = old, new
        self.hunks = diff(old, new)
        self._old_starts = [hunk.old_start for hunk in self.hunks]
        self._old_ends = [hunk.old_end for hunk in self.hunks]
        self._new_ends = [hunk.new_end for hunk in self.hunks]

    def place(self, start: int, end: int) -> Place:
        """Where the range ``start`` to ``end`` of the old text is in the new one.

        Raises ValueError for a range the old text does not have, and where the new text is empty.
        """
        if not 0 <= start < end <= len(self.old) or not self.new:
            raise ValueError(f"There is no range {start} to {end}.")
        first = bisect_right(self._old_ends, start)  # the hunk that may touch it first
        behind = bisect_left(self._old_starts, end)  # the hunk after the last that may
        if first >= behind:
            shift = self._shift(first)
            return Place(KEPT, start + shift, end + shift, exact=True)
        touched = self.hunks[first:behind]
        return (
            self._outside(start, end)
            or self._respaced(start, end, touched)
            or self._slid(start, end, touched)
            or self._found_elsewhere(start, end, touched)
            or Place(NEEDS_EYES, *self._nearest(start, end, touched))
        )

    def point(self, at: int) -> int | None:
        """Where a place between two characters is, or None if it lay within words that were changed."""
        index = bisect_right(self._old_ends, at)
        if index < len(self.hunks) and self.hunks[index].old_start < at:
            return None
        return at + self._shift(index)

    def near(self, at: int) -> int:
        """As point, and for a place within changed words where they began."""
        exact = self.point(at)
        return self.hunks[bisect_right(self._old_ends, at)].new_start if exact is None else exact

    def _shift(self, index: int) -> int:
        """How far the text before a hunk is shifted."""
        return self.hunks[index - 1].new_end - self.hunks[index - 1].old_end if index else 0

    def _nearest(self, start: int, end: int, touched: list[Hunk]) -> tuple[int, int]:
        """The range of what is left of the words, with what has come in their place; else the place they had."""
        first, last = touched[0], touched[-1]
        if first.old_start <= start and end <= last.old_end and len(touched) == 1:
            new_start, new_end = _within(first, start), _within(first, end)
        else:
            new_start = (
                first.new_end if start > first.old_start else start + first.new_start - first.old_start
            )
            new_end = last.new_start if end < last.old_end else end + last.new_end - last.old_end
        if new_start == new_end:
            new_start = min(new_start, len(self.new) - 1)
            new_end = new_start + 1
        return new_start, new_end

    def _outside(self, start: int, end: int) -> Place | None:
        """The place of words up to which, or from which on, the whole text is the same, however hunks were cut."""
        if end <= self._same_head:
            return Place(KEPT, start, end)
        if len(self.old) - start <= self._same_tail:
            shift = len(self.new) - len(self.old)
            return Place(KEPT, start + shift, end + shift)
        return None

    @cached_property
    def _same_head(self) -> int:
        return _common_prefix(self.old, self.new)

    @cached_property
    def _same_tail(self) -> int:
        return _common_prefix(self.old[::-1], self.new[::-1])

    def _respaced(self, start: int, end: int, touched: list[Hunk]) -> Place | None:
        """The place of words between which only white space was changed."""
        words = self.old[start:end].split()
        new_start, new_end = self._nearest(start, end, touched)
        if not words or self.new[new_start:new_end].split() != words:
            return None
        return Place(KEPT, new_start, new_end)

    def _slid(self, start: int, end: int, touched: list[Hunk]) -> Place | None:
        """The place of words that repeat what stands beside them: which of the two went cannot be told."""
        first, last, quote = touched[0], touched[-1], self.old[start:end]
        length = end - start
        if start < first.old_start:
            at = start + first.new_start - first.old_start
            if self.new.startswith(quote, at):
                return Place(KEPT, at, at + length)
        if end > last.old_end:
            at = end + last.new_end - last.old_end - length
            if at >= 0 and self.new.startswith(quote, at):
                return Place(KEPT, at, at + length)
        if (
            first is last
            and first.new_start == first.new_end
            and first.old_start <= start
            and end <= first.old_end
        ):
            at = first.new_start
            if self.new.startswith(self.old[first.old_start : end], at):
                at += start - first.old_start
                return Place(MOVED, at, at + length)
            before = self.old[start : first.old_end]
            if at >= len(before) and self.new.startswith(before, at - len(before)):
                at -= len(before)
                return Place(MOVED, at, at + length)
        return None

    def _found_elsewhere(self, start: int, end: int, touched: list[Hunk]) -> Place | None:
        """The place of words that were taken out here once, and put in elsewhere once."""
        if not self._mostly_in(touched, start, end):
            return None
        quote = self.old[start:end]
        around = start + touched[0].new_start - touched[0].old_start
        put_in = _occurrences(quote, self.new, self._put_in, around)
        if len(put_in) != 1 or len(_occurrences(quote, self.old, self._taken_out, start)) != 1:
            return None
        return Place(MOVED, put_in[0], put_in[0] + len(quote))

    @staticmethod
    def _mostly_in(touched: list[Hunk], start: int, end: int) -> bool:
        return any(
            2 * (min(hunk.old_end, end) - max(hunk.old_start, start)) >= end - start for hunk in touched
        )

    @cached_property
    def _put_in(self) -> list[tuple[int, int]]:
        return [(hunk.new_start, hunk.new_end) for hunk in self.hunks if hunk.new_start < hunk.new_end]

    @cached_property
    def _taken_out(self) -> list[tuple[int, int]]:
        return [(hunk.old_start, hunk.old_end) for hunk in self.hunks if hunk.old_start < hunk.old_end]


def _within(hunk: Hunk, at: int) -> int:
    """A place within a hunk, at the same share of its length."""
    length = hunk.old_end - hunk.old_start
    return hunk.new_start + (at - hunk.old_start) * (hunk.new_end - hunk.new_start) // length


def _occurrences(quote: str, text: str, stretches: list[tuple[int, int]], around: int) -> list[int]:
    """Up to two places where a quote stands, at least half of it in one of the stretches, near a position."""
    found: list[int] = []
    length = len(quote)
    first = bisect_left(stretches, around - NEAR, key=itemgetter(1))
    for index in range(first, len(stretches)):
        begin, stop = stretches[index]
        if begin > around + NEAR or len(found) > 1:
            break
        if 2 * (stop - begin) < length:
            continue
        low, high = (
            max(0, begin - length // 2, around - NEAR),
            min(len(text), stop + length // 2, around + NEAR + length),
        )
        at = text.find(quote, low, high)
        while at >= 0 and len(found) < 2:
            if 2 * (min(stop, at + length) - max(begin, at)) >= length and at not in found:
                found.append(at)
            at = text.find(quote, at + 1, high)
    return found


def through(maps: Iterable[EditMap], start: int, end: int) -> Place:
    """Where a range is after several edits; its state is the one that asks for most attention."""
    states = [KEPT, MOVED, NEEDS_EYES]
    state, exact = KEPT, True
    for edit in maps:
        place = edit.place(start, end)
        start, end = place.start, place.end
        state, exact = max(state, place.state, key=states.index), exact and place.exact
    return Place(state, start, end, exact)


def widened(old: str, new: str, hunks: Iterable[Hunk]) -> list[Hunk]:
    """Hunks that begin and end with whole words, as people read and make them."""
    wide = []
    for old_start, old_end, new_start, new_end in hunks:
        while old_start and new_start and _in_word(old, new, old_start, old_end, new_start, new_end, -1):
            old_start, new_start = old_start - 1, new_start - 1
        while (
            old_end < len(old)
            and new_end < len(new)
            and _in_word(old, new, old_start, old_end, new_start, new_end, 1)
        ):
            old_end, new_end = old_end + 1, new_end + 1
        wide.append(Hunk(old_start, old_end, new_start, new_end))
    return _merged(wide)


def _in_word(old, new, old_start, old_end, new_start, new_end, side) -> bool:
    """Whether a word goes on over the edge of a hunk, in the old text or the new."""
    beside = old[old_start - 1] if side < 0 else old[old_end]
    edges = []
    if old_start < old_end:
        edges.append(old[old_start if side < 0 else old_end - 1])
    if new_start < new_end:
        edges.append(new[new_start if side < 0 else new_end - 1])
    return _is_letter(beside) and any(map(_is_letter, edges))


def _is_letter(sign: str) -> bool:
    return bool(_WORD.match(sign)) and not re.match(f"[{WIDE}]", sign)


def _merged(hunks: list[Hunk]) -> list[Hunk]:
    merged: list[Hunk] = []
    for hunk in hunks:
        if merged and hunk.old_start <= merged[-1].old_end:
            last = merged.pop()
            hunk = Hunk(
                last.old_start,
                max(last.old_end, hunk.old_end),
                last.new_start,
                max(last.new_end, hunk.new_end),
            )
        merged.append(hunk)
    return merged


def merge(base: str, mine: str, theirs: str) -> str | None:
    """One text with the changes of two, or None where they changed the same words differently."""
    changes = sorted(
        {
            (hunk.old_start, hunk.old_end, text[hunk.new_start : hunk.new_end])
            for text in (mine, theirs)
            for hunk in widened(base, text, diff(base, text))
        }
    )
    parts, done = [], 0
    for index, (start, end, text) in enumerate(changes):
        if index and start <= changes[index - 1][1]:
            return None
        parts += [base[done:start], text]
        done = end
    return "".join([*parts, base[done:]])


class Piece(NamedTuple):
    """A stretch of text to show: ``changed`` if it was taken out, or put in."""

    text: str
    changed: bool


class Change(NamedTuple):
    """Lines that differ, as they were and as they are; ``at`` is where they begin in the old text."""

    at: int
    old: list[Piece]
    new: list[Piece]


def changes(old: str, new: str) -> list[Change]:
    """The lines in which two texts differ, with what differs marked, for people to read."""
    found: list[Change] = []
    groups: list[list[Hunk]] = []
    for hunk in widened(old, new, diff(old, new)):
        if groups and "\n" not in old[groups[-1][-1].old_end : hunk.old_start]:
            groups[-1].append(hunk)
        else:
            groups.append([hunk])
    for group in groups:
        first, last = group[0], group[-1]
        old_start = old.rfind("\n", 0, first.old_start) + 1
        new_start = first.new_start - (first.old_start - old_start)
        tail = (old.find("\n", last.old_end) + 1 or len(old) + 1) - 1 - last.old_end
        found.append(
            Change(
                old_start,
                _pieces(old, old_start, last.old_end + tail, [(h.old_start, h.old_end) for h in group]),
                _pieces(new, new_start, last.new_end + tail, [(h.new_start, h.new_end) for h in group]),
            )
        )
    return found


def _pieces(text: str, start: int, end: int, changed: list[tuple[int, int]]) -> list[Piece]:
    pieces, done = [], start
    for begin, stop in changed:
        pieces += [Piece(text[done:begin], False), Piece(text[begin:stop], True)]
        done = stop
    return [piece for piece in [*pieces, Piece(text[done:end], False)] if piece.text]
