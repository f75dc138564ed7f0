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
from dataclasses import replace

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers import apart, packages, plain, sheetrows
from interviews.importers.base import Columns, ImportedText, NeedsColumns, Table, Unreadable
from interviews.importers.utterances import Utterance, laid_out
from interviews.importers.wordtree import SPEAKER_HEADS, TEXT_HEADS, TIME_HEADS, are_speakers
from interviews.turns import find_turns, milliseconds

NO_COLUMNS = _(
    "It is not certain which column of this table holds what was said. "
    "Name its columns Speaker, Text and Time, and add it again."
)
NO_TURNS = _("The column chosen for what is said is empty in every row. Choose another.")
COLUMNS_LEFT_OUT = _("Columns left out: {columns}.")
SHEETS_LEFT_OUT = _("Other sheets were left out: {sheets}.")
ROWS_LEFT_OUT = _("Rows without text were left out: {number}.")
ROWS_JOINED = _(
    "Rows with more cells than the first: {rows}. What is over was kept with what is said; look at them."
)
QUOTES_ODD = _(
    "Quotation marks in this table do not come in pairs. They are kept as they stand; look at its rows."
)

MEMORY = 1 << 30
_DELIMITERS = ",\t;"
_HEAD = 64 * 1024
_ROWS_SHOWN = 6
_CELL_SHOWN = 120
_MOST_COLUMNS = 100
_XLSX_TYPES = (b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")


def is_workbook(data: bytes) -> bool:
    types = packages.part_of(data, "[Content_Types].xml")
    return any(kind in types for kind in _XLSX_TYPES)


def numbered_rows(data: bytes) -> list[tuple[int, list[str]]]:
    """The rows of a workbook's first sheet that has any, each with its number there."""
    answer = _answer_of(data)
    return list(zip(answer["numbers"], answer["rows"], strict=True))


def reads(data: bytes) -> bool:
    if data.startswith(b"PK"):
        return is_workbook(data)
    return _delimiter(_beginning(data)) is not None


def is_grid(data: bytes) -> bool:
    """Whether all lines have the same number of cells and none begins with a speaker: a table, whatever is in it."""
    head = _beginning(data)
    return _even_delimiter(head) is not None and not any(turn["speaker"] for turn in find_turns(head))


def read(name: str, data: bytes, encoding: str | None = None, columns: Columns | None = None) -> ImportedText:
    """Raises NeedsColumns where it is not certain which ``columns`` hold what, and none are given."""
    if data.startswith(b"PK"):
        rows, others = _workbook(data)
        return _as_turns(rows, others, "xlsx", "", columns)
    text, used = plain.decode(data, encoding)
    plain.check_text(text)
    delimiter = _delimiter(text[:_HEAD]) or _even_delimiter(text[:_HEAD])
    if delimiter is None:
        raise Unreadable(NO_COLUMNS)
    rows, is_odd = _rows(text, delimiter)
    read = _as_turns(rows, [], "tsv" if delimiter == "\t" else "csv", used, columns, delimiter)
    return replace(read, warnings=[QUOTES_ODD, *read.warnings]) if is_odd else read


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


def _as_turns(
    rows: list[list[str]],
    others: list[str],
    format: str,
    encoding: str,
    columns: Columns | None,
    delimiter: str = "",
) -> ImportedText:
    columns = columns or columns_of(rows)
    if columns is None:
        raise NeedsColumns(NO_COLUMNS, _shown(rows, _proposed(rows)), format, encoding)
    joined = _join_surplus(rows, columns.text, delimiter) if delimiter else []
    heads = rows[0] + [""] * (max(map(len, rows)) - len(rows[0]))
    body = rows[1:] if columns.has_heads else rows
    utterances = _utterances(body, columns)
    if not utterances:
        raise NeedsColumns(NO_TURNS, _shown(rows, columns), format, encoding)
    text, turns = laid_out([], utterances)
    plain.check_text(text)
    warnings = []
    used = (columns.text, columns.speaker, columns.time)
    left_out = [head or str(i + 1) for i, head in enumerate(heads) if i not in used and _is_used(body, i)]
    if left_out:
        warnings.append(format_lazy(COLUMNS_LEFT_OUT, columns=", ".join(left_out)))
    silent = sum(not _cell(row, columns.text) for row in body)
    if silent:
        warnings.append(format_lazy(ROWS_LEFT_OUT, number=silent))
    if joined:
        some = ", ".join(map(str, joined[:_ROWS_SHOWN])) + (", …" if len(joined) > _ROWS_SHOWN else "")
        warnings.append(format_lazy(ROWS_JOINED, rows=some))
    if others:
        warnings.append(format_lazy(SHEETS_LEFT_OUT, sheets=", ".join(others)))
    shown = _shown(rows, columns)
    return ImportedText(text, turns, [], warnings, encoding, format=format, table=shown)


def _join_surplus(rows: list[list[str]], text: int, delimiter: str) -> list[int]:
    """Put together again what was said where a delimiter stands in it unquoted; numbers of these rows, from 1.

    A row with more cells than the first has them in its text: the columns after it stay those they are.
    """
    width, joined = len(rows[0]), []
    for number, row in enumerate(rows, 1):
        while len(row) > width and not row[-1].strip():
            row.pop()
        surplus = len(row) - width
        if surplus > 0 and text < width:
            row[text : text + surplus + 1] = [delimiter.join(row[text : text + surplus + 1])]
            joined.append(number)
    return joined


def _shown(rows: list[list[str]], columns: Columns) -> Table:
    """The first rows, of one width, with cells cut short."""
    width = max(len(row) for row in rows[:_ROWS_SHOWN])
    cut = [[cell.strip()[:_CELL_SHOWN] for cell in row] for row in rows[:_ROWS_SHOWN]]
    return Table(rows=[row + [""] * (width - len(row)) for row in cut], columns=list(columns))


def _proposed(rows: list[list[str]]) -> Columns:
    """Where nothing is certain: the longest column, one that may hold labels, one that may hold times."""
    body = rows[1:]
    cells = [[_cell(row, i) for row in body] for i in range(len(rows[0]))]
    text = max(range(len(cells)), key=lambda i: sum(map(len, cells[i])))
    others = [i for i in range(len(cells)) if i != text]
    time = next((i for i in others if cells[i] and all(milliseconds(x) is not None for x in cells[i])), None)
    speaker = next((i for i in others if i != time and are_speakers(cells[i])), None)
    return Columns(text, speaker, time, True)


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
            rows, _is_odd = _rows(whole, delimiter)
        except Unreadable:
            continue
        columns = columns_of(rows) if len(rows) > 1 else None
        if columns and (columns.speaker, columns.time) != (None, None):
            return delimiter
    return None


def _even_delimiter(text: str) -> str | None:
    """What parts every line into the same number of cells, two at least, in three lines or more; else None.

    Some may have more, where what parts the first line's cells stands in a text, too.
    """
    whole = text if len(text) < _HEAD - 1_000 else text[: text.rfind("\n") + 1]
    for delimiter in _DELIMITERS:
        try:
            rows, _is_odd = _rows(whole, delimiter)
        except Unreadable:
            continue
        widths = [len(row) for row in rows]
        if len(widths) < 3 or not 1 < widths[0] <= _MOST_COLUMNS or min(widths) < widths[0]:
            continue
        is_prose = f"{delimiter} " in whole.partition("\n")[0]
        if len(set(widths)) == 1 or (not is_prose and widths.count(widths[0]) * 2 > len(widths)):
            return delimiter
    return None


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], bool]:
    """Rows with anything in them, and whether quotation marks had to be taken as they stand."""
    try:
        return _read_rows(text, delimiter, strict=True), False
    except csv.Error:
        try:
            return _read_rows(text, delimiter, quoting=csv.QUOTE_NONE), True
        except csv.Error as error:
            raise Unreadable(apart.DAMAGED) from error


def _read_rows(text: str, delimiter: str, **ways) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **ways)
    return [row for row in rows if any(cell.strip() for cell in row)]


def _workbook(data: bytes) -> tuple[list[list[str]], list[str]]:
    answer = _answer_of(data)
    if not answer["rows"]:
        raise Unreadable(plain.EMPTY)
    return answer["rows"], answer["others"]


def _answer_of(data: bytes) -> dict:
    """What sheetrows, in its own process, says of a workbook."""
    with tempfile.TemporaryFile() as copy:
        packages.checked_copy(data, copy, re.compile(r".*\.(?:xml|rels)").fullmatch)
        return json.loads(apart.output_of([sys.executable, "-I", sheetrows.__file__], copy, memory=MEMORY))
