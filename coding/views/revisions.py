"""What definitions were: the revisions of one code, and the codebook as of a day, to print."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from coding import codebook, recoding, revisions
from coding.colours import looks
from coding.models import Code
from interviews.access import reach
from interviews.days import day_from, next_midnight
from interviews.models import Study
from interviews.restricted import Quotations, hidden_from, hidden_in_exports


@login_required
@require_safe
def show_revisions(request, code_id):
    code = reach(Code.objects.select_related("study"), request.user, "read", pk=code_id)
    study = code.study
    study.my_role = code.my_role
    behind = recoding.to_review(recoding.of_study(study, [code.pk]))
    context = {
        "study": study,
        "page": "codebook",
        "code": code,
        "revisions": revisions.of_code(code, Quotations(hidden_from(study))),
        "behind": behind.count(),
    }
    return render(request, "coding/revisions.html", context)


@login_required
@require_safe
def show_as_of(request, slug):
    """The codebook as it was at the end of a day; today's without one."""
    study = reach(Study.objects, request.user, "read", slug=slug)
    asked = request.GET.get("day", "")
    day = day_from(asked)
    quotations = Quotations(hidden_in_exports(study))
    codes = revisions.as_of(study, next_midnight(day or timezone.localdate()), quotations)
    look_of, names = looks(codes), dict(study.respondent_types.values_list("pk", "name"))
    lines = [
        {
            "code": code,
            "level": depth + 1,
            "look": look_of[code.pk],
            "origin": dict(Code.Origin.choices).get(code.origin, ""),
            "asked_of": ", ".join(names[pk] for pk in code.asked_of if pk in names),
        }
        for depth, code in codebook.in_tree_order(codes)
    ]
    context = {
        "study": study,
        "page": "codebook",
        "lines": lines,
        "day": day or timezone.localdate(),
        "unclear": bool(asked) and day is None,
        "n_codes": sum(code.retired_at is None for code in codes),
    }
    return render(request, "coding/codebook_as_of.html", context)
