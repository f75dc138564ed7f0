from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from interviews.tokens import make_api_token


class Command(BaseCommand):
    help = "Make an API token for a user and print it. It is shown this once."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what it is for, so that its owner knows it again")

    def handle(self, *args, username, name, **options):
        user = get_user_model().objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username}.")
        self.stdout.write(make_api_token(user, name[:100]))
