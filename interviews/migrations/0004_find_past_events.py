from django.db import migrations

KINDS = {
    "import-codebook": "codebook",
    "reorder-codes": "codebook",
    "import-coded-segments": "coding",
    "settle-passages": "coding",
    "import-respondents": "material",
    "invite-member": "people",
    "revoke-invitation": "people",
    "export": "export",
}
KINDS_OF_MODELS = {
    "code": "codebook",
    "codedsegment": "coding",
    "segment": "coding",
    "memo": "memo",
    "membership": "people",
    "transcript": "material",
    "speaker": "material",
    "respondent": "material",
    "respondenttype": "material",
    "attribute": "material",
}
REFERENCES = {
    "code_id": "code",
    "tag_id": "code",
    "parent_id": "code",
    "merged_into_id": "code",
    "transcript_id": "transcript",
    "respondent_id": "respondent",
}
MENTIONED = ("code:", "transcript:", "respondent:")


def find_past_events(apps, schema_editor):
    Event = apps.get_model("interviews", "Event")
    Mention = apps.get_model("interviews", "Mention")
    known, changed, mentions = {}, [], []

    def write():
        Event.objects.bulk_update(changed, ["kind", "first_action"], batch_size=200)
        Mention.objects.bulk_create(mentions, batch_size=500)
        changed.clear()
        mentions.clear()

    for event in Event.objects.order_by("pk").iterator(chunk_size=500):
        event.kind, event.first_action = known.get(event.undoes_id) or (
            KINDS.get(event.action) or KINDS_OF_MODELS.get(event.target.partition(":")[0], "study"),
            event.action,
        )
        known[event.pk] = event.kind, event.first_action
        changed.append(event)
        mentions += [Mention(event_id=event.pk, key=key) for key in sorted(mentioned(event))]
        if len(changed) == 500:
            write()
    write()


def mentioned(event):
    memo = event.after.get(event.target) or event.before.get(event.target)
    if event.target.startswith("memo:") and memo and not memo.get("shared"):
        return set()
    found = {event.target, f"transcript:{event.transcript_id}"}
    for images in (event.before, event.after):
        for key, fields in images.items():
            found.add(key)
            found.update(f"{REFERENCES[name]}:{value}" for name, value in fields.items() if name in REFERENCES)
    return {key for key in found if key.startswith(MENTIONED) and not key.endswith(":None")}


def forget(apps, schema_editor):
    apps.get_model("interviews", "Mention").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("interviews", "0003_find_events")]
    operations = [migrations.RunPython(find_past_events, forget)]
