"""Choosing what is seen: which codes, whose codings, and what lights up; and everybody's own keys."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_code, make_coded_segment, make_coder, make_study, make_transcript

from .workspace import SHORT, apply, highlighted, open_workspace, saved, select

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def codes(study):
    place = make_code(study, "Place", colour="#4373b2")
    return {
        "place": place,
        "suzhou": make_code(study, "Suzhou", parent=place),
        "team": make_code(study, "Team", colour="#8a460c"),
    }


@pytest.fixture
def workspace(page, live_server, signed_in, study, coder, codes):
    transcript = make_transcript(study, text=SHORT)

    def code(words, name, who):
        start = SHORT.index(words)
        make_coded_segment(transcript, codes[name], who, start=start, end=start + len(words))

    code("decided", "place", coder)
    code("together", "team", coder)
    code("car park", "suzhou", make_coder(study))
    signed_in(page, coder)
    return open_workspace(page, live_server, transcript)


def test_a_code_is_hidden_with_those_below_it_and_all_follows_until_it_is_brought_back(workspace, codes, axe):
    page = workspace
    row = page.locator(f"#code-{codes['place'].pk}")
    note = page.locator("#hidden-note")
    expect(page.locator("#codings .coding")).to_have_count(3)
    expect(page.locator("#t2")).to_have_attribute("aria-description", "3 codings in turn 2")
    row.hover()
    row.locator(".eye").click()
    expect(note).to_contain_text("2 codings hidden by the filter")
    expect(page.locator("#codings .coding")).to_have_count(1)
    expect(row).to_have_attribute("aria-checked", "false")
    expect(row.locator(".count")).to_have_text("")
    expect(page.locator("#t2")).to_have_attribute("aria-description", "1 coding in turn 2")
    assert [highlighted(page, hue) for hue in ("hue-blue", "hue-orange")] == [[], ["together"]]
    page.locator(".turn").first.focus()
    for _ in range(2):  # walking stays with what is shown
        page.keyboard.press("n")
        assert highlighted(page, "active") == ["together"]
    assert axe(page) == []
    page.keyboard.press("Escape")  # or the ends of the active coding would be in the mouse's way
    select(page, "decided")
    apply(page, "Suzhou")  # what is done now is seen
    expect(row).to_have_attribute("aria-checked", "mixed")
    expect(note).to_contain_text("1 coding hidden by the filter")
    note.get_by_role("button", name="Show all").click()
    expect(note).to_be_hidden()
    expect(page.locator("#codings .coding")).to_have_count(4)


def test_codes_and_coders_are_chosen_by_keys_alone(workspace, codes, study):
    page = workspace
    page.keyboard.press("/")
    page.keyboard.type("team")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#hidden-note")).to_contain_text("1 coding hidden")
    page.keyboard.press("Space")
    expect(page.locator("#hidden-note")).to_be_hidden()
    page.locator("[data-do=shown]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#shown-menu")).to_be_visible()
    page.keyboard.press("Space")  # the first box: mine
    expect(page.locator("#codings .coding")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("[data-do=shown]")).to_be_focused()
    page.locator("#codings .coding").focus()
    page.locator(".turn").first.focus()
    page.keyboard.press("h")
    expect(page.locator("#codings .coding")).to_have_count(3)
    page.locator(f"#code-{codes['team'].pk} .name").click()
    page.locator("#code-gist").get_by_role("button", name="Show only this code").click()
    expect(page.locator("#hidden-note")).to_contain_text("2 codings hidden")


def test_what_is_pointed_at_or_has_the_focus_lights_up(workspace, codes):
    page = workspace
    page.locator(f"#code-{codes['place'].pk} .name").hover()
    page.wait_for_function("() => CSS.highlights.get('hovered')?.size === 2")
    assert highlighted(page, "hovered") == ["decided", "car park"]
    page.locator("#codings .coding").nth(1).focus()
    page.mouse.move(700, 700)
    assert highlighted(page, "hovered") == ["together"]
    page.locator(f"#code-{codes['suzhou'].pk}").focus()
    assert highlighted(page, "hovered") == ["car park"]
    page.locator(".turn").first.focus()
    assert highlighted(page, "hovered") == []


def test_keys_are_changed_taken_away_and_kept_and_conflicts_are_said(workspace, axe):
    page = workspace
    page.keyboard.press("?")
    row = page.locator("[data-command=code]")
    said = page.locator("#keys-note")
    row.get_by_role("button", name="C: Apply a code").click()
    page.keyboard.press("n")
    expect(said).to_contain_text("“Next coded segment”")
    page.keyboard.press("q")
    expect(said).to_have_text("Q: Apply a code to what is chosen")
    row.get_by_role("button", name="Enter: Apply a code").click()
    page.keyboard.press("Delete")
    expect(row.locator(".key[data-key]")).to_have_count(1)
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    select(page, "car park")
    page.keyboard.press("c")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("q")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("button", name="All as at the beginning").click()
    page.keyboard.press("Escape")
    select(page, "decided")
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_visible()


def test_words_chosen_by_hand_grow_by_keys_and_paragraphs_are_chosen(
    page, live_server, signed_in, study, coder, codes
):
    text = "WENBO: We came back.\nIt was cold.\n\nLater we stayed. All of us.\n"
    turns = [{"start": 0, "said": 7, "end": len(text) - 1, "speaker": "WENBO:", "at": None}]
    signed_in(page, coder)
    open_workspace(page, live_server, make_transcript(study, text=text, turns=turns))
    chosen = lambda: "".join(highlighted(page, "chosen"))  # noqa: E731
    select(page, "came")
    page.keyboard.press("Shift+ArrowRight")
    assert chosen() == "came back"
    page.keyboard.press("a")
    assert chosen() == "We came back.\nIt was cold."
    page.keyboard.press("Control+Shift+ArrowDown")
    assert chosen() == "We came back.\nIt was cold.\n\nLater we stayed. All of us."
    apply(page, "Team")
    saved(page)
