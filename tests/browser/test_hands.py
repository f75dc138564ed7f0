"""Coding by hand: dragging, clicking where words are selected, touching; areas folded away; forced colours."""

import pytest
from playwright.sync_api import expect

from coding.models import CodedSegment
from tests.factories import make_code, make_coded_segment, make_coder, make_study, make_transcript

from .workspace import SHORT, apply, highlighted, open_workspace, saved, select

pytestmark = pytest.mark.django_db(transaction=True)

PLACE_OF = """words => {
  for (const element of document.querySelectorAll('p[data-at]')) {
    const at = element.firstChild?.data.indexOf(words) ?? -1;
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(element.firstChild, at);
    range.setEnd(element.firstChild, at + words.length);
    const rect = range.getClientRects()[0];
    return [rect.left + rect.width / 2, rect.top + rect.height / 2];
  }
}"""


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def place(study):
    return make_code(study, "Place")


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=SHORT)


@pytest.fixture
def workspace(page, live_server, signed_in, coder, place, transcript):
    signed_in(page, coder)
    return open_workspace(page, live_server, transcript)


def stored():
    return list(CodedSegment.objects.order_by("created_at").values_list("content_object__quote", flat=True))


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 5, start[1] + 5)
    page.mouse.move(*end, steps=4)
    page.mouse.move(end[0] + 1, end[1])
    page.mouse.up()


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_words_are_dragged_onto_a_code_and_a_code_onto_words(workspace, place):
    page = workspace
    name = page.locator(f"#code-{place.pk} .name")
    select(page, "car park")
    drag(page, page.evaluate(PLACE_OF, "car park"), middle(name))
    expect(page.locator("#codings .coding")).to_have_count(1)
    select(page, "together")
    drag(page, middle(name), page.evaluate(PLACE_OF, "together"))
    expect(page.locator("#codings .coding")).to_have_count(2)
    page.keyboard.press("Escape")
    drag(page, middle(name), page.evaluate(PLACE_OF, "How"))  # on no chosen words: the sentence there
    expect(page.locator("#codings .coding")).to_have_count(3)
    saved(page)
    assert stored() == ["car park", "together", "How did you decide?"]
    assert page.locator("[data-drop]").count() == 0


def test_the_first_click_on_words_still_selected_opens_what_lies_there_and_the_next_goes_on(
    workspace, study, place, transcript
):
    page = workspace
    select(page, "car park")
    apply(page, "Place")
    saved(page)
    start = SHORT.index("in the car park")
    make_coded_segment(transcript, make_code(study, "Wide"), start=start, end=start + 15)
    expect(page.locator("#codings .coding")).to_have_count(1)
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    select(page, "car park")
    where = page.evaluate(PLACE_OF, "car park")
    page.mouse.click(*where)
    expect(page.locator("#detail .card-coding")).to_have_count(2)
    assert highlighted(page, "active") == ["car park"]
    assert highlighted(page, "chosen") == []
    page.wait_for_function("() => document.getSelection().isCollapsed")
    page.mouse.click(where[0] + 1, where[1])
    page.wait_for_function("() => [...CSS.highlights.get('active')].length === 1")
    assert highlighted(page, "active") == ["in the car park"]


def test_areas_are_folded_by_key_and_button_and_stay_so(workspace):
    page = workspace
    codes, codings = page.locator("#code-tree"), page.locator("#codings")
    page.locator(".handle[data-pane=codes]").focus()
    page.keyboard.press("Enter")
    expect(codes).to_be_hidden()
    button = page.get_by_role("button", name="Codebook", exact=True)
    expect(button).to_be_focused()
    page.locator(".toolbar [data-do=codings]").click()
    expect(codings).to_be_hidden()
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    expect(codes).to_be_hidden()
    page.locator(".turn").first.focus()
    page.keyboard.press("/")
    expect(page.locator("#code-filter")).to_be_focused()
    page.locator(".toolbar [data-do=codings]").click()
    expect(codings).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_finger_chooses_words_and_finds_the_button_to_code_them(
    browser, live_server, signed_in, coder, place, transcript, axe
):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = signed_in(context.new_page(), coder)
    open_workspace(page, live_server, transcript)
    button = page.locator("#code-touch")
    expect(button).to_be_hidden()
    page.evaluate(
        """() => {
          const node = document.querySelectorAll('p[data-at]')[1].firstChild;
          const at = node.data.indexOf('car park');
          getSelection().setBaseAndExtent(node, at, node, at + 8);
        }"""
    )
    expect(button).to_be_visible()
    assert button.bounding_box()["height"] >= 44
    assert axe(page) == []
    button.tap()
    page.locator("#palette-list [role=option]").first.tap()
    saved(page)
    assert stored() == ["car park"]
    page.touchscreen.tap(*page.evaluate(PLACE_OF, "car park"))
    strip = page.locator("#tapped")
    expect(strip).to_contain_text("Place")
    strip.tap()
    expect(page.locator("#detail")).to_contain_text("Place")
    page.locator("[data-pane-button=text]").tap()
    page.touchscreen.tap(*page.evaluate(PLACE_OF, "decided"))
    expect(button).to_be_hidden()
    context.close()


@pytest.mark.parametrize("media", [{"forced_colors": "active"}, {"contrast": "more"}])
def test_codings_are_told_apart_in_high_contrast(workspace, place, media, axe):
    page = workspace
    select(page, "car park")
    apply(page, "Place")
    saved(page)
    page.keyboard.press("Escape")
    page.emulate_media(**media)
    forced = "forced_colors" in media
    tints = "() => [...CSS.highlights].filter(([name]) => /^hue|^depth/.test(name)).reduce((n, [, h]) => n + h.size, 0)"
    page.wait_for_function(f"wanted => ({tints})() === wanted", arg=0 if forced else 1)
    assert highlighted(page, "coded") == (["car park"] if forced else [])
    page.keyboard.press("n")
    assert highlighted(page, "active") == ["car park"]
    drawn = """() => {
      const canvas = document.getElementById('stripes');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, index) => index % 4 === 3 && value > 0);
    }"""
    page.wait_for_function(drawn)
    assert axe(page) == []
