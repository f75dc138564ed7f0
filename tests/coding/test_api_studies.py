from django.utils import timezone

from interviews.models import Respondent
from interviews.tokens import make_api_token
from tests.factories import (
    make_attribute,
    make_code,
    make_coder,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)


def get(client, study, user):
    return client.get(
        f"/api/studies/{study.slug}/", headers={"authorization": f"Bearer {make_api_token(user)}"}
    )


def test_a_member_reads_the_study_with_its_codebook_in_tree_order(client, db):
    study = make_study(research_question="Why?")
    coder = make_coder(study)
    family = make_code(study, "Ties", colour="#2e7d4f", definition="Between people")
    make_code(study, "Other", order=2)
    child = make_code(parent=family, name="Trust", retired_at=timezone.now())

    found = get(client, study, coder).json()

    assert (found["name"], found["research_question"], found["role"]) == (study.name, "Why?", "coder")
    assert [(code["path"], code["depth"]) for code in found["codebook"]] == [
        ("Ties", 0),
        ("Ties > Trust", 1),
        ("Other", 0),
    ]
    assert found["codebook"][0] == {
        "id": family.pk,
        "parent": None,
        "name": "Ties",
        "path": "Ties",
        "depth": 0,
        "colour": "#2e7d4f",
        "look": "hue-green",
        "definition": "Between people",
        "retired": False,
        "order": 0,
        "revision": 1,
    }
    assert found["codebook"][1]["retired"] and found["codebook"][1]["parent"] == family.pk
    assert found["codebook"][1]["id"] == child.pk


def test_the_study_lists_its_people_and_transcripts_without_their_texts(client, db):
    study = make_study()
    coder = make_coder(study)
    make_attribute(study, "City", kind="one_of", choices=["Suzhou"])
    kind = make_type(study, "Institutional actor")
    person = make_respondent(study, "Wenbo", kind, city="Suzhou")
    transcript = make_transcript(study, respondent=person, title="RET01")
    make_transcript(study, removed_at=timezone.now())
    Respondent.objects.filter(pk=make_respondent(study).pk).update(removed_at=timezone.now())

    found = get(client, study, coder).json()

    assert found["respondent_types"] == [
        {"id": kind.pk, "key": "institutional_actor", "name": "Institutional actor"}
    ]
    assert found["attributes"] == [{"key": "city", "name": "City", "kind": "one_of", "choices": ["Suzhou"]}]
    assert found["respondents"] == [
        {
            "id": person.pk,
            "pseudonym": "Wenbo",
            "respondent_type": "institutional_actor",
            "values": {"city": "Suzhou"},
        }
    ]
    assert found["coders"] == [{"id": coder.pk, "username": coder.username, "role": "coder"}]
    assert [(row["id"], row["title"], row["respondent"]) for row in found["transcripts"]] == [
        (transcript.pk, "RET01", person.pk)
    ]
    assert transcript.text not in get(client, study, coder).text


def test_a_stranger_finds_no_study(client, db):
    study = make_study()

    assert get(client, study, make_coder()).status_code == 404


def test_nobody_reads_a_study_without_signing_in(client, db):
    assert client.get(f"/api/studies/{make_study().slug}/").status_code == 401


def test_a_study_takes_the_same_queries_whatever_its_size(client, db, django_assert_num_queries):
    study = make_study()
    client.force_login(make_coder(study))
    for _ in range(2):
        make_code(parent=make_code(study))
        make_transcript(respondent=make_respondent(study, respondent_type=make_type(study)))
        make_coder(study)
        # user, study, codes, types, attributes, respondents, members, transcripts
        with django_assert_num_queries(8):
            client.get(f"/api/studies/{study.slug}/")
