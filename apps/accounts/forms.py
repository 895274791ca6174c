"""Forms about people."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from apps.accounts.keys import COMMANDS, answer_row_problem, keys_problems, row_of
from apps.accounts.models import Preferences
from apps.accounts.shifts import shift_problems

_CONTINENTS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)


def zone_choices() -> list[tuple[str, Any]]:
    """Places of the tz database, by continent; its abbreviations and old names are left out."""
    places = sorted(name for name in available_timezones() if name.split("/")[0] in _CONTINENTS)
    named = [(name, name.replace("_", " ")) for name in places]
    return [("", _("The server\u2019s: %(zone)s") % {"zone": settings.TIME_ZONE}), *named]


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


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """How a person likes to work."""

    daily_goal = forms.IntegerField(
        label=_("Answers a day"),
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=_("Your own aim, shown to you alone. Empty: none."),
    )
    break_minutes = forms.IntegerField(
        label=_("Suggest a break after"),
        min_value=5,
        max_value=480,
        required=False,
        help_text=_("Minutes of work without a pause of five minutes. Empty: never."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        required=False,
        help_text=_("Times and days are shown by its clock."),
    )
    shift_days = forms.MultipleChoiceField(
        label=_("On"),
        choices=[(str(number + 1), name) for number, name in WEEKDAYS_ABBR.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    answer_keys = forms.CharField(
        label=_("Keys that answer, in order"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_(
            "One for the first answer, one for the second, and so on: 1234567890 or qwertyuiop. Empty: 1 to 9."
        ),
    )

    class Meta:
        model = Preferences
        fields = (
            *("theme", "text_size", "language", "time_zone", "daily_goal", "break_minutes"),
            *("shift_from", "shift_to", "shift_days"),
            *("has_single_keys", "answer_keys", "answer_keys_come_first"),
        )
        labels = {
            "theme": _("Theme"),
            "text_size": _("Text size"),
            "shift_from": _("From"),
            "shift_to": _("To"),
            "has_single_keys": _("Single-key commands"),
            "answer_keys_come_first": _("My row comes first"),
        }
        help_texts = {
            "has_single_keys": _("Off: only combinations with Ctrl or Alt act, and Enter."),
            "shift_to": _("Earlier than the beginning: on the next day."),
            "answer_keys_come_first": _("Off: an answer to which the project has given a key of its own keeps it."),
        }

        widgets = {name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M") for name in ("shift_from", "shift_to")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["shift_days"] = list(self.instance.shift_days or "12345")
        for command, (letter, words) in COMMANDS.items():
            self.fields[f"key_{command}"] = forms.CharField(
                label=words, max_length=1, required=False, initial=self.instance.keys.get(command, letter)
            )
            attrs = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "onekey"}
            self.fields[f"key_{command}"].widget.attrs |= attrs
        choices = [("", _("As the browser asks for")), *settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=choices, required=False)

    def keys(self) -> dict[str, str]:
        """The letter of each command; an emptied field means the ready one."""
        return {
            command: self.cleaned_data.get(f"key_{command}", "").lower() or letter
            for command, (letter, _words) in COMMANDS.items()
        }

    def key_fields(self) -> Iterator[forms.BoundField]:
        return (self[f"key_{command}"] for command in COMMANDS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for command, problem in keys_problems(self.keys()).items():
            self.add_error(f"key_{command}", problem)
        if problem := answer_row_problem(cleaned.get("answer_keys", ""), self.keys()):
            self.add_error("answer_keys", problem)
        for field, problem in shift_problems(cleaned).items():
            self.add_error(field, problem)
        if not cleaned.get("shift_from"):
            cleaned["shift_days"] = ""
        return cleaned

    def clean_shift_days(self) -> str:
        return "".join(sorted(self.cleaned_data["shift_days"]))

    def clean_answer_keys(self) -> str:
        return row_of(self.cleaned_data["answer_keys"])


class QuickForm(forms.Form):
    """What can be switched from any page: one thing at a time."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices, required=False)
    single_keys = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], required=False)
