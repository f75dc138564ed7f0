"""What the codebook's page does with codes: plain POSTs that lead back to it, or show it with the reason why not."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from coding import codebook
from coding.codebook import Refused
from coding.forms import EditCodeForm, MergeForm, MoveForm, NewCodeForm
from coding.models import Code
from coding.views.codebook_page import Book, code_pane, merge_pane, move_pane, new_pane, out_of_sight, page
from interviews import history
from interviews.access import reach
from interviews.models import Study
from interviews.numbers import whole_number

KEPT = ("q", "subcodes", "retired")  # parameters of the page that an act leaves as they are
REFUSED = 422


@login_required
@require_POST
def create_code(request, slug):
    study = reach(Study.objects, request.user, "manage_codebook", slug=slug)
    form = NewCodeForm.of(study, list(study.codes.all()))(request.POST, auto_id="code_%s")
    if form.is_valid():
        try:
            code = codebook.create_code(study, request.user, **form.written())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return _done(request, study, _("“%(code)s” is added.") % {"code": code}, code)
    return page(request, study, new_pane(Book(study), form=form), status=REFUSED)


@login_required
@require_POST
def edit_code(request, code_id):
    """Save a code, unless somebody else has changed it since the form was opened: then that is shown first."""
    code = reach(Code.objects.select_related("study"), request.user, "manage_codebook", pk=code_id)
    study = code.study
    study.my_role = code.my_role
    book = Book(study)
    row = book.row_of[code.pk]
    form_class = EditCodeForm.of(study, book.codes)
    form = form_class(request.POST, instance=code, initial={"hue": book.hue(code)}, auto_id="code_%s")
    rival = _rival(form)
    if form.is_valid() and not rival:
        try:
            codebook.edit_code(code, request.user, **form.written())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return _done(request, study, _("“%(code)s” is saved.") % {"code": code}, code)
    if rival:
        form.data = form.data.copy()
        form.data["seen"] = form.before
    return page(request, study, code_pane(request.user, book, row, form, rival), status=REFUSED)


def _rival(form):
    """Who has changed the code since its form was opened, when, and how it is now; None if nobody has."""
    if form.data.get("seen") == form.before:
        return None
    code, last = codebook.last_saved(form.instance)
    differing = [
        (form.fields[name].label, getattr(code, name))
        for name in (*codebook.MEANING, "origin")
        if form.data.get(name, "").replace("\r\n", "\n").strip() != getattr(code, name)
    ]
    return {"event": last, "fields": differing}


@login_required
@require_POST
def act_on_codes(request, slug):
    """Do something with one code or several, as one change; ``do`` is one of ACTS, ``codes`` their numbers."""
    study = reach(Study.objects, request.user, "manage_codebook", slug=slug)
    act = ACTS.get(request.POST.get("do"))
    if act is None:
        raise Http404
    codes = _codes(study, request.POST.getlist("codes"))
    if not codes and act not in WITHOUT_CODES:
        messages.error(request, _("Choose a code first."))
        return redirect(_address(request, study))
    return act(request, study, codes)


def _codes(study, given):
    wanted = set(map(whole_number, given)) - {None}
    return list(study.codes.filter(pk__in=wanted).select_related("study", "parent"))


def _address(request, study, code=None):
    query = QueryDict(mutable=True)
    query.update({name: request.GET[name] for name in KEPT if request.GET.get(name)})
    if code:
        query["code"] = code.pk
    return f"{reverse('coding:codebook', args=[study.slug])}{'?' if query else ''}{query.urlencode()}"


def _done(request, study, sentence, code=None):
    """Back to the page, with what was done and the way to undo it."""
    last = study.events.filter(actor=request.user, action__in=UNDONE_HERE).order_by("-pk").first()
    messages.success(request, sentence, extra_tags=str(last.pk) if last else "")
    return redirect(_address(request, study, code))


def _simply(do, sentence):
    """An act on the chosen codes that needs nothing else: ``do(codes, actor)`` gives those it changed, or one."""

    def act(request, study, codes):
        try:
            done = do(codes, request.user)
        except Refused as refusal:
            return _refused(request, study, refusal, codes[0])
        done = done if isinstance(done, list) else [done]
        return _done(request, study, sentence(done), done[0])

    return act


def _refused(request, study, refusal, code=None):
    messages.error(request, str(refusal))
    return redirect(_address(request, study, code))


def _step(do):
    """A move by keys, as the tree is seen: past what is retired and hidden, or filtered out."""

    def act(request, study, codes):
        hidden = out_of_sight(request, Book(study), codes[0])
        return _simply(lambda moving, actor: do(moving[0], actor, hidden), MOVED)(request, study, codes)

    return act


def _of_one(do):
    return lambda codes, actor: do(codes[0], actor)


def _told(one, many):
    """A sentence on what was done with one code, by its name, or with several, by their number."""

    def sentence(codes):
        return many % {"n": len(codes)} if len(codes) > 1 else one % {"code": codes[0]}

    return sentence


def _move(request, study, codes):
    """Before or after a code, or into it (``at`` and ``place``, as dropped); else as the form says."""
    if "at" in request.POST:
        return _drop(request, study, codes)
    form = MoveForm(request.POST, study=study, codes=codes)
    if form.is_valid():
        position = 0 if form.cleaned_data["place"] == "first" else None
        try:
            codebook.move_codes(codes, request.user, form.cleaned_data["parent"], position)
        except Refused as refusal:
            form.add_error("parent", str(refusal))
        else:
            return _done(request, study, MOVED(codes), codes[0])
    return page(request, study, move_pane(Book(study), codes, form=form), status=REFUSED)


@transaction.atomic
def _drop(request, study, codes):
    [target] = _codes(study, [request.POST["at"]]) or [None]
    place = request.POST.get("place")
    if target is None or place not in ("before", "after", "into"):
        raise Http404
    moving = {code.pk for code in codes}
    if target.pk in moving:
        return redirect(_address(request, study, codes[0]))
    codebook.lock(study)
    parent, position = target, None
    if place != "into":
        parent = target.parent
        staying = [
            pk for pk in study.codes.filter(parent=parent).values_list("pk", flat=True) if pk not in moving
        ]
        position = staying.index(target.pk) + (place == "after")
    try:
        codebook.move_codes(codes, request.user, parent, position)
    except Refused as refusal:
        return _refused(request, study, refusal, codes[0])
    return _done(request, study, MOVED(codes), codes[0])


def _merge(request, study, codes):
    form, refused = MergeForm(request.POST, study=study, codes=codes), ""
    if form.is_valid():
        into = form.cleaned_data["into"]
        try:
            codebook.merge_codes(codes, into, request.user)
        except Refused as refusal:
            refused = str(refusal)
        else:
            names = ", ".join(f"“{code}”" for code in codes)
            told = _("%(codes)s merged into “%(into)s”.") % {"codes": names, "into": into}
            return _done(request, study, told, into)
    return page(request, study, merge_pane(Book(study), codes, form=form, refused=refused), status=REFUSED)


def _rename(request, study, codes):
    """A new name alone, as typed in the tree; where it cannot be, the code's form holds it and says why."""
    code = codes[0]
    try:
        codebook.edit_code(code, request.user, name=request.POST.get("name", ""))
    except Refused as refusal:
        book = Book(study)
        form = EditCodeForm.of(study, book.codes)(instance=code, auto_id="code_%s")
        values = {name: form[name].value() for name in form.fields}
        values |= {"name": request.POST.get("name", ""), "hue": book.hue(code)}
        form = type(form)(_posted(values), instance=code, initial={"hue": book.hue(code)}, auto_id="code_%s")
        form.is_valid()
        if not form.errors:
            form.add_error(refusal.field, str(refusal))
        return page(request, study, code_pane(request.user, book, book.row_of[code.pk], form), status=REFUSED)
    return _done(request, study, _("Renamed."), code)


def _posted(values):
    data = QueryDict(mutable=True)
    for name, value in values.items():
        if isinstance(value, list):
            data.setlist(name, [getattr(each, "pk", each) for each in value])
        else:
            data[name] = "" if value is None else value
    return data


def _delete(request, study, codes):
    try:
        codebook.delete_code(codes[0], request.user)
    except Refused as refusal:
        return _refused(request, study, refusal, codes[0])
    return _done(request, study, _("“%(code)s” is deleted. It was never used.") % {"code": codes[0]})


def _undo(request, study, codes):
    event = get_object_or_404(study.events.filter(pk=_event_id(request), action__in=UNDONE_HERE))
    try:
        history.undo(event, request.user)
    except history.Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, _("Undone."))
    return redirect(_address(request, study, codes[0] if codes else None))


def _event_id(request):
    return whole_number(request.POST.get("event", "")) or 0


def _set_reasons(request, study, codes):
    required = request.POST.get("required") == "yes"
    codebook.require_reasons(study, request.user, required)
    told = (
        _("From now on a change of a definition needs a reason.")
        if required
        else _("A change of a definition needs no reason any more.")
    )
    messages.success(request, told)
    return redirect(_address(request, study))


def _retire(request, study, codes):
    retired = _simply(codebook.retire_codes, RETIRED)(request, study, codes)
    if warning := codebook.left_in_use(codes):
        messages.warning(request, warning)
    return retired


RETIRED = _told(gettext_lazy("“%(code)s” is retired."), gettext_lazy("%(n)d codes are retired."))
MOVED = _told(gettext_lazy("“%(code)s” is moved."), gettext_lazy("%(n)d codes are moved."))
ACTS = {
    "up": _step(codebook.move_up),
    "down": _step(codebook.move_down),
    "in": _step(codebook.move_in),
    "out": _simply(_of_one(codebook.move_out), MOVED),
    "retire": _retire,
    "restore": _simply(
        codebook.restore_codes,
        _told(gettext_lazy("“%(code)s” is in use again."), gettext_lazy("%(n)d codes are in use again.")),
    ),
    "duplicate": _simply(_of_one(codebook.duplicate), _told(gettext_lazy("“%(code)s” is added."), "")),
    "move": _move,
    "merge": _merge,
    "rename": _rename,
    "delete": _delete,
    "undo": _undo,
    "reasons": _set_reasons,
}
WITHOUT_CODES = {_undo, _set_reasons}
UNDONE_HERE = [
    action
    for action, act in history.undoable.items()
    if act == "manage_codebook" and action.endswith(("-code", "-codes"))
]
