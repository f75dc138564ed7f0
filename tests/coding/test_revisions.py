import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from coding import codebook, revisions
from interviews.history import undo
from interviews.models import Event
from tests.factories import make_coded_segment, make_coder, make_lead, make_study, make_transcript, make_type


@pytest.fixture
def study(db):
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


def shown(book):
    return [(depth, code.name, code.definition) for depth, code in codebook.in_tree_order(book)]


def test_each_revision_says_what_was_and_is_who_when_and_why(client, study, lead):
    code = codebook.create_code(
        study, lead, name="Ties", definition="Between people who met abroad.\nAnd firms."
    )
    codebook.edit_code(code, lead, colour="#445566")
    other = make_lead(study)
    codebook.edit_code(
        code, other, "Firms need their own", definition="Between people who met at work.\nAnd firms."
    )
    undo(Event.objects.latest("pk"), lead)
    client.force_login(make_coder(study))

    page = client.get(reverse("coding:revisions-of-code", args=[code.pk])).text

    assert "Between people who met <del>abroad</del>." in page and "<ins>at work</ins>" in page
    assert "Firms need their own" in page and other.username in page
    assert page.index("Undone") < page.index("Revision 2") < page.index("First definition")
    assert len(revisions.of_code(code)) == 3


def test_revisions_lead_to_what_is_to_be_reviewed(client, study, lead):
    code = codebook.create_code(study, lead, name="Ties")
    make_coded_segment(make_transcript(study), code)
    codebook.edit_code(code, lead, definition="New")
    client.force_login(lead)

    page = client.get(reverse("coding:revisions-of-code", args=[code.pk])).text
    assert "1 coded segment was coded under another revision." in page and "review=yes" in page


def test_the_codebook_is_seen_as_it_was_on_any_day(client, study, lead):
    ties = codebook.create_code(
        study, lead, name="Ties", definition="Old", asked_of=[make_type(study, "Returnee")]
    )
    child = codebook.create_code(study, lead, name="Trust", parent=ties)
    gone = codebook.create_code(study, lead, name="Gone")
    Event.objects.filter(study=study).update(at=timezone.now() - datetime.timedelta(days=3))
    codebook.edit_code(ties, lead, name="Bonds", definition="New", asked_of=[])
    codebook.move_code(child, lead, None)
    codebook.delete_code(gone, lead)
    codebook.merge(child, codebook.create_code(study, lead, name="Later"), lead)

    now = timezone.now() + datetime.timedelta(seconds=1)
    before = [(0, "Ties", "Old"), (1, "Trust", ""), (0, "Gone", "")]
    assert shown(revisions.as_of(study, now)) == [(0, "Bonds", "New"), (0, "Trust", ""), (0, "Later", "")]
    assert shown(revisions.as_of(study, now - datetime.timedelta(days=2))) == before
    assert revisions.as_of(study, now - datetime.timedelta(days=9)) == []

    client.force_login(make_coder(study))
    url = reverse("coding:codebook-as-of", args=[study.slug])
    day = timezone.localdate() - datetime.timedelta(days=1)
    page = client.get(f"{url}?day={day.isoformat()}").text
    assert "Ties" in page and "Returnee" in page and "3 codes" in page and "Bonds" not in page
    assert "Bonds" in client.get(url).text
    assert "There was no code yet." in client.get(f"{url}?day=2001-01-01").text


@pytest.mark.parametrize("day", ["2026-02-31", "yesterday", "2026", "9999-12-31", "0001-01-01"])
def test_what_is_no_day_is_said(client, study, lead, day):
    client.force_login(lead)
    page = client.get(f"{reverse('coding:codebook-as-of', args=[study.slug])}?day={day}")
    assert page.status_code == 200 and "This is no day." in page.text


def test_the_pages_take_the_same_queries_however_much_was_changed(
    client, study, lead, django_assert_num_queries
):
    client.force_login(lead)
    for n in range(2):
        code = codebook.create_code(study, lead, name=f"Code {n}")
        for definition in "abc":
            codebook.edit_code(code, lead, definition=definition)
        with django_assert_num_queries(4):  # user, code, its events, what is behind
            client.get(reverse("coding:revisions-of-code", args=[code.pk]))
        with django_assert_num_queries(
            7
        ):  # user, study, restricted, codes, whom they were asked of, events, types
            client.get(reverse("coding:codebook-as-of", args=[study.slug]))
