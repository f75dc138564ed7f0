"""Names and other identifiers in texts, and what takes their place.

Pure: texts and names in, places out. Positions count code points from 0, the end excluded. A name is found whatever its
case, width and normal form, before an apostrophe and with a plural or genitive s; Latin names only as whole words.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple
from unicodedata import normalize

import regex

from .anchors import KEPT, EditMap, Hunk, Place

EMAIL, URL, PHONE, NUMBER, DATE = "e-mail", "url", "phone", "number", "date"
LONGEST_NAME = 200

_WIDE = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
_LETTER = rf"[[\p{{L}}\p{{M}}]--[{_WIDE}]]"
_FLAGS = regex.V1 | regex.IGNORECASE
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_IDENTIFIERS = {
    EMAIL: r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    URL: r"(?:https?://|www\.)[^\s<>“”\"'，。；）)]{1,500}[^\s<>“”\"'，。；）).,;:!?]",
    NUMBER: r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
    DATE: rf"(?<!\d)(?:(?:19|20)\d\d[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[/.]\d{{1,2}}[/.](?:19|20)\d\d)(?!\d)"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\.?,?\s+(?:19|20)\d\d"
    rf"|(?<!\p{{L}}){_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d"
    r"|(?:19|20)\d\d\s?年\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?[日号])?",
    PHONE: r"(?<![\d\w.])(?:\+|00)\d(?:[\s().-]{0,2}\d){7,13}(?!\d)|(?<!\d)1[3-9]\d{9}(?!\d)"
    r"|(?<![\d\w.-])(?:\(\d{2,4}\)|\d{2,4})[\s.-]\d{3,4}[\s.-]\d{3,4}(?![\d-])|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
}
_ANY_IDENTIFIER = regex.compile(
    "|".join(f"(?P<k{n}>{pattern})" for n, pattern in enumerate(_IDENTIFIERS.values())), _FLAGS
)
_KINDS = list(_IDENTIFIERS)


class Identifier(NamedTuple):
    kind: str
    start: int
    end: int


class Rule(NamedTuple):
    """A name and its pseudonym; ``left`` are spellings of the name that stay as they are."""

    original: str
    pseudonym: str
    left: frozenset[str] = frozenset()


class Span(NamedTuple):
    """``old[start:end]`` becomes ``words``; ``rule`` is the number of the rule."""

    start: int
    end: int
    words: str
    rule: int


def identifiers(text: str) -> Iterator[Identifier]:
    """Addresses, numbers and dates that may tell who somebody is, in text order."""
    for match in _ANY_IDENTIFIER.finditer(text):
        yield Identifier(_KINDS[int(match.lastgroup[1:])], *match.span())


class Rules:
    """Several rules at once: of names that begin at one place the longest is taken."""

    def __init__(self, rules: Sequence[Rule]):
        self.rules = list(rules)
        order = sorted(range(len(self.rules)), key=lambda n: -len(self.rules[n].original))
        patterns = (f"(?P<r{n}>{_pattern(self.rules[n].original)})" for n in order)
        self._any = regex.compile("|".join(patterns), _FLAGS) if self.rules else None

    def spans(self, text: str, skipped: Collection[int] = ()) -> list[Span]:
        """What is replaced in a text, in order; names that begin at a ``skipped`` place stay."""
        if self._any is None or not text:
            return []
        return [
            Span(*match.span(), cased(match[0], self.rules[number].pseudonym), number)
            for match in self._any.finditer(text)
            for number in [int(match.lastgroup[1:])]
            if match[0] not in self.rules[number].left and match.start() not in skipped
        ]

    def apply(self, text: str) -> str:
        return replaced(text, self.spans(text))


def _pattern(name: str) -> str:
    pieces = [r"\s+" if sign.isspace() else _sign(sign) for sign in " ".join(normalize("NFC", name).split())]
    before = rf"(?<!{_LETTER})" if _is_letter(name[:1]) else ""
    after = ""
    if _is_letter(name[-1:]):
        after = rf"(?!{_LETTER})" if len(name) < 4 else rf"(?=s?(?!{_LETTER}))"
    elif name[-1:].isdecimal():
        after = r"(?!\d)"
    return before + "".join(pieces) + after


def _sign(sign: str) -> str:
    """A sign in any of the ways in which it may be written."""
    ways = [sign, normalize("NFD", sign)]
    if "!" <= sign <= "~":
        ways.append(chr(ord(sign) + 0xFEE0))
    ways += {"'": ["’"], "’": ["'"], "-": ["‐", "–"], "·": ["•", "・"]}.get(sign, [])
    return f"(?:{'|'.join(regex.escape(way) for way in dict.fromkeys(ways))})"


def _is_letter(sign: str) -> bool:
    return bool(regex.fullmatch(_LETTER, sign, regex.V1))


def cased(words: str, pseudonym: str) -> str:
    """The pseudonym in the case of the words: WENBO is DALIN, wenbo is dalin."""
    letters = [sign for sign in words if sign.lower() != sign.upper()]
    if not pseudonym[:1].isalpha() or not letters:
        return pseudonym
    if len(letters) > 1 and words.isupper():
        return pseudonym.upper()
    return pseudonym.lower() if words.islower() else pseudonym


def replaced(text: str, spans: Iterable[Span]) -> str:
    pieces, done = [], 0
    for span in spans:
        pieces += [text[done : span.start], span.words]
        done = span.end
    return "".join([*pieces, text[done:]])


class ReplacedMap(EditMap):
    """The way through replacements that are known: each range keeps its words, those of a pseudonym included."""

    def __init__(self, old: str, spans: Sequence[Span]):
        self.old, self.new = old, replaced(old, spans)
        self.hunks, shift = [], 0
        for span in spans:
            start = span.start + shift
            self.hunks.append(Hunk(span.start, span.end, start, start + len(span.words)))
            shift += len(span.words) - (span.end - span.start)
        self._old_starts = [hunk.old_start for hunk in self.hunks]
        self._old_ends = [hunk.old_end for hunk in self.hunks]
        self._new_ends = [hunk.new_end for hunk in self.hunks]

    def place(self, start: int, end: int) -> Place:
        if not 0 <= start < end <= len(self.old) or not self.new:
            raise ValueError(f"There is no range {start} to {end}.")
        low, high = self.first(start), self.last(end)
        exact = self.old[start:end] == self.new[low:high]
        return Place(KEPT, low, high, exact)

    def first(self, at: int) -> int:
        """Where what begins at a place begins now; within a name, where its pseudonym begins."""
        inside = self._inside(at)
        return inside.new_start if inside else self.point(at)

    def last(self, at: int) -> int:
        inside = self._inside(at)
        return inside.new_end if inside else self.point(at)

    def _inside(self, at: int) -> Hunk | None:
        return next((hunk for hunk in self._near(at) if hunk.old_start < at < hunk.old_end), None)

    def _near(self, at: int) -> Sequence[Hunk]:
        index = bisect_right(self._old_ends, at)
        return self.hunks[index : index + 1]

    @cached_property
    def back(self) -> list[Span]:
        """The spans that take it back."""
        return [
            Span(hunk.new_start, hunk.new_end, self.old[hunk.old_start : hunk.old_end], 0)
            for hunk in self.hunks
        ]
