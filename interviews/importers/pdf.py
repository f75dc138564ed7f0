"""PDF with a text layer: its lines become paragraphs again, as far as that is certain.

Left out are running headers and page numbers: lines at the same place of every page, the same but for a number
that counts the pages. A line goes on in the next where the next one's first word would not have fitted into it.
"""

import json
import re
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers import apart, packages, pdfpages, plain
from interviews.importers.base import ImportedText, Unreadable
from interviews.importers.utterances import joined
from interviews.importers.wordtree import header_length
from interviews.turns import find_turns, labels_of_lines

NO_TEXT = _(
    "This PDF holds pictures of pages and no text. Have its text recognised (OCR), save it as .docx or as a PDF "
    "with text, and add it again."
)
FURNITURE_LEFT_OUT = _("What repeats on every page was left out: {lines}.")
LINES_JOINED = _("Line ends within paragraphs were taken out; look through the text.")
PAGES_WITHOUT_TEXT = _("On these pages no text was found: {pages}.")

MEMORY = 1 << 30
_MARGIN = 0.15  # of a page's height, where headers and footers stand
_FULL = 0.6  # of a page's width: no line of running text ends before, where it is full
_SAME_PLACE = 3  # points
_NUMBER = re.compile(r"[0-9]+")
_HYPHENATED = re.compile(r"([^\W\d_]+)-\Z")
_WORD = re.compile(r"[^\W\d_]+")


class Line(NamedTuple):
    text: str
    left: float
    right: float
    y: float  # of the baseline, from the bottom of the page
    page: int


def reads(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    with tempfile.TemporaryFile() as document:
        document.write(data)
        output = apart.output_of([sys.executable, "-I", pdfpages.__file__], document, memory=MEMORY)
    answer = json.loads(output)
    if "refused" in answer:
        raise Unreadable(packages.PASSWORD if answer["refused"] == "password" else apart.DAMAGED)
    pages = [
        [Line(*line, page=number) for line in lines if line[0].strip()]
        for number, (_width, _height, lines) in enumerate(answer["pages"])
    ]
    if not any(pages):
        raise Unreadable(NO_TEXT)
    heights = [height for _width, height, _lines in answer["pages"]]
    widest = max(width for width, _height, _lines in answer["pages"])
    empty = [str(number + 1) for number, lines in enumerate(pages) if not lines]
    furniture = repeated_lines(pages, heights)
    kept = [line for lines in pages for line in lines if line not in furniture]
    paragraphs = paragraphs_of(kept, widest)
    header = header_length(paragraphs)
    text = "\n\n".join([*(["\n".join(paragraphs[:header])] if header else []), *paragraphs[header:]]) + "\n"
    plain.check_text(text)
    warnings = [LINES_JOINED] if len(paragraphs) < len(kept) else []
    if furniture:
        samples = dict.fromkeys(_NUMBER.sub("…", line.text) for line in furniture)
        warnings.append(
            format_lazy(FURNITURE_LEFT_OUT, lines=", ".join(f"“{x[:80]}”" for x in list(samples)[:4]))
        )
    if empty:
        warnings.append(format_lazy(PAGES_WITHOUT_TEXT, pages=", ".join(empty[:20])))
    return ImportedText(text, find_turns(text), [], warnings, "", format="pdf")


def repeated_lines(pages: list[list[Line]], heights: list[float]) -> set[Line]:
    """Running headers, footers and page numbers: on all pages, but perhaps not on the first."""
    places: dict[tuple[str, int], list[Line]] = {}
    for lines, height in zip(pages, heights, strict=True):
        for line in lines:
            if line.y > height * (1 - _MARGIN) or line.y < height * _MARGIN:
                key = (_NUMBER.sub("\0", line.text), round(line.y / _SAME_PLACE))
                places.setdefault(key, []).append(line)
    enough = max(2, len(pages) - 1)
    return {
        line
        for lines in places.values()
        if len({x.page for x in lines}) >= enough and _counts(lines)
        for line in lines
    }


def _counts(lines: list[Line]) -> bool:
    """Whether lines that differ in numbers only are the same, or have one that counts the pages."""
    if len({line.page for line in lines}) < len(lines):
        return False
    if len({line.text for line in lines}) == 1:
        return True
    numbers = [[int(number[:9]) for number in _NUMBER.findall(line.text)] for line in lines]
    columns = list(zip(*numbers, strict=True))
    steps = [{number - line.page for number, line in zip(column, lines, strict=True)} for column in columns]
    return all(len(step) == 1 or len(set(column)) == 1 for step, column in zip(steps, columns, strict=True))


def paragraphs_of(lines: list[Line], width: float) -> list[str]:
    """Lines of pages of a width, run together where one goes on in the next."""
    if not lines:
        return []
    gap = _line_gap(lines)
    right = max(width * _FULL, *(line.right for line in lines))
    labelled = labels_of_lines([line.text for line in lines])
    words = Counter(word.casefold() for line in lines for word in _WORD.findall(line.text))
    found = [[lines[0]]]
    for line, label in zip(lines[1:], labelled[1:], strict=True):
        if _goes_on(found[-1], line, gap, right, label is not None):
            found[-1].append(line)
        else:
            found.append([line])
    return [_run_together(paragraph, words) for paragraph in found]


def _line_gap(lines: list[Line]) -> float:
    """The distance between lines of a paragraph: the commonest, as most lines stand in one."""
    gaps = Counter(
        round(above.y - below.y, 0)
        for above, below in pairwise(lines)
        if above.page == below.page and above.y > below.y
    )
    return gaps.most_common(1)[0][0] if gaps else 0.0


def _goes_on(paragraph: list[Line], line: Line, gap: float, right: float, is_labelled: bool) -> bool:
    above = paragraph[-1]
    width = line.right - line.left
    first_word = 1 if not line.text.isascii() and " " not in line.text else len(line.text.split()[0]) + 1
    would_fit = above.right + width * first_word / len(line.text) < right * 0.99
    if would_fit:
        return False
    if above.page != line.page:
        return not is_labelled
    is_below = 0 < above.y - line.y <= gap * 1.2 + 0.5
    text_edge = paragraph[1].left if len(paragraph) > 1 else None
    is_indented = text_edge is not None and abs(line.left - text_edge) > 8
    return is_below and not is_indented


def _run_together(lines: list[Line], words: Counter[str]) -> str:
    pieces = [lines[0].text]
    for line in lines[1:]:
        cut = _HYPHENATED.search(pieces[-1])
        rest = _WORD.match(line.text)
        if not cut or not rest:
            pieces.append(line.text)
            continue
        whole = (cut[1] + rest[0]).casefold()
        pieces[-1] = (pieces[-1][:-1] if words[whole] else pieces[-1]) + line.text
    return joined(pieces)
