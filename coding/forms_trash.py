"""What people type to erase something for good."""

from django import forms
from django.utils.translation import gettext_lazy as _

from interviews.forms import Dressed


class EraseForm(Dressed, forms.Form):
    """Confirmed by the name of what goes; ``transcripts`` are a respondent's own, to go along."""

    name = forms.CharField(
        label=_("Its name"),
        error_messages={"required": _("Type the name to erase it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    transcripts = forms.ModelMultipleChoiceField(
        queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, called, transcripts, **kwargs):
        super().__init__(*args, **kwargs)
        self.called = called
        self.fields["transcripts"].queryset = transcripts

    def clean_name(self):
        typed = " ".join(self.cleaned_data["name"].split())
        if typed != " ".join(self.called.split()):
            raise forms.ValidationError(_("This is not its name. Nothing was erased."))
        return typed
