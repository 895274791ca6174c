"""Forms of the items pages: what to look for, and what to do with what was ticked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.models import User
from apps.consensus.services.comparisons import pairwise_controls
from apps.labeling.models import Annotation
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.selectors import schema_current
from apps.queues.models import Item

LATE = "late"
UNDECIDED_STATE = "undecided"
RESTING_STATE = "resting"
STATE_WORDS = {
    UNDECIDED_STATE: _("undecided"),
    Item.State.OPEN: _("open"),
    Item.State.ADJUDICATION: _("disputed"),
    Item.State.SETTLED: _("settled"),
    Item.State.RETIRED: _("taken out"),
}
AGES = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "1d": timedelta(days=1), "7d": timedelta(days=7)}


class ItemFilterForm(forms.Form):
    """What the list of items is narrowed to, by URL. Everything empty: all."""

    MAIN = ("q", "queue", "state", "sort")

    q = forms.CharField(label=_("Text or trace"), required=False, max_length=200)
    queue = forms.ChoiceField(label=_("Queue"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    label = forms.ChoiceField(label=_("Consensus label"), required=False)
    answered = forms.ChoiceField(label=_("Answered as"), required=False)
    reviewer = forms.ChoiceField(label=_("Answered by"), required=False)
    differs = forms.ChoiceField(label=_("But otherwise by"), required=False)
    first_from = forms.DateField(label=_("First answered from"), required=False)
    first_to = forms.DateField(label=_("up to"), required=False)
    question = forms.ChoiceField(label=_("Compared by"), required=False)
    preferred = forms.CharField(label=_("Output preferred"), required=False, max_length=200)
    over = forms.CharField(label=_("to that of"), required=False, max_length=200)
    confidence_from = forms.FloatField(label=_("Confidence from"), required=False, min_value=0, max_value=1)
    confidence_to = forms.FloatField(label=_("to"), required=False, min_value=0, max_value=1)
    reason = forms.ChoiceField(label=_("Escalated because"), required=False)
    age = forms.ChoiceField(
        label=_("Age"),
        required=False,
        choices=[
            ("", _("any")),
            (LATE, _("late")),
            ("1h", _("over 1 hour")),
            ("4h", _("over 4 hours")),
            ("1d", _("over 1 day")),
            ("7d", _("over 7 days")),
        ],
    )
    audit = forms.ChoiceField(
        label=_("Audit slice"), required=False, choices=[("", _("any")), ("yes", _("in it")), ("no", _("not in it"))]
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False)

    def __init__(self, *args: Any, project: Project, orders: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = list(project.queues.order_by("name").values_list("slug", "name", "label_budget"))
        resting = [(RESTING_STATE, _("wait for the label budget"))] if any(budget for *_q, budget in queues) else []
        config = config_of(schema_current(project=project))
        labels = config.primary.classes
        reasons = project.escalation_reasons.order_by("code").values_list("code", "text")
        self._choose("queue", ((slug, name) for slug, name, _budget in queues))
        self._choose("state", [*STATE_WORDS.items(), *resting])
        for name in ("label", "answered"):
            self._choose(name, ((value, value) for value in [*labels, *self._older(name, project, labels)]))
        people = [(str(user.pk), str(user)) for user in people_who_answered(project)]
        self._choose("reviewer", people)
        self._choose("differs", people)
        self._choose("reason", [("any", _("any reason")), *reasons])
        self._choose("sort", ((name, order.words) for name, order in orders.items()), has_any=False)
        for name in ("confidence_from", "confidence_to"):
            self.fields[name].widget.attrs["step"] = "0.01"
        for name in ("first_from", "first_to"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self._compare([control.name for control in pairwise_controls(config)])

    def _compare(self, questions: Sequence[str]) -> None:
        """Who was preferred to whom is looked for where that is asked; by the first question unless told."""
        self._questions = questions
        self._choose("question", ((name, name) for name in questions))
        if not questions:
            for name in ("question", "preferred", "over"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name, other in (("preferred", "over"), ("over", "preferred")):
            if values.get(name) and other in self.fields and not values.get(other):
                self.add_error(other, _("Name both outputs that were compared."))
        if not values.get("preferred"):
            values["question"] = ""
        elif not values.get("question"):
            values["question"] = self._questions[0]
        return values

    def _older(self, name: str, project: Project, labels: Sequence[str]) -> list[str]:
        """A figure may lead to a label of an older version, or to one that the config does not list."""
        asked = str(self.data.get(name) or "")
        given = Annotation.objects.filter(item__queue__project=project, label=asked)
        return [asked] if asked and asked not in labels and given.exists() else []

    def main(self) -> list[forms.BoundField]:
        """What is asked for most."""
        return [self[name] for name in self.MAIN]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.MAIN]

    def asks_more(self) -> bool:
        """Whether one of the folded filters is in use, so that the fold stands open."""
        return any(field.value() for field in self.more())

    def _choose(self, name: str, pairs: Any, *, has_any: bool = True) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*([("", _("any"))] if has_any else []), *pairs]


def people_who_answered(project: Project) -> Any:
    """Everybody who has an answer or a role that answers here; simulated ones too."""
    answered = Annotation.objects.filter(item__queue__project=project).order_by().values("reviewer").distinct()
    return User.objects.filter(pk__in=answered).order_by("name", "email")


class BulkForm(forms.Form):
    """One act on many items. The items themselves are read apart: an empty selection is a message of its own."""

    ACTIONS = ("requeue", "prioritise", "retire", "hand")

    action = forms.ChoiceField(choices=[(name, name) for name in ACTIONS])
    reason = forms.CharField(label=_("Why"), required=False, max_length=200)
    priority = forms.FloatField(label=_("Points"), required=False, min_value=-10, max_value=10)
    person: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=pgettext_lazy("a person", "To"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("choose a person"),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        able = project.memberships.exclude(role="viewer").filter(user__is_active=True)
        person.queryset = User.objects.filter(pk__in=able.values("user")).order_by("name", "email")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        needs = {"retire": "reason", "hand": "person", "prioritise": "priority"}
        field = needs.get(values.get("action", ""))
        words = {
            "reason": _("Say why these items are taken out."),
            "person": _("Choose the person who shall get them."),
            "priority": _("Give the points, from -10 to 10."),
        }
        if field and field not in self.errors and values.get(field) in (None, ""):
            self.add_error(field, words[field])
        return values
