"""What reviewers and adjudicators send."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.consensus.models import Adjudication
from apps.labeling.errors import AnswerInvalid
from apps.labeling.services import NOTE_CHARS
from apps.labeling.widgets import Checked, FormState, Result, parse_answer, state_from_post
from apps.labeling.widgets.base import FIELD
from apps.labeling.widgets.carry import parse_revision
from apps.projects.labelling import LabellingConfig

QUESTION_CHARS = 500  # stands beside the item

SKIP_REASONS = (
    gettext_lazy("I cannot tell"),
    gettext_lazy("Empty or broken"),
    gettext_lazy("A language I do not read"),
    gettext_lazy("Does not belong in this queue"),
)


class ConfigForm:
    """What was sent in answer to a labelling config, which checks it itself, and the fields beside it.

    Not one of Django's forms: those copy their fields each time, and a reviewer waits for this one at each answer.
    """

    beside: Mapping[str, forms.Field] = {}

    def __init__(
        self,
        post: QueryDict,
        *,
        config: LabellingConfig,
        data: Mapping[str, Any] | None = None,
        before: Result | None = None,
    ) -> None:
        """`data`: what the item shows. `before`: the answer that the form began with, whose untouched parts stay."""
        self.config = config
        self.shown = data
        self.before = before
        self.post = post
        self.control_errors: dict[str, str] = {}
        self.cleaned_data: dict[str, Any] = {}
        self._wrong: list[str] = []

    def is_valid(self) -> bool:
        """Checks everything, so that all that is wrong can be told; `cleaned_data` holds what is right."""
        self._wrong, self.cleaned_data = [], {}
        for name, field in self.beside.items():
            try:
                self.cleaned_data[name] = field.clean(self.post.get(name))
            except forms.ValidationError as exc:
                self._wrong += exc.messages
        self.cleaned_data["result"] = self.answer()
        return not self._wrong

    def answer(self) -> Checked | None:
        """The checked result; None with an error added."""
        try:
            if self.before is not None:
                return parse_revision(self.config, self.post, before=self.before, data=self.shown)
            return parse_answer(self.config, self.post, data=self.shown)
        except AnswerInvalid as exc:
            self.control_errors = {exc.control: exc.message} if exc.control else {}
            self._wrong.append(exc.message)
            return None

    @property
    def state(self) -> FormState:
        """What was sent, to be shown again with what is wrong."""
        return state_from_post(self.config, self.post, self.control_errors)

    @property
    def problem(self) -> str:
        """What is wrong with no control in particular."""
        return "" if self.control_errors else " ".join(self._wrong)


_NOTE = forms.CharField(max_length=NOTE_CHARS, required=False)


class AnswerForm(ConfigForm):
    """An answer under a lease."""

    beside = {
        "token": forms.IntegerField(
            min_value=0,
            max_value=2**63 - 1,
            error_messages={"required": gettext_lazy("The page did not say which lease this is. Reload it.")},
        ),
        # Measured by the page; without scripts it is not sent, and the lease's own time is taken.
        "duration_ms": forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False),
        "note": _NOTE,
    }


class RevisionForm(ConfigForm):
    """Another answer in the place of one given before."""

    beside = {"note": _NOTE}


class QualificationForm(ConfigForm):
    """An answer to a practice item."""


class DecisionForm(ConfigForm):
    """An adjudicator's decision; only one for a label has an answer."""

    beside = {
        "decision": forms.ChoiceField(choices=[*Adjudication.Decision.choices, ("rule", "")], required=False),
        "reason": _NOTE,
        "question": forms.CharField(max_length=QUESTION_CHARS, required=False),
    }

    def is_valid(self) -> bool:
        is_right = super().is_valid()
        # "rule" decides for a label, then opens the guideline.
        self.cleaned_data["writes_rule"] = self._decision == "rule"
        self.cleaned_data["decision"] = Adjudication.Decision.LABEL if self._is_label else self._decision
        return is_right

    def answer(self) -> Checked | None:
        return super().answer() if self._is_label else None

    @property
    def _decision(self) -> str:
        return self.cleaned_data.get("decision") or Adjudication.Decision.LABEL

    @property
    def _is_label(self) -> bool:
        return self._decision in (Adjudication.Decision.LABEL, "rule")


class TokenForm(forms.Form):
    """Names the lease that something is done with."""

    token = forms.IntegerField(min_value=0, max_value=2**63 - 1)


class SkipForm(TokenForm):
    """A reason: one of the ready ones, or own words."""

    reason = forms.CharField(max_length=300, required=False)
    other = forms.CharField(max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["reason"] = cleaned.get("reason") or cleaned.get("other") or ""
        if not cleaned["reason"]:
            self.add_error("other", _("Say why, in a few words: it helps whoever looks at the queue."))
        return cleaned


class EscalateForm(TokenForm):
    """What the adjudicator should know."""

    note = forms.CharField(max_length=200, required=False)


def draft_fields(post: QueryDict) -> dict[str, list[str]]:
    """The form as posted, of what may be kept: the answer's fields and the note. Postgres keeps no NUL."""
    names = [*(name for name in post if name.startswith(FIELD)), "note", "reason", "question"]
    kept = {
        name: [value.replace("\x00", "") for value in post.getlist(name) if value] for name in names if name in post
    }
    return {name: values for name, values in kept.items() if values or name.startswith(FIELD)}
