"""The part of a queue's form about testing its people with known items."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

SCALED = {
    "honeypot_percent": ("honeypot_share", 100),
    "honeypot_good_percent": ("honeypot_good", 100),
    "honeypot_floor_percent": ("honeypot_floor", 100),
    "honeypot_alpha_percent": ("honeypot_alpha", 100),
    "honeypot_beta_percent": ("honeypot_beta", 100),
}
GROUP: tuple[Any, tuple[str, ...]] = (_("Known items, to test reviewers"), tuple(SCALED))
UNITS: dict[str, Any] = {
    "honeypot_percent": _("% of what each person gets"),
    "honeypot_good_percent": _("% right"),
    "honeypot_floor_percent": _("% right"),
    "honeypot_alpha_percent": _("% of good reviewers"),
    "honeypot_beta_percent": _("% of reviewers at the floor"),
}


class PeoplePolicyFields(forms.Form):
    """Mixed into the queue's form. What is left out stays as it is; ranges across fields are the service's."""

    honeypot_percent = forms.FloatField(
        label=_("Mix in"),
        min_value=0,
        max_value=50,
        required=False,
        help_text=_("Items whose right answer is known; nobody can tell them. 0 mixes in none."),
    )
    honeypot_good_percent = forms.FloatField(
        label=_("Good enough from"), required=False, help_text=_("Whoever is as good as this is left alone.")
    )
    honeypot_floor_percent = forms.FloatField(
        label=_("Not good enough up to"),
        required=False,
        help_text=_("Whoever is as bad as this is paused soon, until you have looked. In between it takes longer."),
    )
    honeypot_alpha_percent = forms.FloatField(label=_("Paused by mistake, ever, at most"), required=False)
    honeypot_beta_percent = forms.FloatField(label=_("Trusted by mistake at most"), required=False)
