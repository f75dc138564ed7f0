"""What definitions were: the revisions of a code, and the codebook as of any day. Both are read from the history."""

from dataclasses import dataclass
from types import SimpleNamespace

from interviews import anchors
from interviews.history import image
from interviews.models import Event
from interviews.restricted import NO_QUOTATIONS

from .codebook import MEANING
from .models import Code

NOT_OF_MEANING = ("merge-codes", "move-code", "reorder-codes", "retire-code", "restore-code", "delete-code")


@dataclass
class Revision:
    """A change of what a code means: ``fields`` are ``[(label, lines)]``, each line with its old and new pieces."""

    event: Event
    number: int | None
    fields: list
    is_first: bool


def of_code(code, quotations=NO_QUOTATIONS):
    """The revisions of a code, the newest first; texts in ``quotations`` are withheld."""
    key = f"code:{code.pk}"
    events = Event.objects.filter(study=code.study_id, mentions__key=key, kind="codebook")
    events = events.exclude(first_action__in=NOT_OF_MEANING).select_related("actor", "undoes")
    found = []
    for event in events.order_by("-pk"):
        old, new = event.before.get(key, {}), event.after.get(key, {})
        fields = [
            (
                Code._meta.get_field(name).verbose_name,
                anchors.changes(*(quotations.shown(image.get(name, "")) for image in (old, new))),
            )
            for name in MEANING
            if old.get(name, "") != new.get(name, "")
        ]
        if fields:
            found.append(Revision(event, new.get("revision"), fields, not old))
    return found


def as_of(study, moment, quotations=NO_QUOTATIONS):
    """The codes as they were at a moment, siblings in order: objects with the fields of Code, ``asked_of`` as ids.

    Texts in ``quotations`` are withheld.
    """
    codes = study.codes.prefetch_related("asked_of")
    state = {f"code:{code.pk}": image(code) for code in codes}
    events = Event.objects.filter(study=study, kind="codebook", at__gte=moment)
    for before, after in events.order_by("-pk").values_list("before", "after").iterator(chunk_size=200):
        for key in (key for key in before.keys() | after.keys() if key.startswith("code:")):
            if key not in before:
                state.pop(key, None)
            elif key in after:
                state[key] = {**state.get(key, {}), **before[key]}
            else:
                state[key] = dict(before[key])
    found = [SimpleNamespace(pk=int(key.removeprefix("code:")), **values) for key, values in state.items()]
    for code in found:
        code.example = quotations.shown(code.example)
    return sorted(found, key=lambda code: (code.order, code.name, code.pk))
