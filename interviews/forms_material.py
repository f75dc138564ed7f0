"""Forms about material: who speaks in a file or transcript, respondents, their types and attributes."""

import datetime
import re
from functools import lru_cache
from typing import NamedTuple

from django import forms
from django.conf.global_settings import LANGUAGES
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from . import material, staging
from .forms import Dressed
from .importers import Columns
from .models import Attribute, Respondent, RespondentType, Transcript, key_for
from .speakers import INTERVIEWER
from .turns import lang_of

OTHER = "other"
_WRITTEN = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}

LARGEST_NUMBER = 1_000_000_000_000  # of an attribute


@lru_cache(maxsize=32)
def _languages(reader):
    """Languages by their codes, named in the reader's language."""
    named = {_WRITTEN.get(code, code): gettext(name) for code, name in LANGUAGES}
    return tuple(sorted(named.items(), key=lambda each: each[1]))


def language_choices(chosen=""):
    """Languages to choose from; a code that is chosen already is one, whatever it is."""
    known = list(_languages(get_language()))
    return [
        ("", _("Not said")),
        *known,
        *([(chosen, chosen)] if chosen and chosen not in dict(known) else []),
    ]


def language_name(code):
    return dict(language_choices(code)).get(code, "") if code else ""


class Row(NamedTuple):
    """A label in a form: who speaks, the pseudonym of another respondent, and where the suggestion comes from."""

    label: material.Label
    who: forms.BoundField
    other: forms.BoundField
    hint: str


class SpeakersForm(Dressed, forms.Form):
    """The respondent of a text, and who speaks under each of its labels.

    A respondent is typed: a pseudonym of the study is that respondent, any other a new one.
    """

    respondent = forms.CharField(label=_("Respondent"), required=False, max_length=200)
    hints = {}

    def __init__(self, *args, labels, known, own_name, said, **kwargs):
        """``said`` is ``{label: INTERVIEWER | material.OWN | pseudonym}``, what to show for each."""
        super().__init__(*args, **kwargs)
        self.labels, self.known = labels, known
        self.fields["respondent"].initial = own_name
        self.fields["respondent"].widget.attrs |= {"list": "pseudonyms", "autocomplete": "off"}
        for number, label in enumerate(labels):
            self._add(number, label, said.get(label.name, material.OWN), own_name)
        self.rows = [
            Row(label, self[f"who_{number}"], self[f"other_{number}"], self.hints.get(label.name, ""))
            for number, label in enumerate(labels)
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
    language = forms.ChoiceField(label=_("Language"), required=False)
    interview_date = forms.DateField(
        label=_("Date of the interview"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args, upload, known, types, heard, **kwargs):
        """``types`` are the study's, as a list, and ``heard`` is of staging.heard_elsewhere: many forms share them."""
        self.upload = upload
        names = {person.pk: person.pseudonym for person in known.values()}
        said, self.hints = _said(upload, names, heard)
        super().__init__(
            *args,
            prefix=f"file{upload.pk}",
            labels=material.labels_of(upload.text, upload.turns),
            known=known,
            own_name=staging.own_name(upload),
            said=said,
            **kwargs,
        )
        kind = self.fields["respondent_type"]
        kind.choices = [("", _("No type yet")), *((each.pk, each.name) for each in types)]
        kind.initial = upload.respondent_type_id
        kind.label = _("Respondent type of %(name)s") % {"name": upload.filename}
        self.fields["language"].choices = language_choices(upload.language)
        self.fields["language"].initial = upload.language
        self.fields["interview_date"].initial = upload.interview_date

    def save(self, *, settle):
        """Keep what was said; labels in doubt stay so, with what was chosen, unless ``settle``."""
        upload, name = self.upload, self.cleaned_data["respondent"]
        upload.language = self.cleaned_data["language"]
        upload.interview_date = self.cleaned_data["interview_date"]
        in_doubt = set() if settle else set(staging.unsettled(upload))
        upload.respondent = self.known.get(name.casefold())
        upload.respondent_type_id = self.cleaned_data["respondent_type"]
        chosen = {label: self._who(who) for label, who in self.mapping().items()}
        upload.speakers = {label: who for label, who in chosen.items() if label not in in_doubt}
        upload.drafts = {label: chosen[label] for label in chosen if label in in_doubt}
        if name and not upload.respondent:
            upload.speakers[staging.NAME] = {"new": name}
        upload.save(
            update_fields=[
                "respondent",
                "respondent_type",
                "speakers",
                "drafts",
                "language",
                "interview_date",
            ]
        )

    def _who(self, who):
        if who in (INTERVIEWER, material.OWN):
            return who
        person = self.known.get(who.casefold())
        return person.pk if person else {"new": who}


def _said(upload, names, heard):
    """What is settled, chosen or suggested for each label of a staged file, pseudonyms for ids, and whence it comes."""
    own_name = staging.own_name(upload)
    said, hints = {}, {}
    for label in dict.fromkeys(turn["speaker"] for turn in upload.turns if turn["speaker"]):
        who = upload.speakers.get(label) or upload.drafts.get(label)
        if not who and (elsewhere := staging.heard_for(upload, label, heard)):
            who, hints[label] = elsewhere.who, elsewhere.where
        who = who or staging.suggest(label, own_name)
        if isinstance(who, dict):
            who = who["new"]
        who = names.get(who, material.OWN) if isinstance(who, int) else who
        said[label] = material.OWN if who == own_name else who
    return said, hints


WORDS, SPEAKER, TIME = "words", "speaker", "time"


class ColumnsForm(Dressed, forms.Form):
    """Which column of a staged table holds what."""

    has_heads = forms.BooleanField(label=_("The first row names the columns"), required=False)

    def __init__(self, *args, upload, **kwargs):
        super().__init__(*args, prefix=f"table{upload.pk}", **kwargs)
        self.rows_shown = upload.table["rows"]
        words, speaker, time, has_heads = upload.table["columns"]
        self.fields["has_heads"].initial = has_heads
        self.fields["has_heads"].widget.attrs["class"] = ""
        what = {words: WORDS, speaker: SPEAKER, time: TIME}
        for number, _cell in enumerate(self.rows_shown[0]):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=_("Column %(number)s") % {"number": number + 1},
                required=False,
                initial=what.get(number, ""),
                choices=[
                    ("", _("Left out")),
                    (WORDS, _("What is said")),
                    (SPEAKER, _("Who speaks")),
                    (TIME, _("Time")),
                ],
                widget=forms.Select(attrs={"class": "select"}),
            )

    @property
    def heads(self):
        return [self[f"column_{number}"] for number, _cell in enumerate(self.rows_shown[0])]

    def clean(self):
        chosen = [self.cleaned_data.get(field.name) for field in self.heads]
        if chosen.count(WORDS) != 1:
            raise forms.ValidationError(_("Choose the one column that holds what is said."))
        if chosen.count(SPEAKER) > 1 or chosen.count(TIME) > 1:
            raise forms.ValidationError(_("Only one column can say who speaks, and only one the time."))
        return self.cleaned_data

    def columns(self):
        at = {self.cleaned_data[field.name]: number for number, field in enumerate(self.heads)}
        return Columns(at[WORDS], at.get(SPEAKER), at.get(TIME), self.cleaned_data["has_heads"])


class TurnsForm(Dressed, forms.Form):
    """Who speaks which turn of a text without labels: two voices in turn, to begin with; more where asked for.

    Turns before ``start``, and those after the MOST that are shown, are left as they are; where nothing was said of any
    yet, two voices go on in turn.
    """

    MOST = 1_000  # turns shown
    MOST_VOICES = 12
    FEW = 3  # voices that are chosen by pressing one; of more, from a list

    def __init__(self, *args, text, turns, own_name, start=0, voices=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.text, self.turns, self.start = text, turns, start
        self.shown = range(start, min(len(turns), start + self.MOST))
        known = list(dict.fromkeys(turn["speaker"] for turn in turns if turn["speaker"]))
        self.is_new = not known
        usual = [gettext("Interviewer"), own_name or gettext("Respondent")]
        names = [*known, *usual[len(known) :]]
        self.number = min(self.MOST_VOICES, max(len(names), voices))
        for voice in range(1, self.number + 1):
            self.fields[f"voice_{voice}"] = forms.CharField(
                label=_("Voice %(number)s") % {"number": voice},
                max_length=40,
                required=False,
                initial=names[voice - 1] if voice <= len(names) else "",
                widget=forms.TextInput(attrs={"class": "input", "data-names": voice, "autocomplete": "off"}),
            )
        few = self.number <= self.FEW
        for at in self.shown:
            self.fields[f"turn_{at}"] = forms.ChoiceField(
                label=_("Turn %(number)s") % {"number": at + 1},
                required=False,
                initial=self._initial(at, names),
                choices=[
                    *((str(n), self._name(n, names)) for n in range(1, self.number + 1)),
                    ("", _("Nobody")),
                ],
                widget=forms.RadioSelect() if few else forms.Select(attrs={"class": "select"}),
            )

    @staticmethod
    def _name(voice, names):
        return names[voice - 1] if voice <= len(names) else _("Voice %(number)s") % {"number": voice}

    def _initial(self, at, names):
        speaker = self.turns[at]["speaker"]
        if self.is_new:
            return "12"[at % 2]
        return str(names.index(speaker) + 1) if speaker in names[: self.number] else ""

    @property
    def voices(self):
        return [self[f"voice_{voice}"] for voice in range(1, self.number + 1)]

    @property
    def by_pressing(self):
        return self.number <= self.FEW

    @property
    def may_have_more(self):
        return self.number < self.MOST_VOICES

    @property
    def rows(self):
        for at in self.shown:
            words = self.text[self.turns[at]["said"] : self.turns[at]["end"]][:300]
            yield self[f"turn_{at}"], words, lang_of(words)

    @property
    def pages(self):
        """``(first turn, last turn, where it starts, whether it is shown)`` where there are several pages."""
        starts = range(0, len(self.turns), self.MOST)
        ends = [min(len(self.turns), start + self.MOST) for start in starts]
        return (
            [(a + 1, b, a, a == self.start) for a, b in zip(starts, ends, strict=True)]
            if len(ends) > 1
            else []
        )

    def clean(self):
        names = {}
        for voice in range(1, self.number + 1):
            name = self.cleaned_data.get(f"voice_{voice}", "")
            if name and name.casefold() in names:
                self.add_error(f"voice_{voice}", _("Two voices need two names."))
            names[name.casefold()] = voice
        for at in self.shown:
            voice = self.cleaned_data.get(f"turn_{at}")
            is_nameless = voice and not self.cleaned_data.get(f"voice_{voice}")
            if is_nameless and f"voice_{voice}" not in self.errors:
                self.add_error(f"voice_{voice}", _("This voice speaks, so it needs a name."))
        return self.cleaned_data

    def labels(self):
        """A label or None for each turn of the text."""
        name = {"": None} | {str(n): self.cleaned_data[f"voice_{n}"] for n in range(1, self.number + 1)}
        old = [self.initial_name(turn["speaker"]) for turn in self.turns]
        said = [name[self.cleaned_data[f"turn_{at}"]] for at in self.shown]
        rest = old[self.shown.stop :]
        if self.is_new and self.number == 2:
            pair = [name["1"], name["2"]]
            next_one = 1 if said[-1] == pair[0] else 0
            rest = [pair[(next_one + n) % 2] for n in range(len(rest))]
        return [*old[: self.start], *said, *rest]

    def initial_name(self, speaker):
        """What a voice is called now that was called so: names go for turns that are not shown too."""
        for field in self.voices:
            if speaker and field.initial == speaker:
                return self.cleaned_data[field.name] or None
        return speaker


class TranscriptForm(SpeakersForm):
    """Title, date and speakers of a transcript."""

    title = forms.CharField(label=_("Title"), max_length=Transcript._meta.get_field("title").max_length)
    interview_date = forms.DateField(
        label=_("Date of the interview"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)

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
        self.fields["language"].choices = language_choices(transcript.language)
        self.fields["language"].initial = transcript.language


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
        limits = {"min_value": -LARGEST_NUMBER, "max_value": LARGEST_NUMBER}
        return forms.FloatField(**common, **limits, widget=forms.NumberInput(attrs={"step": "any"}))
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


class CellForm(RespondentForm):
    """One field of a respondent, for a cell of the table."""

    def __init__(self, *args, field, **kwargs):
        super().__init__(*args, **kwargs)
        self.attributes = [each for each in self.attributes if f"value_{each.pk}" == field]
        self.fields = {name: each for name, each in self.fields.items() if name == field}


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


class MergeTypeForm(Dressed, forms.Form):
    into = forms.ModelChoiceField(None, label=_("Into"), empty_label=_("Choose a type"))

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = RespondentType.objects.filter(study=kind.study).exclude(pk=kind.pk)


class SplitTypeForm(TypeForm):
    """The name of a new type, and who of the old one is of it."""

    people = forms.ModelMultipleChoiceField(
        None,
        label=_("Who is of the new type"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one respondent.")},
    )

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, instance=RespondentType(study=kind.study), **kwargs)
        self.fields["name"].label = _("Name of the new type")
        self.fields["people"].queryset = Respondent.objects.kept().filter(respondent_type=kind)
        self.fields["people"].widget.attrs["class"] = ""


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
        had = set(self.instance.choices)
        self.instance.choices = list(dict.fromkeys(line for line in lines if line))
        self._refuse_to_lose(had - set(self.instance.choices))
        if cleaned.get("kind") == Attribute.Kind.ONE_OF and not self.instance.choices:
            self.add_error("options", _("Write at least one choice, one on each line."))
        return cleaned

    def _refuse_to_lose(self, gone):
        """A choice that a respondent has stays one."""
        if not self.instance.pk:
            return
        people = self.instance.study.respondents.kept()
        having = [p for p in people if p.values.get(self.instance.key) in gone]
        if having:
            self.add_error(
                "options",
                _("%(who)s has “%(choice)s”: choose something else there before you take it out.")
                % {"who": having[0].pseudonym, "choice": having[0].values[self.instance.key]},
            )


class TableForm(Dressed, forms.Form):
    file = forms.FileField(
        label=_("Table of respondents (CSV or Excel)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}),
        error_messages={"required": _("Choose a file first.")},
    )
