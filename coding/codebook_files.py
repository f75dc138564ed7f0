"""Codebooks as tables, in and out: one becomes a plan that a person looks at, and the plan is applied as one change.

Columns of a file: ``code`` (or ``name``), ``parent`` (a name, or a path as in "Family > Code"), ``path`` instead of
both, ``colour``, ``definition``, ``include``, ``exclude``, ``example``, ``origin``, ``asked_of``, ``order``,
``retired``. All but the first may be missing; a missing column and an empty cell change nothing, but an empty
``parent`` means the top level. Whatever else codebooks come in becomes such a table first, with a column ``guid`` where
another program named its codes so.
"""

import hashlib
import json
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interviews.history import images, record, undoable
from interviews.numbers import whole_number
from interviews.tables import Table, plain_name, read_table

from . import codebook, outline, refi_qda
from .codebook import ARROW
from .codebook_cells import parent_cell, path_of, quoted, unquoted
from .exports import path_text
from .models import Code
from .workbooks import Sheet

TEXTS = ("definition", "include", "exclude", "example")
IN_CONFLICT = (*TEXTS, "origin", "asked_of")  # what is lost where the file's is taken
COLUMNS = ["code", "parent", "colour", *TEXTS, "origin", "asked_of", "retired"]
ALIASES = {"name": "code", "color": "colour", "codepath": "path", "askedof": "asked_of"}
LABELS = {
    "parent": gettext_lazy("parent"),
    "colour": gettext_lazy("colour"),
    "definition": gettext_lazy("definition"),
    "include": gettext_lazy("include"),
    "exclude": gettext_lazy("exclude"),
    "example": gettext_lazy("example"),
    "origin": gettext_lazy("origin"),
    "asked_of": gettext_lazy("asked of"),
    "order": gettext_lazy("order"),
}
TAKE, KEEP, LEAVE = "take", "keep", "leave"


@dataclass
class Row:
    """What one line of the file will do. ``state`` is created, changed, conflict, unchanged or wrong.

    ``changes`` is ``[(field, old, new)]`` in words for the reader, ``values`` what will be written, ``conflicts`` the
    fields in which both the file and the codebook say something. ``above`` is the parent: a Code, another Row, or None
    at the top; ``code`` the code it is now, if any.
    """

    number: int
    name: str
    given_parent: str | None = None  # None: the file says nothing about it
    retired: str = ""
    guid: uuid.UUID | None = None  # a new code's
    values: dict = field(default_factory=dict)
    above: "Code | Row | None" = None
    code: Code | None = None
    changes: list = field(default_factory=list)
    conflicts: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    problem: str = ""
    choice: str = TAKE
    chosen: str = ""  # the choice made for this row alone, if any

    @property
    def makes_revision(self):
        """Whether it can change what a code of the codebook means."""
        return bool(self.code and self.changes and self.values.keys() & set(TEXTS))

    @property
    def state(self):
        if self.problem:
            return "wrong"
        if self.code is None:
            return "created"
        if self.conflicts:
            return "conflict"
        return "changed" if self.changes else "unchanged"

    @property
    def is_written(self):
        """Whether applying the plan writes it, as was chosen."""
        if self.state == "conflict" and self.choice == KEEP:
            return len(self.changes) > len(self.conflicts)
        return self.state in ("created", "changed", "conflict") and self.choice != LEAVE

    @property
    def names(self):
        """The names from the top down to this row's code."""
        names, row = [], self
        while isinstance(row, Row) and len(names) < 100:
            names.append(row.name)
            row = row.above
        while row is not None and len(names) < 100:
            names.append(row.name)
            row = row.parent
        return tuple(reversed(names))

    @property
    def path(self):
        return ARROW.join(self.names)


@dataclass
class Plan:
    """All rows of a file as they will be applied; ``problem`` is a sentence about the file as a whole."""

    rows: list[Row] = field(default_factory=list)
    problem: str = ""

    def count(self, state):
        return sum(row.state == state for row in self.rows)

    @property
    def can_apply(self):
        states = ("created", "changed", "conflict")
        return not self.problem and any(row.state in states for row in self.rows)

    def choose(self, choices, of_conflicts=KEEP):
        """Say what becomes of rows: ``{row number: TAKE, KEEP or LEAVE}``, and of conflicts that have no choice.

        TAKE is what the file says, KEEP of a conflict what the codebook says, and what it does not say of the file.
        What would stand under a new code that is left out is left out too.
        """
        for row in self.rows:
            otherwise = of_conflicts if row.state == "conflict" else TAKE
            row.chosen = choices.get(row.number, "")
            row.choice = row.chosen or otherwise
        for row in _parents_first(self.rows):
            above = row.above
            if isinstance(above, Row) and above.state == "created" and not above.is_written:
                row.choice = LEAVE

    @property
    def makes_revisions(self):
        return any(row.makes_revision for row in self.rows)

    @property
    def digest(self):
        """Equal for equal plans: what was looked at is what is confirmed."""
        seen = [(row.state, row.path, row.values, row.changes, row.problem) for row in self.rows]
        return hashlib.sha256(json.dumps([self.problem, seen], default=str).encode()).hexdigest()


def plan(study, table: Table) -> Plan:
    """What importing a table into a study's codebook would do; writes nothing."""
    columns = {column: ALIASES.get(plain_name(column), plain_name(column)) for column in table.header}
    if not {"code", "path"} & set(columns.values()):
        return Plan(
            problem=_("There is no column named “code”. The first line of the file names its columns.")
        )
    if not table.rows:
        return Plan(
            problem=_("There are no codes in this file: under its first line it needs a line for each.")
        )
    rows = [
        _read(number, {columns[column]: unquoted(cell) for column, cell in cells.items()})
        for number, cells in table.rows
    ]
    _find_types(rows, study)
    codes = list(Code.objects.filter(study=study).select_related("study").prefetch_related("asked_of"))
    by_id = {code.pk: code for code in codes}
    for code in codes:
        code.parent = by_id.get(code.parent_id)
    _set_repeats_aside(rows)
    _find_parents(rows, codes)
    _refuse_cycles(rows)
    _find_codes(rows, codes)
    _warn_of_twins(rows, codes)
    _refuse_moves(rows)
    _keep_guids_apart(study, rows, codes)
    for row in rows:
        if row.code and not row.problem:
            row.changes = _changes(row)
    return Plan(rows)


def _find_types(rows, study):
    """Respondent types by their names or keys."""
    types = list(study.respondent_types.all())
    known = {name.casefold(): kind for kind in types for name in (kind.key, kind.name)}
    for row in rows:
        names = row.values.pop("asked_of", ())
        found = [known[name.casefold()] for name in names if name.casefold() in known]
        if missing := [name for name in names if name.casefold() not in known]:
            row.warnings.append(
                _("This study has no respondent type %(names)s; it is left out.")
                % {"names": ", ".join(f"“{name}”" for name in missing)}
            )
        if found:
            row.values["asked_of"] = sorted(set(found), key=lambda kind: (kind.order, kind.pk))


@transaction.atomic
def apply(study, actor, plan, reason=""):
    """Write a plan; one event, or None where nothing differs. Rows that are wrong are left out.

    ``reason`` says why definitions change; a study may require it. The caller holds codebook.lock(study) since before
    the plan was made. Raises Refused, having written nothing.
    """
    reason = " ".join(reason.split())
    created = [row for row in plan.rows if row.is_written and row.state == "created"]
    changed = [row for row in plan.rows if row.is_written and row.state != "created"]
    before, revisions = images(*(row.code for row in changed)), [row.code.revision for row in changed]
    for row in _parents_first(created):
        row.code = codebook.add(study, name=row.name, parent=_code_above(row), as_given=True, **row.values)
    for row in _parents_first(changed):
        moved = {} if row.given_parent is None else {"parent": _code_above(row)}
        kept = row.conflicts if row.choice == KEEP else ()
        values = {name: value for name, value in row.values.items() if name not in kept}
        codebook.change(row.code, **values, **moved)
    if revisions != [row.code.revision for row in changed]:
        codebook.check_reason(study, reason)
    for row in created:
        if row.retired or row.guid:
            row.code.retired_at = _day(row.retired) if row.retired else None
            row.code.guid = row.guid
            row.code.save(update_fields=["retired_at", "guid"])
    after = images(*(row.code for row in created + changed))
    return record(study, actor, "import-codebook", study, before=before, after=after, reason=reason)


def _day(cell):
    """Noon of the day a file says; now, where it only says that it was."""
    try:
        return datetime.combine(date.fromisoformat(cell), time(12), UTC)
    except ValueError:
        return timezone.now()


def _read(number, cells):
    path = path_of(cells.get("path", ""))
    name = " ".join((cells.get("code") or path[-1]).split())
    row = Row(number, name, retired=cells.get("retired", ""))
    if cells.get("path"):
        row.given_parent = path_text(path[:-1] if path[-1] == name else path)
    elif "parent" in cells:
        row.given_parent = cells["parent"]
    if not name:
        row.problem = _("This line has no name for its code.")
    elif len(name) > codebook.NAME_LENGTH:
        row.problem = _("This name is longer than %(limit)d characters.") % {"limit": codebook.NAME_LENGTH}
    row.values = {column: cells[column].replace("\r\n", "\n") for column in TEXTS if cells.get(column)}
    _read_colour(row, cells.get("colour", ""))
    _read_origin(row, cells.get("origin", ""))
    _read_order(row, cells.get("order", ""))
    _read_guid(row, cells.get("guid", ""))
    if names := [name.strip() for name in cells.get("asked_of", "").split(";") if name.strip()]:
        row.values["asked_of"] = names
    return row


def _read_colour(row, cell):
    try:
        colour = codebook.clean_colour(cell)
    except codebook.Refused:
        row.warnings.append(
            _("“%(colour)s” is no colour such as #1f5fa8; it is left out.") % {"colour": cell}
        )
    else:
        row.values |= {"colour": colour} if colour else {}


def _read_origin(row, cell):
    known = {word.casefold(): value for value, label in Code.Origin.choices for word in (value, str(label))}
    if cell.casefold() in known:
        row.values["origin"] = known[cell.casefold()]
    elif cell:
        row.warnings.append(
            _("“%(origin)s” is no origin: it may be theory or data. It is left out.") % {"origin": cell}
        )


def _read_order(row, cell):
    order = whole_number(cell, 9)
    if order is not None:
        row.values["order"] = order
    elif cell:
        row.warnings.append(_("“%(order)s” is no whole number; the order is left out.") % {"order": cell})


def _read_guid(row, cell):
    try:
        row.guid = uuid.UUID(cell) if cell else None
    except ValueError:
        row.warnings.append(_("“%(guid)s” is no GUID; this code gets one of its own.") % {"guid": cell})


def _keep_guids_apart(study, rows, codes):
    """No new code takes a GUID that another one has."""
    taken = {refi_qda.guid_of(study, code): code.name for code in codes}
    for row in rows:
        if row.state != "created" or not row.guid:
            continue
        if row.guid in taken:
            row.warnings.append(
                _("“%(code)s” has the same GUID, and may be the same code. This one gets a GUID of its own.")
                % {"code": taken[row.guid]}
            )
            row.guid = None
        else:
            taken[row.guid] = row.name


def _set_repeats_aside(rows):
    """A line that names a code and parent as an earlier one does is wrong; what stands below is the first's."""
    first = {}
    for row in rows:
        above = ARROW.join(path_of(row.given_parent)) if row.given_parent else ""
        known = first.setdefault((row.name, above), row)
        if known is not row and not row.problem and not known.problem:
            row.problem = _("Line %(line)d has this code already.") % {"line": known.number}


def _warn_of_twins(rows, codes):
    """New codes whose names look like that of another code in the same place."""
    seen = {}
    for thing in [*codes, *(row for row in rows if not row.problem and row.code is None)]:
        above = (_code_above(thing) or thing.above) if isinstance(thing, Row) else thing.parent
        key = (
            above.number if isinstance(above, Row) else above and f"code {above.pk}",
            codebook.as_seen(thing.name),
        )
        twin = seen.setdefault(key, thing)
        if twin is not thing and isinstance(thing, Row):
            thing.warnings.append(
                _("“%(code)s” stands here too, and looks the same. Is it another code?") % {"code": twin.name}
            )


def _find_parents(rows, codes):
    """Say which row or code each row's parent is: by its name where one has it, otherwise by its path."""
    by_name = {}
    for thing in [*(row for row in rows if not row.problem), *codes]:
        by_name.setdefault(thing.name, []).append(thing)
    waiting = []
    for row in rows:
        if row.problem or not row.given_parent:
            continue
        # a code that the file lists too is found as its row
        named = by_name.get(" ".join(row.given_parent.split()), [])
        named = [thing for thing in named if isinstance(thing, Row)] or named
        path = path_of(row.given_parent)
        if len(named) == 1 and path == (named[0].name,):  # else another name may be meant, written as a path
            row.above = named[0]
        else:
            waiting.append((row, path, named))
    waiting = _by_path(rows, codes, waiting)
    for row, _path, named in waiting:
        if len(named) == 1:  # a name with a sign in it that parts names in a path
            row.above = named[0]
    waiting = _by_path(rows, codes, [each for each in waiting if each[0].above is None])
    for row, _path, named in waiting:
        row.problem = (
            _("Several codes are named “%(parent)s”. Write the parent as a path, as in “Family > Code”.")
            if named
            else _("There is no code “%(parent)s”, here or in the codebook, to be its parent.")
        ) % {"parent": row.given_parent}


def _by_path(rows, codes, waiting):
    """Place rows by the paths of their parents, as these get known; returns those that cannot be placed."""
    known = {names: code for code, names in _paths(codes)}
    while True:
        unplaced = {id(row) for row, _path, _named in waiting}
        found = known | {row.names: row for row in rows if not row.problem and id(row) not in unplaced}
        left = []
        for row, path, named in waiting:
            if path in found:
                row.above = found[path]
            else:
                left.append((row, path, named))
        if len(left) == len(waiting):
            return left
        waiting = left


def _paths(codes):
    by_id = codebook.paths(codes)
    return [(code, by_id[code.pk]) for code in codes]


def _refuse_cycles(rows):
    for row in [row for row in rows if _stands_under_itself(row)]:
        row.problem = row.problem or _("Its parents lead back to itself.")
        row.above = None  # the path of a loop has no end


def _stands_under_itself(row):
    seen, at = set(), row.above
    while isinstance(at, Row) and at is not row and at.number not in seen:
        seen.add(at.number)
        at = at.above
    return at is row


def _find_codes(rows, codes):
    """Say which code of the codebook each row is, parents first: by its place, or else by a name that is unique."""
    here = {(code.parent_id, code.name): code for code in codes}
    in_codebook = Counter(code.name for code in codes)
    by_name = {code.name: code for code in codes}
    in_file = Counter(row.name for row in rows)
    places = {}
    for row in _parents_first(rows):
        if row.problem:
            continue
        if isinstance(row.above, Row) and row.above.problem:
            row.problem = _("Its parent, in line %(line)d, is wrong.") % {"line": row.above.number}
            continue
        alone = in_file[row.name] == 1 and in_codebook[row.name] == 1
        above = row.above.code if isinstance(row.above, Row) else row.above
        if above is not None or row.above is None:
            row.code = here.get((above.pk if above else None, row.name))
        if row.code is None and alone:
            row.code = by_name[row.name]
        place = (row.above.number if isinstance(row.above, Row) else id(row.above), row.name)
        first = places.setdefault(row.code.pk if row.code else place, row)
        if first is not row:
            row.problem = _("Line %(line)d has this code already.") % {"line": first.number}
            row.code = None


def _refuse_moves(rows):
    """Refuse to put anything under a retired code, or a code of the codebook under one of its own subcodes."""
    moves = {
        row.code.pk: row for row in rows if row.code and not row.problem and row.given_parent is not None
    }
    for row in rows:
        above = _code_above(row)
        if row.problem or above is None or (row.code and row.code.parent_id == above.pk):
            continue
        if above.retired_at:
            row.problem = _("Its parent “%(parent)s” is retired. Restore it first.") % {"parent": above}
        elif row.code:
            seen, at = set(), above
            while at is not None and at.pk != row.code.pk and at.pk not in seen:
                seen.add(at.pk)
                at = _code_above(moves[at.pk]) if at.pk in moves else at.parent
            if at is not None:
                row.problem = _("A code cannot stand under itself or one of its subcodes.")


def _code_above(row):
    return row.above.code if isinstance(row.above, Row) else row.above


def _changes(row):
    """``[(field, old, new)]`` in words, of what the file says otherwise than the codebook."""
    found = []
    for name, value in list(row.values.items()):
        old = list(row.code.asked_of.all()) if name == "asked_of" else getattr(row.code, name)
        if old == value:
            del row.values[name]
        else:
            found.append((name, _in_words(old), _in_words(value)))
            if name in IN_CONFLICT and old:
                row.conflicts.append(name)
    above = _code_above(row)
    moved = row.given_parent is not None and (
        (isinstance(row.above, Row) and above is None) or above != row.code.parent
    )
    if moved:
        top = _("the top level")
        found.insert(0, ("parent", str(row.code.parent or top), row.above.name if row.above else top))
    return [(LABELS[name], old, new) for name, old, new in found]


def _in_words(value):
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _parents_first(rows):
    """Rows so that each comes after the row it stands under; the others in the order of the file."""

    def depth(row):
        n, at = 0, row
        while isinstance(at, Row) and n <= len(rows):
            n, at = n + 1, at.above
        return n

    rows = list(rows)
    return sorted(rows, key=depth)


def table_of(study):
    """A study's codebook as a header and rows of cells, in tree order: importing it into an empty study makes it anew.

    Parents are named, by their path where two codes share the name. Cells a spreadsheet would run begin with "'".
    """
    codes = list(Code.objects.filter(study=study).prefetch_related("asked_of"))
    names = Counter(code.name for code in codes)
    names_of = codebook.paths(codes)
    rows = []
    for _depth, code in codebook.in_tree_order(codes):
        above = parent_cell(names_of[code.pk][:-1], names)
        retired = code.retired_at.date().isoformat() if code.retired_at else ""
        cells = [
            code.name,
            above,
            code.colour,
            *(getattr(code, text) for text in TEXTS),
            code.origin,
            "; ".join(kind.key for kind in code.asked_of.all()),
            retired,
        ]
        rows.append([quoted(cell) for cell in cells])
    return COLUMNS, rows


def as_table(study):
    """A study's codebook as if it had been read from a file."""
    header, rows = table_of(study)
    return Table(
        header, [(n, dict(zip(header, cells, strict=True))) for n, cells in enumerate(rows, start=1)]
    )


def sheet_of(study):
    """The same as ``table_of`` for a workbook, in which texts are texts."""
    header, rows = table_of(study)
    return Sheet(
        _("Codebook"),
        header,
        [[unquoted(cell) for cell in cells] for cells in rows],
        [28, 24, 10, 48, 40, 40, 48, 10, 24, 12],
        frozen_columns=1,
    )


def read(data: bytes, filename: str = "") -> Table:
    """A codebook of any kind as a table: REFI-QDA, a workbook, CSV, or an outline. Raises TableError."""
    if refi_qda.is_qdc(data):
        return refi_qda.read_qdc(data)
    if data.startswith(b"PK"):
        table = read_table(data)
        rows = [(n, {column: quoted(cell) for column, cell in cells.items()}) for n, cells in table.rows]
        return Table(table.header, rows)
    if filename.casefold().endswith((".txt", ".md")) and not _has_heading(data):
        return outline.read(data)
    return read_table(data)


def _has_heading(data):
    """Whether the first line names columns, whatever the file is called."""
    first = data.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].decode("utf-8", "replace")
    columns = {plain_name(cell.strip('"')) for cell in re.split("[,;\t]", first)}
    return bool({"code", "path"} & {ALIASES.get(name, name) for name in columns})


def notes(data: bytes) -> list[str]:
    """What a file holds that a codebook here has no place for."""
    return refi_qda.notes(data) if refi_qda.is_qdc(data) else []


undoable["import-codebook"] = "manage_codebook"
