"""Forms of the golden pages."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.golden.selectors import GatherFilter
from apps.projects.labelling import parse_config
from apps.projects.models import Project
from apps.projects.selectors import schema_current
from apps.queues.models import Queue


class GoldenSetForm(forms.Form):
    """A new set. The share is asked for in per cent, as people say it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    test_percent = forms.IntegerField(
        label=_("Test share in per cent"),
        min_value=0,
        max_value=99,
        initial=20,
        help_text=_("Never trained on. Each item keeps its side for ever; the share cannot be changed later."),
    )
    allows_simulated = forms.BooleanField(
        label=_("Allow simulated content"),
        required=False,
        help_text=_("Simulated answers and made-up traces may come in; every version then says how many."),
    )

    def fields_of_service(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        return values | {"test_share": values.pop("test_percent") / 100}


class GatherForm(forms.Form):
    """Which settled items to gather. Everything empty: all."""

    queue: "forms.ModelChoiceField[Queue]" = forms.ModelChoiceField(
        label=_("Queue"), queryset=Queue.objects.none(), required=False, empty_label=_("all queues")
    )
    label = forms.ChoiceField(label=_("Label"), required=False)
    confidence = forms.FloatField(label=_("Confidence from"), required=False, min_value=0, max_value=1)
    since = forms.DateField(
        label=_("Settled since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue, label = self.fields["queue"], self.fields["label"]
        assert isinstance(queue, forms.ModelChoiceField)
        assert isinstance(label, forms.ChoiceField)
        queue.queryset = project.queues.order_by("name")
        classes = parse_config(schema_current(project=project).config).classes
        label.choices = [("", _("all labels")), *((name, name) for name in classes)]
        self.fields["confidence"].widget.attrs["step"] = "0.01"

    def wanted(self) -> GatherFilter:
        """The filter that a valid form asks for."""
        values = self.cleaned_data
        since = values["since"]
        return GatherFilter(
            queue=values["queue"],
            label=values["label"],
            min_confidence=values["confidence"] or 0.0,
            since=_midnight(since) if since else None,
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
