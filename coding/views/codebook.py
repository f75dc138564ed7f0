"""The codebook's file, in and out."""

import base64
import binascii

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from coding import codebook, codebook_files, refi_qda
from coding.exports import csv_response
from coding.forms import FileForm
from interviews.access import reach
from interviews.models import Study
from interviews.tables import TableError, read_table


@login_required
@require_safe
def download_csv(request, slug):
    study = reach(Study.objects, request.user, "export", slug=slug)
    header, rows = codebook_files.table_of(study)
    return csv_response(f"{study.slug}-codebook-{timezone.localdate().isoformat()}.csv", header, rows)


@login_required
@require_safe
def download_qdc(request, slug):
    study = reach(Study.objects, request.user, "export", slug=slug)
    try:
        data = refi_qda.write_qdc(study)
    except TableError as refusal:
        messages.error(request, str(refusal))
        return redirect("coding:codebook", study.slug)
    name = f"{study.slug}-codebook-{timezone.localdate().isoformat()}.qdc"
    disposition = content_disposition_header(True, name)
    return HttpResponse(data, content_type="application/xml", headers={"Content-Disposition": disposition})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_codebook(request, slug):
    """Look at a codebook file, then confirm; the file goes to the reader and back, so that nothing is kept of it."""
    study = reach(Study.objects, request.user, "manage_codebook", slug=slug)
    form = FileForm(request.POST or None, request.FILES or None)
    context = {"study": study, "page": "codebook", "form": form}
    if request.method == "POST":
        try:
            data = _data(request, form)
            if data is not None and _confirmed(request, study, data, context):
                return redirect("coding:codebook", study.slug)
        except (TableError, codebook.Refused) as refusal:
            context["problem"] = str(refusal)
    return render(request, "coding/import_codebook.html", context)


def _data(request, form):
    """The file's bytes: as confirmed, or as uploaded; None where neither is there."""
    if "data" in request.POST:
        try:
            return base64.b64decode(request.POST["data"], validate=True)
        except binascii.Error as error:
            raise TableError(_("The file did not come back whole. Choose it again.")) from error
    if not form.is_valid():
        return None
    if form.cleaned_data["file"].size > settings.MAX_UPLOAD_BYTES:
        raise TableError(_("This file is too large for a codebook. Check that it is the right one."))
    return form.cleaned_data["file"].read()


@transaction.atomic
def _confirmed(request, study, data, context):
    """Whether the file was imported; otherwise the context has the plan to look at."""
    codebook.lock(study)
    read = refi_qda.read_qdc if refi_qda.is_qdc(data) else read_table
    plan = codebook_files.plan(study, read(data))
    looked_at = request.POST.get("plan")
    if plan.can_apply and looked_at == plan.digest:
        n = plan.count("created") + plan.count("changed")
        codebook_files.apply(study, request.user, plan)
        messages.success(request, ngettext("%(n)d code imported.", "%(n)d codes imported.", n) % {"n": n})
        return True
    counts = {state: plan.count(state) for state in ("created", "changed", "unchanged", "wrong")}
    context |= {
        "plan": plan,
        "data": base64.b64encode(data).decode(),
        "outdated": bool(looked_at),
        "counts": counts | {"written": counts["created"] + counts["changed"]},
    }
    return False
