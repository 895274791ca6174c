"""`job.json`: what a supervisor asks for, checked before anything expensive starts."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from apps.training.trainer.errors import TrainerError

Tuner = Literal["probe", "lora", "auto"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Low-rank adaptation. An empty `target` means: the query and value projections, as the base names them."""

    r: int = 8
    alpha: int = 16
    target: tuple[str, ...] = ()
    lr: float = 1e-3
    epochs: int = 4
    batch_size: int = 16
    max_tokens: int = 128

    def __post_init__(self) -> None:
        """Refuse numbers that no training can use."""
        object.__setattr__(self, "target", tuple(self.target))
        for name in ("r", "alpha", "epochs", "batch_size", "max_tokens"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise TrainerError("job_invalid", f"lora.{name} must be a whole number of at least 1, not {value!r}.")
        if not 0 < self.lr < 1:
            raise TrainerError("job_invalid", f"lora.lr must lie between 0 and 1, not {self.lr!r}.")


@dataclass(frozen=True, slots=True)
class TrainJob:
    """Fit a classifier on the rows of `train`, a JSONL file of {"id", "text", "label"}."""

    train: Path
    labels: tuple[str, ...]
    cache_dir: Path
    base: str = "minilm"
    tuner: Tuner = "auto"
    seed: int = 0
    validation_share: float = 0.15
    lora: LoraSettings = field(default_factory=LoraSettings)
    time_budget_s: float | None = 60.0  # for LoRA alone; None: until the epochs are done
    early_stopping_patience: int = 2
    threads: int = 2
    golden: dict[str, Any] = field(default_factory=dict)  # name, version, content hash: for the model card

    def __post_init__(self) -> None:
        """Refuse what the run could only discover late."""
        if self.tuner not in get_args(Tuner):
            raise TrainerError("job_invalid", f"tuner must be one of {', '.join(get_args(Tuner))}, not {self.tuner!r}.")
        if len(set(self.labels)) != len(self.labels) or not self.labels:
            raise TrainerError("job_invalid", "labels must be a list of different names, at least one.")
        if not 0 <= self.validation_share < 0.9:
            raise TrainerError("job_invalid", "validation_share must lie between 0 and 0.9.")

    def config(self) -> dict[str, Any]:
        """The exact settings as plain JSON values, without paths of this machine."""
        values = asdict(self)
        for name in ("train", "cache_dir", "golden"):
            del values[name]
        values["labels"] = list(self.labels)
        values["lora"]["target"] = list(self.lora.target)
        return values


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A finished model folder and the name under which its predictions are written.

    `as_probe` lets the linear probe answer that was fitted beside the model, instead of what was kept.
    """

    name: str
    path: Path
    as_probe: bool = False


@dataclass(frozen=True, slots=True)
class PredictJob:
    """Predict the rows of `items`, a JSONL file of {"id", "text"}, with every model."""

    models: tuple[NamedModel, ...]
    items: Path
    cache_dir: Path
    measure_latency: bool = False
    latency_items: int = 200
    threads: int = 2

    def __post_init__(self) -> None:
        """Predictions are told apart by the model's name."""
        if not self.models or len({model.name for model in self.models}) != len(self.models):
            raise TrainerError("job_invalid", "models must be a list of at least one, each with a name of its own.")


def load_job(path: Path) -> TrainJob | PredictJob:
    """Read and check `job.json`.

    Raises:
        TrainerError: kind `job_invalid`; the message names the field.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        kind = values.pop("kind")
    except (OSError, ValueError, KeyError, AttributeError) as exc:
        raise TrainerError("job_invalid", f"{path.name} is missing, is not JSON, or has no kind.") from exc
    if kind == "train":
        return train_job_from(values)
    if kind == "predict":
        return _predict_job(values)
    raise TrainerError("job_invalid", f"kind must be train or predict, not {kind!r}.")


def train_job_from(values: dict[str, Any]) -> TrainJob:
    """A training job from plain JSON values; refuses like `load_job`."""
    lora = _build(LoraSettings, dict(values.get("lora") or {}), prefix="lora.")
    return _build(TrainJob, {**values, "lora": lora}, paths=("train", "cache_dir"), tuples=("labels",))


def _predict_job(values: dict[str, Any]) -> PredictJob:
    models = tuple(
        _build(NamedModel, dict(model), prefix="models.", paths=("path",)) for model in values.pop("models", ())
    )
    return _build(PredictJob, {**values, "models": models}, paths=("items", "cache_dir"))


def _build(
    cls: type[T], values: dict[str, Any], *, prefix: str = "", paths: tuple[str, ...] = (), tuples: tuple[str, ...] = ()
) -> T:
    unknown = set(values) - {item.name for item in fields(cls)}  # type: ignore[arg-type]
    if unknown:
        raise TrainerError("job_invalid", f"Unknown field in job.json: {prefix}{min(unknown)}.")
    for name in paths:
        if name in values:
            values[name] = Path(values[name])
    for name in tuples:
        if name in values:
            values[name] = tuple(values[name])
    try:
        return cls(**values)
    except TypeError as exc:
        raise TrainerError("job_invalid", f"job.json: {exc}") from exc
