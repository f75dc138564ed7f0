import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_code, make_lead, make_study, make_transcript

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(client):
    study = make_study()
    client.force_login(make_lead(study))
    top = make_code(study, "Return & <b>stay</b>")
    below = make_code(study, "团队", parent=top)
    retired = make_code(study, "Old", retired_at=timezone.now())
    return study, top, below, retired


@pytest.mark.parametrize("name", ["query", "cooccurrence", "matrix", "voices", "pictures"])
def test_codes_to_choose_are_indented_and_escaped(client, tree, name):
    study, _top, below, _retired = tree
    text = client.get(reverse(f"coding:{name}", args=[study.slug])).content.decode()
    assert ">Return &amp; &lt;b&gt;stay&lt;/b&gt;</option>" in text
    assert f'<option value="{below.pk}">\u2003团队</option>' in text


def test_the_chosen_code_is_chosen(client, tree):
    study, _top, below, _retired = tree
    text = client.get(reverse("coding:matrix", args=[study.slug]), {"code": below.pk}).content.decode()
    assert text.count(f'<option value="{below.pk}" selected>') == 1


def test_a_retired_code_is_given_to_nothing_but_stays_chosen(client, tree):
    study, _top, _below, retired = tree
    make_transcript(study, text="I: Where is home?")
    address = reverse("coding:find", args=[study.slug])
    assert f'value="{retired.pk}"' not in client.get(address, {"q": "home"}).content.decode()
    text = client.get(address, {"q": "home", "code_id": retired.pk}).content.decode()
    assert f'<option value="{retired.pk}" selected>Old</option>' in text


def test_ticked_codes_are_ticked(client, tree):
    study, top, below, _retired = tree
    text = client.get(reverse("coding:retrieval", args=[study.slug]), {"with": below.pk}).content.decode()
    assert text.count(f'<input type="checkbox" name="with" value="{below.pk}" checked>') == 1
    assert f'<input type="checkbox" name="with" value="{top.pk}">' in text
    assert "Return &amp; &lt;b&gt;stay&lt;/b&gt;</label>" in text
