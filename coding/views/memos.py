"""The pages of memos: a study's, one memo, and the fragment beside a transcript.

A script is told the memo and the change that was made: the transcript page undoes it like any other.
"""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models.functions import Coalesce
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coding import memos
from coding.codebook import in_tree_order
from coding.colours import looks
from coding.forms import MemoForm, NewMemoForm
from coding.models import Memo
from interviews.access import reach
from interviews.models import Study, Transcript
from interviews.numbers import whole_number

ON_A_PAGE = 25
KINDS = {
    "study": gettext_lazy("The study"),
    "transcript": gettext_lazy("Transcripts"),
    "segment": gettext_lazy("Passages"),
    "coded_segment": gettext_lazy("Coded segments"),
    "code": gettext_lazy("Codes"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_memos(request, slug):
    """The study's memos; writing one."""
    act = "code" if request.method == "POST" else "read"
    study = reach(Study.objects, request.user, act, slug=slug)
    codes = list(study.codes.all())
    form = _new_form(request, study, codes)
    if request.method == "POST":
        change = uuid4()
        memo = _written(request, study, form, change)
        if memo and _by_script(request):
            return JsonResponse({"memo": memo.pk, "change": change}, status=201)
        if memo:
            messages.success(request, _("The memo is saved."))
            return redirect(f"{reverse('coding:memos', args=[study.slug])}#memo-{memo.pk}")
        if _by_script(request):
            return _problems(form)
    return render(request, "coding/memos.html", _study_page(request, study, codes, form))


def _new_form(request, study, codes):
    if request.method == "POST":
        return NewMemoForm(request.POST, study=study, codes=codes)
    return NewMemoForm(study=study, codes=codes, initial={"code": request.GET.get("on")})


def _written(request, study, form, change):
    """The memo that was asked for; None, with the reason in the form, where it cannot be."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        return memos.write(
            study, request.user, given["text"], given["shared"], change=change, **form.target()
        )
    except memos.Refused as refusal:
        form.add_error(None, str(refusal))
        return None


def _by_script(request):
    return request.headers.get("X-Requested-With") == "fetch"


def _problems(form):
    """What is wrong with a form, for a script that keeps what was typed."""
    return JsonResponse(
        {"detail": " ".join(str(e) for found in form.errors.values() for e in found)}, status=422
    )


def _choices(codes):
    """``(code, indented name)`` for the choice of a code to link to."""
    return [(code, "\u2003" * depth + code.name) for depth, code in in_tree_order(codes)]


def _study_page(request, study, codes, form):
    readable = Memo.objects.readable_by(request.user).filter(study=study)
    asked = request.GET
    found = _asked(readable, asked, codes, request.user)
    pages = Paginator(found.with_targets(), ON_A_PAGE)
    page = pages.get_page(asked.get("page"))
    others = asked.copy()
    others.pop("page", None)
    return {
        "study": study,
        "page": "memos",
        "form": form,
        "writing": form.is_bound or "on" in asked,
        "codes": _choices(codes),
        "kinds": KINDS.items(),
        "authors": list(
            readable.order_by("author__username").values_list("author", "author__username").distinct()
        ),
        "asked": asked,
        "is_filtered": any(asked.get(name) for name in ("q", "kind", "author", "who", "code")),
        "shown": page,
        "page_numbers": pages.get_elided_page_range(page.number),
        "others": others.urlencode(),
        "memos": memos.shown(page, looks(codes), request.user),
    }


def _asked(found, asked, codes, user):
    """Memos as the filters want them; what a filter does not know, it does not filter by."""
    kind, who, author, code = (asked.get(name, "") for name in ("kind", "who", "author", "code"))
    if kind == "study":
        found = found.filter(transcript=None, segment=None, coded_segment=None, code=None)
    elif kind in KINDS:
        found = found.exclude(**{kind: None})
    if who in ("shared", "private"):
        found = found.filter(shared=who == "shared")
    if author_id := whole_number(author):
        found = found.filter(author=author_id)
    chosen = next((row.pk for row in codes if str(row.pk) == code), None)
    if chosen:
        found = memos.about_code(found, chosen)
    if asked.get("q", "").strip():
        found = memos.containing(found, asked["q"].strip())
    return found


@login_required
@require_safe
def show_memo(request, memo_id):
    memo = reach(Memo.objects.select_related("study").with_targets(), request.user, "read", pk=memo_id)
    return _page(request, memo)


def _page(request, memo, **context):
    study = memo.study
    study.my_role = memo.my_role
    codes = list(study.codes.all())
    item = memos.shown([memo], looks(codes), request.user)[0]
    context |= {"study": study, "page": "memos", "memo": memo, "item": item, "codes": _choices(codes)}
    return render(request, "coding/memo.html", context)


def _own(request, memo_id):
    """A memo that this person wrote and may still change."""
    memo = reach(Memo.objects.select_related("study").with_targets(), request.user, "code", pk=memo_id)
    if memo.author_id != request.user.pk:
        raise PermissionDenied
    return memo


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_memo(request, memo_id):
    memo = _own(request, memo_id)
    initial = {"text": memo.text, "shared": "yes" if memo.shared else "no"}
    form = MemoForm(request.POST or None, initial=initial, auto_id=f"id_memo{memo.pk}_%s")
    if request.method == "POST" and form.is_valid():
        change = uuid4()
        is_other = memos.edit(memo, **form.cleaned_data, change=change)
        if _by_script(request):
            return JsonResponse({"memo": memo.pk, "change": change if is_other else None})
        messages.success(request, _("The memo is saved."))
        return redirect("coding:memo", memo.pk)
    if _by_script(request):
        if form.is_bound:
            return _problems(form)
        context = {
            "study": memo.study,
            "memo": memo,
            "form": form,
            "codes": _choices(list(memo.study.codes.all())),
        }
        return render(request, "coding/_memo_form.html", context)
    return _page(request, memo, form=form)


@login_required
@require_POST
def delete_memo(request, memo_id):
    memo = _own(request, memo_id)
    change = uuid4()
    memos.delete(memo, change)
    if _by_script(request):
        return JsonResponse({"memo": None, "change": change})
    messages.success(request, _("The memo is deleted."))
    return redirect("coding:memos", memo.study.slug)


@login_required
@require_safe
def show_transcript_memos(request, transcript_id):
    """A fragment for the workspace: the memos of a transcript in text order, and those that link into it."""
    queryset = Transcript.objects.kept().without_text().select_related("study")
    transcript = reach(queryset, request.user, pk=transcript_id)
    study = transcript.study
    study.my_role = transcript.my_role
    codes = list(study.codes.all())
    readable = Memo.objects.readable_by(request.user).filter(study=study).with_targets()
    in_order = readable.of_transcript(transcript).order_by(
        Coalesce("on_start", -1), "on_end", "created_at", "pk"
    )
    links = memos.links_into(readable, transcript.pk)
    elsewhere = readable.filter(pk__in=links).exclude(pk__in=in_order.values("pk"))
    look_of = looks(codes)
    context = {
        "study": study,
        "transcript": transcript,
        "form": NewMemoForm(
            study=study, codes=codes, initial={"transcript": transcript.pk, "revision": transcript.revision}
        ),
        "codes": _choices(codes),
        "memos": memos.shown(in_order, look_of, request.user),
        "elsewhere": memos.shown(elsewhere, look_of, request.user),
    }
    return render(request, "coding/_transcript_memos.html", context)
