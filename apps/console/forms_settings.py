"""Forms of the settings and people pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import TouchstoneError
from apps.intake.algorithms.filters import DEFAULT_WEIGHTS
from apps.intake.models import Signal
from apps.projects.models import ApiKey, Membership


def form_refuse(form: forms.Form, exc: TouchstoneError) -> None:
    """Put a service's refusal beside its field, or over the form where it names none of them."""
    form.add_error(exc.field if exc.field in form.fields else None, exc.message)


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    """A reason to escalate. With `code` given the reason exists, and its code stays as it is."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=60,
        help_text=_("What clients send, such as wrong-policy. It cannot be changed later."),
    )
    text = forms.CharField(label=_("What it says"), max_length=200)
    severity = forms.TypedChoiceField(
        label=_("Severity"),
        coerce=int,
        initial=3,
        choices=[(1, _("1, mild")), (2, "2"), (3, "3"), (4, "4"), (5, _("5, worst"))],
        help_text=_("A worse one moves its item further up the queue."),
    )
    label = forms.ChoiceField(
        label=_("Label it stands for"), required=False, help_text=_("Where the reason itself says what the answer is.")
    )
    is_active = forms.BooleanField(
        label=_("In use"), required=False, help_text=_("Off: clients that send it are refused. Nothing is deleted.")
    )

    def __init__(self, *args: Any, labels: Iterable[str], code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._field("label").choices = [("", _("none")), *((label, label) for label in labels)]
        del self.fields["code" if code else "is_active"]

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field


class ProductVersionForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("As clients send it in product_version."))
    released_at = forms.DateTimeField(
        label=_("Released (UTC)"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    is_breaking = forms.BooleanField(
        label=_("Breaking"), required=False, help_text=_("Feedback on older versions is stale and trains nothing.")
    )


class ApiKeyForm(forms.Form):
    """`scopes` in the order in which they widen."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Who uses it, such as support bot."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("ingest", _("ingest: log traces and signals, escalate")),
            ("read", _("read: poll escalations, read traces and labels")),
            ("manage", _("manage: keep the list of adversarial users")),
        ],
    )

    assert [choice[0] for choice in scopes.choices] == list(ApiKey.SCOPES)  # type: ignore[union-attr,index]


class WeightsForm(forms.Form):
    """A weight for each kind of signal; one equal to the default is not the project's own."""

    def __init__(self, *args: Any, weights: Mapping[str, float], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, default in DEFAULT_WEIGHTS.items():
            if kind == "thumbs_up":
                continue
            self.fields[kind] = forms.FloatField(
                label=Signal.Kind(kind).label,
                min_value=0,
                max_value=1,
                initial=weights.get(kind, default),
                widget=forms.NumberInput(attrs={"step": "0.05"}),
                help_text=_("default %(n)s") % {"n": f"{default:.2f}"},
            )

    def own_weights(self) -> dict[str, float]:
        return {kind: weight for kind, weight in self.cleaned_data.items() if weight != DEFAULT_WEIGHTS[kind]}


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.REVIEWER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)
