"""Forms about studies and people."""

from django import forms
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from .models import Invitation, Membership, Study

EXAMPLE_TYPES = [_("Returnee"), _("Migrant"), _("Institutional actor")]


class Dressed:
    """Gives widgets the classes of the look, by kind."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_choice = isinstance(field.widget, forms.Select)
            field.widget.attrs.setdefault("class", "select" if is_choice else "input")


class StudyForm(Dressed, forms.ModelForm):
    respondent_types = forms.CharField(
        label=_("Respondent types"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One on each line: the columns of your cross-tabulation. You can change them later."),
    )

    class Meta:
        model = Study
        fields = ["name", "research_question"]
        widgets = {"research_question": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "research_question": _("In a sentence or two; members read it at the top of the study.")
        }

    def clean_respondent_types(self):
        names = [line.strip() for line in self.cleaned_data["respondent_types"].splitlines()]
        if any(len(name) > 100 for name in names):
            raise forms.ValidationError(
                _("A respondent type has at most 100 characters. Shorten the longest.")
            )
        return [name for name in names if name]


class DeleteStudyForm(Dressed, forms.Form):
    name = forms.CharField(
        label=_("Name of the study"),
        strip=True,
        error_messages={"required": _("Type the name of the study to delete it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, study, **kwargs):
        super().__init__(*args, **kwargs)
        self.study = study

    def clean_name(self):
        typed = " ".join(self.cleaned_data["name"].split())
        if typed != " ".join(self.study.name.split()):
            raise forms.ValidationError(_("This is not the name of the study. Nothing was deleted."))
        return typed


class InvitationForm(Dressed, forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["note", "role"]
        widgets = {"note": forms.TextInput(attrs={"autocomplete": "off"})}
        help_texts = {"note": _("A name or a reminder to yourself; only owners see it.")}


class RoleForm(Dressed, forms.ModelForm):
    class Meta:
        model = Membership
        fields = ["role"]


class SignInForm(Dressed, auth_forms.AuthenticationForm):
    error_messages = {
        "invalid_login": _("User name and password do not match. Capital letters count."),
        "inactive": _("This account is closed. Ask whoever runs this server."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        if self.is_bound:  # the password is what has to be typed again
            self.fields["username"].widget.attrs.pop("autofocus", None)


class PasswordChangeForm(Dressed, auth_forms.PasswordChangeForm):
    pass


class SetPasswordForm(Dressed, auth_forms.SetPasswordForm):
    pass


class PasswordResetForm(Dressed, auth_forms.PasswordResetForm):
    pass


class NewAccountForm(Dressed, auth_forms.UserCreationForm):
    class Meta:
        model = get_user_model()
        fields = ["username", "email"]
        labels = {"username": _("User name"), "email": _("E-mail address (optional)")}
        help_texts = {
            "username": _("Colleagues see it beside what you code."),
            "email": _("For a new password, should you forget yours."),
        }


class EmailForm(Dressed, forms.ModelForm):
    class Meta:
        model = get_user_model()
        fields = ["email"]
        labels = {"email": _("E-mail address")}
        help_texts = {"email": _("For a new password, should you forget yours. Nothing else is sent.")}


class TokenForm(Dressed, forms.Form):
    name = forms.CharField(
        label=_("What it is for"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Such as “R script on my laptop”, so that you know which to revoke."),
    )


class JoinAsSuperuserForm(forms.ModelForm):
    """A superuser names the study by its address, as no list shows it to them."""

    slug = forms.CharField(
        label=_("Address of the study"),
        help_text=_("The part after /studies/. Its members will see in the history that you joined."),
    )

    class Meta:
        model = Membership
        fields = ["role"]
        help_texts = {"role": _("The least that serves your purpose.")}

    def clean_slug(self):
        self.study = Study.objects.filter(slug=self.cleaned_data["slug"].strip("/ ")).first()
        if self.study is None:
            raise forms.ValidationError(_("There is no study with this address."))
        if self.study.memberships.filter(user=self.user).exists():
            raise forms.ValidationError(_("You are a member of this study already."))
        return self.study.slug
