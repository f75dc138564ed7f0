"""Print the rows of an Excel workbook as JSON; a program of its own, which sheets.py runs within limits.

The workbook, looked through before, comes on the standard input. Printed is ``{"rows": [[cell, ...], ...],
"others": [name, ...]}``: the first sheet with anything in it, and the names of the other such sheets.
"""

import datetime
import io
import json
import sys
import warnings

from openpyxl import load_workbook

MAX_ROWS = 100_000
MAX_COLUMNS = 100


def rows_of(sheet):
    sheet.reset_dimensions()  # what a file says of its size need not be so
    found = []
    for row in sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True):
        cells = [in_words(value) for value in row]
        if any(cells):
            found.append(cells)
    return found


def in_words(value):
    if value is None:
        return ""
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def main():
    warnings.simplefilter("ignore")  # openpyxl's, of looks that it does not know
    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()), read_only=True, data_only=True)
    sheets = [(sheet.title, rows) for sheet in book.worksheets if (rows := rows_of(sheet))]
    rows = sheets[0][1] if sheets else []
    json.dump({"rows": rows, "others": [name for name, _rows in sheets[1:]]}, sys.stdout)


if __name__ == "__main__":
    main()
