"""A transcript so long that the browser skips what is far away: all works there as in a short one."""

import pytest
from playwright.sync_api import expect

from coding import reading
from coding.models import CodedSegment
from tests.factories import make_code, make_coder, make_study, make_transcript

from .workspace import apply, highlighted, open_workspace, saved, select

pytestmark = pytest.mark.django_db(transaction=True)

TURNS = 160
SAID = "We talked about it 🙂 for a whole winter, 老𬭎 and I, before the ticket was bought."
TEXT = "\n\n".join(
    f"INTERVIEWER: And then, {n}?" if n % 2 else f"WENBO: Lantern {n}. {SAID * (n % 5)}".strip()
    for n in range(TURNS)
)
IN_VIEW = """words => {
  const box = document.getElementById('page').getBoundingClientRect();
  for (const element of document.querySelectorAll('[data-at]')) {
    const at = element.firstChild?.data.indexOf(words) ?? -1;
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(element.firstChild, at);
    range.setEnd(element.firstChild, at + words.length);
    const {top, bottom} = range.getBoundingClientRect();
    const stays = top >= box.top && bottom <= box.bottom && top === window.lastTop;
    window.lastTop = top;
    return (window.stayed = stays ? window.stayed + 1 : 0) > 12;
  }
}"""
BESIDE = """words => {
  const range = [...CSS.highlights.get(words)][0];
  const live = document.createRange();
  live.setStart(range.startContainer, range.startOffset);
  live.setEnd(range.endContainer, range.endOffset);
  const box = document.getElementById('stripes').getBoundingClientRect();
  const {top, bottom} = live.getBoundingClientRect();
  return [box.left + 2, (top + bottom) / 2];
}"""


@pytest.fixture
def long(page, live_server, signed_in, monkeypatch):
    """A page of many chunks, each far lower than the height it is given while it is skipped."""
    monkeypatch.setattr(reading, "LONG", 100)
    monkeypatch.setattr(reading, "CHUNK", 8)
    study = make_study()
    make_code(study, "Team")
    signed_in(page, make_coder(study))
    transcript = make_transcript(study, text=TEXT)
    return open_workspace(page, live_server, transcript), transcript


def in_view(page, words):
    """Wait until words are seen, and stay where they are for a dozen frames."""
    page.wait_for_function(IN_VIEW, arg=words)


def go_to(page, turn):
    page.goto(f"{page.url.partition('#')[0]}#t{turn}")


def skipped(page, turn):
    check = "e => !e.checkVisibility({contentVisibilityAuto: true})"
    return page.locator(f"#t{turn} p").evaluate(check)


def test_far_places_are_reached_found_and_coded_to_the_character(long):
    page, transcript = long
    assert skipped(page, 150) and not skipped(page, 1)

    go_to(page, 121)
    in_view(page, "Lantern 120.")
    page.wait_for_function("() => document.activeElement.id === 't121'")
    assert skipped(page, 1)

    page.keyboard.press("f")
    page.locator("#find-input").fill("ｌａｎｔｅｒｎ 34.")
    expect(page.locator("#find-count")).to_have_text("1 of 1")
    in_view(page, "Lantern 34.")
    page.keyboard.press("Escape")

    go_to(page, 89)
    in_view(page, "Lantern 88.")
    select(page, "Lantern 88")
    apply(page, "Team")
    saved(page)
    row = CodedSegment.objects.get().content_object
    assert transcript.text[row.start : row.end] == row.quote == "Lantern 88"
    assert highlighted(page, "hue-blue") == ["Lantern 88"]

    page.mouse.move(*page.evaluate(BESIDE, "hue-blue"))
    page.wait_for_function("() => document.getElementById('stripes').title.startsWith('Team')")

    go_to(page, 1)
    in_view(page, "And then, 1?")
    page.keyboard.press("n")
    in_view(page, "Lantern 88.")
    page.mouse.move(*page.evaluate(BESIDE, "hue-blue"))
    page.wait_for_function("() => document.getElementById('stripes').title.startsWith('Team')")


def test_all_that_is_selected_is_copied_skipped_or_not(long):
    page, transcript = long
    page.evaluate(
        "addEventListener('copy', event => { window.copied = event.clipboardData.getData('text/plain'); })"
    )
    page.locator("#page").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    page.wait_for_function("() => window.copied")
    copied = page.evaluate("window.copied")
    assert copied.split("\n") == [line for line in transcript.text.split("\n") if line]
