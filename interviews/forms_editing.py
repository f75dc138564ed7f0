"""The form in which a transcript's text is corrected."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .forms_material import Dressed


class EditForm(Dressed, forms.Form):
    text = forms.CharField(
        label=_("Text"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "input edit-text"}),
        error_messages={
            "required": _("A transcript cannot be empty. To take it out of the study, remove it.")
        },
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=300,
        help_text=_("For your colleagues, such as “misheard: Wuxi, not Suzhou”. It may be left empty."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    revision = forms.IntegerField(min_value=1, max_value=2_000_000_000, widget=forms.HiddenInput)
