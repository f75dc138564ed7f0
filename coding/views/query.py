"""The query view: a study's codes cross-tabulated, and the passages behind each cell."""

from itertools import groupby, zip_longest

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study
from interviews.restricted import hidden_from

from .. import exports, guard
from ..analysis.faces import SHADED_FROM, SHOWS, heat
from ..analysis.pictures import Lane, grid
from ..asked import lower_first
from ..columns import CLASSES, OF_ROWS, Unclear, groups_of, names_of_keys
from ..queries.crosstab import cross_tabulate
from ..queries.frame import frame_of
from ..queries.passages import PER_PAGE, cell_from, passages
from ..queries.question import asked_people, question_from
from ..shown import (
    BY_COLUMN,
    INKS,
    SORTS,
    about_table,
    can_test,
    chosen_rows,
    column_sorted,
    columns_words,
    full_label,
    lines_of,
    said_of,
    show_name,
    shown_as,
    table_title,
    tests_of,
)
from ..statement import COUNT_HINTS, COUNT_NAMES, statement
from ..withheld import segments_withheld
from .asking import address_of, page_in
from .filtering import people_filters
from .pictures import svg_response

LEGENDS = {
    "respondents": gettext_lazy("Share of the respondents in the column"),
    "transcripts": gettext_lazy("Share of the transcripts in the column"),
    "segments": gettext_lazy("Share of the segments in the column"),
    "coded_segments": gettext_lazy("Share of the coded segments in the column"),
    "words": gettext_lazy("Share of the coded words in the column"),
    "share": gettext_lazy("Share of the text that is coded"),
}
NAMED_WITHOUT = 30


@login_required
@require_GET
def show_query(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    event_id = study.last_event_id()
    frame = frame_of(study, event_id)
    context = {"study": study, "page": "query", "frame": frame}
    try:
        question = question_from(frame, request.GET)
        table = cross_tabulate(study, frame, question, event_id)
        opened = _opened(request, study, frame, question) if request.GET.get("cell") else {}
    except Unclear as unclear:
        return render(request, "coding/query.html", {**context, "problem": str(unclear)}, status=400)
    shown = shown_as(request.GET)
    context |= _controls(frame, question, shown, request.GET)
    context |= _table(table, frame, question, shown, request.GET)
    if study.may["export"]:
        context["guard"] = guard.warning(guard.of_table(study, frame, question))
    context["method"] = about_table(frame, question, shown) + statement(study, frame, question)
    return render(request, "coding/query.html", {**context, **opened, "legend": LEGENDS[question.count]})


@login_required
@require_GET
def show_passages(request, slug):
    """The passages behind one cell, as a fragment."""
    study = reach(Study.objects, request.user, "read", slug=slug)
    frame = frame_of(study)
    try:
        context = _opened(request, study, frame, question_from(frame, request.GET))
    except Unclear as unclear:
        return render(request, "coding/_passages.html", {"study": study, "problem": str(unclear)}, status=400)
    return render(request, "coding/_passages.html", {"study": study, **context})


@login_required
@require_GET
def export_coded_segments(request, slug):
    def make(study, frame, question, said, _about):
        return exports.coded_segments_csv(study, frame, question, said)

    return _export_coded_segments(request, slug, "coded-segments.csv", make)


@login_required
@require_GET
def export_coded_segments_xlsx(request, slug):
    def make(study, frame, question, said, about):
        return exports.coded_segments_xlsx(study, frame, question, said, about())

    return _export_coded_segments(request, slug, "coded-segments.xlsx", make)


def _export_coded_segments(request, slug, file, make):
    study = reach(Study.objects, request.user, "export", slug=slug)
    frame = frame_of(study)
    try:
        question = question_from(frame, request.GET)
    except Unclear as unclear:
        return _refused(request, study, unclear)
    rows = exports.count_coded_segments(frame, question)
    withheld = segments_withheld(study, frame, question)
    shown = guard.chosen(frame, request.GET)
    kept = guard.of_people(study, frame, question, shown, exports.coded_respondents(frame, question))
    exports.note_export(
        study,
        request.user,
        file,
        exports.taken_text(frame, question, said=guard.chosen_by_hand(frame, request.GET)),
        rows,
        withheld=withheld,
    )
    return make(
        study,
        frame,
        question,
        exports.Said(shown, kept.of),
        lambda: statement(study, frame, question) + guard.lines(kept, frame, shown),
    )


@login_required
@require_GET
def export_crosstab(request, slug):
    def make(study, frame, question, table, shown):
        few = guard.few_of(study, frame, question)
        return exports.crosstab_csv(study, frame, question, table, shown, few)

    return _export_crosstab(request, slug, "crosstab.csv", make)


@login_required
@require_GET
def export_crosstab_xlsx(request, slug):
    def make(study, frame, question, table, shown):
        few = guard.few_of(study, frame, question)
        lines = lines_of(table, question, shown)
        about = about_table(frame, question, shown) + statement(study, frame, question)
        about += guard.lines_of_table(study, frame, question)
        title = table_title(frame, question)
        return exports.crosstab_xlsx(study, title, table, shown, lines, few, about)

    return _export_crosstab(request, slug, "crosstab.xlsx", make)


@login_required
@require_GET
def download_crosstab(request, slug):
    """The table as a picture, with what it shows said below it."""

    def make(study, frame, question, table, shown):
        about = about_table(frame, question, shown) + statement(study, frame, question)
        about += guard.lines(guard.of_table(study, frame, question))
        drawn = {
            "title": table_title(frame, question),
            "about": COUNT_HINTS[question.count],
            "picture": _drawn(table, question, shown, about),
        }
        return svg_response(exports.filename(study, "crosstab", "svg"), drawn)

    return _export_crosstab(request, slug, "crosstab.svg", make)


def _drawn(table, question, shown, about):
    lines = lines_of(table, question, shown)
    lowest = min((line.row.code.depth for line in lines), default=0)
    columns = [*((full_label(column), str(column.n)) for column in table.columns), (_("All"), str(table.n))]

    def ground(face):
        shade = "" if face.kind == "nothing" else heat(face.n, face.base)
        return "unasked" if face.kind == "not asked" else (f"heat-{shade}" if shade else "")

    rows = [
        (
            Lane(line.row.code.name, line.row.code.look),
            line.row.code.depth - lowest,
            [
                (" ".join(filter(None, said_of(face))), ground(face) if column < len(table.columns) else "")
                for column, face in enumerate(line.faces)
            ],
        )
        for line in lines
    ]
    return grid(columns, rows, [f"{head}: {words}" for head, words in about], [_("Code")])


def _export_crosstab(request, slug, file, make):
    study = reach(Study.objects, request.user, "export", slug=slug)
    frame = frame_of(study)
    try:
        question = question_from(frame, request.GET)
        table = cross_tabulate(study, frame, question)
    except Unclear as unclear:
        return _refused(request, study, unclear)
    shown = shown_as(request.GET)
    rows = len(chosen_rows(table, shown))
    counted = f"count={question.count}", f"by={exports.columns_text(question)}"
    exports.note_export(study, request.user, file, exports.taken_text(frame, question, *counted), rows)
    return make(study, frame, question, table, shown)


def _refused(request, study, unclear):
    context = {"study": study, "page": "query", "problem": str(unclear)}
    return render(request, "coding/query.html", context, status=400)


def _controls(frame, question, shown, params):
    coders = [(name, pk in question.coders) for pk, name in frame.coders]
    people = asked_people(frame, question)
    codes = [code for code in frame.codes if not code.retired]
    return {
        "question": question,
        "shown": shown,
        "title": table_title(frame, question),
        "summary": [
            ngettext("%(n)s code", "%(n)s codes", len(codes)) % {"n": len(codes)},
            ngettext("%(n)s respondent", "%(n)s respondents", len(people)) % {"n": len(people)},
        ],
        "counts": [(key, name, COUNT_HINTS[key]) for key, name in COUNT_NAMES.items()],
        "shows": [(key, show_name(key, question), key == shown.show) for key in SHOWS],
        "asked": _("%(count)s, %(shown)s, by %(columns)s, %(coders)s")
        % {
            "count": COUNT_NAMES[question.count],
            "shown": lower_first(show_name(shown.show, question)),
            "columns": columns_words(frame, question),
            "coders": lower_first(_coders_chosen(coders)),
        },
        "columns_by": list(names_of_keys(frame).items()),
        "value_groups": groups_of(frame, question.by),
        "numbers": [value for value, _label in groups_of(frame, question.by)] == list(CLASSES),
        "limits": ", ".join(f"{limit:g}" for limit in question.limits),
        "dividers": [
            (key, name)
            for key, name in names_of_keys(frame).items()
            if key not in (*OF_ROWS, question.by) and question.by not in OF_ROWS
        ],
        "across_groups": groups_of(frame, question.across),
        "may_test": can_test(question),
        "changed": _changed(question, shown),
        "coders": coders,
        "coders_chosen": _coders_chosen(coders),
        "coders_counted": len(question.coders or frame.coders),
        **people_filters(frame, question, params),
        "address": address_of(params, cell=None),
    }


def _changed(question, shown):
    """How much of what stands behind "More" is not as it is by itself."""
    return sum(
        (
            bool(question.across),
            not shown.with_children,
            shown.hide_empty,
            shown.sort != SORTS[0],
            shown.ink != INKS[0],
            shown.test and can_test(question),
        )
    )


def _coders_chosen(coders):
    chosen = [name for name, is_chosen in coders if is_chosen]
    if chosen:
        return ", ".join(chosen)
    return {1: coders[0][0] if coders else "", 2: _("Both coders, either")}.get(
        len(coders), _("All coders, any")
    )


def _table(table, frame, question, shown, params):
    lines = lines_of(table, question, shown)
    lowest = min((line.row.code.depth for line in lines), default=0)
    keys = [f",{column.key}" for column in table.columns] + [""]
    labels = [*(full_label(column) for column in table.columns), _("All")]
    is_open = params.get("cell", "")
    address = address_of(params, cell=None)
    parents = {line.row.code.parent for line in lines}
    tests = {}
    if shown.test and can_test(question):
        tests = tests_of(table, [line.row for line in lines], shown)
    shown_lines = []
    for line in lines:
        row = line.row
        coded = row.coded if shown.with_children else row.own_coded
        tested, residuals = tests.get(row.code.id, (None, ()))
        cells = [
            _cell(row, key, label, face, own, segments, residual, question, shown)
            for key, label, face, own, segments, residual in zip_longest(
                keys, labels, line.faces, line.own, coded, residuals
            )
        ]
        shown_lines.append(
            {
                "code": row.code,
                "level": row.code.depth - lowest + 1,
                "path": " > ".join(row.code.path),
                "cells": cells,
                "coded": coded[-1],
                "rolled": shown.with_children and row.code.id in parents,
                "folds": row.code.id in parents,
                "tested": tested,
            }
        )
    return {
        "table": table,
        "lines": shown_lines,
        **_heads(table, shown, params),
        "above": [
            (label, len(list(group))) for label, group in groupby(table.columns, lambda column: column.above)
        ]
        if question.across
        else [],
        "many": len(table.columns) + bool(tests) > 4,
        "open_cell": is_open,
        "cell_address": f"?{address}{'&' if address else ''}cell=",
        "caption": format_lazy("{}, {}", COUNT_HINTS[question.count], _("by code and column")),
        "unit": _unit(question.count),
        "testing": bool(tests),
        "by_chance": f"{0.05 * len(tests):.0f}",
        "some_not_asked": any(line.row.below.people != table.people for line in lines),
    }


def _heads(table, shown, params):
    """The heads of the columns; pressing one orders the rows by it, pressing it again brings the codebook's order."""
    at = column_sorted(table, shown)
    keys = [*(f"{BY_COLUMN}{column.key}" for column in table.columns), "most"]
    labels = [*((column.label, column.n) for column in table.columns), (_("All"), table.n)]
    return {
        "heads": [
            {
                "label": label,
                "n": n,
                "key": key,
                "is_sorted": number == at,
                "address": address_of(params, sort=None if number == at else key),
            }
            for number, (key, (label, n)) in enumerate(zip(keys, labels, strict=True))
        ],
        "unsorted": address_of(params, sort=None),
        "sorted_column": "" if at in (None, len(table.columns)) else full_label(table.columns[at]),
    }


def _cell(row, key, label, face, own, coded, residual, question, shown):
    figure, of = said_of(face)
    shaded = heat(face.n, face.base) if key and face.kind != "nothing" else None
    with_own = shown.with_children and (own.n, own.base) != (face.n, face.base) and face.kind != "not asked"
    return {
        "key": f"{row.code.id}{key}",
        "label": label,
        "face": face,
        "figure": figure,
        "of": of,
        "zero": not face.n,
        "coded": coded,
        "own": " ".join(filter(None, said_of(own))) if with_own and own.kind != "of" else own.n,
        "has_own": with_own,
        "heat": "none" if face.kind == "not asked" else (shaded if shown.ink == "tint" else None),
        "bar": round(100 * min(face.n, face.base) / face.base, 1)
        if shown.ink == "bars" and key and face.base >= SHADED_FROM
        else None,
        "residual": f"{residual:+.1f}".replace("-", "−")
        if residual is not None and abs(residual) >= 2
        else "",
    }


def _unit(count):
    return {
        "respondents": _("respondents"),
        "transcripts": _("transcripts"),
        "segments": _("segments"),
        "coded_segments": _("coded segments"),
        "words": _("words"),
        "share": _("characters"),
    }[count]


def _opened(request, study, frame, question):
    params = request.GET
    shown = shown_as(params)
    opened = passages(
        frame,
        question,
        cell_from(frame, params.get("cell", "")),
        with_children=shown.with_children,
        page=page_in(params),
        hidden=hidden_from(study),
    )
    address = address_of(params)
    return {
        "opened": opened,
        "question": question,
        "open_cell": params["cell"],
        "groups": [
            (person, _about(frame, person) if person else "", many, found)
            for person, many, found in opened.groups
        ],
        "named": opened.without[:NAMED_WITHOUT],
        "unnamed": max(0, len(opened.without) - NAMED_WITHOUT),
        "close": address_of(params, cell=None),
        "back": f"{reverse('coding:query', args=[study.slug])}?{params.urlencode()}",
        "pages": [(number, f"?{address}&page={number}") for number in range(1, opened.pages + 1)],
        "first": (opened.page - 1) * PER_PAGE + 1,
        "last": min(opened.page * PER_PAGE, opened.total),
    }


def _about(frame, person):
    """A few words on a respondent: values as they are, and the names of what is so."""
    words = []
    for choice in frame.attributes:
        value = person.values.get(choice.key)
        if choice.kind == "yes_no" and value == "yes":
            words.append(lower_first(choice.name))
        elif choice.kind in ("one_of", "text") and value:
            words.append(value)
    return ", ".join(words[:3])
