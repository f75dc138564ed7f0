"""Whether the history accounts for all there is: a study's events, replayed from nothing, compared with its tables."""

from collections import defaultdict

from .history import MOVED, TRACKED, image
from .models import Event, TextRevision

AT_ONCE = 200


def replay(study):
    """A study's rows as its events leave them: ``{model: {primary key: {field: value}}}``, keys as text."""
    rows = defaultdict(dict)
    events = Event.objects.filter(study=study).order_by("pk")
    for before, after in events.values_list("before", "after").iterator(chunk_size=AT_ONCE):
        for key in before.keys() - after.keys():
            model, pk = key.split(":", 1)
            rows[model].pop(pk, None)
        for key, fields in after.items():
            model, pk = key.split(":", 1)
            if model in TRACKED:
                rows[model].setdefault(pk, {}).update(fields)
            elif model == MOVED:
                _move(rows[pk], fields)
    return rows


def _move(rows, moved):
    """Shift the rows of a transcript as an edit of its text did."""
    others = {str(pk) for pk in moved["but"]}
    for pk, row in rows.items():
        if row.get("transcript_id") == moved["transcript_id"] and pk not in others:
            by = next((by for low, high, by in moved["runs"] if low <= row["start"] <= high), 0)
            row["start"] += by
            row["end"] += by


def differences(study):
    """Sentences on all in which a study's tables differ from its replayed history, without what is in them."""
    replayed = replay(study)
    for name, spec in TRACKED.items():
        expected = replayed[name]
        rows = spec.model._base_manager.filter(**{spec.study_path: study.pk})
        rows = rows.prefetch_related(*(field.name for field in spec.many_to_many))
        for row in rows.defer(*spec.left_out).iterator(chunk_size=2000):
            yield from _of_row(f"{name}:{row.pk}", image(row), expected.pop(str(row.pk), None))
        for pk in expected:
            yield f"{name}:{pk} is in the history only."
    yield from _of_texts(study)


def _of_row(key, present, expected):
    if expected is None:
        yield f"{key} is not in the history."
        return
    for field, value in present.items():
        if field not in expected:
            if value is not None:  # a field that is newer than the row's last change is empty
                yield f"{key}: the history does not know {field}."
        elif expected[field] != value:
            yield f"{key}: {field} is not what the history says."


def _of_texts(study):
    """Texts are kept by their revisions, each whole: the present one must be the last of a whole row of them."""
    for transcript in study.transcripts.iterator(chunk_size=20):
        revisions = TextRevision.objects.filter(transcript=transcript)
        numbers = list(revisions.order_by("number").values_list("number", flat=True))
        if numbers != list(range(1, transcript.revision + 1)):
            yield f"transcript:{transcript.pk}: not all revisions of its text are kept."
            continue
        last = revisions.get(number=transcript.revision)
        for name in ("text", "turns", "marks"):
            if getattr(last, name) != getattr(transcript, name):
                yield f"transcript:{transcript.pk}: {name} is not that of its last revision."
