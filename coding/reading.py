"""A transcript's text as HTML: every character in its place, none cut by a highlight.

Each run of text is the only text of an element whose ``data-at`` is its position in code points; what has no
``data-at`` (turn numbers, counts) is not text. Line ends between turns are the only characters left to the layout.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from interviews.turns import lang_of

CHUNK = 50  # turns in a section, the unit a browser may skip when it is far away
LONG = (
    3000  # turns above which it may: in a shorter text that gains nothing, and scrolling stutters in Firefox
)
MARKS = {"bold": "b", "italic": "i", "heading": "b", "restricted": "span"}


def header_of(text: str, turns: list) -> str:
    """What stands before the first turn: a transcript's own head lines."""
    return text[: turns[0]["start"]] if turns else text


def render(
    text: str, turns: list, marks: list, interviewers: Iterable[str], restricted: Iterable[tuple] = ()
) -> SafeString:
    """The turns as HTML sections of CHUNK turns each; ``interviewers`` are the labels of those who ask.

    ``restricted`` ranges are marked as such; hiding their words is the caller's.
    """
    interviewers = set(interviewers)
    marks = _with_restricted(marks, restricted)
    number_of_turn = _("Turn %(number)s")
    starts = [mark["start"] for mark in marks]
    parts = []
    for first in range(0, len(turns), CHUNK):
        parts.append('<section class="chunk">')
        for index in range(first, min(first + CHUNK, len(turns))):
            turn = turns[index]
            near = _marks_of(turn, marks, starts)
            parts.append(_turn(text, turn, index + 1, near, turn["speaker"] in interviewers, number_of_turn))
            until = turns[index + 1]["start"] if index + 1 < len(turns) else len(text)
            parts.append(_between(text, turn["end"], until))
        parts.append("</section>")
    # Every character of the text above went through escape().
    return mark_safe("".join(parts))  # noqa: S308


def _with_restricted(marks, ranges):
    """Marks with those of restricted ranges, which hold where another is on the same words."""
    for start, end in ranges:
        kept = []
        for mark in marks:
            kept += [
                {**mark, "start": low, "end": high}
                for low, high in (
                    (mark["start"], min(mark["end"], start)),
                    (max(mark["start"], end), mark["end"]),
                )
                if low < high
            ]
        marks = [*kept, {"start": start, "end": end, "kind": "restricted"}]
    return sorted(marks, key=lambda mark: mark["start"]) if ranges else marks


def _marks_of(turn, marks, starts):
    first = bisect_left(starts, turn["said"])
    while first and marks[first - 1]["end"] > turn["said"]:  # begun at the label, or in an earlier turn
        first -= 1
    return marks[first : bisect_right(starts, turn["end"])]


def _turn(text, turn, number, marks, asks, number_of_turn):
    said = text[turn["said"] : turn["end"]]
    lang = lang_of(said)
    before = text[turn["start"] : turn["said"]]
    label_at = before.rfind(turn["speaker"]) if turn["speaker"] else -1
    gutter = "".join(
        f'<span class="{kind}" data-at="{turn["start"] + at}">{escape(piece)}</span>'
        for kind, at, piece in _gutter_pieces(before, label_at)
        if piece
    )
    if turn["speaker"] and label_at < 0:  # said by a person, not by the text
        gutter += f'<span class="label">{escape(turn["speaker"])}</span>'
    title = number_of_turn % {"number": number}
    return (
        f'<div class="turn" id="t{number}" data-start="{turn["start"]}" data-end="{turn["end"]}" tabindex="-1"'
        f"{' data-interviewer' if asks else ''}{f' lang={lang!r}' if lang else ''}>"
        f'<span class="gutter">{gutter}<a href="#t{number}" aria-label="{title}">{number}</a></span>'
        f"{_words(said, turn['said'], marks)}</div>"
    )


def _gutter_pieces(before, label_at):
    """A stamp and a label, in the order of the text; what follows the label stays with it."""
    if label_at > 0:
        return ("stamp", 0, before[:label_at]), ("label", label_at, before[label_at:])
    return (("label" if label_at == 0 else "stamp", 0, before),)


def _words(said, at, marks):
    if not marks:
        return f'<p data-at="{at}">{escape(said)}</p>'
    return f"<p>{''.join(_runs(said, at, marks))}</p>"


def _runs(said: str, at: int, marks) -> Iterator[str]:
    """The words cut where bold, italic or a heading begins or ends; where marks overlap the first one holds."""
    done = 0
    for mark in marks:
        start, end = max(mark["start"] - at, done), min(mark["end"] - at, len(said))
        if start >= end:
            continue
        if start > done:
            yield f'<span data-at="{at + done}">{escape(said[done:start])}</span>'
        tag = MARKS[mark["kind"]]
        what = f' class="restricted" title="{_("Restricted passage")}"' if tag == "span" else ""
        yield f'<{tag}{what} data-at="{at + start}">{escape(said[start:end])}</{tag}>'
        done = end
    if done < len(said):
        yield f'<span data-at="{at + done}">{escape(said[done:])}</span>'


def _between(text, start, end):
    """What stands between two turns and is nobody's: shown, if it is more than white space."""
    stray = text[start:end]
    if not stray.strip():
        return ""
    lead = len(stray) - len(stray.lstrip())
    return f'<p class="stray" data-at="{start + lead}">{escape(stray.strip())}</p>'
