"""The codebook as a file, in and out."""

import base64
import binascii
import re

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

from coding import codebook, codebook_documents, codebook_files, exports, outline, refi_qda
from coding.codebook_files import KEEP, LEAVE, TAKE
from coding.forms import CodebookSourceForm
from coding.workbooks import workbook_response
from interviews.access import reach
from interviews.csv_files import csv_response
from interviews.models import Study
from interviews.tables import TableError


@login_required
@require_safe
def download_codebook(request, slug, kind):
    """The codebook as a file of a kind of WRITERS, noted in the history."""
    study = reach(Study.objects, request.user, "export", slug=slug)
    name = f"{study.slug}-codebook-{timezone.localdate().isoformat()}.{kind}"
    try:
        answer = WRITERS[kind](study, name)
    except TableError as refusal:
        messages.error(request, str(refusal))
        return redirect("coding:codebook", study.slug)
    exports.note_export(study, request.user, f"codebook.{kind}", "", study.codes.count())
    return answer


def _csv(study, name):
    return csv_response(name, *codebook_files.table_of(study))


def _xlsx(study, name):
    about = [(_("Study"), study.name), (_("Day"), timezone.localdate().isoformat())]
    return workbook_response(name, [codebook_files.sheet_of(study)], lambda: about)


def _file(make, content_type):
    def write(study, name):
        disposition = content_disposition_header(True, name)
        headers = {"Content-Disposition": disposition}
        return HttpResponse(make(study), content_type=content_type, headers=headers)

    return write


WRITERS = {
    "csv": _csv,
    "xlsx": _xlsx,
    "qdc": _file(refi_qda.write_qdc, "application/xml"),
    "txt": _file(lambda study: outline.write(study.codes.all()), "text/plain; charset=utf-8"),
    "html": _file(codebook_documents.html_of, "text/html; charset=utf-8"),
    "docx": _file(codebook_documents.docx_of, codebook_documents.TYPE),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_codebook(request, slug):
    """Look at a codebook from elsewhere, choose, confirm; a file goes to the reader and back, so that none is kept."""
    study = reach(Study.objects, request.user, "manage_codebook", slug=slug)
    others = Study.objects.visible_to(request.user).exclude(pk=study.pk)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CodebookSourceForm(*posted, studies=others)
    context = {"study": study, "page": "codebook", "form": form}
    if request.method == "POST":
        try:
            source = _source(request, form)
            if source and _confirmed(request, study, source, context):
                return redirect("coding:codebook", study.slug)
        except TableError as refusal:
            context["problem"] = str(refusal)
    return render(request, "coding/import_codebook.html", context)


def _source(request, form):
    """``(bytes, file name, None)`` or ``(None, "", study)``, as chosen or as looked at; None where neither is."""
    if "data" not in request.POST:
        return form.source() if form.is_valid() else None
    try:
        data = base64.b64decode(request.POST["data"], validate=True)
    except binascii.Error as error:
        raise TableError(_("The file did not come back whole. Choose it again.")) from error
    return data, request.POST.get("filename", ""), None


@transaction.atomic
def _confirmed(request, study, source, context):
    """Whether the codebook was imported; otherwise the context has the plan to look at."""
    data, filename, other = source
    codebook.lock(study)
    table = codebook_files.as_table(other) if other else codebook_files.read(data, filename)
    of_conflicts = TAKE if request.POST.get("conflicts") == TAKE else KEEP
    plan = _plan(request, study, table, of_conflicts)
    looked_at = request.POST.get("plan")
    if plan.can_apply and looked_at == plan.digest:
        n = sum(row.is_written for row in plan.rows)
        try:
            codebook_files.apply(study, request.user, plan, request.POST.get("reason", ""))
        except codebook.Refused as refusal:
            context["problem"] = str(refusal)
            plan = _plan(request, study, table, of_conflicts)  # as before it was tried
        else:
            if other:
                exports.note_export(other, request.user, "codebook.study", "", other.codes.count())
            messages.success(request, ngettext("%(n)d code imported.", "%(n)d codes imported.", n) % {"n": n})
            return True
    states = ("created", "changed", "conflict", "unchanged", "wrong")
    counts = {state: plan.count(state) for state in states}
    context |= {
        "plan": plan,
        "data": base64.b64encode(data).decode() if data is not None else None,
        "filename": filename,
        "other": other,
        "notes": codebook_files.notes(data) if data is not None else [],
        "outdated": bool(looked_at) and looked_at != plan.digest,
        "reason": request.POST.get("reason", ""),
        "of_conflicts": of_conflicts,
        "counts": counts | {"written": counts["created"] + counts["changed"] + counts["conflict"]},
    }
    return False


def _plan(request, study, table, of_conflicts):
    plan = codebook_files.plan(study, table)
    plan.choose(_choices(request.POST), of_conflicts)
    return plan


def _choices(posted):
    """What was chosen for single rows, by their numbers."""
    found = {}
    for name, value in posted.items():
        number = re.fullmatch(r"row-([0-9]{1,9})", name)
        if number and value in (TAKE, KEEP, LEAVE):
            found[int(number[1])] = value
    return found
