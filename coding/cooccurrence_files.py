"""Co-occurrence as files: every pair of codes as a line of a CSV, or the matrix as a workbook."""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import NamedTuple

from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from . import guard
from .analysis.cooccurrence import coefficients, shade
from .analysis.pictures import text_width
from .cooccurrence import EXCEEDS, FORMULA, HOW_HINTS, HOW_NAMES, OWN_NAMES, PAIRED, Asked, Meeting
from .exports import csv_response, filename, filters_text, path_text
from .queries.frame import Frame
from .statement import statement
from .workbooks import WHOLE, Sheet, workbook_response

HEADER = ["how", "filters", "code", "other_code", "n1", "n2", "c", "coefficient"]
HEADER += ["small_group", "segments_withheld"]
SHARE = "0.00"
FONT = 11.5  # points, bold
HIGHEST = 240  # points of a heading of names that stand upright


class Table(NamedTuple):
    """What is taken out; ``is_small``: whether too few respondents are behind a number."""

    frame: Frame
    asked: Asked
    meeting: Meeting
    is_small: Callable[[int], bool]
    withheld: int


def pairs_csv(study, table: Table) -> StreamingHttpResponse:
    """Every pair of codes; columns in docs/export-columns.md."""
    return csv_response(filename(study, "cooccurrence"), HEADER, _pairs(table))


def matrix_xlsx(study, table: Table) -> FileResponse:
    """Numbers, and coefficients, with the codes on both sides; the lines of ``pairs_csv``; the sheet "Query"."""
    shares = coefficients(table.meeting.matrix).tolist()
    sheets = [
        _matrix(_("Co-occurrence"), table, shares, _number),
        _matrix(_("Coefficient"), table, shares, _coefficient),
        Sheet(_("Pairs"), HEADER, _pairs(table), [12, 24, 36, 36, 8, 8, 8, 12, 12, 18]),
    ]
    return workbook_response(
        filename(study, "cooccurrence", "xlsx"), sheets, lambda: list(_about(study, table))
    )


def _about(study, table):
    asked = table.asked
    yield _("Codes meet by"), f"{HOW_NAMES[asked.how]}: {HOW_HINTS[asked.how]}"
    yield _("Coefficient"), f"{FORMULA} {EXCEEDS}" if asked.how in PAIRED else str(FORMULA)
    yield from statement(study, table.frame, asked.question)
    yield from guard.lines(guard.of_filter(study, table.frame, asked.question))
    marked = _("numbers that fewer than %(least)s respondents are behind are in underlined italics")
    yield _("Marked"), marked % {"least": study.least_group}


def _matrix(name, table, shares, cell):
    codes, matrix = table.meeting.codes, table.meeting.matrix
    numbers, own = matrix.pairs.tolist(), matrix.own.tolist()

    def cells(i):
        for j in range(len(codes)):
            n, share = numbers[i][j], shares[i][j]
            marks = f"heat{shade(share)}" if n else "quiet"
            yield (
                ("", "blank") if i == j else cell(n, share, f"{marks} small" if table.is_small(n) else marks)
            )

    header = [
        _("Code"),
        (str(OWN_NAMES[table.asked.how]), "head right"),
        *((code.name, "tilted") for code in codes),
    ]
    rows = (
        [(path_text(code.path), "strong"), (own[i], "quiet", WHOLE), *cells(i)]
        for i, code in enumerate(codes)
    )
    height = min(HIGHEST, 20 + max((text_width(code.name, FONT) for code in codes), default=0))
    return Sheet(name, header, rows, [48, 12, *[7] * len(codes)], frozen_columns=2, height=height)


def _number(n, _share, marks):
    return n, marks, WHOLE


def _coefficient(_n, share, marks):
    if isfinite(share) and share >= 0:
        return share, marks, SHARE
    return _("> 1"), f"{marks} right"


def _pairs(table) -> Iterator[list]:
    asked, matrix = table.asked, table.meeting.matrix
    filters, shares = filters_text(table.frame, asked.question), coefficients(matrix).tolist()
    numbers, own = matrix.pairs.tolist(), matrix.own.tolist()
    paths = [path_text(code.path) for code in table.meeting.codes]
    for i, path in enumerate(paths):
        for j, other in enumerate(paths):
            if i != j:
                n, share = numbers[i][j], shares[i][j]
                coefficient = round(share, 4) if isfinite(share) else ""
                small = "yes" if table.is_small(n) else ""
                yield [asked.how, filters, path, other, own[i], own[j], n, coefficient, small, table.withheld]
