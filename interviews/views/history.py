"""The history of a study: looking through it, taking changes back, taking it out as a table."""

from django.contrib.auth.decorators import login_required
from django.contrib.messages import success
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from interviews import history, narrate, trail
from interviews.access import reach
from interviews.csv_files import csv_response
from interviews.differences import differences
from interviews.models import Event, Study
from interviews.restricted import Quotations, hidden_from

EVENTS_ON_A_PAGE = 50


@login_required
@require_safe
def list_history(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    asked = trail.Asked.of(request.GET)
    pages = Paginator(trail.find(study, asked).values_list("pk", flat=True), EVENTS_ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    events = list(narrate.to_tell(Event.objects.filter(pk__in=list(shown)).order_by("-pk")))
    told = _lines(study, events, request.user)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "study": study,
        "shown": shown,
        "page_numbers": pages.get_elided_page_range(shown.number),
        "told": told,
        "asked": asked,
        "others": query.urlencode(),
        "people": trail.people(study),
        "kinds": narrate.KINDS.items(),
        "things": trail.things(study, asked.about),
    }
    return render(request, "interviews/history.html", context)


def _lines(study, events, reader):
    """The events as told, each with what it changed, where to look, and whether this reader may undo it."""
    attributes = dict(study.attributes.values_list("key", "name")) if events else {}
    undone = set(Event.objects.filter(undoes__in=events).order_by().values_list("undoes", flat=True))
    addresses = narrate.addresses(study, events)
    lines, quotations = narrate.tell(events), Quotations(hidden_from(study))
    for line in lines:
        line.changed = differences(line.story, reader, attributes, quotations)
        line.address = addresses.get(line.event.pk)
        line.is_undone = line.event.pk in undone
        can_be = not line.is_undone and history.ERASED not in line.event.short_after
        line.may_undo = can_be and history.may_undo(line.event, reader, study.may)
    return lines


@login_required
@require_POST
def undo_change(request, slug, event_id):
    study = reach(Study.objects, request.user, slug=slug)
    event = get_object_or_404(study.events, pk=event_id)
    may = history.may_undo(event, request.user, study.may)
    if may is None:
        raise Http404
    if not may:
        raise PermissionDenied
    try:
        history.undo(event, request.user, over_later="over_later" in request.POST)
    except history.Conflict as conflict:
        return _blocked(request, study, event, conflict)
    success(request, _("Undone. The list below says what was put back."))
    shown = QueryDict(request.POST.get("shown", "")).urlencode()
    address = reverse("interviews:history", args=[study.slug])
    return redirect(f"{address}?{shown}" if shown else address)


def _blocked(request, study, event, conflict):
    """What is in the way of an undo, and what can be done about it."""
    pks = [event.pk, conflict.event.pk] if conflict.event else [event.pk]
    events = list(narrate.to_tell(Event.objects.filter(pk__in=pks).order_by("pk")))
    lines = _lines(study, events, request.user)
    context = {
        "study": study,
        "conflict": conflict,
        "line": lines[0],
        "later": lines[1] if lines[1:] else None,
        "shown": request.POST.get("shown", ""),
    }
    return render(request, "interviews/undo_blocked.html", context, status=409)


@login_required
@require_safe
def export_history(request, slug):
    """The changes that the page lists, a line for each field they changed."""
    study = reach(Study.objects, request.user, "export", slug=slug)
    asked = trail.Asked.of(request.GET)
    events = trail.find(study, asked)
    about = {"file": "history.csv", "filters": str(asked), "rows": events.count()}
    last = events.values_list("pk", flat=True).first() or 0
    with transaction.atomic():
        history.note(study, request.user, "export", study, about)
    name = f"{study.slug}-history-{timezone.localdate().isoformat()}.csv"
    rows = trail.table_of(study, events.filter(pk__lte=last), request.user)
    return csv_response(name, trail.HEADER, rows)
