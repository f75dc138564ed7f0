"""A whole transcript of the demo coded with the keyboard alone, then read by its accessibility tree."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from coding.models import CodedSegment
from tests.factories import make_code, make_coder, make_study, make_transcript

from .workspace import open_workspace, saved

pytestmark = pytest.mark.django_db(transaction=True)

DEMO = settings.BASE_DIR / "interviews" / "demo" / "transcripts"
CODES = ("Matchmaking", "Team return", "Family")


@pytest.fixture
def workspace(page, live_server, signed_in):
    study = make_study()
    for name in CODES:
        make_code(study, name)
    transcript = make_transcript(study, text=(DEMO / "INS01_tan.txt").read_text())
    signed_in(page, make_coder(study))
    return open_workspace(page, live_server, transcript)


def heard(page, role):
    """The names of all that has a role, as a screen reader is given them, in order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        " ".join(node["name"]["value"].split()).replace(" ,", ",")
        for node in nodes
        if not node["ignored"] and node["role"]["value"] == role and node.get("name", {}).get("value")
    ]


def code_the_whole(page):
    """Each turn of the respondent, one after the other: the turn or a sentence of it, by the palette or by a number."""
    page.keyboard.press("u")
    for n, name in enumerate(CODES):
        page.keyboard.press("st"[n % 2])
        page.keyboard.press("c")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.keyboard.press("u")
    n = 0
    while not page.locator("#toast").is_visible():
        page.keyboard.press("st"[n % 2])
        page.keyboard.press(str(n % len(CODES) + 1))
        page.keyboard.press("u")
        n += 1


def stored():
    rows = CodedSegment.objects.order_by("content_object__start")
    return [
        f"{name}, by {who}: {' '.join(quote[:300].split())}"
        for name, who, quote in rows.values_list("tag__name", "coder__username", "content_object__quote")
    ]


def focused(page):
    return page.evaluate("() => document.activeElement.closest('#codings .coding')?.dataset.id ?? null")


def test_a_whole_transcript_is_coded_and_each_coding_heard_removed_and_undone(workspace):
    page = workspace
    code_the_whole(page)
    saved(page)
    uncoded = page.locator(".turn:not([data-interviewer])").count()
    rows = stored()
    assert len(rows) == uncoded > 10

    expect(page.locator("#codings .coding")).to_have_count(len(rows))
    names = [name for name in heard(page, "button") if re.search(", by .*: ", name)]
    assert names == rows

    for _press in range(40):
        if focused(page):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    for n, name in enumerate(rows):
        assert page.evaluate("() => document.activeElement.innerText").startswith(name.partition(",")[0])
        page.keyboard.press("Delete")
        expect(page.locator("#codings .coding")).to_have_count(len(rows) - 1)
        expect(page.locator("#spoken")).to_contain_text(name.partition(",")[0])
        assert focused(page), "The focus is lost when a coding is removed."
        page.keyboard.press("Control+z")
        expect(page.locator("#codings .coding")).to_have_count(len(rows))
        page.locator("#codings .coding").nth(n).focus()
        page.keyboard.press("ArrowDown")
    saved(page)
    assert stored() == rows
