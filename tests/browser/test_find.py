"""The page Find, by keyboard and as axe sees it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding.models import CodedSegment
from tests.factories import make_code, make_coder, make_study, make_transcript


@pytest.fixture
def study(transactional_db):
    study = make_study()
    make_code(study, "Ties")
    make_transcript(study, "ANNA: A friend of 老𬭎 came. No friend stayed.\n", title="One")
    return study


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_are_found_coded_and_uncoded_by_keyboard(page, live_server, signed_in, axe, study, theme):
    page.emulate_media(color_scheme=theme)
    signed_in(page, make_coder(study))
    page.goto(live_server.url + reverse("coding:codebook", args=[study.slug]))
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Look for")).to_be_focused()
    page.keyboard.type("FRIEND")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Found 2 times in 1 transcript")
    assert axe(page) == []
    page.get_by_label("Code", exact=True).select_option(label="Ties")
    page.get_by_label("Choose all on this page").focus()
    page.keyboard.press("Space")
    button = page.get_by_role("button", name="Code the 2 chosen")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 passages are coded.")).to_be_visible()
    quotes = CodedSegment.objects.order_by("content_object__start").values_list(
        "content_object__quote", flat=True
    )
    assert list(quotes) == ["A friend of 老𬭎 came.", "No friend stayed."]
    page.get_by_role("button", name="Undo the coding").click()
    expect(page.get_by_text("Undone")).to_be_visible()
    assert not CodedSegment.objects.exists()
    page.set_viewport_size({"width": 390, "height": 844})
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
