"""Changes from a coder's browser: in order, all or none of a request, each at most once."""

import json
import threading
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding import codebook
from coding.models import CodedSegment, Memo, Segment
from interviews import editing
from interviews.models import Event, Speaker
from interviews.tokens import make_api_token
from interviews.turns import count_words
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_segment,
    make_study,
    make_transcript,
    make_user,
)

pytestmark = pytest.mark.django_db
ODD = "国伟：我们一起回来👩🏽‍💻，老𬭎也在。\n\nINTERVIEWER: Who was “𬭎”?\n国伟：老同学 🙂 from Suzhou.\n"


def apply(code, start, end, pk=None):
    return {"id": pk or str(uuid.uuid4()), "do": "apply", "start": start, "end": end, "code": code.pk}


def withdraw(target, pk=None):
    return {"id": pk or str(uuid.uuid4()), "do": "withdraw", "target": str(target)}


def undo(change, pk=None):
    return {"id": pk or str(uuid.uuid4()), "do": "undo", "target": change["id"]}


def address(transcript):
    return reverse("api:make-changes", args=[transcript.pk])


def post(client, transcript, *changes, revision=1, **more):
    body = {"revision": revision, "changes": changes}
    return client.post(address(transcript), json.dumps(body), content_type="application/json", **more)


def states(response):
    assert response.status_code == 200, response.content
    return [result["state"] for result in response.json()["results"]]


def reasons(response):
    return [result["reason"] for result in response.json()["results"]]


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def transcript(study):
    return make_transcript(study)


@pytest.fixture
def coder(study, client):
    coder = make_coder(study)
    client.force_login(coder)
    return coder


def test_a_code_is_applied_with_all_that_reports_need(client, study, coder):
    wenbo = make_respondent(study)
    transcript = make_transcript(study, respondent=wenbo)
    code = make_code(study, revision=3)
    change = apply(code, 41, 56)
    answer = post(client, transcript, change)
    assert states(answer) == ["done"]
    coded = CodedSegment.objects.select_related("content_object").get(pk=change["id"])
    assert (coded.tag, coded.coder, coded.respondent, coded.code_revision) == (code, coder, wenbo, 3)
    segment = coded.content_object
    assert segment.quote == transcript.text[41:56] == "We decided toge"
    assert (segment.words, segment.respondent) == (3, wenbo)
    event = Event.objects.get(change=change["id"])
    assert (event.action, event.actor, event.transcript) == ("apply", coder, transcript)
    assert answer.json()["event"] == event.pk
    assert answer.json()["revision"] == 1


def test_a_batch_sent_twice_changes_once(client, study, transcript, coder):
    code = make_code(study)
    applied = apply(code, 0, 5)
    batch = [applied, apply(code, 2, 9), withdraw(applied["id"])]
    assert states(post(client, transcript, *batch)) == ["done"] * 3
    after_first = list(CodedSegment.objects.values())
    events = Event.objects.count()
    assert states(post(client, transcript, *batch)) == ["already"] * 3
    assert list(CodedSegment.objects.values()) == after_first
    assert Event.objects.count() == events
    assert [str(row["id"]) for row in after_first] == [batch[1]["id"]]


def test_one_id_twice_in_a_batch_changes_once(client, study, transcript, coder):
    change = apply(make_code(study), 0, 5)
    assert states(post(client, transcript, change, change)) == ["done", "already"]


def test_the_same_code_again_on_the_same_words_names_the_coded_segment_there_is(
    client, study, transcript, coder
):
    code = make_code(study)
    first, again = apply(code, 0, 5), apply(code, 0, 5)
    answer = post(client, transcript, first, again)
    assert states(answer) == ["done", "already"]
    assert answer.json()["results"][1]["coded_segment"] == first["id"]
    assert CodedSegment.objects.count() == 1


def test_changes_are_made_in_order(client, study, transcript, coder):
    code = make_code(study)
    one, two = apply(code, 0, 5), apply(code, 0, 5)
    assert states(post(client, transcript, one, withdraw(one["id"]), two)) == ["done"] * 3
    assert [str(pk) for pk in CodedSegment.objects.values_list("pk", flat=True)] == [two["id"]]


def test_a_failure_in_the_middle_leaves_nothing(client, study, transcript, coder, monkeypatch):
    from coding import changes

    def fail(*args):
        raise RuntimeError("power cut")

    monkeypatch.setitem(changes.DOERS, "withdraw", fail)
    client.raise_request_exception = False
    first = apply(make_code(study), 0, 5)
    assert post(client, transcript, first, withdraw(first["id"])).status_code == 500
    assert not CodedSegment.objects.exists() and not Segment.objects.exists() and not Event.objects.exists()


def test_what_cannot_be_done_is_refused_with_a_reason_and_stops_nothing_else(
    client, study, transcript, coder
):
    code, retired = make_code(study), make_code(study, "Old", retired_at=timezone.now())
    other = make_coded_segment(transcript, code, start=3, end=9)
    length = len(transcript.text)
    bad = [
        apply(retired, 0, 5),
        apply(make_code(), 0, 5),  # of another study
        {**apply(code, 0, 5), "code": 987654321},
        apply(code, 0, length + 1),
        apply(code, 7, 7),
        apply(code, 9, 7),
        apply(code, transcript.text.index("\n"), transcript.text.index("\n") + 2),
        withdraw(other.pk),
        undo(apply(code, 0, 5)),
    ]
    good = apply(code, 0, length)
    answer = post(client, transcript, *bad, good)
    assert states(answer) == ["refused"] * len(bad) + ["done"]
    said = reasons(answer)
    assert said[0] == "“Old” is retired, so it cannot be applied."
    assert said[1] == said[2] == "There is no such code in this study."
    assert said[3] == said[4] == said[5] == "These words are not in the text."
    assert said[6] == "There are no words in this selection."
    assert said[7] == "Only the coder who applied a code can change or withdraw it."
    assert said[8] == "What should be undone was not found."
    assert set(CodedSegment.objects.values_list("pk", flat=True)) == {other.pk, uuid.UUID(good["id"])}


def test_a_refused_change_may_be_sent_again_when_it_has_become_possible(client, study, transcript, coder):
    code = make_code(study, retired_at=timezone.now())
    change = apply(code, 0, 5)
    assert states(post(client, transcript, change)) == ["refused"]
    code.retired_at = None
    code.save()
    assert states(post(client, transcript, change)) == ["done"]


def test_withdrawing_what_is_gone_already_is_no_error(client, study, transcript, coder):
    assert states(post(client, transcript, withdraw(uuid.uuid4()))) == ["already"]


def test_withdrawing_reaches_no_other_transcript(client, study, transcript, coder):
    elsewhere = make_coded_segment(make_transcript(study), coder=coder)
    assert states(post(client, transcript, withdraw(elsewhere.pk))) == ["already"]
    assert CodedSegment.objects.filter(pk=elsewhere.pk).exists()


def test_undoing_reaches_no_other_coder_and_no_other_transcript(client, study, transcript, coder):
    code = make_code(study)
    theirs = apply(code, 0, 5)
    other = Client()
    other.force_login(make_coder(study))
    post(other, transcript, theirs)
    mine = apply(code, 0, 5)
    post(client, make_transcript(study), mine)
    assert states(post(client, transcript, undo(theirs), undo(mine))) == ["refused"] * 2
    assert CodedSegment.objects.count() == 2


@pytest.mark.parametrize("where", ["this study", "another study"])
def test_an_id_that_is_taken_is_refused(client, study, transcript, coder, where):
    there = transcript if where == "this study" else make_transcript()
    taken = make_coded_segment(there)
    good = apply(make_code(study), 0, 5)
    answer = post(client, transcript, apply(make_code(study), 0, 5, pk=str(taken.pk)), good)
    assert states(answer) == ["refused", "done"]


def test_a_stale_revision_refuses_all_but_what_is_done_already(client, study, transcript, coder):
    done, late = apply(make_code(study), 0, 5), apply(make_code(study), 0, 5)
    post(client, transcript, done)
    transcript.revision = 2
    transcript.save()
    answer = post(client, transcript, done, late)
    assert states(answer) == ["already", "refused"]
    assert answer.json()["revision"] == 2
    assert "The text was changed meanwhile" in answer.json()["results"][1]["reason"]


def test_an_edit_in_the_way_names_who_made_it_when_and_where_to_look(client, study, coder):
    transcript = make_transcript(study, text="WENBO: We decided together, in the car park.\n")
    editor = make_lead(study)
    text = "WENBO: Well. We chose it alone, in the car park.\n"
    editing.save(transcript.pk, text, editor, revision=1)
    client.force_login(coder)
    start = transcript.text.index("decided together")
    answer = post(client, transcript, apply(make_code(study), start, start + 16))
    [result] = answer.json()["results"]
    assert (result["state"], result["why"]) == ("refused", "edited")
    assert f"By {editor.username}, {date_format(timezone.localdate(), 'j F Y')}" in result["reason"]
    near = slice(*result["near"])
    assert text[near] and near.start >= text.index("We ")


def test_two_coders_on_one_range_both_stay(client, study, transcript, coder):
    code = make_code(study)
    post(client, transcript, apply(code, 0, 5))
    other = Client()
    other.force_login(make_coder(study))
    theirs = apply(code, 0, 5)
    assert states(post(other, transcript, theirs)) == ["done"]
    assert Segment.objects.count() == 1
    assert CodedSegment.objects.count() == 2
    post(other, transcript, withdraw(theirs["id"]))
    assert CodedSegment.objects.get().coder == coder


def test_apply_withdraw_and_undo_lead_back_and_forth(client, study, transcript, coder):
    one = apply(make_code(study), 0, 5)
    gone = withdraw(one["id"])
    post(client, transcript, one, gone)
    back, forth = undo(gone), None
    assert states(post(client, transcript, back)) == ["done"]
    assert CodedSegment.objects.filter(pk=one["id"]).exists()
    forth = undo(back)
    assert states(post(client, transcript, forth)) == ["done"]
    assert not CodedSegment.objects.exists()
    answer = post(client, transcript, undo(back))
    assert states(answer) == ["refused"]
    assert reasons(answer) == ["This is undone already."]
    assert states(post(client, transcript, undo(one))) == ["refused"]  # it is withdrawn


def test_memos_of_a_withdrawn_coding_stay_with_the_passage_and_come_back_with_it(
    client, study, transcript, coder
):
    one = apply(make_code(study), 0, 5)
    post(client, transcript, one)
    coded = CodedSegment.objects.get()
    memo = Memo.objects.create(study=study, author=coder, text="why", coded_segment=coded)
    gone = withdraw(one["id"])
    assert states(post(client, transcript, gone)) == ["done"]
    memo.refresh_from_db()
    assert (memo.coded_segment, memo.segment_id) == (None, coded.content_object_id)
    assert states(post(client, transcript, undo(gone))) == ["done"]
    memo.refresh_from_db()
    assert (memo.coded_segment, memo.segment) == (coded, None)


def test_an_applied_code_that_bears_a_memo_is_not_undone_silently(client, study, transcript, coder):
    one = apply(make_code(study), 0, 5)
    post(client, transcript, one)
    Memo.objects.create(study=study, author=coder, text="why", coded_segment_id=one["id"])
    answer = post(client, transcript, undo(one))
    assert reasons(answer)[0].startswith("This has been used since, so it cannot be undone")
    assert CodedSegment.objects.filter(pk=one["id"]).exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_range_of_any_text_is_stored_to_the_exact_character(client, db, data):
    signs = st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")
    text = data.draw(
        st.text(st.one_of(signs, st.sampled_from("𬭎🙂国\u200d👩🏽 ab\n")), min_size=1, max_size=80)
    )
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    study = make_study()
    person = make_respondent(study)
    transcript = make_transcript(study, text=text, respondent=person)
    coder = make_coder(study)
    client.force_login(coder)
    change = apply(make_code(study), start, end)
    answer = post(client, transcript, change)
    quote = text[start:end]
    if not quote.strip():
        assert reasons(answer) == ["There are no words in this selection."]
        return
    assert states(answer) == ["done"]
    segment = CodedSegment.objects.get(pk=change["id"]).content_object
    assert segment.quote == quote
    assert segment.words == count_words(quote)
    speaks = any(
        max(start, turn["start"]) < min(end, turn["end"])
        and not Speaker.objects.filter(
            transcript=transcript, label=turn["speaker"] or "", is_interviewer=True
        ).exists()
        for turn in transcript.turns
    )
    assert segment.respondent == (person if speaks else None)


def test_emoji_and_rare_signs_are_cut_where_python_cuts_them(client, study, coder):
    transcript = make_transcript(study, text=ODD)
    code = make_code(study)
    wanted = ["👩🏽‍💻", "𬭎", "国伟：", "老同学 🙂"]
    changes = [apply(code, ODD.index(words), ODD.index(words) + len(words)) for words in wanted]
    assert states(post(client, transcript, *changes)) == ["done"] * 4
    quotes = {str(row.pk): row.content_object.quote for row in CodedSegment.objects.all()}
    assert [quotes[change["id"]] for change in changes] == wanted


# Who may


def test_a_token_does_without_a_cookie_and_a_session_needs_its_csrf_token(study, transcript):
    coder = make_coder(study)
    secret = make_api_token(coder)
    secret = secret if isinstance(secret, str) else secret[-1]
    strict = Client(enforce_csrf_checks=True)
    bearer = {"headers": {"Authorization": f"Bearer {secret}"}}
    assert states(post(strict, transcript, apply(make_code(study), 0, 5), **bearer)) == ["done"]
    strict.force_login(coder)
    change = apply(make_code(study), 0, 5)
    assert post(strict, transcript, change).status_code == 403
    strict.get(reverse("coding:transcript", args=[transcript.pk]))
    token = strict.cookies["csrftoken"].value
    assert states(post(strict, transcript, change, headers={"X-CSRFToken": token})) == ["done"]


def test_changes_of_another_person_are_not_made_in_my_name(client, study, transcript, coder):
    """A page left open while somebody else signs in on the same browser."""
    change = apply(make_code(study), 0, 5)
    body = {"revision": 1, "coder": make_coder(study).pk, "changes": [change]}
    answer = client.post(address(transcript), json.dumps(body), content_type="application/json")
    assert answer.status_code == 401
    assert not CodedSegment.objects.exists()
    answer = client.post(
        address(transcript), json.dumps({**body, "coder": coder.pk}), content_type="application/json"
    )
    assert states(answer) == ["done"]


def test_a_reader_may_look_and_not_change(client, study, transcript):
    client.force_login(make_reader(study))
    answer = post(client, transcript, apply(make_code(study), 0, 5))
    assert answer.status_code == 403
    assert answer.json()["detail"]
    assert client.get(reverse("api:segments", args=[transcript.pk])).status_code == 200


def test_a_stranger_finds_no_transcript(client, study, transcript):
    client.force_login(make_lead())
    for name in ("segments", "changes"):
        assert client.get(reverse(f"api:{name}", args=[transcript.pk])).status_code == 404
    assert post(client, transcript, apply(make_code(study), 0, 5)).status_code == 404


def test_nobody_changes_anything_without_signing_in(client, study, transcript):
    for name in ("segments", "changes"):
        assert client.get(reverse(f"api:{name}", args=[transcript.pk])).status_code == 401
    assert post(client, transcript, apply(make_code(study), 0, 5)).status_code == 401


def test_a_removed_transcript_is_not_coded(client, study, coder):
    transcript = make_transcript(study, removed_at=timezone.now())
    assert post(client, transcript, apply(make_code(study), 0, 5)).status_code == 404


MALFORMED = [
    {},
    {"revision": 1},
    {"revision": 1, "changes": [{"id": "x", "do": "withdraw", "target": str(uuid.uuid4())}]},
    {"revision": 1, "changes": [{"id": str(uuid.uuid4()), "do": "dance"}]},
    {"revision": 1, "changes": [{"id": str(uuid.uuid4()), "do": "apply", "start": -1, "end": 2, "code": 1}]},
    {"revision": 1, "changes": [{"id": str(uuid.uuid4()), "do": "apply", "start": 0, "code": 1}]},
    {
        "revision": 1,
        "changes": [{"id": str(uuid.uuid4()), "do": "apply", "start": 0, "end": 10**12, "code": 1}],
    },
    {"revision": 1, "changes": [{"id": str(uuid.uuid4()), "do": "withdraw"}]},
    {"revision": 1, "changes": [{"id": str(uuid.uuid4()), "do": "undo", "target": None}] * 1001},
]


@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_malformed_is_refused_as_a_whole(client, transcript, coder, body):
    answer = client.post(address(transcript), json.dumps(body), content_type="application/json")
    assert answer.status_code == 422
    assert not Event.objects.exists()


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30])
def test_any_number_for_a_code_is_answered(client, transcript, coder, number):
    change = {"id": str(uuid.uuid4()), "do": "apply", "start": 0, "end": 5, "code": number}
    answer = post(client, transcript, change)
    assert answer.status_code == 422 or states(answer) == ["refused"]


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_any_number_of_a_transcript_or_event_is_answered(client, transcript, coder, number):
    assert client.get(f"/api/transcripts/{number}/segments/").status_code in (404, 422)
    answer = client.get(reverse("api:changes", args=[transcript.pk]), {"after": number})
    assert answer.status_code in (200, 422)


# Reading


def test_the_segments_come_in_columns_in_text_order(client, study, transcript, coder):
    code = make_code(study)
    late = make_coded_segment(transcript, code, coder, start=30, end=40)
    early = make_coded_segment(transcript, code, start=0, end=4)
    answer = client.get(reverse("api:segments", args=[transcript.pk])).json()
    assert answer["id"] == [early.pk.hex, late.pk.hex]
    assert (answer["start"], answer["end"]) == ([0, 30], [4, 40])
    assert answer["code"] == [code.pk] * 2
    assert answer["coder"] == [early.coder_id, coder.pk]
    assert answer["coders"] == {str(early.coder_id): early.coder.username, str(coder.pk): coder.username}


def test_what_others_did_since_an_event_is_told(client, study, transcript, coder):
    code = make_code(study)
    kept, gone = apply(code, 0, 5), apply(code, 8, 12)
    event = post(client, transcript, kept).json()["event"]
    other = Client()
    watcher = make_coder(study)
    other.force_login(watcher)
    post(other, transcript, gone, withdraw(gone["id"]))
    theirs = apply(code, 20, 25)
    last = post(other, transcript, theirs).json()["event"]
    answer = client.get(reverse("api:changes", args=[transcript.pk]), {"after": event}).json()
    assert answer["event"] == last
    assert uuid.UUID(theirs["id"]).hex in answer["id"]
    assert answer["gone"] == [uuid.UUID(gone["id"]).hex]
    assert answer["coders"][str(watcher.pk)] == watcher.username


def test_nothing_is_told_of_other_transcripts(client, study, transcript, coder):
    post(client, make_transcript(study), apply(make_code(study), 0, 5))
    post(client, make_transcript(), apply(make_code(), 0, 5))
    answer = client.get(reverse("api:changes", args=[transcript.pk]), {"after": 0}).json()
    assert (answer["id"], answer["gone"]) == ([], [])


def test_a_merge_of_codes_is_told_in_each_transcript_it_touches(client, study, transcript, coder):
    old, new = make_code(study), make_code(study)
    here = make_coded_segment(transcript, old, coder)
    there = make_coded_segment(make_transcript(study), old, coder)
    twice = make_coded_segment(transcript, old, coder, start=20, end=30)
    make_coded_segment(transcript, new, coder, start=20, end=30)
    event = study.last_event_id()
    codebook.merge(old, into=new, actor=make_lead(study))
    answer = client.get(reverse("api:changes", args=[transcript.pk]), {"after": event}).json()
    assert (here.pk.hex, new.pk) in zip(answer["id"], answer["code"], strict=True)
    assert twice.pk.hex in answer["gone"]
    assert there.pk.hex not in answer["id"]
    assert there.pk.hex not in answer["gone"]


def test_events_come_again_for_a_while_as_one_may_be_seen_late(client, study, transcript, coder):
    change = apply(make_code(study), 0, 5)
    event = post(client, transcript, change).json()["event"]
    url = reverse("api:changes", args=[transcript.pk])
    assert client.get(url, {"after": event}).json()["id"] == [uuid.UUID(change["id"]).hex]
    Event.objects.update(at=timezone.now() - timezone.timedelta(minutes=1))
    assert client.get(url, {"after": event}).json()["id"] == []


# Queries


def test_page_and_codings_take_at_most_eight_queries_whatever_the_size(client, study, coder):
    taken = []
    for size in (1, 60):
        transcript = make_transcript(study, text="WENBO: one two three four\n" * size)
        for n in range(size):
            make_coded_segment(transcript, make_code(study), coder, start=n * 10, end=n * 10 + 9)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("coding:transcript", args=[transcript.pk]))
            client.get(reverse("api:segments", args=[transcript.pk]))
        taken.append(len(queries))
    assert taken[0] == taken[1] <= 8


def test_applying_one_code_takes_the_same_queries_whatever_the_size(
    client, study, coder, django_assert_max_num_queries
):
    transcript = make_transcript(study, text="WENBO: one two three four\n" * 200)
    for n in range(60):
        make_coded_segment(transcript, make_code(study), coder, start=n * 10, end=n * 10 + 9)
    client.get(reverse("api:segments", args=[transcript.pk]))
    with django_assert_max_num_queries(21):  # savepoints and the token or session included
        assert states(post(client, transcript, apply(make_code(study), 3, 8))) == ["done"]


# Reshaping


def change(do, **fields):
    return {
        "id": str(uuid.uuid4()),
        "do": do,
        **{key: str(value) if key in ("target", "other") else value for key, value in fields.items()},
    }


def ranges():
    rows = CodedSegment.objects.order_by("content_object__start", "tag")
    return [
        (row.content_object.start, row.content_object.end, row.tag.name)
        for row in rows.select_related("content_object", "tag")
    ]


def test_a_coding_is_resized_recoded_split_and_merged_and_each_is_undone(client, study, transcript, coder):
    one, two = make_code(study, "One"), make_code(study, "Two")
    applied = apply(one, 0, 20)
    assert states(post(client, transcript, applied)) == ["done"]
    steps = [
        (change("resize", target=applied["id"], start=5, end=25), [(5, 25, "One")]),
        (change("recode", target=applied["id"], code=two.pk), [(5, 25, "Two")]),
        (split := change("split", target=applied["id"], end=12, start=14), [(5, 12, "Two"), (14, 25, "Two")]),
        (change("merge", target=applied["id"], other=split["id"]), [(5, 25, "Two")]),
    ]
    seen = [ranges()]
    for step, expected in steps:
        assert states(post(client, transcript, step)) == ["done"]
        assert states(post(client, transcript, step)) == ["already"]
        assert ranges() == expected
        seen.append(expected)
    for step, _expected in reversed(steps):
        seen.pop()
        assert states(post(client, transcript, undo(step))) == ["done"]
        assert ranges() == seen[-1]


def test_reshaping_onto_what_is_there_is_refused_and_leaves_both(client, study, transcript, coder):
    one, two = make_code(study, "One"), make_code(study, "Two")
    first, second = apply(one, 0, 20), apply(one, 22, 30)
    other = apply(two, 0, 20)
    post(client, transcript, first, second, other)
    before = ranges()
    answer = post(
        client,
        transcript,
        change("resize", target=first["id"], start=22, end=30),
        change("recode", target=first["id"], code=two.pk),
        change("split", target=first["id"], end=9, start=7),
        change("merge", target=first["id"], other=other["id"]),
        change("merge", target=first["id"], other=first["id"]),
    )
    assert states(answer) == ["refused"] * 5
    assert all(reasons(answer))
    assert ranges() == before


@pytest.mark.parametrize("do", ["resize", "recode", "split", "merge"])
def test_nobody_reshapes_anothers_coding(client, study, transcript, coder, do):
    code = make_code(study)
    theirs = make_coded_segment(transcript, code, make_coder(study), 0, 20)
    fields = {"start": 5, "end": 4 if do == "split" else 9, "code": code.pk, "other": theirs.pk}
    wanted = {"resize": ["start", "end"], "recode": ["code"], "split": ["start", "end"], "merge": ["other"]}[
        do
    ]
    answer = post(client, transcript, change(do, target=theirs.pk, **{key: fields[key] for key in wanted}))
    assert states(answer) == ["refused"]
    assert "Only the coder" in reasons(answer)[0]


def test_memos_follow_the_coding_that_stays_when_two_are_merged(client, study, transcript, coder):
    code = make_code(study)
    first, second = apply(code, 0, 10), apply(code, 12, 20)
    post(client, transcript, first, second)
    memo = Memo.objects.create(study=study, author=coder, text="Why here?", coded_segment_id=second["id"])
    assert states(post(client, transcript, change("merge", target=first["id"], other=second["id"]))) == [
        "done"
    ]
    memo.refresh_from_db()
    assert str(memo.coded_segment_id) == first["id"]


# Many at once


@pytest.mark.django_db(transaction=True)
def test_two_coders_and_two_tabs_at_once_lose_nothing_and_double_nothing():
    study = make_study()
    transcript = make_transcript(study, text="WENBO: one two three four\n" * 40)
    codes = [make_code(study) for _ in range(4)]
    coders = [make_coder(study), make_coder(study)]
    shared = {coder.pk: [apply(codes[n % 4], n, n + 8) for n in range(25)] for coder in coders}
    failures, answers = [], []

    def work(coder, seed):
        client = Client()
        client.force_login(coder)
        try:
            # Both tabs of a coder resend the same changes, as after a crash, and both code the same ranges anew.
            own = [apply(codes[(n + seed) % 4], 300 + n, 308 + n) for n in range(25)]
            for theirs, mine in zip(shared[coder.pk], own, strict=True):
                answers.append((coder.pk, post(client, transcript, theirs, mine).json()))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(coder, seed)) for coder in coders for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(answers) == 100
    said = [(result["id"], result["state"]) for _coder, answer in answers for result in answer["results"]]
    assert {state for _id, state in said} <= {"done", "already"}
    for coder in coders:
        for change in shared[coder.pk]:
            assert sorted(state for pk, state in said if pk == change["id"]) == ["already", "done"]
    done = [pk for pk, state in said if state == "done"]
    assert len(done) == len(set(done))
    assert {str(pk) for pk in CodedSegment.objects.values_list("pk", flat=True)} == set(done)
    assert {str(pk) for pk in Event.objects.values_list("change", flat=True)} == set(done)
    ranges = set(CodedSegment.objects.values_list("content_object__start", "tag_id", "coder_id"))
    assert len(ranges) == CodedSegment.objects.count() == 2 * (25 + 50)
    assert Segment.objects.count() == 50


def test_a_person_without_the_study_is_nobodys_coder(client, transcript):
    client.force_login(make_user(is_superuser=True, is_staff=True))
    assert client.get(reverse("api:segments", args=[transcript.pk])).status_code == 404


def test_a_segment_that_is_there_is_used_again(client, study, transcript, coder):
    segment = make_segment(transcript, 0, 5)
    change = apply(make_code(study), 0, 5)
    post(client, transcript, change)
    assert CodedSegment.objects.get(pk=change["id"]).content_object == segment
    assert Segment.objects.count() == 1
