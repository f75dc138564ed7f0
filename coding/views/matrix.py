"""The code by respondent matrix: on the page, and as files for statistics packages."""

from dataclasses import replace

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study

from .. import exports, guard
from ..columns import BY_RESPONDENT, MOST_COLUMNS, Unclear
from ..queries.crosstab import cross_tabulate
from ..queries.frame import frame_of
from ..queries.question import question_from
from ..shown import chosen_rows, shown_as
from ..statement import statement
from ..withheld import segments_withheld
from .asking import address_of, lifts, page_in

PER_PAGE = 30
VALUES = {
    "respondents": (_("0 or 1"), _("1 where the respondent has at least one passage with the code")),
    "coded_segments": (_("Coded segments"), _("Each code on each passage by each coder")),
    "segments": (_("Segments"), _("Distinct passages: two coders on one range count once")),
    "words": (_("Words"), _("Words of the passages: a word under several counts once")),
}


def asked_matrix(study, params):
    """The table of all respondents that an address asks for, and how it is shown. Raises Unclear."""
    frame = frame_of(study)
    question = replace(
        question_from(frame, params), by=BY_RESPONDENT, group="", limits=(), across="", across_group=""
    )
    if question.count not in VALUES:
        question = replace(question, count="respondents")
    return frame, question, cross_tabulate(study, frame, question, most=None), shown_as(params)


@login_required
@require_GET
def show_matrix(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    try:
        frame, question, table, shown = asked_matrix(study, request.GET)
    except Unclear as unclear:
        return _refused(request, study, unclear)
    pages = max(1, -(-len(table.columns) // PER_PAGE))
    number = min(page_in(request.GET), pages)
    part = slice((number - 1) * PER_PAGE, number * PER_PAGE)
    address = address_of(request.GET)
    context = {
        "study": study,
        "page": "query",
        "frame": frame,
        "question": question,
        "shown": shown,
        "values": [(key, name, key == question.count) for key, (name, _about) in VALUES.items()],
        "about": VALUES[question.count][1],
        "columns": table.columns[part],
        "lines": [_line(row, table, shown, part) for row in chosen_rows(table, shown)],
        "cell_address": _cell_address(study, request.GET) if len(table.columns) <= MOST_COLUMNS else "",
        "total": len(table.columns),
        "coders": [(name, pk in question.coders) for pk, name in frame.coders],
        "lifts": lifts(frame, question, request.GET),
        "address": address,
        "take_out": address_of(request.GET, file="matrix"),
        "number": number,
        "pages": [(n, f"?{address}{'&' if address else ''}page={n}") for n in range(1, pages + 1)],
        "first": part.start + 1,
        "last": min(part.stop, len(table.columns)),
    }
    return render(request, "coding/matrix.html", context)


def _cell_address(study, params):
    """Where the passages behind a number open: in the table with the respondents as its columns."""
    return f"{reverse('coding:query', args=[study.slug])}?{address_of(params, by=BY_RESPONDENT, cell=None)}&cell="


def _line(row, table, shown, part):
    numbers, asked = (row.cells, row.below) if shown.with_children else (row.own, row.alone)
    keys = [column.key for column in table.columns]
    cells = list(zip(numbers[:-1][part], asked.people[:-1][part], keys[part], strict=True))
    return {"code": row.code, "path": " > ".join(row.code.path), "level": row.code.depth + 1, "cells": cells}


@login_required
@require_GET
def export_matrix(request, slug):
    def make(study, table, shown, said, withheld, _about):
        return exports.matrix_csv(study, table, shown, said, withheld)

    return _export(request, slug, "matrix.csv", make)


@login_required
@require_GET
def export_matrix_xlsx(request, slug):
    def make(study, table, shown, said, withheld, about):
        return exports.matrix_xlsx(study, table, shown, said, withheld, about())

    return _export(request, slug, "matrix.xlsx", make)


def _export(request, slug, file, make):
    study = reach(Study.objects, request.user, "export", slug=slug)
    try:
        frame, question, table, shown = asked_matrix(study, request.GET)
    except Unclear as unclear:
        return _refused(request, study, unclear)
    said = guard.chosen(frame, request.GET)
    kept = guard.of_people(study, frame, question, said, people_of(table))
    by_hand = guard.chosen_by_hand(frame, request.GET)
    taken = exports.taken_text(frame, question, f"count={question.count}", said=by_hand)
    exports.note_export(study, request.user, file, taken, len(table.columns))

    def about():
        values, meaning = VALUES[question.count]
        yield str(_("Values")), f"{values}: {meaning}"
        yield from statement(study, frame, question)
        yield from guard.lines(kept, frame, said)

    withheld = segments_withheld(study, frame, question)
    return make(study, table, shown, exports.Said(said, kept.of), withheld, about)


def people_of(table):
    return [int(column.key) for column in table.columns]


def _refused(request, study, unclear):
    context = {"study": study, "page": "query", "problem": str(unclear)}
    return render(request, "coding/matrix.html", context, status=400)
