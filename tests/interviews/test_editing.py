"""Correcting a text: the form, what it does, saving; two people at once; revisions."""

import pytest
from django.urls import reverse

from coding.models import Segment
from interviews import editing, narrate
from interviews.models import Event, TextRevision, Transcript
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_study,
    make_transcript,
)

pytestmark = pytest.mark.django_db
TEXT = "INTERVIEWER: How did you decide?\n\nWENBO: We decided together, in Suzhou.\n\nWENBO: Yes.\n"


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=TEXT)


@pytest.fixture
def lead(study, client):
    lead = make_lead(study)
    client.force_login(lead)
    return lead


def address(transcript, name="edit-text"):
    return reverse(f"interviews:{name}", args=[transcript.pk])


def post(client, transcript, text, do="look", revision=1, reason=""):
    sent = text.replace("\n", "\r\n")  # as browsers send it
    return client.post(address(transcript), {"text": sent, "do": do, "revision": revision, "reason": reason})


def code_words(transcript, words, **more):
    start = transcript.text.index(words)
    return make_coded_segment(transcript, start=start, end=start + len(words), **more)


def fields(response):
    form = response.context["form"]
    return form["text"].value().replace("\r\n", "\n"), int(form["revision"].value())


def test_the_whole_text_is_in_the_field_its_first_empty_line_included(client, study, lead):
    transcript = make_transcript(study, text="\n\nHead\n\nANNA: Yes & <no>.\n")
    page = client.get(address(transcript)).content.decode()
    assert "\n\n\nHead\n\nANNA: Yes &amp; &lt;no&gt;.\n</textarea>" in page


def test_changes_are_shown_and_nothing_is_saved_before_that(client, transcript, lead):
    coded = code_words(transcript, "in Suzhou", code=make_code(transcript.study, name="Place"))
    code_words(transcript, "together")
    page = post(client, transcript, TEXT.replace("Suzhou", "Wuxi"))
    content = page.content.decode()
    assert "<del>Suzhou</del>" in content
    assert "<ins>Wuxi</ins>" in content
    assert "Place" in content and coded.coder.username in content
    receipt = page.context["receipt"]
    assert (receipt.kept, receipt.n_moved, receipt.n_eyes) == (1, 0, 1)
    assert Transcript.objects.get().text == TEXT
    assert not Event.objects.exists()


def test_saving_makes_a_revision_with_turns_words_and_one_event(client, study, transcript, lead):
    new = TEXT.replace("WENBO: Yes.", "DAQING: Yes, we two did.")
    answer = post(client, transcript, new, do="save", reason="misheard")
    assert answer.status_code == 302
    transcript = Transcript.objects.get()
    assert (transcript.text, transcript.revision) == (new, 2)
    assert [turn["speaker"] for turn in transcript.turns] == ["INTERVIEWER", "WENBO", "DAQING"]
    assert transcript.words == 13
    assert set(transcript.speakers.values_list("label", flat=True)) == {"INTERVIEWER", "WENBO", "DAQING"}
    first, second = TextRevision.objects.order_by("number")
    assert (first.text, second.text, second.actor, second.reason) == (TEXT, new, lead, "misheard")
    event = Event.objects.get()
    assert (event.action, event.actor, event.transcript) == ("edit-text", lead, transcript)
    assert "changed the text of" in narrate.tell(narrate.newest(study))[0].sentence


def test_an_edit_that_leaves_passages_changed_leads_to_their_list(client, transcript, lead):
    code_words(transcript, "in Suzhou")
    answer = post(client, transcript, TEXT.replace("Suzhou", "Wuxi"), do="save")
    assert answer["Location"] == reverse("coding:needs-eyes", args=[transcript.pk])
    assert "in Suzhou" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("text", ["", " \n ", TEXT])
@pytest.mark.parametrize("do", ["look", "save"])
def test_a_text_that_cannot_be_is_refused_and_kept_in_the_field(client, transcript, lead, text, do):
    page = post(client, transcript, text, do=do)
    assert page.status_code == 200
    assert page.context["form"].errors["text"]
    assert fields(page) == (text, 1)
    assert Transcript.objects.get().revision == 1


def test_the_second_of_two_is_shown_the_change_of_the_first(client, transcript, lead):
    first = make_lead(transcript.study)
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), first, revision=1, reason="checked")
    mine = TEXT.replace("Yes.", "Yes, yes.")
    for do in ("look", "save"):
        page = post(client, transcript, mine, do=do)
        content = page.content.decode()
        assert first.username in content and "checked" in content
        assert "<ins>Wuxi</ins>" in content
        assert fields(page) == (mine, 1)
    assert Transcript.objects.get().revision == 2


def test_changes_of_two_that_do_not_touch_are_put_together(client, transcript, lead):
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), make_lead(transcript.study), revision=1)
    page = post(client, transcript, TEXT.replace("Yes.", "Yes, yes."), do="merge")
    both = TEXT.replace("Suzhou", "Wuxi").replace("Yes.", "Yes, yes.")
    assert fields(page) == (both, 2)
    assert post(client, transcript, both, do="save", revision=2).status_code == 302
    assert Transcript.objects.get().text == both


def test_changes_to_the_same_words_are_not_put_together_but_kept(client, transcript, lead):
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), make_lead(transcript.study), revision=1)
    mine = TEXT.replace("Suzhou", "Beijing")
    page = post(client, transcript, mine, do="merge")
    assert not page.context["can_merge"]
    assert fields(page) == (mine, 1)
    assert fields(post(client, transcript, mine, do="mine")) == (mine, 2)


def test_revisions_are_listed_and_compared(client, transcript, lead):
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), lead, revision=1, reason="misheard")
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Beijing"), lead, revision=2)
    content = client.get(address(transcript, "revisions"), {"old": 1, "new": 3}).content.decode()
    assert "misheard" in content
    assert "<del>Suzhou</del>" in content and "<ins>Beijing</ins>" in content
    assert client.get(address(transcript, "revisions"), {"old": 7, "new": "x"}).status_code == 200


def test_an_old_text_is_brought_back_the_same_way(client, transcript, lead):
    code_words(transcript, "in Suzhou")
    before = list(Segment.objects.values())
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), lead, revision=1)
    page = client.get(address(transcript), {"revision": 1})
    assert fields(page) == (TEXT, 2)
    post(client, transcript, TEXT, do="save", revision=2)
    assert Transcript.objects.get().text == TEXT
    assert list(Segment.objects.values()) == before
    assert client.get(address(transcript), {"revision": 9}).status_code == 404


def test_turns_that_the_text_alone_does_not_tell_are_carried_along(study, lead):
    text = "We came back.\nWe stayed.\n"
    turns = [
        {"start": 0, "end": 13, "speaker": "A", "at": 0, "said": 0},
        {"start": 14, "end": 24, "speaker": "B", "at": 900, "said": 14},
    ]
    transcript = make_transcript(
        study, text=text, turns=turns, marks=[{"start": 17, "end": 23, "kind": "bold"}]
    )
    editing.save(transcript.pk, text.replace("came", "came all the way"), lead, revision=1)
    transcript.refresh_from_db()
    said = [(transcript.text[turn["start"] : turn["end"]], turn["speaker"]) for turn in transcript.turns]
    assert said == [("We came all the way back.", "A"), ("We stayed.", "B")]
    (mark,) = transcript.marks
    assert transcript.text[mark["start"] : mark["end"]] == "stayed"


def test_coders_take_passages_as_they_are_and_readers_only_look(client, study, transcript, lead):
    coded = code_words(transcript, "in Suzhou")
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), lead, revision=1)
    eyes = reverse("coding:needs-eyes", args=[transcript.pk])
    client.force_login(make_reader(study))
    assert "in Wuxi" in client.get(eyes).content.decode()
    assert client.post(eyes, {"passage": coded.content_object_id}).status_code == 403
    client.force_login(make_coder(study))
    client.post(eyes, {"passage": coded.content_object_id})
    assert not Segment.objects.get().needs_eyes
    assert "looked at a passage" in narrate.tell(narrate.newest(study))[0].sentence


@pytest.mark.parametrize("passages", [1, 5])
def test_the_page_of_changed_passages_takes_the_same_queries_whatever_their_number(
    client, transcript, lead, passages, django_assert_num_queries
):
    for number in range(passages):
        start = TEXT.index("in Suzhou") - number
        make_coded_segment(transcript, start=start, end=start + 9 + number)
    editing.save(transcript.pk, TEXT.replace("Suzhou", "Wuxi"), lead, revision=1)
    with django_assert_num_queries(5):  # user, transcript, passages, codings, texts
        client.get(reverse("coding:needs-eyes", args=[transcript.pk]))
    with django_assert_num_queries(3):  # user, transcript, revisions; no text but the compared
        client.get(address(transcript, "revisions"), {"old": 1, "new": 1})


def test_the_receipt_says_where_turns_get_other_numbers(client, transcript):
    client.force_login(make_lead(transcript.study))
    told = post(client, transcript, "INTERVIEWER: First of all?\n\n" + transcript.text).content.decode()
    before = len(transcript.turns)
    assert f"There are {before} turns, and will be {before + 1}" in told
    assert "Turn 1 before the edit" in told
    same = post(client, transcript, transcript.text.replace("We", "They", 1)).content.decode()
    assert "get other numbers" not in same
