"""The respondents of a study: the table, one by one, their types and attributes, and tables brought in."""

import base64
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import history, material, respondent_types, respondents, voices
from ..access import reach
from ..forms_material import (
    AttributeForm,
    CellForm,
    MergeTypeForm,
    RespondentForm,
    SplitTypeForm,
    TableForm,
    TypeForm,
    to_field,
)
from ..models import Attribute, Respondent, RespondentType, Study
from ..tables import TableError, read_table
from .asking import is_script

MAX_TABLE_BYTES = 2 * 1024 * 1024  # it travels to the preview and back, so that nothing is kept before


class Cell(NamedTuple):
    """A cell of the table: the field of CellForm that changes it, its value there, and in words."""

    field: str
    name: str
    value: object
    words: str
    is_number: bool = False


class Head(NamedTuple):
    """A column's head: its name, the address that sorts by it, and how it is sorted now."""

    name: str
    address: str
    sorted: str
    is_number: bool = False


class Table:
    """The respondents of a study as rows of cells, in the order that an address asks for."""

    def __init__(self, study, params=None, only=None):
        self.study, self.params = study, params or {}
        self.attributes = list(study.attributes.all())
        self.types = list(study.respondent_types.all())
        self.heard = _transcripts_by_respondent(study)
        self.counted = respondents.coded_segments(study, only)

    @property
    def kind(self):
        return self.params.get("type", "")

    def people(self):
        """All of the type that is asked for, in the order that is asked for, what is unknown last."""
        rows = self.study.respondents.kept().select_related("respondent_type")
        if self.kind:
            rows = rows.filter(respondent_type__key=self.kind)
        people = [self.row(person) for person in rows]
        column = self.params.get("sort", "").removeprefix("-")
        known = [person for person in people if self._sorting(person, column) is not None]
        known.sort(
            key=lambda p: self._sorting(p, column), reverse=self.params.get("sort", "").startswith("-")
        )
        return known + [person for person in people if self._sorting(person, column) is None]

    def _sorting(self, person, column):
        if column == "transcripts":
            return len(person.transcripts)
        if column == "coded":
            return person.coded[0]
        cell = next((cell for cell in person.cells if cell.field == column), person.cells[0])
        if cell.is_number:
            return cell.value if isinstance(cell.value, int | float) else None
        return cell.words.casefold() or None

    def row(self, person):
        """The respondent with ``cells``, ``transcripts`` and ``coded``."""
        person.cells = [
            Cell("pseudonym", _("Pseudonym"), person.pseudonym, person.pseudonym),
            Cell(
                "respondent_type",
                _("Type"),
                person.respondent_type_id or "",
                person.respondent_type.name if person.respondent_type else "",
            ),
            *(self._value(person, attribute) for attribute in self.attributes),
        ]
        person.transcripts = self.heard.get(person.pk, [])
        person.coded = self.counted.get(person.pk, (0, ""))
        return person

    def _value(self, person, attribute):
        value = person.values.get(attribute.key)
        return Cell(
            f"value_{attribute.pk}",
            attribute.name,
            "" if value is None else to_field(value),
            respondents.in_words(value),
            attribute.kind == Attribute.Kind.NUMBER,
        )

    def heads(self):
        """The columns' heads, in the order of the columns."""
        values = [
            (f"value_{each.pk}", each.name, each.kind == Attribute.Kind.NUMBER) for each in self.attributes
        ]
        return [
            self._head("pseudonym", _("Pseudonym")),
            self._head("respondent_type", _("Type")),
            self._head("transcripts", _("Transcripts")),
            self._head("coded", _("Coded segments"), True),
            *(self._head(*each) for each in values),
        ]

    def _head(self, column, name, is_number=False):
        now = self.params.get("sort") or "pseudonym"
        is_sorted = {column: "ascending", f"-{column}": "descending"}.get(now, "")
        wanted = {"type": self.kind, "sort": f"-{column}" if is_sorted == "ascending" else column}
        return Head(name, "?" + urlencode({k: v for k, v in wanted.items() if v}), is_sorted, is_number)


@login_required
@require_safe
def list_respondents(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    table = Table(study, request.GET)
    context = {"study": study, "page": "respondents", "table": table, "people": table.people()}
    if study.may["manage_material"]:
        context["editors"] = RespondentForm(instance=Respondent(study=study))
    return render(request, "interviews/respondents.html", context)


@login_required
@require_POST
def edit_cell(request, respondent_id):
    """Change one field of a respondent; answers with the row as it is now, or with what is wrong, as text.

    Where somebody has changed it since the sender ``seen`` it, that is told first, with what it is now.
    """
    person = _reach(Respondent.objects.kept(), request, respondent_id)
    field = request.POST.get("field", "")
    form = CellForm({field: request.POST.get("value", "")}, instance=person, field=field)
    if not form.fields:
        raise Http404
    value = form.get_initial_for_field(form.fields[field], field)
    now = "" if value is None else str(value)
    if request.POST.get("seen", now) != now:
        choices = getattr(form.fields[field], "choices", ())
        words = next((str(label) for key, label in choices if str(key) == now), now)
        return JsonResponse({"detail": _told_of_rival(person, words), "now": now}, status=409)
    if not form.is_valid():
        said = " ".join(error for errors in form.errors.values() for error in errors)
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    form.instance.values = form.values()
    event = respondents.save(form.instance, request.user)
    return _rows(request, form.instance.study, [person.pk], event)


def _told_of_rival(person, now):
    last = person.study.events.filter(mentions__key=history.key_of(person)).order_by("-pk")
    event = last.select_related("actor").first()
    return _(
        "%(who)s has changed this at %(when)s: it is “%(now)s” now. Once more puts yours in its place."
    ) % {
        "who": event.actor.get_username() if event and event.actor else _("Somebody"),
        "when": timezone.localtime(event.at if event else None).strftime("%H:%M"),
        "now": now,
    }


def _rows(request, study, pks, event):
    """Rows as they are now, the first of them with the way to undo the event."""
    table = Table(study, only=pks[0] if len(pks) == 1 else None)
    people = Respondent.objects.kept().select_related("respondent_type").in_bulk(pks)
    rows = [table.row(people[pk]) for pk in pks if pk in people]
    context = {"study": study, "people": rows, "event": event}
    return render(request, "interviews/_respondent_rows.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def link_transcripts(request, respondent_id):
    """In which transcripts a respondent speaks: a page, and for the script the editor of a cell."""
    person = _reach(Respondent.objects.kept(), request, respondent_id)
    study, problem = person.study, ""
    if request.method == "POST":
        had, chosen = (frozenset(filter(None, request.POST.getlist(name))) for name in ("had", "voice"))
        try:
            event, people = voices.link(person, chosen - had, had - chosen, request.user)
        except voices.Refused as refused:
            problem = str(refused)
        else:
            if is_script(request):
                return _rows(request, study, [person.pk, *sorted(people - {person.pk})], event)
            messages.success(request, _("Saved. All that is coded here counts for who speaks now."))
            return redirect("interviews:respondents", study.slug)
    if problem and is_script(request):
        return HttpResponse(problem, status=422, content_type="text/plain; charset=utf-8")
    known = list(voices.voices(study))
    context = {
        "study": study,
        "page": "respondents",
        "person": person,
        "theirs": [voice for voice in known if voice.owner == person],
        "others": [voice for voice in known if voice.owner != person],
        "problem": problem,
    }
    template = "_respondent_transcripts" if is_script(request) else "respondent_transcripts"
    return render(request, f"interviews/{template}.html", context, status=422 if problem else 200)


def _transcripts_by_respondent(study):
    """The transcripts in which each respondent speaks, as ``{respondent id: [Transcript]}``."""
    found = {}
    transcripts = study.transcripts.kept().without_text().prefetch_related("speakers")
    for transcript in transcripts:
        who = {transcript.respondent_id, *(speaker.respondent_id for speaker in transcript.speakers.all())}
        for respondent_id in who - {None}:
            found.setdefault(respondent_id, []).append(transcript)
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create_respondent(request, slug):
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    return _edit_respondent(request, Respondent(study=study))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_respondent(request, respondent_id):
    return _edit_respondent(request, _reach(Respondent.objects.kept(), request, respondent_id))


def _posted(request):
    """What was posted, even where that is nothing; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def _edit_respondent(request, person):
    form = RespondentForm(_posted(request), instance=person)
    if form.is_valid():
        form.instance.values = form.values()
        respondents.save(form.instance, request.user)
        messages.success(request, _("%(name)s is saved.") % {"name": form.instance.pseudonym})
        return redirect("interviews:respondents", person.study.slug)
    heading = (
        _("Respondent %(name)s") % {"name": form.initial["pseudonym"]} if person.pk else _("New respondent")
    )
    heard = _transcripts_by_respondent(person.study).get(person.pk, []) if person.pk else []
    about = {"person": person if person.pk else None, "transcripts": heard}
    return _form_page(request, person.study, form, heading, **about)


def _reach(queryset, request, pk):
    """A row of whose study this person manages the material; the study knows that too."""
    found = reach(queryset.select_related("study"), request.user, "manage_material", pk=pk)
    found.study.my_role = found.my_role
    return found


def _form_page(request, study, form, heading, **more):
    context = {"study": study, "page": "respondents", "form": form, "heading": heading, **more}
    return render(request, "interviews/respondent_form.html", context)


@login_required
@require_POST
def remove_respondent(request, respondent_id):
    person = _reach(Respondent.objects, request, respondent_id)
    respondents.remove(person, request.user)
    messages.success(request, _("“%(name)s” is in the trash.") % {"name": person.pseudonym})
    return redirect("coding:trash", person.study.slug)


@login_required
@require_POST
def restore_respondent(request, respondent_id):
    person = _reach(Respondent.objects, request, respondent_id)
    try:
        respondents.restore(person, request.user)
    except material.Refused as error:
        messages.error(request, str(error))
        return redirect("coding:trash", person.study.slug)
    messages.success(request, _("“%(name)s” is back, with all that is coded.") % {"name": person.pseudonym})
    return redirect("interviews:respondents", person.study.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create_type(request, slug):
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    return _edit_named(request, TypeForm, RespondentType(study=study), _("New respondent type"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_type(request, type_id):
    """A respondent type's page: its name, and merging and splitting it."""
    kind = _reach(RespondentType.objects, request, type_id)
    do = request.POST.get("do", "rename")
    name = kind.name
    forms = {
        "rename": TypeForm(_posted(request) if do == "rename" else None, instance=kind),
        "merge": MergeTypeForm(_posted(request) if do == "merge" else None, kind=kind, prefix="merge"),
        "split": SplitTypeForm(_posted(request) if do == "split" else None, kind=kind, prefix="split"),
    }
    if do not in forms:
        raise Http404
    if forms[do].is_valid():
        TYPE_ACTS[do](request, kind, forms[do])
        return redirect("interviews:respondents", kind.study.slug)
    context = {
        "study": kind.study,
        "page": "respondents",
        "kind": kind,
        "heading": _("Respondent type %(name)s") % {"name": name},
        "forms": forms,
        "number": forms["split"].fields["people"].queryset.count(),
    }
    return render(request, "interviews/respondent_type.html", context)


def _rename(request, kind, form):
    respondents.save(form.instance, request.user)
    messages.success(request, _("“%(name)s” is saved.") % {"name": form.instance.name})


def _merge(request, kind, form):
    into = form.cleaned_data["into"]
    name = kind.name
    respondent_types.merge(kind, into, request.user)
    messages.success(request, _("“%(name)s” is now part of “%(into)s”.") % {"name": name, "into": into.name})


def _split(request, kind, form):
    people, name = form.cleaned_data["people"], form.cleaned_data["name"]
    respondent_types.split(kind, people, name, request.user)
    messages.success(request, _("“%(name)s” is split off “%(kind)s”.") % {"name": name, "kind": kind.name})


TYPE_ACTS = {"rename": _rename, "merge": _merge, "split": _split}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create_attribute(request, slug):
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    return _edit_named(request, AttributeForm, Attribute(study=study), _("New attribute"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_attribute(request, attribute_id):
    attribute = _reach(Attribute.objects, request, attribute_id)
    return _edit_named(request, AttributeForm, attribute, _("Attribute %(name)s") % {"name": attribute.name})


def _edit_named(request, form_class, row, heading):
    form = form_class(_posted(request), instance=row)
    if form.is_valid():
        respondents.save(form.instance, request.user)
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.instance.name})
        return redirect("interviews:respondents", row.study.slug)
    return _form_page(request, row.study, form, heading)


# The table


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_respondents(request, slug):
    """Choose a table, see what it will do, confirm. The page holds the table in between."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    if "table" in request.POST:
        return _confirm(request, study)
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    if form.is_valid():
        try:
            return _preview(request, study, _bytes_of(form.cleaned_data["file"]))
        except TableError as error:
            form.add_error("file", str(error))
    return _import_page(request, study, form=form)


def _import_page(request, study, **context):
    context |= {"study": study, "page": "respondents"}
    return render(request, "interviews/import_respondents.html", context)


def _bytes_of(file):
    if file.size > MAX_TABLE_BYTES:
        raise TableError(
            _("This table has %(size)s; a table of respondents has at most %(limit)s.")
            % {"size": filesizeformat(file.size), "limit": filesizeformat(MAX_TABLE_BYTES)}
        )
    return file.read()


def _preview(request, study, data, *, changed=False):
    planned = respondents.plan(study, read_table(data))
    table = {"data": base64.b64encode(data).decode(), "digest": planned.digest(), "study": study.pk}
    return _import_page(
        request,
        study,
        plan=planned,
        counts={state: planned.count(state) for state in ("new", "changed", "same", "wrong")},
        new_attributes=[(name, Attribute.Kind(kind).label) for _key, name, kind in planned.attributes],
        table=signing.dumps(table, salt=SALT, compress=True),
        changed=changed,
    )


SALT = "interviews.import-respondents"


def _confirm(request, study):
    """Write what was shown; where the study has changed since, show anew instead."""
    try:
        table = signing.loads(request.POST["table"], salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        table = {}
    if table.get("study") != study.pk:
        messages.error(request, _("The preview has expired. Choose the table again; nothing was written."))
        return redirect("interviews:import-respondents", study.slug)
    data = base64.b64decode(table["data"])
    with transaction.atomic():
        Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        planned = respondents.plan(study, read_table(data))
        if planned.digest() != table["digest"]:
            return _preview(request, study, data, changed=True)
        respondents.apply(study, planned, request.user)
    number = len(planned.to_write)
    messages.success(
        request,
        ngettext("%(number)s respondent written.", "%(number)s respondents written.", number)
        % {"number": number},
    )
    return redirect("interviews:respondents", study.slug)
