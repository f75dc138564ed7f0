"""XLSX files: typed cells, a heading that stays, and a sheet that says what was asked.

Texts are always written as texts, so that one that begins with "=" is no formula and needs no apostrophe.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_TEXT = 32_767  # what a cell holds, in UTF-16 units
LAST_ROW = 1_048_576
CUT = " […]"


@dataclass
class Sheet:
    """A table: a heading and rows of str, int, float, date, datetime (in UTC) or None; widths in characters.

    A cell may also be ``(value, styles)`` or ``(value, styles, number format)``, the styles as names with spaces
    between them; a heading as well, which is ``height`` points high where that is given. ``above`` are lines that
    stand over the heading.
    """

    name: str
    header: list
    rows: Iterable[list]
    widths: list
    above: tuple = ()
    frozen_columns: int = 0
    height: float | None = None


STYLES = {
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "text_wrap": True, "bottom": 1},
    "tilted": {"bold": True, "bottom": 1, "rotation": 90},
    "wrap": {"text_wrap": True},
    "strong": {"bold": True},
    "quiet": {"font_color": "#595959"},
    "right": {"align": "right"},
    "small": {"italic": True, "underline": 1},
    "blank": {"align": "center", "pattern": 14, "fg_color": "#b0b0b0", "bg_color": "#ffffff"},
    # Ink by share, as on the page.
    "heat1": {"bg_color": "#f2f3f7"},
    "heat2": {"bg_color": "#e2e6ef"},
    "heat3": {"bg_color": "#cdd5e5"},
    "heat4": {"bg_color": "#b5c1db"},
    **{f"indent{level}": {"indent": level, "align": "left"} for level in range(8)},
}
WHOLE, PERCENT, DIFFERENCE, P_VALUE = "#,##0", "0%", "+0.0;-0.0;0.0", "0.0000"
DATE, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


def workbook_response(filename: str, sheets: Iterable[Sheet], about: Callable[[], list]) -> FileResponse:
    """The sheets as a download; ``about``, asked last, gives ``[(heading, words)]`` for the sheet "Query"."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    book = _Book(file)
    for sheet in sheets:
        book.write(sheet)
    lines = list(about())
    if book.cut:
        told = ngettext(
            "%(n)s text is longer than a cell may be and ends in “[…]”; the CSV has it whole.",
            "%(n)s texts are longer than a cell may be and end in “[…]”; the CSV has them whole.",
            book.cut,
        )
        lines.append((_("Cut"), told % {"n": book.cut}))
    book.write(
        Sheet(
            _("Query"),
            [_("What"), _("Answer")],
            [[(head, "strong"), words] for head, words in lines],
            [24, 100],
        )
    )
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename, content_type=CONTENT_TYPE)


class _Book:
    def __init__(self, file):
        self.book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False})
        self.looks = {}
        self.cut = 0

    def write(self, sheet):
        rows = iter(sheet.rows)
        page, at = self._page(sheet, 1)
        number = 1
        for row in rows:
            if at == LAST_ROW:
                number += 1
                page, at = self._page(sheet, number)
            for column, value in enumerate(row):
                self._cell(page, at, column, value)
            at += 1

    def close(self):
        self.book.close()

    def _page(self, sheet, number):
        """A worksheet with its heading, and the row where the table goes on; what is too long goes on another."""
        page = self.book.add_worksheet(sheet.name if number == 1 else f"{sheet.name} {number}")
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        at = 0
        for line in sheet.above:
            self._cell(page, at, 0, line)
            at += 1
        page.repeat_rows(at)
        page.set_row(at, sheet.height)
        page.freeze_panes(at + 1, sheet.frozen_columns)
        for column, value in enumerate(sheet.header):
            self._cell(page, at, column, value if isinstance(value, tuple) else (value, "head"))
        return page, at + 1

    def _cell(self, page, row, column, cell):
        value, styles, number_format = (*cell, "", "")[:3] if isinstance(cell, tuple) else (cell, "", "")
        if value is None or value == "":
            if styles:
                page.write_blank(row, column, None, self._look(styles))
        elif isinstance(value, str):
            styles = f"{styles} wrap" if "\n" in value else styles
            page.write_string(row, column, self._fitting(value), self._look(styles))
        elif isinstance(value, datetime):
            page.write_datetime(
                row, column, value.astimezone(UTC).replace(tzinfo=None), self._look(styles, MOMENT)
            )
        elif isinstance(value, date):
            page.write_datetime(row, column, value, self._look(styles, DATE))
        else:
            page.write_number(row, column, value, self._look(styles, number_format))

    def _look(self, styles, number_format=""):
        found = self.looks.get((styles, number_format))
        if found is None:
            look = {"valign": "top"} | ({"num_format": number_format} if number_format else {})
            for name in styles.split():
                look |= STYLES[name]
            found = self.looks[styles, number_format] = self.book.add_format(look)
        return found

    def _fitting(self, text):
        units = text.encode("utf-16-le")
        if len(units) <= 2 * LONGEST_TEXT:
            return text
        self.cut += 1
        return units[: 2 * (LONGEST_TEXT - len(CUT))].decode("utf-16-le", "ignore") + CUT
