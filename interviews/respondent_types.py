"""Respondent types merged and split. What other apps keep of types follows by ``follow``."""

from django.db import transaction

from . import history
from .models import Respondent, RespondentType, Upload

_followers = []


def follow(carry):
    """Have ``carry(types, into, gone=None)`` called when respondents of ``types`` become ``into``.

    What holds for one of ``types`` is to hold for ``into`` too, and no more for ``gone``, which is about to be deleted.
    It returns images before and after.
    """
    _followers.append(carry)


def _carried(types, into, gone=None):
    before, after = {}, {}
    for carry in _followers:
        old, new = carry(types, into, gone)
        before, after = before | old, after | new
    return before, after


def _moved(people, into):
    """Give people another type; images before and after."""
    people = list(people)
    before = history.images(*people)
    for person in people:
        person.respondent_type = into
    Respondent.objects.bulk_update(people, ["respondent_type"], batch_size=500)
    return before, history.images(*people)


@transaction.atomic
def merge(kind, into, actor):
    """Make all respondents of a type be of another one, those in the trash included; the type is deleted."""
    before, after = _moved(Respondent.objects.filter(respondent_type=kind), into)
    old, new = _carried([kind], into, gone=kind)
    before |= old | history.images(kind)
    Upload.objects.filter(respondent_type=kind).update(respondent_type=into)
    kind.delete()
    return history.record(into.study, actor, "merge-respondent-types", into, before=before, after=after | new)


@transaction.atomic
def split(kind, people, name, actor):
    """A new type of some of a type's respondents; returns it."""
    order = RespondentType.objects.filter(study=kind.study_id).count()
    part = RespondentType.objects.create(study=kind.study, name=name, order=order)
    before, after = _moved(people, part)
    old, new = _carried([kind], part)
    history.record(
        kind.study,
        actor,
        "split-respondent-type",
        kind,
        before=before | old,
        after=after | new | history.images(part),
    )
    return part


for _action in ("merge-respondent-types", "split-respondent-type"):
    history.undoable[_action] = "manage_material"
