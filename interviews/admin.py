"""The admin for superusers: accounts, and their own way into a study. Studies are not listed here."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from . import people
from .access import Role
from .forms import JoinAsSuperuserForm
from .models import Membership

User = get_user_model()


def sign_in_first(request, extra_context=None):
    """The admin has no sign-in page of its own: one page, one throttle."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


admin.site.login = sign_in_first
admin.site.site_header = admin.site.site_title = _("Passages")
admin.site.index_title = _("Administration")
admin.site.site_url = reverse_lazy("interviews:studies")
admin.site.unregister(Group)
admin.site.unregister(User)


class SuperusersOnly:
    def has_module_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request, obj=None):
        return False


class AccountForm(UserChangeForm):
    def clean_is_active(self):
        active = self.cleaned_data["is_active"]
        if self.initial.get("is_active") and not active and (left := people.only_owned(self.instance)):
            raise ValidationError(
                _(
                    "%(who)s is the only owner who can sign in of: %(studies)s. Let them make somebody else an owner "
                    "first, or become one yourself under Memberships. Then close the account."
                )
                % {"who": self.instance.get_username(), "studies": ", ".join(study.slug for study in left)}
            )
        return active


@admin.register(User)
class AccountAdmin(SuperusersOnly, UserAdmin):
    """Accounts are never deleted, as coded segments keep their coders: they are deactivated."""

    form = AccountForm
    list_display = ["username", "email", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (
            _("Access"),
            {
                "fields": ["is_active", "is_superuser"],
                "description": _(
                    "Take away “active” to close an account. Roles in studies are given by their owners."
                ),
            },
        ),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def save_model(self, request, obj, form, change):
        before = User.objects.filter(pk=obj.pk).values("is_active", "username").first()
        super().save_model(request, obj, form, change)
        people.keep_staff(obj)
        if before:
            people.note_account(obj, request.user, before)


@admin.register(Membership)
class OwnMembershipAdmin(SuperusersOnly, admin.ModelAdmin):
    """A superuser's own memberships. Adding one is how they come into a study; it is recorded there."""

    form = JoinAsSuperuserForm
    fields = ["slug", "role"]
    list_display = ["study", "role", "created_at"]
    list_display_links = None

    def get_queryset(self, request):
        return super().get_queryset(request).filter(user=request.user).select_related("study")

    def has_change_permission(self, request, obj=None):
        return False

    def get_changeform_initial_data(self, request):
        return {"role": Role.READER}

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"user": request.user})

    def save_model(self, request, obj, form, change):
        made = people.add_superuser(form.study, request.user, form.cleaned_data["role"])
        obj.pk, obj.study, obj.user, obj.created_at = made.pk, made.study, made.user, made.created_at
