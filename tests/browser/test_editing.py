"""Editing a text in the browser, and a workspace that was open meanwhile."""

from django.urls import reverse
from playwright.sync_api import expect

from coding.models import CodedSegment
from interviews import editing
from interviews.models import Transcript
from tests.factories import make_code, make_coded_segment, make_coder, make_lead, make_study, make_transcript

from .workspace import SHORT, apply, open_workspace, saved, select


def test_a_text_is_edited_looked_at_and_saved(page, live_server, signed_in, axe):
    study = make_study()
    transcript = make_transcript(study, text=SHORT)
    start = SHORT.index("in the car park")
    make_coded_segment(transcript, start=start, end=start + 15)
    signed_in(page, make_lead(study)).goto(
        live_server.url + reverse("interviews:edit-text", args=[transcript.pk])
    )
    assert axe(page) == []
    page.get_by_label("Text", exact=True).fill(SHORT.replace("car park", "bus station"))
    page.get_by_role("button", name="See the changes").press("Enter")
    expect(page.locator("del")).to_have_text("car park")
    expect(page.locator("ins")).to_have_text("bus station")
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save the text").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("need eyes")
    assert axe(page) == []
    page.get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="Keep the chosen passages").press("Enter")
    expect(page.get_by_role("heading", name="Nothing to look at")).to_be_visible()
    page.goto(live_server.url + reverse("interviews:revisions", args=[transcript.pk]))
    expect(page.locator("ins")).to_have_text("bus station")
    assert axe(page) == []
    assert Transcript.objects.get().text == SHORT.replace("car park", "bus station")


def test_an_edited_text_is_not_left_unasked(page, live_server, signed_in):
    study = make_study()
    transcript = make_transcript(study, text="WENBO: We left.\n")
    signed_in(page, make_lead(study))
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(live_server.url + reverse("interviews:edit-text", args=[transcript.pk]))
    page.get_by_label("Text").fill("WENBO: We stayed.\n")
    page.get_by_role("button", name="See the changes").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What changes in")
    assert asked == []
    page.evaluate("() => setTimeout(() => location.assign('/'))")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Edit further").click()
    expect(page.get_by_label("Text")).to_have_value("WENBO: We stayed.\n")
    page.get_by_role("link", name="Back to the transcript").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload", "beforeunload"]
    page.get_by_role("button", name="See the changes").click()
    page.get_by_role("link", name="Leave it as it is").click()
    expect(page.locator("#page")).to_contain_text("We left.")
    assert len(asked) == 2


def test_an_open_workspace_says_who_edited_and_its_codings_find_their_words(
    page, live_server, signed_in, axe
):
    study = make_study()
    make_code(study, name="Place")
    transcript, lead = make_transcript(study, text=SHORT), make_lead(study)
    open_workspace(signed_in(page, make_coder(study)), live_server, transcript)
    editing.save(transcript.pk, "Head line.\n\n" + SHORT, lead, revision=1)
    note = page.locator("#text-edited")
    expect(note).to_contain_text(lead.username, timeout=10_000)
    assert axe(page) == []
    select(page, "in the car park")
    apply(page, "Place")
    saved(page)
    assert CodedSegment.objects.get().content_object.quote == "in the car park"
    note.get_by_role("link").click()
    page.wait_for_selector("#page[data-ready]")
    expect(note).to_be_hidden()
    expect(page.locator("#codings .coding")).to_have_count(1)


def test_what_was_done_before_an_edit_is_undone_and_redone_where_its_words_are_now(
    page, live_server, signed_in
):
    study = make_study()
    make_code(study, name="Place")
    transcript, lead = make_transcript(study, text=SHORT), make_lead(study)
    open_workspace(signed_in(page, make_coder(study)), live_server, transcript)
    select(page, "in the car park")
    apply(page, "Place")
    saved(page)
    editing.save(transcript.pk, "Head line.\n\n" + SHORT, lead, revision=1)
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    codings = page.locator("#codings .coding")
    expect(codings).to_have_count(1)
    page.keyboard.press("z")
    expect(codings).to_have_count(0)
    page.keyboard.press("Shift+Z")
    expect(codings.locator(".words")).to_have_text("in the car park")
    saved(page)
    assert CodedSegment.objects.get().content_object.quote == "in the car park"
    codings.click()
    page.keyboard.press("Delete")
    expect(codings).to_have_count(0)
    saved(page)
    editing.save(transcript.pk, "Two more.\n\nHead line.\n\n" + SHORT, lead, revision=2)
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    page.keyboard.press("z")
    expect(codings.locator(".words")).to_have_text("in the car park")


def test_an_edit_outlives_the_end_of_the_session(page, live_server, signed_in, watch, axe):
    study = make_study()
    transcript, lead = make_transcript(study, text=SHORT), make_lead(study)
    signed_in(page, lead)
    page.goto(live_server.url + reverse("interviews:edit-text", args=[transcript.pk]))
    page.get_by_label("Text").fill("WENBO: We stayed.\n")
    page.context.clear_cookies(name="sessionid")
    watch.expect("401")
    page.get_by_role("button", name="See the changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    assert axe(page) == []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in, in a new tab").click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    opened.value.close()
    signed_in(page, lead)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What changes in")
    page.get_by_role("button", name="Save the text").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved as revision 2")
    transcript.refresh_from_db()
    assert transcript.text == "WENBO: We stayed.\n"
