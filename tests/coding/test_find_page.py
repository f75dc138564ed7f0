"""The page Find: words across transcripts, and coding what was found as one change."""

import re
from html import unescape

import pytest
from django.urls import reverse

from coding import search
from coding.demo import load_demo
from coding.models import CodedSegment, Segment
from interviews.models import Event, Transcript
from tests.factories import (
    make_code,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db
TEXT = "INTERVIEWER: With whom?\n\nWENBO: With a friend. A friend of 老𬭎 came. No more.\n\nINTERVIEWER: A friend?\n"


def find(client, study, status=200, **params):
    answer = client.get(reverse("coding:find", args=[study.slug]), params)
    assert answer.status_code == status
    return answer


def code(client, study, params, **posted):
    address = reverse("coding:code-found", args=[study.slug], query=params)
    return client.post(address, posted)


def hits(answer):
    return [
        unescape(words) for words in re.findall(r"<mark>(.*?)</mark>", answer.content.decode(), re.DOTALL)
    ]


def keys(answer):
    return re.findall(r'name="chosen" value="([^"]+)"', answer.content.decode())


@pytest.fixture
def study():
    study = make_study()
    wenbo = make_respondent(study, "Wenbo", make_type(study, "Returnee"), city="Suzhou")
    make_transcript(study, TEXT, wenbo, title="One")
    lihua = make_respondent(study, "Lihua", make_type(study, "Migrant"))
    make_transcript(study, "LIHUA: 我的ｆｒｉｅｎｄ，没有朋友。\n", lihua, title="Two")
    return study


def test_words_are_shown_with_those_around_them_and_lead_to_their_turn(client, study):
    client.force_login(make_reader(study))
    page = find(client, study, q="friend")
    assert hits(page) == ["friend", "friend", "friend", "ｆｒｉｅｎｄ"]
    assert "Found <b>4</b> times in 2 transcripts" in page.content.decode()
    first = study.transcripts.get(title="One")
    assert re.search(rf'href="/transcripts/{first.pk}/\?back=[^"#]+#t2"', page.content.decode())
    assert "Choose a code" not in page.content.decode()
    assert hits(find(client, study, q="朋友")) == ["朋友"]


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({"speaker": "respondents"}, 3),
        ({"speaker": "interviewers"}, 1),
        ({"respondent_type": "migrant"}, 1),
        ({"respondent_type": "returnee"}, 3),
        ({"respondent_type": "returnee", "speaker": "respondents"}, 2),
        ({"mode": "words", "q": "came friend"}, 1),
        ({"mode": "regex", "q": r"fr\w+d\?"}, 1),
        ({"q": "frien", "whole": "yes"}, 0),
    ],
)
def test_filters_narrow_what_is_found(client, study, filters, number):
    client.force_login(make_reader(study))
    assert len(hits(find(client, study, **{"q": "friend", **filters}))) == number


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"q": ""}, "Type the words"),
        ({"q": "(", "mode": "regex"}, "no regular expression"),
        ({"q": "a{9999999}", "mode": "regex"}, "repeats too much"),
        ({"q": "x" * 201}, "At most 200"),
        ({"q": "a", "mode": "sql"}, "not understood"),
        ({"q": "a", "speaker": "' OR 1=1"}, "not understood"),
        ({"q": "a", "respondent_type": "'; DROP TABLE"}, "no respondent type"),
        ({"q": "a", "where": "x:y"}, "no attribute"),
    ],
)
def test_what_cannot_be_looked_for_is_said_and_what_was_typed_stays(client, study, params, sentence):
    client.force_login(make_reader(study))
    page = find(client, study, status=400, **params)
    assert sentence in unescape(page.content.decode())
    assert f'value="{params["q"]}"' in unescape(page.content.decode())


@pytest.mark.parametrize(
    ("extent", "quotes"),
    [
        ("match", ["friend", "friend"]),
        ("sentence", ["With a friend.", "A friend of 老𬭎 came."]),
        ("turn", ["With a friend. A friend of 老𬭎 came. No more."]),
    ],
)
def test_all_found_are_coded_at_once_and_undone_at_once(client, study, extent, quotes):
    coder, what = make_coder(study), make_code(study, "Ties")
    client.force_login(coder)
    asked = {"q": "friend", "respondent_type": "returnee", "speaker": "respondents"}
    before = Event.objects.count()
    answer = code(client, study, asked, code_id=what.pk, extent=extent, all="yes", seen="2")
    assert Event.objects.count() == before + 1
    rows = CodedSegment.objects.order_by("content_object__start")
    assert [row.content_object.quote for row in rows] == quotes
    assert {(row.tag, row.coder, row.respondent.pseudonym) for row in rows} == {(what, coder, "Wenbo")}
    for segment in Segment.objects.all():
        assert segment.transcript.text[segment.start : segment.end] == segment.quote
    page = client.get(answer["Location"])
    assert "can be taken back as one" in page.content.decode()
    event = Event.objects.latest("pk")
    client.post(reverse("coding:undo-found", args=[study.slug, event.pk]))
    assert not CodedSegment.objects.exists()
    assert "can be taken back as one" not in client.get(answer["Location"]).content.decode()


def test_the_chosen_alone_are_coded_and_those_coded_already_are_told(client, study):
    client.force_login(make_coder(study))
    what = make_code(study)
    chosen = keys(find(client, study, q="friend"))
    code(client, study, {"q": "friend"}, code_id=what.pk, extent="match", chosen=chosen[1:2])
    assert CodedSegment.objects.get().content_object.start == TEXT.index("friend", 40)
    answer = code(client, study, {"q": "friend"}, code_id=what.pk, extent="match", chosen=chosen[:3])
    assert CodedSegment.objects.count() == 3
    page = unescape(client.get(answer["Location"]).content.decode())
    assert "2 passages are coded. 1 had this code of yours already." in page


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"code_id": ""}, "Choose the code"),
        ({"code_id": "999999999"}, "Choose the code"),
        ({"code_id": "9" * 400}, "Choose the code"),
        ({"extent": "book"}, "how much of the text"),
        ({"chosen": []}, "No passage is chosen"),
        ({"chosen": ["x"]}, "not understood"),
        ({"chosen": ["1.1.1"]}, "not understood"),
        ({"chosen": ["999999.1.1.2"]}, "was removed meanwhile"),
        ({"all": "yes", "seen": "7"}, "now found 4 times"),
    ],
)
def test_what_cannot_be_coded_is_said_and_what_was_chosen_stays(client, study, posted, sentence):
    client.force_login(make_coder(study))
    chosen = keys(find(client, study, q="friend"))[:2]
    data = {"code_id": make_code(study).pk, "extent": "match", "chosen": chosen, **posted}
    answer = code(client, study, {"q": "friend"}, **data)
    assert answer.status_code == 400
    assert sentence in unescape(answer.content.decode())
    assert not CodedSegment.objects.exists()
    if data["chosen"] == chosen:
        assert answer.content.decode().count('name="chosen" value="' + chosen[0] + '" checked') == 1


def test_a_text_edited_meanwhile_and_a_retired_code_are_not_coded(client, study):
    coder, what = make_coder(study), make_code(study)
    client.force_login(coder)
    chosen = keys(find(client, study, q="friend"))[:1]
    Transcript.objects.filter(title="One").update(revision=2)
    data = {"code_id": what.pk, "extent": "match", "chosen": chosen}
    assert "was changed meanwhile" in unescape(code(client, study, {"q": "friend"}, **data).content.decode())
    study.codes.update(retired_at="2026-01-01T00:00Z")
    assert "is retired" in unescape(code(client, study, {"q": "friend"}, **data).content.decode())


def test_too_many_are_not_coded_at_once(client, study, monkeypatch):
    monkeypatch.setattr(search, "MOST_CODED", 3)
    client.force_login(make_coder(study))
    what = make_code(study)
    assert "they are at most 3" in unescape(find(client, study, q="friend").content.decode())
    answer = code(client, study, {"q": "friend"}, code_id=what.pk, extent="match", all="yes", seen="4")
    assert "At most 3 passages" in unescape(answer.content.decode())


def test_of_very_many_hits_the_first_are_shown_and_it_is_said(client, study, monkeypatch):
    monkeypatch.setattr(search, "MOST_HITS", 2)
    client.force_login(make_coder(study))
    page = find(client, study, q="friend").content.decode()
    assert "More than <b>2</b> times" in page
    assert 'name="all"' not in page


def test_only_who_coded_undoes_it_here(client, study):
    coder = make_coder(study)
    client.force_login(coder)
    code(client, study, {"q": "friend"}, code_id=make_code(study).pk, extent="match", all="yes", seen="4")
    event = Event.objects.latest("pk")
    client.force_login(make_coder(study))
    assert client.post(reverse("coding:undo-found", args=[study.slug, event.pk])).status_code == 404
    client.force_login(make_lead(study))
    history = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    assert "coded 4 passages found by a search" in history


def test_strangers_find_nothing(client, study):
    client.force_login(make_user())
    find(client, study, status=404, q="friend")


def test_the_page_takes_the_same_queries_whatever_it_finds(client, django_assert_num_queries):
    study = make_study()
    client.force_login(make_coder(study))
    for _ in range(2):
        for _ in range(3):
            make_transcript(study, TEXT)
            make_code(study)
        with django_assert_num_queries(
            17
        ):  # session, user, study, event, frame; speakers, texts searched, texts shown
            find(client, study, q="friend", speaker="respondents")
        study.events.create(action="import-transcript", target="study:1")


def test_the_demo_studys_words_are_found_as_a_plain_recount_says(client):
    study = load_demo()
    client.force_login(make_reader(study))
    texts = study.transcripts.values_list("text", "turns")
    for words in ("association", "媒人", "together"):
        expected = sum(
            text[turn["said"] : turn["end"]].casefold().count(words)
            for text, turns in texts
            for turn in turns
        )
        assert expected
        assert f"Found <b>{expected}</b> time" in find(client, study, q=words).content.decode()
