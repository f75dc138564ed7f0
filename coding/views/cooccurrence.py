"""Co-occurrence: which codes meet, as a matrix that opens its passages, and as a network."""

from math import isfinite

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study
from interviews.restricted import hidden_from

from .. import cooccurrence, cooccurrence_files, exports, guard, pairs
from ..analysis.cooccurrence import coefficients, shade
from ..columns import Unclear
from ..cooccurrence import EXCEEDS, FORMULA, HOW_HINTS, HOW_NAMES, OWN_NAMES, PAIRED
from ..queries.frame import frame_of
from ..quotes import quotes_of
from ..withheld import segments_withheld, told_beside_counts
from .asking import lifts, page_in
from .filtering import address_of, people_filters
from .pictures import svg_response

LEVEL_NAMES = {"families": gettext_lazy("Families"), "all": gettext_lazy("All codes")}
SHOW_NAMES = {"count": gettext_lazy("Numbers"), "coefficient": gettext_lazy("Coefficient")}
SAME = '<td class="num" data-heat="none"><span class="visually-hidden">{}</span></td>'
NEVER = mark_safe('<td class="num"><span class="zero pad">0</span></td>')  # nothing in it is anybody's words
MEETING = (
    '<td class="num" data-heat="{heat}"><a class="cell" id="c{0}-{1}" href="{link}{0},{1}">'
    '<span class="visually-hidden">{said}, </span><b>{face}</b></a></td>'
)
COUNTED = {
    "overlap": lambda n: ngettext(
        "%(n)s pair of passages that overlap", "%(n)s pairs of passages that overlap", n
    ),
    "nesting": lambda n: ngettext(
        "%(n)s pair of passages, one within the other", "%(n)s pairs of passages, one within the other", n
    ),
    "turn": lambda n: ngettext("%(n)s turn with both codes", "%(n)s turns with both codes", n),
    "respondent": lambda n: ngettext(
        "%(n)s respondent with both codes", "%(n)s respondents with both codes", n
    ),
}


def _asked(request, slug, act):
    """(study, frame, what is asked, its answer). Raises Unclear."""
    study = reach(Study.objects, request.user, act, slug=slug)
    event_id = study.last_event_id()
    frame = frame_of(study, event_id)
    try:
        asked = cooccurrence.asked_from(frame, request.GET)
        return study, frame, asked, cooccurrence.meet(study, frame, asked, event_id)
    except Unclear as unclear:
        return study, frame, None, unclear


@login_required
@require_GET
def show_cooccurrence(request, slug):
    study, frame, asked, meeting = _asked(request, slug, "read")
    context = {"study": study, "page": "query", "frame": frame, "params": request.GET}
    if asked is None:
        return render(request, "coding/cooccurrence.html", {**context, "problem": str(meeting)}, status=400)
    try:
        context["picture"] = cooccurrence.drawn(meeting, asked.least)
    except Unclear as unclear:
        context["no_picture"] = str(unclear)
    shown = cooccurrence.to_show(meeting)
    context |= people_filters(frame, asked.question, request.GET) | {
        "asked": asked,
        "hows": [(key, name, HOW_HINTS[key]) for key, name in HOW_NAMES.items()],
        "levels": LEVEL_NAMES.items(),
        "show_names": SHOW_NAMES.items(),
        "hint": HOW_HINTS[asked.how],
        "own_name": OWN_NAMES[asked.how],
        "codes": shown.codes,
        "of_codes": len(meeting.codes),
        "lines": _lines(study, asked, shown, address_of(request.GET)),
        "formula": FORMULA,
        "exceeds": EXCEEDS if asked.how in PAIRED else "",
        "address": address_of(request.GET),
        "coders": [(name, pk in asked.question.coders) for pk, name in frame.coders],
        "title": _("Codes that meet"),
        "about": HOW_HINTS[asked.how],
        "guard": _warning(study, frame, asked),
    }
    return render(request, "coding/cooccurrence.html", context)


def _warning(study, frame, asked):
    return guard.warning(guard.of_filter(study, frame, asked.question)) if study.may["export"] else ""


def _lines(study, asked, meeting, address):
    """Rows of the matrix: the code, its own number, and its cells, which a template would be slow to write."""
    codes, pairs_met, shares = (
        meeting.codes,
        meeting.matrix.pairs.tolist(),
        coefficients(meeting.matrix).tolist(),
    )
    link = f"{reverse('coding:pairs', args=[study.slug])}?{address}{'&' if address else ''}pair="
    same, words = format_html(SAME, _("the same code")), _("%(code)s and %(other)s: %(n)s")

    def cell(row, column):
        n, share, code, other = pairs_met[row][column], shares[row][column], codes[row], codes[column]
        if code is other:
            return same
        if not n:
            return NEVER
        said = words % {"code": code.name, "other": other.name, "n": n}
        face = _face(asked, n, share)
        return format_html(MEETING, code.id, other.id, heat=shade(share), link=link, said=said, face=face)

    return [
        {
            "code": code,
            "own": int(meeting.matrix.own[row]),
            "cells": format_html_join("", "{}", ((cell(row, column),) for column in range(len(codes)))),
        }
        for row, code in enumerate(codes)
    ]


def _face(asked, n, share):
    if asked.show == "count" or not n:
        return str(n)
    return f"{share:.2f}" if isfinite(share) and 0 <= share <= 1 else _("> 1")


@login_required
@require_GET
def show_pairs(request, slug):
    """What one cell counts: its pairs of passages, turns or respondents."""
    study, frame, asked, meeting = _asked(request, slug, "read")
    context = {"study": study, "page": "query", "frame": frame}
    try:
        if asked is None:
            raise meeting
        found = pairs.behind(frame, asked, request.GET.get("pair", ""))
    except Unclear as unclear:
        context["problem"] = str(unclear)
        return render(request, "coding/pairs.html", context, status=400)
    pages = Paginator(found.units, pairs.PER_PAGE)
    shown = pages.get_page(page_in(request.GET))
    segments = {pk for unit in shown.object_list for pk in (*unit.first, *unit.second)}
    context |= {
        "asked": asked,
        "found": found,
        "counted": COUNTED[asked.how](len(found.units)) % {"n": len(found.units)},
        "shown": shown,
        "page_numbers": list(pages.get_elided_page_range(shown.number)),
        "units": _units(frame, shown, quotes_of(frame, segments, hidden_from(study))),
        "coders": ", ".join(name for pk, name in frame.coders if pk in asked.question.coders),
        "lifts": lifts(frame, asked.question, request.GET),
        "address": address_of(request.GET),
        "matrix": address_of(request.GET, "pair"),
        "back": request.get_full_path(),
    }
    return render(request, "coding/pairs.html", context)


def _units(frame, shown, quotes):
    """Each as (number, heading, passages of the row's code, of the column's)."""
    for number, unit in enumerate(shown.object_list, start=shown.start_index()):
        if unit.turn:
            heading = _("%(title)s, turn %(n)s") % {
                "title": frame.transcripts[unit.transcript],
                "n": unit.turn,
            }
        elif unit.transcript is None:
            heading = frame.people[unit.respondent].pseudonym
        else:
            heading = frame.transcripts[unit.transcript]
        yield (number, heading, [quotes[pk] for pk in unit.first], [quotes[pk] for pk in unit.second])


@login_required
@require_GET
def download_cooccurrence(request, slug):
    """The matrix as CSV; columns in docs/export-columns.md."""
    return _download(request, slug, "cooccurrence.csv", cooccurrence_files.pairs_csv)


@login_required
@require_GET
def download_cooccurrence_xlsx(request, slug):
    """The matrix as a workbook."""
    return _download(request, slug, "cooccurrence.xlsx", cooccurrence_files.matrix_xlsx)


def _download(request, slug, file, make):
    study, frame, asked, meeting = _asked(request, slug, "export")
    if asked is None:
        context = {"study": study, "page": "query", "frame": frame, "problem": str(meeting)}
        return render(request, "coding/cooccurrence.html", context, status=400)
    exports.note_export(study, request.user, file, _taken(frame, asked), len(meeting.codes))
    withheld = segments_withheld(study, frame, asked.question)
    table = cooccurrence_files.Table(frame, asked, meeting, _small(study, frame, asked), withheld)
    return make(study, table)


def _taken(frame, asked):
    return exports.taken_text(frame, asked.question, f"how={asked.how}", f"codes={asked.level}")


def _small(study, frame, asked):
    """Whether too few respondents are behind a number: those asked about; of a number of respondents, these."""
    if guard.of_filter(study, frame, asked.question).small:
        return lambda _n: True
    of_respondents, least = asked.how == "respondent", study.least_group
    return lambda n: of_respondents and 0 < n < least


@login_required
@require_GET
def download_network(request, slug):
    """The network as an SVG file."""
    study, frame, asked, meeting = _asked(request, slug, "export")
    try:
        if asked is None:
            raise meeting
        picture = cooccurrence.drawn(meeting, asked.least)
    except Unclear as unclear:
        context = {"study": study, "page": "query", "frame": frame, "problem": str(unclear)}
        return render(request, "coding/cooccurrence.html", context, status=400)
    exports.note_export(study, request.user, "picture.svg", _taken(frame, asked), len(picture.table.rows))
    told = [told_beside_counts(study, frame, asked.question), _warning(study, frame, asked)]
    about = " ".join(filter(None, [f"{HOW_HINTS[asked.how]}.", *told]))
    drawn = {"picture": picture, "title": _("Codes that meet"), "about": about}
    return svg_response(exports.filename(study, "network", "svg"), drawn)
