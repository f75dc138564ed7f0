"""What people type about codes; the rules are codebook's."""

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.translation import gettext_lazy as _

from interviews.models import Transcript

from . import codebook, memos
from .models import Code, CodedSegment


class CodeField(forms.ModelChoiceField):
    """A choice among the codes of one study, given by ``among``, shown as a tree."""

    def among(self, codes, shown):
        """Let people choose those of ``shown``; ``codes`` are all of the study, for the tree."""
        self.queryset = Code.objects.filter(pk__in=[code.pk for code in shown])
        wanted = set(shown)
        self.choices = [("", self.empty_label)] + [
            (code.pk, "\u2003" * depth + code.name)
            for depth, code in codebook.in_tree_order(codes)
            if code in wanted
        ]


class CodeForm(forms.ModelForm):
    """A code of the form class's ``study``. It checks; writing is create_code's and edit_code's."""

    study = None
    parent = CodeField(
        queryset=Code.objects.none(),
        required=False,
        label=_("Parent"),
        empty_label=_("None: a family of its own"),
        help_text=_("The code it stands under."),
    )

    class Meta:
        model = Code
        fields = [
            "name",
            "parent",
            "colour",
            "definition",
            "include",
            "exclude",
            "example",
            "origin",
            "asked_of",
        ]
        widgets = {
            "asked_of": forms.CheckboxSelectMultiple,
            "colour": forms.TextInput(attrs={"placeholder": "#1f5fa8", "size": 9, "spellcheck": "false"}),
            **{
                text: AdminTextareaWidget(attrs={"rows": 3})
                for text in ("definition", "include", "exclude", "example")
            },
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.study = self.study
        codes = list(self.study.codes.all())
        below = codebook.subtree_ids(codes, self.instance.pk) if self.instance.pk else set()
        shown = [
            code
            for code in codes
            if code.pk not in below and (code.retired_at is None or code.pk == self.instance.parent_id)
        ]
        self.fields["parent"].among(codes, shown)
        self.fields["asked_of"].queryset = self.study.respondent_types.all()

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            fields = {name: value for name, value in cleaned.items() if name != "asked_of"}
            try:
                codebook.check(self.study, self.instance if self.instance.pk else None, **fields)
            except codebook.Refused as refusal:
                self.add_error(refusal.field, str(refusal))
        return cleaned


class MergeForm(forms.Form):
    """Which code others are merged into."""

    into = CodeField(queryset=Code.objects.none(), label=_("Merge into"), empty_label=_("Choose a code"))

    def __init__(self, *args, study, codes, **kwargs):
        super().__init__(*args, **kwargs)
        everything = list(study.codes.all())
        below = set().union(*(codebook.subtree_ids(everything, code.pk) for code in codes))
        shown = [code for code in everything if code.pk not in below and code.retired_at is None]
        self.fields["into"].among(everything, shown)


class FileForm(forms.Form):
    """A codebook file to look at before anything is written."""

    file = forms.FileField(label=_("Codebook file (CSV or .qdc)"))


class MemoForm(forms.Form):
    """What a memo says, and who reads it."""

    text = forms.CharField(
        label=_("Memo"),
        max_length=memos.LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "class": "input"}),
    )
    shared = forms.TypedChoiceField(
        label=_("Who reads it"),
        choices=[("yes", _("Everyone in the study")), ("no", _("Only you"))],
        initial="yes",
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )


class NewMemoForm(MemoForm):
    """A memo of a study, on one thing there or, where none is given, on the study."""

    code = CodeField(
        queryset=Code.objects.none(),
        required=False,
        label=_("On"),
        empty_label=_("The study"),
        widget=forms.Select(attrs={"class": "select"}),
    )
    transcript = forms.ModelChoiceField(Transcript.objects.none(), required=False)
    start = forms.IntegerField(required=False, min_value=0, max_value=2_000_000_000)
    end = forms.IntegerField(required=False, min_value=1, max_value=2_000_000_000)
    revision = forms.IntegerField(required=False)
    coded_segment = forms.ModelChoiceField(CodedSegment.objects.none(), required=False)

    def __init__(self, *args, study, codes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].among(codes, codes)
        self.fields["transcript"].queryset = study.transcripts.kept().without_text()
        self.fields["coded_segment"].queryset = CodedSegment.objects.of_study(study).select_related(
            "content_object"
        )

    def target(self):
        """What the memo is on, as ``memos.write`` takes it."""
        given = self.cleaned_data
        if given["coded_segment"]:
            return {"coded_segment": given["coded_segment"]}
        if given["code"]:
            return {"code": given["code"]}
        if given["transcript"] and given["end"] is not None and given["start"] is not None:
            return {
                "transcript": given["transcript"],
                "span": (given["start"], given["end"]),
                "revision": given["revision"],
            }
        return {"transcript": given["transcript"]}
