"""A transcript laid out by coding.coded_text as HTML, for the page, for paper and for a file of its own.

What is coded is in ``<mark>``: the tint of its code where there is one, a neutral one where there are several. As tints
are lost on paper and to some eyes, ``[3`` and ``3]`` say where passage 3 begins and ends, and the margin what it bears.
"""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from interviews.turns import lang_of

from .coded_text import LABEL, WORDS, Block
from .queries.frame import CodeLine

DEEPEST = 4  # more codes than this on the same words look like this many
EMPHASIS = {"bold": "b", "italic": "i", "heading": "b"}


def blocks_html(
    text: str,
    blocks: Iterable[Block],
    codes: dict[int, CodeLine],
    coders: dict[int, str],
    interviewers: Iterable[str],
    turns_at: str = "",
) -> SafeString:
    """All blocks; numbers of turns link to ``turns_at``, the page in which the transcript is coded, if it is given."""
    writer = _Writer(text, codes, coders, frozenset(interviewers), escape(turns_at))
    # All that comes from people, the text and the names of codes and coders, goes through escape().
    return mark_safe("".join(writer.block(block) for block in blocks))  # noqa: S308


class _Writer:
    def __init__(self, text, codes, coders, interviewers, turns_at):
        self.text = text
        self.coders = {pk: escape(name) for pk, name in coders.items()}
        self.looks = {pk: code.look for pk, code in codes.items()}
        self.names = {
            pk: f'<i class="swatch {code.look}" aria-hidden="true"></i>{escape(" > ".join(code.path))}'
            for pk, code in codes.items()
        }
        self.interviewers = interviewers
        self.turns_at = turns_at
        self.turn_name, self.goes_on, self.and_more = _("Turn %(n)s"), _("goes on:"), _("and %(n)s more")

    def block(self, block):
        words = "".join(self.run(run, block) for run in block.runs)
        if not words:
            return ""
        number = block.number
        asks = block.turn is not None and block.turn["speaker"] in self.interviewers
        lang = lang_of(self.text[block.turn["said"] : block.turn["end"]]) if block.turn else ""
        return (
            f'<div class="coded-turn"{f" id=t{number}" if number else ""}{" data-interviewer" if asks else ""}>'
            f'<div class="turn-no">{self.turn_number(number) if number else ""}</div>'
            f'<p class="turn-text"{f" lang={lang}" if lang else ""}>{words}</p>{self.margin(block)}</div>\n'
        )

    def turn_number(self, number):
        name = self.turn_name % {"n": number}
        if self.turns_at:
            return f'<a href="{self.turns_at}#t{number}" aria-label="{name}">{number}</a>'
        return f'<span title="{name}">{number}</span>'

    def run(self, run, block):
        words = escape(block.words(run, self.text))
        if run.part == LABEL:
            words = f'<span class="speaker">{words}</span>'
        elif run.part == WORDS and run.kind:
            tag = EMPHASIS[run.kind]
            words = f"<{tag}>{words}</{tag}>"
        if run.depth and words:
            look = self.looks[run.code] if run.depth == 1 else f"depth-{min(run.depth, DEEPEST)}"
            words = f'<mark class="{look}">{words}</mark>'
        opens = "".join(f"<sup>[{passage.number}</sup>" for passage in run.opens)
        closes = "".join(f"<sup>{passage.number}]</sup>" for passage in run.closes)
        return f"{opens}{words}{closes}"

    def margin(self, block):
        lines = [self.passage(passage) for passage in block.opening()]
        if block.going_on:
            numbers = ", ".join(str(passage.number) for passage in block.going_on)
            more = f" {self.and_more % {'n': block.more_going_on}}" if block.more_going_on else ""
            lines.insert(0, f'<li class="goes-on">{self.goes_on} {numbers}{more}</li>')
        return f'<ul class="in-margin">{"".join(lines)}</ul>' if lines else ""

    def passage(self, passage):
        codes = "".join(
            f'<span class="of-code">{self.names[code]} <span class="by">'
            f"{', '.join(self.coders[coder] for coder in coders)}</span></span>"
            for code, coders in passage.coders_by_code().items()
        )
        return f'<li><b>{passage.number}</b><span class="margin-codes">{codes}</span></li>'
