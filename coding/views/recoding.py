"""The recoding table: the passages of codes in context, to recode many at once; and those to review."""

import uuid

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from coding import codebook, recoding
from coding.codebook import Refused
from coding.models import CodedSegment
from coding.views.codebook_page import Book
from coding.views.codes import UNDONE_HERE
from interviews import history
from interviews.access import allows, reach
from interviews.models import Study
from interviews.numbers import whole_number
from interviews.restricted import hidden_from, hidden_in_exports

HEADS = {
    "text": gettext_lazy("Passage"),
    "code": gettext_lazy("Code"),
    "respondent": gettext_lazy("Respondent"),
    "coder": gettext_lazy("Coder"),
}
REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_passages(request, slug):
    act = "code" if request.method == "POST" else "read"
    study = reach(Study.objects, request.user, act, slug=slug)
    book = Book(study)
    asked = Asked(request, book)
    if request.method == "POST":
        name = "example" if "example" in request.POST else request.POST.get("do")
        if name not in ACTS:
            raise Http404
        try:
            told = ACTS[name](request, study, asked)
            messages.success(request, told, extra_tags="" if name == "undo" else _last(request.user, study))
            return redirect(asked.address)
        except (Refused, history.Conflict) as refusal:
            why = getattr(refusal, "field", None) == "reason"
            return _page(request, study, asked, str(refusal), REFUSED, ask_why=why and name == "example")
    return _page(request, study, asked)


@login_required
@require_safe
def show_waiting(request, slug):
    """What is to be reviewed, by coder: a fragment that the codebook's page asks for once it is there."""
    study = reach(Study.objects, request.user, "read", slug=slug)
    return render(request, "coding/_waiting.html", {"study": study, "waiting": recoding.waiting(study)})


class Asked:
    """What the address asks for, and the rows that answer."""

    def __init__(self, request, book):
        params = request.GET
        self.user, self.book, self.params = request.user, book, params
        self.codes = [
            book.by_id[pk]
            for pk in map(whole_number, params.getlist("code") + params.getlist("codes"))
            if pk in book.by_id
        ]
        self.hidden = hidden_from(book.study)
        self.with_subcodes = params.get("subcodes") == "yes"
        self.review = params.get("review") == "yes"
        own = self.review and not book.study.may["manage_codebook"]  # leads look at what waits for all
        self.coder = params.get("coder", request.user.get_username() if own else "")
        self.type = params.get("type", "")
        self.words = params.get("q", "").strip()
        self.sort = params.get("sort") if params.get("sort") in recoding.SORTS else "text"
        self.page = whole_number(params.get("page", ""), 8) or 1

    @property
    def address(self):
        query = self.params.urlencode()
        return f"{reverse('coding:recoding', args=[self.book.study.slug])}{'?' if query else ''}{query}"

    def code_ids(self):
        if not self.codes:
            return None
        wanted = {code.pk for code in self.codes}
        for row in self.book.rows if self.with_subcodes else ():  # parents come before children
            wanted |= {row["pk"]} if row["parent"] in wanted else set()
        return wanted

    def rows(self):
        rows = recoding.of_study(self.book.study, self.code_ids())
        rows = recoding.to_review(rows) if self.review else rows
        rows = rows.filter(coder__username=self.coder) if self.coder else rows
        rows = rows.filter(respondent__respondent_type__key=self.type) if self.type else rows
        if self.words:
            rows = recoding.shown_to(rows.filter(content_object__quote__icontains=self.words), self.hidden)
        return rows

    def without(self, *names):
        query = self.params.copy()
        for name in names:
            query.pop(name, None)
        return query.urlencode()


def _page(request, study, asked, refused="", status=200, ask_why=False):
    rows = asked.rows()
    total = rows.count()
    pages = max(1, -(-total // recoding.PER_PAGE))
    page = min(max(1, asked.page), pages)
    lines = recoding.lines(rows, asked.sort, page, asked.hidden)
    lead = study.may["manage_codebook"]
    for line in lines:
        line.row = asked.book.row_of[line.code]
        line.may_change = lead or line.coder == request.user.pk
    coded = CodedSegment.objects.filter(coder=OuterRef("pk"), tag__study=study)
    done, of = (
        recoding.progress(study, None if not asked.coder else _coder(asked.coder)) if asked.review else (0, 0)
    )
    overview = recoding.overview(study) if asked.review else []
    chosen = set(request.POST.getlist("chosen"))
    start = (page - 1) * recoding.PER_PAGE
    context = {
        "study": study,
        "page": "codebook",
        "asked": asked,
        "book": asked.book,
        "lines": [(line, str(line.pk) in chosen) for line in lines],
        "total": total,
        "mine": recoding.changeable(rows, request.user, study.my_role).count() if study.may["code"] else 0,
        "first": start + 1 if total else 0,
        "last": min(start + recoding.PER_PAGE, total),
        "pages": sorted({1, 2, *range(page - 3, page + 4), pages - 1, pages} & set(range(1, pages + 1))),
        "shown_page": page,
        "heads": HEADS.items(),
        "unsorted": asked.without("sort", "page"),
        "unpaged": asked.without("page"),
        "coders": get_user_model().objects.filter(Exists(coded)).order_by("username"),
        "types": study.respondent_types.all(),
        "one": asked.codes[0] if len(asked.codes) == 1 else None,
        "children": [row for row in asked.book.rows if asked.codes and row["parent"] == asked.codes[0].pk],
        "overview": overview,
        "others_wait": [each for each in overview if each["waiting"] and each["coder"] != asked.coder],
        "refused": refused,
        "ask_why": ask_why,
        "posted": request.POST,
        "done": done,
        "of": of,
    }
    return render(request, "coding/recoding.html", context, status=status)


def _coder(name):
    return get_user_model().objects.filter(username=name).first()


def _last(user, study):
    """The event that a person has just made, to undo it."""
    return str(study.events.filter(actor=user).order_by("-pk").values_list("pk", flat=True)[0])


def _chosen(request, study, asked, any_coder=False):
    """The chosen rows that this person may change, or all that is asked for, if there are as many as was seen."""
    rows = asked.rows()
    if request.POST.get("all") == "yes":
        if str(rows.count()) != request.POST.get("seen"):
            raise Refused(_("The list has changed since you looked. Look again, then choose."))
    else:
        rows = rows.filter(pk__in=_ids(request.POST.getlist("chosen")))
    return rows if any_coder else recoding.changeable(rows, request.user, study.my_role)


def _ids(given):
    found = []
    for each in given:
        try:
            found.append(uuid.UUID(each))
        except ValueError:
            continue
    return found


def _into(request, asked):
    code = asked.book.by_id.get(whole_number(request.POST.get("into", "")))
    if code is None:
        raise Refused(_("Choose the code first."))
    return code


def _recode(request, study, asked):
    into = _into(request, asked)
    n = recoding.recode(study, _chosen(request, study, asked), into, request.user)
    told = ngettext("%(n)d passage has “%(code)s” now.", "%(n)d passages have “%(code)s” now.", n)
    return told % {"n": n, "code": into}


def _add(request, study, asked):
    into = _into(request, asked)
    rows = _chosen(request, study, asked, any_coder=True).order_by()
    segments = dict(rows.values_list("content_object", "content_object__respondent"))
    n = recoding.add_code(study, segments, into, request.user)
    told = ngettext("“%(code)s” is applied to %(n)d passage.", "“%(code)s” is applied to %(n)d passages.", n)
    return told % {"n": n, "code": into}


def _withdraw(request, study, asked):
    n = recoding.withdraw(study, _chosen(request, study, asked), request.user)
    return ngettext("%(n)d coding is withdrawn.", "%(n)d codings are withdrawn.", n) % {"n": n}


def _keep(request, study, asked):
    n = recoding.keep(study, _chosen(request, study, asked), request.user)
    return ngettext("%(n)d coding is kept.", "%(n)d codings are kept.", n) % {"n": n}


def _split(request, study, asked):
    _for_leads(study)
    if len(asked.codes) != 1:
        raise Http404
    code = asked.codes[0]
    parent = code if request.POST.get("place") == "under" else code.parent
    new = codebook.split(
        code, request.user, _chosen(request, study, asked), name=request.POST.get("name", ""), parent=parent
    )
    n = new.coded_segments.count()
    told = ngettext("“%(code)s” is made of %(n)d passage.", "“%(code)s” is made of %(n)d passages.", n)
    return told % {"n": n, "code": new}


def _use_as_example(request, study, asked):
    _for_leads(study)
    found = asked.rows().filter(pk__in=_ids(request.POST.getlist("example")))
    row = get_object_or_404(found.select_related("tag__study", "content_object"))
    segment = row.content_object
    if hidden_in_exports(study).touches(segment.transcript_id, segment.start, segment.end):
        raise Refused(_("This passage is restricted, and an example is read by all and goes into files."))
    codebook.edit_code(row.tag, request.user, request.POST.get("reason", ""), example=segment.quote)
    return _("This passage is now the example of “%(code)s”.") % {"code": row.tag}


def _for_leads(study):
    if not allows(study.my_role, "manage_codebook"):
        raise PermissionDenied


def _undo(request, study, asked):
    given = request.POST.get("event", "")
    found = study.events.filter(pk=whole_number(given) or 0)
    event = get_object_or_404(found.filter(action__in=[*UNDONE_HERE, *UNDONE_IN_TABLE]))
    if not history.may_undo(event, request.user, study.may):
        raise PermissionDenied
    history.undo(event, request.user)
    return _("Undone.")


UNDONE_IN_TABLE = ("recode-segments", "add-code", "withdraw-segments", "keep-segments")
ACTS = {
    "recode": _recode,
    "add": _add,
    "withdraw": _withdraw,
    "keep": _keep,
    "split": _split,
    "example": _use_as_example,
    "undo": _undo,
}
