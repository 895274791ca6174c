"""Forms of the intake pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.intake.algorithms.columns import REST, TARGETS
from apps.intake.algorithms.tabular import MAX_BYTES
from apps.intake.models import Escalation, Signal, Trace
from apps.intake.services.uploads import MODEL

TARGET_WORDS = {
    "input": _("Input: what the model was given"),
    "output": _("Output: what it answered"),
    "context": _("Context, such as earlier turns"),
    "trace_id": _("Your id of the row"),
    "model": _("Model"),
    "prediction": _("Label that the model gave"),
    "occurred_at": _("When it happened"),
    "product_version": _("Product version"),
    "prompt_version": _("Prompt version"),
    "user_ref": _("User, as a pseudonym"),
    "session_ref": _("Session"),
    "latency_ms": _("Latency in ms"),
}
TARGET_HELP = {
    "trace_id": _("Without one, rows are named by their content, so the same file again changes nothing."),
    "occurred_at": _("With a zone, as in 2026-03-02T09:00:00Z."),
}


class TraceFilterForm(forms.Form):
    """What the list of traces is narrowed to, by URL."""

    q = forms.CharField(label=_("Trace or user"), required=False, max_length=200)
    model = forms.CharField(label=_("Model"), required=False, max_length=200)
    origin = forms.ChoiceField(label=_("Origin"), required=False, choices=[("", _("any")), *Trace.Origin.choices])
    since = forms.DateField(
        label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class SignalFilterForm(forms.Form):
    """What the list of signals is narrowed to, by URL."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("any")), *Signal.Kind.choices])
    verdict = forms.ChoiceField(label=_("Verdict"), required=False, choices=[("", _("any")), *Signal.Verdict.choices])
    user = forms.CharField(label=_("User"), required=False, max_length=200)
    rule = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)


class EscalationFilterForm(forms.Form):
    """What the list of escalations is narrowed to, by URL."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("any")), *Escalation.State.choices, ("late", _("Waiting and late"))],
    )
    reason = forms.ChoiceField(label=_("Reason"), required=False)

    def __init__(self, *args: Any, reasons: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("any")), *reasons]


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(
        label=_("CSV or JSONL file"),
        help_text=_(
            "Up to 10 MiB, in UTF-8. CSV with commas, semicolons or tabs; the first row names the columns. "
            "JSONL: one object a line."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.json"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file has more than 10 MiB. Split it, or send it by the API."))
        return file


class MappingForm(forms.Form):
    """Which column fills which field of a trace."""

    def __init__(self, given: Any = None, *, columns: Sequence[str], mapping: Mapping[str, Any]) -> None:
        super().__init__(given, initial=dict(mapping))
        choices = [("", _("none")), *((column, column) for column in columns)]
        for target in TARGETS:
            self.fields[target] = forms.ChoiceField(
                label=TARGET_WORDS[target],
                required=False,
                choices=choices,
                help_text=TARGET_HELP.get(target, ""),
            )
        self.fields[MODEL] = forms.CharField(label=_("Model, where no column names it"), required=False, max_length=200)
        self.fields[REST] = forms.BooleanField(
            label=_("Keep the other columns as attributes"),
            required=False,
            help_text=_("Attributes make slices in evaluations. Leave personal data out."),
        )


class AdversaryForm(forms.Form):
    """A pseudonym whose feedback never trains."""

    user_ref = forms.CharField(label=_("User"), max_length=200)
    reason = forms.CharField(label=_("Why"), required=False, max_length=200)
