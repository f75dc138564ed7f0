"""Signing in and out, and one's own account."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interviews.forms import (
    EmailForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    SignInForm,
    TokenForm,
)
from interviews.models import Study
from interviews.tokens import make_api_token, sign_in_link, user_from_uid

from .members import PASSWORD_BACKEND


def sends_mail():
    """Whether e-mail leaves this server; by default it is only printed in its log."""
    return not settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend"))


@never_cache
def sign_in(request):
    view = auth_views.LoginView.as_view(
        template_name="interviews/sign_in.html",
        authentication_form=SignInForm,
        redirect_authenticated_user=True,
        extra_context={"sends_mail": sends_mail()},
    )
    return view(request)


sign_out = auth_views.LogoutView.as_view()


@never_cache
@require_http_methods(["GET", "POST"])
def follow_sign_in_link(request, uid, token):
    """GET only asks, so that a mail program's preview does not use the link up."""
    user = user_from_uid(uid)
    if user is None or not sign_in_link.check_token(user, token):
        return render(request, "interviews/link_lapsed.html", {"kind": "sign-in"}, status=410)
    if request.method == "GET":
        return render(request, "interviews/sign_in_link.html", {"who": user})
    with transaction.atomic():
        user = type(user).objects.select_for_update().get(pk=user.pk)
        if not sign_in_link.check_token(user, token):  # used by another press meanwhile
            return render(request, "interviews/link_lapsed.html", {"kind": "sign-in"}, status=410)
        login(request, user, backend=PASSWORD_BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


@login_required
@require_safe
def show_account(request):
    return _account_page(request)


def _account_page(request, **more):
    context = {
        "email_form": EmailForm(instance=request.user),
        "token_form": TokenForm(),
        "tokens": request.user.api_tokens.all(),
        "studies": Study.objects.visible_to(request.user),
        **more,
    }
    return render(request, "interviews/account.html", context)


@login_required
@require_POST
def change_email(request):
    form = EmailForm(request.POST, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your e-mail address is kept."))
        return redirect("interviews:account")
    return _account_page(request, email_form=form)


@login_required
@never_cache
@require_POST
def create_token(request):
    """Shows the token in its answer, this once: the database has only its digest."""
    form = TokenForm(request.POST)
    if form.is_valid():
        return _account_page(request, new_token=make_api_token(request.user, form.cleaned_data["name"]))
    return _account_page(request, token_form=form)


@login_required
@require_POST
def revoke_token(request, token_id):
    get_object_or_404(request.user.api_tokens, pk=token_id).delete()
    messages.success(request, _("The token is revoked: scripts that use it are refused from now on."))
    return redirect("interviews:account")


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request):
    """Whoever came by a link and has no password yet sets one without giving an old one."""
    form_class = PasswordChangeForm if request.user.has_usable_password() else SetPasswordForm
    form = form_class(request.user, request.POST or None)
    if form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, _("Your new password is set."))
        return redirect("interviews:account")
    return render(request, "interviews/change_password.html", {"form": form})


reset_password = auth_views.PasswordResetView.as_view(
    template_name="interviews/reset_password.html",
    email_template_name="interviews/reset_password_email.txt",
    subject_template_name="interviews/reset_password_subject.txt",
    form_class=PasswordResetForm,
    success_url=reverse_lazy("interviews:reset-password-sent"),
    extra_context={"sends_mail": sends_mail},
)
reset_password_sent = auth_views.PasswordResetDoneView.as_view(
    template_name="interviews/reset_password_sent.html"
)
choose_password = auth_views.PasswordResetConfirmView.as_view(
    template_name="interviews/choose_password.html",
    form_class=SetPasswordForm,
    post_reset_login=True,
    post_reset_login_backend=PASSWORD_BACKEND,
    success_url=reverse_lazy("interviews:studies"),
)
