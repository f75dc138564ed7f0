"""Two browsers at one transcript, doing this and that at once: both end with what is in the database.

``PASSAGES_FULL=1`` runs it long, and with one person at both, too.
"""

import os
import random
import re

import pytest
from playwright.sync_api import expect

from coding.models import CodedSegment
from interviews.models import Event
from tests.factories import make_code, make_coder, make_study, make_transcript

from .workspace import open_workspace

pytestmark = pytest.mark.django_db(transaction=True)

FULL = "PASSAGES_FULL" in os.environ
ACTS = 200 if FULL else 40
CODES = ("Team", "Place", "Money", "Family")
TEXT = "\n\n".join(
    f"INTERVIEWER: And then, {n}?\n\nWENBO: We went 🙂 together in year {n}, 老𬭎 and I. Nobody was sorry for it."
    for n in range(6)
)
PICTURE = """() => [...document.querySelectorAll('#codings .coding')]
  .map(e => [e.dataset.id, ...['one-line', 'visually-hidden', 'words'].map(k => e.querySelector(`.${k}`))])
  .map(([id, ...parts]) => [id, ...parts.map(part => part.textContent.trim())])
  .sort((a, b) => a[0] < b[0] ? -1 : 1)"""
TINTS = """() => {
  const points = (text) => [...text].length;
  const found = [];
  for (const [name, ranges] of CSS.highlights) {
    if (!/^(hue|depth)-/.test(name)) continue;
    for (const range of ranges) {
      const {data, parentElement} = range.startContainer;
      const at = Number(parentElement.dataset.at);
      found.push([name, at + points(data.slice(0, range.startOffset)), at + points(data.slice(0, range.endOffset))]);
    }
  }
  return found;
}"""
LOOKS = """() => Object.fromEntries(
  JSON.parse(document.getElementById('codes-data').textContent).map(({name, look}) => [name, look.split(' ')[0]]))"""


@pytest.fixture
def browsers(browser, live_server, signed_in, request):
    """Two pages of one transcript, each in a browser of its own, with the four codes as the recent ones."""
    study = make_study()
    ids = [make_code(study, name).pk for name in CODES]
    transcript = make_transcript(study, text=TEXT)
    first = make_coder(study)
    pages = []
    for user in (first, first if request.param == "one person" else make_coder(study)):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page = signed_in(context.new_page(), user)
        page.add_init_script(f"localStorage.setItem('passages.recent.{study.slug}', '{ids}')")
        pages.append(open_workspace(page, live_server, transcript))
    yield pages, transcript
    for page in pages:
        page.context.close()


def code(page, chance):
    """Apply a code to some words of some turn, or take it off."""
    turn = page.locator(f"#t{chance.randint(1, 12)}")
    turn.focus()
    page.keyboard.press("Escape")
    for _ in range(chance.randint(1, 4)):
        page.keyboard.press("ArrowRight")
    for _ in range(chance.randint(0, 3)):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press(str(chance.randint(1, len(CODES))))


def at_a_coding(*keys):
    """Walk to some coding and press keys there."""

    def act(page, chance):
        page.locator(f"#t{chance.randint(1, 12)}").focus()
        page.keyboard.press("Escape")
        for key in ("n", *keys):
            page.keyboard.press(key)

    return act


def recode(page, chance):
    at_a_coding("r")(page, chance)
    if page.locator("#palette").is_visible():
        page.keyboard.type(chance.choice(CODES))
        page.keyboard.press("Enter")


def press(key):
    return lambda page, _chance: page.keyboard.press(key)


def resize(page, chance):
    at_a_coding("e", "ArrowRight", "Enter")(page, chance)


DOING = [code] * 6 + [
    at_a_coding("Delete"),
    at_a_coding("Delete"),
    at_a_coding("g"),
    recode,
    resize,
    press("z"),
    press("z"),
    press("Shift+Z"),
]


def in_database(transcript):
    rows = CodedSegment.objects.filter(content_object__transcript=transcript).select_related(
        "tag", "coder", "content_object"
    )
    return [
        (row.pk.hex, row.tag.name, row.coder.username, row.content_object.start, row.content_object.end)
        for row in rows.order_by("pk")
    ]


def tints(rows, looks, turns):
    """``{position: name of its highlight}`` as the database has it; labels and what is between turns aside."""
    codes = {}
    for _id, name, _coder, start, end in rows:
        for at in range(start, end):
            codes.setdefault(at, set()).add(name)
    text = {at for turn in turns for at in range(turn["said"], turn["end"])}
    return {
        at: looks[next(iter(names))] if len(names) == 1 else f"depth-{min(4, len(names))}"
        for at, names in codes.items()
        if at in text
    }


@pytest.mark.parametrize("browsers", ["two people", "one person"] if FULL else ["two people"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2, 3] if FULL else [7])
def test_two_browsers_end_with_the_picture_of_the_database(browsers, seed, watch):
    pages, transcript = browsers
    chance = random.Random(seed)
    for _ in range(ACTS):
        page = chance.choice(pages)
        chance.choice(DOING)(page, chance)
    for page in pages:
        page.keyboard.press("Escape")
        # Refusals are told and change nothing, as when a coding is resized to where its coder has the same code.
        page.wait_for_function(
            "() => ['saved', 'failed'].includes(document.getElementById('status').dataset.state)"
        )
    assert Event.objects.filter(transcript=transcript).count() > ACTS / 5
    rows = in_database(transcript)
    expected = [
        [
            pk,
            name,
            f", by {coder}:",
            re.sub(r"\s+", " ", transcript.text[start : min(end, start + 300)]).strip(),
        ]
        for pk, name, coder, start, end in rows
    ]
    text = {at for turn in transcript.turns for at in range(turn["said"], turn["end"])}
    for page in pages:
        expect(page.locator("#codings .coding")).to_have_count(len(rows))
        page.wait_for_function(
            f"wanted => JSON.stringify(({PICTURE})()) === JSON.stringify(wanted)", arg=expected
        )
        drawn = {}
        for name, start, end in page.evaluate(TINTS):
            for at in set(range(start, end)) & text:
                assert at not in drawn, "Two tints on one sign."
                drawn[at] = name
        assert drawn == tints(rows, page.evaluate(LOOKS), transcript.turns)
    assert in_database(transcript) == rows
