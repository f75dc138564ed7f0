from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from interviews.tokens import sign_in_link


class Command(BaseCommand):
    help = "Print a link that signs a user in once, within a day."

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, username, **options):
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username}.")
        path = reverse("interviews:sign-in-link", args=[user.pk, sign_in_link.make_token(user)])
        self.stdout.write(settings.SITE_URL.rstrip("/") + path)
