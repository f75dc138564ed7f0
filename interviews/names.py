"""Names and other identifiers in texts, and what takes their place.

Pure: texts and names in, places out. Positions count code points from 0, the end excluded. A name is found whatever its
case, width and normal form, before an apostrophe and with a plural or genitive s; Latin names only as whole words.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from string import ascii_letters, digits
from typing import NamedTuple
from unicodedata import normalize

from .anchors import KEPT, EditMap, Hunk, Place

EMAIL, URL, PHONE, NUMBER, BIRTH, DATE = "e-mail", "url", "phone", "number", "birth", "date"
LONGEST_NAME = 200

_WIDE = "\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W\d_{_WIDE}]"  # of a script that writes spaces between words
_SPACE = r"(?:\s+|[_-])"  # between the words of a name, in the names of files and in addresses too
_MARKS = "\u0300-\u036f"
_BEGINS = rf"(?<!{_LETTER})"
_ENDS = rf"(?!{_LETTER}|[{_MARKS}])"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_YEAR = r"(?:19|20)\d\d"
_IDENTIFIERS = {
    EMAIL: r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    URL: r"(?:https?://|www\.)[^\s<>“”\"'，。；）)]{1,500}[^\s<>“”\"'，。；）).,;:!?]",
    NUMBER: r"(?<!\d)(?=\d)(?:\d{17}[\dX](?!\d)|\d{3}-\d{2}-\d{4}(?!\d))",
    DATE: rf"(?<!\d)(?=\d)(?:{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d)|\d{{1,2}}[/.]\d{{1,2}}[/.]{_YEAR}(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\.?,?\s+{_YEAR}"
    rf"|{_YEAR}\s?年\s?\d{{1,2}}\s?月(?:\s?\d{{1,2}}\s?[日号])?)"
    rf"|{_BEGINS}(?=[jfmasond]){_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{_YEAR}",
    PHONE: r"(?<![\d\w.])(?=[+0])(?:\+|00)\d(?:[\s().-]{0,2}\d){7,13}(?!\d)|(?<!\d)(?=1)1[3-9]\d{9}(?!\d)"
    r"|(?<![\d\w.-])(?=[\d(])(?:\(\d{2,4}\)|\d{2,4})[\s.-]\d{3,4}[\s.-]\d{3,4}(?![\d-])"
    r"|(?<!\d)(?=0)0\d{2,3}-\d{7,8}(?!\d)",
}
_PART_OF_DATE = (
    rf"{_MONTH}\.?,?\s+{_YEAR}(?!\d)|{_YEAR}\s?年(?:\s?\d{{1,2}}\s?月)?|{_YEAR}(?![\d年])"
    rf"|\d{{1,2}}/\d{{1,2}}/\d\d(?!\d)"
)
_BORN = (  # what is said before a date of birth, with a few words between
    r"(?:\bborn\b|\bd\.?o\.?b\b\.?|\b(?:date|day|year)\s+of\s+birth\b|\bbirth\s?(?:date|day|year)\b"
    r"|\bgeb(?:oren\b|\.)|\bgeburts(?:datum|tag|jahr)\b|\bnée?\s+(?:le|en)\b|\bnaissance\b|\bnacid[oa]\b"
    r"|\bnacimiento\b|\bnat[oa]\s+(?:il|nel)\b|出生(?:日期|年月|于)?|生于|生日)"
)
_BIRTHS = re.compile(
    rf"{_BORN}[^\d\n.;!?。；！？]{{0,30}}?(?P<after>{_IDENTIFIERS[DATE]}|{_PART_OF_DATE})"
    rf"|(?=\d)(?P<before>{_IDENTIFIERS[DATE]}|{_PART_OF_DATE})(?=\s?(?:出生|生(?![活意产病命气])))",
    re.IGNORECASE,
)
_ANY_IDENTIFIER = re.compile(
    "|".join(f"(?P<k{n}>{pattern})" for n, pattern in enumerate(_IDENTIFIERS.values())), re.IGNORECASE
)
_KINDS = list(_IDENTIFIERS)
# Sign for sign, so that positions stay; full-width commas and brackets end an address still.
_NARROW = {ord(sign) + 0xFEE0: sign for sign in (*digits, *ascii_letters, *"@.-_+/")}


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
    """Addresses, numbers and dates that may tell who somebody is, in text order.

    A date, or a part of one, that is said to be somebody's birth is of the kind BIRTH, any other whole one of DATE.
    """
    text = text.translate(_NARROW)
    births = [Identifier(BIRTH, *match.span(match.lastgroup)) for match in _BIRTHS.finditer(text)]
    starts = [each.start for each in births]
    others = [
        Identifier(_KINDS[int(match.lastgroup[1:])], *match.span())
        for match in _ANY_IDENTIFIER.finditer(text)
        for before in [bisect_left(starts, match.end()) - 1]
        if before < 0 or births[before].end <= match.start()
    ]
    return iter(sorted([*births, *others], key=itemgetter(1)))


class Rules:
    """Several rules at once: of names that begin at one place the longest is taken."""

    def __init__(self, rules: Sequence[Rule]):
        self.rules = list(rules)
        order = sorted(range(len(self.rules)), key=lambda n: -len(self.rules[n].original))
        words = [(n, self.rules[n].original) for n in order if _is_letter(self.rules[n].original[:1])]
        others = [(n, self.rules[n].original) for n in order if not _is_letter(self.rules[n].original[:1])]
        parts = [_any_of(others)] if others else []
        if words:
            # Most places of a text are refused by what precedes them, most others by their first letter.
            firsts = {re.escape(way[0]) for _n, name in words for way in _ways(_composed(name)[0])}
            parts.append(f"{_BEGINS}(?=[{''.join(sorted(firsts))}]){_any_of(words)}")
        self._any = re.compile("|".join(parts)) if parts else None

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


def _any_of(names):
    return f"(?:{'|'.join(f'(?P<r{number}>{_pattern(name)})' for number, name in names)})"


def _composed(name: str) -> str:
    return " ".join(normalize("NFC", name).split())


def _pattern(name: str) -> str:
    pieces = [_SPACE if sign == " " else _sign(sign) for sign in _composed(name)]
    after = ""
    if _is_letter(name[-1:]):
        after = _ENDS if len(name) < 4 else rf"(?:(?=[sS]{_ENDS})|{_ENDS})"
    elif name[-1:].isdecimal():
        after = r"(?!\d)"
    return "".join(pieces) + after


def _sign(sign: str) -> str:
    """A sign in any of the ways in which it may be written."""
    ways = _ways(sign)
    one, more = (
        "".join(re.escape(way) for way in ways if len(way) == 1),
        [way for way in ways if len(way) > 1],
    )
    return f"(?:{'|'.join([*map(re.escape, more), f'[{one}]'])})" if more else f"[{one}]"


def _ways(sign: str) -> list[str]:
    ways = [sign, sign.lower(), sign.upper(), sign.title()]
    ways += [normalize("NFD", way) for way in ways]
    ways += [chr(ord(way) + 0xFEE0) for way in ways if len(way) == 1 and "!" <= way <= "~"]
    ways += {"'": ["’"], "’": ["'"], "-": ["‐", "–"], "·": ["•", "・"]}.get(sign, [])
    return list(dict.fromkeys(ways))


def _is_letter(sign: str) -> bool:
    return bool(re.fullmatch(_LETTER, sign))


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

    may_move = False

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
