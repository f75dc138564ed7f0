"""Coding in the browser, as a coder does it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding import demo
from coding.models import CodedSegment
from interviews.models import Event, Transcript
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_reader,
    make_study,
    make_transcript,
)

from .workspace import ODD, SHORT, apply, drag_over, highlighted, open_workspace, saved, select, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def team(study):
    return make_code(study, "Team return", definition="Going back together", include="Teams", exclude="Alone")


@pytest.fixture
def place(study):
    return make_code(study, "Place")


@pytest.fixture
def child(study, place):
    return make_code(study, "Suzhou", parent=place)


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=SHORT)


@pytest.fixture
def workspace(page, live_server, signed_in, coder, team, place, child, transcript):
    signed_in(page, coder)
    return open_workspace(page, live_server, transcript)


def stored():
    rows = CodedSegment.objects.order_by("content_object__start", "content_object__end", "tag__name")
    return list(rows.values_list("content_object__quote", "tag__name"))


def chosen(page):
    return "".join(highlighted(page, "chosen"))


# With the mouse


def quotes():
    """The code and the words of each coding."""
    return sorted(CodedSegment.objects.values_list("tag__name", "content_object__quote"))


def test_words_selected_with_the_mouse_are_coded_by_the_palette(workspace):
    page = workspace
    select(page, "decided together")
    assert chosen(page) == "decided together"
    page.get_by_role("button", name="Code C").click()
    expect(page.locator("#palette")).to_be_visible()
    page.locator("#palette-input").fill("team")
    expect(page.locator("#palette-gist")).to_have_text("Going back together")
    page.locator("#palette-list [role=option]").first.click()
    expect(page.locator("#palette")).to_be_hidden()
    saved(page)
    assert stored() == [("decided together", "Team return")]
    hue = page.evaluate(
        "JSON.parse(document.getElementById('codes-data').textContent).find(c => c.name === 'Team return').look"
    ).split(" ")[0]
    assert highlighted(page, hue) == ["decided together"]


def test_a_code_pressed_in_the_codebook_goes_to_the_selected_words(workspace, place):
    page = workspace
    select(page, "car park")
    page.locator(f"#code-{place.pk} .name").click()
    saved(page)
    assert stored() == [("car park", "Place")]
    expect(page.locator(f"#code-{place.pk} .count")).to_have_text("1")


def test_several_codes_go_to_the_same_words(workspace):
    page = workspace
    select(page, "car park")
    page.keyboard.press("c")
    page.locator("#palette-input").fill("team")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#palette")).to_be_visible()
    page.locator("#palette-input").fill("suzhou")
    page.keyboard.press("Enter")
    saved(page)
    assert stored() == [("car park", "Suzhou"), ("car park", "Team return")]
    assert highlighted(page, "depth-2") == ["car park"]


def test_overlapping_and_nested_segments_stay_as_they_were_made(workspace):
    page = workspace
    for words, code in (
        ("We decided together, in the car park", "Team return"),
        ("together", "Place"),
        ("car park.", "Suzhou"),
    ):
        page.keyboard.press("Escape")  # or the mouse would drag the words that are selected still
        select(page, words)
        apply(page, code)
    saved(page)
    assert stored() == [
        ("We decided together, in the car park", "Team return"),
        ("together", "Place"),
        ("car park.", "Suzhou"),
    ]
    assert highlighted(page, "depth-2") == ["together", "car park"]


def test_the_same_code_on_the_same_words_again_takes_it_off(workspace):
    page = workspace
    for present in (1, 0):
        select(page, "car park")
        apply(page, "Place")
        expect(page.locator("#codings .coding")).to_have_count(present)
        page.keyboard.press("Escape")
    saved(page)
    assert list(Event.objects.values_list("action", flat=True)) == ["apply", "withdraw"]
    assert stored() == []


def test_a_coding_is_reshaped_by_keys_and_all_of_it_undone(workspace):
    page = workspace
    select(page, "together, in the car park")
    apply(page, "Place")
    page.keyboard.press("n")
    for keys, then in (
        (["e", "ArrowLeft", "Enter"], ["together, in the car"]),
        (["x"], None),
        (["r"], ["together, in the car"]),
    ):
        for key in keys:
            page.keyboard.press(key)
        if keys == ["x"]:  # nothing in it is chosen: it says what to do first
            expect(page.locator("#toast")).to_contain_text("choose words in it")
        if keys == ["r"]:
            page.locator("#palette-input").fill("Suzhou")
            page.keyboard.press("Enter")
        saved(page)
        if then:
            assert [quote for quote, _code in stored()] == then
    assert stored() == [("together, in the car", "Suzhou")]
    for _ in range(2):
        page.keyboard.press("z")
        saved(page)
    assert stored() == [("together, in the car park", "Place")]


def test_what_was_just_applied_is_what_the_next_keys_are_for(workspace, team, place):
    page = workspace
    select(page, "decided together")
    page.keyboard.press("Delete")
    expect(page.locator("#toast")).to_contain_text("Open a coding first")
    apply(page, "Team return")
    page.keyboard.press("e")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    saved(page)
    assert quotes() == [("Team return", "decided together, in")]
    page.keyboard.press("Delete")
    expect(page.locator("#toast")).to_contain_text("Withdrawn")
    saved(page)
    assert quotes() == []


def test_copying_adds_only_and_nothing_is_coded_twice(workspace, team, place):
    page = workspace
    select(page, "decided together")
    apply(page, "Team return")
    apply(page, "Place")
    saved(page)
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    select(page, "car park")
    for _press in range(2):
        page.keyboard.press("y")
    expect(page.locator("#toast")).to_contain_text("You have coded these words so already")
    saved(page)
    expected = [
        (code, quote) for code in ("Place", "Team return") for quote in ("car park", "decided together")
    ]
    assert quotes() == expected
    page.keyboard.press("r")
    page.locator("#palette-input").fill("Place")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_attribute("data-state", "saved")
    assert quotes() == expected


def test_only_neighbouring_codings_are_merged(page, live_server, signed_in, study, coder, team):
    lines = "".join(f"WENBO: Line {n} of the talk.\n\n" for n in range(1, 9))
    transcript = make_transcript(study, text=lines)
    for words in ("Line 1", "the talk.\n\nWENBO: Line 2", "Line 8"):
        at = lines.index(words)
        make_coded_segment(transcript, team, coder, start=at, end=at + len(words))
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    page.locator("#t1").focus()
    page.keyboard.press("n")
    page.keyboard.press("g")
    expect(page.locator("#toast")).to_contain_text("Merged into one, with the words between them")
    page.keyboard.press("g")
    expect(page.locator("#toast")).to_contain_text("6 turns away")
    saved(page)
    assert quotes() == [("Team return", "Line 1 of the talk.\n\nWENBO: Line 2"), ("Team return", "Line 8")]


def test_head_lines_are_coded_and_marked_like_what_is_said(page, live_server, signed_in, study, coder, place):
    text = "Interview 7, in the park canteen\n\nINTERVIEWER: How?\n\nWENBO: Together.\n"
    signed_in(page, coder)
    open_workspace(page, live_server, make_transcript(study, text=text))
    select(page, "park canteen")
    apply(page, "Place")
    saved(page)
    assert stored() == [("park canteen", "Place")]
    look = page.locator("#codings .coding .swatch").get_attribute("class").split()[1]
    assert highlighted(page, look) == ["park canteen"]


def test_what_was_done_can_be_undone_after_a_reload(workspace):
    page = workspace
    select(page, "car park")
    apply(page, "Place")
    saved(page)
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    page.locator(".turn").first.focus()
    page.keyboard.press("z")
    expect(page.locator("#codings .coding")).to_have_count(0)
    saved(page)
    assert stored() == []


def test_a_search_finds_other_widths_and_cases_and_codes_all_its_hits(workspace):
    page = workspace
    page.locator(".turn").first.focus()
    page.keyboard.press("f")
    page.keyboard.type("ＣＡＲ park")
    expect(page.locator("#find-count")).to_have_text("1 of 1")
    assert highlighted(page, "found") == ["car park"]
    page.click("[data-find=code-all]")
    page.locator("#palette-input").fill("Place")
    page.keyboard.press("Enter")
    saved(page)
    assert stored() == [("car park", "Place")]


def test_the_same_words_elsewhere_are_not_taken_for_those_chosen_before(
    page, live_server, signed_in, study, coder, team
):
    transcript = make_transcript(study, text="WENBO: alone, and then again alone.\n")
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    page.keyboard.press("ArrowRight")
    assert chosen(page) == "alone"
    last = page.evaluate(
        """() => {
          const node = document.querySelector('p[data-at]').firstChild;
          const range = document.createRange();
          const at = node.data.lastIndexOf('alone');
          range.setStart(node, at); range.setEnd(node, at + 5);
          const rect = range.getBoundingClientRect();
          return [rect.left + rect.width / 2, rect.top + rect.height / 2];
        }"""
    )
    page.mouse.dblclick(*last)
    page.wait_for_timeout(50)
    apply(page, "Team")
    saved(page)
    segment = CodedSegment.objects.get().content_object
    assert segment.start == transcript.text.rindex("alone")


def test_words_over_several_turns_with_their_labels_are_coded_to_the_exact_sign(
    page, live_server, signed_in, study, coder, team
):
    transcript = make_transcript(study, text=ODD)
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    start, end = ODD.index("后悔"), ODD.index(" good")
    page.evaluate(
        """([from, to]) => {
          const runs = [...document.querySelectorAll('[data-at]')];
          const a = runs.find(r => r.textContent.includes(from)).firstChild;
          const b = runs.find(r => r.textContent.includes(to)).firstChild;
          getSelection().setBaseAndExtent(a, a.data.indexOf(from), b, b.data.indexOf(to));
        }""",
        ["后悔", " good"],
    )
    page.wait_for_function("() => CSS.highlights.get('chosen')?.size")
    apply(page, "Team")
    saved(page)
    assert stored() == [(ODD[start:end], "Team return")]


@pytest.mark.parametrize("words", ["𬭎", "👩🏽‍💻", "🙂", "老𬭎和我", "一起回来", "国伟"])
def test_emoji_and_chinese_are_coded_to_the_exact_sign(
    page, live_server, signed_in, study, coder, team, words
):
    transcript = make_transcript(study, text=ODD)
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    select(page, words)
    apply(page, "Team")
    saved(page)
    segment = CodedSegment.objects.get().content_object
    assert segment.quote == words
    assert ODD[segment.start : segment.end] == words
    page.reload()
    expect(page.locator("#codings .coding .words")).to_have_text(words)


def test_a_click_on_coded_words_shows_their_codes_coders_and_definitions(
    page, live_server, signed_in, study, coder, team, place, transcript
):
    start = SHORT.index("together")
    other = make_coded_segment(transcript, team, start=start, end=start + 8)
    make_coded_segment(transcript, place, coder, start=start - 11, end=start + 20)
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    page.evaluate("""() => {
      const node = document.querySelectorAll('p[data-at]')[1].firstChild;
      const range = document.createRange();
      range.setStart(node, node.data.indexOf('gether')); range.setEnd(node, node.data.indexOf('gether') + 1);
      const rect = range.getBoundingClientRect();
      window.place = [rect.left + 2, rect.top + rect.height / 2];
    }""")
    page.mouse.click(*page.evaluate("window.place"))
    cards = page.locator("#detail .card-coding")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text("Team return")
    expect(cards.nth(0)).to_contain_text("Going back together")
    expect(cards.nth(0)).to_contain_text(other.coder.username)
    expect(cards.nth(0).get_by_role("button", name="Withdraw")).to_have_count(0)
    cards.nth(1).get_by_role("button", name="Withdraw").click()
    saved(page)
    assert stored() == [("together", "Team return")]
    assert highlighted(page, "active") == ["together"]


# With the keyboard alone


def test_from_opening_the_page_to_a_coded_passage_and_back_by_keys_alone(workspace):
    page = workspace
    press = page.keyboard.press
    press("j")
    press("j")
    press("ArrowRight")
    assert chosen(page) == "We"
    press("Shift+ArrowRight")
    press("Shift+ArrowRight")
    assert chosen(page) == "We decided together"
    press("c")
    page.keyboard.type("team")
    press("Enter")
    saved(page)
    assert stored() == [("We decided together", "Team return")]
    assert page.evaluate("document.activeElement.classList.contains('turn')")
    press("Escape")
    press("n")
    expect(page.locator("#detail")).to_contain_text("Going back together")
    assert "".join(highlighted(page, "active")) == "We decided together"
    press("Delete")
    expect(page.locator("#toast")).to_contain_text("Withdrawn: Team return")
    saved(page)
    assert stored() == []
    press("z")
    saved(page)
    assert stored() == [("We decided together", "Team return")]
    press("Shift+Z")
    saved(page)
    assert stored() == []
    press("Control+z")
    press("Control+z")
    saved(page)
    assert stored() == []
    press("Control+y")
    saved(page)
    assert stored() == [("We decided together", "Team return")]
    expect(page.locator("#codings .coding")).to_have_count(1)


def test_sentences_and_turns_are_chosen_by_keys(page, live_server, signed_in, study, coder, team):
    transcript = make_transcript(study, text=ODD)
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    press = page.keyboard.press
    for _ in range(2):
        press("j")
    press("s")
    assert chosen(page) == "老𬭎和我一起回来👩🏽‍💻。"
    press("Shift+ArrowDown")
    assert chosen(page) == "老𬭎和我一起回来👩🏽‍💻。我们不后悔。"
    press("t")
    assert chosen(page) == "老𬭎和我一起回来👩🏽‍💻。我们不后悔。"
    press("Enter")
    page.keyboard.type("team")
    press("Enter")
    saved(page)
    assert stored() == [("老𬭎和我一起回来👩🏽‍💻。我们不后悔。", "Team return")]


def test_recent_codes_come_first_and_apply_by_their_number(workspace):
    page = workspace
    select(page, "car park")
    apply(page, "Suzhou")
    select(page, "decided")
    page.keyboard.press("c")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("Suzhou")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert chosen(page) == "decided"
    page.keyboard.press("1")
    saved(page)
    assert stored() == [("decided", "Suzhou"), ("car park", "Suzhou")]


def test_the_palette_opens_by_itself_if_somebody_wants_it_to(workspace):
    page = workspace
    select(page, "in the car park")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("?")
    page.get_by_label("Open the codes when words are selected with the mouse").check()
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    drag_over(page, "in the car park")
    expect(page.locator("#palette-input")).to_be_focused()
    page.keyboard.type("team")
    page.keyboard.press("Enter")
    saved(page)
    assert CodedSegment.objects.get().content_object.quote == "in the car park"


def test_letters_can_be_switched_off(workspace):
    page = workspace
    page.keyboard.press("?")
    page.get_by_label("Single-letter shortcuts").uncheck()
    page.keyboard.press("Escape")
    select(page, "car park")
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_visible()


def test_the_panels_buttons_lead_to_the_words_and_withdraw(workspace):
    page = workspace
    for words in ("decided", "car park"):
        select(page, words)
        apply(page, "Place")
    buttons = page.locator("#codings .coding")
    expect(buttons).to_have_count(2)
    buttons.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(buttons.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    assert "".join(highlighted(page, "active")) == "car park"
    buttons.nth(1).focus()
    page.keyboard.press("Delete")
    saved(page)
    assert stored() == [("decided", "Place")]
    expect(buttons).to_have_count(1)


def test_the_codebook_is_walked_and_filtered_by_keys(workspace, place, child):
    page = workspace
    page.keyboard.press("t")
    page.keyboard.press("/")
    page.keyboard.type("suz")
    expect(page.locator("#code-tree [role=treeitem]:visible")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#code-{child.pk}")).to_be_focused()
    page.keyboard.press("Enter")
    saved(page)
    assert stored() == [("How did you decide?", "Suzhou")]
    expect(page.locator(f"#code-{place.pk} .count")).to_have_text("1")
    page.locator("#code-filter").fill("nothing like it")
    expect(page.locator("#no-code")).to_contain_text("nothing like it")


# Whose codings, and who may


def test_everyones_codings_or_only_mine(page, live_server, signed_in, study, coder, team, place, transcript):
    make_coded_segment(transcript, team, start=0, end=11)
    make_coded_segment(transcript, place, coder, start=40, end=50)
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    expect(page.locator("#codings .coding")).to_have_count(2)
    page.locator("#whose label", has_text="Mine").click()
    expect(page.locator("#codings .coding")).to_have_count(1)
    expect(page.locator("#codings .coding")).to_contain_text("Place")
    page.locator("#whose label", has_text="Everyone").click()
    expect(page.locator("#codings .coding")).to_have_count(2)


def test_a_reader_reads(page, live_server, signed_in, study, team, transcript):
    make_coded_segment(transcript, team)
    signed_in(page, make_reader(study))
    open_workspace(page, live_server, transcript)
    select(page, "car park")
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#code-button")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#detail")).to_contain_text("Team return")
    expect(page.locator("#detail").get_by_role("button", name="Withdraw")).to_have_count(0)


# On a narrow screen


def test_a_passage_is_coded_on_a_narrow_screen_by_touch_sized_parts(workspace):
    page = workspace
    page.set_viewport_size({"width": 390, "height": 844})
    select(page, "car park")
    button = page.locator("#code-touch")
    expect(button).to_be_visible()
    button.click()
    page.locator("#palette-input").fill("team")
    option = page.locator("#palette-list [role=option]").first
    assert option.bounding_box()["height"] >= 44
    option.click()
    saved(page)
    assert stored() == [("car park", "Team return")]
    for name, part in (("codes", "#code-tree"), ("codings", "#codings"), ("text", "#text")):
        switch = page.locator(f"[data-pane-button={name}]")
        assert switch.bounding_box()["height"] >= 44
        switch.click()
        expect(page.locator(part)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".turn-count")).to_have_text("1")


# Text, standards, isolation


COVERED = """() => [...document.querySelectorAll('#page [data-at]')]
  .map(e => [Number(e.dataset.at), e.childNodes.length, e.firstChild?.data ?? ''])"""


def test_the_pages_of_the_demo_show_every_character_at_its_place(page, live_server, signed_in):
    study = demo.load_demo()
    signed_in(page, study.memberships.get(role="owner").user)
    transcripts = list(Transcript.objects.all())
    assert len(transcripts) == 12
    for transcript in transcripts:
        page.goto(live_server.url + reverse("coding:transcript", args=[transcript.pk]))
        page.wait_for_selector("#page[data-ready]")
        shown = [None] * len(transcript.text)
        for at, nodes, text in page.evaluate(COVERED):
            assert nodes == 1
            assert shown[at : at + len(text)] == [None] * len(text)
            shown[at : at + len(text)] = text
        missing = {i for i, sign in enumerate(shown) if sign is None}
        assert all(transcript.text[i] == "\n" for i in missing), transcript.title
        assert all(shown[i] == transcript.text[i] for i in range(len(shown)) if i not in missing)


def test_the_demos_codings_are_drawn_at_their_words(page, live_server, signed_in):
    study = demo.load_demo()
    signed_in(page, study.memberships.get(role="owner").user)
    transcript = Transcript.objects.order_by("pk").first()
    open_workspace(page, live_server, transcript)
    rows = CodedSegment.objects.filter(content_object__transcript=transcript)
    expect(page.locator("#codings .coding")).to_have_count(rows.count())
    drawn = set(page.locator("#codings .coding .words").all_text_contents())
    for quote in rows.values_list("content_object__quote", flat=True):
        assert any(quote[:60].split("\n")[0].strip()[:40] in words for words in drawn)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_workspace(workspace, axe, width, theme):
    page = workspace
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    select(page, "car park")
    apply(page, "Team")
    saved(page)
    page.keyboard.press("n")
    assert axe(page) == []
    select(page, "decided")
    page.keyboard.press("c")
    expect(page.locator("#palette")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    assert axe(page) == []


def test_the_policy_allows_nothing_inline_and_no_other_origin(client, study, coder, transcript):
    client.force_login(coder)
    policy = client.get(reverse("coding:transcript", args=[transcript.pk]))["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy


def test_what_is_copied_is_what_is_written(page, live_server, signed_in, study, coder):
    text = "WENBO: Together we went.\n"
    transcript = make_transcript(
        study, text=text, marks=[{"start": text.index("gether"), "end": text.index(" we"), "kind": "bold"}]
    )
    signed_in(page, coder)
    open_workspace(page, live_server, transcript)
    page.keyboard.press("t")
    copied = page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          const event = new ClipboardEvent('copy', {clipboardData, bubbles: true, cancelable: true});
          document.getElementById('page').dispatchEvent(event);
          return event.clipboardData.getData('text/plain');
        }"""
    )
    assert copied == "Together we went."
    assert status(page) == "Saved"
