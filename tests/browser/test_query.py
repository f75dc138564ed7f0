"""The query view by keyboard, without a mouse, and as axe sees it."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding.demo import load_demo


@pytest.fixture
def query(page, live_server, signed_in, transactional_db):
    """The demo study's query page, opened by its lead."""
    study = load_demo()
    signed_in(page, study.memberships.get(user__username="lead").user)
    page.goto(live_server.url + reverse("coding:query", args=[study.slug]))
    return page


def focused(page):
    return page.evaluate("document.activeElement.textContent")


def test_arrows_walk_the_table_and_a_cell_opens_its_passages_and_esc_returns(query):
    query.locator(".cell").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        query.keyboard.press(key)
    assert focused(query).startswith("Career ceiling, Migrant: 3 of 4 respondents")
    query.keyboard.press("Enter")
    panel = query.locator("#opened")
    expect(panel).to_contain_text("Migrant: 3 of 4 respondents")
    expect(panel.get_by_role("heading", name="Career ceiling")).to_be_focused()
    assert "cell=" in query.url
    query.keyboard.press("Escape")
    assert focused(query).startswith("Career ceiling, Migrant")
    query.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert "cell=" not in query.url
    assert query.locator(".cell[tabindex='0']").count() == 1


def test_the_table_follows_the_controls_and_the_address_the_table(query):
    query.get_by_role("radio", name="Respondents").focus()
    query.keyboard.press("ArrowRight")
    expect(query.locator("thead")).to_contain_text("Returnee5")
    expect(query.get_by_role("status").filter(has_text="Transcripts, n of N")).to_be_attached()
    assert query.url.endswith("?count=transcripts")
    expect(query.get_by_role("radio", name="Transcripts")).to_be_focused()
    query.get_by_label("Columns").select_option("City")
    expect(query.get_by_role("heading", level=1)).to_have_text("Codes by city")
    query.reload()
    expect(query.get_by_role("heading", level=1)).to_have_text("Codes by city")


def test_a_filter_is_set_and_lifted(query):
    query.locator("summary", has_text="Filter").click()
    query.get_by_label("Founder").select_option("Yes")
    lift = query.get_by_role("link", name="Lift the filter Founder: Yes")
    expect(lift).to_be_visible()
    expect(query.locator("thead")).to_contain_text("Returnee4")
    lift.click()
    expect(query.locator("thead")).to_contain_text("Returnee5")
    expect(lift).to_have_count(0)


def test_a_server_that_does_not_answer_is_told_and_the_table_stays(query, watch):
    watch.expect("ERR_FAILED|Failed to load")
    query.route("**/query/?**", lambda route: route.abort())
    query.get_by_role("radio", name="Words").check(force=True)
    expect(query.locator("[data-say]")).to_contain_text("cannot be brought up to date")
    expect(query.locator(".crosstab")).to_be_visible()


def test_families_fold_by_pointer_and_by_keyboard_and_stay_folded(query):
    rows = query.locator(".crosstab tbody tr:visible")
    expect(rows).to_have_count(37)
    query.get_by_role("button", name="Codes below Team return").click()
    expect(rows).to_have_count(33)
    expect(query.get_by_role("button", name="Codes below Team return")).to_have_attribute(
        "aria-expanded", "false"
    )
    query.locator(".cell").first.focus()
    query.keyboard.press("-")
    expect(rows).to_have_count(28)
    query.keyboard.press("ArrowDown")
    assert focused(query).startswith("Team return, Returnee")
    query.get_by_role("radio", name="Words").check(force=True)
    expect(query.locator("thead")).not_to_contain_text("Returnee5")
    expect(rows).to_have_count(28)
    query.locator(".cell").first.focus()
    query.keyboard.press("+")
    expect(rows).to_have_count(33)


def test_numbers_are_put_into_classes_divided_tested_and_said_in_the_address(query):
    query.get_by_label("Columns").select_option("Years abroad")
    query.get_by_label("Values").select_option("about 4 classes")
    expect(query.locator("thead")).to_contain_text("10–14")
    query.get_by_label("or classes from").fill("8")
    query.get_by_label("or classes from").press("Enter")
    expect(query.locator("thead")).to_contain_text("under 8")
    assert "limits=8" in query.url
    query.locator("summary", has_text="More").click()
    query.get_by_label("Test for differences").check()
    expect(query.locator("thead")).to_contain_text("p")
    expect(query.locator(".tested")).to_contain_text("The unit is the respondent")
    query.get_by_label("Columns").select_option("Founder")
    expect(query.locator("thead")).to_contain_text("Yes5")
    assert "limits" not in query.url


def test_a_quote_opens_in_its_transcript_and_leads_back_to_the_same_place(query, axe):
    query.get_by_role("link", name="Career ceiling, Migrant").click()
    quote = query.locator("#opened .qt").nth(1)
    place = quote.get_attribute("id")
    quote.get_by_role("link").click()
    query.get_by_role("link", name="Back to the passages").click()
    expect(query.locator(f"#{place}:target")).to_be_visible()
    assert query.evaluate("[scrollY, document.documentElement.scrollHeight - innerHeight]") == [0, 0]
    assert "cell=" in query.url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_beside_the_table(query, axe, theme):
    query.emulate_media(color_scheme=theme)
    for name in ("Quotes", "Voices", "By respondent"):
        query.get_by_role("link", name=name, exact=True).click()
        expect(query.locator("main.doc h1")).to_be_visible()
        assert axe(query) == []
    query.set_viewport_size({"width": 390, "height": 844})
    for name in ("Quotes", "Voices", "By respondent"):
        query.get_by_role("link", name=name, exact=True).click()
        expect(query.locator("main.doc h1")).to_be_visible()
        assert query.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(query, axe, theme, width):
    query.emulate_media(color_scheme=theme)
    query.set_viewport_size({"width": width, "height": 844})
    assert axe(query) == []
    assert query.evaluate("document.documentElement.scrollWidth <= innerWidth")
    query.locator(".cell").nth(4).click()
    expect(query.locator("#opened")).to_contain_text("respondents")
    assert axe(query) == []
    assert query.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_works_without_scripts(browser, live_server, signed_in, transactional_db):
    study = load_demo()
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(context.new_page(), study.memberships.get(user__username="reader").user)
    page.goto(live_server.url + reverse("coding:query", args=[study.slug]))
    page.get_by_label("Words").check(force=True)
    page.get_by_role("button", name="Show the table").click()
    expect(page.get_by_role("radio", name="Words")).to_be_checked()
    page.locator(".cell").first.click()
    expect(page.locator("#opened")).to_contain_text("coded segments")
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#opened")).to_be_hidden()
    context.close()


def test_before_a_file_leaves_the_warning_follows_what_is_ticked(query, axe):
    query.locator("summary", has_text="Download").focus()
    query.keyboard.press("Enter")
    query.get_by_role("link", name="Coded segments, CSV or XLSX").click()
    warning = query.get_by_role("status")
    expect(warning).to_contain_text("shared by at least 3 respondents")
    query.get_by_role("checkbox", name="City").focus()
    query.keyboard.press("Space")
    expect(warning).to_contain_text("Returnee, Shanghai: 1")
    expect(query.get_by_role("checkbox", name="City")).to_be_focused()
    for theme in ("light", "dark"):
        query.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert axe(query) == []
    with query.expect_download() as saved:
        query.get_by_role("button", name="CSV").click()
    heading = Path(saved.value.path()).read_text(encoding="utf-8-sig").split("\n")[0]
    assert ",respondent_type,city,code," in heading and "founder" not in heading


def test_a_head_is_reached_by_arrows_and_orders_the_rows(query, axe):
    query.locator(".cell").first.focus()
    query.keyboard.press("ArrowUp")
    head = query.locator("thead .by", has_text="Returnee")
    expect(head).to_be_focused()
    query.keyboard.press("Enter")
    sorted_head = query.locator("th[aria-sort=descending]")
    expect(sorted_head).to_contain_text("Returnee")
    expect(head).to_be_focused()
    assert "sort=column" in query.url
    assert axe(query) == []
    query.keyboard.press("Enter")
    expect(sorted_head).to_have_count(0)
    expect(head).to_be_focused()
    query.locator(".more summary").click()
    query.get_by_label("Order of the codes").select_option("highest numbers first")
    expect(sorted_head).to_contain_text("All")
    assert query.locator("main [tabindex='0'].by, main [tabindex='0'].cell").count() == 1
