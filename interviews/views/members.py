"""Who is in a study, and how people come in."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interviews import people
from interviews.access import Role, reach
from interviews.forms import InvitationForm, NewAccountForm, RoleForm
from interviews.models import Study

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105  (a path, not a password)


@login_required
@require_safe
def list_members(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    return _members_page(request, study, InvitationForm(initial={"role": Role.CODER}))


def _members_page(request, study, form, link=None):
    counted = Q(user__coded_segments__tag__study=study) & Q(
        user__coded_segments__content_object__transcript__removed_at=None
    )
    members = (
        study.memberships.select_related("user")
        .annotate(n_coded_segments=Count("user__coded_segments", filter=counted))
        .order_by("pk")
    )
    members = list(members)
    owners = [member for member in members if member.role == Role.OWNER and member.user.is_active]
    context = {
        "study": study,
        "members": members,
        "only_owner": owners[0] if len(owners) == 1 else None,
        "form": form,
        "link": link,
        "roles": Role.choices,
    }
    if study.may["manage_members"]:
        context["invitations"] = people.open_invitations().filter(study=study).select_related("created_by")
    return render(request, "interviews/members.html", context)


@login_required
@never_cache
@require_POST
def invite_member(request, slug):
    """Shows the link in its answer: it is in no other page, and the database has only its digest."""
    study = reach(Study.objects, request.user, "manage_members", slug=slug)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _members_page(request, study, form)
    invitation, secret = people.invite(
        study, form.cleaned_data["role"], form.cleaned_data["note"], request.user
    )
    url = request.build_absolute_uri(reverse("interviews:join", args=[secret]))
    return _members_page(
        request, study, InvitationForm(initial={"role": Role.CODER}), {"url": url, "invitation": invitation}
    )


@login_required
@require_POST
def revoke_invitation(request, slug, invitation_id):
    study = reach(Study.objects, request.user, "manage_members", slug=slug)
    people.revoke(get_object_or_404(study.invitations, pk=invitation_id), request.user)
    messages.success(request, _("The invitation is revoked: its link no longer works."))
    return redirect("interviews:members", study.slug)


@login_required
@require_POST
def change_role(request, slug, membership_id):
    study = reach(Study.objects, request.user, "manage_members", slug=slug)
    membership = get_object_or_404(study.memberships.select_related("user"), pk=membership_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        _try(
            request,
            lambda: people.set_role(membership, form.cleaned_data["role"], request.user),
            _("%(who)s is now: %(role)s.")
            % {"who": membership.user.get_username(), "role": Role(form.cleaned_data["role"]).label},
        )
    return redirect("interviews:members", study.slug)


@login_required
@require_http_methods(["GET", "POST"])
def remove_member(request, slug, membership_id):
    """An owner removes a member; anybody may leave."""
    study = reach(Study.objects, request.user, slug=slug)
    mine = study.memberships.filter(user=request.user, pk=membership_id).exists()
    if not mine:
        study = reach(Study.objects, request.user, "manage_members", slug=slug)
    membership = get_object_or_404(study.memberships.select_related("user"), pk=membership_id)
    if request.method == "POST":
        who = membership.user.get_username()
        said = _("You have left “%(study)s”.") if mine else _("%(who)s is no longer a member.")
        done = _try(
            request,
            lambda: people.remove_member(membership, request.user),
            said % {"study": study.name, "who": who},
        )
        return redirect("interviews:studies") if done and mine else redirect("interviews:members", study.slug)
    coded = membership.user.coded_segments.filter(tag__study=study).count()
    context = {"study": study, "membership": membership, "mine": mine, "coded": coded}
    return render(request, "interviews/remove_member.html", context)


def _try(request, change, said):
    """Make a change and say so, or say why it is refused; whether it was made."""
    try:
        change()
    except people.Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, said)
    return True


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def join_study(request, secret):
    """Where an invitation leads: who is signed in joins, who is new makes an account."""
    try:
        invitation = people.find_invitation(secret)
        if request.user.is_authenticated:
            return _join_as_self(request, invitation)
        return _join_as_new(request, invitation)
    except people.Lapsed:
        return render(request, "interviews/link_lapsed.html", {"kind": "invitation"}, status=410)


def _join_as_self(request, invitation):
    study = invitation.study
    if study.memberships.filter(user=request.user).exists():
        messages.info(request, _("You are a member of this study already. The invitation can still be used."))
        return redirect(study)
    if request.method == "POST":
        people.accept(invitation, request.user)
        messages.success(request, _("You are now a member of this study."))
        return redirect(study)
    return render(request, "interviews/join.html", {"invitation": invitation})


def _join_as_new(request, invitation):
    form = NewAccountForm(request.POST or None)
    if form.is_valid():
        with transaction.atomic():
            user = form.save()
            people.accept(invitation, user)
        login(request, user, backend=PASSWORD_BACKEND)
        messages.success(request, _("Your account is made, and you are now a member of this study."))
        return redirect(invitation.study)
    return render(request, "interviews/join.html", {"invitation": invitation, "form": form})
