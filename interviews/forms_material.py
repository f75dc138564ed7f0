"""Forms about material: who speaks in a file or transcript, respondents, their types and attributes."""

import datetime
import re

from django import forms
from django.utils.translation import gettext_lazy as _

from . import material
from .forms import Dressed
from .models import Attribute, Respondent, RespondentType, Transcript, key_for
from .speakers import INTERVIEWER

OTHER = "other"


class SpeakersForm(Dressed, forms.Form):
    """The respondent of a text, and who speaks under each of its labels.

    A respondent is typed: a pseudonym of the study is that respondent, any other a new one.
    """

    respondent = forms.CharField(label=_("Respondent"), required=False, max_length=200)

    def __init__(self, *args, labels, known, own_name, said, **kwargs):
        """``said`` is ``{label: INTERVIEWER | material.OWN | pseudonym}``, what to show for each."""
        super().__init__(*args, **kwargs)
        self.labels, self.known = labels, known
        self.fields["respondent"].initial = own_name
        self.fields["respondent"].widget.attrs |= {"list": "pseudonyms", "autocomplete": "off"}
        for number, label in enumerate(labels):
            self._add(number, label, said.get(label.name, material.OWN), own_name)
        self.rows = [
            (label, self[f"who_{number}"], self[f"other_{number}"]) for number, label in enumerate(labels)
        ]

    def _add(self, number, label, who, own_name):
        is_other = who not in (INTERVIEWER, material.OWN)
        self.fields[f"who_{number}"] = forms.ChoiceField(
            label=_("Who is %(label)s") % {"label": label.name},
            choices=[
                (material.OWN, own_name or _("The respondent")),
                (INTERVIEWER, _("Interviewer")),
                (OTHER, _("Another respondent…")),
            ],
            initial=OTHER if is_other else who,
            widget=forms.Select(attrs={"class": "select", "data-who": ""}),
        )
        self.fields[f"other_{number}"] = forms.CharField(
            label=_("Pseudonym of %(label)s") % {"label": label.name},
            required=False,
            max_length=200,
            initial=who if is_other else "",
            widget=forms.TextInput(attrs={"class": "input", "list": "pseudonyms", "autocomplete": "off"}),
        )

    def clean(self):
        for number, _label in enumerate(self.labels):
            who, other = self.cleaned_data.get(f"who_{number}"), self.cleaned_data.get(f"other_{number}")
            if who == OTHER and not other:
                self.add_error(
                    f"other_{number}", _("Type who speaks: a pseudonym of the study, or a new one.")
                )
        return self.cleaned_data

    def mapping(self):
        """``{label: INTERVIEWER | material.OWN | pseudonym}`` as chosen."""
        chosen = {}
        for number, label in enumerate(self.labels):
            who = self.cleaned_data[f"who_{number}"]
            chosen[label.name] = self.cleaned_data[f"other_{number}"] if who == OTHER else who
        return chosen


class UploadForm(SpeakersForm):
    """What a person says about a staged file."""

    respondent_type = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)

    def __init__(self, *args, upload, known, types, **kwargs):
        """``types`` are the study's, as a list: many forms share it."""
        self.upload = upload
        names = {person.pk: person.pseudonym for person in known.values()}
        super().__init__(
            *args,
            prefix=f"file{upload.pk}",
            labels=material.labels_of(upload.text, upload.turns),
            known=known,
            own_name=material.own_name(upload),
            said=_said(upload, names),
            **kwargs,
        )
        kind = self.fields["respondent_type"]
        kind.choices = [("", _("No type yet")), *((each.pk, each.name) for each in types)]
        kind.initial = upload.respondent_type_id
        kind.label = _("Respondent type of %(name)s") % {"name": upload.filename}

    def save(self, *, settle):
        """Keep what was said; labels in doubt stay so unless ``settle``."""
        upload, name = self.upload, self.cleaned_data["respondent"]
        in_doubt = set() if settle else set(material.unsettled(upload))
        upload.respondent = self.known.get(name.casefold())
        upload.respondent_type_id = self.cleaned_data["respondent_type"]
        upload.speakers = {
            label: self._who(who) for label, who in self.mapping().items() if label not in in_doubt
        }
        if name and not upload.respondent:
            upload.speakers[material.NAME] = {"new": name}
        upload.save(update_fields=["respondent", "respondent_type", "speakers"])

    def _who(self, who):
        if who in (INTERVIEWER, material.OWN):
            return who
        person = self.known.get(who.casefold())
        return person.pk if person else {"new": who}


def _said(upload, names):
    """What is settled or suggested for each label of a staged file, with pseudonyms for ids."""
    own_name = material.own_name(upload)
    said = {}
    for label in material.labels_of(upload.text, upload.turns):
        who = upload.speakers.get(label.name) or material.suggest(label.name, own_name)
        if isinstance(who, dict):
            who = who["new"]
        said[label.name] = names.get(who, material.OWN) if isinstance(who, int) else who
    return said


class TranscriptForm(SpeakersForm):
    """Title, date and speakers of a transcript."""

    title = forms.CharField(label=_("Title"), max_length=Transcript._meta.get_field("title").max_length)
    interview_date = forms.DateField(
        label=_("Date of the interview"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args, transcript, known, **kwargs):
        own_name = transcript.respondent.pseudonym if transcript.respondent else ""
        super().__init__(
            *args,
            labels=material.labels_of(transcript.text, transcript.turns),
            known=known,
            own_name=own_name,
            said={speaker.label: _speaker(speaker, transcript) for speaker in transcript.speakers.all()},
            **kwargs,
        )
        self.fields["title"].initial = transcript.title
        self.fields["interview_date"].initial = transcript.interview_date


def _speaker(speaker, transcript):
    if speaker.is_interviewer:
        return INTERVIEWER
    if speaker.respondent is None or speaker.respondent_id == transcript.respondent_id:
        return material.OWN
    return speaker.respondent.pseudonym


YES_NO = [("", _("Unknown")), ("yes", _("Yes")), ("no", _("No"))]


def _choices(attribute):
    return [("", _("Unknown")), *((choice, choice) for choice in attribute.choices)]


def attribute_field(attribute):
    """The form field of an attribute, by its kind; empty means unknown."""
    kinds = Attribute.Kind
    common = {"label": attribute.name, "required": False}
    if attribute.kind == kinds.NUMBER:
        return forms.FloatField(**common, widget=forms.NumberInput(attrs={"step": "any"}))
    if attribute.kind == kinds.DATE:
        return forms.DateField(**common, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    if attribute.kind == kinds.YES_NO:
        return forms.ChoiceField(**common, choices=YES_NO)
    if attribute.kind == kinds.ONE_OF:
        return forms.ChoiceField(**common, choices=_choices(attribute))
    return forms.CharField(**common, max_length=1000)


def to_field(value):
    """A stored value as a form shows it."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def to_value(kind, cleaned):
    """What a form or table gave as it is stored, None for unknown: numbers whole where they are."""
    if cleaned in (None, ""):
        return None
    if kind == Attribute.Kind.YES_NO:
        return cleaned == "yes"
    if isinstance(cleaned, datetime.date):
        return cleaned.isoformat()
    if isinstance(cleaned, float) and cleaned.is_integer():
        return int(cleaned)
    return cleaned


class RespondentForm(Dressed, forms.ModelForm):
    """A respondent, with a field for each attribute of the study."""

    class Meta:
        model = Respondent
        fields = ["pseudonym", "respondent_type"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        study = self.instance.study
        self.fields["respondent_type"].queryset = study.respondent_types.all()
        self.fields["respondent_type"].empty_label = _("No type yet")
        self.fields["pseudonym"].widget.attrs["autocomplete"] = "off"
        self.attributes = list(study.attributes.all())
        for attribute in self.attributes:
            field = attribute_field(attribute)
            field.initial = to_field(self.instance.values.get(attribute.key))
            field.widget.attrs["class"] = "select" if isinstance(field, forms.ChoiceField) else "input"
            self.fields[f"value_{attribute.pk}"] = field

    def clean_pseudonym(self):
        name = " ".join(self.cleaned_data["pseudonym"].split())
        others = self.instance.study.respondents.kept().exclude(pk=self.instance.pk)
        if any(person.pseudonym.casefold() == name.casefold() for person in others):
            raise forms.ValidationError(_("There is a respondent of this pseudonym already. Choose another."))
        return name

    def values(self):
        """The respondent's values with what was typed; those of unknown attributes are left alone."""
        values = dict(self.instance.values)
        for attribute in self.attributes:
            value = to_value(attribute.kind, self.cleaned_data[f"value_{attribute.pk}"])
            values.pop(attribute.key, None)
            if value is not None:
                values[attribute.key] = value
        return values


class NameForm(Dressed, forms.ModelForm):
    """A name that is free in the study, by its key."""

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        others = self._meta.model.objects.filter(study=self.instance.study).exclude(pk=self.instance.pk)
        if others.filter(key=key_for(name)).exists() or others.filter(name__iexact=name).exists():
            raise forms.ValidationError(self.taken)
        return name


class TypeForm(NameForm):
    taken = _("There is a respondent type of this name already.")

    class Meta:
        model = RespondentType
        fields = ["name"]
        labels = {"name": _("Name of the type")}


class AttributeForm(NameForm):
    """An attribute: its kind is chosen when it is made and stays, as values of one kind are no other's."""

    taken = _("There is an attribute of this name already.")
    options = forms.CharField(
        label=_("Choices, for “One of”"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line."),
    )

    class Meta:
        model = Attribute
        fields = ["name", "kind"]
        labels = {"name": _("Name of the attribute")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["options"].initial = "\n".join(self.instance.choices)
        if self.instance.pk:
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("The kind stays, as there may be values.")

    def clean(self):
        cleaned = super().clean()
        lines = re.split(r"\s*\n\s*", cleaned.get("options", "").strip())
        self.instance.choices = list(dict.fromkeys(line for line in lines if line))
        if cleaned.get("kind") == Attribute.Kind.ONE_OF and not self.instance.choices:
            self.add_error("options", _("Write at least one choice, one on each line."))
        return cleaned


class TableForm(Dressed, forms.Form):
    file = forms.FileField(
        label=_("Table of respondents (CSV)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": _("Choose a file first.")},
    )
