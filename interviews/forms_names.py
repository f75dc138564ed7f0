"""What is typed to replace names by pseudonyms, and to guard the key to them."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .forms import Dressed
from .names import LONGEST_NAME, Rule

MOST_NAMES = 500


def _secret(label, autocomplete, help_text=""):
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "class": "input"})
    return forms.CharField(label=label, widget=widget, strip=False, help_text=help_text, max_length=200)


class PassphraseForm(Dressed, forms.Form):
    """A new passphrase, and the old one where there is one."""

    old = _secret(gettext_lazy("The passphrase until now"), "off")
    new = _secret(
        gettext_lazy("New passphrase"),
        "off",
        gettext_lazy("At least 12 characters; several words are good. Nobody can restore it."),
    )
    again = _secret(gettext_lazy("The same again"), "off")

    def __init__(self, *args, has_key, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_key:
            del self.fields["old"]

    def clean_new(self):
        given = self.cleaned_data["new"]
        if len(given) < 12:
            raise forms.ValidationError(_("Take at least 12 characters."))
        validate_password(given)
        return given

    def clean_again(self):
        if self.cleaned_data["again"] != self.cleaned_data.get("new", self.cleaned_data["again"]):
            raise forms.ValidationError(_("The two differ."))
        return self.cleaned_data["again"]


class OpenForm(Dressed, forms.Form):
    passphrase = _secret(gettext_lazy("Passphrase"), "off")


class DestroyForm(Dressed, forms.Form):
    """Confirmed by the name of the study."""

    name = forms.CharField(
        label=gettext_lazy("Name of the study"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the name of the study to destroy it.")},
    )

    def __init__(self, *args, study, **kwargs):
        super().__init__(*args, **kwargs)
        self.study = study

    def clean_name(self):
        if " ".join(self.cleaned_data["name"].split()) != " ".join(self.study.name.split()):
            raise forms.ValidationError(_("This is not the name of the study. Nothing was destroyed."))
        return self.cleaned_data["name"]


def terms_in(posted):
    """The names that are looked for, one a line."""
    lines = [" ".join(line.split()) for line in posted.get("terms", "").splitlines()]
    return list(dict.fromkeys(line[:LONGEST_NAME] for line in lines if line))[:MOST_NAMES]


def rules_in(posted):
    """``(rules, problems)``: what is to be replaced by what, and sentences on what cannot be."""
    originals, pseudonyms = posted.getlist("original"), posted.getlist("pseudonym")
    kinds = posted.getlist("kind")
    left = {}
    for each in posted.getlist("left"):
        number, _colon, spelling = each.partition(":")
        left.setdefault(number, set()).add(spelling)
    rules = []
    for original, pseudonym, kind in zip(originals, pseudonyms, kinds or [""] * len(originals), strict=False):
        wanted = " ".join((pseudonym or posted.get(f"all-{kind}", "")).split())
        if original.strip() and wanted:
            rules.append(Rule(original[:LONGEST_NAME], wanted, frozenset(left.get(str(len(rules)), ()))))
    return rules, list(_problems(rules))


def _problems(rules):
    if not rules:
        yield _("Give at least one name a pseudonym.")
    if len(rules) > MOST_NAMES:
        yield _("At most %(most)s names can be replaced at once.") % {"most": MOST_NAMES}
    originals = {rule.original.casefold() for rule in rules}
    for rule in rules:
        told = {"original": rule.original, "pseudonym": rule.pseudonym}
        if len(rule.pseudonym) > LONGEST_NAME:
            yield _("The pseudonym of “%(original)s” is too long.") % told
        elif rule.pseudonym.casefold() == rule.original.casefold():
            yield _("“%(original)s” would be replaced by itself.") % told
        elif rule.pseudonym.casefold() in originals:
            yield _("“%(pseudonym)s”, for “%(original)s”, is a name that is to be replaced too.") % told


def skipped_in(posted):
    """The places that stay as they are, as ``{(transcript id, start)}``."""
    found = set()
    for each in posted.getlist("skip"):
        pk, _dot, start = each.partition(".")
        if pk.isdecimal() and start.isdecimal() and len(each) < 30:
            found.add((int(pk), int(start)))
    return found
