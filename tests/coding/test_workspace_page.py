"""The transcript page as the server gives it."""

import json
import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from coding.codebook import ARROW
from tests.factories import (
    make_attribute,
    make_code,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study()


def page(client, user, transcript):
    client.force_login(user)
    answer = client.get(reverse("coding:transcript", args=[transcript.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def data(html, name):
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', html)[1])


def test_scripts_learn_what_they_need_and_no_more(client, study):
    transcript = make_transcript(study)
    coder = make_coder(study)
    found = data(page(client, coder, transcript), "workspace-data")
    assert found["transcript"] == transcript.pk
    assert found["revision"] == 1
    assert (found["user"], found["userName"]) == (coder.pk, coder.username)
    assert found["mayCode"] is True
    assert found["changes"] == reverse("api:changes", args=[transcript.pk])
    assert found["segments"] == reverse("api:segments", args=[transcript.pk])


def test_codes_come_in_the_order_of_the_tree_with_level_look_and_path(client, study):
    parent = make_code(study, "Return", order=1)
    make_code(study, "Team", parent=parent, definition="Together")
    make_code(study, "Barriers", order=0)
    make_code(name="Foreign")
    codes = data(page(client, make_coder(study), make_transcript(study)), "codes-data")
    assert [(code["name"], code["level"], code["path"]) for code in codes] == [
        ("Barriers", 1, "Barriers"),
        ("Return", 1, "Return"),
        ("Team", 2, f"Return{ARROW}Team"),
    ]
    assert codes[2]["definition"] == "Together"
    assert codes[1]["opens"] and not codes[2]["opens"]
    assert all(code["look"].startswith("hue-") for code in codes)


def test_a_retired_code_is_known_to_scripts_but_not_offered(client, study):
    code = make_code(study, "Old", retired_at=timezone.now())
    html = page(client, make_coder(study), make_transcript(study))
    assert data(html, "codes-data")[0]["retired"] is True
    assert f'id="code-{code.pk}"' not in html


def test_the_text_is_whole_escaped_and_without_inline_style_or_script(client, study):
    transcript = make_transcript(study, text="WENBO: <b>we</b> & “</script><script>alert(1)</script>”\n")
    make_code(study, "</script><script>alert(2)</script>")
    html = page(client, make_coder(study), transcript)
    assert "&lt;b&gt;we&lt;/b&gt; &amp;" in html
    assert "<script>alert" not in html
    assert " style=" not in html and "<style" not in html
    assert not re.search(r"\son\w+=", html)


def test_a_reader_is_offered_no_coding(client, study):
    make_code(study)
    html = page(client, make_reader(study), make_transcript(study))
    assert data(html, "workspace-data")["mayCode"] is False
    assert 'id="code-button"' not in html


def test_only_who_may_manage_material_is_led_to_the_speakers(client, study):
    transcript = make_transcript(study)
    address = reverse("interviews:speakers", args=[transcript.pk])
    assert address in page(client, make_lead(study), transcript)
    assert address not in page(client, make_coder(study), transcript)


def test_each_command_of_the_keyboard_has_its_words(client, study):
    table = (settings.BASE_DIR / "static" / "js" / "commands.js").read_text()
    commands = re.findall(r'command\("(\w+)", "([\w-]+)"', table)
    wanted = (
        {name for _group, name in commands} | {f"group-{group}" for group, _name in commands} | {"recent"}
    )
    html = page(client, make_coder(study), make_transcript(study))
    assert len(wanted) > 35
    assert {name for name in wanted if f'data-key-{name}="' not in html} == set()


def test_the_head_lines_are_part_of_the_text(client, study):
    transcript = make_transcript(study, text="Interview 7, Suzhou\n\nINTERVIEWER: How?\nWENBO: Together.\n")
    html = page(client, make_coder(study), transcript)
    assert re.search(r'data-at="0"[^>]*>Interview 7, Suzhou<', html)


def test_what_is_known_of_the_respondent_is_shown(client, study):
    make_attribute(study, "City")
    person = make_respondent(study, "Wenbo", make_type(study, "Returnee"), city="苏州")
    transcript = make_transcript(study, respondent=person)
    address = reverse("coding:transcript-respondent", args=[transcript.pk])
    assert address in page(client, make_coder(study), transcript)
    html = client.get(address).content.decode()
    for words in ("Wenbo", "Returnee", "City", "苏州"):
        assert words in html


def test_a_transcript_without_words_and_a_study_without_codes_still_open(client, study):
    html = page(client, make_coder(study), make_transcript(study, text="Only a line."))
    assert "Only a line." in html
    assert "There are no codes yet." in html


def test_a_removed_transcript_is_not_found(client, study):
    client.force_login(make_lead(study))
    transcript = make_transcript(study, removed_at=timezone.now())
    assert client.get(reverse("coding:transcript", args=[transcript.pk])).status_code == 404
