"""How a cross-tabulation is shown, which changes nothing that is counted: for the page and the files alike."""

from dataclasses import dataclass
from math import inf

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .analysis.faces import SHOWS, Face, face
from .analysis.significance import Tested, compared, residuals
from .asked import lower_first
from .columns import BY_RESPONDENT, NO_VALUE, OF_ROWS
from .queries.crosstab import Column, CrossTable, Row
from .queries.question import WITH_BASE, Question
from .statement import COUNT_HINTS, COUNT_NAMES

SHOW_NAMES = {
    "n": gettext_lazy("Numbers"),
    "percent": gettext_lazy("Share of the column"),
    "row": gettext_lazy("Share of the row"),
    "deviation": gettext_lazy("Difference from expected"),
}
SORTS = ("codebook", "most")
BY_COLUMN = "column:"  # a sort by one column, before its key
INKS = ("tint", "bars")


@dataclass(frozen=True)
class Shown:
    show: str
    with_children: bool
    hide_empty: bool
    sort: str
    ink: str
    test: bool

    @property
    def percent(self):
        return self.show == "percent"


@dataclass(frozen=True)
class ShownRow:
    """A row as it is shown: ``faces`` one for each column and last that of all columns, ``own`` the code's own."""

    row: Row
    faces: list[Face]
    own: list[Face]


def shown_as(params) -> Shown:
    """Read from the parameters of an address; a box that was unticked leaves ``no`` behind."""
    return Shown(
        show=_one_of(params.get("show"), SHOWS),
        with_children=(params.getlist("children") or ["yes"])[-1] != "no",
        hide_empty=params.get("hide") == "yes",
        sort=_sort(params.get("sort") or ""),
        ink=_one_of(params.get("ink"), INKS),
        test=params.get("test") == "yes",
    )


def _one_of(value, known):
    return value if value in known else known[0]


def _sort(value):
    return value if value.startswith(BY_COLUMN) else _one_of(value, SORTS)


def column_sorted(table: CrossTable, shown: Shown) -> int | None:
    """The number of the column whose numbers order the rows, that of all columns together being last; or None."""
    if shown.sort == "most":
        return len(table.columns)
    keys = [f"{BY_COLUMN}{column.key}" for column in table.columns]
    return keys.index(shown.sort) if shown.sort in keys else None


def chosen_rows(table: CrossTable, shown: Shown) -> list[Row]:
    """The rows to show, in their order; with empty ones hidden, those above a row that is not empty stay."""
    rows = table.rows
    if shown.hide_empty:
        keep = set()
        for row in reversed(rows):
            if row.code.id in keep or row.own[-1] or (shown.with_children and row.cells[-1]):
                keep.update((row.code.id, row.code.parent))
        rows = [row for row in rows if row.code.id in keep]
    column = column_sorted(table, shown)
    return rows if column is None else _most_first(rows, lambda row: _rank(row, column, table, shown))


def _rank(row, column, table, shown):
    """What is shown in a column, as a number that sorts; what nobody was asked comes last."""
    numbers, asked = (row.cells, row.below) if shown.with_children else (row.own, row.alone)
    n, base = numbers[column] - asked.beside[column], asked.bases[column]
    if not numbers[column] and not asked.people[column] and table.people[column]:
        return -inf
    total, total_base = numbers[-1] - asked.beside[-1], asked.bases[-1]
    of = {"percent": base, "row": total}.get(shown.show)
    if of is not None:
        return n / of if of else -1.0
    if shown.show == "deviation" and total_base:
        return n - total * base / total_base
    return n


def _most_first(rows, rank):
    """Siblings with the highest numbers first, everybody below their parent."""
    below = {}
    known = {row.code.id for row in rows}
    for row in rows:
        below.setdefault(row.code.parent if row.code.parent in known else None, []).append(row)

    def walk(parent):
        for row in sorted(below.get(parent, ()), key=rank, reverse=True):
            yield row
            yield from walk(row.code.id)

    return list(walk(None))


def lines_of(table: CrossTable, question: Question, shown: Shown) -> list[ShownRow]:
    return [
        ShownRow(
            row,
            _faces(row.cells, row.below, table, question, shown)
            if shown.with_children
            else _faces(row.own, row.alone, table, question, shown),
            _faces(row.own, row.alone, table, question, shown),
        )
        for row in chosen_rows(table, shown)
    ]


def _faces(numbers, asked, table, question, shown):
    counted = [n - beside for n, beside in zip(numbers, asked.beside, strict=True)]
    return [
        face(
            n,
            base,
            "share" if question.count == "share" else shown.show,
            total=counted[-1],
            total_base=asked.bases[-1],
            based=question.count in WITH_BASE,
            asked=people > 0 or not there,
            beside=beside,
        )
        for n, base, people, there, beside in zip(
            counted, asked.bases, asked.people, table.people, asked.beside, strict=True
        )
    ]


def full_label(column: Column) -> str:
    return f"{column.above}, {column.label}" if column.above else column.label


def said_of(face: Face) -> tuple[str, str]:
    """A face in words: the number, and what it is of."""
    if face.kind in ("not asked", "nothing"):
        return "–", ""
    if face.kind == "of":
        return str(face.n), _("of %(n)s") % {"n": face.base}
    if face.kind == "percent":
        return percent_text(face.value), ""
    if face.kind == "difference":
        return f"{face.value:+.1f}".replace("-", "−"), ""
    return str(face.n), ""


def in_words(face: Face) -> str:
    """A face as one text: "4 of 5", "80%", "–", with "+1 not asked" where there are such."""
    text = " ".join(filter(None, said_of(face)))
    return f"{text}, " + _("+%(n)s not asked") % {"n": face.beside} if face.beside else text


def percent_text(value: float) -> str:
    return "<1%" if 0 < value < 0.5 else f"{value:.0f}%"


def table_title(frame, question):
    return _("Codes by %(columns)s") % {"columns": columns_words(frame, question)}


def columns_words(frame, question):
    first = lower_first(frame.title_of(question.by))
    if not question.across:
        return first
    return _("%(one)s and %(other)s") % {"one": first, "other": lower_first(frame.title_of(question.across))}


def show_name(show, question):
    """What a way of showing numbers is called, where these are counted."""
    if show == "n" and question.count == "share":
        return _("Share of the text")
    if show == "n" and question.count in WITH_BASE:
        return _("n of N")
    return str(SHOW_NAMES[show])


def about_table(frame, question, shown):
    """The lines of a statement that say what the table is."""
    return [
        (_("Table"), table_title(frame, question)),
        (_("Counted"), f"{COUNT_NAMES[question.count]}: {COUNT_HINTS[question.count]}"),
        (_("Shown as"), show_name(shown.show, question)),
        (
            _("Parents"),
            _("include their children, each counted once")
            if shown.with_children
            else _("are counted without their children"),
        ),
    ]


def can_test(question: Question) -> bool:
    """Only respondents are compared, and only in columns of which each is in one."""
    return question.count == "respondents" and question.by not in (*OF_ROWS, BY_RESPONDENT)


def tests_of(
    table: CrossTable, rows: list[Row], shown: Shown
) -> dict[int, tuple[Tested, list[float | None]]]:
    """By code the test of its shares in the columns, and each column's residual; without those of no value."""
    found = {}
    known = [number for number, column in enumerate(table.columns) if column.key != NO_VALUE]
    for row in rows:
        numbers, asked = (row.cells, row.below) if shown.with_children else (row.own, row.alone)
        told = [(numbers[number] - asked.beside[number], asked.bases[number]) for number in known]
        of_column = dict(zip(known, residuals(told), strict=True))
        found[row.code.id] = (
            compared(told),
            [of_column.get(number) for number in range(len(table.columns))],
        )
    return found
