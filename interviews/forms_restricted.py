"""The form in which a lead restricts a passage: words chosen in the transcript, whole turns, or words within turns."""

import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .forms import Dressed

LARGEST = 2_000_000_000


class RestrictForm(Dressed, forms.Form):
    """``range()`` gives ``(start, end)`` once it is valid."""

    start = forms.IntegerField(min_value=0, max_value=LARGEST, required=False, widget=forms.HiddenInput)
    end = forms.IntegerField(min_value=1, max_value=LARGEST, required=False, widget=forms.HiddenInput)
    revision = forms.IntegerField(min_value=1, max_value=LARGEST, widget=forms.HiddenInput)
    first = forms.IntegerField(label=gettext_lazy("From turn"), min_value=1, required=False)
    last = forms.IntegerField(
        label=gettext_lazy("To turn"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Empty: only the first."),
    )
    words = forms.CharField(
        label=gettext_lazy("Only these words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("As they stand there. Empty: all that is said in these turns."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "For leads and owners, such as “asked not to be quoted”. It may be left empty."
        ),
    )

    def __init__(self, *args, transcript, **kwargs):
        super().__init__(*args, **kwargs)
        self.transcript = transcript

    def clean(self):
        given = super().clean()
        if self.errors or (given.get("start") is not None and given.get("end") is not None):
            return given
        turns, first = self.transcript.turns, given.get("first")
        if first is None:
            self.add_error("first", _("Say in which turn it begins, or choose words in the transcript."))
            return given
        last = given.get("last") or first
        if not first <= last <= len(turns):
            self.add_error("last" if first <= len(turns) else "first", self._no_such_turn(first, last))
            return given
        start, end = turns[first - 1]["said"], turns[last - 1]["end"]
        if words := given.get("words", "").split():
            place = self._places(words, start, end)
            if len(place) != 1:
                self.add_error("words", self._not_once(len(place)))
                return given
            start, end = place[0]
        return {**given, "start": start, "end": end}

    def _no_such_turn(self, first, last):
        if last < first:
            return _("The last turn comes before the first.")
        return _("This transcript has %(n)d turns.") % {"n": len(self.transcript.turns)}

    def _places(self, words, start, end):
        pattern = re.compile(r"\s+".join(map(re.escape, words)))
        return [match.span() for match in pattern.finditer(self.transcript.text, start, end)]

    def _not_once(self, number):
        if number:
            return _("These words stand there %(n)d times: take some more of them.") % {"n": number}
        return _("These words do not stand in these turns.")
