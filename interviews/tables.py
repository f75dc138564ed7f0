"""Tables that people bring, as CSV or Excel: read strictly whatever wrote them, or refused with a sentence."""

import codecs
import csv
import io
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .importers import Unreadable, sheets

MAX_ROWS = 20_000
DELIMITERS = ",;\t"
_MARKS = (  # UTF-32's little-endian mark begins like UTF-16's, and no spreadsheet writes it
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMMON_CHINESE = re.compile("[\x01-\x7f\u3000-\u303f\u4e00-\u9fff\uff00-\uffef·—‘’“”…]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class TableError(Exception):
    """A table that cannot be read; ``str()`` gives the sentence that says what to do."""


@dataclass(frozen=True)
class Table:
    """``rows`` are ``(line number in the file, {column: cell})``; cells are stripped, blank rows left out.

    A row shorter than the header has empty cells for the rest.
    """

    header: list[str]
    rows: list[tuple[int, dict[str, str]]]

    def column(self, *names: str) -> str | None:
        """The first column of any of these names, however it is spaced or capitalised."""
        wanted = {plain_name(name) for name in names}
        return next((column for column in self.header if plain_name(column) in wanted), None)


def plain_name(name: str) -> str:
    """How column names are compared: ``Respondent type`` and ``respondent_type`` are one."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


def read_table(data: bytes) -> Table:
    """Read the first sheet of an Excel workbook, or CSV parted by comma, semicolon or tab.

    CSV is in UTF-8, in UTF-16 with its mark, or in GB 18030, as Excel saves Chinese. Raises TableError.
    """
    lines = _sheet(data) if sheets.is_workbook(data) else _csv(data)
    if not lines:
        raise TableError(_("This table is empty. Check that it is the right file, and choose it again."))
    header = _header(lines[0][1])
    rows = [(number, _row(header, cells, number)) for number, cells in lines[1:]]
    return Table(header, rows)


def _csv(data):
    text = _decode(data)
    if _CONTROL.search(text):
        raise TableError(_not_a_table())
    return _lines(text, _delimiter(text)) if text.strip() else []


def _sheet(data):
    try:
        lines = sheets.numbered_rows(data)
    except Unreadable as error:
        raise TableError(str(error)) from error
    _refuse_too_many(lines)
    return lines


def _refuse_too_many(lines):
    if len(lines) > MAX_ROWS + 1:
        raise TableError(_("This table has more than %(limit)s rows. Split it.") % {"limit": f"{MAX_ROWS:,}"})


def _not_a_table():
    return _(
        "This file is not a table of text. In the spreadsheet program, save it as “CSV UTF-8”, "
        "and choose that file."
    )


def _decode(data):
    marked = next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), None)
    try:
        if marked:
            return data[len(marked[0]) :].decode(marked[1])
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = None if marked else _as_chinese(data)
    if text is None:
        raise TableError(
            _(
                "This table is not encoded as UTF-8. In the spreadsheet program, save it as “CSV UTF-8”, "
                "and choose that file."
            )
        )
    return text


def _as_chinese(data):
    """The text, or None. Nearly any bytes are GB 18030, so only common Chinese characters count as read."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return text if _COMMON_CHINESE.fullmatch(text) else None


def _delimiter(text):
    """The one that most often parts the first line that is not blank, quotes aside."""
    first = next(line for line in text.splitlines() if line.strip())
    outside = re.sub(r'"(?:[^"]|"")*"', "", first)
    return max(DELIMITERS, key=outside.count)


def _lines(text, delimiter):
    """(line number where the row begins, its cells), blank rows left out; the first is the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found, number = [], 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                found.append((number, cells))
            _refuse_too_many(found)
            number = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            _(
                "The table cannot be read from line %(line)s on: "
                "a quotation mark there does not open or close a cell."
            )
            % {"line": number}
        ) from error
    return found


def _header(cells):
    while cells and not cells[-1]:
        cells = cells[:-1]
    for position, name in enumerate(cells, 1):
        if not name:
            raise TableError(
                _("Column %(number)s has no name in the first line. Name it or take it out.")
                % {"number": position}
            )
    seen = {}
    for name in cells:
        other = seen.setdefault(plain_name(name), name)
        if other is not name:
            raise TableError(_("Two columns are called “%(name)s”. Rename one of them.") % {"name": name})
    return cells


def _row(header, cells, number):
    if any(cells[len(header) :]):
        raise TableError(
            _(
                "Line %(line)s has more cells than the first line has names. "
                "Put cells with commas in quotation marks."
            )
            % {"line": number}
        )
    return dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False))
