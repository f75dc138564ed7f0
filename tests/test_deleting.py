"""Nothing coded is lost by deleting anything, whichever way; who leaves is still named."""

import csv
import io

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.db.models import ProtectedError
from django.urls import reverse

from coding import codebook, memos
from coding.models import Code, CodedSegment, Memo, Segment
from config.api import api
from interviews import history
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


@pytest.fixture
def coded(study):
    """A passage of a returnee, coded by somebody, with a memo on it."""
    person = make_respondent(study, "Wenbo", make_type(study, "Returnee"))
    transcript = make_transcript(study, respondent=person)
    coder = make_coder(study)
    found = make_coded_segment(transcript, make_code(study, "Team"), coder, 0, 30, respondent=person)
    memos.write(study, coder, "Why?", True, coded_segment=found)
    return found


@pytest.fixture
def superuser():
    return make_user("root", is_superuser=True, is_staff=True)


def untouched(coded):
    now = CodedSegment.objects.get(pk=coded.pk)
    return (now.tag_id, now.coder_id, now.content_object_id, now.respondent_id) == (
        coded.tag_id,
        coded.coder_id,
        coded.content_object_id,
        coded.respondent_id,
    ) and Memo.objects.filter(coded_segment=coded).count() == 1


@pytest.mark.parametrize(
    "thing",
    [
        lambda coded: coded.tag,
        lambda coded: coded.coder,
        lambda coded: coded.content_object,
        lambda coded: coded.content_object.transcript,
        lambda coded: coded.respondent,
        lambda coded: coded.respondent.respondent_type,
        lambda coded: coded,
    ],
    ids=["code", "user", "segment", "transcript", "respondent", "type", "coded segment with a memo"],
)
def test_what_codings_stand_on_cannot_be_deleted_under_them(coded, thing):
    thing = thing(coded)
    with pytest.raises(ProtectedError):
        thing.delete()
    with pytest.raises(ProtectedError):
        type(thing)._base_manager.filter(pk=thing.pk).delete()
    assert untouched(coded)


def test_the_admin_deletes_no_account_one_by_one_or_in_bulk(client, superuser, coded):
    client.force_login(superuser)
    pk = coded.coder_id
    assert client.post(reverse("admin:auth_user_delete", args=[pk]), {"post": "yes"}).status_code == 403
    page = client.get(reverse("admin:auth_user_changelist"))
    assert "delete_selected" not in page.text
    client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "delete_selected", ACTION_CHECKBOX_NAME: [pk], "post": "yes"},
    )
    assert get_user_model().objects.filter(pk=pk).exists() and untouched(coded)


def test_the_admin_deletes_no_used_code_one_by_one_or_in_bulk(client, lead, coded):
    client.force_login(lead)
    address = f"{reverse('admin:coding_code_changelist')}?study={coded.tag.study.slug}"
    client.post(reverse("admin:coding_code_delete", args=[coded.tag_id]), {"post": "yes"})
    client.post(address, {"action": "delete_selected", ACTION_CHECKBOX_NAME: [coded.tag_id], "post": "yes"})
    assert Code.objects.filter(pk=coded.tag_id).exists() and untouched(coded)


def test_nothing_that_codings_stand_on_is_in_the_admin_but_codes_and_accounts():
    own = {
        model._meta.label
        for model in admin.site._registry
        if model._meta.app_label in ("interviews", "coding")
    }
    assert own == {"coding.Code", "interviews.Membership"}


def test_the_api_deletes_nothing():
    methods = {method for path in api.get_openapi_schema()["paths"].values() for method in path}
    assert methods == {"get", "post"}


def test_a_used_code_is_refused_on_its_page_and_retired_with_its_codings(client, study, lead, coded):
    with pytest.raises(codebook.Refused, match="is used, so it cannot be deleted"):
        codebook.delete_code(coded.tag, lead)
    codebook.retire(coded.tag, lead)
    codebook.restore(coded.tag, lead)
    assert untouched(coded)


def test_a_removed_transcript_comes_back_with_all_that_was_coded(client, study, lead, coded):
    transcript = coded.content_object.transcript
    client.force_login(lead)
    client.post(reverse("interviews:remove-transcript", args=[transcript.pk]))
    assert untouched(coded)
    removal = study.events.get(action="remove-transcript")
    client.post(reverse("interviews:undo-change", args=[study.slug, removal.pk]))
    transcript.refresh_from_db()
    assert transcript.removed_at is None and untouched(coded)


def test_a_merge_that_folds_codings_is_undone_to_the_last_one(study, lead, coded):
    into = make_code(study, "Group")
    twin = make_coded_segment(coded.content_object.transcript, into, coded.coder, 0, 30)
    codebook.merge(coded.tag, into, lead)
    assert not CodedSegment.objects.filter(pk=coded.pk).exists()
    history.undo(study.events.latest("pk"), lead)
    assert untouched(coded) and CodedSegment.objects.filter(pk=twin.pk).exists()
    assert Segment.objects.count() == 1


def test_what_a_deactivated_person_coded_stays_and_bears_their_name(client, study, lead, superuser, coded):
    name = coded.coder.username
    client.force_login(superuser)
    page = reverse("admin:auth_user_change", args=[coded.coder_id])
    sent = {"username": name, "first_name": "", "last_name": "", "email": ""}
    assert client.post(page, sent).status_code == 302  # "active" is not ticked
    assert not get_user_model().objects.get(pk=coded.coder_id).is_active

    client.force_login(lead)
    out = client.get(reverse("coding:export-coded-segments", args=[study.slug]))
    rows = list(csv.DictReader(io.StringIO(b"".join(out.streaming_content).decode("utf-8-sig"), newline="")))
    assert [(row["code"], row["coder"], row["respondent"]) for row in rows] == [("Team", name, "Wenbo")]
    assert name in client.get(reverse("coding:memos", args=[study.slug])).text
    assert name in client.get(reverse("interviews:members", args=[study.slug])).text
    assert f"{name} wrote a memo" in " ".join(
        client.get(reverse("interviews:history", args=[study.slug])).text.replace("</span>", "").split()
    )
    shown = client.get(reverse("coding:query", args=[study.slug]), {"coder": name})
    assert shown.status_code == 200 and name in shown.text
