"""Low-rank adaptation of the base under a head that starts from the linear probe."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model

from apps.training.algorithms.batching import length_batches, shuffled_length_batches
from apps.training.algorithms.linear_head import LinearHead
from apps.training.trainer.artifact import read_json, write_json
from apps.training.trainer.encoder import INFERENCE_BATCH, Encoder
from apps.training.trainer.errors import TrainerError
from apps.training.trainer.job import LoraSettings
from apps.training.trainer.progress import Phase, Progress

# Query and value projections under the names that common architectures give them.
KNOWN_TARGETS = (
    ("query", "value"),
    ("q_proj", "v_proj"),
    ("q_lin", "v_lin"),
    ("Wqkv",),
    ("query_key_value",),
    ("c_attn",),
)
WARMUP_SHARE = 0.1
MAX_GRADIENT_NORM = 1.0
# Steps between two points of the loss curve.
STEPS_A_POINT = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """Token ids and class index of the items of one part."""

    ids: list[list[int]]
    classes: NDArray[np.int64]

    def rows(self, positions: NDArray[np.int64]) -> "Labelled":
        """A part of it."""
        return Labelled(ids=[self.ids[row] for row in positions], classes=self.classes[positions])


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch gave."""

    number: int
    step: int  # steps done since the start
    train_loss: float
    n_items: int  # fewer than the part has when the time budget ended within the epoch
    seconds: float
    val_accuracy: float | None = None
    val_loss: float | None = None


@dataclass(slots=True)
class Course:
    """The record of one training."""

    epochs: list[Epoch] = field(default_factory=list)
    losses: list[tuple[int, float]] = field(default_factory=list)  # step, mean loss since the entry before
    stopped: str = "all epochs done"
    best_epoch: int = 0


class LoraTuner:
    """The adapted encoder with its head. One object trains once; `restart` begins again from the same first weights."""

    def __init__(self, encoder: Encoder, head: LinearHead, *, settings: LoraSettings, seed: int) -> None:
        torch.manual_seed(seed)
        self._seed = seed
        self._settings = settings
        self.targets = list(settings.target) or _targets_of(encoder.model)
        config = LoraConfig(r=settings.r, lora_alpha=settings.alpha, target_modules=self.targets, lora_dropout=0.0)
        try:
            encoder.model = get_peft_model(encoder.model, config)
        except ValueError as exc:
            raise TrainerError("lora_target_unknown", f"LoRA found no layer to adapt: {exc}") from exc
        self.encoder = encoder
        self._head = torch.nn.Linear(encoder.width, len(head.bias))
        self._first = self._adapter_state()
        self.restart(head)

    def restart(self, head: LinearHead) -> None:
        """Forget what was learned; begin with `head` and the adapter's first weights."""
        self._load_adapter(self._first)
        with torch.no_grad():
            self._head.weight.copy_(torch.from_numpy(head.weights))
            self._head.bias.copy_(torch.from_numpy(head.bias))

    @property
    def head(self) -> LinearHead:
        """The head as it is now, without a temperature."""
        return LinearHead(
            weights=self._head.weight.detach().numpy().copy(), bias=self._head.bias.detach().numpy().copy()
        )

    def search(
        self, part: Labelled, held_out: Labelled, *, patience: int, deadline: float | None, progress: Progress
    ) -> Course:
        """Train until the epochs, the patience or the time end; then hold the best epoch's weights.

        Best is the most correct on `held_out`, then the lower loss there.
        """
        course = Course()
        best, best_state, waited = (-1.0, 0.0), self.state(), 0
        for run in self._epochs(part, course, deadline=deadline, progress=progress):
            accuracy, loss = self.score(held_out)
            epoch = replace(run, val_accuracy=accuracy, val_loss=loss)
            course.epochs.append(epoch)
            message = f"Epoch {epoch.number}: {accuracy:.3f} of the validation part correct"
            progress.report("lora", message, step=epoch.step, loss=epoch.train_loss, val_accuracy=accuracy)
            waited += 1
            if (accuracy, -loss) > best:
                best, best_state, waited = (accuracy, -loss), self.state(), 0
                course.best_epoch = epoch.number
            if waited >= patience:
                course.stopped = f"no better epoch in {patience}"
                break
        self.load(best_state)
        return course

    def refit(self, part: Labelled, *, epochs: int, progress: Progress) -> int:
        """Train for `epochs` whole epochs on every labelled item, without looking at a validation part."""
        for epoch in self._epochs(part, Course(), deadline=None, progress=progress, phase="refit"):
            message = f"Training again on all items: epoch {epoch.number} of {epochs}"
            progress.report("refit", message, loss=epoch.train_loss)
            if epoch.number >= epochs:
                break
        return epochs

    def _epochs(
        self, part: Labelled, course: Course, *, deadline: float | None, progress: Progress, phase: Phase = "lora"
    ) -> Iterator[Epoch]:
        """Train epoch by epoch; ends after the one in which `deadline` passes, with what it got done."""
        rng = np.random.default_rng(self._seed)
        torch.manual_seed(self._seed)
        lengths = [len(row) for row in part.ids]
        total = -(-len(lengths) // self._settings.batch_size) * self._settings.epochs
        optimizer, schedule = self._optimizer(total)
        step = 0
        for number in range(1, self._settings.epochs + 1):
            started, losses, n_items = time.monotonic(), [], 0
            for batch in shuffled_length_batches(lengths, batch_size=self._settings.batch_size, rng=rng):
                if deadline is not None and time.monotonic() >= deadline:
                    course.stopped = "time budget used up"
                    break
                losses.append(self._step(part, batch, optimizer, schedule))
                step, n_items = step + 1, n_items + len(batch)
                if step % STEPS_A_POINT == 0:
                    course.losses.append((step, float(np.mean(losses[-STEPS_A_POINT:]))))
                    progress.report(phase, "", step=step, total=total, loss=course.losses[-1][1])
            if losses:
                yield Epoch(number, step, float(np.mean(losses)), n_items, round(time.monotonic() - started, 2))
            if n_items < len(lengths):
                return

    def _step(self, part: Labelled, batch: NDArray[np.int64], optimizer: Any, schedule: Any) -> float:
        self.encoder.model.train()
        logits = self._head(self.encoder.vectors([part.ids[row] for row in batch]))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(part.classes[batch]))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._trained(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        return float(loss.detach())

    def logits(self, part: Labelled) -> NDArray[np.float64]:
        """Class scores of a part, shape (n_items, n_classes)."""
        self.encoder.model.eval()
        found = np.empty((len(part.ids), self._head.out_features))
        with torch.inference_mode():
            for batch in length_batches([len(row) for row in part.ids], batch_size=INFERENCE_BATCH):
                found[batch] = self._head(self.encoder.vectors([part.ids[row] for row in batch])).double().numpy()
        return found

    def score(self, part: Labelled) -> tuple[float, float]:
        """Accuracy and mean negative log-likelihood."""
        logits = torch.from_numpy(self.logits(part))
        classes = torch.from_numpy(part.classes)
        accuracy = float((logits.argmax(1) == classes).double().mean())
        return accuracy, float(torch.nn.functional.cross_entropy(logits, classes))

    def state(self) -> dict[str, torch.Tensor]:
        """A copy of everything that is trained."""
        return {**self._adapter_state(), **{f"head.{k}": v.clone() for k, v in self._head.state_dict().items()}}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Go back to a copy that `state` gave."""
        self._load_adapter(state)
        self._head.load_state_dict({k[len("head.") :]: v for k, v in state.items() if k.startswith("head.")})

    def save_adapter(self, folder: Path) -> None:
        """Write the adapter as peft does, without this machine's paths and in one order for one content."""
        self.encoder.model.save_pretrained(folder, safe_serialization=True)
        (folder / "README.md").unlink(missing_ok=True)  # peft's empty template; the model folder has its own card
        config = read_json(folder / "adapter_config.json")
        config["base_model_name_or_path"] = self.encoder.base.name
        config["target_modules"] = sorted(config["target_modules"])
        write_json(folder / "adapter_config.json", config)

    def _adapter_state(self) -> dict[str, torch.Tensor]:
        named = self.encoder.model.named_parameters()
        return {name: weight.detach().clone() for name, weight in named if weight.requires_grad}

    def _load_adapter(self, state: dict[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, weight in self.encoder.model.named_parameters():
                if weight.requires_grad:
                    weight.copy_(state[name])

    def _trained(self) -> list[torch.nn.Parameter]:
        adapter = [weight for weight in self.encoder.model.parameters() if weight.requires_grad]
        return [*adapter, *self._head.parameters()]

    def _optimizer(self, steps: int) -> tuple[Any, Any]:
        """AdamW with a short warm-up and a linear fall to zero over the planned steps, whatever the clock says."""
        optimizer = torch.optim.AdamW(self._trained(), lr=self._settings.lr, weight_decay=0.01)
        warmup = max(1, round(steps * WARMUP_SHARE))

        def factor(step: int) -> float:
            return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))

        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _targets_of(model: Any) -> list[str]:
    leaves = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    for targets in KNOWN_TARGETS:
        if leaves.issuperset(targets):
            return list(targets)
    raise TrainerError("lora_target_unknown", "The base has no query and value projections by a known name; name them.")


def labelled(encoder: Encoder, texts: Sequence[str], classes: NDArray[np.int64]) -> Labelled:
    """Tokenise a part once, before the epochs."""
    return Labelled(ids=encoder.tokens(texts), classes=classes)
