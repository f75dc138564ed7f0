"""What tests of the workspace share: its texts, and how to look at the page."""

from django.urls import reverse

ODD = (
    "INTERVIEWER: Who came with you?\n\n国伟：老𬭎和我一起回来👩🏽‍💻。我们不后悔。\n\n"
    "WENBO: We decided together, in the car park. It was 🙂 good.\n"
)
SHORT = "INTERVIEWER: How did you decide?\n\nWENBO: We decided together, in the car park.\n"


def open_workspace(page, live_server, transcript):
    page.goto(live_server.url + reverse("coding:transcript", args=[transcript.pk]))
    page.wait_for_selector("#page[data-ready]")
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'saved'")
    return page


def highlighted(page, name):
    """The texts of a highlight, in the order of the page."""
    return page.evaluate(
        """name => [...(CSS.highlights.get(name) ?? [])]
             .map(r => [r.startContainer, r.startOffset, r.endOffset])
             .sort(([a, i], [b, j]) => a === b ? i - j : a.compareDocumentPosition(b) & 4 ? -1 : 1)
             .map(([node, from, to]) => node.data.slice(from, to))""",
        name,
    )


def drag_over(page, words):
    """Drag the mouse from the first sign of words to their last."""
    box = page.evaluate(
        """words => {
          for (const element of document.querySelectorAll('[data-at]')) {
            const at = element.firstChild?.data.indexOf(words) ?? -1;
            if (at < 0) continue;
            element.scrollIntoView({block: 'center'});
            const range = document.createRange();
            range.setStart(element.firstChild, at);
            range.setEnd(element.firstChild, at + words.length);
            const rects = [...range.getClientRects()];
            const [first, last] = [rects[0], rects[rects.length - 1]];
            return [first.left + 0.5, (first.top + first.bottom) / 2, last.right - 0.5, (last.top + last.bottom) / 2];
          }
        }""",
        words,
    )
    page.mouse.move(box[0], box[1])
    page.mouse.down()
    page.mouse.move((box[0] + box[2]) / 2, box[3], steps=3)
    page.mouse.move(box[2], box[3], steps=3)
    page.mouse.up()


def select(page, words):
    """Select words with the mouse, and see that they are selected."""
    drag_over(page, words)
    page.wait_for_function("words => document.getSelection().toString().trim() === words", arg=words)


def apply(page, name):
    """Apply a code to what is selected, by the palette."""
    page.keyboard.press("c")
    page.locator("#palette-input").fill(name)
    page.keyboard.press("Enter")


def status(page):
    return page.locator("#status [data-words]").inner_text()


def saved(page):
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'saved'")
