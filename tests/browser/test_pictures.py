"""The pictures as axe sees them, and as PNG."""

import struct
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding.demo import load_demo


@pytest.fixture
def pictures(page, live_server, signed_in, transactional_db):
    study = load_demo()
    signed_in(page, study.memberships.get(user__username="lead").user)
    page.goto(live_server.url + reverse("coding:pictures", args=[study.slug]))
    return page


def test_every_picture_passes_axe_in_light_and_dark_and_is_saved_as_png(pictures, axe):
    for theme in ("light", "dark"):
        pictures.emulate_media(color_scheme=theme)
        for name in ("Codes per respondent", "Codes by respondent type", "Coding over time"):
            pictures.get_by_role("link", name=name).click()
            expect(pictures.get_by_role("heading", level=1)).to_have_text(name)
            expect(pictures.get_by_role("img", name=name)).to_be_visible()
            pictures.get_by_text("The numbers as a table").click()
            pictures.evaluate("scrollTo(0, 0)")  # what a bar half covers is too small for axe
            assert axe(pictures) == []
    pictures.set_viewport_size({"width": 390, "height": 844})
    assert pictures.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pictures.get_by_text("Download", exact=True).click()
    with pictures.expect_download() as saved:
        pictures.get_by_role("link", name="Picture, PNG").click()
    content = Path(saved.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">I", content[16:20]) == (2 * 960,)
    assert saved.value.suggested_filename.endswith(".png")
