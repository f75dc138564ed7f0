"""The codebook in Django's admin, for leads and owners of its study; every write is codebook's."""

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from interviews.models import Study
from interviews.numbers import whole_number

from . import codebook
from .colours import looks
from .forms import AdminCodeForm, MergeForm
from .models import Code, CodedSegment

admin.site.site_header = admin.site.site_title = gettext_lazy("Passages")
admin.site.index_title = gettext_lazy("Administration")
admin.site.enable_nav_sidebar = False

MANY = 100_000  # a codebook is read whole


class StudyFilter(admin.SimpleListFilter):
    """One study at a time, always: the changelist sets it where it is missing."""

    title = gettext_lazy("study")
    parameter_name = "study"

    def lookups(self, request, model_admin):
        return [(study.slug, study.name) for study in model_admin.studies(request)]

    def has_output(self):
        return len(self.lookup_choices) > 1

    def queryset(self, request, queryset):
        return queryset.filter(study__slug=self.value())

    def choices(self, changelist):
        return list(super().choices(changelist))[1:]  # no "All"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("in-use", _("In use")), ("retired", _("Retired")), ("merged", _("Merged"))]

    def queryset(self, request, queryset):
        if self.value() == "in-use":
            return queryset.in_use()
        if self.value() == "retired":
            return queryset.exclude(retired_at=None).filter(merged_into=None)
        if self.value() == "merged":
            return queryset.exclude(merged_into=None)
        return queryset


class FamilyFilter(admin.SimpleListFilter):
    title = gettext_lazy("family")
    parameter_name = "family"

    def lookups(self, request, model_admin):
        study = model_admin.chosen_study(request)
        return [(str(code.pk), code.name) for code in study.codes.filter(parent=None)]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        codes = list(Code.objects.filter(study__slug=request.GET.get("study")))
        return queryset.filter(pk__in=codebook.subtree_ids(codes, whole_number(self.value()) or 0))


class UseFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [("used", _("Used")), ("unused", _("Not used itself"))]

    def queryset(self, request, queryset):
        rows = Exists(CodedSegment.objects.filter(tag=OuterRef("pk")))
        return {"used": queryset.filter(rows), "unused": queryset.filter(~rows)}.get(self.value(), queryset)


class CodeChangeList(ChangeList):
    """The codes in tree order, each with what its row shows; found by search, flat and with their paths."""

    def get_results(self, request):
        super().get_results(request)
        study = self.model_admin.chosen_study(request)
        codes = list(study.codes.select_related("merged_into"))
        found = {code.pk for code in self.result_list}
        look_of, path_of, uses = looks(codes), codebook.paths(codes), codebook.uses(study, "coder_id")
        tree = list(codebook.in_tree_order(codes))
        flat = len(found) < len(tree)
        ends = _ends(codes)
        self.result_list = [code for _depth, code in tree if code.pk in found]
        for depth, code in tree:
            code.study = study
            code.look = look_of[code.pk]
            code.level = 0 if flat else depth
            code.shown_name = codebook.ARROW.join(path_of[code.pk]) if flat else code.name
            code.uses = uses.get(code.pk, {})
            code.first, code.last = ends[code.pk]
            code.movable = not flat


def _ends(codes):
    """``{code id: (is it the first of its siblings, is it the last)}``; codes come in display order."""
    siblings = {}
    for code in codes:
        siblings.setdefault(code.parent_id, []).append(code.pk)
    return {pk: (pk == row[0], pk == row[-1]) for row in siblings.values() for pk in row}


@admin.register(Code)
class CodeAdmin(admin.ModelAdmin):
    form = AdminCodeForm
    fields = AdminCodeForm.Meta.fields
    list_display = ["in_tree", "state", "n_coded_segments", "n_coders", "revision", "place"]
    list_display_links = None
    list_filter = [StudyFilter, StateFilter, FamilyFilter, UseFilter, "origin"]
    list_per_page = list_max_show_all = MANY
    search_fields = ["name", "definition"]
    search_help_text = gettext_lazy("Search in names and definitions")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = []
    actions = ["move_codes", "merge_codes", "retire_codes", "restore_codes"]
    ordering = ["order", "name", "pk"]

    # Who may

    def studies(self, request):
        """The studies whose codebook this person manages."""
        if not hasattr(request, "codebook_studies"):
            found = Study.objects.where_allowed(request.user, "manage_codebook")
            request.codebook_studies = list(found) if request.user.is_staff else []
        return request.codebook_studies

    def chosen_study(self, request, code=None):
        """The study of the code, or the one the address names, or the first. Raises Http404 without any."""
        wanted = request.GET.get("study")
        for study in self.studies(request):
            if study.pk == code.study_id if code else wanted in (None, study.slug):
                return study
        raise Http404

    def get_queryset(self, request):
        return super().get_queryset(request).filter(study__in=self.studies(request))

    def has_module_permission(self, request):
        return bool(self.studies(request))

    def has_view_permission(self, request, obj=None):
        return any(obj is None or obj.study_id == study.pk for study in self.studies(request))

    def has_add_permission(self, request):
        return bool(self.studies(request))

    def has_change_permission(self, request, obj=None):
        return self.has_view_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_view_permission(request, obj) and (obj is None or not codebook.why_not_delete(obj))

    # The list

    def get_changelist(self, request, **kwargs):
        return CodeChangeList

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # codes are deleted one by one, and only unused ones
        return actions

    def changelist_view(self, request, extra_context=None):
        studies = self.studies(request)
        if studies and request.GET.get("study") not in {study.slug for study in studies}:
            query = request.GET.copy()
            query["study"] = studies[0].slug
            return redirect(f"{request.path}?{query.urlencode()}")
        study = self.chosen_study(request) if studies else None
        title = _("Codebook of “%(study)s”") % {"study": study}
        return super().changelist_view(
            request, {"title": title, "study": study, "studies": studies, **(extra_context or {})}
        )

    @admin.display(description=gettext_lazy("Code"))
    def in_tree(self, code):
        return format_html(
            '<span class="code-name" data-level="{}"><i class="swatch {}"></i><a href="{}">{}</a></span>',
            min(code.level, 8),
            code.look,
            reverse("admin:coding_code_change", args=[code.pk]),
            code.shown_name,
        )

    @admin.display(description=gettext_lazy("State"))
    def state(self, code):
        if code.merged_into:
            return format_html(
                '<span class="code-state">{}</span>',
                _("Merged into %(code)s") % {"code": code.merged_into},
            )
        if code.retired_at:
            return format_html('<span class="code-state">{}</span>', _("Retired"))
        return _("In use")

    @admin.display(description=gettext_lazy("Coded segments"))
    def n_coded_segments(self, code):
        number = sum(code.uses.values())
        address = f"{reverse('coding:recoding', args=[code.study.slug])}?code={code.pk}"
        return format_html('<a href="{}">{}</a>', address, number) if number else 0

    @admin.display(description=gettext_lazy("Coders"))
    def n_coders(self, code):
        return len(code.uses)

    @admin.display(description=gettext_lazy("Order"))
    def place(self, code):
        if not code.movable:
            return ""
        return format_html(
            '<span class="code-moves">{}{}{}{}</span>',
            self._move_button(code, "up", "↑", _("Move “%(code)s” up") % {"code": code}, code.first),
            self._move_button(code, "down", "↓", _("Move “%(code)s” down") % {"code": code}, code.last),
            self._move_button(code, "in", "→", _("Move “%(code)s” in") % {"code": code}, code.first),
            self._move_button(
                code, "out", "←", _("Move “%(code)s” out") % {"code": code}, not code.parent_id
            ),
        )

    def _move_button(self, code, act, sign, label, at_end):
        if at_end:
            return ""
        return format_html(
            '<button type="submit" form="code-acts" formaction="{}" data-move="{}" aria-label="{}" title="{}">'
            "{}</button>",
            reverse("admin:coding_code_act", args=[code.pk, act]),
            act,
            label,
            label,
            sign,
        )

    # One code

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.study = self.chosen_study(request, obj)
        return form

    def add_view(self, request, form_url="", extra_context=None):
        study = self.chosen_study(request) if self.studies(request) else None
        return super().add_view(request, form_url, {"study": study, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        code = self.get_object(request, object_id)
        context = {}
        if code:
            context = {
                "study": code.study,
                "why_not_delete": codebook.why_not_delete(code),
                "n_below": code.children.in_use().count(),
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def get_changeform_initial_data(self, request):
        return {"parent": whole_number(request.GET.get("parent", ""))}

    def save_form(self, request, form, change):
        return form.instance

    def get_fields(self, request, obj=None):
        return [*self.fields, "reason", "seen"] if obj else self.fields

    def save_model(self, request, obj, form, change):
        """What the codebook's page does in two steps is two here: what is said of a code, and where it stands."""
        fields = form.written()
        reason = fields.pop("reason", "")
        if not change:
            obj.pk = codebook.create_code(form.study, request.user, **fields).pk
            return
        parent = fields.pop("parent")
        codebook.edit_code(obj, request.user, reason, **fields)
        if form.parent_before != parent:
            codebook.move_code(obj, request.user, parent)

    def save_related(self, request, form, formsets, change):
        """Nothing is left to save: what a code refers to was written with it."""

    def delete_model(self, request, obj):
        codebook.delete_code(obj, request.user)

    def changeform_view(self, request, *args, **kwargs):
        return self._or_say_why(request, super().changeform_view, request, *args, **kwargs)

    def _or_say_why(self, request, act, *args, **kwargs):
        """A colleague may have changed the codebook since the page was opened."""
        try:
            return act(*args, **kwargs)
        except codebook.Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())

    def response_add(self, request, obj, post_url_continue=None):
        return self._after_saving(request, obj, super().response_add(request, obj, post_url_continue))

    def response_change(self, request, obj):
        return self._after_saving(request, obj, super().response_change(request, obj))

    def response_delete(self, request, obj_display, obj_id):
        messages.success(request, _("“%(code)s” is deleted.") % {"code": obj_display})
        return redirect(self._list_url(self.chosen_study(request)))

    def delete_view(self, request, object_id, extra_context=None):
        code = self.get_object(request, object_id)
        reason = codebook.why_not_delete(code) if code else ""
        if reason:
            messages.error(request, reason)
            return redirect("admin:coding_code_change", code.pk)
        if code:
            request.GET = request.GET.copy()
            request.GET["study"] = code.study.slug
        return self._or_say_why(request, super().delete_view, request, object_id, extra_context)

    def _after_saving(self, request, code, response):
        """Stay with the code's own study."""
        if "_addanother" in request.POST:
            return redirect(f"{reverse('admin:coding_code_add')}?{urlencode({'study': code.study.slug})}")
        return response if "_continue" in request.POST else redirect(self._list_url(code.study))

    def _list_url(self, study):
        return f"{reverse('admin:coding_code_changelist')}?{urlencode({'study': study.slug})}"

    # Acts

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("merge/", wrap(self.merge_view), name="coding_code_merge"),
            path("<int:code_id>/act/<str:act>/", wrap(self.act_view), name="coding_code_act"),
            *super().get_urls(),
        ]

    def reach_code(self, request, code_id):
        """A code this person may change. Raises Http404."""
        code = self.get_queryset(request).select_related("study").filter(pk=code_id).first()
        if code is None:
            raise Http404
        return code

    @method_decorator(require_POST)
    def act_view(self, request, code_id, act):
        """Move, retire, restore or duplicate a code: buttons of the list and of the code's page."""
        code = self.reach_code(request, code_id)
        acts = {
            "up": codebook.move_up,
            "down": codebook.move_down,
            "in": codebook.move_in,
            "out": codebook.move_out,
            "retire": codebook.retire,
            "restore": codebook.restore,
            "duplicate": codebook.duplicate,
        }
        if act not in acts:
            raise Http404
        try:
            code = acts[act](code, request.user)
        except codebook.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, DONE[act] % {"code": code})
            if act == "retire":
                _warn_of_subcodes(request, [code])
        if act in ("up", "down", "in", "out"):
            return redirect(self._list_url(code.study))
        return redirect("admin:coding_code_change", code.pk)

    @admin.action(description=gettext_lazy("Merge into another code…"))
    def merge_codes(self, request, queryset):
        ids = [("codes", pk) for pk in queryset.values_list("pk", flat=True)]
        return redirect(f"{reverse('admin:coding_code_merge')}?{urlencode(ids)}")

    @admin.action(description=gettext_lazy("Retire"))
    def retire_codes(self, request, queryset):
        self._all(request, queryset, codebook.retire_codes, _("Retired: %(n)d."))
        _warn_of_subcodes(request, queryset)

    @admin.action(description=gettext_lazy("Restore"))
    def restore_codes(self, request, queryset):
        self._all(request, queryset, codebook.restore_codes, _("Restored: %(n)d."))

    def _all(self, request, codes, act, sentence):
        try:
            messages.success(request, sentence % {"n": len(act(list(codes), request.user))})
        except codebook.Refused as refusal:
            messages.error(request, str(refusal))

    @admin.action(description=gettext_lazy("Move to another place…"))
    def move_codes(self, request, queryset):
        codes = list(queryset)
        asked = [("act", "move"), *(("codes", code.pk) for code in codes)]
        page = reverse("coding:codebook", args=[codes[0].study.slug])
        return redirect(f"{page}?{urlencode(asked)}")

    def merge_view(self, request):
        """Merge one or several codes of a study into another, after a look at what that moves."""
        asked = request.POST if request.method == "POST" else request.GET
        codes = [self.reach_code(request, pk) for pk in map(whole_number, asked.getlist("codes")) if pk]
        if not codes or len({code.study_id for code in codes}) > 1:
            raise Http404
        study = codes[0].study
        form = MergeForm(asked if "into" in asked else None, study=study, codes=codes)
        into = form.cleaned_data["into"] if form.is_valid() else None
        refused = (
            next(filter(None, (codebook.why_not_merge(code, into) for code in codes)), "") if into else ""
        )
        if request.method == "POST" and into and not refused:
            try:
                self._merge(request, codes, into)
            except codebook.Refused as refusal:
                refused = str(refusal)
            else:
                return redirect(self._list_url(study))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge codes"),
            "opts": self.opts,
            "study": study,
            "codes": codes,
            "form": form,
            "into": into,
            "refused": refused,
            "preview": codebook.merge_preview(codes, into) if into and not refused else None,
            "list_url": self._list_url(study),
        }
        return TemplateResponse(request, "admin/coding/code/merge.html", context)

    def _merge(self, request, codes, into):
        codebook.merge_codes(codes, into, request.user)
        names = ", ".join(f"“{code}”" for code in codes)
        messages.success(request, _("%(codes)s merged into “%(into)s”.") % {"codes": names, "into": into})


def _warn_of_subcodes(request, codes):
    if warning := codebook.left_in_use(codes):
        messages.warning(request, warning)


DONE = {
    "duplicate": gettext_lazy("“%(code)s” is added, with copies of the subcodes."),
    "in": gettext_lazy("“%(code)s” is moved under the code before it."),
    "out": gettext_lazy("“%(code)s” is moved out, beside its parent."),
    "up": gettext_lazy("“%(code)s” is moved up."),
    "down": gettext_lazy("“%(code)s” is moved down."),
    "retire": gettext_lazy("“%(code)s” is retired. Its coded segments stay, and its subcodes stay in use."),
    "restore": gettext_lazy("“%(code)s” is in use again."),
}
