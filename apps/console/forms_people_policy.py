"""The part of a queue's form about testing its people with known items."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

SCALED = {
    "qualification_percent": ("qualification_threshold", 100),
    "honeypot_percent": ("honeypot_share", 100),
    "honeypot_good_percent": ("honeypot_good", 100),
    "honeypot_floor_percent": ("honeypot_floor", 100),
    "honeypot_alpha_percent": ("honeypot_alpha", 100),
    "honeypot_beta_percent": ("honeypot_beta", 100),
}
_TEST = tuple(name for name in SCALED if name.startswith("honeypot"))
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Known items, to test reviewers"), _TEST),
    (_("Newcomers"), ("qualification_items", "qualification_percent", "qualification_tries")),
)
UNITS: dict[str, Any] = {
    "qualification_items": _("known items, with feedback after each"),
    "qualification_percent": _("% right"),
    "qualification_tries": _("tries, each with other items"),
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
    qualification_items = forms.IntegerField(
        label=_("Qualify on"),
        min_value=0,
        max_value=50,
        required=False,
        help_text=_("Before the first item of the queue. Whoever has answered here before is let in. 0 asks for none."),
    )
    qualification_percent = forms.FloatField(label=_("Let in from"), required=False)
    qualification_tries = forms.IntegerField(label=_("With"), min_value=1, max_value=9, required=False)
