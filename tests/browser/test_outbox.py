"""Nothing a person was shown as coded is lost: what waits in the browser, and what becomes of it."""

import json

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from coding import changes
from coding.models import CodedSegment
from interviews import editing, material
from interviews.models import Event, Membership, Transcript
from tests.factories import make_code, make_coder, make_lead, make_study, make_transcript

from .workspace import SHORT, apply, highlighted, open_workspace, saved, select, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=SHORT)


@pytest.fixture
def team(study):
    return make_code(study, "Team", definition="Going back together")


@pytest.fixture
def place(study):
    return make_code(study, "Place")


@pytest.fixture
def coder(study):
    return make_coder(study)


def cut(page, watch):
    """The server cannot be reached for changes."""
    watch.expect("ERR_FAILED|Failed to load resource")
    page.context.route("**/changes/", lambda route: route.abort())


def mend(page):
    page.context.unroute("**/changes/")
    page.evaluate("dispatchEvent(new Event('online'))")


def quotes():
    rows = CodedSegment.objects.order_by("created_at").values_list("content_object__quote", "tag__name")
    return list(rows)


def test_what_is_coded_offline_is_kept_over_a_reload_and_sent_once_in_order(
    page, live_server, signed_in, watch, transcript, team, place, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    cut(page, watch)
    select(page, "decided together")
    apply(page, "Team")
    select(page, "car park")
    apply(page, "Place")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 2 waiting")
    page.locator("#status").click()
    expect(page.locator("#waiting")).to_contain_text("2 changes wait in this browser")
    expect(page.locator("#waiting li")).to_have_text(["Team “decided together”", "Place “car park”"])
    assert not CodedSegment.objects.exists()
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    expect(page.locator("#codings .coding")).to_have_count(2)
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 2 waiting")
    page.keyboard.press("t")
    mend(page)
    saved(page)
    assert status(page) == "Saved"
    assert quotes() == [("decided together", "Team"), ("car park", "Place")]
    assert Event.objects.count() == 2


def test_an_undone_change_that_never_left_leaves_nothing(
    page, live_server, signed_in, watch, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    cut(page, watch)
    select(page, "car park")
    apply(page, "Team")
    page.keyboard.press("z")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 2 waiting")
    mend(page)
    saved(page)
    assert not CodedSegment.objects.exists()
    expect(page.locator("#codings .coding")).to_have_count(0)


def test_an_answer_that_breaks_off_is_asked_for_again(
    page, live_server, signed_in, watch, transcript, team, coder
):
    """The change is made, but the browser does not hear of it: as when the server dies while it answers."""
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    seen = []

    def break_off(route):
        answer = route.fetch()
        seen.append(answer.status)
        if len(seen) == 1:
            route.fulfill(status=200, content_type="application/json", body=answer.text()[:20])
        else:
            route.fulfill(response=answer)

    page.context.route("**/changes/", break_off)
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Saved")
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'saved'")
    assert len(seen) == 2
    assert quotes() == [("car park", "Team")]


def test_a_second_tab_sends_what_the_first_could_not(
    page, live_server, signed_in, watch, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    watch.expect("ERR_FAILED|Failed to load resource")
    page.route("**/changes/", lambda route: route.abort())
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 1 waiting")
    other = page.context.new_page()
    open_workspace(other, live_server, transcript)
    expect(other.locator("#codings .coding")).to_have_count(1)
    assert quotes() == [("car park", "Team")]
    page.unroute("**/changes/")
    page.evaluate("dispatchEvent(new Event('online'))")
    saved(page)
    assert Event.objects.count() == 1


def test_a_refusal_that_another_tab_hears_is_taken_back_in_both(
    page, live_server, signed_in, watch, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    watch.expect("ERR_FAILED|Failed to load resource")
    page.route("**/changes/", lambda route: route.abort())
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 1 waiting")
    team.retired_at = timezone.now()
    team.save()
    other = page.context.new_page()
    open_page = live_server.url + f"/transcripts/{transcript.pk}/"
    other.goto(open_page)
    expect(other.locator("#status [data-words]")).to_have_text("Not saved: 1 refused")
    expect(other.locator("#codings .coding")).to_have_count(0)
    expect(page.locator("#codings .coding")).to_have_count(0)
    expect(page.locator("#toast")).to_contain_text("“Team” is retired")


def test_another_person_on_this_browser_neither_sees_nor_sends_what_waits(
    page, live_server, signed_in, watch, transcript, study, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    cut(page, watch)
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 1 waiting")
    signed_in(page, make_coder(study))
    other = page.context.new_page()
    page.context.unroute("**/changes/")
    open_workspace(other, live_server, transcript)
    expect(other.locator("#codings .coding")).to_have_count(0)
    assert not CodedSegment.objects.exists()
    # The first one's page is still open, and the cookie is the second's.
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: signed out")
    assert not CodedSegment.objects.exists()
    signed_in(page, coder)
    page.evaluate("dispatchEvent(new Event('online'))")
    saved(page)
    assert CodedSegment.objects.get().coder == coder


def test_signed_out_is_said_and_the_changes_wait_for_the_next_sign_in(
    page, live_server, signed_in, watch, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    watch.expect("401|Failed to load resource")
    session = [c for c in page.context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME]
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: signed out")
    page.locator("#status").click()
    link = page.locator("#waiting a")
    assert link.get_attribute("href").endswith(f"?next=%2Ftranscripts%2F{transcript.pk}%2F")
    page.context.add_cookies(session)
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.reload()
    saved(page)
    assert quotes() == [("car park", "Team")]


def test_what_was_built_on_a_refused_change_leaves_no_ghost(
    page, live_server, signed_in, watch, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    cut(page, watch)
    select(page, "car park")
    apply(page, "Team")
    page.keyboard.press("z")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 2 waiting")
    team.retired_at = timezone.now()
    team.save()
    mend(page)
    # The undoing took back what was refused: there is one thing to tell.
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: 1 refused")
    expect(page.locator("#codings .coding")).to_have_count(0)
    assert highlighted(page, "chosen") in ([], ["car park"])
    page.locator("#status").click()
    expect(page.locator("#waiting")).to_contain_text("is retired, so it cannot be applied")
    page.locator("#waiting").get_by_role("button", name="Dismiss").click()
    saved(page)
    assert status(page) == "Saved"


def test_who_lost_the_right_to_code_is_told(page, live_server, signed_in, watch, transcript, team, coder):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    Membership.objects.filter(user=coder).update(role="reader")
    watch.expect("403|Failed to load resource")
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: 1 refused")
    expect(page.locator("#codings .coding")).to_have_count(0)


def test_a_text_that_was_changed_meanwhile_is_not_coded_blindly(
    page, live_server, signed_in, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    Transcript.objects.update(revision=2)
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#toast")).to_contain_text("The text was changed meanwhile")
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: 1 refused")
    expect(page.locator("#codings .coding")).to_have_count(0)
    assert not CodedSegment.objects.exists()


def test_a_colleagues_changes_appear_and_mine_stay(
    page, live_server, signed_in, transcript, study, team, place, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    select(page, "car park")
    apply(page, "Team")
    saved(page)
    other = make_coder(study)
    one = {
        "id": "11111111-1111-4111-8111-111111111111",
        "do": "apply",
        "start": 40,
        "end": 60,
        "code": place.pk,
    }
    changes.make(transcript.pk, other, 1, [one])
    expect(page.locator("#codings .coding")).to_have_count(2, timeout=9000)
    expect(page.locator("#codings .coding[data-other]")).to_have_count(1)
    back = {"id": "22222222-2222-4222-8222-222222222222", "do": "withdraw", "target": one["id"]}
    changes.make(transcript.pk, other, 1, [back])
    expect(page.locator("#codings .coding")).to_have_count(1, timeout=9000)
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 1
    assert json.loads(page.locator("#workspace-data").text_content())["user"] == coder.pk


def refusal(page, name):
    page.locator("#status").click()
    return page.locator("#waiting").get_by_role("button", name=name)


def test_a_refused_change_outlives_the_tab_and_another_code_is_chosen_for_it(
    page, live_server, signed_in, transcript, team, place, coder, axe
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    team.retired_at = timezone.now()
    team.save()
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: 1 refused")
    page.close()
    page = page.context.new_page()
    page.goto(live_server.url + f"/transcripts/{transcript.pk}/")
    expect(page.locator("#status [data-words]")).to_have_text("Not saved: 1 refused")
    page.locator("#status").click()
    expect(page.locator("#waiting li")).to_contain_text("Team “car park”")
    expect(page.locator("#waiting li")).to_contain_text("is retired")
    assert axe(page) == []
    page.locator("#waiting").get_by_role("button", name="Choose another code").click()
    page.locator("#palette-input").fill("Place")
    page.keyboard.press("Enter")
    saved(page)
    assert status(page) == "Saved"
    assert quotes() == [("car park", "Place")]


def test_who_lost_the_right_tries_again_when_it_is_back(
    page, live_server, signed_in, watch, transcript, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    Membership.objects.filter(user=coder).update(role="reader")
    watch.expect("403|Failed to load resource")
    select(page, "car park")
    apply(page, "Team")
    again = refusal(page, "Try again")
    expect(page.locator("#waiting li")).to_contain_text("ask an owner")
    Membership.objects.filter(user=coder).update(role="coder")
    again.click()
    saved(page)
    expect(page.locator("#codings .coding")).to_have_count(1)
    assert quotes() == [("car park", "Team")]


def test_where_words_were_edited_meanwhile_the_place_is_shown_in_the_new_text(
    page, live_server, signed_in, transcript, study, team, coder
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    editor = make_lead(study)
    editing.save(transcript.pk, SHORT.replace("decided together", "chose it alone"), editor, revision=1)
    select(page, "decided together")
    apply(page, "Team")
    place = refusal(page, "Show the place")
    expect(page.locator("#waiting li")).to_contain_text(f"By {editor.username}")
    place.click()
    page.wait_for_function(
        "() => document.querySelector('#page[data-ready]') && location.hash.startsWith('#at')"
    )
    expect(page.locator("#text")).to_contain_text("chose it alone")
    page.wait_for_function("() => CSS.highlights.get('chosen')?.size")
    assert "alone" in "".join(highlighted(page, "chosen"))
    refusal(page, "Dismiss").click()
    saved(page)


def test_who_signs_out_with_unsent_changes_is_warned_and_they_wait_for_that_person(
    page, live_server, signed_in, watch, transcript, team, coder, axe
):
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    cut(page, watch)
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status [data-words]")).to_have_text("Offline, 1 waiting")
    page.goto(live_server.url + "/account/")
    expect(page.locator("#unsent")).to_contain_text("1 of your changes waits")
    page.get_by_role("button", name="Sign out").click()
    dialog = page.locator("#sign-out-dialog")
    expect(dialog).to_contain_text("Not sent yet: 1 of your changes")
    assert axe(page) == []
    dialog.get_by_role("button", name="Stay signed in").click()
    page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    assert not CodedSegment.objects.exists()
    page.context.unroute("**/changes/")
    signed_in(page, coder)
    page.goto(live_server.url + "/")  # any page sends what waited
    expect(page.locator("#unsent")).to_contain_text("1 of your changes, which had waited")
    assert quotes() == [("car park", "Team")]


def test_a_transcript_removed_meanwhile_is_said_and_what_is_coded_waits_for_it(
    page, live_server, signed_in, watch, coder, transcript, team
):
    lead = make_lead(transcript.study)
    open_workspace(signed_in(page, coder), live_server, transcript)
    watch.expect("404")
    material.remove(transcript, lead)
    expect(page.locator("#text-gone")).to_be_visible(timeout=10_000)
    select(page, "car park")
    apply(page, "Team")
    expect(page.locator("#status")).to_have_attribute("data-state", "failed")
    page.locator("#status").click()
    expect(page.locator("#waiting")).to_contain_text("try again once it is restored")
    material.restore(transcript, lead)
    expect(page.locator("#text-gone")).to_be_hidden(timeout=10_000)
    page.locator("#waiting [data-refusal=again]").click()
    saved(page)
    assert quotes() == [("car park", "Team")]
