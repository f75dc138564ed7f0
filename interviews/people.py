"""Who belongs to a study: making and erasing studies, inviting, joining, roles."""

import shutil
from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import history
from .access import Role, roles_for
from .models import (
    Event,
    Invitation,
    Membership,
    Mention,
    NamesKey,
    RespondentType,
    SealedNames,
    Study,
    TextRevision,
    Transcript,
    Upload,
    key_for,
)
from .tokens import digest, new_secret

INVITATION_LASTS = timedelta(days=7)


class Refused(Exception):
    """A change of members that the rules forbid; its message says which, in a person's words."""


class Lapsed(Exception):
    """An invitation that was used or revoked, or has expired."""


class AlreadyMember(Exception):
    """The person is in the study, so that an invitation would change nothing; it stays usable."""


def keep_staff(user):
    """Let into the admin whoever leads or owns a study, and superusers; nobody else."""
    leads = Membership.objects.filter(user=user, role__in=roles_for("manage_codebook")).exists()
    is_staff = user.is_superuser or leads
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])


@transaction.atomic
def create_study(name, research_question, respondent_types, actor):
    """A new study of which the actor is the owner; ``respondent_types`` are names, in order."""
    study = Study.objects.create(name=name, research_question=research_question)
    types = [
        RespondentType.objects.create(study=study, name=type_name, order=order)
        for order, type_name in enumerate(_once(respondent_types))
    ]
    owner = Membership.objects.create(study=study, user=actor, role=Role.OWNER)
    keep_staff(actor)
    history.record(study, actor, "create-study", study, after=history.images(study, *types, owner))
    return study


def _once(names):
    """The names, less those whose key an earlier one has."""
    found = {}
    for name in names:
        found.setdefault(key_for(name), name)
    return found.values()


def _lock(study):
    """Have changes of a study's members wait for each other, so that the last owner stays one."""
    return Study.objects.select_for_update().get(pk=study.pk)


@transaction.atomic
def invite(study, role, note, actor):
    """A link into the study; returns the invitation and its secret, which is shown once."""
    secret, hashed = new_secret()
    invitation = Invitation.objects.create(
        study=study,
        role=role,
        note=note,
        digest=hashed,
        created_by=actor,
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    key = f"invitation:{invitation.pk}"
    history.record(study, actor, "invite-member", key, after={key: {"role": role}})
    return invitation, secret


@transaction.atomic
def revoke(invitation, actor):
    """Make an invitation's link worthless; one that is used or revoked stays as it is."""
    now = timezone.now()
    if Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None).update(revoked_at=now):
        key = f"invitation:{invitation.pk}"
        history.record(
            invitation.study, actor, "revoke-invitation", key, before={key: {"role": invitation.role}}
        )


def open_invitations():
    """Invitations that can still be accepted."""
    return Invitation.objects.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())


def find_invitation(secret):
    """The open invitation of a link. Raises Lapsed if there is none."""
    found = open_invitations().select_related("study", "created_by").filter(digest=digest(secret)).first()
    if found is None:
        raise Lapsed
    return found


@transaction.atomic
def accept(invitation, user):
    """Make a person a member, as invited. Raises Lapsed, or AlreadyMember, and then the invitation stays open."""
    invitation = open_invitations().select_for_update(of=("self",)).filter(pk=invitation.pk).first()
    if invitation is None:
        raise Lapsed
    if Membership.objects.filter(study=invitation.study_id, user=user).exists():
        raise AlreadyMember
    invitation.used_at, invitation.used_by = timezone.now(), user
    invitation.save(update_fields=["used_at", "used_by"])
    return _join(invitation.study, user, invitation.role, "join-study")


def _join(study, user, role, action):
    membership = Membership.objects.create(study=study, user=user, role=role)
    keep_staff(user)
    history.record(study, user, action, membership, after=history.images(membership))
    return membership


@transaction.atomic
def add_superuser(study, user, role):
    """A superuser makes themselves a member, for all members to see. Raises AlreadyMember."""
    if not user.is_superuser:
        raise Refused(_("Only a superuser may add themselves to a study."))
    if Membership.objects.filter(study=study, user=user).exists():
        raise AlreadyMember
    return _join(study, user, role, "superuser-joined")


def _owner_stays(study, leaving):
    owners = Membership.objects.filter(study=study, role=Role.OWNER, user__is_active=True)
    if leaving.role == Role.OWNER and not owners.exclude(pk=leaving.pk).exists():
        raise Refused(
            _("A study needs an owner, and %(who)s is the only one. Make somebody else an owner first.")
            % {"who": leaving.user.get_username()}
        )


def only_owned(user):
    """The studies that have no other owner who can sign in, locked until the running transaction ends."""
    owned = Study.objects.select_for_update(of=("self",)).filter(
        memberships__user=user, memberships__role=Role.OWNER
    )
    others = Membership.objects.filter(role=Role.OWNER, user__is_active=True).exclude(user=user)
    with_others = set(others.filter(study__in=[study.pk for study in owned]).values_list("study", flat=True))
    return [study for study in owned if study.pk not in with_others]


@transaction.atomic
def set_role(membership, role, actor):
    """Give a member another role. Raises Refused where that would leave the study without an owner."""
    study = _lock(membership.study)
    membership = Membership.objects.select_related("user").get(pk=membership.pk)
    if role != Role.OWNER:
        _owner_stays(study, membership)
    before = history.images(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    keep_staff(membership.user)
    history.record(study, actor, "change-role", membership, before=before, after=history.images(membership))


@transaction.atomic
def remove_member(membership, actor):
    """Take a member out; what they coded stays, with their name. Raises Refused for the only owner."""
    study = _lock(membership.study)
    membership = Membership.objects.select_related("user").get(pk=membership.pk)
    _owner_stays(study, membership)
    before, key = history.images(membership), history.key_of(membership)
    membership.delete()
    keep_staff(membership.user)
    history.record(study, actor, "remove-member", key, before=before)


def note_account(user, actor, before):
    """Tell a person's studies that the account was closed, opened again or renamed; ``before`` are its old fields."""
    for membership in user.memberships.select_related("study"):
        if before["is_active"] != user.is_active:
            action = "open-account" if user.is_active else "close-account"
            history.note(membership.study, actor, action, membership, {})
        if before["username"] != user.get_username():
            about = {"was": before["username"], "now": user.get_username()}
            history.note(membership.study, actor, "rename-account", membership, about)


def contents(study):
    """How many rows of each kind a study holds, by the names of the models: ``{"transcript": 12, ...}``."""
    return {model._meta.model_name: rows.count() for model, rows in history.study_rows(study)}


@transaction.atomic
def erase_study(study, actor):
    """Delete a study with all that is in it, its history and its files. It cannot be undone.

    Rows are deleted without their models' PROTECT rules, which guard parts of a study that goes on; the
    database checks at the end of the transaction that nothing refers to them. What remains is one event
    without a name.
    """
    study = _lock(study)
    members = list(get_user_model().objects.filter(memberships__study=study))
    for spec in history.TRACKED.values():
        _erase_links(spec, study)
    _delete(Mention.objects.filter(event__study=study))
    for model in (SealedNames, NamesKey, Event, Upload, Invitation):
        _delete(model.objects.filter(study=study))
    _delete(TextRevision.objects.filter(transcript__in=Transcript.objects.filter(study=study)))
    for _model, rows in history.study_rows(study):
        _delete(rows)
    for user in members:
        keep_staff(user)
    Event.objects.create(study=None, actor=actor, action="delete-study", target=f"study:{study.pk}")
    folder = default_storage.path(str(study.pk))
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def _erase_links(spec, study):
    """Delete what is kept beside a model's rows: many-to-many links, and the admin's log, which has names."""
    rows = spec.model._base_manager.filter(**{spec.study_path: study.pk})
    for field in spec.many_to_many:
        _delete(field.remote_field.through._base_manager.filter(**{f"{field.m2m_field_name()}__in": rows}))
    content_type = ContentType.objects.get_for_model(spec.model)
    ids = rows.annotate(id_as_text=Cast("pk", CharField())).values("id_as_text")
    _delete(LogEntry.objects.filter(content_type=content_type, object_id__in=ids))


def _delete(rows):
    rows.order_by()._raw_delete(rows.db)


def _after_undoing(images):
    """An undo that brings members back or gives them their old roles keeps the rules."""
    members = {key.split(":")[1] for key in images if key.startswith("membership:")}
    if not members:
        return {}, {}
    studies = set(Membership.objects.filter(pk__in=members).values_list("study_id", flat=True))
    studies |= {fields["study_id"] for fields in images.values() if "study_id" in fields}
    for study in studies:
        owners = Membership.objects.filter(study=study, role=Role.OWNER, user__is_active=True)
        if not owners.exists():
            raise history.Conflict(_("A study needs an owner. Make somebody else an owner first."))
    users = {fields["user_id"] for fields in images.values() if "user_id" in fields}
    users |= set(Membership.objects.filter(pk__in=members).values_list("user_id", flat=True))
    for user in get_user_model().objects.filter(pk__in=users):
        keep_staff(user)
    return {}, {}


history.derivers.append(_after_undoing)
for _action in ("change-role", "remove-member"):
    history.undoable[_action] = "manage_members"
