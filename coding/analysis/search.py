"""Words looked for in texts, whatever their case or width, and where they stand in the texts as they are.

Pure: texts and turns in, positions out. Positions count code points from 0, the end excluded. Texts are searched
*folded*: NFKC, then case folded (Unicode 15, chapters 3.11 and 5.18). A folded text may be longer or shorter than the
text, so that each place found is led back to it.
"""

import re
import time
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

import regex

from interviews.turns import HAN_OR_KANA

Turns = Sequence[Mapping]

LONGEST = 200  # characters of what is looked for
MOST_WORDS = 12
MOST_REPEATED_GROUPS = 6  # each may double what the compiler builds
MOST_REPEATS = 200  # the least numbers of all {m,n}, multiplied: the compiler writes them out
SLOWEST = 4.0  # seconds for a regular expression in all texts
SLOWEST_TURN = (
    0.5  # of the processor's seconds, as the matcher counts, for one turn; of a longer turn than ...
)
QUICK_TURN = 500_000  # characters, as much more

_WORD_SIGN = re.compile(rf"[^\W{HAN_OR_KANA}]")
_ASCII = bytes(range(128))
FEW_BEYOND = 1.2  # bytes of UTF-8 a sign, up to which a text counts as nearly ASCII
_REPEAT = re.compile(r"\{\s*(\d+)?\s*,?\s*\d*\s*\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+?]|\{)")
_SENTENCE_END = re.compile("[.!?…]+[\"'”’)\\]]*(?=\\s+[^\\sa-z])|[。！？]+[\"'”’」』）]*|\n")


class Unsearchable(ValueError):
    """What cannot be looked for; ``why`` is one of the names below, for a sentence in a person's words."""

    def __init__(self, why: str, detail: str = ""):
        super().__init__(why)
        self.why = why
        self.detail = detail


EMPTY, TOO_LONG, TOO_MANY_WORDS, NOT_A_PATTERN, TOO_BIG, TOO_SLOW = (
    "empty",
    "too long",
    "too many words",
    "not a pattern",
    "too big",
    "too slow",
)


def fold(text: str) -> str:
    """A text as it is searched: NFKC, then case folded."""
    return text.lower() if text.isascii() else _casefold(unicodedata.normalize("NFKC", text))


def _casefold(text):
    """``text.casefold()``, which takes several times as long where nearly all signs are ASCII."""
    raw = text.encode(errors="surrogatepass")
    if len(raw) > FEW_BEYOND * len(text):
        return text.casefold()
    folded = raw.lower().decode(errors="surrogatepass")  # of bytes, ASCII alone
    beyond = set(raw.translate(None, _ASCII).decode(errors="surrogatepass"))
    others = {ord(sign): new for sign in beyond if (new := sign.casefold()) != sign}
    return folded.translate(others) if others else folded


@lru_cache(maxsize=100_000)
def _joins(sign: str) -> bool:
    """Whether normalizing may join a sign to the one before it; here and there True for one that would not be."""
    first = unicodedata.normalize("NFKD", sign)[0]
    return (
        unicodedata.category(first)[0] == "M"
        or "\u1160" <= first <= "\u11ff"  # Hangul vowels and finals
        or "\U00016d60" <= first <= "\U00016d6f"  # Kirat Rai vowels
    )


@lru_cache(maxsize=100_000)
def _is_odd(sign: str) -> bool:
    return _joins(sign) or len(fold(sign)) != 1


class Folded:
    """A text folded, and the way back: ``original(start, end)`` is where a stretch of ``text`` comes from.

    A stretch that begins or ends within what one sign became, such as the "f" of "ﬁ", comes from the whole sign.
    """

    def __init__(self, text: str):
        self.text = fold(text)
        self._unfolded = text

    @cached_property
    def _spots(self):
        return [] if self._unfolded.isascii() else list(_odd_spots(self._unfolded))

    @cached_property
    def _starts(self):
        return [spot[0] for spot in self._spots]

    @property
    def is_same_length(self) -> bool:
        """Whether each sign became one sign, so that positions are the same."""
        return not self._spots

    def original(self, start: int, end: int) -> tuple[int, int]:
        return self._back(start, 2, bisect_right(self._starts, start)), self._back(
            end, 3, bisect_left(self._starts, end)
        )

    def _back(self, place: int, side: int, spots_before: int) -> int:
        if not spots_before:
            return place
        spot = self._spots[spots_before - 1]
        return (
            spot[side] if place < spot[1] or (place == spot[1] and side == 3) else spot[3] + place - spot[1]
        )


def _odd_spots(text: str) -> Iterator[tuple[int, int, int, int]]:
    """(start, end) in the folded text and (start, end) in the text of each spot that does not become sign for sign."""
    signs = "".join(sign for sign in set(text) if not sign.isascii() and _is_odd(sign))
    if not signs:
        return
    joining = "".join(re.escape(sign) for sign in signs if _joins(sign))
    odd = "".join(re.escape(sign) for sign in signs)
    spots = rf".?[{joining}]+|[{odd}]" if joining else f"[{odd}]"
    shift = 0
    for match in re.finditer(spots, text, re.DOTALL):
        start, length = match.start() + shift, len(fold(match.group()))
        yield start, start + length, match.start(), match.end()
        shift += length - (match.end() - match.start())


class Wanted(NamedTuple):
    """What is looked for. ``mode`` is exact, words (all of them in one turn, wherever) or regex."""

    text: str
    mode: str = "exact"
    whole_words: bool = False


class Hit(NamedTuple):
    start: int
    end: int
    turn: int  # number of the turn, from 0


InTurns = Callable[[Turns], list[Hit]]


def finder(wanted: Wanted, clock: Callable[[], float] = time.monotonic):
    """A function that finds a Wanted in one text after another, in two steps, as few texts need their turns read.

    ``find(text)`` is None where nothing is, else a function ``(turns) -> [Hit, ...]``, in text order, of what may still
    be nothing. A hit lies within the words of one turn. Raises Unsearchable, while finding too: a regular expression
    may take SLOWEST seconds in all.
    """
    words = wanted.text.split()
    if not words:
        raise Unsearchable(EMPTY)
    if len(wanted.text) > LONGEST:
        raise Unsearchable(TOO_LONG)
    if wanted.mode == "regex":
        return _Regex(wanted.text, clock).find
    if wanted.mode == "words":
        words = list(dict.fromkeys(map(fold, words)))
        if len(words) > MOST_WORDS:
            raise Unsearchable(TOO_MANY_WORDS)
        return _AllWords(words, wanted.whole_words).find
    return _Exact(words, wanted.whole_words).find


class _Phrase:
    """Folded words in a row, any white space between; ``whole`` asks for no letter or digit right before or after."""

    def __init__(self, words: Sequence[str], whole: bool):
        self.pattern = re.compile(r"\s+".join(re.escape(word) for word in words))
        self.longest = max(words, key=len)
        self.before = whole and _WORD_SIGN.match(words[0])
        self.after = whole and _WORD_SIGN.match(words[-1][-1])

    def spans(self, folded: str) -> list[tuple[int, int]]:
        if self.longest not in folded:  # far quicker than the pattern
            return []
        found = (match.span() for match in self.pattern.finditer(folded))
        return (
            [span for span in found if self._is_whole(folded, *span)]
            if self.before or self.after
            else list(found)
        )

    def _is_whole(self, folded, start, end):
        cut_before = self.before and start and _WORD_SIGN.match(folded, start - 1)
        return not cut_before and not (self.after and _WORD_SIGN.match(folded, end))


class _Exact:
    def __init__(self, words, whole):
        self.phrase = _Phrase([fold(word) for word in words], whole)

    def find(self, text: str) -> InTurns | None:
        folded = Folded(text)
        spans = self.phrase.spans(folded.text)
        return partial(self._hits, text, spans if folded.is_same_length else None) if spans else None

    def _hits(self, text, spans, turns):
        hits = None if spans is None else _in_turns(turns, spans)
        return _turn_by_turn(self.phrase.spans, text, turns) if hits is None else hits


def _in_turns(turns, spans) -> list[Hit] | None:
    """The spans as hits; None if one reaches from turn to turn, which may hide a hit within."""
    ends = [turn["end"] for turn in turns]
    hits = []
    for start, end in spans:
        number = bisect_right(ends, start)
        if number < len(turns) and end > turns[number]["said"]:
            if start < turns[number]["said"] or end > turns[number]["end"]:
                return None
            hits.append(Hit(start, end, number))
    return hits


def _turn_by_turn(find, text, turns) -> list[Hit]:
    """Hits of ``find(folded words) -> [(start, end), ...]`` in each turn, led back to the text."""
    hits = []
    for number, turn in enumerate(turns):
        words = Folded(text[turn["said"] : turn["end"]])
        for span in find(words.text):
            start, end = words.original(*span)
            if start < end:
                hits.append(Hit(turn["said"] + start, turn["said"] + end, number))
    return hits


class _AllWords:
    def __init__(self, words, whole):
        self.phrases = [_Phrase([word], whole) for word in words]

    def find(self, text: str) -> InTurns | None:
        folded = fold(text)
        if not all(phrase.longest in folded for phrase in self.phrases):
            return None
        return partial(_turn_by_turn, self._closest, text)

    def _closest(self, words):
        """The shortest stretch with every word in it, the first of several, as a list of one or none."""
        places = [phrase.spans(words) for phrase in self.phrases]
        return [] if not all(places) else [shortest_stretch(places)]


def shortest_stretch(places: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, int]:
    """The shortest (start, end) that holds one of each list of spans, the first of several. Each list is in order."""
    if len(places) == 1:
        return places[0][0]
    columns = []  # of each list: where spans begin, and the least end of those from there on
    for spans in places:
        least = list(accumulate((end for _start, end in reversed(spans)), min))[::-1]
        columns.append(([start for start, _end in spans], least))
    best = None
    for start in sorted({start for spans in places for start, _end in spans}):
        nearest = [(bisect_left(begins, start), least) for begins, least in columns]
        if any(at == len(least) for at, least in nearest):
            break
        end = max(least[at] for at, least in nearest)
        if best is None or end - start < best[1] - best[0]:
            best = start, end
    return best


class _Regex:
    def __init__(self, pattern, clock):
        bare = re.sub(r"\\.", "_", pattern, flags=re.DOTALL)
        repeats = 1
        for match in _REPEAT.finditer(bare):
            repeats *= max(1, int(match.group(1) or 1))
        if repeats > MOST_REPEATS or len(_REPEATED_GROUP.findall(bare)) > MOST_REPEATED_GROUPS:
            raise Unsearchable(TOO_BIG)
        try:
            self.pattern = regex.compile(_folded_pattern(pattern), regex.IGNORECASE | regex.MULTILINE)
        except (regex.error, OverflowError, RecursionError, IndexError, ValueError) as error:
            raise Unsearchable(NOT_A_PATTERN, str(error)) from None
        self.clock = clock
        self.left = SLOWEST

    def find(self, text: str) -> InTurns:
        return partial(_turn_by_turn, self._spans, text)

    def _spans(self, words):
        if self.left <= 0:
            raise Unsearchable(TOO_SLOW)
        begun = self.clock()
        patience = SLOWEST_TURN * max(1, len(words) / QUICK_TURN)
        try:
            found = self.pattern.finditer(words, timeout=min(patience, self.left), concurrent=True)
            return [match.span() for match in found if match.end() > match.start()]
        except TimeoutError:
            raise Unsearchable(TOO_SLOW) from None
        finally:
            self.left -= self.clock() - begun


def _folded_pattern(pattern: str) -> str:
    """Full-width signs and the like as the folded text has them, none of which then acts as an operator."""
    return "".join(
        sign if sign.isascii() else re.escape(unicodedata.normalize("NFKC", sign)) for sign in pattern
    )


def widen(text: str, turn: Mapping, start: int, end: int, extent: str) -> tuple[int, int]:
    """A hit as it is to be coded: the match itself, its sentence or sentences, or the words of its turn."""
    if extent == "turn":
        return turn["said"], turn["end"]
    if extent == "sentence":
        words = text[turn["said"] : turn["end"]]
        first, last = sentence_around(words, start - turn["said"], end - turn["said"])
        return turn["said"] + first, turn["said"] + last
    return start, end


def sentence_around(words: str, start: int, end: int) -> tuple[int, int]:
    """From where the sentence of ``start`` begins to where that of ``end`` is over, without white space at the ends."""
    first, last = 0, len(words)
    for match in _SENTENCE_END.finditer(words):
        if match.end() <= start:
            first = match.end()
        elif match.end() >= end:
            last = match.end()
            break
    inner = words[first:last]
    return first + len(inner) - len(inner.lstrip()), first + len(inner.rstrip())
