"""The frame of a study: its codes, respondent types, attributes, coders, respondents and transcripts."""

from collections import defaultdict
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from interviews.models import Attribute, Respondent, Speaker, Transcript

from ..codebook import in_tree_order
from ..colours import looks
from ..columns import NO_VALUE, names_of_keys
from ..models import Code, CodedSegment
from .cache import cached


@dataclass(frozen=True)
class CodeLine:
    """A code where it stands in the tree; ``path`` holds the names from the top code to this one.

    ``asked_of`` are the keys of the respondent types that were asked about it, none meaning all.
    """

    id: int
    name: str
    parent: int | None
    depth: int
    path: tuple[str, ...]
    retired: bool
    look: str
    asked_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttributeChoice:
    """An attribute and its values among the respondents, as ``[(key, label)]`` in the order to show them."""

    key: str
    name: str
    kind: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Person:
    """A respondent who was interviewed; ``values`` by attribute key, as they are written in addresses."""

    id: int
    pseudonym: str
    type: str
    values: dict
    transcripts: tuple[int, ...]


@dataclass(frozen=True)
class Frame:
    """What a study can be asked about. Respondents never interviewed, or put away, are not in it."""

    codes: tuple[CodeLine, ...]
    types: tuple[tuple[str, str], ...]
    attributes: tuple[AttributeChoice, ...]
    coders: tuple[tuple[int, str], ...]
    people: dict[int, Person]
    transcripts: dict[int, str]
    some_removed: bool

    def subtree(self, code_id):
        wanted = {code_id}
        for code in self.codes:  # parents come before children
            if code.parent in wanted:
                wanted.add(code.id)
        return wanted

    def title_of(self, by):
        return names_of_keys(self)[by]


def frame_of(study, event_id=None):
    """The study's frame, from the cache where nothing has changed since ``event_id``, its last event."""
    event_id = study.last_event_id() if event_id is None else event_id
    return cached(study, event_id, "frame", lambda: _read_frame(study))


def _read_frame(study):
    codes = list(study.codes.all())
    tree = list(in_tree_order(codes))
    look = looks([code for _depth, code in tree])
    asked_of = _asked_of(study)
    lines = {}
    for depth, code in tree:
        above = lines[code.parent_id].path if code.parent_id else ()
        lines[code.pk] = CodeLine(
            code.pk,
            code.name,
            code.parent_id,
            depth,
            (*above, code.name),
            code.retired_at is not None,
            look[code.pk],
            asked_of.get(code.pk, ()),
        )
    people, transcripts = _read_people(study)
    return Frame(
        tuple(lines.values()),
        tuple(study.respondent_types.values_list("key", "name")),
        tuple(_choice(attribute, people.values()) for attribute in study.attributes.all()),
        tuple(_coders(study)),
        people,
        transcripts,
        Transcript.objects.filter(study=study).exclude(removed_at=None).exists(),
    )


def _asked_of(study):
    """The respondent types, by key, that each code was asked of, where not all were."""
    found = defaultdict(list)
    pairs = Code.asked_of.through.objects.filter(code__study=study).order_by("respondenttype__order", "pk")
    for code, key in pairs.values_list("code_id", "respondenttype__key"):
        found[code].append(key)
    return {code: tuple(keys) for code, keys in found.items()}


def _read_people(study):
    kept = Transcript.objects.filter(study=study).kept()
    main = list(kept.order_by("title", "pk").values_list("pk", "respondent_id", "title"))
    speaking = Speaker.objects.filter(transcript__in=kept, is_interviewer=False).exclude(respondent=None)
    of_respondent = defaultdict(dict)  # as an ordered set
    for transcript_id, respondent_id in [
        *((pk, respondent_id) for pk, respondent_id, _title in main),
        *speaking.values_list("transcript_id", "respondent_id"),
    ]:
        of_respondent[respondent_id][transcript_id] = True
    rows = (
        Respondent.objects.filter(study=study)
        .kept()
        .values_list("pk", "pseudonym", "respondent_type__key", "values")
    )
    people = {
        pk: Person(pk, name, kind or NO_VALUE, _written(values), tuple(of_respondent[pk]))
        for pk, name, kind, values in rows.order_by("pseudonym", "pk")
        if pk in of_respondent
    }
    return people, {pk: title for pk, _respondent, title in main}


def _written(values):
    """Values as addresses write them: yes and no, 7 for 7.0; what is unknown is left out."""
    return {key: written for key, value in values.items() if (written := _as_text(value)) != NO_VALUE}


def _as_text(value):
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _choice(attribute, people):
    found = {person.values[attribute.key] for person in people if attribute.key in person.values}
    return AttributeChoice(
        attribute.key,
        attribute.name,
        attribute.kind,
        tuple((value, _label(attribute.kind, value)) for value in sorted(found, key=_order(attribute))),
    )


def _label(kind, value):
    return {"yes": _("Yes"), "no": _("No")}.get(value, value) if kind == Attribute.Kind.YES_NO else value


def _order(attribute):
    if attribute.kind == Attribute.Kind.YES_NO:
        return lambda value: (value != "yes", value)
    if attribute.kind == Attribute.Kind.ONE_OF:
        places = {str(choice): place for place, choice in enumerate(attribute.choices)}
        return lambda value: (places.get(value, len(places)), value)
    if attribute.kind == Attribute.Kind.NUMBER:
        return lambda value: (_number(value), value)
    return str.casefold


def _number(value):
    try:
        return float(value)
    except ValueError:
        return float("inf")


def _coders(study):
    """Who has coded, found by one look-up for each person and code: much may be coded, here and in other studies."""
    rows = CodedSegment.objects.filter(coder=OuterRef(OuterRef("pk")), tag=OuterRef("pk"))
    codes = study.codes.filter(Exists(rows)).order_by()
    return get_user_model().objects.filter(Exists(codes)).order_by("username").values_list("pk", "username")
