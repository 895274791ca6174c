"""Forms about people."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _


class LoginForm(AuthenticationForm):
    """E-mail address and password. The address is lowered, so that attempts are counted per person."""

    error_messages = {
        "invalid_login": _("The e-mail address and the password do not fit together. Check both and try again."),
        "inactive": _("This account is disabled. A manager can enable it again."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class InvitationForm(SetPasswordForm):  # type: ignore[type-arg]  # generic only in the stubs
    """An invited person's name and first password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Shown to managers and adjudicators beside what you do."),
    )
    field_order = ["name", "new_password1", "new_password2"]


class OwnPasswordForm(PasswordChangeForm):
    """Django's form, without taking the cursor on a page that holds more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["old_password"].widget.attrs["autofocus"]


class NameForm(forms.Form):
    """The name that others see."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
