"""What people type about codes; the rules are codebook's."""

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interviews.models import Transcript

from . import codebook, memos
from .colours import HEX, HUES
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


class SeenField(forms.CharField):
    """What a code was when its form was opened, so that nobody overwrites unawares what a colleague has saved."""

    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "widget": forms.HiddenInput, **kwargs})


class CodeForm(forms.ModelForm):
    """A code of the form class's ``study``. It checks; writing is create_code's and edit_code's."""

    study = None
    codes = None  # all of the study, where somebody has read them already
    parent = CodeField(
        queryset=Code.objects.none(),
        required=False,
        label=_("Parent"),
        empty_label=_("None: a family of its own"),
        help_text=_("The code it stands under."),
    )

    reason = forms.CharField(
        required=False,
        label=_("Why"),
        max_length=codebook.REASON_LENGTH,
        help_text=_("Why its meaning changes: kept with the old and the new words."),
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
        self.parent_before = self.instance.parent if self.instance.pk else None
        if self.instance.pk is None:
            self.instance.study = self.study
        elif "seen" in self.fields:
            self.initial["seen"] = self.before = codebook.state_of(
                self.instance, with_place="parent" in self.fields
            )
        if "parent" in self.fields:
            self._offer_parents(list(self.study.codes.all()) if self.codes is None else self.codes)
        self.fields["asked_of"].queryset = self.study.respondent_types.all()

    def _offer_parents(self, codes):
        below = codebook.subtree_ids(codes, self.instance.pk) if self.instance.pk else set()
        shown = [
            code
            for code in codes
            if code.pk not in below and (code.retired_at is None or code.pk == self.instance.parent_id)
        ]
        self.fields["parent"].among(codes, shown)

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            try:
                self._check(**self.written())
            except codebook.Refused as refusal:
                self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        return cleaned

    def written(self):
        """What is written of it, as ``edit_code`` takes it, and ``create_code`` without the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def _check(self, reason="", asked_of=(), **fields):
        code = self.instance if self.instance.pk else None
        codebook.check(self.study, code, reason=reason, **{"parent": self.instance.parent, **fields})


class AdminCodeForm(CodeForm):
    """A code in the admin: what somebody has saved since the form was opened is told before it is overwritten."""

    seen = SeenField()

    def clean(self):
        cleaned = super().clean()
        if self.instance.pk and self.data.get("seen", self.before) != self.before:
            self.data = self.data.copy()
            self.data["seen"] = self.before
            raise forms.ValidationError(self._told_of_rival())
        return cleaned

    def _told_of_rival(self):
        code, event = codebook.last_saved(self.instance)
        who = (
            {"who": event.actor.get_username(), "when": timezone.localtime(event.at).strftime("%H:%M")}
            if event
            else {}
        )
        told = (
            _("%(who)s has changed this code at %(when)s, since you opened it.") % who
            if who
            else _("This code has been changed since you opened it.")
        )
        own = [name for name in (*codebook.MEANING, "colour", "origin") if name in self.cleaned_data]
        now = [
            _("It is now: %(field)s “%(now)s”.")
            % {"field": str(self.fields[name].label).lower(), "now": getattr(code, name)}
            for name in own
            if self.cleaned_data[name] != getattr(code, name)
        ]
        if "parent" in self.cleaned_data and self.cleaned_data["parent"] != code.parent:
            now.append(
                _("It stands under “%(parent)s” now.") % {"parent": code.parent}
                if code.parent
                else _("It stands at the top now.")
            )
        return [told + " " + _("What you typed is below; saving again puts it in the place of theirs."), *now]


class PaneForm(CodeForm):
    """A code on the codebook's page, where a family chooses one of the twelve hues."""

    hue = forms.ChoiceField(
        choices=[(hue, hue) for hue in HUES], required=False, label=_("Colour of the family")
    )

    class Meta(CodeForm.Meta):
        fields = ["name", "definition", "include", "exclude", "example", "origin", "asked_of"]
        widgets = {
            "asked_of": forms.CheckboxSelectMultiple,
            "name": forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
            "origin": forms.Select(attrs={"class": "select"}),
            **{
                text: forms.Textarea(attrs={"rows": 2, "class": "input"})
                for text in ("definition", "include", "exclude", "example")
            },
        }

    @classmethod
    def of(cls, study, codes):
        """The form for codes of a study; ``codes`` are all of them."""
        return type(cls.__name__, (cls,), {"study": study, "codes": codes})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].widget.attrs["class"] = "input"
        self.fields["origin"].choices = [("", _("Not said")), *Code.Origin.choices]

    def written(self):
        fields = {name: value for name, value in super().written().items() if name != "hue"}
        hue = self.cleaned_data.get("hue")
        if hue and hue != self.initial.get("hue"):
            fields["colour"] = HEX[hue]
        return fields


class NewCodeForm(PaneForm):
    parent = CodeField(
        queryset=Code.objects.none(),
        required=False,
        label=_("Under"),
        empty_label=_("None: a family of its own"),
        widget=forms.Select(attrs={"class": "select"}),
    )
    hue = reason = None

    class Meta(PaneForm.Meta):
        fields = ["name", "parent", "definition", "include", "exclude", "example", "origin", "asked_of"]


class EditCodeForm(PaneForm):
    """A code that is there, on the codebook's page."""

    parent = None
    seen = SeenField()


class MoveForm(forms.Form):
    """Where codes go: under which code, and where there."""

    parent = CodeField(
        queryset=Code.objects.none(),
        required=False,
        label=_("Under"),
        empty_label=_("None: at the top"),
        widget=forms.Select(attrs={"class": "select"}),
    )
    place = forms.ChoiceField(
        choices=[("last", _("Last there")), ("first", _("First there"))],
        label=_("Place"),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, study, codes, everything=None, **kwargs):
        kwargs.setdefault("initial", {"parent": codes[0].parent_id, "place": "last"})
        super().__init__(*args, **kwargs)
        everything = list(study.codes.all()) if everything is None else everything
        below = set().union(*(codebook.subtree_ids(everything, code.pk) for code in codes))
        shown = [code for code in everything if code.pk not in below and code.retired_at is None]
        self.fields["parent"].among(everything, shown)


class MergeForm(forms.Form):
    """Which code others are merged into."""

    into = CodeField(
        queryset=Code.objects.none(),
        label=_("Merge into"),
        empty_label=_("Choose a code"),
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args, study, codes, everything=None, **kwargs):
        super().__init__(*args, **kwargs)
        everything = list(study.codes.all()) if everything is None else everything
        below = set().union(*(codebook.subtree_ids(everything, code.pk) for code in codes))
        shown = [code for code in everything if code.pk not in below and code.retired_at is None]
        self.fields["into"].among(everything, shown)


class CodebookSourceForm(forms.Form):
    """A codebook to look at before anything is written: a file, pasted text, or that of another study."""

    file = forms.FileField(
        label=_("Codebook file"),
        required=False,
        help_text=_("CSV, Excel (.xlsx), REFI-QDA (.qdc) or an indented list (.txt)"),
    )
    outline = forms.CharField(
        label=_("Or an indented list of codes"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "input", "spellcheck": "false"}),
        help_text=_("A line for each code; subcodes on the lines below, further in."),
    )
    study = forms.ModelChoiceField(
        queryset=None,
        required=False,
        label=_("Or the codebook of another study"),
        empty_label=_("Choose a study"),
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args, studies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["study"].queryset = studies

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                _("This file is too large for a codebook. Check that it is the right one.")
            )
        return file

    def clean(self):
        cleaned = super().clean()
        given = [name for name in ("file", "outline", "study") if _is_given(cleaned.get(name))]
        if not given and not self.errors:
            raise forms.ValidationError(_("Choose a file, paste a list, or choose a study."))
        if len(given) > 1:
            raise forms.ValidationError(_("Choose one of the three: a file, a list, or a study."))
        return cleaned

    def source(self):
        """``(bytes, file name, None)`` or ``(None, "", study)``."""
        given = self.cleaned_data
        if given["file"]:
            return given["file"].read(), given["file"].name, None
        if given["study"]:
            return None, "", given["study"]
        return given["outline"].encode(), "outline.txt", None


def _is_given(value):
    return value.strip() if isinstance(value, str) else value is not None


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
