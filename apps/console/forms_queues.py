"""Forms of the queue pages. Shares are asked for in per cent and leases in minutes, as people say them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.console import forms_people_policy
from apps.console.forms_people_policy import PeoplePolicyFields
from apps.queues.models import Queue

# Form field: (policy field of the queue, how many of the form's units one of the queue's is).
_SCALED = {
    "audit_percent": ("audit_share", 100),
    "deadline_percent": ("deadline_share", 100),
    "audit_lane_percent": ("audit_lane_share", 100),
    "lease_minutes": ("lease_seconds", 1 / 60),
    "assistance_wrong_percent": ("assistance_wrong_share", 100),
    **forms_people_policy.SCALED,
}
_FORM_FIELD = {policy: name for name, (policy, _scale) in _SCALED.items()}

_GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Name"), ("name",)),
    (_("What comes in"), ("takes_traces", "takes_escalations", "audit_percent")),
    (_("What comes first"), ("acquisition", "deadline_percent", "audit_lane_percent")),
    (
        _("How many answers"),
        ("overlap_min", "overlap_max", "label_budget", "asks_best", "consensus_method", "settle_threshold"),
    ),
    (_("Time"), ("lease_minutes", "sla_hours")),
    (_("What reviewers see"), ("shows_escalation_reason", "shows_similar")),
    (_("What adjudicators see"), ("shows_model_to_adjudicator",)),
    (_("The model’s guess"), ("assistance", "assistance_wrong_percent")),
    (_("What reviewers may do"), ("allows_revision",)),
    *forms_people_policy.GROUPS,
)
_UNITS: dict[str, Any] = {
    "audit_percent": _("% of all that comes in"),
    "deadline_percent": _("% of claims"),
    "audit_lane_percent": _("% of claims"),
    "overlap_min": _("answers"),
    "overlap_max": _("answers"),
    "label_budget": _("answers in all"),
    "lease_minutes": _("minutes"),
    "sla_hours": _("hours until an item is settled"),
    "settle_threshold": "",
    "assistance_wrong_percent": _("% of the guesses that are filled in"),
    **forms_people_policy.UNITS,
}
_ACQUISITION_HELP = {
    Queue.Acquisition.LEAST_CONFIDENCE: _("The most probable label is not probable enough."),
    Queue.Acquisition.MARGIN: _("The two most probable labels are close. Good when a few labels are often mixed up."),
    Queue.Acquisition.ENTROPY: _("The probability is spread over many labels."),
    Queue.Acquisition.RANDOM: _("By chance. What is also done while no model has told probabilities."),
}
_ASSISTANCE_HELP = {
    Queue.Assistance.NONE: _("Reviewers never see it. Their agreement says most about what is right."),
    Queue.Assistance.AFTER_ANSWER: _(
        "Reviewers answer first and then see it where it differs. Both answers are kept; agreement counts the first."
    ),
    Queue.Assistance.PRE_ANNOTATED: _(
        "It stands in the form when the item opens, and easy items come as a grid. Faster, and people follow it: "
        "accepting it counts as half an answer, and this page shows how often wrong ones are accepted."
    ),
}
_HELP: dict[str, dict[Any, Any]] = {"acquisition": _ACQUISITION_HELP, "assistance": _ASSISTANCE_HELP}


@dataclass(frozen=True)
class FormRow:
    """One field as the page shows it. `was`: the saved value, where another one was typed."""

    field: forms.BoundField
    unit: str | Promise | None  # None: no number
    was: Any = None
    options: Sequence[tuple[Any, Any]] = ()  # radio buttons with what each means


class QueueForm(PeoplePolicyFields):
    """The policy of a queue. Ranges across fields are the service's; see `policy`."""

    name = forms.CharField(label=_("Name"), max_length=120)
    takes_traces = forms.BooleanField(
        label=_("Traces"), required=False, help_text=_("Every new trace of the project becomes an item here.")
    )
    takes_escalations = forms.BooleanField(
        label=_("Escalations"),
        required=False,
        help_text=_("Of several queues that do, one that takes nothing else gets them."),
    )
    audit_percent = forms.FloatField(
        label=_("Random audit share"),
        min_value=0,
        max_value=100,
        help_text=_("Drawn by chance before any score. Without it accuracy on traffic cannot be estimated."),
    )
    acquisition = forms.ChoiceField(
        label=_("Order by the model's doubt"), widget=forms.RadioSelect, choices=Queue.Acquisition.choices
    )
    deadline_percent = forms.FloatField(
        label=_("Look at deadlines first in"),
        min_value=0,
        max_value=100,
        help_text=_("The earliest deadline is given out; the other claims follow the order above."),
    )
    audit_lane_percent = forms.FloatField(label=_("Look at the audit first in"), min_value=0, max_value=100)
    overlap_min = forms.IntegerField(label=_("At first"), min_value=1, max_value=9)
    overlap_max = forms.IntegerField(
        label=_("At most"),
        min_value=1,
        max_value=9,
        help_text=_("One more is asked for while the answers are not sure enough; then an adjudicator decides."),
    )
    label_budget = forms.IntegerField(
        label=_("Label budget"),
        required=False,
        min_value=1,
        help_text=_(
            "Empty: no limit. With one, further answers go first where they are expected to help most, and nothing is "
            "given out once it is spent. Known items do not count."
        ),
    )
    consensus_method = forms.ChoiceField(
        label=_("How answers add up"),
        choices=Queue.Method.choices,
        help_text=_("Dawid–Skene weighs each answer by how reliable its reviewer has been; a majority counts heads."),
    )
    settle_threshold = forms.FloatField(
        label=_("Sure enough at a confidence of"),
        min_value=0.5,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    lease_minutes = forms.FloatField(
        label=_("Lease"),
        min_value=5 / 60,
        max_value=1440,
        help_text=_("How long a reviewer has an item before others may get it. Drafts survive the lease."),
    )
    sla_hours = forms.FloatField(label=_("Promise"), min_value=0.01, max_value=24 * 365)
    shows_escalation_reason = forms.BooleanField(
        label=_("The escalation's reason"),
        required=False,
        help_text=_("Reviewers see why somebody asked. They never see others’ answers."),
    )
    assistance = forms.ChoiceField(
        label=_("When reviewers see it"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (Queue.Assistance.NONE, _("Never: blind")),
            (Queue.Assistance.AFTER_ANSWER, _("After their own answer")),
            (Queue.Assistance.PRE_ANNOTATED, _("Filled in from the start")),
        ],
        help_text=_("Items of the random audit, and as many others, stay blind whatever you choose."),
    )
    assistance_wrong_percent = forms.FloatField(
        label=_("Wrong on purpose"),
        required=False,
        min_value=0,
        max_value=50,
        help_text=_(
            "Reviewers are told that some are, never which. It measures whether guesses are checked; an accepted one "
            "counts for nothing."
        ),
    )
    shows_similar = forms.BooleanField(
        label=_("Settled items like theirs"),
        required=False,
        help_text=_(
            "With their labels, on request. Near duplicates, golden items and what they had themselves are left out."
        ),
    )
    shows_model_to_adjudicator = forms.BooleanField(
        label=_("What models said of a disputed item"),
        required=False,
        help_text=_("Without it they decide from the answers alone, and see no score that a model has a part in."),
    )
    asks_best = forms.BooleanField(
        label=_("Choose who answers further"),
        required=False,
        help_text=_(
            "Where the first answers leave an item open, it waits ten minutes for one of the people at work whose "
            "answers tell most, then for everybody."
        ),
    )
    allows_revision = forms.BooleanField(
        label=_("Change their answers later"),
        required=False,
        help_text=_("From their history, until an adjudicator has decided or the item is in a frozen golden version."),
    )

    def __init__(self, posted: Any = None, *, queue: Queue | None = None) -> None:
        super().__init__(posted, initial=form_values(queue or Queue()))
        self.is_new = queue is None

    def groups(self) -> Iterator[tuple[str | Promise, list[FormRow]]]:
        """The fields by fieldset."""
        for title, names in _GROUPS:
            yield title, [self._row(name) for name in names]

    def _row(self, name: str) -> FormRow:
        is_other = self.is_bound and not self.is_new and name in self.changed_data
        was = self.initial[name] if is_other and not isinstance(self.initial[name], bool) else None
        buttons = self[name] if name in _HELP else ()
        options = [(button, _HELP[name][button.data["value"]]) for button in buttons]
        return FormRow(self[name], _UNITS.get(name), was, options)

    def policy(self) -> dict[str, Any]:
        """What a valid form says, in the words of `queue_create` and `queue_update`."""
        # What a page did not ask for stays as it is.
        values = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        if "label_budget" in self.data:
            values["label_budget"] = self.cleaned_data["label_budget"]  # emptied: no limit any more
        for name, (policy, scale) in _SCALED.items():
            if name in values:
                values[policy] = values.pop(name) / scale
        values["lease_seconds"] = round(values["lease_seconds"])
        return values

    def refuse(self, field: str, message: str) -> None:
        """Put a service's refusal beside the field it names."""
        name = _FORM_FIELD.get(field, field)
        self.add_error(name if name in self.fields else None, message)


def form_values(queue: Queue) -> dict[str, Any]:
    """The queue's policy in the form's units."""
    names = [name for _title, group in _GROUPS for name in group]
    values = {name: getattr(queue, name) for name in names if name not in _SCALED}
    scaled = {name: round(getattr(queue, policy) * scale, 4) for name, (policy, scale) in _SCALED.items()}
    return {name: _plain(value) for name, value in (values | scaled).items()}


def _plain(value: Any) -> Any:
    """168 instead of 168.0, as a person would have typed it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class BudgetForm(forms.Form):
    """The label budget alone."""

    label_budget = forms.IntegerField(label=_("Answers in all"), required=False, min_value=1)

    def clean_label_budget(self) -> int | None:
        """Emptied is no limit any more; left out altogether it was not asked for."""
        if "label_budget" not in self.data:
            raise forms.ValidationError(self.fields["label_budget"].error_messages["required"], code="required")
        budget: int | None = self.cleaned_data["label_budget"]
        return budget


class PeopleForm(forms.Form):
    """Who works in a queue."""

    is_open_to_all = forms.BooleanField(
        label=_("Every reviewer of the project"),
        required=False,
        help_text=_("Managers and adjudicators only where they are named: who answers here does not see the votes."),
    )
    members: "forms.ModelMultipleChoiceField[User]" = forms.ModelMultipleChoiceField(
        label=_("And these by name"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, posted: Any = None, *, queue: Queue) -> None:
        named = list(queue.members.values_list("user_id", flat=True))
        super().__init__(posted, initial={"is_open_to_all": queue.is_open_to_all, "members": named})
        field = self.fields["members"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        able = queue.project.memberships.exclude(role="viewer").filter(user__is_active=True)
        field.queryset = User.objects.filter(pk__in=able.values("user")).order_by("name", "email")
