"""Replacing names by pseudonyms, and what owners do with the key and with what still holds names.

Names travel in the bodies of forms only: not in addresses, the session, messages or the log.
"""

from collections import Counter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import history, pseudonymising
from ..access import reach
from ..forms_names import DestroyForm, OpenForm, PassphraseForm, rules_in, skipped_in, terms_in
from ..models import NamesKey, SealedNames, Study
from ..names import Rule, Rules

KINDS = {
    "term": gettext_lazy("looked for"),
    "respondent": gettext_lazy("respondent"),
    "label": gettext_lazy("speaker label"),
    "e-mail": gettext_lazy("e-mail address"),
    "url": gettext_lazy("web address"),
    "phone": gettext_lazy("telephone number"),
    "number": gettext_lazy("identity number"),
    "birth": gettext_lazy("date of birth"),
    "date": gettext_lazy("other date"),
}
IDENTIFIERS = ("e-mail", "url", "phone", "number", "birth", "date")

private = cache_control(private=True, no_store=True)


@private
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def find_names(request, slug):
    """Find names, say what takes their place, look at what that does, replace."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    do = request.POST.get("do", "find")
    if request.method != "POST" or do == "find":
        return _finding(request, study)
    rules, problems = rules_in(request.POST)
    if problems:
        return _finding(request, study, problems)
    if do == "replace":
        return _replace(request, study, rules)
    return _looking(request, study, rules)


def _finding(request, study, problems=()):
    terms = terms_in(request.POST)
    typed = dict(zip(request.POST.getlist("original"), request.POST.getlist("pseudonym"), strict=False))
    found = pseudonymising.candidates(study, [*terms, *_typed_terms(request)])
    for each in found:
        each.kind_name, each.pseudonym = KINDS[each.kind], typed.get(each.words, "")
    context = {
        "study": study,
        "names": [each for each in found if each.kind not in IDENTIFIERS],
        "identifiers": [
            (
                kind,
                KINDS[kind],
                [each for each in found if each.kind == kind],
                request.POST.get(f"all-{kind}", ""),
            )
            for kind in IDENTIFIERS
            if any(each.kind == kind for each in found)
        ],
        "terms": request.POST.get("terms", ""),
        "problems": problems,
        "has_key": NamesKey.objects.filter(study=study).exists(),
    }
    return render(request, "interviews/names.html", context)


def _typed_terms(request):
    """Names looked for earlier, so that they stay in the list while others are looked for."""
    kinds = request.POST.getlist("kind")
    pairs = zip(request.POST.getlist("original"), kinds, strict=False)
    return [original for original, kind in pairs if kind == "term"]


def _looking(request, study, rules, refused=""):
    ahead = pseudonymising.foresee(study, rules, request.user)
    numbers = Counter(rule.pseudonym.casefold() for rule in rules)
    there = Rules([Rule(rule.pseudonym, rule.pseudonym) for rule in rules])
    standing = pseudonymising.standing(study, there)
    lines = [
        {
            "number": number,
            "rule": rule,
            "spellings": ahead.spellings[number].items(),
            "places": ahead.places[number],
            "is_shared": numbers[rule.pseudonym.casefold()] > 1,
            "stands": number in standing,
        }
        for number, rule in enumerate(rules)
    ]
    context = {
        "study": study,
        "lines": lines,
        "ahead": ahead,
        "elsewhere": [
            (model._meta.model_name, model._meta.verbose_name_plural, number, samples)
            for model, number, samples in ahead.elsewhere
        ],
        "refused": refused,
        "has_key": NamesKey.objects.filter(study=study).exists(),
    }
    return render(request, "interviews/names_ahead.html", context, status=409 if refused else 200)


def _replace(request, study, rules):
    try:
        pseudonymising.replace(
            study,
            request.user,
            rules,
            skipped=skipped_in(request.POST),
            left_out=request.POST.getlist("leave"),
            state=request.POST.get("state", ""),
        )
    except pseudonymising.Refused as refusal:
        return _looking(request, study, rules, str(refusal))
    study.refresh_from_db(fields=["slug"])  # it may have held a name
    messages.success(
        request, _("The names are replaced. Older revisions and originals that hold them are sealed.")
    )
    return redirect("interviews:history", study.slug)


# For owners


def _owned(request, slug):
    return reach(Study.objects, request.user, "see_names", slug=slug)


@private
@login_required
@require_safe
def show_key(request, slug):
    return _key_page(request, _owned(request, slug))


def _key_page(request, study, status=200, **forms):
    has_key = NamesKey.objects.filter(study=study).exists()
    batches = SealedNames.objects.filter(study=study, undone=False).select_related("event__actor")
    context = {
        "study": study,
        "has_key": has_key,
        "passphrase": PassphraseForm(has_key=has_key, auto_id="id_set_%s"),
        "erasing": OpenForm(auto_id="id_erase_%s"),
        "opening": OpenForm(auto_id="id_open_%s"),
        "taking": OpenForm(auto_id="id_back_%s"),
        "destroying": DestroyForm(study=study, auto_id="id_sealed_%s"),
        "burning": DestroyForm(study=study, auto_id="id_key_%s"),
        "batches": batches.order_by("-pk"),
        "sealed": pseudonymising.sealed_things(study),
        **forms,
    }
    return render(request, "interviews/names_key.html", context, status=status)


@private
@sensitive_post_parameters()
@login_required
@require_POST
def set_passphrase(request, slug):
    study = _owned(request, slug)
    has_key = NamesKey.objects.filter(study=study).exists()
    form = PassphraseForm(request.POST, has_key=has_key, auto_id="id_set_%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            pseudonymising.set_passphrase(study, given["new"], old=given.get("old"))
        except pseudonymising.Refused as refusal:
            form.add_error("old", str(refusal))
        else:
            messages.success(request, _("The passphrase is set. Keep it where you keep consent forms."))
            return redirect("interviews:names-key", study.slug)
    return _key_page(request, study, passphrase=form)


@private
@sensitive_post_parameters()
@login_required
@require_POST
def open_key(request, slug):
    """Who was who, in this one answer and nowhere else; the history says who has looked."""
    study = _owned(request, slug)
    form = OpenForm(request.POST, auto_id="id_open_%s")
    if form.is_valid():
        try:
            pairs = pseudonymising.unlocked(study, form.cleaned_data["passphrase"])
        except pseudonymising.Refused as refusal:
            form.add_error("passphrase", str(refusal))
        else:
            with transaction.atomic():
                history.note(study, request.user, "open-names-key", study, {})
            return _key_page(request, study, opening=OpenForm(auto_id="id_open_%s"), pairs=pairs)
    return _key_page(request, study, opening=form)


@private
@sensitive_post_parameters()
@login_required
@require_POST
def take_back(request, slug):
    """Put the names of the last replacement back."""
    study = _owned(request, slug)
    form = OpenForm(request.POST, auto_id="id_back_%s")
    last = SealedNames.objects.filter(study=study, undone=False).select_related("study").last()
    if form.is_valid() and last:
        try:
            stays = pseudonymising.take_back(last, form.cleaned_data["passphrase"], request.user)
        except pseudonymising.Refused as refusal:
            form.add_error("passphrase", str(refusal))
        else:
            messages.success(request, _("The names are back."))
            if stays.rows:
                told = ngettext(
                    "%(n)s entry was changed since and stays as it is.",
                    "%(n)s entries were changed since and stay as they are.",
                    stays.rows,
                )
                messages.warning(request, told % {"n": stays.rows})
            if stays.places:
                told = ngettext(
                    "At %(n)s place in the texts the pseudonym stays, as its words were edited since.",
                    "At %(n)s places in the texts the pseudonyms stay, as their words were edited since.",
                    stays.places,
                )
                messages.warning(request, told % {"n": stays.places})
            study.refresh_from_db(fields=["slug"])
            return redirect("interviews:names-key", study.slug)
    return _key_page(request, study, taking=form)


@private
@sensitive_post_parameters()
@login_required
@require_POST
def erase_entry(request, slug):
    """Erase one line of the key, for somebody whom nobody is to be able to name again."""
    study = _owned(request, slug)
    form = OpenForm(request.POST, auto_id="id_erase_%s")
    if form.is_valid():
        passphrase = form.cleaned_data["passphrase"]
        try:
            pseudonymising.erase_entry(study, request.POST.get("entry", ""), passphrase, request.user)
        except pseudonymising.Wrong as refusal:
            form.add_error("passphrase", str(refusal))
        except pseudonymising.Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("interviews:names-key", study.slug)
        else:
            messages.success(request, _("The entry is erased: nobody can tell any more who it was."))
            return redirect("interviews:names-key", study.slug)
    return _key_page(request, study, erasing=form)


@login_required
@require_POST
def destroy_sealed(request, slug):
    study = _owned(request, slug)
    form = DestroyForm(request.POST, study=study, auto_id="id_sealed_%s")
    if not form.is_valid():
        return _key_page(request, study, destroying=form)
    pseudonymising.destroy(study, request.user)
    messages.success(request, _("Destroyed. The history says how much it was."))
    return redirect("interviews:names-key", study.slug)


@login_required
@require_POST
def destroy_key(request, slug):
    study = _owned(request, slug)
    form = DestroyForm(request.POST, study=study, auto_id="id_key_%s")
    if not form.is_valid():
        return _key_page(request, study, burning=form)
    pseudonymising.destroy_key(study, request.user)
    messages.success(request, _("The key is destroyed: nobody can tell any more who was who."))
    return redirect("interviews:names-key", study.slug)
