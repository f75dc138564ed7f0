"""The codebook's page by keyboard, by mouse and without scripts, and as axe sees it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding import codebook
from coding.demo import load_demo
from interviews.models import Event
from tests.factories import make_code, make_coded_segment, make_lead, make_study, make_transcript


@pytest.fixture
def study(transactional_db):
    """Two families: Ties with Trust and Work, and Home; Trust is used."""
    study = make_study()
    ties = make_code(study, "Ties", order=1, colour="#4373b2", definition="Between people")
    trust = make_code(parent=ties, name="Trust", order=1, definition="To rely on")
    make_code(parent=ties, name="Work", order=2)
    make_code(study, "Home 老𬭎", order=2, colour="#8a460c")
    make_coded_segment(make_transcript(study), trust)
    return study


@pytest.fixture
def book(page, live_server, signed_in, study):
    signed_in(page, make_lead(study))
    page.goto(live_server.url + reverse("coding:codebook", args=[study.slug]))
    expect(page.get_by_role("tree")).to_be_visible()
    return page


def tree(study):
    return [(depth, code.name) for depth, code in codebook.in_tree_order(study.codes.in_use())]


def shown(page):
    return [row.inner_text() for row in page.locator(".code-row[data-code]:visible a").all()]


def at(page):
    return page.evaluate("document.activeElement.querySelector('a')?.textContent")


def test_a_lead_works_by_keyboard_alone(book, study):
    keys = book.keyboard
    book.get_by_role("treeitem", name="Ties").focus()
    keys.press("ArrowLeft")
    assert shown(book) == ["Ties", "Home 老𬭎"]
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        keys.press(key)
    assert at(book) == "Work"
    keys.press("h")
    assert at(book) == "Home 老𬭎"
    keys.press("Home")
    keys.press("ArrowDown")
    keys.press("Alt+ArrowDown")
    expect(book.get_by_text("“Trust” is moved.")).to_be_visible()
    assert tree(study)[1:3] == [(1, "Work"), (1, "Trust")]
    assert at(book) == "Trust"
    keys.press("Alt+ArrowLeft")
    expect(book.locator("[data-code][aria-level='1']")).to_have_count(3)
    assert tree(study)[2] == (0, "Trust") and at(book) == "Trust"
    keys.press("F2")
    keys.type("Reliance")
    keys.press("Enter")
    expect(book.get_by_text("Renamed.")).to_be_visible()
    assert at(book) == "Reliance"
    keys.press("Enter")
    expect(book.locator("main[aria-busy]")).to_have_count(0)  # opening fills the pane anew
    expect(book.get_by_label("Definition", exact=True)).to_have_value("To rely on")
    book.get_by_label("Definition", exact=True).focus()
    keys.press("End")
    keys.type(" others")
    expect(book.get_by_text("Changed, not saved")).to_be_visible()
    book.get_by_role("button", name="Save as revision 3").focus()
    keys.press("Enter")
    expect(book.get_by_text("“Reliance” is saved.")).to_be_visible()
    assert study.codes.get(name="Reliance").definition == "To rely on others"
    keys.press("Escape")
    assert at(book) == "Reliance"
    keys.press("/")
    keys.type("rely")
    assert shown(book) == ["Reliance"]


def test_several_codes_are_chosen_merged_and_the_merge_undone(book, study, axe):
    book.get_by_role("treeitem", name="Trust").focus()
    book.keyboard.press("Space")
    book.keyboard.press("Shift+ArrowDown")
    expect(book.get_by_text("2 codes chosen")).to_be_visible()
    book.get_by_role("button", name="Merge…").click()
    book.get_by_label("Merge into").select_option("Home 老𬭎")
    book.get_by_role("button", name="Show what moves").click()
    expect(book.locator("#detail")).to_contain_text("1 coded segment moves")
    assert axe(book) == []
    book.get_by_role("button", name="Merge into “Home 老𬭎”").click()
    expect(book.get_by_role("treeitem", name="Home 老𬭎 coded segments: 1")).to_be_visible()
    assert tree(study) == [(0, "Ties"), (0, "Home 老𬭎")]
    book.get_by_role("button", name="Undo", exact=True).click()
    expect(book.get_by_role("treeitem", name="Trust coded segments: 1")).to_be_visible()
    assert [event.action for event in Event.objects.all()] == ["merge-codes", "undo"]


def test_codes_are_dragged_and_what_is_being_typed_stays(book, study):
    book.get_by_role("treeitem", name="Ties").click()
    book.get_by_label("Definition", exact=True).fill("Half a sentence")
    book.get_by_role("treeitem", name="Home").drag_to(
        book.get_by_role("treeitem", name="Work"), target_position={"x": 200, "y": 3}
    )
    expect(book.get_by_text("“Home 老𬭎” is moved.")).to_be_visible()
    assert tree(study) == [(0, "Ties"), (1, "Trust"), (1, "Home 老𬭎"), (1, "Work")]
    expect(book.get_by_label("Definition", exact=True)).to_have_value("Half a sentence")
    book.once("dialog", lambda dialog: dialog.dismiss())
    book.get_by_role("treeitem", name="Work").click()
    expect(book.get_by_label("Definition", exact=True)).to_have_value("Half a sentence")


def test_who_saves_second_is_told_and_keeps_what_was_typed(book, study, watch):
    watch.expect("status of 422")
    book.get_by_role("treeitem", name="Trust").click()
    book.get_by_label("Definition", exact=True).fill("Mine")
    codebook.edit_code(study.codes.get(name="Trust"), make_lead(study), definition="Theirs")
    book.get_by_role("button", name="Save as revision 2").click()
    expect(book.get_by_role("alert")).to_contain_text("has changed this code")
    expect(book.get_by_role("alert")).to_contain_text("Theirs")
    expect(book.get_by_label("Definition", exact=True)).to_have_value("Mine")
    book.get_by_role("button", name="Save").click()
    expect(book.get_by_text("“Trust” is saved.")).to_be_visible()
    assert study.codes.get(name="Trust").definition == "Mine"


def test_a_server_that_does_not_answer_is_told_and_what_was_typed_stays(book, watch):
    watch.expect("ERR_FAILED|Failed to load")
    book.get_by_role("treeitem", name="Trust").click()
    book.get_by_label("Definition", exact=True).fill("Mine")
    book.route("**/codes/**", lambda route: route.abort())
    book.get_by_role("button", name="Save").click()
    expect(book.get_by_text("The server does not answer.")).to_be_visible()
    expect(book.get_by_label("Definition", exact=True)).to_have_value("Mine")


def test_axe_finds_nothing_and_the_page_does_not_scroll_sideways(
    page, live_server, signed_in, transactional_db, axe
):
    study = load_demo()
    signed_in(page, study.memberships.get(user__username="lead").user)
    page.goto(live_server.url + reverse("coding:codebook", args=[study.slug]))
    page.get_by_role("treeitem", name="Return decision").click()
    expect(page.get_by_label("Definition", exact=True)).to_be_visible()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_a_code_that_is_opened_comes_into_view_and_there_is_a_way_back(book, study):
    for n in range(30):
        make_code(study, f"Code {n:02}", order=3 + n)
    book.set_viewport_size({"width": 390, "height": 600})
    book.reload()
    book.get_by_role("link", name="Trust").click()
    expect(book.get_by_role("textbox", name="Definition")).to_be_in_viewport()
    book.get_by_role("link", name="Back to the codes").click()
    expect(book.get_by_role("treeitem", name="Trust")).to_be_in_viewport()
    assert at(book) == "Trust"


def test_the_page_says_how_much_each_coder_has_to_review(book, study):
    trust = study.codes.get(name="Trust")
    coder = trust.coded_segments.get().coder
    expect(book.get_by_text("To review nothing")).to_be_visible()
    book.get_by_role("link", name="Trust").click()
    book.get_by_role("textbox", name="Definition").fill("To rely on somebody")
    book.get_by_role("button", name="Save as revision 2").click()
    expect(book.get_by_role("link", name=f"{coder} 1")).to_be_visible()
    book.get_by_role("link", name=f"{coder} 1").click()
    expect(book.get_by_text("coded under revision 1, now 2")).to_be_visible()


def test_everything_works_without_scripts(browser, live_server, signed_in, study):
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(context.new_page(), make_lead(study))
    page.goto(live_server.url + reverse("coding:codebook", args=[study.slug]))
    page.get_by_role("link", name="New code").click()
    page.get_by_label("Name").fill("Money")
    page.get_by_label("Under").select_option("Ties")
    page.get_by_role("button", name="Add the code").click()
    page.get_by_label("Definition", exact=True).fill("What it costs")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Money” is saved.")).to_be_visible()
    page.get_by_label("Choose Money").check()
    page.get_by_label("Choose Work").check()
    page.get_by_role("button", name="Move to…").click()
    page.get_by_label("Under").select_option("Home 老𬭎")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("2 codes are moved.")).to_be_visible()
    assert tree(study)[2:] == [(0, "Home 老𬭎"), (1, "Work"), (1, "Money")]
    context.close()


def test_passages_are_chosen_and_recoded_and_a_code_is_split(page, live_server, signed_in, study, axe):
    trust = study.codes.get(name="Trust")
    transcript = study.transcripts.get()
    for start in (12, 20, 30):
        make_coded_segment(transcript, trust, start=start, end=start + 6)
    signed_in(page, make_lead(study))
    page.goto(f"{live_server.url}{reverse('coding:recoding', args=[study.slug])}?code={trust.pk}")
    boxes = page.get_by_role("checkbox", name="Choose “")
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 chosen")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Code", exact=True).select_option("Home 老𬭎")
    page.get_by_role("button", name="Recode").click()
    expect(page.get_by_text("3 passages have “Home 老𬭎” now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(boxes).to_have_count(4)
    page.get_by_label("All on this page").check()
    page.get_by_text("Split: make a new code").click()
    page.get_by_label("Name of the new code").fill("Reliance")
    page.get_by_role("button", name="Make the code").click()
    expect(page.get_by_text("“Reliance” is made of 4 passages.")).to_be_visible()
    assert study.codes.get(name="Reliance").parent == trust
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server.url}{reverse('coding:recoding', args=[study.slug])}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe(page) == []
    page.goto(live_server.url + reverse("coding:codebook-as-of", args=[study.slug]))
    assert axe(page) == []
    page.goto(live_server.url + reverse("coding:revisions-of-code", args=[trust.pk]))
    assert axe(page) == []
