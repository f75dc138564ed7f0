"""CSV files out: streamed, readable by Excel in any script, and harmless in it."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

RUN_BY_SPREADSHEETS = frozenset("=+-@\t\r\n＝＋－＠")
LINES_AT_ONCE = 500


class Line:
    write = staticmethod(str)  # hands the line back, so that csv.writer can stream


def csv_response(filename: str, header: list, rows: Iterable[list]) -> StreamingHttpResponse:
    """Stream rows as a UTF-8 CSV download (RFC 4180) with a BOM; texts a spreadsheet would run are made harmless."""
    write = csv.writer(Line).writerow
    # As harmless(), without a call for each of millions of cells.
    lines = (
        write([f"'{v}" if v.__class__ is str and v[:1] in RUN_BY_SPREADSHEETS else v for v in row])
        for row in rows
    )
    return StreamingHttpResponse(
        # Without the BOM Excel garbles every other script.
        chain(["\ufeff" + write([harmless(name) for name in header])], _in_chunks(lines)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, filename)},
    )


def _in_chunks(lines: Iterator[str]) -> Iterator[str]:
    """A line at a time would cost more in the server than in here."""
    while chunk := list(islice(lines, LINES_AT_ONCE)):
        yield "".join(chunk)


def harmless(value):
    """A text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay as they are."""
    return f"'{value}" if value.__class__ is str and value[:1] in RUN_BY_SPREADSHEETS else value
