"""The history of a study that many have changed for long: its page, narrowed in every way, and its last page."""

import json
import uuid
from datetime import timedelta
from statistics import median

from django.db import transaction

from coding.models import Code
from interviews.models import Event, Mention

from . import material

LIMIT = 300


def long_study(bench):
    """A study of so many changes, made once: mostly codings, by all coders, over a year."""
    if not hasattr(bench, "_long_study"):
        study = bench.study("Long history")
        transcripts = material.make_transcripts(study, 20, 2_000)
        _make_events(bench, study, transcripts)
        bench._long_study = study
    return bench._long_study


def _make_events(bench, study, transcripts):
    chance, codes = bench.chance, list(Code.objects.filter(study=study))
    first = (Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    step = timedelta(days=365) / bench.scale.events
    events, mentions = [], []
    for number in range(bench.scale.events):
        key, code, transcript = first + number, chance.choice(codes), chance.choice(transcripts)
        coder, at = chance.choice(bench.coders).pk, material.NOW + number * step
        if number % 50:
            coding = str(uuid.UUID(int=chance.getrandbits(128), version=4))
            row = {"tag_id": code.pk, "content_object_id": 1, "coder_id": coder, "respondent_id": None}
            after = {f"codedsegment:{coding}": row | {"code_revision": 1, "created_at": at.isoformat()}}
            about, place = ("apply", "coding", f"codedsegment:{coding}"), transcript.pk
            mentions += [(f"code:{code.pk}", key), (f"transcript:{place}", key)]
        else:
            after = {f"code:{code.pk}": {"definition": "What it means now. " * 20}}
            about, place = ("edit-code", "codebook", f"code:{code.pk}"), None
            mentions.append((f"code:{code.pk}", key))
        action, kind, target = about
        events.append(
            (key, study.pk, coder, at, action, action, kind, target, place, "{}", json.dumps(after))
        )
    columns = "id study_id actor_id at action first_action kind target transcript_id before after"
    with transaction.atomic():
        material.copy(Event, columns, events)
        material.copy(Mention, "key event_id", mentions)
    material.count_on(Event)


def measure(bench, server):
    study = long_study(bench)
    connected = bench.page(server)
    code = study.codes.exclude(parent=None).first()
    path = f"/studies/{study.slug}/history/"
    asked = {
        "newest": "",
        "last page": f"?page={bench.scale.events // 50}",
        "of a code": f"?about=code:{code.pk}",
        "of a person": f"?person={bench.coders[0].pk}",
        "of the codebook": "?kind=codebook",
        "of a month": "?since=2026-03-01&until=2026-03-31",
    }
    for name, query in asked.items():
        times = [connected.get(path + query)[1] * 1000 for _ in range(bench.scale.repeats + 1)][1:]
        bench.report.line(
            f"history of {bench.scale.events:,}: {name}", median(times), LIMIT, "ms", max(times)
        )
