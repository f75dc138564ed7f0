"""The codebook's page: the tree, and beside it a pane with one code, or with what is being asked about several."""

from unicodedata import normalize

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coding import codebook, memos
from coding.colours import HUES, looks
from coding.forms import EditCodeForm, MergeForm, MoveForm, NewCodeForm
from coding.models import Memo
from interviews.access import reach
from interviews.models import Respondent, Speaker, Study, Transcript
from interviews.numbers import whole_number

MEMOS_SHOWN = 20
FOLDED_FROM = 150  # codes; a larger book opens with its families and their children


@login_required
@require_safe
def show_codebook(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    return page(request, study)


@login_required
@require_safe
def show_pane(request, slug):
    """What the page shows beside the tree, as a fragment; the same parameters."""
    study = reach(Study.objects, request.user, "read", slug=slug)
    book = Book(study)
    return render(request, "coding/_code_pane.html", {"study": study, **pane(request, book)})


def page(request, study, shown=None, status=200):
    """The page as the address asks for it, or with this in its pane: what a refused form holds."""
    book = Book(study)
    shown = pane(request, book) if shown is None else shown
    chosen = shown.get("chosen")
    rows = _shown_rows(request, book, chosen)
    context = {
        "study": study,
        "page": "codebook",
        "rows": rows,
        "asked": request.GET.get("q", "").strip(),
        "own_only": request.GET.get("subcodes") == "no",
        "with_retired": request.GET.get("retired") == "yes",
        "n_codes": sum(code.retired_at is None for code in book.codes),
        "n_retired": sum(code.retired_at is not None for code in book.codes),
        "n_families": sum(code.retired_at is None and code.parent_id is None for code in book.codes),
        **shown,
    }
    return render(request, "coding/codebook.html", context, status=status)


class Book:
    """A study's codes with their looks, paths and counts: two queries, however large."""

    def __init__(self, study):
        self.study = study
        self.codes = list(study.codes.select_related("merged_into"))
        self.by_id = {code.pk: code for code in self.codes}
        for code in self.codes:
            code.study, code.parent = study, self.by_id.get(code.parent_id)
        self.looks = looks(self.codes)
        self.paths = codebook.paths(self.codes)
        self.rows = _rows(self.codes, self.looks, self.paths, codebook.uses(study, "respondent_id"))
        self.row_of = {row["pk"]: row for row in self.rows}

    def hue(self, code):
        return self.looks[code.pk].split()[0].removeprefix("hue-")

    def hues(self, code=None):
        """``[(hue, whose it is)]``: no two families choose one hue while others are free."""
        families = [each for each in self.codes if each.parent_id is None and each != code]
        taken = {self.hue(each): each.name for each in families}
        return [(hue, taken.get(hue, "") if len(families) < len(HUES) else "") for hue in HUES]


def _rows(codes, look_of, path_of, uses):
    """A dict for each code, in tree order; its counts are of the code itself, those of its subtree beside them."""
    rows = [
        {
            "code": code,
            "pk": code.pk,
            "parent": code.parent_id,
            "level": depth + 1,
            "look": look_of[code.pk],
            "path": path_of[code.pk][:-1],
            "own": sum(uses.get(code.pk, {}).values()),
            "own_people": {person for (person,) in uses.get(code.pk, {}) if person},
            "is_parent": False,
        }
        for depth, code in codebook.in_tree_order(codes)
    ]
    by_id = {row["pk"]: row for row in rows}
    for row in rows:
        row["all"], row["people"] = row["own"], set(row["own_people"])
    for row in reversed(rows):  # children come after their parents
        parent = by_id.get(row["parent"])
        if parent:
            parent["is_parent"] = True
            parent["all"] += row["all"]
            parent["people"] |= row["people"]
    return rows


def _shown_rows(request, book, chosen):
    """The rows the address asks for; deep ones of a large book are hidden until they are opened."""
    asked = request.GET.get("q", "").strip()
    with_retired = request.GET.get("retired") == "yes" or asked
    wanted = {
        code.pk for code in book.codes if (with_retired or not code.retired_at) and _matches(code, asked)
    }
    wanted |= {chosen["pk"]} if chosen else set()
    shown = _with_parents(book.codes, wanted)
    if len(book.codes) > FOLDED_FROM and not asked:
        above = _with_parents(book.codes, {chosen["pk"]}) if chosen else set()
        for row in book.rows:
            row["hidden"] = row["level"] > 2 and row["parent"] not in above
            row["folded"] = row["level"] > 1 and row["is_parent"] and row["pk"] not in above
    return [row for row in book.rows if row["pk"] in shown]


def out_of_sight(request, book, code):
    """Ids of the codes that the tree does not show beside a code: keys that move it go past them."""
    return book.row_of.keys() - {row["pk"] for row in _shown_rows(request, book, book.row_of[code.pk])}


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


def pane(request, book):
    """What the address wants in the pane: ``new``, ``act`` with ``codes``, or ``code``."""
    asked = request.GET
    chosen = book.row_of.get(whole_number(asked.get("code")))
    if "new" in asked or "act" in asked:
        if not book.study.may["manage_codebook"]:
            raise PermissionDenied
        if "new" in asked:
            return new_pane(book, parent=book.by_id.get(whole_number(asked["new"])))
        codes = [book.by_id[pk] for pk in map(whole_number, asked.getlist("codes")) if pk in book.by_id]
        if not codes or asked["act"] not in PANES:
            raise Http404
        return PANES[asked["act"]](book, codes, asked if "into" in asked else None)
    return code_pane(request.user, book, chosen) if chosen else {"mode": "nothing"}


def new_pane(book, parent=None, form=None):
    form_class = NewCodeForm.of(book.study, book.codes)
    form = form or form_class(initial={"parent": parent and parent.pk}, auto_id="code_%s")
    return {"mode": "new", "form": form, "parent": parent}


def move_pane(book, codes, given=None, form=None):
    form = form or MoveForm(study=book.study, codes=codes, everything=book.codes)
    return {"mode": "move", "codes": codes, "form": form, "chosen": book.row_of[codes[0].pk]}


def merge_pane(book, codes, given=None, form=None, refused=""):
    form = form or MergeForm(given, study=book.study, codes=codes, everything=book.codes)
    into = form.cleaned_data["into"] if form.is_bound and form.is_valid() else None
    if into and not refused:
        refused = next(filter(None, (codebook.why_not_merge(code, into) for code in codes)), "")
    return {
        "mode": "merge",
        "codes": codes,
        "form": form,
        "into": into,
        "refused": refused,
        "preview": codebook.merge_preview(codes, into) if into and not refused else None,
        "chosen": book.row_of[codes[0].pk],
    }


PANES = {"move": move_pane, "merge": merge_pane}


def code_pane(user, book, row, form=None, rival=None):
    """One code: what is said of it, as a form for who may change it, and where it is used.

    ``rival`` is what somebody else has changed meanwhile: ``{"who", "when", "fields": [(label, as it is now)]}``.
    """
    code = row["code"]
    asked_of = list(code.asked_of.all())
    types = list(book.study.respondent_types.all())
    uses = (
        codebook.uses(book.study, "coder_id", "respondent_id", codes=[code.pk])[code.pk] if row["own"] else {}
    )
    if form is None and book.study.may["manage_codebook"] and not code.retired_at:
        form = EditCodeForm.of(book.study, book.codes)(
            instance=code, initial={"hue": book.hue(code)}, auto_id="code_%s"
        )
    return {
        "mode": "code",
        "chosen": row,
        "code": code,
        "form": form,
        "rival": rival,
        "hues": book.hues(code) if code.parent_id is None else [],
        "asked_of": asked_of,
        "by_type": _by_type(book.study, uses, types, asked_of),
        "by_coder": _by_coder(uses),
        "why_not_delete": codebook.why_not_delete(code) if book.study.may["manage_codebook"] else "",
        "memos": _memos(user, code),
    }


def _by_type(study, uses, types, asked_of):
    """Of each respondent type: how many of those interviewed have the code, and how often."""
    people = _interviewed(study)
    counts = {}
    for (_coder, person), n in uses.items():
        kind = people.get(person)
        have, coded = counts.get(kind, (set(), 0))
        counts[kind] = (have | {person}, coded + n)
    lines = []
    for kind in [*types, None]:
        pk = kind.pk if kind else None
        have, coded = counts.get(pk, ((), 0))
        of = sum(each == pk for each in people.values())
        if kind or coded:
            lines.append(
                {
                    "kind": kind,
                    "have": len([person for person in have if person in people]),
                    "of": of,
                    "coded": coded,
                    "asked": not asked_of or kind in asked_of,
                }
            )
    return lines


def _interviewed(study):
    """``{respondent id: id of the type}`` of those who were interviewed."""
    transcripts = Transcript.objects.filter(study=study).kept()
    speaking = Speaker.objects.filter(respondent=OuterRef("pk"), transcript__in=transcripts)
    found = Respondent.objects.filter(study=study).kept().order_by()
    found = found.filter(Exists(transcripts.filter(respondent=OuterRef("pk"))) | Exists(speaking))
    return dict(found.values_list("pk", "respondent_type"))


def _by_coder(uses):
    """``(coder's name, number of coded segments)`` of a code, all coders who used it."""
    counts = {}
    for (coder, _person), n in uses.items():
        counts[coder] = counts.get(coder, 0) + n
    coders = get_user_model().objects.filter(pk__in=counts).order_by("username")
    return [(coder.get_username(), counts[coder.pk]) for coder in coders]


def _memos(user, code):
    """``(memo, its first words)`` of those on a code, on its coded segments, or with a link to it."""
    readable = Memo.objects.readable_by(user).filter(study=code.study_id).with_targets()
    return [(memo, memos.gist(memo.text)) for memo in memos.about_code(readable, code.pk)[:MEMOS_SHOWN]]
