"""What an event changed, from what to what, in a reader's words: names instead of ids, no inner workings."""

from dataclasses import dataclass

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from .history import TRACKED
from .narrate import NAMED_PER_EVENT, name_fields, related
from .restricted import NO_QUOTATIONS

# Fields that mean nothing to a reader, or say again what another field says.
UNTOLD = {
    *(
        "study_id",
        "slug",
        "guid",
        "key",
        "created_at",
        "changed_at",
        "created_by_id",
        "sha256",
        "original",
        "filename",
    ),
    *("words", "warnings", "revision", "order", "code_revision", "transcript_id", "respondents"),
    *("was_revision", "was_start", "was_end"),
}
LABELS = {}  # (model, field) -> what it is called, where the field's own name does not say it


@dataclass
class Difference:
    """One field of one row; ``row`` is empty where the event is about that row. Values are words, empty for nothing."""

    row: str
    field: str
    old: str
    new: str


@dataclass
class Told:
    """The differences of an event, and how many further rows it touched."""

    fields: list[Difference]
    further: int


def differences(story, reader, attributes=None, quotations=NO_QUOTATIONS, most=NAMED_PER_EVENT):
    """What an event changed, as this reader may know it, ``quotations`` withheld; ``attributes`` are names by key.

    No more than ``most`` rows are told, or all for None.
    """
    if story.event.kind == "memo" and story.event.actor_id != reader.pk:
        return Told([], 0)  # what memos said is their authors' alone
    keys = [key for key in {**story.before, **story.after} if _is_told(key, story)]
    found = []
    for key in keys[:most]:
        found += _of_row(story, key, attributes or {})
    for each in found:
        each.old, each.new = quotations.shown(each.old), quotations.shown(each.new)
    return Told(found, len(keys) - len(keys[:most]))


def _is_told(key, story):
    model = key.partition(":")[0]
    if model == "memo":
        return story.event.kind == "memo"
    # A segment is made by coding it, and told with that.
    return model in TRACKED and (model != "segment" or key in story.before)


def _of_row(story, key, attributes):
    model = key.partition(":")[0]
    spec = TRACKED[model]
    before, after = story.before.get(key), story.after.get(key)
    row = "" if key == story.event.target else row_name(story, key)
    for field in [*spec.fields, *spec.many_to_many]:
        name = field.name if field.many_to_many else field.attname
        if name in UNTOLD or not (name in (before or {}) or name in (after or {})):
            continue
        old, new = (before or {}).get(name), (after or {}).get(name)
        if isinstance(field, models.JSONField) and isinstance(old or new, dict):
            yield from _of_values(row, old or {}, new or {}, attributes)
            continue
        old, new = (_in_words(story, key, field, value) for value in (old, new))
        if old != new:
            yield Difference(row, LABELS.get((model, name)) or _label(field), old, new)


def _label(field):
    words = str(field.verbose_name)
    return words[:1].upper() + words[1:]


def row_name(story, key):
    """What a row is and is called: Code “Team return”."""
    model = key.partition(":")[0]
    if model not in TRACKED:
        return ""
    name = story.names.get(key)
    kept = name_fields.get(model)
    for image in (story.after.get(key, {}), story.before.get(key, {})):
        if isinstance(kept, str):
            name = image.get(kept) or name
        if model == "codedsegment" and image.get("tag_id"):
            name = story.name(f"code:{image['tag_id']}")
    kind = _label(TRACKED[model].model._meta)
    return f"{kind} “{name}”" if name else kind


def _of_values(row, old, new, attributes):
    """The values of a respondent's attributes, each by its name."""
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield Difference(row, attributes.get(key, key), _plain(old.get(key)), _plain(new.get(key)))


def _in_words(story, key, field, value):
    if value is None or value == "" or value == []:
        return ""
    name = field.name if field.many_to_many else field.attname
    if model := related(key, name):
        ids = value if isinstance(value, list) else [value]
        return ", ".join(str(story.name(f"{model}:{pk}")) for pk in ids)
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(value)
        return date_format(localtime(moment), "Y-m-d H:i") if moment else str(value)
    if isinstance(field, models.DateField):
        day = parse_date(value)
        return day.isoformat() if day else str(value)
    return _plain(value)


def _plain(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
