"""The start page, and the making and end of a study."""

from django.contrib.auth.decorators import login_required
from django.contrib.messages import success
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from interviews import people
from interviews.access import reach
from interviews.forms import EXAMPLE_TYPES, DeleteStudyForm, StudyForm
from interviews.models import Event, Membership, Respondent, Study, Transcript


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
