"""Codes made in the workspace, and heard of there; who else is there."""

import uuid

import pytest
from django.core.cache import caches
from django.core.cache.backends.filebased import FileBasedCache
from django.urls import reverse

from coding import codebook, presence
from coding.models import Code
from interviews.models import Event
from tests.factories import make_code, make_coder, make_lead, make_reader, make_study, make_transcript

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


def post(client, view, argument, **body):
    return client.post(reverse(view, args=[argument]), body, content_type="application/json")


def test_a_code_is_made_once_however_often_it_is_sent_and_noted(client, study, lead):
    parent = make_code(study, "Place")
    client.force_login(lead)
    change = str(uuid.uuid4())
    for _ in range(2):
        answer = post(client, "api:codes", study.slug, name=" 下海  xiahai ", parent=parent.pk, change=change)
        assert answer.status_code == 201, answer.content
    code = Code.objects.get(name="下海 xiahai")
    assert answer.json()["id"] == code.pk
    assert code.parent == parent
    assert [(row["name"], row["level"]) for row in answer.json()["codes"]] == [
        ("Place", 1),
        ("下海 xiahai", 2),
    ]
    event = Event.objects.get(action="create-code")
    assert (event.actor, str(event.change)) == (lead, change)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "  "}, 422, "needs a name"),
        ({"name": "x" * 201}, 422, "longer than 200"),
        ({"name": "Place"}, 422, "“Place” here already"),
        ({"name": "New", "parent": "retired"}, 422, "is retired"),
        ({"name": "New", "parent": "foreign"}, 404, ""),
    ],
)
def test_a_code_that_cannot_be_is_refused_in_words(client, study, lead, body, status, words):
    make_code(study, "Place")
    retired = codebook.retire(make_code(study, "Old"), lead)
    ids = {"retired": retired.pk, "foreign": make_code(name="Foreign").pk}
    body = {name: ids.get(value, value) for name, value in body.items()}
    client.force_login(lead)
    answer = post(client, "api:codes", study.slug, **body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert not Event.objects.filter(action="create-code").exists()


def test_a_new_code_is_undone_with_its_coding_and_comes_again_by_redoing(client, study, lead):
    transcript = make_transcript(study)
    client.force_login(lead)
    made, applied, *undone = (str(uuid.uuid4()) for _ in range(6))
    code = post(client, "api:codes", study.slug, name="New", change=made).json()["id"]

    def send(*changes):
        answer = post(client, "api:make-changes", transcript.pk, revision=1, changes=changes)
        return [(result["state"], result["reason"]) for result in answer.json()["results"]]

    apply = {"id": applied, "do": "apply", "start": 0, "end": 11, "code": code}
    assert send(apply) == [("done", None)]
    back = [
        {"id": pk, "do": "undo", "target": target}
        for pk, target in zip(undone, (applied, made), strict=False)
    ]
    assert send(*back) == [("done", None)] * 2
    assert not Code.objects.exists()
    again = [
        {"id": pk, "do": "undo", "target": t}
        for pk, t in zip(undone[2:], (undone[1], undone[0]), strict=True)
    ]
    assert send(*again) == [("done", None)] * 2
    assert Code.objects.get().coded_segments.get().pk == uuid.UUID(applied)


def test_a_new_code_that_a_colleague_uses_stays_and_who_lost_the_right_cannot_undo_it(client, study, lead):
    transcript = make_transcript(study)
    client.force_login(lead)
    made = str(uuid.uuid4())
    code = post(client, "api:codes", study.slug, name="New", change=made).json()["id"]
    undo = {"id": str(uuid.uuid4()), "do": "undo", "target": made}

    def reason():
        answer = post(client, "api:make-changes", transcript.pk, revision=1, changes=[undo])
        return answer.json()["results"][0]["reason"]

    membership = lead.memberships.get()
    membership.role = "coder"
    membership.save()
    assert "role" in reason()
    membership.role = "lead"
    membership.save()
    client.force_login(make_coder(study))
    apply = {"id": str(uuid.uuid4()), "do": "apply", "start": 0, "end": 11, "code": code}
    post(client, "api:make-changes", transcript.pk, revision=1, changes=[apply])
    client.force_login(lead)
    assert "used since" in reason()
    assert Code.objects.filter(pk=code).exists()


def test_whoever_has_the_page_open_hears_of_changed_codes_and_only_then(
    client, study, lead, django_assert_num_queries
):
    transcript = make_transcript(study)
    code = make_code(study, "Old name")
    client.force_login(make_reader(study))
    address = reverse("api:changes", args=[transcript.pk])
    answer = client.get(address).json()
    assert answer["codes"] is None
    codebook.edit_code(code, lead, name="New name")
    codebook.create_code(study, lead, name="Fresh")
    with django_assert_num_queries(4):  # user, transcript, events, codes
        answer = client.get(address, {"after": answer["event"]}).json()
    assert [row["name"] for row in answer["codes"]] == ["New name", "Fresh"]
    codebook.retire(code, lead)
    answer = client.get(address, {"after": answer["event"]}).json()
    assert [row["retired"] for row in answer["codes"]] == [True, False]


def test_who_edited_the_text_is_said_with_the_time(client, study, lead):
    transcript = make_transcript(study)
    revision = transcript.revisions.get()
    revision.actor = lead
    revision.save()
    client.force_login(make_reader(study))
    answer = client.get(reverse("api:changes", args=[transcript.pk])).json()
    assert answer["edited_by"] == lead.username
    assert answer["edited_at"].startswith(revision.at.isoformat()[:19])


# Who is there


def here(client, transcript, **body):
    answer = post(client, "api:presence", transcript.pk, **body)
    assert answer.status_code == 200
    return answer.json()["here"]


def test_others_who_have_the_transcript_open_are_named_until_they_leave(
    client, study, lead, django_assert_num_queries
):
    transcript, other = make_transcript(study), make_transcript(study)
    reader = make_reader(study)
    client.force_login(reader)
    assert here(client, transcript) == []
    client.force_login(lead)
    assert here(client, other) == []
    with django_assert_num_queries(3):  # user, transcript, members
        assert here(client, transcript) == [reader.username]
    client.force_login(reader)
    assert here(client, transcript) == [lead.username]
    assert here(client, transcript, leaving=True) == [lead.username]
    client.force_login(lead)
    assert here(client, transcript) == []


def test_who_says_nothing_is_soon_gone_and_who_left_the_study_is_not_named(client, study, lead):
    transcript = make_transcript(study)
    coder, reader = make_coder(study), make_reader(study)
    for person in (coder, reader):
        presence.arrive(transcript, person)
    coder.memberships.all().delete()
    assert presence.others(transcript, lead) == [reader.username]
    caches["presence"].touch(f"here.{transcript.pk}.{reader.pk}", 0)
    assert presence.others(transcript, lead) == []


def test_server_processes_hear_of_each_other(study, lead, tmp_path, monkeypatch):
    """As on PostgreSQL: two caches on one folder, as two processes have them."""
    transcript, coder = make_transcript(study), make_coder(study)
    one, two = ({"presence": FileBasedCache(str(tmp_path), {})} for _ in range(2))
    monkeypatch.setattr(presence, "caches", one)
    presence.arrive(transcript, coder)
    monkeypatch.setattr(presence, "caches", two)
    assert presence.others(transcript, lead) == [coder.username]
