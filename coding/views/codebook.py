"""The codebook's page, and its file in and out."""

import base64
import binascii
from unicodedata import normalize

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from coding import codebook, codebook_files, memos, refi_qda
from coding.colours import looks
from coding.exports import csv_response
from coding.forms import FileForm
from coding.models import Memo
from interviews.access import reach
from interviews.models import Study
from interviews.tables import TableError, read_table

MEMOS_SHOWN = 20


@login_required
@require_safe
def show_codebook(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    codes = list(study.codes.select_related("merged_into"))
    counts = codebook.counts(study)
    rows = _rows(codes, counts)
    chosen = next((row for row in rows if str(row["code"].pk) == request.GET.get("code")), None)
    in_tree = _with_parents(codes, {code.pk for code in codes if not code.retired_at})
    asked = request.GET.get("q", "").strip()
    found = _with_parents(codes, {code.pk for code in codes if _matches(code, asked)})
    context = {
        "study": study,
        "page": "codebook",
        "asked": asked,
        "rows": [row for row in rows if row["code"].pk in in_tree & found],
        "retired": [row for row in rows if row["code"].pk in found - in_tree],
        "n_codes": sum(code.retired_at is None for code in codes),
        "n_families": sum(code.retired_at is None and code.parent_id is None for code in codes),
        "chosen": chosen,
        "used": _used(chosen) if chosen else [],
        "asked_of": chosen["code"].asked_of.all() if chosen else [],
        "memos": _memos(request.user, chosen["code"]) if chosen else [],
    }
    return render(request, "coding/codebook.html", context)


def _rows(codes, counts):
    """A dict for each code, in tree order; its counts are of the code itself, those of its subtree beside them."""
    look_of, path_of = looks(codes), codebook.paths(codes)
    rows = [
        {
            "code": code,
            "level": depth + 1,
            "look": look_of[code.pk],
            "path": path_of[code.pk][:-1],
            "by_coder": counts.get(code.pk, {}),
            "own": sum(counts.get(code.pk, {}).values()),
            "coders": set(counts.get(code.pk, {})),
            "is_parent": False,
        }
        for depth, code in codebook.in_tree_order(codes)
    ]
    by_id = {row["code"].pk: row for row in rows}
    for row in rows:
        row["all"], row["all_coders"] = row["own"], set(row["coders"])
    for row in reversed(rows):  # children come after their parents
        parent = by_id.get(row["code"].parent_id)
        if parent:
            parent["is_parent"] = True
            parent["all"] += row["all"]
            parent["all_coders"] |= row["all_coders"]
    return rows


def _with_parents(codes, ids):
    """Ids with those of all codes above them, so that none hangs in the air."""
    parents = {code.pk: code.parent_id for code in codes}
    found = set()
    for pk in ids:
        while pk is not None and pk not in found:
            found.add(pk)
            pk = parents[pk]
    return found


def _matches(code, asked):
    asked = normalize("NFKC", asked).casefold()
    return asked in normalize("NFKC", f"{code.name}\n{code.definition}").casefold()


def _used(row):
    """``(coder's name, number of coded segments)`` of a code, all coders who used it."""
    coders = get_user_model().objects.filter(pk__in=row["by_coder"]).order_by("username")
    return [(coder.get_username(), row["by_coder"][coder.pk]) for coder in coders]


def _memos(user, code):
    """``(memo, its first words)`` of those on a code, on its coded segments, or with a link to it."""
    readable = Memo.objects.readable_by(user).filter(study=code.study_id).with_targets()
    return [(memo, memos.gist(memo.text)) for memo in memos.about_code(readable, code.pk)[:MEMOS_SHOWN]]


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
