"""The form that asks for an override."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.rollout.services.overrides import MIN_REASON


class OverrideForm(forms.Form):
    """Why the gate should be overridden."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=MIN_REASON,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("At least 40 characters. Readable by everyone who sees the console."),
    )
