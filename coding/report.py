"""A report: chosen results with what they counted, of whom, by which coders, when; and quotes with attribution."""

import io
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from interviews.restricted import hidden_in_exports

from . import guard
from .columns import Unclear
from .documents import empty_document, legal, repeat_head, turn
from .queries.question import Question, question_from
from .results import (
    QUOTED,
    answer,
    behind_table,
    named,
    names_of,
    passages_of,
    side_by_side,
    words_of_hits,
)
from .shown import shown_as

MOST_QUOTES = 300  # of one result
COUNTED = ("retrieval", "search")  # whose titles go on from a number


@dataclass
class Section:
    name: str
    title: str
    statement: list
    columns: list
    rows: list
    quotes: list  # (heading or nothing, words, attribution)
    more: int  # quotes left out, as there are so many
    withheld: int
    frozen: object  # when, or None
    problem: str = ""
    small: list = field(default_factory=list)  # columns of its table that describe too few, with how many
    marked: bool = False  # whether numbers of its table bear an asterisk, as too few stand behind them


@dataclass
class Report:
    study: object
    sections: list
    attributes: list  # (key, name, whether it is shown)
    small: list  # (what is shown of them, how many people it describes)
    least: int

    @property
    def withheld(self):
        return sum(section.withheld for section in self.sections)

    @property
    def notice(self):
        """What the file says of what it leaves out."""
        if not self.withheld:
            return _("No passage had to be withheld.")
        return ngettext(
            "%(n)d passage is withheld, as it is restricted.",
            "%(n)d passages are withheld, as they are restricted.",
            self.withheld,
        ) % {"n": self.withheld}

    @property
    def told(self):
        """What the file says of respondents, and of how many it tells too much."""
        names = [str(name) for _key, name, is_shown in self.attributes if is_shown]
        yield _("Said of respondents beside the pseudonym: %(names)s.") % {
            "names": get_text_list(names, _("and")) or _("nothing")
        }
        if self.small:
            told = ngettext(
                "%(n)d combination describes fewer than %(least)d respondents of the study.",
                "%(n)d combinations describe fewer than %(least)d respondents of the study.",
                len(self.small),
            )
            yield told % {"n": len(self.small), "least": self.least}
        if any(section.marked for section in self.sections):
            yield _("* Fewer than %(least)d respondents stand behind this number.") % {"least": self.least}


def make(study, frame, results, shown, user):
    """The report of some results; ``shown`` are the keys of what quotes say of their respondents."""
    hidden = hidden_in_exports(study)
    described = {pk: guard.said_of(frame, person, shown) for pk, person in frame.people.items()}
    sections, quoted = [], set()
    for result in results:
        section, people = _section(study, frame, result, described, hidden, user)
        sections.append(section)
        quoted |= people
    small = guard.of_people(study, frame, Question(), shown, quoted).small
    for section in sections:
        small += [(f"{section.name}: {label}", many) for label, many in section.small]
    return Report(
        study,
        sections,
        [(key, name, key in shown) for key, name in guard.known(frame)],
        small,
        study.least_group,
    )


def _section(study, frame, result, described, hidden, user):
    try:
        if result.frozen is not None:
            told = result.frozen
            members = list(result.passages.values_list("segment_id", "code_id", "coded"))
            quotes = dict(result.passages.values_list("segment_id", "quote"))
        else:
            now = answer(study, result.kind, result.address, user, hidden)
            told = {
                "title": now.title,
                "statement": now.statement,
                "columns": now.columns,
                "rows": now.rows,
                "cells": now.cells,
                "total": now.total,
                "hits": now.hits,
                "behind": now.behind,
            }
            members, quotes = now.members, None
    except Unclear as unclear:
        return Section(result.name, "", [], [], [], [], 0, 0, None, str(unclear)), set()
    wanted = members if result.kind in QUOTED else []
    names = names_of(result, frame)
    passages = passages_of(wanted, frame, hidden, most=MOST_QUOTES, quotes=quotes)
    spoken = [passage for passage in passages if not passage["withheld"]]
    number = len({segment for segment, _code, _coded in wanted})
    places, withheld = _places(told["hits"], hidden, frame)
    small, few = _guarded(study, frame, result, told)
    columns = [key for key, _label, _n in told["columns"]]
    return Section(
        result.name,
        f"{told['total']} {told['title']}" if result.kind in COUNTED else told["title"],
        told["statement"],
        [_head(label or named(names, key), n) for key, label, n in told["columns"]],
        [
            (
                label or named(names, key),
                [
                    f"{n} *" if (key, column) in few else n
                    for column, n in zip(columns, numbers, strict=False)
                ],
            )
            for key, label, numbers in told["rows"]
            if any(numbers)
        ],
        _quoted(told, names, spoken, described) + places,
        max(0, number - len(passages)) + max(0, len(told["hits"]) - withheld - len(places)),
        len(passages) - len(spoken) + withheld,
        result.created_at if result.frozen is not None else None,
        small=small,
        marked=bool(few),
    ), {passage["person"].id for passage in spoken if passage["person"]}


def _places(hits, hidden, frame):
    """What was found in texts, as ``_quoted`` gives passages, and how many places no file may hold."""
    open_to_files = [hit for hit in hits if hit[0] not in hidden.ranges]
    found = words_of_hits(open_to_files, hidden, frame, most=MOST_QUOTES)
    return [("", f"…{words}…", f"({title})") for _pk, title, words in found], len(hits) - len(open_to_files)


def _head(label, n):
    return f"{label} ({n})" if n != "" else str(label)


def _quoted(told, names, spoken, described):
    """``(heading, words, attribution)``: by code and column where passages stand side by side."""
    groups = [("", spoken)]
    if told.get("cells"):
        cells = side_by_side(told, names, spoken)
        groups = [(f"{code} · {column}", passages) for code, column, passages in cells]
    return [
        (heading if not number else "", passage["quote"], _attributed(passage["person"], described))
        for heading, passages in groups
        for number, passage in enumerate(passages)
    ]


def _guarded(study, frame, result, told):
    """Of a cross-tabulation: columns that describe too few, and the ``(code, column)`` of numbers of too few; of a
    frozen one, as respondents were described then.
    """
    if result.kind != result.Kind.CROSSTAB:
        return [], set()
    behind = told.get("behind") or _behind_now(study, frame, result)
    keys = [key for key, _label, _n in told["columns"]]
    marked = {
        (code, keys[place])
        for code, numbers in behind["rows"]
        for place in guard.small(numbers, study.least_group)
    }
    return guard.of_heads(study, behind["heads"]).small, marked


def _behind_now(study, frame, result):
    """Of a table frozen before this was frozen with it."""
    params = QueryDict(result.address)
    try:
        return behind_table(study, frame, question_from(frame, params), shown_as(params))
    except Unclear:  # a table of what the study no longer has
        return {"heads": [], "rows": []}


def _attributed(person, described):
    if person is None:
        return _("(no respondent)")
    said = [person.pseudonym, *(value for value in described.get(person.id, ()) if value)]
    return f"({', '.join(said)})"


def docx_of(report, title):
    """The report as a Word document."""
    document = empty_document(legal(title))
    document.add_heading(legal(title), level=0)
    for line in (report.notice, *report.told):
        document.add_paragraph(legal(line), style="About")
    for section in report.sections:
        document.add_heading(legal(section.name), level=1)
        document.add_paragraph(legal(section.problem or section.title))
        for heading, words in section.statement:
            document.add_paragraph(legal(f"{heading}: {words}"), style="About")
        if section.rows:
            _table(document, section)
        for heading, words, who in section.quotes:
            if heading:
                document.add_heading(legal(heading), level=2)
            paragraph = document.add_paragraph(legal(words))
            paragraph.paragraph_format.space_before = Pt(8)
            paragraph.add_run(f" {legal(who)}").italic = True
        if section.more:
            document.add_paragraph(legal(_more(section.more)), style="About")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


WIDE = 6  # columns that a table may have beside its names, on an upright page


def _table(document, section):
    is_wide = len(section.columns) > WIDE
    if is_wide:
        turn(document)
    page = document.sections[-1]
    names = Cm(5)
    each = (page.page_width - page.left_margin - page.right_margin - names) // max(1, len(section.columns))
    table = document.add_table(rows=1, cols=1 + len(section.columns))
    table.style, table.autofit = "Table Grid", False
    widths = [names, *[min(each, Cm(3))] * len(section.columns)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for _label, _numbers in section.rows:
        table.add_row()
    lines = [("", section.columns), *section.rows]
    for row, (label, numbers) in zip(table.rows, lines, strict=True):
        for index, (cell, words) in enumerate(zip(row.cells, [label, *numbers], strict=False)):
            cell.width = widths[index]
            _write(cell, legal(str(words)), is_number=index > 0)
    repeat_head(table)
    if is_wide:
        turn(document)


def _write(cell, words, is_number):
    paragraph = cell.paragraphs[0]
    paragraph.add_run(words).font.size = Pt(8.5)
    paragraph.paragraph_format.space_after = Pt(0)
    if is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _more(number):
    return ngettext("%(n)d more passage is not printed.", "%(n)d more passages are not printed.", number) % {
        "n": number
    }
