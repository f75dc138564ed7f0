"""The API for scripts: studies, transcripts in and out."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from interviews.models import Event, Respondent, RespondentType, Transcript
from interviews.tokens import make_api_token
from tests.factories import (
    make_coder,
    make_lead,
    make_member,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

pytestmark = pytest.mark.django_db
DEMO = Path(settings.BASE_DIR) / "interviews" / "demo"
TALK = "INTERVIEWER: When did you return?\nJUNFENG: In spring, with 𬭎.\n"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def study():
    return make_study()


def script(user):
    """A client that signs in with a token, as scripts do."""
    return Client(headers={"authorization": f"Bearer {make_api_token(user)}"})


def post(client, study, data=TALK, name="RET03_junfeng.txt", **fields):
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post(f"/api/studies/{study.slug}/transcripts/", {"file": file, **fields})


def test_one_sees_ones_own_studies_with_ones_role(study):
    make_study()
    reader = make_reader(study)
    other = make_study("A second one")
    make_member(other, "owner", reader)
    assert script(reader).get("/api/studies/").json() == [
        {"slug": other.slug, "name": other.name, "role": "owner"},
        {"slug": study.slug, "name": study.name, "role": "reader"},
    ]


def test_a_transcript_is_imported(study):
    lead = make_lead(study)
    answer = post(script(lead), study, respondent="Junfeng", respondent_type="institutional_actor")
    assert answer.status_code == 201
    transcript = Transcript.objects.get()
    assert answer.json() == {
        "id": transcript.pk,
        "title": "RET03 Junfeng",
        "words": 8,
        "turns": 2,
        "speakers": ["INTERVIEWER", "JUNFENG"],
        "warnings": [],
    }
    assert transcript.respondent.respondent_type.name == "Institutional actor"
    assert transcript.speakers.get(label="JUNFENG").respondent == transcript.respondent
    event = Event.objects.get()
    assert (event.action, event.actor) == ("import-transcript", lead)
    assert f"respondenttype:{RespondentType.objects.get().pk}" in event.after


def test_existing_respondents_and_types_are_used_by_name_and_key(study):
    kind = make_type(study, "Institutional actor")
    person = make_respondent(study, "Junfeng")
    post(script(make_lead(study)), study, respondent="JUNFENG", respondent_type="Institutional actor")
    person.refresh_from_db()
    assert Respondent.objects.get() == person
    assert person.respondent_type == RespondentType.objects.get() == kind


def test_without_a_respondent_none_is_made_but_a_label_finds_its_own(study):
    person = make_respondent(study, "Junfeng")
    post(script(make_lead(study)), study)
    post(script(make_lead(study)), study, TALK.replace("JUNFENG", "LIHUA"), "b.txt")
    assert Respondent.objects.get() == person
    first, second = Transcript.objects.order_by("pk")
    assert first.speakers.get(label="JUNFENG").respondent == person
    assert second.speakers.get(label="LIHUA").respondent is None
    assert first.respondent is second.respondent is None


def test_word_files_are_imported(study):
    data = (DEMO / "other-formats" / "RET03_junfeng.docx").read_bytes()
    answer = post(script(make_lead(study)), study, data, "RET03_junfeng.docx", respondent="Junfeng")
    assert answer.status_code == 201
    assert answer.json()["turns"] == 36
    assert Transcript.objects.get().text == (DEMO / "transcripts" / "RET03_junfeng.txt").read_text()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no text in this file"),
        (bytes(range(256)) * 20, "not text"),
        (b"%PDF-1.7", "damaged"),
        ("采访者：您是哪一年回国的？".encode("gb18030"), "encoded"),
        (b"a" * 200_000, "the limit is"),
    ],
)
def test_what_cannot_be_imported_is_answered_in_a_persons_words(study, settings, data, says):
    settings.MAX_UPLOAD_BYTES = 100_000
    answer = post(script(make_lead(study)), study, data)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert not Transcript.objects.exists()
    assert not Respondent.objects.exists()


def test_the_same_file_twice_is_refused(study):
    client = script(make_lead(study))
    post(client, study)
    answer = post(client, study, name="again.txt")
    assert answer.status_code == 422
    assert "“RET03 Junfeng”" in answer.json()["detail"]


def test_a_failed_import_leaves_no_file(study, folder, monkeypatch):
    from interviews import material

    def fail(*args, **kwargs):
        raise material.Refused("no")

    monkeypatch.setattr(material.history, "record", fail)
    assert post(script(make_lead(study)), study, respondent="J").status_code == 422
    assert not Respondent.objects.exists()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_reading_gives_text_and_positions_that_fit(study):
    lead = make_lead(study)
    pk = post(script(lead), study, respondent="Junfeng").json()["id"]
    read = script(make_reader(study)).get(f"/api/transcripts/{pk}/").json()
    assert read["text"] == TALK
    said = [read["text"][turn["said"] : turn["end"]] for turn in read["turns"]]
    assert said == ["When did you return?", "In spring, with 𬭎."]
    assert read["revision"] == 1
    assert read["study"] == study.slug
    assert read["speakers"] == [
        {"label": "INTERVIEWER", "respondent": None, "pseudonym": None, "is_interviewer": True},
        {
            "label": "JUNFENG",
            "respondent": Respondent.objects.get().pk,
            "pseudonym": "Junfeng",
            "is_interviewer": False,
        },
    ]


def test_what_has_not_changed_is_answered_304_until_it_has(study):
    transcript = make_transcript(study)
    client = script(make_reader(study))
    url = f"/api/transcripts/{transcript.pk}/"
    etag = client.get(url)["ETag"]
    unchanged = client.get(url, headers={"if-none-match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    transcript.speakers.filter(label="WENBO").update(respondent=make_respondent(study))
    again = client.get(url, headers={"if-none-match": etag})
    assert again.status_code == 200
    assert again["ETag"] != etag
    Transcript.objects.update(revision=2)
    assert client.get(url, headers={"if-none-match": again["ETag"]}).status_code == 200


def test_a_removed_transcript_is_not_found(study):
    transcript = make_transcript(study, removed_at=timezone.now())
    assert script(make_lead(study)).get(f"/api/transcripts/{transcript.pk}/").status_code == 404


def test_nobody_is_let_in_without_signing_in(client, study):
    transcript = make_transcript(study)
    assert client.get("/api/studies/").status_code == 401
    assert post(client, study).status_code == 401
    assert client.get(f"/api/transcripts/{transcript.pk}/").status_code == 401


def test_strangers_find_nothing(study):
    transcript = make_transcript(study)
    stranger = script(make_lead())
    assert post(stranger, study).status_code == 404
    assert stranger.get(f"/api/transcripts/{transcript.pk}/").status_code == 404


@pytest.mark.parametrize("make", [make_coder, make_reader])
def test_only_leads_import(study, make):
    assert post(script(make(study)), study).status_code == 403


def test_a_page_signed_in_by_session_needs_its_csrf_token(study):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_lead(study))
    assert post(strict, study).status_code == 403
    assert not Transcript.objects.exists()


def test_reading_takes_the_same_queries_whoever_speaks(study, django_assert_num_queries):
    client = script(make_reader(study))
    client.get("/api/studies/")
    for number in range(1, 4):
        text = "".join(f"PERSON{n}: Words.\n" for n in range(number * 3))
        transcript = make_transcript(study, text)
        for speaker in transcript.speakers.all():
            speaker.respondent = make_respondent(study)
            speaker.save()
        with django_assert_num_queries(5):  # token, transcript, speakers, restricted, text
            client.get(f"/api/transcripts/{transcript.pk}/")
