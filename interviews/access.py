"""Who may do what in a study, and how every query starts."""

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Roles of a member, each with all that the one before it may do."""

    READER = "reader", _("Reader")
    CODER = "coder", _("Coder")
    LEAD = "lead", _("Lead")
    OWNER = "owner", _("Owner")


RANK = {role: rank for rank, role in enumerate(Role.values)}

LEAST_ROLE = {
    "read": Role.READER,
    "code": Role.CODER,
    "see_restricted": Role.CODER,
    "manage_material": Role.LEAD,
    "manage_codebook": Role.LEAD,
    "export": Role.LEAD,
    "manage_members": Role.OWNER,
    "delete_study": Role.OWNER,
    "erase": Role.OWNER,
    "see_names": Role.OWNER,
}


def allows(role, act):
    """Whether a role (or None, a stranger's) is enough for an act of LEAST_ROLE."""
    return role is not None and RANK[role] >= RANK[LEAST_ROLE[act]]


def roles_for(act):
    """The roles that may do an act, for filters."""
    return [role for role in Role.values if allows(role, act)]


class StudyScopedQuerySet(models.QuerySet):
    """Rows of studies. ``study_path`` leads from the model to its study."""

    study_path = "study"

    def _membership(self, field):
        return "__".join(part for part in (self.study_path, "memberships", field) if part)

    def visible_to(self, user):
        """Rows of the user's studies, each with ``my_role``, the user's role there."""
        if not user.is_active:
            return self.none()
        return self.filter(**{self._membership("user"): user.pk}).annotate(
            my_role=F(self._membership("role"))
        )

    def where_allowed(self, user, act):
        """Visible rows in whose study the user may do the act."""
        return self.visible_to(user).filter(my_role__in=roles_for(act))


def reach(queryset, user, act="read", **lookup):
    """The one visible object of a study-scoped queryset.

    Raises Http404 for a stranger, PermissionDenied for a member whose role does not allow the act.
    The object knows what this user may do: ``obj.my_role``.
    """
    found = get_object_or_404(queryset.visible_to(user), **lookup)
    if not allows(found.my_role, act):
        raise PermissionDenied
    return found
