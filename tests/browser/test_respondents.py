"""The table of respondents in a browser: looked through and changed in place, by keyboard and by mouse."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from interviews.models import Respondent
from tests.factories import (
    make_attribute,
    make_coded_segment,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    study = make_study()
    kind = make_type(study, "Returnee")
    make_type(study, "Migrant")
    make_attribute(study, "Years abroad", kind="number", key="years")
    make_attribute(study, "City", kind="one_of", choices=["Boston", "苏州"], key="city")
    make_respondent(study, "Wenbo", kind, years=11, city="苏州")
    make_respondent(study, "Lihua " + "with a very long name " * 5)
    return study


@pytest.fixture
def table(page, live_server, signed_in, study):
    """The page, opened by a lead."""
    signed_in(page, make_lead(study))
    page.goto(live_server.url + reverse("interviews:respondents", args=[study.slug]))
    return page


def cell(page, name, column):
    at = page.locator("thead th").all_inner_texts().index(column)
    return page.locator("tbody tr").filter(has_text=name).locator("th, td").nth(at)


def wenbo():
    return Respondent.objects.get(pseudonym__startswith="Wen")


def test_cells_are_changed_refused_and_taken_back_by_keyboard(table, axe, watch):
    watch.expect("422")
    page = table
    cell(page, "Lihua", "Pseudonym").focus()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "Wenbo", "Pseudonym")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_label("Type, Wenbo").select_option(label="Migrant")
    page.keyboard.press("Tab")
    expect(cell(page, "Wenbo", "Type")).to_have_text("Migrant")
    expect(cell(page, "Wenbo", "Transcripts")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "Wenbo", "Years abroad")).to_be_focused()
    expect(page.locator("#grid-said")).to_contain_text("Type, Wenbo is saved.")
    page.keyboard.press("F2")
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert axe(page) == []
    page.keyboard.type("12.5")
    page.keyboard.press("Enter")
    expect(cell(page, "Wenbo", "Years abroad")).to_have_text("12.5")
    assert wenbo().values["years"] == 12.5
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("required")
    assert axe(page) == []
    page.keyboard.type("Wen Bo")
    page.keyboard.press("Enter")
    expect(cell(page, "Wen Bo", "Pseudonym")).to_be_focused()
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").press("Enter")
    expect(cell(page, "Wenbo", "Pseudonym")).to_have_text("Wenbo")
    assert wenbo().pseudonym == "Wenbo"


def test_the_table_is_sorted_filtered_and_changed_by_mouse(table):
    page = table
    cell(page, "Wenbo", "City").click()
    page.get_by_label("City, Wenbo").select_option(label="Boston")
    page.get_by_role("heading", name="Respondents").first.click()
    expect(cell(page, "Wenbo", "City")).to_have_text("Boston")
    page.get_by_role("link", name="Years abroad").first.click()
    expect(page.locator("tbody th").first).to_have_text("Wenbo")
    page.get_by_label("Respondent type", exact=True).select_option(label="Migrant")
    expect(page.get_by_text("No respondent is of this type.")).to_be_visible()
    page.get_by_role("link", name="Show all types").click()
    page.get_by_label("Filter respondents").fill("lihua")
    expect(page.locator("tbody tr:visible")).to_have_count(1)


def test_where_somebody_speaks_is_changed_in_the_cell(page, live_server, signed_in, study, axe):
    talk = make_transcript(study, title="Second talk", respondent=wenbo())
    make_coded_segment(talk, respondent=wenbo())
    signed_in(page, make_lead(study))
    page.goto(live_server.url + reverse("interviews:respondents", args=[study.slug]))
    cell(page, "Lihua", "Transcripts").focus()
    page.keyboard.press("Enter")
    choice = page.get_by_label("speaks in")
    expect(choice).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(cell(page, "Lihua", "Transcripts")).to_be_focused()
    expect(cell(page, "Lihua", "Transcripts")).to_have_text("none yet")
    page.keyboard.press("F2")
    choice.select_option(label="Second talk · WENBO (now Wenbo)")
    page.keyboard.press("Enter")
    expect(cell(page, "Lihua", "Transcripts")).to_have_text("Second talk")
    expect(cell(page, "Lihua", "Transcripts")).to_be_focused()
    expect(cell(page, "Wenbo", "Transcripts")).to_have_text("none yet")
    expect(page.locator("#grid-said")).to_contain_text("is saved.")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    expect(cell(page, "Wenbo", "Transcripts")).to_have_text("Second talk")
    cell(page, "Wenbo", "Transcripts").click(position={"x": 2, "y": 2})
    page.get_by_label("Second talk · WENBO").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(cell(page, "Wenbo", "Transcripts")).to_have_text("none yet")
    expect(cell(page, "Wenbo", "Coded segments")).to_have_text("0")


def test_a_reader_sees_the_table_and_changes_nothing(page, live_server, signed_in, study, axe):
    signed_in(page, make_reader(study))
    page.goto(live_server.url + reverse("interviews:respondents", args=[study.slug]))
    cell(page, "Wenbo", "City").click()
    expect(page.locator("[data-open], [data-grid]")).to_have_count(0)
    assert axe(page) == []
