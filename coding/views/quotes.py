"""Passages side by side: the quote matrix, and the voices on one code."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study
from interviews.numbers import whole_number
from interviews.restricted import hidden_from

from .. import quotes
from ..columns import OF_ROWS, Unclear, groups_of, names_of_keys
from ..queries.frame import frame_of
from ..queries.question import question_from
from .asking import address_of, lifts, lower_first

MOST_CODES = 12
SIZES = (1, 2, 3, 5, 10)
LAST_SEED = 9999


@login_required
@require_GET
def show_quotes(request, slug):
    """Codes by columns, each cell with the words of some of its passages."""
    return _page(request, slug, "coding/quotes.html", _quote_matrix)


@login_required
@require_GET
def show_voices(request, slug):
    """What each column says on one code, and who says nothing."""
    return _page(request, slug, "coding/voices.html", _voices)


def _page(request, slug, template, read):
    study = reach(Study.objects, request.user, "read", slug=slug)
    frame = frame_of(study)
    context = {"study": study, "page": "query", "frame": frame}
    try:
        question = question_from(frame, request.GET)
        context |= read(study, frame, question, request.GET)
    except Unclear as unclear:
        return render(request, template, {**context, "problem": str(unclear)}, status=400)
    context |= {
        "question": question,
        "columns_by": list(names_of_keys(frame).items()),
        "value_groups": groups_of(frame, question.by),
        "columns": lower_first(frame.title_of(question.by)),
        "coders": [(name, pk in question.coders) for pk, name in frame.coders],
        "lifts": [
            lift
            for lift in lifts(frame, question, request.GET)
            if question.code is None or "code=" in lift[1]
        ],
        "address": address_of(request.GET),
        "back": request.get_full_path(),
        "of_people": question.by not in OF_ROWS,
    }
    return render(request, template, context)


def _quote_matrix(study, frame, question, params):
    picked = _picked(frame, params)
    codes = picked or _first_family(frame, question)
    lines = quotes.sides(frame, question, codes[:MOST_CODES], hidden=hidden_from(study), seed=0)
    return {
        "lines": lines,
        "picked": {code.id for code in codes},
        "left_out": max(0, len(codes) - MOST_CODES),
        "most": MOST_CODES,
    }


def _picked(frame, params):
    """The codes that an address names by ``pick``, in the codebook's order. Raises Unclear."""
    known = {str(code.id): code for code in frame.codes}
    given = [value for value in params.getlist("pick") if value]
    unknown = [value for value in given if value not in known]
    if unknown:
        raise Unclear(_("This study has no code with the number %(code)s.") % {"code": unknown[0]})
    return [code for code in frame.codes if str(code.id) in given]


def _first_family(frame, question):
    """A code that was asked for and its children; else the codebook's first family."""
    codes = [code for code in frame.codes if not code.retired]
    head = question.code if question.code is not None else next((code.id for code in codes), None)
    return [code for code in codes if head in (code.id, code.parent)]


def _voices(study, frame, question, params):
    codes = {code.id: code for code in frame.codes}
    if question.code is None:
        code = next((code for code in frame.codes if not code.retired), None)
    else:
        code = codes[question.code]
    seed, size = _number(params.get("seed"), LAST_SEED, 1), _number(params.get("size"), SIZES[-1], 3)
    contrast = _picked(frame, params)[:1]
    found = quotes.sides(
        frame,
        question,
        [*([code] if code else []), *contrast],
        hidden=hidden_from(study),
        size=size,
        seed=seed,
    )
    voices = found[0][1] if found else []
    against = found[1][1] if len(found) > 1 else [None] * len(voices)
    return {
        "code": code,
        "contrast": contrast[0] if contrast else None,
        "voices": list(zip(voices, against, strict=True)),
        "seed": seed,
        "size": size,
        "sizes": SIZES,
        "reshuffled": address_of(params, seed=str(seed % LAST_SEED + 1)),
    }


def _number(given, most, otherwise):
    return min(whole_number(given) or otherwise, most)
