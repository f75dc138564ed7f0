"""``manage.py load_demo``: the fictional demo study, for looking around."""

from django.core.management.base import BaseCommand

from coding.demo import load_demo
from interviews.models import Study


class Command(BaseCommand):
    help = "Load the fictional demo study."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="Do nothing where there is any study.")

    def handle(self, *args, if_empty, **options):
        if if_empty and Study.objects.exists():
            return
        self.stdout.write(f"Loaded “{load_demo()}”.")
