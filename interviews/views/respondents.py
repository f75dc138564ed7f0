"""The respondents of a study: the table, one by one, their types and attributes, and tables brought in."""

import base64

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.db import transaction
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import material, respondents
from ..access import reach
from ..forms_material import AttributeForm, RespondentForm, TableForm, TypeForm
from ..models import Attribute, Respondent, RespondentType, Study
from ..tables import TableError, read_table

MAX_TABLE_BYTES = 2 * 1024 * 1024  # it travels to the preview and back, so that nothing is kept before


@login_required
@require_safe
def list_respondents(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    attributes = list(study.attributes.all())
    people = list(study.respondents.kept().select_related("respondent_type"))
    heard = _transcripts_by_respondent(study)
    for person in people:
        person.cells = [(each, respondents.in_words(person.values.get(each.key))) for each in attributes]
        person.transcripts = heard.get(person.pk, [])
    context = {
        "study": study,
        "page": "respondents",
        "people": people,
        "attributes": attributes,
        "types": study.respondent_types.all(),
    }
    return render(request, "interviews/respondents.html", context)


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
    return _form_page(request, person.study, form, heading, person=person if person.pk else None)


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
    kind = _reach(RespondentType.objects, request, type_id)
    return _edit_named(request, TypeForm, kind, _("Respondent type %(name)s") % {"name": kind.name})


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
