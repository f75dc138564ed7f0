"""Print the rows of an Excel workbook as JSON; a program of its own, which sheets.py runs within limits.

The workbook, looked through before, comes on the standard input. Printed is ``{"rows": [[cell, ...], ...],
"numbers": [number of the row, ...], "others": [name, ...]}``: the first sheet with anything in it, and the names of
the other such sheets.
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
    rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
    for number, row in enumerate(rows, start=1):
        cells = [in_words(value) for value in row]
        if any(cells):
            found.append((number, cells))
    return found


def in_words(value):
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
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
    numbers, cells = [number for number, _cells in rows], [cells for _number, cells in rows]
    others = [name for name, _rows in sheets[1:]]
    json.dump({"rows": cells, "numbers": numbers, "others": others}, sys.stdout)


if __name__ == "__main__":
    main()
