"""How a cross-tabulation is shown, which changes nothing that is counted: for the page and the files alike."""

from dataclasses import dataclass

from .analysis.faces import SHOWS, Face, face
from .queries import WITH_BASE, CrossTable, Question, Row

SORTS = ("codebook", "most")
INKS = ("tint", "bars")


@dataclass(frozen=True)
class Shown:
    show: str
    with_children: bool
    hide_empty: bool
    sort: str
    ink: str

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
        sort=_one_of(params.get("sort"), SORTS),
        ink=_one_of(params.get("ink"), INKS),
    )


def _one_of(value, known):
    return value if value in known else known[0]


def chosen_rows(table: CrossTable, shown: Shown) -> list[Row]:
    """The rows to show, in their order; with empty ones hidden, those above a row that is not empty stay."""
    rows = table.rows
    if shown.hide_empty:
        keep = set()
        for row in reversed(rows):
            if row.code.id in keep or row.own[-1] or (shown.with_children and row.cells[-1]):
                keep.update((row.code.id, row.code.parent))
        rows = [row for row in rows if row.code.id in keep]
    return _most_first(rows, shown) if shown.sort == "most" else rows


def _most_first(rows, shown):
    """Siblings with the highest numbers first, everybody below their parent."""
    below = {}
    known = {row.code.id for row in rows}
    for row in rows:
        below.setdefault(row.code.parent if row.code.parent in known else None, []).append(row)

    def walk(parent):
        for row in sorted(
            below.get(parent, ()), key=lambda row: -(row.cells if shown.with_children else row.own)[-1]
        ):
            yield row
            yield from walk(row.code.id)

    return list(walk(None))


def lines_of(table: CrossTable, question: Question, shown: Shown) -> list[ShownRow]:
    bases = [*(column.n for column in table.columns), table.n]
    based = question.count in WITH_BASE
    return [
        ShownRow(
            row,
            _faces(row.cells if shown.with_children else row.own, bases, shown, based),
            _faces(row.own, bases, shown, based),
        )
        for row in chosen_rows(table, shown)
    ]


def _faces(numbers, bases, shown, based):
    return [
        face(n, base, shown.show, total=numbers[-1], total_base=bases[-1], based=based)
        for n, base in zip(numbers, bases, strict=True)
    ]
