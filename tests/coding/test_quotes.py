"""Passages side by side: who is heard, who is not, and that the same seed draws the same."""

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.analysis.sampling import drawn
from coding.demo import load_demo
from coding.models import CodedSegment
from interviews.restricted import restrict
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

MATRIX, VOICES = "coding:quotes", "coding:voices"
places = st.tuples(st.integers(1, 2), st.integers(0, 20), st.integers(1, 9)).map(
    lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2])
)
people = st.dictionaries(
    st.integers(0, 5), st.dictionaries(st.integers(0, 99), places, max_size=5), max_size=5
)


@settings(deadline=None)
@given(people, st.integers(0, 10), st.integers(1, 9999))
def test_nobody_is_heard_twice_before_everybody_is_heard_once(of_person, size, seed):
    picked = drawn(of_person, size, seed)
    assert len(picked) == min(size, sum(map(len, of_person.values())))
    assert picked == drawn(of_person, size, seed)
    many = [len(passages) for passages in of_person.values() if passages]
    if size <= len(many):
        owners = [{p for p in of_person if each in of_person[p]} for each in picked]
        assert all(owners)
    full = drawn(of_person, 999, seed)
    assert sorted(full) == sorted(each for passages in of_person.values() for each in passages)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 99), places, max_size=12), st.integers(1, 12), st.integers(1, 9999))
def test_no_words_come_twice_while_there_are_others(passages, size, seed):
    def overlap(one, other):
        return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]

    picked = [passages[each] for each in drawn({"Wenbo": passages}, size, seed)]
    repeats = [any(overlap(place, before) for before in picked[:at]) for at, place in enumerate(picked)]
    assert repeats == sorted(repeats)
    if any(repeats):
        kept = picked[: repeats.index(True)]
        assert all(any(overlap(place, one) for one in kept) for place in passages.values())


def test_of_nested_passages_one_respondent_is_heard_with_others_words_first():
    of_person = {
        "Wenbo": {1: (1, 0, 50), 2: (1, 10, 20), 3: (1, 60, 70)},
        "Lihua": {4: (2, 0, 50), 5: (3, 10, 20)},
    }
    for seed in range(1, 20):
        assert {*drawn(of_person, 4, seed)} in ({1, 3, 4, 5}, {2, 3, 4, 5})
        assert len(drawn(of_person, 5, seed)) == 5


def test_another_seed_draws_others():
    apart = {each: (1, each, each + 1) for each in range(40)}
    of_person = {
        "Wenbo": {each: apart[each] for each in range(20)},
        "Lihua": {each: apart[each] for each in range(20, 40)},
    }
    assert len({tuple(drawn(of_person, 4, seed)) for seed in range(1, 20)}) > 15
    for seed in range(1, 20):
        assert sum(each < 20 for each in drawn(of_person, 4, seed)) == 2


def get(client, study, name, status=200, **params):
    answer = client.get(reverse(name, args=[study.slug]), params)
    assert answer.status_code == status
    return answer


def said(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.fixture
def study(db):
    """Two returnees, a migrant who speaks of "Ties" only, and an actor who was not asked of "Founding"."""
    study = make_study()
    kinds = [make_type(study, name) for name in ("Returnee", "Migrant", "Actor")]
    study.founding, study.ties = make_code(study, "Founding"), make_code(study, "Ties")
    study.founding.asked_of.set(kinds[:2])
    coder = make_coder(study)
    study.people = {}
    for name, kind in (("Wenbo", 0), ("Lihua", 0), ("Haoran", 1), ("Pu", 2)):
        who = make_respondent(study, name, kinds[kind])
        study.people[name] = make_transcript(
            respondent=who, title=name, text=f"{name}: we went 老𬭎 together", turns=[]
        )
        code = study.ties if name == "Haoran" else study.founding
        if name != "Pu":
            make_coded_segment(study.people[name], code, coder, 0, 20, respondent=who)
    return study


def test_voices_stand_side_by_side_with_who_was_asked_and_is_not_coded(client, study):
    client.force_login(make_reader(study))
    page = said(get(client, study, VOICES, code=study.founding.pk, pick=study.ties.pk, seed=7))
    assert "drawn with seed 7" in page
    returnee, migrant, actor = (
        page[page.index("Returnee 2 of 2") :].split("respondents", 1)[1].split(" Migrant ", 1)[0],
        page[page.index(" Migrant 0 of 1") :],
        page[page.index("Actor Nobody here was asked") :],
    )
    assert "Wenbo: we went 老𬭎" in returnee
    assert "Lihua: we went" in returnee
    assert "No one in this group." in migrant
    assert "Asked, and not coded so Haoran" in migrant
    assert "Against it: Ties 1 of 1 respondents" in migrant
    assert "No one in this group." not in actor.split("Against it")[0]


def test_the_address_holds_the_seed_and_reshuffling_changes_it(client, study):
    client.force_login(make_reader(study))
    page = get(client, study, VOICES, code=study.founding.pk, seed=9999).content.decode()
    assert f'href="?code={study.founding.pk}&amp;seed=1"' in page
    for wrong in ("0", "-3", "x", "٣", ""):
        assert (
            get(client, study, VOICES, code=study.founding.pk, seed=wrong).context["seed"] == 1
            or wrong == "٣"
        )


def test_a_quote_opens_in_its_place_and_leads_back_to_where_it_was(client, study):
    client.force_login(make_reader(study))
    page = get(client, study, MATRIX, pick=study.founding.pk).content.decode()
    segment = CodedSegment.objects.filter(tag=study.founding).first().content_object
    assert f'id="q{study.founding.pk}-{segment.pk}"' in page
    links = [unescape(link) for link in re.findall(r'href="(/transcripts/\d+/\?back=[^"]+)"', page)]
    assert len(links) == 2
    back = re.search(r'<li class="back"><a href="([^"]+)">', client.get(links[0]).content.decode())[1]
    assert unescape(back).startswith(f"/studies/{study.slug}/query/quotes/?pick={study.founding.pk}#q")


@pytest.mark.parametrize(
    "back", ["https://example.org/", "//example.org", "javascript:alert(1)", "/account/", ""]
)
def test_the_way_back_leads_nowhere_else(client, study, back):
    client.force_login(make_reader(study))
    answer = client.get(study.people["Wenbo"].get_absolute_url(), {"back": back})
    assert 'class="back"' not in answer.content.decode()


def test_the_matrix_names_who_has_nothing_and_who_was_not_asked(client, study):
    client.force_login(make_reader(study))
    answer = get(client, study, MATRIX, pick=[study.founding.pk, study.ties.pk])
    page = said(answer)
    assert "Not asked" in page
    assert "Without: Pu" in page
    assert answer.content.decode().count('data-heat="none"') == 1


@pytest.mark.parametrize("name", [MATRIX, VOICES])
def test_questions_without_an_answer_say_so(client, study, name):
    client.force_login(make_reader(study))
    for params in ({"pick": "999999"}, {"by": "shoe_size"}, {"coder": "nobody"}):
        assert "This cannot be shown" in said(get(client, study, name, 400, **params))


@pytest.mark.django_db
@pytest.mark.parametrize("name", [MATRIX, VOICES])
def test_a_study_without_codes_says_what_to_do(client, name):
    study = make_study()
    client.force_login(make_reader(study))
    assert "There are no codes yet" in said(get(client, study, name))


@pytest.mark.django_db
@pytest.mark.parametrize("name", [MATRIX, VOICES])
def test_a_study_that_knows_no_respondents_says_what_to_do(client, name):
    study = make_study()
    make_coded_segment(make_transcript(study), make_code(study))
    client.force_login(make_reader(study))
    page = said(get(client, study, name))
    assert "There is nobody to hear" in page and "0 of 0 respondents" not in page


@pytest.mark.parametrize("name", [MATRIX, VOICES])
def test_the_pages_take_the_same_queries_whatever_their_size(client, study, django_assert_num_queries, name):
    client.force_login(make_reader(study))
    for number in range(2):
        who = make_respondent(study, f"More {number}", study.respondent_types.first())
        make_coded_segment(make_transcript(respondent=who), study.founding, respondent=who)
        cache.clear()
        with django_assert_num_queries(17):
            get(client, study, name)


@pytest.mark.django_db
def test_the_returnees_without_team_formation_are_lihua_and_daqing(client):
    """The third acceptance question: Junfeng is coded so by coder_b alone."""
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Team formation").pk

    def without(**params):
        lines = get(client, study, MATRIX, pick=code, respondent_type="returnee", **params).context["lines"]
        return {person.pseudonym for person in lines[0][1][0].without}

    assert without() == {"Lihua", "Daqing"}
    assert "Junfeng" in without(coder="coder_a")
    assert "Junfeng" not in without(coder="coder_b")
    api = client.get(
        f"/api/studies/{study.slug}/crosstab/", {"respondent_type": "institutional_actor"}
    ).json()
    nothing = {row["name"] for row in api["rows"] if row["cells"] == [0]}
    spoken = set(
        CodedSegment.objects.filter(respondent__respondent_type__key="institutional_actor").values_list(
            "tag__name", flat=True
        )
    )
    parents = {code.pk: code.parent_id for code in study.codes.all()}
    names = dict(study.codes.values_list("pk", "name"))
    for name in list(spoken):
        pk = next(pk for pk in names if names[pk] == name)
        while parents[pk]:
            pk = parents[pk]
            spoken.add(names[pk])
    assert nothing == set(names.values()) - spoken
    assert {"Opportunity pull", "Career ceiling", "Collective decision", "Employed return"} <= nothing


@pytest.mark.parametrize("name", [MATRIX, VOICES])
def test_restricted_words_are_withheld_from_readers_and_shown_to_leads(client, study, name):
    transcript = study.people["Wenbo"]
    restrict(transcript.pk, make_lead(study), 0, 5, revision=transcript.revision)
    params = {"code": study.founding.pk}
    client.force_login(make_reader(study))
    page = said(get(client, study, name, **params))
    assert "Withheld (restricted passage)" in page
    assert "Wenbo: we went" not in page
    assert "Lihua: we went" in page
    client.force_login(make_lead(study))
    assert "Wenbo: we went" in said(get(client, study, name, **params))
