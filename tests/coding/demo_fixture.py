"""The fictional demo study, loaded straight from its files, for tests of what is counted."""

import csv

from django.conf import settings

from coding.attribution import respondent_at, speech
from coding.models import Code, CodedSegment, Segment
from interviews.access import Role
from interviews.models import Speaker, Study
from interviews.turns import count_words
from tests.factories import make_attribute, make_member, make_respondent, make_study, make_transcript, make_type, make_user

FOLDER = settings.BASE_DIR / "interviews" / "demo"
TYPES = {"returnee": "Returnee", "migrant": "Migrant", "institutional_actor": "Institutional actor"}
ATTRIBUTES = {
    "gender": "one_of",
    "age_band": "one_of",
    "city": "text",
    "years_abroad": "number",
    "degree": "one_of",
    "association_member": "yes_no",
    "returned_with_team": "yes_no",
    "founder": "yes_no",
}


def read(name):
    with open(FOLDER / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_demo() -> Study:
    """The demo study with 12 transcripts, 37 codes and 251 coded segments of two coders; ``lead`` owns it."""
    study = make_study("Return migration of engineers")
    users = {name: make_user(name) for name in ("lead", "coder_a", "coder_b", "reader")}
    for name, role in zip(users, (Role.OWNER, Role.CODER, Role.CODER, Role.READER), strict=True):
        make_member(study, role, users[name])
    transcripts = _material(study)
    codes = {}
    for order, row in enumerate(read("codebook.csv")):
        texts = {name: row[name] for name in ("colour", "definition", "include", "exclude", "example")}
        codes[row["code"]] = Code.objects.create(
            study=study, name=row["code"], parent=codes.get(row["parent"]), order=order, **texts
        )
    spans = {name: speech(transcript) for name, transcript in transcripts.items()}
    for row in read("coded_segments.csv"):
        start, end, transcript = int(row["start"]), int(row["end"]), transcripts[row["filename"]]
        quote = transcript.text[start:end]
        assert quote == row["text"]
        whose = respondent_at(spans[row["filename"]], start, end)
        segment, _new = Segment.objects.get_or_create(
            transcript=transcript,
            start=start,
            end=end,
            defaults={"quote": quote, "words": count_words(quote), "respondent_id": whose},
        )
        CodedSegment.objects.create(
            content_object=segment, tag=codes[row["code"]], coder=users[row["coder"]], respondent_id=whose
        )
    return study


def _material(study):
    types = {key: make_type(study, name) for key, name in TYPES.items()}
    for order, (key, kind) in enumerate(ATTRIBUTES.items()):
        name = key.replace("_", " ").capitalize()
        make_attribute(study, name, kind=kind, order=order)
    transcripts = {}
    for row in read("respondents.csv"):
        values = {key: _value(row[key], kind) for key, kind in ATTRIBUTES.items() if row[key]}
        who = make_respondent(study, row["pseudonym"], types[row["respondent_type"]], **values)
        text = (FOLDER / "transcripts" / row["filename"]).read_text(encoding="utf-8")
        title = row["filename"].split("_")[0] + " " + row["pseudonym"]
        transcript = make_transcript(study, text, who, title=title, filename=row["filename"])
        Speaker.objects.filter(transcript=transcript, is_interviewer=False).update(respondent=who)
        transcripts[row["filename"]] = transcript
    return transcripts


def _value(text, kind):
    if kind == "yes_no":
        return text == "yes"
    return int(text) if kind == "number" else text
