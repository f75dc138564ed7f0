"""Results: kept questions and frozen answers, what has changed since, and reports of them."""

from django.contrib.auth.decorators import login_required
from django.contrib.messages import error, success
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interviews import history, narrate
from interviews.access import reach
from interviews.models import Study
from interviews.numbers import whole_number
from interviews.restricted import hidden_from

from .. import documents, exports, guard, report, results
from ..columns import BY_TYPE, Unclear
from ..models import Result
from ..queries.frame import frame_of
from .pictures import draw

SHOWN = 50
MOST_SIDE_BY_SIDE = 1200
MOST_IN_REPORT = 30


@login_required
@require_GET
def list_results(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    found = list(study.results.kept().defer("frozen"))
    frozen = set(study.results.kept().exclude(frozen=None).values_list("pk", flat=True))
    names = results.makers(found)
    return render(
        request,
        "coding/results.html",
        {
            "study": study,
            "page": "query",
            "results": [
                (result, names[result.created_by_id], result.pk in frozen, results.page_of(result))
                for result in found
            ],
        },
    )


@login_required
@require_POST
def keep_result(request, slug):
    """Give a question a name, and freeze its answer where that is wanted."""
    study = reach(Study.objects, request.user, "code", slug=slug)
    posted = request.POST
    chosen = posted.getlist("chosen") if posted.get("list") == "yes" else None
    try:
        result = results.keep(
            study,
            request.user,
            posted.get("name", ""),
            posted.get("kind", ""),
            posted.get("address", ""),
            freeze=posted.get("freeze") == "yes",
            chosen=chosen,
        )
    except (results.Refused, Unclear) as refused:
        error(request, str(refused))
        page = results.PAGES.get(posted.get("kind", ""), "coding:results")
        address = reverse(page, args=[study.slug])
        question = posted.get("address", "")
        return redirect(
            f"{address}?{results.plain(question)}" if len(question) <= results.LONGEST_ADDRESS else address
        )
    success(request, _("“%(name)s” is kept.") % {"name": result.name})
    return redirect("coding:result", result_id=result.pk)


def _result(request, result_id, act="read"):
    result = reach(Result.objects.kept().select_related("study"), request.user, act, pk=result_id)
    result.study.my_role = result.my_role
    return result


@login_required
@require_GET
def show_result(request, result_id):
    result = _result(request, result_id)
    study, hidden = result.study, hidden_from(result.study)
    frame = frame_of(study)
    context = {
        "study": study,
        "page": "query",
        "result": result,
        "address": results.page_of(result),
        "maker": results.makers([result])[result.created_by_id],
        "may_remove": _may_remove(request, result),
    }
    if result.frozen is not None:
        context |= _frozen(request, result, frame, hidden)
    return render(request, "coding/result.html", context)


def _frozen(request, result, frame, hidden):
    changes = results.changes_since(result, request.user, hidden)
    members = list(result.passages.values_list("segment_id", "code_id", "coded"))
    quotes = dict(result.passages.values_list("segment_id", "quote"))
    told = result.frozen
    shown = {"frame": frame, "hidden": hidden, "most": SHOWN}
    names = results.names_of(result, frame)
    quoted = result.kind in results.QUOTED
    most = MOST_SIDE_BY_SIDE if told.get("cells") else SHOWN
    passages = results.passages_of(members, frame, hidden, most=most, quotes=quotes) if quoted else []
    of_codebook = results.codebook_changes(result)
    told_of = narrate.tell(narrate.to_tell(of_codebook[:SHOWN]))
    return {
        "frozen": told,
        "counts_codings": result.kind in (Result.Kind.CROSSTAB, Result.Kind.PICTURES),
        "changes": changes,
        "columns": [(label or results.named(names, key), n) for key, label, n in told["columns"]],
        "rows": [
            (label or results.named(names, key), numbers)
            for key, label, numbers in told["rows"]
            if any(numbers)
        ],
        "passages": [] if told.get("cells") else passages,
        "cells_of_quotes": list(results.side_by_side(told, names, passages)),
        "codebook_changes": told_of,
        "n_codebook_changes": of_codebook.count(),
        "drawn": _drawn(result, frame, changes),
        "hits": results.words_of_hits(told["hits"], hidden, frame, most=SHOWN),
        "came": results.passages_of(changes.came, **shown),
        "went": results.passages_of(changes.went, **shown),
        "n_came": len({member[0] for member in changes.came}),
        "n_went": len({member[0] for member in changes.went}),
        "cells": [
            (
                row or results.named(names, key),
                column or results.named(names, other),
                _figure(was),
                _figure(now),
            )
            for key, other, row, column, was, now in changes.cells[:SHOWN]
        ],
        "n_cells": len(changes.cells),
        "shown": SHOWN,
    }


def _figure(value):
    """What was in no row or column then, or is in none now, is no zero."""
    return "–" if value is None else value


def _drawn(result, frame, changes):
    """A frozen picture, where its numbers are the same as then: it is drawn from them."""
    if result.kind != Result.Kind.PICTURES or changes:
        return None
    return draw(result.study, frame, QueryDict(result.address))


def _may_remove(request, result):
    return result.created_by_id == request.user.pk or result.study.may["manage_codebook"]


@login_required
@require_POST
def remove_result(request, result_id):
    result = _result(request, result_id, "code")
    if not _may_remove(request, result):
        raise PermissionDenied
    results.remove(result, request.user)
    success(request, _("“%(name)s” is removed. The history can bring it back.") % {"name": result.name})
    return redirect("coding:results", slug=result.study.slug)


@login_required
@require_POST
def set_least_group(request, slug):
    """How many respondents what a report shows must describe, lest it warns."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    given = request.POST.get("least_group", "")
    if not (given.isascii() and given.isdecimal() and 1 <= len(given) <= 3 and int(given) >= 1):
        error(request, _("The smallest group is a whole number from 1 to 999."))
    else:
        before = history.images(study)
        study.least_group = int(given)
        study.save(update_fields=["least_group"])
        history.record(study, request.user, "edit-study", study, before=before, after=history.images(study))
        success(request, _("Reports now warn of groups of fewer than %(n)s respondents.") % {"n": given})
    return redirect("coding:results", slug=study.slug)


# --- reports


def _report(request, slug):
    study = reach(Study.objects, request.user, "export", slug=slug)
    ids = [pk for pk in map(whole_number, request.GET.getlist("result")) if pk]
    found = list(study.results.kept().filter(pk__in=ids[:MOST_IN_REPORT]))
    frame = frame_of(study)
    shown = guard.chosen(frame, request.GET, [BY_TYPE])
    return study, report.make(study, frame, found, shown, request.user), request.GET.urlencode()


@login_required
@require_GET
def show_report(request, slug):
    study, made, address = _report(request, slug)
    context = {"study": study, "page": "query", "report": made, "address": address}
    return render(request, "coding/report.html", {**context, "chosen": request.GET.getlist("result")})


@login_required
@require_GET
def download_report(request, slug, kind):
    study, made, _address = _report(request, slug)
    title = _("Report: %(study)s") % {"study": study.name}
    shown = ", ".join(name for _key, name, is_shown in made.attributes if is_shown)
    exports.note_export(
        study, request.user, f"report.{kind}", shown, len(made.sections), withheld=made.withheld
    )
    if kind == "docx":
        content, content_type = report.docx_of(made, title), documents.TYPE
    else:
        content = render_to_string(
            "coding/report_file.html", {"report": made, "title": title, "study": study}
        )
        content_type = "text/html; charset=utf-8"
    name = exports.filename(study, "report", kind)
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )
