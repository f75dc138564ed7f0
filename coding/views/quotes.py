"""Passages side by side: the quote matrix, and the voices on one code."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study
from interviews.restricted import hidden_from

from .. import quotes
from ..asked import lower_first
from ..columns import OF_ROWS, Unclear, groups_of, names_of_keys
from ..queries.frame import frame_of
from ..queries.question import question_from
from .asking import address_of, lifts


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
    codes = quotes.codes_from(frame, question, params)
    shown = codes[: quotes.MOST_CODES]
    lines = quotes.sides(frame, question, shown, hidden=hidden_from(study), seed=0)
    return {
        "lines": lines,
        "picked": {code.id for code in codes},
        "left_out": max(0, len(codes) - quotes.MOST_CODES),
        "most": quotes.MOST_CODES,
    }


def _voices(study, frame, question, params):
    code, contrast, size, seed = quotes.voices_from(frame, question, params)
    found = quotes.sides(
        frame,
        question,
        [each for each in (code, contrast) if each],
        hidden=hidden_from(study),
        size=size,
        seed=seed,
    )
    voices = found[0][1] if found else []
    against = found[1][1] if len(found) > 1 else [None] * len(voices)
    return {
        "code": code,
        "contrast": contrast,
        "voices": list(zip(voices, against, strict=True)),
        "seed": seed,
        "size": size,
        "sizes": quotes.SIZES,
        "reshuffled": address_of(params, seed=str(seed % quotes.LAST_SEED + 1)),
    }
