"""Respondents: changed one by one, or by a table whose every change is planned before it is written."""

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from . import history
from .material import Refused, respondents_by_name, stem, type_name
from .models import Attribute, Respondent, RespondentType, Transcript, key_for
from .speakers import reassign
from .tables import TableError, plain_name

Kind = Attribute.Kind
YES = {"yes", "y", "true", "是", "有"}
NO = {"no", "n", "false", "否", "无"}
NOUNS = {Respondent: "respondent", RespondentType: "respondent-type", Attribute: "attribute"}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")


def find_or_create(study, pseudonym, actor):
    """The study's respondent of a pseudonym, made if there is none. For use in a transaction."""
    person = respondents_by_name(study).get(pseudonym.casefold())
    if person is None:
        person = Respondent.objects.create(study=study, pseudonym=pseudonym)
        history.record(study, actor, "add-respondent", person, after=history.images(person))
    return person


_counters = []


def count_with(counter):
    """Have ``counter(study, respondent)`` asked for ``{respondent id: (number of coded segments, address of them)}``.

    ``respondent`` is the one to count for, or None for all.
    """
    _counters.append(counter)


def coded_segments(study, respondent=None):
    """As the counters say; who has none is left out."""
    return {pk: counted for counter in _counters for pk, counted in counter(study, respondent).items()}


@transaction.atomic
def save(row, actor):
    """Write a new or changed respondent, type or attribute, with its event."""
    verb = "edit" if row.pk else "add"
    before = history.images(type(row).objects.get(pk=row.pk)) if row.pk else {}
    if verb == "add" and hasattr(row, "order"):
        row.order = type(row).objects.filter(study=row.study).count()
    row.save()
    action = f"{verb}-{NOUNS[type(row)]}"
    return history.record(row.study, actor, action, row, before=before, after=history.images(row))


def remove(person, actor):
    """Put a respondent into the trash: what they said stays coded, and counts as theirs no more."""
    return _put(person, actor, "remove-respondent", timezone.now())


def restore(person, actor):
    """Take a respondent out of the trash. Raises Refused if another has the pseudonym now."""
    if Respondent.objects.kept().filter(study=person.study_id, pseudonym=person.pseudonym).exists():
        raise Refused(
            _("Another respondent is called “%(name)s” now. Give that one another pseudonym first.")
            % {"name": person.pseudonym}
        )
    return _put(person, actor, "restore-respondent", None)


@transaction.atomic
def _put(person, actor, action, removed_at):
    before = history.images(person)
    if (person.removed_at is None) == (removed_at is None):
        return None
    person.removed_at = removed_at
    person.save(update_fields=["removed_at"])
    return history.record(person.study, actor, action, person, before=before, after=history.images(person))


# The table


@dataclass
class Change:
    """One field of one row: what it was and what it will be, in words; empty was unknown."""

    name: str
    old: str
    new: str


@dataclass
class Row:
    """What a line of the table will do. ``state`` is ``new``, ``changed``, ``same`` or ``wrong``."""

    line: int
    pseudonym: str
    state: str = "same"
    changes: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    values: dict = field(default_factory=dict)
    type_key: str = ""
    respondent: int | None = None
    transcript: int | None = None
    is_main: bool = True
    interview_date: str | None = None


@dataclass
class Plan:
    """All that a table will do to a study. Wrong rows are left out, the others written."""

    types: list[tuple[str, str]] = field(default_factory=list)  # (key, name) of new ones
    attributes: list[tuple[str, str, str]] = field(default_factory=list)  # (key, name, kind) of new ones
    rows: list[Row] = field(default_factory=list)

    def digest(self):
        """The plan in 64 characters: the same at preview and confirmation, unless something has changed."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def to_write(self):
        return [row for row in self.rows if row.state in ("new", "changed")]

    def count(self, state):
        return sum(row.state == state for row in self.rows)


def plan(study, table):
    """What a table of respondents will do, without doing it. Raises TableError for one without pseudonyms."""
    return _Planner(study, table).plan()


class _Planner:
    def __init__(self, study, table):
        self.study, self.table = study, table
        self.name_column = table.column("pseudonym", "name", "respondent")
        if self.name_column is None:
            raise TableError(
                _("No column is called “pseudonym”. Name the column that says who each row is about so.")
            )
        self.file_column = table.column("filename", "file name", "file", "transcript")
        self.type_column = table.column("respondent_type", "type")
        self.date_column = table.column("interview_date")
        used = {self.name_column, self.file_column, self.type_column}
        self.value_columns = [column for column in table.header if column not in used]
        self.result = Plan()
        self.known = respondents_by_name(study)
        self.types = {kind.key: kind for kind in study.respondent_types.all()}
        self.attributes = {}
        self.linked = set()
        self.lines = {}

    def plan(self):
        self._find_attributes()
        self._find_transcripts()
        self.result.rows = [self._row(line, cells) for line, cells in self.table.rows]
        used = {row.type_key for row in self.result.to_write}
        self.result.types = [
            (kind.key, kind.name) for kind in self.types.values() if kind.pk is None and kind.key in used
        ]
        return self.result

    def _find_attributes(self):
        """The attribute of each column: the study's, or a new one of the kind that all its cells are."""
        existing = {attribute.key: attribute for attribute in self.study.attributes.all()}
        by_name = {plain_name(attribute.name): attribute for attribute in existing.values()}
        for column in self.value_columns:
            key = key_for(column)
            attribute = existing.get(key) or by_name.get(plain_name(column))
            if attribute is None:
                kind = guess_kind([cells[column] for _line, cells in self.table.rows])
                attribute = Attribute(study=self.study, key=key, name=type_name(column), kind=kind)
                self.result.attributes.append((key, attribute.name, str(kind)))
            self.attributes[column] = attribute

    def _find_transcripts(self):
        self.by_file, self.by_stem = defaultdict(list), defaultdict(list)
        transcripts = self.study.transcripts.kept().without_text().select_related("respondent")
        for transcript in transcripts.prefetch_related("speakers"):
            self.by_file[transcript.filename.casefold()].append(transcript)
            self.by_stem[stem(transcript.filename).casefold()].append(transcript)

    def _row(self, line, cells):
        row = Row(line, cells[self.name_column])
        if not row.pseudonym:
            row.problems.append(_("There is no pseudonym in this row."))
        elif len(row.pseudonym) > 200:
            row.problems.append(_("The pseudonym is longer than 200 characters."))
        self._read_values(row, cells)
        self._read_type(row, cells)
        self._compare(row)
        self._find_link(row, cells)
        if row.problems:
            row.state, row.changes = "wrong", []
        elif row.state == "same" and row.changes:
            row.state = "changed"
        if row.state != "wrong":
            self.lines.setdefault(row.pseudonym.casefold(), row)
        return row

    def _read_values(self, row, cells):
        for column, attribute in self.attributes.items():
            if not cells[column]:
                continue
            try:
                row.values[attribute.key] = value_of(attribute, cells[column])
            except ValueError as error:
                row.problems.append(str(error))
        if self.date_column and cells[self.date_column]:
            row.interview_date = _iso_date(cells[self.date_column])

    def _read_type(self, row, cells):
        name = cells[self.type_column] if self.type_column else ""
        if not name:
            return
        if len(name) > 100:
            row.problems.append(_("The respondent type is longer than 100 characters."))
            return
        named = [kind.key for kind in self.types.values() if kind.name.casefold() == name.casefold()]
        row.type_key = named[0] if named else key_for(name)
        if row.type_key not in self.types:
            self.types[row.type_key] = RespondentType(name=type_name(name), key=row.type_key)

    def _compare(self, row):
        """What changes on the respondent; with a second row about one, only whether it says the same."""
        earlier = self.lines.get(row.pseudonym.casefold())
        if earlier:
            self._compare_with_earlier(row, earlier)
            return
        person = self.known.get(row.pseudonym.casefold())
        if person is None:
            row.state = "new"
        else:
            row.respondent = person.pk
        old_values = person.values if person else {}
        old_type = person.respondent_type_id if person else None
        if row.type_key and (old_type is None or self.types[row.type_key].pk != old_type):
            old = (
                next((kind.name for kind in self.types.values() if kind.pk == old_type), "")
                if old_type
                else ""
            )
            row.changes.append(Change(_("Respondent type"), old, self.types[row.type_key].name))
        for attribute in self.attributes.values():
            new, old = row.values.get(attribute.key), old_values.get(attribute.key)
            if new is not None and new != old:
                row.changes.append(Change(attribute.name, in_words(old), in_words(new)))

    def _compare_with_earlier(self, row, earlier):
        row.respondent = earlier.respondent
        differing = [
            attribute.name
            for attribute in self.attributes.values()
            if attribute.key != key_for(self.date_column or "")
            and attribute.key in row.values
            and row.values[attribute.key] != earlier.values.get(attribute.key)
        ]
        if row.type_key and row.type_key != earlier.type_key:
            differing.append(_("Respondent type"))
        if differing:
            row.problems.append(
                _("Line %(line)s is about the same respondent and says otherwise: %(names)s.")
                % {"line": earlier.line, "names": ", ".join(differing)}
            )
        row.values, row.type_key = {}, ""

    def _find_link(self, row, cells):
        filename = cells[self.file_column] if self.file_column else ""
        if not filename or row.problems:
            return
        found = self.by_file.get(filename.casefold()) or self.by_stem.get(stem(filename).casefold(), [])
        if not found:
            row.notes.append(
                _("%(name)s is not in the study yet: import the file, then this table again.")
                % {"name": filename}
            )
            return
        if len(found) > 1:
            row.problems.append(
                _("%(number)s transcripts come from a file of this name: %(name)s.")
                % {"number": len(found), "name": filename}
            )
            return
        self._link(row, found[0])

    def _link(self, row, transcript):
        row.transcript, row.is_main = transcript.pk, transcript.pk not in self.linked
        self.linked.add(transcript.pk)
        if row.is_main and (row.respondent is None or transcript.respondent_id != row.respondent):
            old = transcript.respondent.pseudonym if transcript.respondent else ""
            row.changes.append(
                Change(_("Respondent of %(title)s") % {"title": transcript.title}, old, row.pseudonym)
            )
        for speaker in transcript.speakers.all():
            claimed = speaker.label.casefold() == row.pseudonym.casefold()
            if claimed and (row.respondent is None or speaker.respondent_id != row.respondent):
                row.changes.append(
                    Change(_("Speaker label %(label)s") % {"label": speaker.label}, "", row.pseudonym)
                )
        if row.interview_date and row.is_main and in_words(transcript.interview_date) != row.interview_date:
            old = in_words(transcript.interview_date)
            name = _("Interview date of %(title)s") % {"title": transcript.title}
            row.changes.append(Change(name, old, row.interview_date))


def guess_kind(cells):
    """The kind that all cells of a column are; text where they differ or there are none."""
    cells = [cell for cell in cells if cell]
    if not cells:
        return Kind.TEXT
    if all(cell.casefold() in YES | NO for cell in cells):
        return Kind.YES_NO
    if all(_iso_date(cell) for cell in cells):
        return Kind.DATE
    if all(_NUMBER.fullmatch(cell) for cell in cells):
        return Kind.NUMBER
    return Kind.TEXT


def value_of(attribute, cell):
    """A cell as the attribute's kind keeps it. Raises ValueError with a sentence."""
    if attribute.kind == Kind.YES_NO and cell.casefold() in YES | NO:
        return cell.casefold() in YES
    if attribute.kind == Kind.DATE and _iso_date(cell):
        return _iso_date(cell)
    if attribute.kind == Kind.NUMBER and _NUMBER.fullmatch(cell):
        return float(cell) if "." in cell else int(cell)
    if attribute.kind == Kind.ONE_OF:
        for choice in attribute.choices:
            if choice.casefold() == cell.casefold():
                return choice
    if attribute.kind == Kind.TEXT:
        return cell
    raise ValueError(
        {
            Kind.YES_NO: _("%(name)s: “%(cell)s” is neither yes nor no."),
            Kind.DATE: _("%(name)s: “%(cell)s” is no date such as 2006-04-05."),
            Kind.NUMBER: _("%(name)s: “%(cell)s” is no number."),
            Kind.ONE_OF: _("%(name)s: “%(cell)s” is none of its choices."),
        }[attribute.kind]
        % {"name": attribute.name, "cell": cell[:80]}
    )


def _iso_date(cell):
    match = _DATE.fullmatch(cell)
    if not match:
        return None
    try:
        return date(*map(int, match.groups())).isoformat()
    except ValueError:
        return None


def in_words(value):
    """A stored value for reading; empty for what is unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


@transaction.atomic
def apply(study, planned, actor):
    """Write a plan, made just now in the same transaction, as one event; None if it changes nothing."""
    before, made = {}, []
    types = {kind.key: kind for kind in study.respondent_types.all()}
    for key, name in planned.types:
        types[key] = RespondentType.objects.create(study=study, key=key, name=name, order=len(types))
        made.append(types[key])
    order = study.attributes.count()
    for number, (key, name, kind) in enumerate(planned.attributes):
        made.append(
            Attribute.objects.create(study=study, key=key, name=name, kind=kind, order=order + number)
        )
    known = respondents_by_name(study)
    after = {}
    for row in planned.to_write:
        person = known.get(row.pseudonym.casefold())
        if person is None:
            person = known[row.pseudonym.casefold()] = Respondent(study=study, pseudonym=row.pseudonym)
        elif history.key_of(person) not in before and person not in made:
            before |= history.images(person)
        person.values = person.values | row.values
        person.respondent_type = types[row.type_key] if row.type_key else person.respondent_type
        person.save()
        made.append(person)
        if row.transcript:
            old, new = _write_link(row, person)
            before, after = old | before, after | new
    after |= history.images(*made)
    return history.record(study, actor, "import-respondents", study, before=before, after=after)


def _write_link(row, person):
    """Link a transcript to a respondent and date it; images before and after."""
    transcript = Transcript.objects.get(pk=row.transcript)
    before = history.images(transcript)
    if row.interview_date and row.is_main:
        transcript.interview_date = parse_date(row.interview_date)
        transcript.save(update_fields=["interview_date"])
    labels = transcript.speakers.values_list("label", flat=True)
    mapping = {label: person for label in labels if label.casefold() == person.pseudonym.casefold()}
    if row.is_main:
        old, after = reassign(transcript, mapping, respondent=person)
    else:
        old, after = reassign(transcript, mapping)
    return old | before, after


for _noun in NOUNS.values():
    history.undoable[f"add-{_noun}"] = history.undoable[f"edit-{_noun}"] = "manage_material"
for _action in ("import-respondents", "remove-respondent", "restore-respondent"):
    history.undoable[_action] = "manage_material"
