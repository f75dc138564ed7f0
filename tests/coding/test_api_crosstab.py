"""The cross-tabulation for scripts, to the last cell of the demo study."""

import csv

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from coding.demo import load_demo
from interviews.tokens import make_api_token
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
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
EXPECTED = settings.BASE_DIR / "tests" / "expected" / "crosstab_by_respondent_type.csv"


def ask(client, study, **params):
    return client.get(f"/api/studies/{study.slug}/crosstab/", params)


def numbers(answer):
    """{(code name, "own" or "with_children", column key): number}"""
    return {
        (row["name"], level, column["key"]): number
        for row in answer["rows"]
        for level, listed in (("own", row["own"]), ("with_children", row["cells"]))
        for column, number in zip(answer["columns"], listed, strict=True)
    }


def test_the_demo_study_is_counted_as_by_hand(client):
    study = load_demo()
    client.force_login(study.memberships.get(user__username="reader").user)
    asked = {
        "segments": {"count": "coded_segments"},
        "segments_coder_a": {"count": "coded_segments", "coder": "coder_a"},
        "segments_coder_b": {"count": "coded_segments", "coder": "coder_b"},
        "transcripts": {"count": "transcripts"},
    }
    found = {name: numbers(ask(client, study, **params).json()) for name, params in asked.items()}
    with open(EXPECTED, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 132
    for row in rows:
        place = row["code"], row["level"], row["respondent_type"]
        assert {name: str(found[name][place]) for name in asked} == {name: row[name] for name in asked}, place


def test_the_three_families_of_the_thesis_by_type(client):
    """The second acceptance question."""
    study = load_demo()
    client.force_login(make_reader(study))
    names = ("Team return", "Association brokerage", "Entrepreneurship")
    found = {}
    for count in ("coded_segments", "transcripts"):
        rows = {row["name"]: row["cells"] for row in ask(client, study, count=count).json()["rows"]}
        found[count] = [rows[name] for name in names]
    assert found == {
        "coded_segments": [[32, 14, 10], [19, 16, 26], [13, 7, 3]],
        "transcripts": [[5, 4, 3], [5, 4, 3], [5, 4, 1]],
    }


def test_columns_say_how_many_respondents_they_have(client):
    study = load_demo()
    client.force_login(make_reader(study))
    answer = ask(client, study).json()
    assert answer["columns"] == [
        {"key": "returnee", "label": "Returnee", "n": 5, "above": "", "respondents": 5},
        {"key": "migrant", "label": "Migrant", "n": 4, "above": "", "respondents": 4},
        {"key": "institutional_actor", "label": "Institutional actor", "n": 3, "above": "", "respondents": 3},
    ]
    assert answer["n"] == 12
    assert numbers(answer)["Brokerage doubted", "with_children", "returnee"] == 4


def test_a_token_is_enough_to_ask(client):
    study = make_study()
    key = make_api_token(make_reader(study))
    answer = client.get(f"/api/studies/{study.slug}/crosstab/", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200


def test_any_attribute_can_take_the_columns(client):
    study = load_demo()
    client.force_login(make_reader(study))
    answer = ask(client, study, by="returned_with_team").json()
    assert [(c["key"], c["label"], c["n"]) for c in answer["columns"]] == [
        ("yes", "Yes", 3),
        ("no", "No", 2),
        ("", "No value", 7),
    ]
    years = [column["key"] for column in ask(client, study, by="years_abroad").json()["columns"]]
    assert years == ["0", "5", "6", "7", "9", "11", "12", "13", "14", "17", "18"]


def test_filters_narrow_who_is_counted_and_the_base(client):
    study = load_demo()
    client.force_login(make_reader(study))
    answer = ask(client, study, where="founder:yes").json()
    assert [column["n"] for column in answer["columns"]] == [4, 0, 1]
    only = ask(client, study, respondent_type="migrant").json()
    assert [column["key"] for column in only["columns"]] == ["migrant"]
    team = study.codes.get(name="Team return")
    assert {row["path"][0] for row in ask(client, study, code=team.pk).json()["rows"]} == {"Team return"}


def test_respondents_never_interviewed_are_not_in_the_base(client):
    study = make_study()
    kind = make_type(study, "Returnee")
    make_respondent(study, respondent_type=kind)
    make_transcript(respondent=make_respondent(study, respondent_type=kind))
    client.force_login(make_reader(study))
    assert ask(client, study).json()["columns"][0]["n"] == 1


def test_what_was_put_away_does_not_count(client):
    study = make_study()
    kind, code = make_type(study, "Returnee"), make_code(study)
    people = [make_respondent(study, respondent_type=kind) for _ in range(3)]
    transcripts = [make_transcript(respondent=who) for who in people]
    for who, transcript in zip(people, transcripts, strict=True):
        make_coded_segment(transcript, code, respondent=who)
    type(transcripts[0]).objects.filter(pk=transcripts[0].pk).update(removed_at=timezone.now())
    type(people[1]).objects.filter(pk=people[1].pk).update(removed_at=timezone.now())
    client.force_login(make_reader(study))
    for count in ("respondents", "transcripts", "segments", "coded_segments"):
        answer = ask(client, study, count=count).json()
        assert answer["rows"][0]["cells"] == [1], count
        assert answer["columns"][0]["n"] == 1, count


def test_words_of_nobody_have_a_column_of_their_own_where_there_are_any(client):
    study = make_study()
    code, kind = make_code(study), make_type(study, "Returnee")
    who = make_respondent(study, respondent_type=kind)
    transcript = make_transcript(respondent=who)
    make_coded_segment(transcript, code, respondent=who)
    client.force_login(make_reader(study))
    assert len(ask(client, study, count="segments").json()["columns"]) == 1
    make_coded_segment(transcript, code, start=12, end=20)
    cache.clear()
    answer = ask(client, study, count="transcripts").json()
    assert [column["label"] for column in answer["columns"]] == ["Returnee", "No respondent"]
    assert answer["rows"][0]["cells"] == [1, 1]
    assert answer["n"] == 1
    answer = ask(client, study).json()
    assert [column["label"] for column in answer["columns"]] == ["Returnee"]
    assert answer["unattributed"] == 1


def test_two_coders_on_one_range_are_one_segment_and_two_coded_segments(client):
    study = make_study()
    code, who = make_code(study), make_respondent(study, respondent_type=make_type(study, "Returnee"))
    transcript = make_transcript(respondent=who)
    for _ in range(2):
        make_coded_segment(transcript, code, make_coder(study), respondent=who, start=0, end=11)
    make_coded_segment(transcript, code, start=7, end=22, respondent=who)
    client.force_login(make_reader(study))
    found = {
        c: ask(client, study, count=c).json()["rows"][0]["cells"][0] for c in ("segments", "coded_segments")
    }
    assert found == {"segments": 2, "coded_segments": 3}
    assert transcript.text[0:22] == "INTERVIEWER: How did y"
    assert ask(client, study, count="words").json()["rows"][0]["cells"] == [4]


def test_a_retired_code_shows_only_where_it_was_used(client):
    study = make_study()
    used, _unused = [make_code(study, name, retired_at=timezone.now()) for name in ("Used", "Unused")]
    who = make_respondent(study, respondent_type=make_type(study))
    make_coded_segment(make_transcript(respondent=who), used, respondent=who)
    client.force_login(make_reader(study))
    assert [(row["name"], row["retired"]) for row in ask(client, study).json()["rows"]] == [("Used", True)]


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"by": "shoe_size"}, "shoe_size"),
        ({"count": "tags"}, "tags"),
        ({"coder": "nobody"}, "nobody"),
        ({"code": "0"}, "number 0"),
        ({"code": "x"}, "number x"),
        ({"respondent_type": "martian"}, "martian"),
        ({"where": "shoe_size:44"}, "shoe_size"),
        ({"by": "birth_year"}, "31 different values"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(client, params, word):
    study = make_study()
    make_attribute(study, "Birth year", kind="number")
    for year in range(1950, 1981):
        make_transcript(respondent=make_respondent(study, birth_year=year))
    client.force_login(make_reader(study))
    answer = ask(client, study, **params)
    assert answer.status_code == 422
    assert word in answer.json()["detail"]


def test_codes_of_another_study_cannot_be_asked_for(client):
    study, other = make_study(), make_code()
    client.force_login(make_reader(study))
    assert ask(client, study, code=other.pk).status_code == 422


def test_a_stranger_finds_nothing(client):
    study = make_study()
    client.force_login(make_lead(make_study()))
    assert ask(client, study).status_code == 404
    client.logout()
    assert ask(client, study).status_code == 401
    client.force_login(make_user())
    assert ask(client, study).status_code == 404


def test_an_unchanged_study_answers_from_the_cache(client, django_assert_num_queries):
    study = load_demo()
    client.force_login(make_reader(study))
    first = ask(client, study, count="words").json()
    with django_assert_num_queries(3):  # user, study, last event
        assert ask(client, study, count="words").json() == first
