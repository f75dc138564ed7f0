"""The codings of a transcript as its page wants them: all of them, and what has changed since."""

import uuid
from datetime import timedelta

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Replace
from django.utils import timezone

from interviews.models import Event

from .models import CodedSegment

LOOK_BACK = timedelta(seconds=15)


def last_event_id(study_id):
    """The number of a study's newest event; 0 where there is none."""
    return Event.objects.filter(study=study_id).order_by("-pk").values_list("pk", flat=True).first() or 0


def since(transcript, after):
    """What changed after an event: ``(last event id, present rows, ids gone, whether codes changed)``.

    Rows are as in ``rows_of``. Everything named by an event is looked up as it is now, so the answer is right however
    often it is given. On PostgreSQL an event may become visible after one with a higher number; hence the
    look back over the last seconds.
    """
    lately = timezone.now() - LOOK_BACK
    events = Event.objects.filter(
        Q(transcript=transcript.pk) | Q(transcript=None),
        Q(pk__gt=after) | Q(at__gt=lately),
        study=transcript.study_id,
    )
    touched, last, codes_changed = set(), after, False
    for pk, before, changed in events.order_by("pk").values_list("pk", "before", "after"):
        last = max(last, pk)
        keys = {*before, *changed}
        touched.update(key.split(":")[1] for key in keys if key.startswith("codedsegment:"))
        codes_changed = codes_changed or any(key.startswith("code:") for key in keys)
    ids = [uuid.UUID(key) for key in touched]
    rows = []
    for start in range(0, len(ids), 500):
        rows += rows_of(transcript, pk__in=ids[start : start + 500])
    present = {row[0] for row in rows}
    missing = [pk for pk in ids if pk.hex not in present]
    elsewhere = set()
    for start in range(0, len(missing), 500):
        part = missing[start : start + 500]
        elsewhere.update(CodedSegment.objects.filter(pk__in=part).values_list("pk", flat=True))
    return last, rows, [pk.hex for pk in missing if pk not in elsewhere], codes_changed


def rows_of(transcript, **lookup):
    """Codings of a transcript as ``(id in hex, start, end, code id, coder id)``, in text order."""
    # The database writes the ids out: making 20,000 UUID objects to print them takes longer than all the rest.
    return (
        CodedSegment.objects.filter(content_object__transcript=transcript.pk, **lookup)
        .annotate(hex=Replace(Cast("pk", CharField()), Value("-"), Value("")))
        .order_by("content_object__start", "content_object__end")
        .values_list("hex", "content_object__start", "content_object__end", "tag_id", "coder_id")
    )
