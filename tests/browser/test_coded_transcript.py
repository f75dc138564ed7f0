"""The transcript with its codes: as axe sees it, on paper, and as a file opened by itself."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding.demo import load_demo

SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def study(transactional_db):
    return load_demo()


@pytest.fixture
def coded(page, live_server, signed_in, study):
    """The demo study's first transcript with its codes, opened by the lead."""
    signed_in(page, study.memberships.get(user__username="lead").user)
    page.goto(live_server.url + reverse("coding:coded-transcript", args=[study.transcripts.first().pk]))
    return page


def show_all(page):
    """Draw what is far away, too, so that it can be judged."""
    page.locator(".coded-turn").evaluate_all(
        "(turns) => turns.forEach((turn) => (turn.style.contentVisibility = 'visible'))"
    )


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(coded, axe, theme, width):
    coded.emulate_media(color_scheme=theme)
    coded.set_viewport_size({"width": width, "height": 844})
    show_all(coded)
    assert axe(coded) == []
    assert coded.evaluate(SIDEWAYS)


def test_codes_stand_beside_their_turn_and_below_it_on_a_phone(coded):
    turn = coded.locator(".coded-turn").filter(has=coded.locator("mark")).first
    for width, beside in ((1440, True), (390, False)):
        coded.set_viewport_size({"width": width, "height": 844})
        words = turn.locator(".turn-text").bounding_box()
        margin = turn.locator(".in-margin").bounding_box()
        assert (margin["x"] >= words["x"] + words["width"]) == beside
        assert (margin["y"] >= words["y"] + words["height"]) == (not beside)


def test_filters_are_chosen_by_keyboard_and_kept_for_the_files(coded):
    number = coded.locator("mark").count()
    coded.get_by_label("Codings by").select_option("coder_a")
    coded.get_by_role("button", name="Show").press("Enter")
    expect(coded.get_by_text("Codings by coder_a")).to_be_visible()
    assert 0 < coded.locator("mark").count() < number
    assert "coder=coder_a" in coded.get_by_role("link", name="Word, DOCX").get_attribute("href")


def test_on_paper_there_are_words_lines_under_them_and_margins_but_no_bars(coded):
    coded.emulate_media(media="print", color_scheme="dark")
    for part in (".bar", ".coded-tools"):
        expect(coded.locator(part)).to_be_hidden()
    style = coded.locator("mark").first.evaluate(
        "(mark) => { const s = getComputedStyle(mark); return [s.borderBottomStyle, s.color] }"
    )
    assert style[0] in ("solid", "double")
    assert lightness(style[1]) < 0.4  # dark ink, whatever the theme on the screen
    assert (
        coded.locator(".coded-turn").first.evaluate("(turn) => getComputedStyle(turn).breakInside") == "avoid"
    )
    pdf = coded.pdf(format="A4")
    assert pdf.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 12


def lightness(colour):
    """Of what a browser computes for light-dark(): ``oklch(0.23 0.01 270)``."""
    return float(re.match(r"oklch\(([\d.]+)", colour)[1])


def test_the_print_button_prints(coded):
    coded.evaluate("window.print = () => { window.printed = true }")
    coded.get_by_role("button", name="Print").click()
    assert coded.evaluate("window.printed")


def test_a_number_leads_back_to_the_turn_where_it_is_coded(coded):
    coded.get_by_role("link", name="Turn 4", exact=True).click()
    expect(coded).to_have_url(re.compile(r"/transcripts/\d+/#t4$"))
    expect(coded.get_by_role("link", name="Print with its codes, or take it along")).to_be_visible()


def test_the_file_looks_the_same_by_itself_and_asks_for_nothing(coded, axe, tmp_path, watch):
    with coded.expect_download() as waiting:
        coded.get_by_role("link", name="HTML").click()
    path = tmp_path / "coded.html"
    waiting.value.save_as(path)
    asked = []
    alone = coded.context.new_page()
    watch.origin = path.as_uri()
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert alone.locator("mark").count() > 5
    tints = alone.locator("mark").evaluate_all(
        "(marks) => marks.map((m) => getComputedStyle(m).backgroundColor)"
    )
    assert "rgba(0, 0, 0, 0)" not in tints and len(set(tints)) > 2
    show_all(alone)
    assert axe(alone) == []
    alone.set_viewport_size({"width": 390, "height": 844})
    assert alone.evaluate(SIDEWAYS)
