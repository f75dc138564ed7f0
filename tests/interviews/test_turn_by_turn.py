"""Who speaks which turn of a text that does not say so: while it is staged, and as an edit afterwards."""

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from coding.models import CodedSegment
from interviews import editing, history, material, replay
from interviews.forms_material import TurnsForm
from interviews.models import Speaker, TextRevision, Transcript, Upload
from tests.factories import make_code, make_coded_segment, make_lead, make_respondent, make_study
from tests.interviews.test_material import act, send

pytestmark = pytest.mark.django_db
TALK = "When did you leave?\n\nIn spring.\n\nI in autumn.\n\n我们一起。\n"


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(client, study):
    lead = make_lead(study)
    client.force_login(lead)
    return lead


@pytest.fixture
def transcript(study, lead):
    return material.import_transcript(study, lead, "talk.txt", TALK.encode(), respondent="Wenbo")


def turns_address(transcript):
    return reverse("interviews:transcript-turns", args=[transcript.pk])


def chosen(voices, turns, **more):
    names = {f"voice_{n}": name for n, name in enumerate(voices, 1)}
    return {"voices": len(voices), **names, **{f"turn_{n}": turn for n, turn in enumerate(turns)}, **more}


def speakers_of(text):
    text.refresh_from_db()
    return [turn["speaker"] for turn in text.turns]


THREE = chosen(["Interviewer", "Wenbo", "Lihua"], "1232")


def test_a_staged_text_has_as_many_voices_as_there_are(client, study, lead):
    send(client, study, ("group.txt", TALK))
    upload = Upload.objects.get()
    address = reverse("interviews:upload-turns", args=[study.slug, upload.pk])
    page = client.post(address, {**chosen(["Interviewer", "Wenbo"], "12"), "do": "more"}).content.decode()
    assert 'name="voice_3"' in page
    assert 'value="Wenbo"' in page  # what was typed is kept
    assert speakers_of(upload) == [None] * 4
    client.post(address, THREE)
    assert speakers_of(upload) == ["Interviewer", "Wenbo", "Lihua", "Wenbo"]
    assert upload.text == TALK
    act(client, study, "settle:" + str(upload.pk))
    again = client.get(address).content.decode()
    assert again.count("checked") == 4  # three voices are pressed; what was said is shown
    for number in range(4, 20):
        page = client.post(address, {**chosen(["x"] * (number - 1), ""), "do": "more"}).content.decode()
    assert f'name="voice_{TurnsForm.MOST_VOICES}"' in page
    assert f'name="voice_{TurnsForm.MOST_VOICES + 1}"' not in page


@pytest.mark.parametrize(
    ("voices", "turns", "said"),
    [
        (["A", "a", ""], "1211", "two names"),
        (["A", "B", ""], "1231", "needs a name"),
        (["A" * 41, "B"], "1212", "at most 40"),
        (["A", "B"], "1219", "not one of the available"),
    ],
)
def test_what_cannot_be_says_why_and_changes_nothing(client, transcript, voices, turns, said):
    answer = client.post(turns_address(transcript), chosen(voices, turns, revision=1))
    assert said in answer.content.decode() or said == "not one of the available"
    assert speakers_of(transcript) == [None] * 4
    assert transcript.revision == 1


def test_turns_of_an_imported_transcript_are_given_away_and_all_counts_follow(
    client, study, lead, transcript
):
    lihua = make_respondent(study, "Lihua")
    code = make_code(study)
    coded = [
        make_coded_segment(transcript, code, lead, start, start + len(words))
        for words in ("you leave", "In spring", "in autumn", "我们")
        for start in [TALK.index(words)]
    ]
    assert (
        turns_address(transcript)
        in client.get(reverse("interviews:speakers", args=[transcript.pk])).content.decode()
    )

    def whose():
        return [CodedSegment.objects.get(pk=row.pk).respondent for row in coded]

    client.post(turns_address(transcript), {**THREE, "revision": 1})
    wenbo = transcript.respondent
    assert speakers_of(transcript) == ["Interviewer", "Wenbo", "Lihua", "Wenbo"]
    assert (transcript.text, transcript.revision) == (TALK, 2)
    assert whose() == [None, wenbo, lihua, wenbo]
    assert Speaker.objects.get(label="Interviewer").is_interviewer
    assert TextRevision.objects.get(transcript=transcript, number=2).turns == transcript.turns
    event = study.events.latest("pk")
    assert event.action == "assign-turns"
    page = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    assert "said turn by turn who speaks in" in page
    undone = history.undo(event, lead)
    assert speakers_of(transcript) == [None] * 4
    assert whose() == [wenbo] * 4
    history.undo(undone, lead)
    assert whose() == [None, wenbo, lihua, wenbo]
    made = ("study:", "membership:", "code:", "respondent:", "segment:", "codedsegment:")
    assert [line for line in replay.differences(study) if not line.startswith(made)] == []


def test_a_voice_that_is_renamed_stays_whose_it_was(client, study, lead, transcript):
    meiling = make_respondent(study, "Meiling")
    client.post(turns_address(transcript), {**chosen(["Interviewer", "Wenbo", "C"], "1232"), "revision": 1})
    Speaker.objects.filter(label="C").update(respondent=meiling)
    client.post(
        turns_address(transcript), {**chosen(["Interviewer", "Wenbo", "M. L."], "1232"), "revision": 2}
    )
    assert speakers_of(transcript) == ["Interviewer", "Wenbo", "M. L.", "Wenbo"]
    assert Speaker.objects.get(label="M. L.").respondent == meiling


def test_two_who_give_turns_away_do_not_overwrite_each_other(client, study, lead, transcript):
    client.post(turns_address(transcript), {**THREE, "revision": 1})
    answer = client.post(turns_address(transcript), {**chosen(["A", "B"], "1212"), "revision": 1})
    assert answer.status_code == 409
    assert "changed this transcript meanwhile" in answer.content.decode()
    assert speakers_of(transcript) == ["Interviewer", "Wenbo", "Lihua", "Wenbo"]
    event = study.events.latest("pk")
    editing.save(transcript.pk, TALK + "More.\n", lead, revision=2)
    with pytest.raises(history.Conflict, match="edited again"):
        history.undo(event, lead)
    assert speakers_of(transcript)[:4] == ["Interviewer", "Wenbo", "Lihua", "Wenbo"]  # edits keep them


def test_a_browser_with_the_older_revision_codes_the_right_words(client, study, lead, transcript):
    client.post(turns_address(transcript), {**THREE, "revision": 1})
    start = TALK.index("autumn")
    change = {
        "id": str(uuid4()),
        "do": "apply",
        "start": start,
        "end": start + 6,
        "code": make_code(study).pk,
    }
    body = json.dumps({"revision": 1, "changes": [change]})
    address = reverse("api:make-changes", args=[transcript.pk])
    assert client.post(address, body, content_type="application/json").json()["results"][0]["state"] == "done"
    assert CodedSegment.objects.get().content_object.quote == "autumn"


def test_a_long_text_is_given_away_page_by_page(client, study, lead, monkeypatch):
    monkeypatch.setattr(TurnsForm, "MOST", 4)
    text = "".join(f"Turn {n}.\n\n" for n in range(10))
    long = material.import_transcript(study, lead, "long.txt", text.encode())
    address = turns_address(long)
    assert "?from=8" in client.get(address).content.decode()
    client.post(address, {**chosen(["A", "B"], "1121"), "revision": 1})
    assert speakers_of(long) == list("AABABABABA")  # those that are not shown go on in turn, at first
    client.post(
        f"{address}?from=4",
        {
            "voices": 3,
            "voice_1": "A",
            "voice_2": "Bea",
            "voice_3": "C",
            "turn_4": "3",
            "turn_5": "",
            "turn_6": "2",
            "turn_7": "1",
            "revision": 2,
        },
    )
    bea = ["A", "A", "Bea", "A", "C", None, "Bea", "A", "Bea", "A"]
    assert speakers_of(long) == bea
    assert client.get(f"{address}?from=5").status_code == 404
    assert client.get(f"{address}?from=12").status_code == 404


def test_a_text_that_names_its_speakers_has_no_turns_to_give_away(client, study, lead):
    named = material.import_transcript(study, lead, "named.txt", b"ANNA: Yes.\n\nBEA: No.\n\nANNA: Oh.\n")
    assert client.get(turns_address(named)).status_code == 404
    assert Transcript.objects.get(pk=named.pk).revision == 1
