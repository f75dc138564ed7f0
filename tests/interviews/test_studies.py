"""The start page, making a study, and deleting one for good."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import reverse

from coding.models import Code, CodedSegment, Memo, Segment
from interviews import history, people
from interviews.access import Role
from interviews.models import Event, Membership, RespondentType, Study, TextRevision, Transcript, Upload
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_owner,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db


def delete_url(study):
    return reverse("interviews:delete-study", args=[study.slug])


def make_whole_study(name="Return migration"):
    """A study with a row of every kind in it, each referring to others; and its owner."""
    study = make_study(name)
    owner = make_owner(study)
    kind = make_type(study, "Returnee")
    make_attribute(study, "City")
    respondent = make_respondent(study, "Wenbo", kind, city="Suzhou")
    transcript = make_transcript(study, respondent=respondent)
    transcript.original.save("x", ContentFile(b"as it came"))
    Upload.objects.create(
        study=study, user=owner, filename="a.txt", respondent=respondent, respondent_type=kind
    )
    parent = make_code(study, "Return")
    code = make_code(parent=parent, name="Team return")
    code.asked_of.add(kind)
    make_code(study, "Old", merged_into=code)
    coded = make_coded_segment(transcript, code, owner, respondent=respondent)
    Memo.objects.create(study=study, author=owner, text="Why?", coded_segment=coded)
    people.invite(study, Role.CODER, "", owner)
    event = history.record(
        study, owner, "create-code", code, after=history.images(code), transcript=transcript
    )
    Event.objects.create(study=study, actor=owner, action="undo", target="code:1", undoes=event)
    LogEntry.objects.create(
        user=owner,
        content_type=ContentType.objects.get_for_model(Code),
        object_id=str(code.pk),
        object_repr="Team return",
        action_flag=ADDITION,
    )
    return study, owner


def everything():
    """How many rows there are, by model; accounts and their sessions aside."""
    models = [*(spec.model for spec in history.TRACKED.values()), Event, Upload, TextRevision, LogEntry]
    return {model.__name__: model._base_manager.count() for model in models}


def test_the_start_page_lists_ones_studies_with_what_is_in_them(client):
    study, _owner = make_whole_study()
    make_study("Somebody else's")
    client.force_login(make_reader(study))
    page = client.get("/").content.decode()
    (found,) = client.get("/").context["studies"]
    assert (found.n_transcripts, found.n_respondents, found.n_members) == (1, 1, 2)
    assert found.changed_at == Event.objects.filter(study=study).last().at
    assert "Reader" in page
    assert "Somebody else" not in page


def test_what_is_removed_is_not_counted(client):
    study = make_study()
    make_transcript(study, removed_at="2026-01-01T00:00Z")
    client.force_login(make_reader(study))
    assert client.get("/").context["studies"][0].n_transcripts == 0


def test_who_has_no_study_is_offered_to_create_one(client):
    client.force_login(make_user())
    page = client.get("/").content.decode()
    assert "You are in no study yet" in page
    assert reverse("interviews:new-study") in page


def test_visitors_are_asked_to_sign_in(client):
    assert client.get("/").url == "/sign-in/?next=/"


def test_the_start_page_takes_the_same_queries_however_many_studies(client, django_assert_num_queries):
    user = make_user()
    client.force_login(user)
    for _more in range(2):
        make_member(make_transcript().study, Role.READER, user)
        with django_assert_num_queries(2):  # user, studies
            client.get("/")


def test_creating_a_study_makes_one_its_owner(client):
    user = make_user()
    client.force_login(user)
    response = client.post(
        "/new-study/",
        {
            "name": "回国创业",
            "research_question": "Who comes back?",
            "respondent_types": "Returnee\n\n Migrant ",
        },
    )
    study = Study.objects.get()
    assert response.url == study.get_absolute_url()
    assert (study.name, study.research_question) == ("回国创业", "Who comes back?")
    assert [t.name for t in study.respondent_types.all()] == ["Returnee", "Migrant"]
    assert Membership.objects.get().role == Role.OWNER
    user.refresh_from_db()
    assert user.is_staff
    event = Event.objects.get()
    assert (event.action, event.actor, event.target) == ("create-study", user, f"study:{study.pk}")


def test_the_same_type_twice_is_one(client):
    client.force_login(make_user())
    client.post("/new-study/", {"name": "A", "respondent_types": "Institutional actor\ninstitutional_actor"})
    assert [t.name for t in RespondentType.objects.all()] == ["Institutional actor"]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 201}, {"respondent_types": "y" * 101}])
def test_a_study_that_is_refused_keeps_what_was_typed(client, wrong):
    client.force_login(make_user())
    data = {"name": "A", "research_question": "Who comes back?", "respondent_types": "Migrant", **wrong}
    page = client.post("/new-study/", data).content.decode()
    assert 'class="error"' in page
    assert "Who comes back?" in page
    assert not Study.objects.exists()


def test_one_press_fills_in_the_example_and_keeps_the_rest(client):
    client.force_login(make_user())
    data = {"name": "Mine", "research_question": "", "respondent_types": "", "example": "1"}
    page = client.post("/new-study/", data).content.decode()
    assert "Returnee\nMigrant\nInstitutional actor</textarea>" in page
    assert 'value="Mine"' in page
    assert not Study.objects.exists()


def test_studies_of_one_name_have_two_addresses(client):
    client.force_login(make_user())
    for _again in range(2):
        client.post("/new-study/", {"name": "New"})
    assert len(set(Study.objects.values_list("slug", flat=True))) == 2


@pytest.mark.parametrize("make", [make_reader, make_coder, make_lead])
def test_only_an_owner_deletes_a_study(client, make):
    study = make_study("Return migration")
    client.force_login(make(study))
    assert client.get(delete_url(study)).status_code == 403
    assert client.post(delete_url(study), {"name": "Return migration"}).status_code == 403
    assert Study.objects.exists()


def test_to_a_stranger_there_is_nothing_to_delete(client):
    study = make_study("Return migration")
    client.force_login(make_owner(make_study()))
    assert client.post(delete_url(study), {"name": "Return migration"}).status_code == 404
    assert Study.objects.filter(pk=study.pk).exists()


def test_the_page_says_what_will_be_deleted_and_offers_the_export_first(client):
    study, owner = make_whole_study()
    client.force_login(owner)
    response = client.get(delete_url(study))
    assert response.context["contents"]["codedsegment"] == 1
    assert response.context["contents"]["code"] == 3
    assert f'href="/studies/{study.slug}/export/coded-segments.csv"' in response.content.decode()


@pytest.mark.parametrize("typed", ["", "return migration", "Return migration!"])
def test_a_study_is_not_deleted_without_its_exact_name(client, typed):
    study, owner = make_whole_study()
    client.force_login(owner)
    before = everything()
    assert 'class="error"' in client.post(delete_url(study), {"name": typed}).content.decode()
    assert everything() == before


def test_deleting_a_study_leaves_nothing_of_it_and_nothing_else_touched(
    client, django_capture_on_commit_callbacks
):
    make_whole_study("Another")
    others = everything()
    study, owner = make_whole_study()
    folder = Path(settings.MEDIA_ROOT, str(study.pk))
    assert any(path.is_file() for path in folder.rglob("*"))
    client.force_login(owner)
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(delete_url(study), {"name": " Return migration "}, follow=True)
    assert "is deleted, with all that was in it" in page.content.decode()
    connection.check_constraints()
    assert everything() == {**others, "Event": others["Event"] + 1}
    assert Code.asked_of.through.objects.count() == 1
    assert not folder.exists()
    owner.refresh_from_db()
    assert not owner.is_staff


def test_what_remains_of_a_deleted_study_is_one_event_without_a_name(client):
    study, owner = make_whole_study()
    client.force_login(owner)
    client.post(delete_url(study), {"name": "Return migration"})
    event = Event.objects.get()
    assert (event.study, event.action, event.actor) == (None, "delete-study", owner)
    assert event.target == f"study:{study.pk}"
    assert (event.before, event.after) == ({}, {})


@pytest.mark.django_db(transaction=True)
def test_the_database_accepts_the_deletion_when_it_commits(client):
    study, owner = make_whole_study()
    client.force_login(owner)
    assert client.post(delete_url(study), {"name": "Return migration"}).status_code == 302
    for model in (Study, Transcript, Segment, CodedSegment, Memo):
        assert not model._base_manager.exists()
