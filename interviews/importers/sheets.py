"""Tables with one turn a row: CSV, TSV and Excel's .xlsx.

Columns are known by their heads, or by what is in them. A row without speaker goes on in the turn above it,
where the table names speakers.
"""

import csv
import io
import json
import re
import sys
import tempfile
from typing import NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers import apart, packages, plain, sheetrows
from interviews.importers.base import ImportedText, Unreadable
from interviews.importers.utterances import Utterance, laid_out
from interviews.importers.wordtree import SPEAKER_HEADS, TEXT_HEADS, TIME_HEADS, are_speakers
from interviews.turns import milliseconds

NO_COLUMNS = _(
    "It is not certain which column of this table holds what was said. "
    "Name its columns Speaker, Text and Time, and add it again."
)
COLUMNS_LEFT_OUT = _("Columns left out: {columns}.")
SHEETS_LEFT_OUT = _("Other sheets were left out: {sheets}.")
ROWS_LEFT_OUT = _("Rows without text were left out: {number}.")

MEMORY = 1 << 30
_DELIMITERS = ",\t;"
_HEAD = 64 * 1024
_XLSX_TYPES = (b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")


class Columns(NamedTuple):
    text: int
    speaker: int | None
    time: int | None
    has_heads: bool


def reads(data: bytes) -> bool:
    if data.startswith(b"PK"):
        types = packages.part_of(data, "[Content_Types].xml")
        return any(kind in types for kind in _XLSX_TYPES)
    return _delimiter(_beginning(data)) is not None


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    if data.startswith(b"PK"):
        rows, others = _workbook(data)
        return _as_turns(rows, others, "xlsx")
    text, _used = plain.decode(data, encoding)
    plain.check_text(text)
    delimiter = _delimiter(text[:_HEAD])
    if delimiter is None:
        raise Unreadable(NO_COLUMNS)
    return _as_turns(_rows(text, delimiter), [], "tsv" if delimiter == "\t" else "csv")


def columns_of(rows: list[list[str]]) -> Columns | None:
    """Which columns hold what, or None where that is not certain."""
    if not rows:
        return None
    heads = [cell.strip().casefold() for cell in rows[0]]
    text, speaker, time = (
        next((i for i, head in enumerate(heads) if head in known), None)
        for known in (TEXT_HEADS, SPEAKER_HEADS, TIME_HEADS)
    )
    if text is not None:
        return Columns(text, speaker, time, True)
    return _by_content(rows)


def _by_content(rows: list[list[str]]) -> Columns | None:
    width = len(rows[0])
    if width < 2 or len(rows) < 3 or any(len(row) != width for row in rows):
        return None
    cells = [[row[i].strip() for row in rows] for i in range(width)]
    time = next((i for i in range(width) if all(milliseconds(cell) is not None for cell in cells[i])), None)
    text = max((i for i in range(width) if i != time), key=lambda i: sum(map(len, cells[i])))
    speaker = next((i for i in range(width) if i not in (text, time) and are_speakers(cells[i])), None)
    if speaker is None or any(i not in (text, speaker, time) for i in range(width)):
        return None
    return Columns(text, speaker, time, False)


def _as_turns(rows: list[list[str]], others: list[str], format: str) -> ImportedText:
    columns = columns_of(rows)
    if columns is None:
        raise Unreadable(NO_COLUMNS)
    body = rows[1:] if columns.has_heads else rows
    utterances = _utterances(body, columns)
    text, turns = laid_out([], utterances)
    plain.check_text(text)
    warnings = []
    used = (columns.text, columns.speaker, columns.time)
    left_out = [head or str(i + 1) for i, head in enumerate(rows[0]) if i not in used and _is_used(body, i)]
    if left_out:
        warnings.append(format_lazy(COLUMNS_LEFT_OUT, columns=", ".join(left_out)))
    silent = sum(not _cell(row, columns.text) for row in body)
    if silent:
        warnings.append(format_lazy(ROWS_LEFT_OUT, number=silent))
    if others:
        warnings.append(format_lazy(SHEETS_LEFT_OUT, sheets=", ".join(others)))
    return ImportedText(text, turns, [], warnings, format)


def _is_used(rows: list[list[str]], column: int) -> bool:
    return any(_cell(row, column) for row in rows)


def _cell(row: list[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _utterances(rows: list[list[str]], columns: Columns) -> list[Utterance]:
    found: list[tuple[Utterance, list[str]]] = []
    for row in rows:
        said = _cell(row, columns.text).replace("\r\n", "\n").replace("\r", "\n")
        if not said:
            continue
        speaker = _cell(row, columns.speaker).rstrip(" :：") or None
        if speaker is None and columns.speaker is not None and found:
            found[-1][1].append(said)
        else:
            at = milliseconds(_cell(row, columns.time))
            found.append((Utterance(speaker, at, ""), [said]))
    return [utterance._replace(text="\n".join(parts)) for utterance, parts in found]


def _beginning(data: bytes) -> str:
    """The first lines, decoded well enough to look at their heads."""
    head = data[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    text = head.decode("utf-8-sig", "replace")
    return head.decode("gb18030", "replace") if "\ufffd" in text[:-1] else text


def _delimiter(text: str) -> str | None:
    """What parts the cells, where a text is a table of turns; else None."""
    for delimiter in _DELIMITERS:
        first = text.partition("\n")[0]
        if delimiter not in first or len(first) > 2_000:
            continue
        whole = text if len(text) < _HEAD - 1_000 else text[: text.rfind("\n") + 1]
        try:
            rows = _rows(whole, delimiter)
        except Unreadable:
            continue
        columns = columns_of(rows) if len(rows) > 1 else None
        if columns and (columns.speaker, columns.time) != (None, None):
            return delimiter
    return None


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(apart.DAMAGED) from error
    return [row for row in rows if any(cell.strip() for cell in row)]


def _workbook(data: bytes) -> tuple[list[list[str]], list[str]]:
    with tempfile.TemporaryFile() as copy:
        packages.checked_copy(data, copy, re.compile(r".*\.(?:xml|rels)").fullmatch)
        answer = json.loads(apart.output_of([sys.executable, "-I", sheetrows.__file__], copy, memory=MEMORY))
    if not answer["rows"]:
        raise Unreadable(plain.EMPTY)
    return answer["rows"], answer["others"]
