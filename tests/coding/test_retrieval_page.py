"""The page Retrieval: queries that read as sentences, what answers them, and coding that."""

import itertools
import random
import re
from html import unescape

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import QueryDict
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from coding import results, retrieval, search
from coding.demo import load_demo
from coding.models import CodedSegment, Memo
from coding.queries.frame import frame_of
from interviews.models import Event
from interviews.restricted import NOTHING
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
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db
TEXT = "ANNA: One two three four five.\n\nBEN: Six seven eight nine ten.\n\nANNA: Eleven twelve.\n"


def ask(client, study, status=200, **params):
    answer = client.get(reverse("coding:retrieval", args=[study.slug]), {"show": "passages", **params})
    assert answer.status_code == status
    return answer


def text(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def quotes(answer):
    return [
        unescape(each)
        for each in re.findall(r'<span class="words">(.*?)</span>', answer.content.decode(), re.S)
    ]


@pytest.fixture
def study():
    study = make_study()
    anna = make_respondent(study, "Anna", make_type(study, "Returnee"), city="Suzhou")
    transcript = make_transcript(study, TEXT, anna, title="One")
    family = make_code(study, "Family")
    child = make_code(study, "Child", parent=family)
    money = make_code(study, "Money")
    coder = make_coder(study)
    for code, words in (
        (family, "One two"),
        (child, "two three"),
        (money, "three four"),
        (money, "Eleven"),
        (child, "ten"),
    ):
        at = TEXT.index(words)
        make_coded_segment(transcript, code, coder, at, at + len(words), respondent=anna)
    return study


def code(study, name):
    return study.codes.get(name=name).pk


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"with": ["Family"]}, ["One two", "two three", "ten"]),
        ({"with": ["Family"], "own": "yes"}, ["One two"]),
        ({"with": ["Money"], "is": "overlap", "to": ["Family"]}, ["three four"]),
        ({"with": ["Money"], "is": "overlap", "to": ["Family"], "not": "yes"}, ["Eleven"]),
        ({"with": ["Money"], "is": "near", "to": ["Child"], "n": "0"}, ["three four"]),
        ({"with": ["Money"], "is": "near", "to": ["Child"], "n": "1"}, ["three four", "Eleven"]),
        ({"with": ["Money"], "is": "near", "to": ["Child"], "n": "1", "unit": "words"}, ["three four"]),
        (
            {"with": ["Money"], "is": "near", "to": ["Child"], "n": "2", "unit": "words"},
            ["three four", "Eleven"],
        ),
        ({"with": ["Family"], "is": "before", "to": ["Money"], "n": "0"}, ["One two"]),
        ({"with": ["Money"], "is": "after", "to": ["Family"]}, ["three four", "Eleven"]),
        ({"with": ["Family", "Money"], "match": "all"}, []),
        ({"none": ["Family"]}, ["three four", "Eleven"]),
        ({"with": ["Family", "Money"], "match": "all", "in": "turn"}, ["One two", "two three", "three four"]),
        (
            {"with": ["Family", "Money"], "match": "all", "in": "respondent"},
            ["One two", "two three", "three four", "ten", "Eleven"],
        ),
        ({"with": ["Money"], "none": ["Child"], "in": "turn"}, ["Eleven"]),
        ({"with": ["Money"], "none": ["Child"], "in": "transcript"}, []),
        ({"with": ["Money"], "none": ["Family"], "own": "yes", "in": "turn"}, ["Eleven"]),
        ({"q": "TWO"}, ["One two", "two three"]),
        ({"q": "t.o", "mode": "regex", "with": ["Child"]}, ["two three"]),
        ({"respondent_type": "returnee", "with": ["Money"]}, ["three four", "Eleven"]),
        ({"since": "2999-01-01"}, []),
        ({"until": "2999-01-01", "with": ["Money"]}, ["three four", "Eleven"]),
        ({"memo": "yes"}, []),
    ],
)
def test_passages_are_those_of_which_all_conditions_are_true(client, study, params, expected):
    client.force_login(make_reader(study))
    given = {
        name: [code(study, each) for each in value] if isinstance(value, list) else value
        for name, value in params.items()
    }
    assert quotes(ask(client, study, **given)) == expected


def test_the_query_is_a_sentence_and_the_number_is_before_it(client, study):
    client.force_login(make_reader(study))
    page = text(
        ask(client, study, **{"with": code(study, "Money"), "is": "overlap", "to": code(study, "Family")})
    )
    assert "1 passage coded with Money that overlaps passages coded with Family" in page
    assert "of 1 respondent" in page


def test_respondents_without_a_code_are_named_with_their_transcripts(client):
    study = load_demo()
    client.force_login(make_reader(study))
    formation = {"with": code(study, "Team formation"), "respondent_type": "returnee"}
    page = text(ask(client, study, show="without", **formation))
    assert "2 respondents who have no passages coded with Team formation" in page
    assert "Daqing RET05" in page and "Lihua RET02" in page
    page = text(ask(client, study, show="without", coder="coder_a", **formation))
    assert "Junfeng RET03" in page
    page = text(ask(client, study, show="respondents", **formation))
    assert "3 respondents who have passages" in page and "Meiling" in page


def test_a_memo_that_others_keep_private_finds_nothing(client, study):
    author, reader = make_coder(study), make_reader(study)
    row = CodedSegment.objects.get(tag__name="Family")
    memo = Memo.objects.create(study=study, author=author, coded_segment=row, text="Ｗhy so?", shared=False)
    client.force_login(reader)
    assert quotes(ask(client, study, memo="yes")) == []
    client.force_login(author)
    assert quotes(ask(client, study, memo_q="why")) == ["One two"]
    Memo.objects.filter(pk=memo.pk).update(shared=True)
    study.events.create(action="edit-memo", target=f"memo:{memo.pk}")
    client.force_login(reader)
    assert quotes(ask(client, study, memo="yes")) == ["One two"]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"with": "999999"}, "no code with the number"),
        ({"with": "1 OR 1=1"}, "no code with the number"),
        ({"show": "tables"}, "not understood"),
        ({"is": "overlap"}, "Choose the codes"),
        ({"is": "beside", "to": "1"}, "not understood"),
        ({"is": "near", "n": "-1"}, "whole number"),
        ({"is": "near", "n": "99999999999"}, "whole number"),
        ({"is": "near", "n": "٣"}, "whole number"),
        ({"since": "yesterday"}, "is no date"),
        ({"since": "2006-13-45"}, "is no date"),
        ({"since": "2006-02-01", "until": "2006-01-01"}, "after the last"),
        ({"q": "(", "mode": "regex"}, "no regular expression"),
        ({"q": "a{99999999}", "mode": "regex"}, "repeats too much"),
        ({"coder": "nobody"}, "has coded"),
        ({"where": "x:y"}, "no attribute"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(client, study, params, sentence):
    client.force_login(make_reader(study))
    assert sentence in text(ask(client, study, status=400, **params))


def test_more_codes_than_a_query_takes_are_refused(client, study, monkeypatch):
    monkeypatch.setattr(retrieval, "MOST_CODES", 2)
    client.force_login(make_reader(study))
    chosen = [code(study, name) for name in ("Family", "Child", "Money")]
    assert "choose the code above them" in text(ask(client, study, status=400, **{"with": chosen}))


def test_a_first_page_does_not_wait_for_the_count_of_all(client, study, monkeypatch):
    monkeypatch.setattr(retrieval, "PER_PAGE", 2)
    monkeypatch.setattr(retrieval, "PATIENCE", -1)
    monkeypatch.setattr(retrieval, "FEW", 0)
    transcript = study.transcripts.get()
    for number in range(11):
        other = make_transcript(study, TEXT, transcript.respondent, title=f"Two {number:02}")
        make_coded_segment(other, study.codes.get(name="Money"), start=6, end=9)
    client.force_login(make_reader(study))
    page = ask(client, study, **{"with": code(study, "Money")})
    assert "at least 3" in text(page)
    assert len(quotes(page)) == 2
    page = ask(client, study, **{"with": code(study, "Money"), "total": "yes"})
    assert "13 passages" in text(page)


def post(client, study, params, **posted):
    return client.post(
        reverse("coding:code-retrieved", args=[study.slug], query={"show": "passages", **params}), posted
    )


def test_chosen_passages_get_a_code_and_lose_it_again(client, study):
    coder = make_coder(study)
    client.force_login(coder)
    page = ask(client, study, **{"with": code(study, "Money")})
    chosen = re.findall(r'name="chosen" value="(\d+)"', page.content.decode())
    answer = post(client, study, {"with": code(study, "Money")}, code_id=code(study, "Family"), chosen=chosen)
    mine = CodedSegment.objects.filter(coder=coder)
    assert sorted(mine.values_list("content_object__quote", flat=True)) == ["Eleven", "three four"]
    assert "can be taken back as one" in text(client.get(answer["Location"]))
    undo = reverse("coding:undo-found", args=[study.slug, Event.objects.latest("pk").pk])
    answer = client.post(undo, {"to": "retrieval"})
    assert "/retrieval/" in answer["Location"]
    assert not mine.exists()


def test_a_coder_recodes_what_is_theirs_as_one_change(client, study):
    coder = CodedSegment.objects.first().coder
    client.force_login(coder)
    old, new = code(study, "Child"), code(study, "Money")
    chosen = list(CodedSegment.objects.filter(tag=old).values_list("content_object_id", flat=True))
    events = Event.objects.count()
    post(client, study, {}, code_id=new, old_code=old, chosen=chosen)
    assert Event.objects.count() == events + 1
    assert not CodedSegment.objects.filter(tag=old).exists()
    assert CodedSegment.objects.filter(tag=new).count() == 4
    client.post(reverse("coding:undo-found", args=[study.slug, Event.objects.latest("pk").pk]))
    assert CodedSegment.objects.filter(tag=old).count() == 2
    client.force_login(make_coder(study))
    answer = post(client, study, {}, code_id=new, old_code=old, chosen=chosen)
    assert answer.status_code == 400
    assert "None of the chosen passages has this code from you" in text(answer)


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 30], ["-1"], ["999999"]])
def test_passages_that_are_not_there_are_not_coded(client, study, chosen):
    client.force_login(make_coder(study))
    answer = post(client, study, {}, code_id=code(study, "Money"), chosen=chosen)
    assert answer.status_code == 400
    assert "chosen" in text(answer)
    assert CodedSegment.objects.count() == 5


def test_passages_of_another_study_are_not_coded(client, study):
    other = make_segment(make_transcript())
    client.force_login(make_coder(study))
    answer = post(client, study, {}, code_id=code(study, "Money"), chosen=[other.pk])
    assert answer.status_code == 400
    assert not other.coded_segments.exists()


def test_too_many_passages_are_not_coded_at_once(client, study, monkeypatch):
    monkeypatch.setattr(search, "MOST_CODED", 1)
    client.force_login(make_coder(study))
    chosen = CodedSegment.objects.values_list("content_object_id", flat=True)
    assert post(client, study, {}, code_id=code(study, "Money"), chosen=chosen).status_code == 400


def test_the_history_tells_of_recoding(client, study):
    coder = CodedSegment.objects.first().coder
    client.force_login(coder)
    chosen = [CodedSegment.objects.get(tag__name="Family").content_object_id]
    post(client, study, {}, code_id=code(study, "Money"), old_code=code(study, "Family"), chosen=chosen)
    client.force_login(make_lead(study))
    told = text(client.get(reverse("interviews:history", args=[study.slug])))
    assert "gave 1 coded segment the code Money instead" in told


def test_strangers_find_nothing(client, study):
    client.force_login(make_user())
    ask(client, study, status=404)


def test_the_page_takes_the_same_queries_whatever_it_finds(client, study, django_assert_num_queries):
    client.force_login(make_coder(study))
    transcript = study.transcripts.get()
    params = {"with": code(study, "Money"), "is": "near", "to": code(study, "Family"), "n": "3", "q": "e"}
    for number in range(2):
        make_coded_segment(transcript, study.codes.get(name="Money"), start=8 + number, end=20)
        study.events.create(action="apply", target="study:1")
        with django_assert_num_queries(19):
            ask(client, study, **params)


def test_the_sentence_says_where_all_or_none_are_looked_for(client, study):
    client.force_login(make_reader(study))
    both = [code(study, "Money"), code(study, "Family")]
    page = text(ask(client, study, **{"with": both, "match": "all", "in": "turn"}))
    assert "coded with Family and Money (and what is below) (in one turn)" in page
    page = text(ask(client, study, **{"with": both[:1], "none": both[1:]}))
    assert "coded with Money and not with Family (on one passage)" in page
    assert "(on one passage)" not in text(ask(client, study, **{"with": both[:1]}))
    ask(client, study, status=400, **{"with": both, "in": "book"})


def test_a_respondent_is_one_over_all_transcripts(client, study):
    client.force_login(make_reader(study))
    anna, coder = study.respondents.get(pseudonym="Anna"), make_coder(study)
    second = make_transcript(study, TEXT, anna, title="Two")
    fear = make_code(study, "Fear")
    make_coded_segment(second, fear, coder, 6, 9, respondent=anna)
    study.events.create(action="apply", target="study:1")
    asked = {"with": [fear.pk, code(study, "Money")], "match": "all"}
    assert quotes(ask(client, study, **asked)) == []
    assert quotes(ask(client, study, **asked, **{"in": "transcript"})) == []
    assert quotes(ask(client, study, **asked, **{"in": "respondent"})) == ["three four", "Eleven", "One"]


@pytest.mark.parametrize(
    ("params", "is_open"),
    [({}, True), ({"show": "passages"}, False), ({"show": "passages", "q": ""}, False)]
    + [
        ({"show": "passages", name: value}, True)
        for name, value in (("q", "two"), ("memo", "yes"), ("coder", "x"))
    ],
)
def test_conditions_that_are_not_set_are_folded_once_it_is_asked(client, study, params, is_open):
    client.force_login(make_reader(study))
    page = client.get(reverse("coding:retrieval", args=[study.slug]), params).content.decode()
    assert f'<details class="further"{" open" if is_open else ""}>' in page


def test_labels_in_a_passage_are_not_its_words(client, study):
    client.force_login(make_reader(study))
    transcript, wide = study.transcripts.get(), make_code(study, "Wide")
    make_coded_segment(transcript, wide, make_coder(study), 6, TEXT.index("seven"))
    study.events.create(action="apply", target="study:1")
    assert quotes(ask(client, study, **{"with": wide.pk, "q": "BEN"})) == []
    assert len(quotes(ask(client, study, **{"with": wide.pk, "q": "six one", "mode": "words"}))) == 1


class RandomStudies(TestCase):
    """Answers of random queries against a plain recount over the rows."""

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 10_000))
    def test_an_answer_is_what_reading_every_row_gives(self, seed):
        cache.clear()  # ids come again after each example
        chance = random.Random(seed)
        study = make_study()
        people = [make_respondent(study, respondent_type=make_type(study)) for _ in range(2)]
        transcripts = [make_transcript(study, TEXT, person) for person in people]
        parent = make_code(study)
        codes = [parent, make_code(study, parent=parent), make_code(study)]
        coders = [make_coder(study) for _ in range(2)]
        rows = {}
        for _ in range(14):
            transcript, code_, coder = chance.choice(transcripts), chance.choice(codes), chance.choice(coders)
            start = chance.randrange(60)
            key = transcript, start, start + chance.randint(2, 20)
            if (key, code_, coder) not in rows:
                rows[key, code_, coder] = make_coded_segment(
                    transcript, code_, coder, key[1], key[2], respondent=transcript.respondent
                )
        params = QueryDict(mutable=True)
        params["show"] = "passages"
        params.setlist("with", [str(chance.choice(codes).pk)])
        params.setlist("none", [str(codes[2].pk)] if chance.random() < 0.3 else [])
        if chance.random() < 0.5:
            params["coder"] = coders[0].username
        if chance.random() < 0.3:
            params["respondent_type"] = people[0].respondent_type.key
        if chance.random() < 0.4:
            params.appendlist("with", str(chance.choice(codes).pk))
            params["match"] = "all"
        params["in"] = chance.choice(["passage", "turn", "respondent", "transcript"])
        relation = chance.choice(["", "overlap", "within"])
        if relation:
            params["is"], params["to"] = relation, str(chance.choice(codes).pk)
        frame = frame_of(study)
        asked = retrieval.retrieval_from(frame, params)
        answer = retrieval.find(study, frame, asked, study.last_event_id(), AnonymousUser(), NOTHING)
        found = {(place.transcript, place.start, place.end) for place in answer.places}
        assert found == set(_recount(rows, params, codes, coders, people))


def _recount(rows, params, codes, coders, people):
    below = {str(code.pk): {code.pk} for code in codes}
    below[str(codes[0].pk)].add(codes[1].pk)
    passages = {}
    for (transcript, start, end), code_, coder in rows:
        if "coder" not in params or coder == coders[0]:
            passages.setdefault((transcript.pk, start, end), set()).add(code_.pk)
    groups = [below[pk] for pk in params.getlist("with")]
    mine = set().union(*groups)
    none = below[params["none"]] if params.get("none") else set()
    of_pk = {t.pk: t for (t, _s, _e), _c, _u in rows}

    def units(place):
        pk, start, end = place
        if params["in"] == "turn":
            return {(pk, sum(t["end"] <= sign for t in of_pk[pk].turns)) for sign in range(start, end)}
        return {{"passage": place, "transcript": pk, "respondent": of_pk[pk].respondent_id}[params["in"]]}

    def is_right(unit):
        held = set().union(*(bears for place, bears in passages.items() if unit in units(place)))
        wanted = [held & group for group in groups]
        return not held & none and (all(wanted) if params.get("match") == "all" else any(wanted))

    for place, bears in passages.items():
        if not bears & mine or not any(map(is_right, units(place))):
            continue
        transcript = next(t for (t, _s, _e), _c, _u in rows if t.pk == place[0])
        if "respondent_type" in params and transcript.respondent != people[0]:
            continue
        if "is" in params:
            theirs = below[params["to"]]
            others = [
                other
                for other, codes_ in passages.items()
                if codes_ & theirs
                and other[0] == place[0]
                and (other != place or len((bears & mine) | (bears & theirs)) > 1)
            ]
            if params["is"] == "overlap":
                related = any(o[1] < place[2] and place[1] < o[2] for o in others)
            else:
                related = any(o[1] <= place[1] and place[2] <= o[2] for o in others)
            if not related:
                continue
        yield place


def test_no_page_is_shown_twice_whatever_the_order(client, study):
    client.force_login(make_reader(study))
    both = [quotes(ask(client, study, sort=sort)) for sort in ("transcript", "respondent")]
    assert sorted(both[0]) == sorted(both[1])
    assert len(list(itertools.chain(*both))) == 10


@pytest.mark.parametrize("name", ["coding:retrieval", "coding:find", "coding:result"])
def test_each_quote_opens_in_context_and_leads_back_to_its_place(client, study, name):
    client.force_login(make_lead(study))
    if name == "coding:result":
        lead = make_lead(study)
        kept = results.keep(
            study, lead, "Kept", "retrieval", f"show=passages&with={code(study, 'Money')}", freeze=True
        )
        address = reverse(name, args=[kept.pk])
    else:
        address = f"{reverse(name, args=[study.slug])}?show=passages&q=Eleven"
    page = client.get(address).content.decode()
    link = unescape(re.search(r'href="(/transcripts/\d+/\?back=[^"]+)"', page).group(1))
    opened = client.get(link.partition("#")[0]).content.decode()
    back = unescape(re.search(r'class="back"><a href="([^"]+)"', opened).group(1))
    place = back.partition("#")[2]
    assert f'id="{place}"' in client.get(back.partition("#")[0]).content.decode()


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/account/", "javascript:1"])
def test_nothing_else_is_led_back_to(client, study, back):
    client.force_login(make_reader(study))
    page = client.get(reverse("coding:transcript", args=[study.transcripts.get().pk]), {"back": back})
    assert 'class="back"' not in page.content.decode()
