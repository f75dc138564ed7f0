"""Secrets that stand for a person: API tokens, invitation links, sign-in links. Stored as digests only."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone
from ninja.security import HttpBearer

from interviews.numbers import whole_number

from .models import ApiToken


def new_secret():
    """A secret and its digest: show the first once, store the second."""
    secret = secrets.token_urlsafe(32)
    return secret, digest(secret)


def digest(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def make_api_token(user, name=""):
    """A new API token of a user, in clear: it is shown once and never again."""
    secret, hashed = new_secret()
    ApiToken.objects.create(user=user, name=name, digest=hashed)
    return secret


class TokenAuth(HttpBearer):
    """``Authorization: Bearer <token>``; the time of last use is kept to the hour."""

    def authenticate(self, request, token):
        found = (
            ApiToken.objects.select_related("user").filter(digest=digest(token), user__is_active=True).first()
        )
        if found is None:
            return None
        now = timezone.now()
        if found.last_used_at is None or now - found.last_used_at > timedelta(hours=1):
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        request.user = found.user
        return found.user


class SignInLink(PasswordResetTokenGenerator):
    """Tokens of links that sign a person in once: they lapse with the next sign-in, or after a day."""

    key_salt = "interviews.tokens.SignInLink"

    def _make_hash_value(self, user, timestamp):
        # Django's own value has last_login to the second: two sign-ins within one would leave the link alive.
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}{user.last_login}"


sign_in_link = SignInLink()


def user_from_uid(uid):
    """The user a link names, or None."""
    model = get_user_model()
    return model.objects.filter(pk=whole_number(uid) or 0, is_active=True).first()
