"""Every change, as one reversible event: the one way to record, list and undo one.

A change of any kind is described by *images*: ``{"code:12": {"name": "Team return", ...}}``, a row's fields before and
after. What an event holds is enough to undo it, to replay it, and to tell a reader what happened.
"""

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.db import IntegrityError, connection, models, transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

undoable = {}  # action -> the act (of access.LEAST_ROLE) one must be allowed, to undo it from the history page
TRACKED = {}  # "code" -> Tracked, each model after those it refers to
NOTED = "noted"
ERASED = "erased:rows"  # in ``after`` of an event whose rows were erased: how many images it has lost
undoers = {}  # by action, where undoing is more than putting images back: (event, actor, change) -> the new event


@dataclass(frozen=True)
class Tracked:
    """How a model takes part: where its study is, what stays out of images, whether undoing may delete rows."""

    model: type
    study_path: str
    left_out: frozenset
    permanent: bool

    @property
    def fields(self):
        options = self.model._meta
        return [f for f in options.concrete_fields if not f.primary_key and f.attname not in self.left_out]

    @property
    def many_to_many(self):
        return [f for f in self.model._meta.local_many_to_many if f.remote_field.through._meta.auto_created]


class Conflict(Exception):
    """An undo that would overwrite a later change; its message says what is in the way."""


def tracked(study_path="study", left_out=(), permanent=False):
    """Class decorator: changes of this model's rows are kept in the history.

    ``permanent`` rows are never deleted by an undo, as others may have come to refer to them.
    """

    def register(model):
        TRACKED[model._meta.model_name] = Tracked(model, study_path, frozenset(left_out), permanent)
        return model

    return register


def key_of(row):
    return f"{row._meta.model_name}:{row.pk}"


def image(row):
    """A row's fields as plain values, many-to-many ones as sorted lists of ids."""
    spec = TRACKED[row._meta.model_name]
    values = {f.attname: _plain(f.value_from_object(row)) for f in spec.fields}
    for field in spec.many_to_many:
        values[field.name] = sorted(getattr(row, field.name).values_list("pk", flat=True))
    return values


def _plain(value):
    """A field's value as JSON keeps it, so that images taken now equal images read back."""
    if isinstance(value, datetime.date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, uuid.UUID | FieldFile):
        return str(value)
    return value


def images(*rows):
    """Images of rows that exist, by key; take them before changing anything, and after."""
    return {key_of(row): image(row) for row in rows}


def _differences(before, after):
    """Both sides, less the rows and the fields that are equal in both."""
    less_before, less_after = {}, {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            if old is not None:
                less_before[key] = old
            if new is not None:
                less_after[key] = new
            continue
        changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
        if changed:
            less_before[key] = {name: old[name] for name in changed}
            less_after[key] = {name: new[name] for name in changed}
    return less_before, less_after


def record(
    study, actor, action, target, *, before=None, after=None, transcript=None, change=None, undoes=None
):
    """Write one event in the running transaction; returns it, or None if nothing differs.

    ``target`` is the row the change is about (or its key), ``before`` and ``after`` are images: a row only in ``after``
    was made, one only in ``before`` was deleted. ``change`` is the UUID a browser gave its change;
    ``study`` is a study or its id.
    """
    from .models import Event

    before, after = _differences(before or {}, after or {})
    if not before and not after and change is None:
        return None
    return Event.objects.create(
        study_id=getattr(study, "pk", study),
        actor=actor,
        action=action,
        target=target if isinstance(target, str) else key_of(target),
        transcript=transcript,
        before=before,
        after=after,
        change=change,
        undoes=undoes,
    )


def note(study, actor, action, target, about, *, transcript=None):
    """Write one event of an act that changed no row, such as an export; ``about`` are plain values that tell of it.

    They are kept as if the act had made a row of no tracked model, and cannot be undone.
    """
    return record(study, actor, action, target, after={f"{NOTED}:{action}": about}, transcript=transcript)


@transaction.atomic
def undo(event, actor, change=None):
    """Put back what an event changed, as a new event; undoing that one is a redo.

    Raises Conflict where something has changed since, or the event is undone already.
    """
    from .models import Event

    locked = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
    if Event.objects.filter(undoes=locked).exists():
        raise Conflict(_("This is undone already."))
    if is_erased(locked):
        raise Conflict(_("What this changed has been erased for good, so it cannot be undone."))
    if own := undoers.get(_first_action(locked)):
        return own(locked, actor, change)
    if f"{NOTED}:{locked.action}" in locked.after:
        raise Conflict(_("This changed nothing, so there is nothing to undo."))
    _check_unchanged(locked)
    try:
        with transaction.atomic():
            _write(locked.before, locked.after)
            _check_referred(locked.before)
    except IntegrityError as error:
        raise Conflict(_("Something else has taken its place since, so it cannot be undone.")) from error
    return record(
        locked.study,
        actor,
        "undo",
        locked.target,
        before=locked.after,
        after={**_kept(locked), **locked.before},
        transcript=locked.transcript,
        change=change,
        undoes=locked,
    )


def is_erased(event):
    """Whether an event has lost images of rows that were erased: it can neither be undone nor replayed in full."""
    return ERASED in event.after


def forget(study, keys, transcript=None):
    """Take out of the history what its images hold of rows that are being erased; returns the number of events.

    This and ``erase_study`` are all that ever alters events. They stay, with who did what and when, less the images
    of these rows; the events of an erased transcript lose all of them.
    """
    from .models import Event

    keys = frozenset(keys)
    found = [
        pk
        for pk, its_transcript, before, after in Event.objects.filter(study=study)
        .values_list("pk", "transcript_id", "before", "after")
        .iterator(chunk_size=500)
        if (transcript is not None and its_transcript == transcript.pk)
        or not keys.isdisjoint(before)
        or not keys.isdisjoint(after)
    ]
    for start in range(0, len(found), 200):
        events = list(Event.objects.filter(pk__in=found[start : start + 200]))
        for event in events:
            everything = transcript is not None and event.transcript_id == transcript.pk
            event.before, event.after = _less(event, keys, everything)
        Event.objects.bulk_update(events, ["before", "after"])
    return len(found)


def _less(event, keys, everything):
    """An event's images less those of these rows, and how many it has lost."""
    before, after = (
        {} if everything else {key: image for key, image in images.items() if key not in keys}
        for images in (event.before, event.after)
    )
    lost = len((event.before.keys() | event.after.keys()) - before.keys() - after.keys() - {ERASED})
    after[ERASED] = {"n": lost + event.after.get(ERASED, {}).get("n", 0)}
    return before, after


def _first_action(event):
    """What an event, or the one it undoes or redoes, did."""
    while event.undoes:
        event = event.undoes
    return event.action


def _kept(event):
    """Rows the event made that an undo leaves in place."""
    return {
        key: fields
        for key, fields in event.after.items()
        if key not in event.before and TRACKED[key.split(":")[0]].permanent
    }


def _by_model(keys):
    """Primary keys by model name, in the order in which models may be written."""
    found = defaultdict(list)
    for key in keys:
        name, pk = key.split(":", 1)
        found[name].append(pk)
    return {name: found[name] for name in TRACKED if name in found}


def _check_unchanged(event):
    for name, pks in _by_model(event.before.keys() | event.after.keys()).items():
        spec = TRACKED[name]
        if spec.permanent:
            pks = [pk for pk in pks if f"{name}:{pk}" in event.before]
        compared = {field for pk in pks for field in event.after.get(f"{name}:{pk}", ())}
        rows = _rows(spec.model, pks, compared - {field.name for field in spec.many_to_many})
        for pk in pks:
            key = f"{name}:{pk}"
            expected, row = event.after.get(key), rows.get(pk)
            if (expected is None) != (row is None) or (
                row is not None and not _as_expected(spec, row, expected)
            ):
                raise Conflict(_somebody_else(event, key))


def _rows(model, pks, fields=()):
    """Rows by primary key as text, with no more than these fields read."""
    found = {}
    for start in range(0, len(pks), 500):
        rows = model._base_manager.filter(pk__in=pks[start : start + 500]).only("pk", *fields)
        found.update((str(row.pk), row) for row in rows)
    return found


def _as_expected(spec, row, expected):
    plain = all(
        _plain(f.value_from_object(row)) == expected[f.attname] for f in spec.fields if f.attname in expected
    )
    return plain and all(
        sorted(getattr(row, f.name).values_list("pk", flat=True)) == expected[f.name]
        for f in spec.many_to_many
        if f.name in expected
    )


def _somebody_else(event, key):
    from .models import Event

    later = (
        Event.objects.filter(study=event.study_id, target=key, pk__gt=event.pk)
        .select_related("actor")
        .order_by("-pk")
        .first()
    )
    if later is None:
        return _("This has been changed since, so it cannot be undone.")
    return _("%(who)s has changed this since (%(when)s), so it cannot be undone.") % {
        "who": later.actor.get_username() if later.actor else _("somebody"),
        "when": later.at.strftime("%Y-%m-%d %H:%M"),
    }


def _write(wanted, present):
    """Make rows be as in ``wanted``; those of ``present`` that are not wanted go, unless permanent.

    Referring models come first: a row is deleted when those that stay no longer point to it.
    """
    gone = _by_model(key for key in present if key not in wanted)
    kept = _by_model(key for key in wanted if key in present)
    for name in reversed(TRACKED):
        if name in kept:
            _update(TRACKED[name], {pk: wanted[f"{name}:{pk}"] for pk in kept[name]})
        if name in gone and not TRACKED[name].permanent:
            _delete(TRACKED[name].model, gone[name])
    for name, pks in _by_model(key for key in wanted if key not in present).items():
        spec = TRACKED[name]
        present_rows = _rows(spec.model, pks) if spec.permanent else {}
        rows = [_row(spec, pk, wanted[f"{name}:{pk}"]) for pk in pks if pk not in present_rows]
        spec.model._base_manager.bulk_create(rows, batch_size=500)
        for row in rows:
            _set_many(spec, row, wanted[key_of(row)])
        _past(spec.model)


def _check_referred(images):
    """What the rows refer to must be there: databases notice only when the transaction ends, too late to say so."""
    referred = defaultdict(set)
    for key, values in images.items():
        for field in TRACKED[key.split(":")[0]].fields:
            if field.is_relation and values.get(field.attname) is not None:
                referred[field.related_model].add(values[field.attname])
    for model, pks in referred.items():
        found = 0
        for start in range(0, len(wanted := sorted(pks)), 500):
            found += model._base_manager.filter(pk__in=wanted[start : start + 500]).count()
        if found < len(wanted):
            raise Conflict(_("What this belongs to has been deleted since, so it cannot be undone."))


def _delete(model, pks):
    try:
        for unreferred in _from_below(model, pks):
            for start in range(0, len(unreferred), 500):
                model._base_manager.filter(pk__in=unreferred[start : start + 500]).delete()
    except models.ProtectedError as error:
        raise Conflict(_("This has been used since, so it cannot be undone.")) from error


def _from_below(model, pks):
    """Primary keys in batches, so that a row comes after those that refer to it: children before their parents."""
    own = [f.attname for f in model._meta.concrete_fields if f.related_model is model]
    rows = _rows(model, pks) if own else {}
    left = list(pks)
    while left:
        above = {str(getattr(rows[pk], name)) for pk in left if pk in rows for name in own}
        batch = [pk for pk in left if pk not in above] or left
        yield batch
        left = [pk for pk in left if pk in above and pk not in batch]


def _row(spec, pk, values):
    fields = {f.attname: f.to_python(values[f.attname]) for f in spec.fields if f.attname in values}
    return spec.model(pk=spec.model._meta.pk.to_python(pk), **fields)


def _set_many(spec, row, values):
    for field in spec.many_to_many:
        if field.name in values:
            getattr(row, field.name).set(values[field.name])


def _update(spec, values_by_pk):
    """Write fields back, rows that get the same values together."""
    alike = defaultdict(list)
    for pk, values in values_by_pk.items():
        plain = {f.attname: f.to_python(values[f.attname]) for f in spec.fields if f.attname in values}
        alike[repr(sorted(plain.items()))].append((pk, plain))
        if any(f.name in values for f in spec.many_to_many):
            _set_many(spec, spec.model._base_manager.get(pk=pk), values)
    for group in alike.values():
        pks, plain = [pk for pk, _values in group], group[0][1]
        if plain:
            for start in range(0, len(pks), 500):
                spec.model._base_manager.filter(pk__in=pks[start : start + 500]).update(**plain)


def _past(model):
    """After rows came back with their old ids, let PostgreSQL count on from the highest."""
    if connection.vendor == "postgresql" and isinstance(
        model._meta.pk, models.AutoField | models.BigAutoField
    ):
        from django.core.management.color import no_style

        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(statement)


def study_rows(study):
    """(model, its rows of this study) for every tracked model, referring ones first: the order of deletion."""
    for spec in reversed(TRACKED.values()):
        yield spec.model, spec.model._base_manager.filter(**{spec.study_path: study.pk})
