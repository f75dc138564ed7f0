"""A form that is sent after the session has ended comes back whole."""

import re
from html import unescape

import pytest
from django.urls import reverse

from coding.models import Memo
from tests.factories import make_coder, make_study

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html,application/xhtml+xml"}
TEXT = "\nHalf a “thought”\n<b>of</b> mine & more\n"


@pytest.fixture
def study():
    return make_study()


def fields_of(page):
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(name, unescape(value)) for name, value in found if name != "csrfmiddlewaretoken"]


def test_what_was_typed_comes_back_and_is_sent_after_signing_in(client, study):
    address = reverse("coding:memos", args=[study.slug])
    answer = client.post(address, {"text": TEXT, "shared": "no", "many": ["1", "2"]}, headers=PAGE)
    assert answer.status_code == 401
    assert "no-store" in answer["Cache-Control"]
    kept = fields_of(answer.text)
    assert kept == [("text", TEXT), ("shared", "no"), ("many", "1"), ("many", "2")]
    assert f'action="{address}"' in answer.text

    client.force_login(make_coder(study))
    assert client.post(address, dict(kept)).status_code == 302
    assert Memo.objects.get().text == TEXT.strip()


def test_secrets_files_scripts_and_other_ways_are_sent_to_sign_in_as_ever(client, study, tmp_path):
    address = reverse("coding:memos", args=[study.slug])
    away = reverse("interviews:sign-in")
    assert client.post(address, {"text": TEXT}).url.startswith(away)
    assert client.get(address, headers=PAGE).url.startswith(away)
    assert client.post(address, {"old_password": "x"}, headers=PAGE).url.startswith(away)
    with open(__file__) as file:
        assert client.post(address, {"file": file}, headers=PAGE).url.startswith(away)
    client.force_login(make_coder(study))
    assert client.post(reverse("interviews:sign-out"), headers=PAGE).status_code == 302
