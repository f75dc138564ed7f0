"""``manage.py replay_history <study>``: whether its history accounts for all that is in a study."""

from itertools import islice

from django.core.management.base import BaseCommand, CommandError

from interviews.models import Study
from interviews.replay import differences

SHOWN = 100


class Command(BaseCommand):
    help = (
        "Replay all changes of a study from nothing, in memory, and compare with its tables. Writes nothing; "
        "prints what differs, by kinds, numbers and fields only, and ends with 1 if anything does."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "study", nargs="*", help="the study's address, as in /studies/<study>/; all without one"
        )

    def handle(self, *args, **options):
        studies = Study.objects.order_by("pk")
        if options["study"]:
            studies = studies.filter(slug__in=options["study"])
            if missing := set(options["study"]) - set(studies.values_list("slug", flat=True)):
                raise CommandError(f"There is no study {', '.join(sorted(missing))}.")
        failed = [study.slug for study in studies if not self.agrees(study)]
        if failed:
            raise CommandError(f"The history does not account for all of {', '.join(failed)}.")

    def agrees(self, study):
        found = differences(study)
        shown = list(islice(found, SHOWN))
        for sentence in shown:
            self.stdout.write(f"{study.slug}: {sentence}")
        if further := sum(1 for _each in found):
            self.stdout.write(f"{study.slug}: and {further} more.")
        if not shown:
            self.stdout.write(f"{study.slug}: {study.events.count()} changes replayed, no difference.")
        return not shown
