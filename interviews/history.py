"""Every change, as one reversible event: the one way to record, list and undo one.

A change of any kind is described by *images*: ``{"code:12": {"name": "Team return", ...}}``, a row's fields before and
after. What an event holds is enough to undo it, to replay it, and to tell a reader what happened.
"""

import datetime
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

undoable = {}  # action -> the act (of access.LEAST_ROLE) one must be allowed, to undo it from the history page
undoable_own = {}  # action -> the act that lets one undo what one did oneself
kinds = {}  # action -> its kind, where that is not the kind of its target
TRACKED = {}  # "code" -> Tracked, each model after those it refers to
NOTED = "noted"
MOVED = (
    "moved"  # "moved:segment": rows of a transcript that were shifted together, by runs instead of by images
)
ERASED = "erased:rows"  # in ``after`` of an event whose rows were erased: how many images it has lost
MENTIONED = ("code", "transcript", "respondent")  # models whose events are found by what they are about
derivers = []  # images that an undo has put back -> images before and after of what follows from them
undoers = {}  # by action, where undoing is more than putting images back: (event, actor, change) -> the new event


@dataclass(frozen=True)
class Tracked:
    """How a model takes part: where its study is, what stays out of images, whether undoing may delete rows."""

    model: type
    study_path: str
    left_out: frozenset
    permanent: bool
    kind: str
    counter: str

    @cached_property
    def fields(self):
        options = self.model._meta
        return [f for f in options.concrete_fields if not f.primary_key and f.attname not in self.left_out]

    @cached_property
    def many_to_many(self):
        return [f for f in self.model._meta.local_many_to_many if f.remote_field.through._meta.auto_created]

    @cached_property
    def mentioning(self):
        """``{field of an image: the model of MENTIONED it refers to}``."""
        related = {f.attname: f.related_model._meta.model_name for f in self.fields if f.is_relation}
        return {name: model for name, model in related.items() if model in MENTIONED}


_MENTIONED = tuple(f"{model}:" for model in MENTIONED)


class Conflict(Exception):
    """An undo that would overwrite a later change; its message says what is in the way.

    ``event`` is the later change, where it is known, and ``may_overwrite`` whether ``undo`` with ``over_later`` would.
    """

    def __init__(self, message, event=None, may_overwrite=False):
        super().__init__(message)
        self.event, self.may_overwrite = event, may_overwrite


def tracked(study_path="study", left_out=(), permanent=False, kind="study", counter=""):
    """Class decorator: changes of this model's rows are kept in the history.

    ``permanent`` rows are never deleted by an undo, as others may have come to refer to them. ``kind`` is the kind
    of what is done to them, by which readers of the history choose. ``counter`` is a field that counts changes: it
    stops no undo, and goes back only where nothing was counted since.
    """

    def register(model):
        spec = Tracked(model, study_path, frozenset(left_out), permanent, kind, counter)
        TRACKED[model._meta.model_name] = spec
        return model

    return register


def key_of(row):
    return f"{row._meta.model_name}:{row.pk}"


def image(row):
    """A row's fields as plain values, many-to-many ones as sorted lists of ids."""
    spec = TRACKED[row._meta.model_name]
    values = {f.attname: _plain(f.value_from_object(row)) for f in spec.fields}
    for field in spec.many_to_many:
        values[field.name] = _ids(row, field)
    return values


def _ids(row, field):
    """Primary keys that a many-to-many field refers to, in order; from what was prefetched, if it was."""
    if field.name in getattr(row, "_prefetched_objects_cache", ()):
        return sorted(other.pk for other in getattr(row, field.name).all())
    return sorted(getattr(row, field.name).values_list("pk", flat=True))


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
    study,
    actor,
    action,
    target,
    *,
    before=None,
    after=None,
    transcript=None,
    change=None,
    undoes=None,
    reason="",
):
    """Write one event in the running transaction; returns it, or None if nothing differs.

    ``target`` is the row the change is about (or its key), ``before`` and ``after`` are images: a row only in ``after``
    was made, one only in ``before`` was deleted. ``change`` is the UUID a browser gave its change, ``reason`` what the
    actor says of it; ``study`` is a study or its id.
    """
    from .models import Event, Mention

    before, after = _differences(before or {}, after or {})
    if not before and not after and change is None:
        return None
    target = target if isinstance(target, str) else key_of(target)
    event = Event.objects.create(
        study_id=getattr(study, "pk", study),
        actor=actor,
        action=action,
        kind=undoes.kind if undoes else _kind_of(action, target),
        first_action=undoes.first_action if undoes else action,
        target=target,
        transcript=transcript,
        before=before,
        after=after,
        change=change,
        undoes=undoes,
        reason=reason,
    )
    about = mentioned(target, transcript, before, after)
    Mention.objects.bulk_create((Mention(event=event, key=key) for key in sorted(about)), batch_size=500)
    return event


def _kind_of(action, target):
    spec = TRACKED.get(target.partition(":")[0])
    return kinds.get(action) or (spec.kind if spec else "study")


def mentioned(target, transcript, before, after):
    """Keys of the codes, transcripts and respondents that an event is about."""
    memo = after.get(target) or before.get(target) if target.startswith("memo:") else None
    if memo is not None and not memo.get("shared"):
        return set()  # what a private memo is about, nobody finds
    found = {target, f"transcript:{transcript.pk}"} if transcript else {target}
    for images in (before, after):
        for key, fields in images.items():
            model = key.partition(":")[0]
            if model in MENTIONED:
                found.add(key)
            if model in TRACKED:
                for name, other in TRACKED[model].mentioning.items():
                    if name in fields:
                        found.add(f"{other}:{fields[name]}")
    return {key for key in found if key.startswith(_MENTIONED) and not key.endswith(":None")}


def note(study, actor, action, target, about, *, transcript=None):
    """Write one event of an act that changed no row, such as an export; ``about`` are plain values that tell of it.

    They are kept as if the act had made a row of no tracked model, and cannot be undone.
    """
    return record(study, actor, action, target, after={f"{NOTED}:{action}": about}, transcript=transcript)


def may_undo(event, user, may):
    """Whether a person may undo an event; ``may`` is what they may do in its study. None: it is not offered at all."""
    act, own = undoable.get(event.first_action), undoable_own.get(event.first_action)
    if act is None and (own is None or event.actor_id != user.pk):
        return None
    return bool(may.get(act) or (event.actor_id == user.pk and may.get(own)))


@transaction.atomic
def undo(event, actor, change=None, over_later=False):
    """Put back what an event changed, as a new event; undoing that one is a redo.

    Raises Conflict where something has changed since, or the event is undone already. With ``over_later`` what was
    changed since is overwritten, where it is still there.
    """
    from .models import Event

    locked = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
    if Event.objects.filter(undoes=locked).exists():
        raise Conflict(_("This is undone already."))
    if is_erased(locked):
        raise Conflict(_("What this changed has been erased for good, so it cannot be undone."))
    if own := undoers.get(locked.first_action):
        return own(locked, actor, change)
    has_images = locked.before or locked.after
    locked.before, locked.after = _of_tracked(locked.before), _of_tracked(locked.after)
    if has_images and not locked.before and not locked.after:
        raise Conflict(_("This changed nothing, so there is nothing to undo."))
    if over_later:
        present = _present(locked)
    else:
        _check_unchanged(locked)
        present = locked.after
    present = _count_on(locked, present)
    before, after = dict(present), {**_kept(locked), **locked.before}
    try:
        with transaction.atomic():
            _write(locked.before, present)
            _check_referred(locked)
            for derive in derivers:
                _add(before, after, *derive({**locked.before, **locked.after}))
    except IntegrityError as error:
        raise Conflict(_taken(locked.before)) from error
    return record(
        locked.study,
        actor,
        "undo",
        locked.target,
        before=before,
        after=after,
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
            event.reason = ""
        Event.objects.bulk_update(events, ["before", "after", "reason"])
    return len(found)


def overwrite_deleted():
    """Have what this connection deletes from now on overwritten in SQLite's file too."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _less(event, keys, everything):
    """An event's images less those of these rows, and how many it has lost."""
    before, after = (
        {} if everything else {key: image for key, image in images.items() if key not in keys}
        for images in (event.before, event.after)
    )
    lost = len((event.before.keys() | event.after.keys()) - before.keys() - after.keys() - {ERASED})
    after[ERASED] = {"n": lost + event.after.get(ERASED, {}).get("n", 0)}
    return before, after


def _of_tracked(images):
    return {key: fields for key, fields in images.items() if key.partition(":")[0] in TRACKED}


def _add(before, after, old, new):
    """Add what followed from a change to its images."""
    for key in old.keys() | new.keys():
        if key in old:
            before[key] = {**old[key], **before.get(key, {})}
        if key in new:
            after[key] = {**after.get(key, {}), **new[key]}


def _present(event):
    """Images of what the event wrote, as it is now. Raises Conflict where that is gone."""
    found = {}
    for name, pks in _by_model(event.before.keys() | event.after.keys()).items():
        rows = _rows(TRACKED[name].model, pks, None)
        for pk in pks:
            key = f"{name}:{pk}"
            if (pk in rows) != (key in event.after):
                raise _later_change(event, key, None)
            if pk in rows:
                now = image(rows[pk])
                found[key] = {field: now[field] for field in event.before.get(key, now) if field in now}
    return found


def _taken(wanted):
    """What stands where rows are to be put, in a sentence."""
    reasons = []
    for key, values in wanted.items():
        name, pk = key.split(":", 1)
        spec = TRACKED[name]
        row = spec.model._base_manager.filter(pk=pk).first() or spec.model(pk=pk)
        for field in spec.fields:
            if field.attname in values:
                setattr(row, field.attname, field.to_python(values[field.attname]))
        try:
            row.validate_constraints()
        except ValidationError as error:
            reasons += [f"{values.get('name') or row}: {' '.join(error.messages)}"]
    sentence = _("Something else has taken its place since, so it cannot be undone.")
    return " ".join([sentence, *reasons[:3]])


def _kept(event):
    """Rows the event made that an undo leaves in place."""
    return {
        key: fields
        for key, fields in event.after.items()
        if key not in event.before and TRACKED[key.split(":")[0]].permanent
    }


def _by_model(keys):
    """Primary keys by model name, in the order in which models may be written; what is not tracked is left out."""
    found = defaultdict(list)
    for key in keys:
        name, pk = key.split(":", 1)
        found[name].append(pk)
    return {name: found[name] for name in TRACKED if name in found}


def highest(study, key, counter):
    """The highest that a row's counter was after any of the changes the history has of it; 0 if it has none.

    ``key`` is of a model in MENTIONED. What was made while an undone change stood still has its number.
    """
    from .models import Event

    number = Cast(KT(f"after__{key}__{counter}"), models.IntegerField())
    events = Event.objects.filter(study=study, mentions__key=key, kind=TRACKED[key.partition(":")[0]].kind)
    return events.order_by().aggregate(highest=models.Max(number))["highest"] or 0


def _count_on(event, present):
    """Have counters that went on since go on once more, instead of back; what is present, with them."""
    for name, pks in _by_model(event.before.keys() & event.after.keys()).items():
        spec = TRACKED[name]
        keys = {pk: f"{name}:{pk}" for pk in pks if spec.counter in event.before[f"{name}:{pk}"]}
        for pk, row in _rows(spec.model, list(keys), [spec.counter]).items() if keys else ():
            key, now = keys[pk], getattr(row, spec.counter)
            if now != event.after[key][spec.counter]:
                number = 1 + max(now, highest(event.study_id, key, spec.counter))
                event.before[key] = {**event.before[key], spec.counter: number}
                present = {**present, key: {**present[key], spec.counter: now}}
    return present


def _check_unchanged(event):
    for name, pks in _by_model(event.before.keys() | event.after.keys()).items():
        spec = TRACKED[name]
        if spec.permanent:
            pks = [pk for pk in pks if f"{name}:{pk}" in event.before]
        unchanged = _unchanged(spec, {pk: event.after.get(f"{name}:{pk}") for pk in pks})
        pks = [pk for pk in pks if pk not in unchanged]
        compared = {field for pk in pks for field in event.after.get(f"{name}:{pk}", ())}
        rows = _rows(spec.model, pks, compared - {field.name for field in spec.many_to_many})
        for pk in pks:
            key = f"{name}:{pk}"
            expected, row = event.after.get(key), rows.get(pk)
            if (expected is None) != (row is None) or (
                row is not None and not _as_expected(spec, row, expected)
            ):
                raise _later_change(event, key, row)


def _unchanged(spec, expected_by_pk):
    """Those rows that are as expected, of those with plain values: read without making a row's object of each."""
    many = {field.name for field in spec.many_to_many}
    asked = {pk: values for pk, values in expected_by_pk.items() if values and many.isdisjoint(values)}
    names = sorted({f.attname for f in spec.fields} & {name for values in asked.values() for name in values})
    pks, found = list(asked), set()
    for start in range(0, len(pks), 500):
        rows = spec.model._base_manager.filter(pk__in=pks[start : start + 500])
        for pk, *values in rows.values_list("pk", *names):
            now, expected = dict(zip(names, values, strict=True)), asked[str(pk)]
            if all(_plain(now[name]) == expected[name] for name in now if name in expected):
                found.add(str(pk))
    return found


def _alike(values_by_pk):
    """``[(values, primary keys that have them)]``."""
    groups = {}
    for pk, values in values_by_pk.items():
        groups.setdefault(values and repr(sorted(values.items())), (values, []))[1].append(pk)
    return groups.values()


def _rows(model, pks, fields=()):
    """Rows by primary key as text, with no more than these fields read, or all for None."""
    found = {}
    for start in range(0, len(pks), 500):
        rows = model._base_manager.filter(pk__in=pks[start : start + 500])
        if fields is not None:
            rows = rows.only("pk", *fields)
        found.update((str(row.pk), row) for row in rows)
    return found


def _as_expected(spec, row, expected):
    plain = all(
        _plain(f.value_from_object(row)) == expected[f.attname]
        for f in spec.fields
        if f.attname in expected and f.attname != spec.counter
    )
    return plain and all(
        sorted(getattr(row, f.name).values_list("pk", flat=True)) == expected[f.name]
        for f in spec.many_to_many
        if f.name in expected
    )


def _later_change(event, key, row):
    """The Conflict of an undo with a later change of a row, which is None if it is gone."""
    later = _last_change(event, key)
    may_overwrite = row is not None and key in event.after
    if later is None:
        return Conflict(
            _("This has been changed since, so it cannot be undone."), may_overwrite=may_overwrite
        )
    who = later.actor.get_username() if later.actor else _("somebody")
    when = later.at.strftime("%Y-%m-%d %H:%M")
    sentence = _("%(who)s has changed this since (%(when)s), so it cannot be undone.")
    return Conflict(sentence % {"who": who, "when": when}, later, may_overwrite)


def _last_change(event, key, within=50):
    """The newest event after one that changed the same of a row; None if there is none among the newest."""
    from .models import Event

    later = Event.objects.filter(study=event.study_id, pk__gt=event.pk).select_related("actor")
    if key.startswith(_MENTIONED):
        later = later.filter(mentions__key=key)
    else:
        later = later.filter(Q(target=key) | Q(after__has_key=key) | Q(before__has_key=key))
    fields = event.after.get(key, {}).keys() | event.before.get(key, {}).keys()
    for other in later.order_by("-pk")[:within]:
        touched = other.after.get(key, {}).keys() | other.before.get(key, {}).keys()
        if touched & fields:
            return other
    return None


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


def _check_referred(event):
    """What the rows refer to must be there: databases notice only when the transaction ends, too late to say so."""
    referred = defaultdict(set)
    for key, values in event.before.items():
        for field in TRACKED[key.split(":")[0]].fields:
            if field.is_relation and values.get(field.attname) is not None:
                referred[field.related_model].add(values[field.attname])
    for model, pks in referred.items():
        wanted, found = sorted(pks), set()
        for start in range(0, len(wanted), 500):
            rows = model._base_manager.filter(pk__in=wanted[start : start + 500])
            found.update(str(pk) for pk in rows.values_list("pk", flat=True))
        for pk in wanted:
            if str(pk) not in found:
                raise Conflict(
                    _("What this belongs to has been deleted since, so it cannot be undone."),
                    _deletion(event, f"{model._meta.model_name}:{pk}"),
                )


def _deletion(event, key):
    """The event that took away a row, if it is known."""
    from .models import Event

    gone = Event.objects.filter(study=event.study_id, before__has_key=key).exclude(after__has_key=key)
    return gone.order_by("-pk").first()


def _delete(model, pks):
    try:
        for unreferred in _from_below(model, pks):
            for start in range(0, len(unreferred), 500):
                model._base_manager.filter(pk__in=unreferred[start : start + 500]).delete()
    except models.ProtectedError as error:
        numbers = Counter(type(row)._meta.verbose_name_plural for row in error.protected_objects)
        uses = ", ".join(f"{name}: {number}" for name, number in numbers.items())
        sentence = _("This has been used since, so it cannot be undone (%(uses)s).") % {"uses": uses}
        raise Conflict(sentence) from error


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
    for values, pks in _alike(values_by_pk):
        plain = {f.attname: f.to_python(values[f.attname]) for f in spec.fields if f.attname in values}
        for start in range(0, len(pks) if plain else 0, 500):
            spec.model._base_manager.filter(pk__in=pks[start : start + 500]).update(**plain)
        if any(f.name in values for f in spec.many_to_many):
            for row in spec.model._base_manager.filter(pk__in=pks):
                _set_many(spec, row, values)


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
