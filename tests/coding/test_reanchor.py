"""Codings when the text is edited: each stays with its words, none is lost, and taking it back restores all."""

import json
import uuid

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from coding import markdown, memos, reanchor
from coding.models import CodedSegment, Segment
from interviews import editing, history
from interviews.models import Event, Speaker, TextRevision, Transcript
from interviews.turns import count_words
from tests.examples import STORED
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
)

pytestmark = pytest.mark.django_db
TEXT = (
    "INTERVIEWER: Who came with you?\n\n国伟：老𬭎和我一起回来👩🏽‍💻。我们不后悔。\n\n"
    "WENBO: We decided together, in the car park in Suzhou. It was good.\n\nWENBO: Yes.\n"
)


@pytest.fixture
def transcript():
    return make_transcript(text=TEXT)


def code_words(transcript, words, **more):
    start = transcript.text.index(words)
    return code_range(transcript, start, start + len(words), **more)


def code_range(transcript, start, end, **more):
    words = count_words(transcript.text[start:end])
    return make_coded_segment(transcript, start=start, end=end, words=words, **more)


def edit(transcript, text, actor=None, **more):
    present = Transcript.objects.get(pk=transcript.pk)
    actor = actor or make_lead(transcript.study)
    return editing.save(transcript.pk, text, actor, revision=present.revision, **more)


def segment_of(coded):
    return Segment.objects.get(coded_segments=coded)


def state_of_all():
    return list(Segment.objects.order_by("pk").values()), list(CodedSegment.objects.order_by("pk").values())


def check(transcript):
    text = Transcript.objects.get(pk=transcript.pk).text
    for segment in Segment.objects.filter(transcript=transcript.pk):
        assert segment.quote == text[segment.start : segment.end] != ""


def test_codings_go_with_their_words(transcript):
    before, after = code_words(transcript, "Who came"), code_words(transcript, "decided together")
    astral = code_words(transcript, "老𬭎和我一起回来👩🏽‍💻")
    _event, receipt = edit(transcript, TEXT.replace("with you", "back with you then"))
    assert [segment_of(coded).quote for coded in (before, after, astral)] == [
        "Who came",
        "decided together",
        "老𬭎和我一起回来👩🏽‍💻",
    ]
    assert (receipt.kept, receipt.moved, receipt.eyes) == (3, [], [])
    check(transcript)


def test_changed_words_need_eyes_and_are_listed_with_the_old_and_the_new(transcript):
    code = make_code(transcript.study, name="Place")
    coder = make_coder(transcript.study)
    coded = code_words(transcript, "car park in Suzhou", code=code, coder=coder)
    _event, receipt = edit(transcript, TEXT.replace("Suzhou", "Wuxi"))
    (fate,) = receipt.eyes
    assert (fate.old, fate.new, fate.turn) == ("car park in Suzhou", "car park in Wuxi", 3)
    assert fate.about == [("Place", coder.username)]
    segment = segment_of(coded)
    assert segment.needs_eyes
    assert (segment.quote, segment.words) == ("car park in Wuxi", 4)
    assert reanchor.waiting(Transcript.objects.get(pk=transcript.pk)) == receipt.eyes


def test_words_that_vanish_leave_the_coding_at_their_place(transcript):
    coded = code_words(transcript, "It was good.")
    _event, receipt = edit(transcript, TEXT.replace(" It was good.", ""))
    assert [fate.old for fate in receipt.eyes] == ["It was good."]
    assert CodedSegment.objects.filter(pk=coded.pk).exists()
    check(transcript)


def test_a_turn_put_elsewhere_takes_its_codings_along(transcript):
    coded = code_words(transcript, "我们不后悔")
    turn = "国伟：老𬭎和我一起回来👩🏽‍💻。我们不后悔。\n\n"
    _event, receipt = edit(transcript, TEXT.replace(turn, "") + "\n" + turn)
    assert segment_of(coded).quote == "我们不后悔"
    assert not segment_of(coded).needs_eyes
    assert len(receipt.kept * [1] + receipt.moved) == 1 and not receipt.eyes


def test_many_passages_whose_words_vanish_all_stay(transcript):
    start = TEXT.index("We decided")
    for end in range(start + 5, start + 44):
        make_coded_segment(transcript, start=start, end=end)
    words = TEXT[start : TEXT.index("WENBO: Yes")]
    edit(transcript, TEXT.replace(words, ""))
    assert CodedSegment.objects.count() == Segment.objects.filter(needs_eyes=True).count() == 39
    check(transcript)


def test_a_text_too_short_for_its_passages_is_refused(transcript):
    for end in range(2, 12):
        make_coded_segment(transcript, start=0, end=end)
    before = state_of_all()
    with pytest.raises(editing.Refused):
        edit(transcript, "x")
    assert state_of_all() == before
    assert Transcript.objects.get(pk=transcript.pk).text == TEXT


def test_codings_follow_who_speaks_in_the_new_text(transcript):
    study = transcript.study
    wenbo, guowei = make_respondent(study), make_respondent(study)
    Speaker.objects.filter(label="WENBO").update(respondent=wenbo)
    Speaker.objects.filter(label="国伟").update(respondent=guowei)
    coded = code_words(transcript, "It was good.", respondent=wenbo)
    edit(transcript, TEXT.replace(" It was good.", "\n\n国伟：It was good."))
    coded.refresh_from_db()
    assert coded.respondent == segment_of(coded).respondent == guowei


@pytest.mark.parametrize("way", ["undo", "restore"])
def test_taking_an_edit_back_restores_every_position(transcript, way):
    for words in ("Who came", "car park in Suzhou", "It was good.", "Yes.", "老𬭎", "decided together"):
        code_words(transcript, words)
    before = state_of_all()
    event, _receipt = edit(
        transcript, TEXT.replace("Suzhou. It was good.", "Wuxi.").replace("老𬭎和", "")[7:]
    )
    assert state_of_all() != before
    if way == "undo":
        history.undo(event, make_lead(transcript.study))
    else:
        edit(transcript, "Something else: 1.\n")
        edit(transcript, TEXT)
    assert state_of_all() == before
    present = Transcript.objects.get(pk=transcript.pk)
    assert (present.text, present.turns) == (TEXT, transcript.turns)


def test_an_undone_edit_can_be_redone(transcript):
    code_words(transcript, "car park in Suzhou")
    lead = make_lead(transcript.study)
    new = TEXT.replace("Suzhou", "Wuxi")
    event, _receipt = edit(transcript, new)
    after = state_of_all()
    undone = history.undo(event, lead)
    history.undo(undone, lead)
    assert Transcript.objects.get(pk=transcript.pk).text == new
    # The words are looked at once: taking the edit back settles them, so making it again asks again.
    assert [row["quote"] for row in state_of_all()[0]] == [row["quote"] for row in after[0]]


def test_an_edit_is_not_undone_over_a_later_one(transcript):
    event, _receipt = edit(transcript, TEXT + "More.\n")
    edit(transcript, TEXT + "More and more.\n")
    with pytest.raises(history.Conflict, match="edited again"):
        history.undo(event, make_lead(transcript.study))


def test_what_was_looked_at_needs_no_more_eyes(transcript):
    coded = code_words(transcript, "car park in Suzhou")
    edit(transcript, TEXT.replace("Suzhou", "Wuxi"))
    event = reanchor.settle(transcript, [segment_of(coded).pk], make_coder(transcript.study))
    assert event.action == "settle-passages"
    assert not segment_of(coded).needs_eyes
    history.undo(event, make_lead(transcript.study))
    assert segment_of(coded).needs_eyes


# A browser that still has the old text


def post(client, transcript, *changes, revision):
    body = {"revision": revision, "changes": changes}
    address = reverse("api:make-changes", args=[transcript.pk])
    return client.post(address, json.dumps(body), content_type="application/json").json()["results"]


def apply(code, start, end):
    return {"id": str(uuid.uuid4()), "do": "apply", "start": start, "end": end, "code": code.pk}


def range_of(words, text=TEXT):
    return text.index(words), text.index(words) + len(words)


def test_waiting_changes_made_on_older_texts_find_their_words(client, transcript):
    client.force_login(make_coder(transcript.study))
    code = make_code(transcript.study)
    edit(transcript, "Head.\n\n" + TEXT)
    edit(transcript, "Head.\n\n" + TEXT.replace("Suzhou", "Wuxi"))
    good, bad = apply(code, *range_of("It was good")), apply(code, *range_of("in Suzhou"))
    results = post(client, transcript, good, bad, revision=1)
    assert [result["state"] for result in results] == ["done", "refused"]
    assert CodedSegment.objects.get(pk=good["id"]).content_object.quote == "It was good"
    assert post(client, transcript, good, revision=1)[0]["state"] == "already"


def test_a_waiting_resize_and_split_find_their_words(client, transcript):
    coder = make_coder(transcript.study)
    client.force_login(coder)
    coded = code_words(transcript, "We decided together, in the car park", coder=coder)
    edit(transcript, "Head.\n\n" + TEXT)
    start, end = range_of("together, in the car park")
    resize = {"id": str(uuid.uuid4()), "do": "resize", "target": str(coded.pk), "start": start, "end": end}
    at = range_of("together,")[1]
    split = {"id": str(uuid.uuid4()), "do": "split", "target": str(coded.pk), "end": at, "start": at + 1}
    assert [each["state"] for each in post(client, transcript, resize, split, revision=1)] == ["done", "done"]
    quotes = CodedSegment.objects.values_list("content_object__quote", flat=True)
    assert sorted(quotes) == ["in the car park", "together,"]


def test_a_revision_that_never_was_is_refused(client, transcript):
    client.force_login(make_coder(transcript.study))
    change = apply(make_code(transcript.study), 0, 4)
    assert post(client, transcript, change, revision=9)[0]["state"] == "refused"


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(TEXT)),
        st.integers(0, 12),
        st.sampled_from(["", "x", " neu ", "老𬭎", "\n\nANNA: "]),
    ),
    min_size=1,
    max_size=4,
)


def edited(text, edits):
    for at, length, put_in in edits:
        text = text[:at] + put_in + text[at + length :]
    return text


@STORED
@given(edits=EDITS, start=st.integers(0, len(TEXT) - 2), length=st.integers(1, 60))
def test_coding_then_editing_comes_to_the_same_as_editing_then_coding(client, edits, start, length):
    study = make_study()
    code, coder, lead = make_code(study), make_coder(study), make_lead(study)
    client.force_login(coder)
    new, end = edited(TEXT, edits), min(len(TEXT), start + length)
    if new == TEXT or not new.strip() or not TEXT[start:end].strip():
        return
    coded_first, edited_first = make_transcript(study, text=TEXT), make_transcript(study, text=TEXT)
    change = apply(code, start, end)
    assert post(client, coded_first, change, revision=1)[0]["state"] == "done"
    edit(coded_first, new, lead)
    edit(edited_first, new, lead)
    state = post(client, edited_first, apply(code, start, end), revision=1)[0]["state"]
    one = Segment.objects.get(transcript=coded_first)
    if one.needs_eyes:
        assert state == "refused"
    else:
        other = Segment.objects.get(transcript=edited_first)
        assert (one.start, one.end, one.quote, one.respondent) == (
            other.start,
            other.end,
            other.quote,
            other.respondent,
        )


@STORED
@given(
    edits=EDITS,
    more=EDITS,
    ranges=st.sets(st.tuples(st.integers(0, len(TEXT) - 2), st.integers(1, 60)), max_size=8),
)
def test_whatever_is_edited_nothing_is_lost_and_the_old_text_brings_all_back(edits, more, ranges):
    study = make_study()
    transcript, code, coder, lead = (
        make_transcript(study, text=TEXT),
        make_code(study),
        make_coder(study),
        make_lead(study),
    )
    spans = {(start, min(len(TEXT), start + length)) for start, length in ranges}
    for start, end in spans:
        code_range(transcript, start, end, code=code, coder=coder)
    before = state_of_all()
    made = []
    for text in (edited(TEXT, edits), edited(edited(TEXT, edits), more)):
        if text.strip() and text != Transcript.objects.get(pk=transcript.pk).text:
            try:
                made.append(edit(transcript, text, lead)[0])
            except editing.Refused:
                continue
            check(transcript)
            assert CodedSegment.objects.filter(content_object__transcript=transcript).count() == len(spans)
    if Transcript.objects.get(pk=transcript.pk).text != TEXT:
        edit(transcript, TEXT, lead)
    assert state_of_all() == before
    assert (
        TextRevision.objects.filter(transcript=transcript).count()
        == Transcript.objects.get(pk=transcript.pk).revision
    )
    assert Event.objects.filter(transcript=transcript, action="edit-text").exists() == bool(made)


# Links in memos


def link(transcript, words, text="See"):
    """A memo's link to words, and the range it leads to."""
    start = transcript.text.index(words)
    address = reverse("coding:transcript", args=[transcript.pk])
    return f"[{text}]({address}#at{start}-{start + len(words)})"


def linked(memo, transcript):
    """The words that the links of a memo lead to now."""
    memo.refresh_from_db()
    text = Transcript.objects.get(pk=transcript.pk).text
    return sorted(text[start:end] for _pk, start, end in markdown.links(memo.text)[1])


def test_links_in_memos_go_with_their_words_and_come_back(transcript):
    author, other = make_coder(transcript.study), make_transcript(transcript.study, text=TEXT)
    code_words(transcript, "in Suzhou")
    words = link(transcript, "decided together") + " and " + link(transcript, "in Suzhou", "国")
    memo = memos.write(transcript.study, author, words, False)
    elsewhere = memos.write(transcript.study, author, link(other, "decided together"), True)
    as_written = memo.text, elsewhere.text

    event, _receipt = edit(transcript, TEXT.replace("Who came", "Tell me, who really came"))

    assert linked(memo, transcript) == ["decided together", "in Suzhou"]
    elsewhere.refresh_from_db()
    assert (elsewhere.text, memo.changed_at) == (as_written[1], memo.created_at)
    history.undo(event, author)
    memo.refresh_from_db()
    assert memo.text == as_written[0]


def test_a_link_follows_the_coding_of_the_same_words(transcript):
    memo = memos.write(transcript.study, make_coder(transcript.study), link(transcript, "in Suzhou"), True)
    coded = code_words(transcript, "in Suzhou")
    edit(transcript, TEXT.replace("in Suzhou", "in old Wuxi"))
    assert linked(memo, transcript) == [segment_of(coded).quote]


def test_a_link_to_words_that_never_were_stays_as_it_is(transcript):
    address = reverse("coding:transcript", args=[transcript.pk])
    text = f"[a]({address}#at900-905) [b]({address}#at7-7) and {address}"
    memo = memos.write(transcript.study, make_coder(transcript.study), text, True)
    edit(transcript, "Head\n\n" + TEXT)
    memo.refresh_from_db()
    assert memo.text == text


def test_undoing_an_edit_keeps_what_was_written_in_a_memo_meanwhile(transcript):
    author = make_coder(transcript.study)
    memo = memos.write(transcript.study, author, link(transcript, "decided together"), True)
    event, _receipt = edit(transcript, "Head\n\n" + TEXT)
    memo.refresh_from_db()
    memos.edit(memo, memo.text + " More.", True)
    history.undo(event, author)
    assert linked(memo, transcript) == ["decided together"]
    assert memo.text.endswith(" More.")
