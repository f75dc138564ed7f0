from django.core.management.base import BaseCommand
from django.db import connection

from coding import erasing
from interviews.models import Study


class Command(BaseCommand):
    help = "Erase for good what has been in the trash of the studies for longer than 30 days. Lists it first."

    def add_arguments(self, parser):
        parser.add_argument("--days", type=int, default=erasing.KEPT_FOR.days, help="another age, in days")
        parser.add_argument("--study", help="one study only, by the end of its address")
        parser.add_argument("--erase", action="store_true", help="erase; without it, only list")
        parser.add_argument(
            "--vacuum",
            action="store_true",
            help="then rewrite the SQLite file, so that no trace is left in it",
        )

    def handle(self, *args, days, study, erase, vacuum, **options):
        studies = Study.objects.filter(slug=study) if study else Study.objects.all()
        number = sum(self._empty(each, days, erase) for each in studies)
        said = "Erased: {}." if erase else "To erase: {}. Nothing was changed; add --erase to do it."
        self.stdout.write(said.format(number))
        if vacuum and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _empty(self, study, days, erase):
        transcripts, people = erasing.overdue(study, days)
        for kind, rows in (("transcript", transcripts), ("respondent", people)):
            for row in rows:
                # Numbers, not names: what is written here may end in a log.
                self.stdout.write(
                    f"{study.slug}: {kind} {row.pk}, removed {row.removed_at:%Y-%m-%d}, "
                    f"{row.n_coded_segments} coded segments"
                )
        if erase:
            for transcript in transcripts:
                erasing.erase_transcript(transcript, None)
            for person in people:
                erasing.erase_respondent(person, None)
        return len(transcripts) + len(people)
