"""New codes made in the text, colleagues' codes that arrive, and who else is there."""

import pytest
from playwright.sync_api import expect

from coding import codebook, presence
from coding.models import Code, CodedSegment
from tests.factories import make_code, make_coded_segment, make_coder, make_lead, make_study, make_transcript

from .workspace import SHORT, apply, highlighted, open_workspace, saved, select

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=SHORT)


@pytest.fixture
def place(study):
    return make_code(study, "Place")


@pytest.fixture
def lead(study):
    return make_lead(study)


@pytest.fixture
def workspace(page, live_server, signed_in, lead, place, transcript):
    signed_in(page, lead)
    return open_workspace(page, live_server, transcript)


def stored():
    rows = CodedSegment.objects.order_by("content_object__start", "tag__name")
    return list(rows.values_list("content_object__quote", "tag__name"))


def test_a_new_code_is_made_in_the_palette_applied_and_undone(workspace, place, axe):
    page = workspace
    select(page, "car park")
    page.keyboard.press("c")
    page.keyboard.type("Parking")
    expect(page.locator("#palette-list [role=option]").last).to_have_text("+New code “Parking”")
    page.keyboard.press("Enter")
    expect(page.locator("#new-code")).to_be_visible()
    expect(page.locator("#new-code-name")).to_have_value("Parking")
    assert axe(page) == []
    page.locator("#new-code-parent").select_option(label="Place")
    page.get_by_role("button", name="Make and apply").click()
    expect(page.locator("#codings .coding")).to_have_count(1)
    saved(page)
    code = Code.objects.get(name="Parking")
    assert code.parent == place
    assert stored() == [("car park", "Parking")]
    expect(page.locator(f"#code-{code.pk} .count")).to_have_text("1")
    page.locator(".turn").first.focus()
    page.keyboard.press("z")
    saved(page)
    assert stored() == [] and not Code.objects.filter(name="Parking").exists()
    expect(page.locator(f"#code-{code.pk}")).to_have_count(0, timeout=9000)
    page.keyboard.press("Shift+Z")
    saved(page)
    assert stored() == [("car park", "Parking")]


def test_words_name_a_code_and_a_name_that_is_taken_is_said(workspace, watch):
    page = workspace
    watch.expect("422")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("s")
    page.keyboard.press("i")
    name = page.locator("#new-code-name")
    expect(name).to_have_value("We decided together, in the car park")
    name.fill("Place")
    page.keyboard.press("Enter")
    expect(page.locator("#new-code-problem")).to_contain_text("“Place” here already")
    name.fill("In the car park")
    page.keyboard.press("Enter")
    expect(page.locator("#new-code")).to_be_hidden()
    saved(page)
    assert stored() == [("We decided together, in the car park.", "In the car park")]
    assert page.evaluate("document.activeElement.classList.contains('turn')")


def test_without_the_server_the_name_is_kept_and_the_code_made_once(workspace, watch):
    page = workspace
    watch.expect("ERR_|Failed to load resource")
    seen = []

    def break_off(route):
        seen.append(route.fetch().status)  # made, but the browser does not hear of it
        route.abort()

    page.context.route("**/codes/", break_off)
    select(page, "car park")
    page.keyboard.press("i")
    page.keyboard.press("Enter")
    expect(page.locator("#new-code-problem")).to_contain_text("cannot be reached")
    page.context.unroute("**/codes/")
    page.keyboard.press("Enter")
    expect(page.locator("#codings .coding")).to_have_count(1)
    saved(page)
    assert seen == [201]
    assert stored() == [("car park", "car park")]


def test_a_coder_is_told_who_makes_codes(page, live_server, signed_in, study, transcript, place):
    signed_in(page, make_coder(study))
    open_workspace(page, live_server, transcript)
    expect(page.get_by_role("button", name="New code")).to_have_count(0)
    select(page, "car park")
    page.keyboard.press("i")
    expect(page.locator("#toast")).to_contain_text("Leads of this study make new codes")
    page.keyboard.press("c")
    page.keyboard.type("Nothing like it")
    expect(page.locator("#palette-note")).to_contain_text("Leads of this study make new codes")
    expect(page.locator("#palette-list [role=option]")).to_have_count(0)


def test_a_colleagues_codes_arrive_without_moving_the_text(workspace, study, transcript, place):
    page = workspace
    colleague = make_lead(study)
    where = "() => document.querySelector('#t2').getBoundingClientRect().top"
    before = page.evaluate(where)
    code = codebook.create_code(study, colleague, name="下海", colour="#8a460c")
    start = SHORT.index("together")
    make_coded_segment(transcript, code, colleague, start=start, end=start + 8)
    row = page.locator(f"#code-{code.pk}")
    expect(row).to_contain_text("下海", timeout=9000)
    select(page, "decided")
    apply(page, "下海")
    saved(page)
    look = page.locator("#codings .coding .swatch").first.get_attribute("class").split()[1]
    assert highlighted(page, look) == ["decided"]
    codebook.edit_code(code, colleague, name="Going to sea")
    codebook.retire(place, colleague)
    expect(row).to_contain_text("Going to sea", timeout=9000)
    expect(page.locator("#codings .coding").first).to_contain_text("Going to sea")
    expect(page.locator(f"#code-{place.pk}")).to_have_count(0)
    assert page.evaluate(where) == before


def test_who_else_has_the_transcript_open_is_shown_and_gone_again(workspace, study, lead, transcript, axe):
    page = workspace
    colleague = make_coder(study)
    presence.arrive(transcript, colleague)
    here = page.locator("#here")
    expect(here).to_contain_text(f"{colleague.username} has this transcript open", timeout=9000)
    assert axe(page) == []
    assert presence.others(transcript, colleague) == [lead.username]
    presence.leave(transcript, colleague)
    expect(here).to_be_empty(timeout=9000)
    leaving = '{"leaving":true}'
    with page.expect_response(lambda answer: answer.request.post_data == leaving):  # who goes takes leave
        page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert presence.others(transcript, colleague) == []
