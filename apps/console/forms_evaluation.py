"""The form that starts an evaluation."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.evaluation.selectors import models_evaluable, versions_evaluable
from apps.golden.models import GoldenVersion
from apps.projects.models import Project
from apps.training.models import ModelVersion


class ModelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Names a model by its number and what it was trained on."""

    def label_from_instance(self, obj: Any) -> str:
        return _now("Model %(n)s, trained on %(version)s") % {"n": obj.number, "version": obj.golden_version}


class TestSideField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Names a version by its set, number and the size of its test side."""

    def label_from_instance(self, obj: Any) -> str:
        n = obj.manifest["splits"]["test"]
        return _now("%(version)s (%(n)s test items)") % {"version": obj, "n": n}


class EvaluationForm(forms.Form):
    """Which model, on which version's test side."""

    candidate = ModelField(label=_("Candidate"), queryset=ModelVersion.objects.none(), empty_label=None)
    golden_version = TestSideField(label=_("Golden version"), queryset=GoldenVersion.objects.none(), empty_label=None)
    seed = forms.IntegerField(
        label=_("Seed"), initial=0, min_value=0, max_value=2**31 - 1, help_text=_("Of the resampling behind intervals.")
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        candidate, version = self.fields["candidate"], self.fields["golden_version"]
        assert isinstance(candidate, forms.ModelChoiceField)
        assert isinstance(version, forms.ModelChoiceField)
        candidate.queryset = models_evaluable(project=project)
        version.queryset = versions_evaluable(project=project)
