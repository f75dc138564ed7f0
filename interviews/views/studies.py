"""The start page, and the making, history and end of a study."""

from django.contrib.auth.decorators import login_required
from django.contrib.messages import error, success
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interviews import history, narrate, people
from interviews.access import reach
from interviews.forms import EXAMPLE_TYPES, DeleteStudyForm, StudyForm
from interviews.models import Event, Membership, Respondent, Study, Transcript

EVENTS_ON_A_PAGE = 50


@login_required
@require_safe
def list_studies(request):
    studies = Study.objects.visible_to(request.user).annotate(
        n_transcripts=_number_of(Transcript.objects.kept()),
        n_respondents=_number_of(Respondent.objects.kept()),
        n_members=_number_of(Membership.objects.all()),
        changed_at=Subquery(Event.objects.filter(study=OuterRef("pk")).order_by("-pk").values("at")[:1]),
    )
    return render(request, "interviews/studies.html", {"studies": studies})


def _number_of(rows):
    counted = rows.filter(study=OuterRef("pk")).order_by().values("study").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


@login_required
def create_study(request):
    example = "\n".join(str(name) for name in EXAMPLE_TYPES)
    if request.method == "POST" and "example" in request.POST:
        form = StudyForm(initial={**request.POST.dict(), "respondent_types": example})
    else:
        form = StudyForm(request.POST or None)
    if form.is_valid():
        made = people.create_study(**form.cleaned_data, actor=request.user)
        return redirect(made)
    return render(request, "interviews/new_study.html", {"form": form, "example": EXAMPLE_TYPES})


@login_required
@require_http_methods(["GET", "POST"])
def delete_study(request, slug):
    study = reach(Study.objects, request.user, "delete_study", slug=slug)
    form = DeleteStudyForm(request.POST or None, study=study)
    if form.is_valid():
        people.erase_study(study, request.user)
        success(
            request, _("The study “%(name)s” is deleted, with all that was in it.") % {"name": study.name}
        )
        return redirect("interviews:studies")
    context = {
        "study": study,
        "form": form,
        "contents": people.contents(study),
        "export_url": f"{study.get_absolute_url()}export/coded-segments.csv",
    }
    return render(request, "interviews/delete_study.html", context)


@login_required
@require_safe
def list_history(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    pages = Paginator(narrate.newest(study), EVENTS_ON_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "study": study,
        "shown": shown,
        "page_numbers": pages.get_elided_page_range(shown.number),
        "told": narrate.tell(shown.object_list),
        "undoable": _undoable(study, shown.object_list),
    }
    return render(request, "interviews/history.html", context)


def _undoable(study, events):
    """Ids of those events that this person may undo and nobody has undone."""
    allowed = [
        event.pk
        for event in events
        if study.may.get(history.undoable.get(event.action)) and history.ERASED not in event.short_after
    ]
    return set(allowed) - set(Event.objects.filter(undoes__in=allowed).values_list("undoes", flat=True))


@login_required
@require_POST
def undo_change(request, slug, event_id):
    study = reach(Study.objects, request.user, slug=slug)
    event = get_object_or_404(study.events, pk=event_id)
    act = history.undoable.get(event.action)
    if act is None:
        raise Http404
    if not study.may[act]:
        raise PermissionDenied
    try:
        history.undo(event, request.user)
    except history.Conflict as conflict:
        error(request, str(conflict))
    else:
        success(request, _("Undone. The list below says what was put back."))
    return redirect("interviews:history", slug=study.slug)
