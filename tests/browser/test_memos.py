"""Memos in the browser: beside the transcript, on the study's page, with a keyboard, and read by axe."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding.models import CodedSegment, Memo
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_reader,
    make_segment,
    make_study,
    make_transcript,
)

from .workspace import ODD, apply, highlighted, open_workspace, saved, select

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "\n\n".join(f"Paragraph {number} of a long thought." for number in range(60))


@pytest.fixture
def study():
    return make_study("Return migration")


@pytest.fixture
def team(study):
    return make_code(study, "Team [return]")


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=ODD)


@pytest.fixture
def coded(transcript, team, coder):
    at = ODD.index("decided together")
    return make_coded_segment(transcript, team, coder, start=at, end=at + len("decided together"))


@pytest.fixture
def workspace(page, live_server, signed_in, coder, coded, transcript):
    signed_in(page, coder)
    return open_workspace(page, live_server, transcript)


def memo_list(page, live_server, study, query=""):
    page.goto(live_server.url + reverse("coding:memos", args=[study.slug]) + query)
    return page


def save(page):
    page.get_by_role("button", name="Save memo").locator("visible=true").click()


def test_a_memo_is_written_on_selected_words_by_keyboard(workspace, transcript):
    page = workspace
    select(page, "老𬭎和我一起回来👩🏽‍💻")
    page.keyboard.press("m")
    expect(page.locator("#memos [data-target-words]")).to_have_text("On “老𬭎和我一起回来👩🏽‍💻”")
    expect(page.locator("#memos textarea")).to_be_focused()
    page.keyboard.type("They go **together**")
    page.get_by_label("Only you").check()
    save(page)
    expect(page.locator("#memos .memo strong")).to_have_text("together")
    expect(page.locator("#memos .memo")).to_be_focused()
    expect(page.locator("#tab-memos [data-n]")).to_have_text("1")
    memo = Memo.objects.get()
    assert memo.segment.quote == "老𬭎和我一起回来👩🏽‍💻"
    assert memo.shared is False


def test_a_coding_with_a_memo_is_marked_and_its_card_lists_it(workspace, coded):
    page = workspace
    coding = page.locator(f'#codings [data-id="{coded.pk.hex}"]')
    coding.focus()
    page.keyboard.press("m")
    expect(page.locator("#memos [data-target-words]")).to_have_text("On the coding of “decided together”")
    page.keyboard.type("Brokered?")
    save(page)
    expect(page.locator("#memos .memo-text")).to_have_text("Brokered?")
    assert Memo.objects.get().coded_segment == coded
    page.get_by_role("tab", name="Codings").click()
    expect(coding).to_contain_text("has a memo")
    coding.click()
    page.locator(".card-memos button").click()
    expect(page.locator("#memos .memo")).to_be_focused()


def test_a_memo_is_written_by_pointer_alone(workspace, coded):
    page = workspace
    page.get_by_role("tab", name="Memos").click()
    page.locator("#memos summary", has_text="Write a memo").click()
    select(page, "car park")
    page.get_by_role("button", name="On the selected words instead").click()
    page.locator("#memos textarea").fill("By mouse")
    save(page)
    expect(page.locator("#memos .memo-quote")).to_have_text("car park")
    page.get_by_role("tab", name="Codings").click()
    page.locator("#codings [data-id]").click()
    page.locator("#detail").get_by_role("button", name="Write a memo").click()
    page.locator("#memos textarea").fill("On the coding")
    save(page)
    expect(page.locator("#memos .memo")).to_have_count(2)
    assert [memo.kind for memo in Memo.objects.order_by("pk")] == ["segment", "coded_segment"]


def test_memos_are_undone_and_redone_in_their_turn_across_a_reload(workspace, coded, team):
    page = workspace
    select(page, "car park")
    apply(page, "Team")
    saved(page)
    select(page, "car park")
    page.keyboard.press("m")
    expect(page.locator("#memos textarea")).to_be_focused()
    page.keyboard.type("A place to meet")
    save(page)
    memos = page.locator("#memos .memo-text")
    expect(memos).to_have_text("A place to meet")
    page.locator("#memos .memo").get_by_role("link", name="Edit").click()
    page.locator("#memos .memo textarea").fill("A place to leave")
    save(page)
    expect(memos).to_have_text("A place to leave")
    page.locator("#memos .memo summary", has_text="Delete").click()
    page.get_by_role("button", name="Delete this memo").click()
    expect(page.locator("#memos .memo")).to_have_count(0)
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    page.locator("#tab-memos").click()
    expect(page.locator("#memos")).to_contain_text("No memo on this transcript yet.")
    page.keyboard.press("Control+z")
    expect(memos).to_have_text("A place to leave")
    page.keyboard.press("Control+z")
    expect(memos).to_have_text("A place to meet")
    page.keyboard.press("Control+z")
    expect(page.locator("#memos .memo")).to_have_count(0)
    assert CodedSegment.objects.count() == 2
    page.keyboard.press("Control+z")
    saved(page)
    assert list(CodedSegment.objects.all()) == [coded]
    for _act in range(3):
        page.keyboard.press("Control+Shift+Z")
    expect(memos).to_have_text("A place to leave")
    saved(page)
    assert CodedSegment.objects.count() == 2
    assert Memo.objects.get().text == "A place to leave"


def test_memos_lead_to_their_words(workspace, study, coder, transcript, live_server):
    page = workspace
    at = ODD.index("car park")
    Memo.objects.create(
        study=study, author=coder, text="Where?", segment=make_segment(transcript, at, at + len("car park"))
    )
    page.get_by_role("tab", name="Memos").click()
    for _ in range(2):  # the second time the address is the same already
        page.get_by_role("link", name="Go to the words").click()
        page.wait_for_function("() => CSS.highlights.get('chosen')?.size")
        assert highlighted(page, "chosen") == ["car park"]
        page.keyboard.press("Escape")


def test_links_to_a_code_and_to_selected_words_are_put_in_by_pickers(workspace, study, team, transcript):
    page = workspace
    page.get_by_role("tab", name="Memos").click()
    page.locator("#memos summary", has_text="Write a memo").click()
    link = page.get_by_role("button", name="Link to the selected words")
    expect(link).to_be_disabled()
    page.locator("#memos textarea").fill("See")
    select(page, "car park")
    expect(link).to_be_enabled()
    link.click()
    page.get_by_label("Link to a code").select_option(label="Team [return]")
    save(page)
    links = page.locator("#memos .memo-text a")
    expect(links).to_have_text(["“car park”", "Team [return]"])
    at = ODD.index("car park")
    assert links.nth(0).get_attribute("href") == f"{transcript.get_absolute_url()}#at{at}-{at + 8}"
    links.nth(1).click()
    expect(page.get_by_role("heading", name="Team [return]")).to_be_visible()
    expect(page.locator(".code-memos")).to_contain_text("links here")


def test_a_memo_is_edited_in_place_while_another_is_being_written(page, live_server, signed_in, study, coder):
    signed_in(page, coder)
    first, second = (Memo.objects.create(study=study, author=coder, text=text) for text in ("One", "Two"))
    memo_list(page, live_server, study)
    one, two = page.locator(f"#memo-{first.pk}"), page.locator(f"#memo-{second.pk}")
    one.get_by_role("link", name="Edit").click()
    two.get_by_role("link", name="Edit").click()
    one.get_by_label("Memo", exact=True).fill("One and a half")
    two.get_by_label("Memo", exact=True).fill("Two, changed")
    two.get_by_role("button", name="Save memo").click()
    expect(two.locator(".memo-text")).to_have_text("Two, changed")
    expect(two).to_be_focused()
    expect(one.get_by_label("Memo", exact=True)).to_have_value("One and a half")
    one.get_by_role("link", name="Cancel").click()
    expect(one.locator(".memo-text")).to_have_text("One")
    assert sorted(Memo.objects.values_list("text", flat=True)) == ["One", "Two, changed"]


def test_a_form_that_comes_late_takes_no_words_from_another(page, live_server, signed_in, study, coder):
    signed_in(page, coder)
    first, second = (Memo.objects.create(study=study, author=coder, text=text) for text in ("One", "Two"))
    memo_list(page, live_server, study)
    one, two = page.locator(f"#memo-{first.pk}"), page.locator(f"#memo-{second.pk}")
    one.get_by_role("link", name="Edit").click()
    expect(one.get_by_label("Memo", exact=True)).to_be_focused()
    held = []
    page.route(
        f"**{two.get_by_role('link', name='Edit').get_attribute('href')}", lambda route: held.append(route)
    )
    two.get_by_role("link", name="Edit").click()
    one.get_by_label("Memo", exact=True).focus()
    while not held:
        page.wait_for_timeout(10)
    held[0].continue_()
    expect(two.get_by_label("Memo", exact=True)).to_be_visible()
    expect(one.get_by_label("Memo", exact=True)).to_be_focused()


def test_what_was_written_stays_when_the_session_is_over(workspace, watch):
    page = workspace
    page.keyboard.press("Escape")
    page.locator(".turn").first.click()
    page.keyboard.press("m")
    page.locator("#memos textarea").fill("Not to be lost")
    page.context.clear_cookies(name="sessionid")
    watch.expect("40[13]")
    save(page)
    expect(page.locator("#memos [role=alert]")).to_contain_text("not saved")
    expect(page.locator("#memos textarea")).to_have_value("Not to be lost")
    assert not Memo.objects.exists()


def test_a_page_with_a_half_written_memo_is_not_left_unasked(workspace, coded, team):
    page = workspace
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    select(page, "car park")
    page.keyboard.press("m")
    field = page.locator("#memos textarea")
    expect(field).to_be_focused()
    expect(page.locator("#memos [data-do=on-words]")).to_be_hidden()
    page.keyboard.type("Half a thought")
    page.evaluate("() => setTimeout(() => location.assign('/'))")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(field).to_have_value("Half a thought")
    select(page, "decided together")
    expect(page.locator("#memos [data-do=on-words]")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("#memos [data-target-words]")).to_have_text("On “decided together”")
    expect(field).to_have_value("Half a thought")
    save(page)
    expect(page.locator("#memos .memo-text")).to_have_text("Half a thought")
    page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_a_memo_is_deleted_where_it_stands(workspace, study, coder, transcript):
    page = workspace
    Memo.objects.create(study=study, author=coder, text="Away", transcript=transcript)
    page.get_by_role("tab", name="Memos").click()
    page.locator("#memos .memo-delete summary").click()
    page.get_by_role("button", name="Delete this memo").click()
    expect(page.locator("#memos .memo")).to_have_count(0)
    assert not Memo.objects.exists()


def test_a_long_memo_is_folded_and_opens(page, live_server, signed_in, study, coder):
    signed_in(page, coder)
    Memo.objects.create(study=study, author=coder, text=LONG)
    memo_list(page, live_server, study)
    text = page.locator(".memo-text")
    assert text.bounding_box()["height"] < 400
    page.get_by_role("button", name="Show all").click()
    assert text.bounding_box()["height"] > 1000


def test_everything_works_without_scripts(browser, live_server, signed_in, study, coder, team):
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(context.new_page(), coder)
    memo_list(page, live_server, study)
    page.locator("summary", has_text="Write a memo").click()
    page.get_by_label("Memo", exact=True).fill("Plain")
    page.locator("#id_code").select_option(label="Team [return]")
    save(page)
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Memo", exact=True).fill("Plainer")
    save(page)
    expect(page.locator(".memo-text")).to_have_text("Plainer")
    assert Memo.objects.get().code == team
    page.locator(".memo-delete summary").click()
    page.get_by_role("button", name="Delete this memo").click()
    expect(page.get_by_role("heading", name="No memos yet")).to_be_visible()
    context.close()


def furnish(study, coder, team, transcript, coded):
    make = Memo.objects.create
    make(study=study, author=coder, text="# Title\n\n- a **b**\n- [x](https://a.example)\n\n> quoted")
    make(study=study, author=coder, text="Private", shared=False, code=team)
    make(study=study, author=make_coder(study), text="老𬭎和我一起回来", coded_segment=coded)
    make(study=study, author=coder, text=LONG, transcript=transcript)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_have_no_fault_that_axe_finds(
    page, live_server, signed_in, axe, scheme, width, study, coder, team, transcript, coded
):
    furnish(study, coder, team, transcript, coded)
    signed_in(page, coder)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    memo_list(page, live_server, study, f"?on={team.pk}")
    page.get_by_role("link", name="Edit").first.click()
    expect(page.get_by_role("link", name="Cancel")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # the bar covers nothing by halves
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    memo_list(page, live_server, study, "?q=nothing")
    assert axe(page) == []
    page.goto(live_server.url + reverse("coding:memo", args=[Memo.objects.first().pk]))
    assert axe(page) == []
    page.goto(f"{live_server.url}{reverse('coding:codebook', args=[study.slug])}?code={team.pk}")
    assert axe(page) == []
    open_workspace(page, live_server, transcript)
    page.evaluate("document.dispatchEvent(new CustomEvent('passages:memo'))")
    expect(page.locator("#memos textarea")).to_be_focused()
    assert axe(page) == []


def test_readers_read_beside_the_transcript_and_write_nothing(
    page, live_server, signed_in, study, coder, team, transcript, coded
):
    furnish(study, coder, team, transcript, coded)
    signed_in(page, make_reader(study))
    open_workspace(page, live_server, transcript)
    page.locator(".turn").first.click()
    page.keyboard.press("m")
    expect(page.get_by_role("tab", name="Codings")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Memos").click()
    expect(page.locator("#memos .memo")).to_have_count(2)
    expect(page.locator("#memos textarea")).to_have_count(0)
