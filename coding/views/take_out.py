"""Before a file leaves: what it is to say of respondents, and whom that may make known."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study

from .. import exports, guard
from ..columns import BY_TYPE, Unclear
from ..queries.frame import frame_of
from ..queries.question import question_from
from ..withheld import segments_withheld
from .asking import address_of, lifts
from .matrix import asked_matrix, people_of

FILES = {
    "coded-segments": (_("Coded segments"), "coding:export-coded-segments", "query"),
    "matrix": (_("Code by respondent matrix"), "coding:export-matrix", "matrix"),
}


@login_required
@require_GET
def prepare_file(request, slug):
    study = reach(Study.objects, request.user, "export", slug=slug)
    params = request.GET
    file = params.get("file") if params.get("file") in FILES else "coded-segments"
    title, exported, asking = FILES[file]
    came_from = reverse(f"coding:{asking}", args=[study.slug])
    back = f"{came_from}?{address_of(params, file=None, attribute=None)}"
    context = {"study": study, "page": "query", "title": title, "asking": asking, "back": back}
    try:
        frame, question, facts, people = _contents(study, file, params)
    except Unclear as unclear:
        return render(request, "coding/take_out.html", {**context, "problem": str(unclear)}, status=400)
    shown = guard.chosen(frame, params, [BY_TYPE])
    context |= facts | {
        "file": file,
        "attributes": [(key, name, key in shown) for key, name in guard.known(frame)],
        "guard": guard.of_people(study, frame, question, shown, people),
        "lifts": lifts(frame, question, params),
        "coders": ", ".join(name for pk, name in frame.coders if pk in question.coders),
        "csv": reverse(exported, args=[study.slug]),
        "xlsx": reverse(f"{exported}-xlsx", args=[study.slug]),
        "asked": [
            (key, value)
            for key, values in params.lists()
            if key not in ("attribute", "page", "cell")
            for value in values
            if value
        ],
    }
    return render(request, "coding/take_out.html", context)


def _contents(study, file, params):
    """The frame, the question, what the page says of the file, and whom the file is about. Raises Unclear."""
    if file == "matrix":
        frame, question, table, _shown = asked_matrix(study, params)
        return frame, question, {"respondents": len(table.columns)}, people_of(table)
    frame = frame_of(study)
    question = question_from(frame, params)
    people = exports.coded_respondents(frame, question)
    facts = {
        "rows": exports.count_coded_segments(frame, question),
        "respondents": len(people),
        "withheld": segments_withheld(study, frame, question),
    }
    return frame, question, facts, people
