"""The form that starts a fine-tune."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.golden.models import GoldenVersion
from apps.projects.models import Project
from apps.training import selectors
from apps.training.trainer.base import DEFAULT_BASE
from apps.training.trainer.job import LoraSettings

_LORA = LoraSettings()


def _version_words(version: GoldenVersion) -> str:
    n = version.manifest["splits"].get("train", 0)
    return _("%(version)s (%(n)s items to train on)") % {"version": version, "n": n}


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Names a version by its set, number and size."""

    def label_from_instance(self, obj: Any) -> str:
        return _version_words(obj)


class TrainingForm(forms.Form):
    """What a person chooses. Fields after `seed` stand behind a fold; their defaults are the trainer's own."""

    golden_version = VersionField(label=_("Golden version"), queryset=GoldenVersion.objects.none(), empty_label=None)
    tuner = forms.ChoiceField(
        label=_("Method"),
        initial="auto",
        choices=[
            ("auto", _("LoRA where it beats the probe")),
            ("probe", _("Linear probe only: seconds")),
            ("lora", _("LoRA in any case")),
        ],
        help_text=_("The probe is always fitted and shown as the baseline."),
    )
    time_budget_s = forms.FloatField(
        label=_("Time for LoRA, in seconds"),
        initial=120,
        min_value=1,
        max_value=86_400,
        help_text=_("It stops earlier when the validation part stops getting better."),
    )
    base = forms.CharField(
        label=_("Base model"),
        initial=DEFAULT_BASE,
        max_length=300,
        help_text=_(
            "minilm comes with Touchstone and needs no network. Else a Hugging Face id or a folder on the server."
        ),
    )
    seed = forms.IntegerField(label=_("Seed"), initial=0, min_value=0, max_value=2**31 - 1)
    validation_share = forms.FloatField(
        label=_("Validation part of the training split"),
        initial=0.15,
        min_value=0,
        max_value=0.5,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    early_stopping_patience = forms.IntegerField(
        label=_("Epochs without progress until it stops"), initial=2, min_value=1, max_value=100
    )
    lora_epochs = forms.IntegerField(label=_("Epochs at most"), initial=_LORA.epochs, min_value=1, max_value=1000)
    lora_r = forms.IntegerField(label=_("LoRA rank"), initial=_LORA.r, min_value=1, max_value=256)
    lora_alpha = forms.IntegerField(label=_("LoRA alpha"), initial=_LORA.alpha, min_value=1, max_value=1024)
    lora_lr = forms.FloatField(
        label=_("Learning rate"),
        initial=_LORA.lr,
        min_value=1e-7,
        max_value=0.5,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    lora_batch_size = forms.IntegerField(label=_("Batch size"), initial=_LORA.batch_size, min_value=1, max_value=1024)
    lora_max_tokens = forms.IntegerField(
        label=_("Tokens read of a text"), initial=_LORA.max_tokens, min_value=8, max_value=8192
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["golden_version"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = selectors.versions_trainable(project=project)

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What everybody looks at."""
        return [field for field in self if field.name in ("golden_version", "tuner", "time_budget_s", "base", "seed")]

    @property
    def folded_fields(self) -> list[forms.BoundField]:
        """What few change."""
        main = {field.name for field in self.main_fields}
        return [field for field in self if field.name not in main]

    @property
    def has_folded_errors(self) -> bool:
        return any(field.errors for field in self.folded_fields)

    def config(self) -> dict[str, Any]:
        """The run's settings as the service takes them."""
        chosen = self.cleaned_data
        lora = {name.removeprefix("lora_"): value for name, value in chosen.items() if name.startswith("lora_")}
        names = ("tuner", "time_budget_s", "base", "validation_share", "early_stopping_patience")
        return {name: chosen[name] for name in names} | {"lora": lora}
