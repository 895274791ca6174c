"""Round after round: label, freeze, fine-tune, evaluate, gate, promote, re-score."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.utils import timezone

from apps.accounts.models import User
from apps.consensus.models import Consensus
from apps.console.loop.rows import LabelledFile, Row, config_xml, halves_draw, labels_of
from apps.console.loop.simulation import SimulatedCrowd, simulated_person
from apps.core.errors import TouchstoneError
from apps.core.models import Job
from apps.evaluation.algorithms.metrics import wilson
from apps.evaluation.services import evaluation_run_create
from apps.evaluation.sets import EvaluationRow, external_set_write
from apps.golden.models import GoldenSet, GoldenVersion
from apps.golden.services import golden_freeze, golden_gather, golden_set_create
from apps.intake.services import trace_ingest
from apps.labeling.models import Annotation
from apps.projects.models import Project
from apps.projects.services import project_create
from apps.queues.models import Item, Queue
from apps.queues.services import items_from_traces, queue_create
from apps.rollout.services import model_promote
from apps.training.models import ModelVersion
from apps.training.services import model_predict, probe_ref, training_run_create

_CHUNK = 1000
_POLL_S = 0.5

Tell = Callable[[str], None]


class LoopStopped(TouchstoneError):
    """A job of the loop did not succeed; says which and why."""


@dataclass(frozen=True)
class LoopSettings:
    """What the command line asks for."""

    rounds: int
    labels_per_round: int
    strategy: str
    reviewers: int
    reviewer_accuracy: float
    overlap: int
    tuner: str
    lora_seconds: float
    base: str
    seed: int


@dataclass(frozen=True)
class LoopRound:
    """One printed row. Accuracies are on the reporting half; None while there is no champion."""

    items: int  # settled so far
    annotations: int  # spent so far
    consensus_accuracy: float
    test_accuracy: float | None
    test_accuracy_low: float | None
    test_accuracy_high: float | None
    probe_accuracy: float
    gate: str
    promoted: bool
    seconds: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass
class Loop:
    """A project made for one run of the loop, and where it stands."""

    settings: LoopSettings
    project: Project
    queue: Queue
    golden_set: GoldenSet
    manager: User
    crowd: SimulatedCrowd
    gate_half: list[Row]
    report_half: list[Row]
    truth: dict[str, str]
    tell: Tell
    champion_right: tuple[int, int] | None = None  # right answers of the champion on the reporting half, and n
    version: GoldenVersion | None = None

    def rounds(self) -> Iterator[LoopRound]:
        """Run the rounds, one row each; ends early when every item is settled.

        Raises:
            LoopStopped: a job failed.
        """
        for number in range(1, self.settings.rounds + 1):
            started = time.monotonic()
            self.tell(f"round {number}: labelling")
            if not self.crowd.settle(n_items=self.settings.labels_per_round):
                return
            yield self._improve(number, started)

    def _improve(self, number: int, started: float) -> LoopRound:
        self.tell(f"round {number}: freezing")
        self.version = self._freeze(number)
        self.tell(f"round {number}: training")
        candidate = self._train(self.version, number)
        self.tell(f"round {number}: evaluating")
        verdict, promoted = self._gate(candidate, number)
        self.tell(f"round {number}: reporting")
        probe_accuracy = self._report(candidate, promoted=promoted)
        right = self.champion_right
        low, high = wilson(*right) if right is not None else (None, None)
        return LoopRound(
            items=Item.objects.filter(queue=self.queue, state=Item.State.SETTLED).count(),
            annotations=Annotation.objects.filter(item__queue=self.queue).count(),
            consensus_accuracy=round(self._consensus_accuracy(), 4),
            test_accuracy=_rounded(right[0] / right[1] if right is not None else None),
            test_accuracy_low=_rounded(low),
            test_accuracy_high=_rounded(high),
            probe_accuracy=round(probe_accuracy, 4),
            gate=verdict,
            promoted=promoted,
            seconds=round(time.monotonic() - started, 1),
        )

    def _freeze(self, number: int) -> GoldenVersion:
        settled = Item.objects.filter(queue=self.queue, state=Item.State.SETTLED)
        golden_gather(golden_set=self.golden_set, items=settled, by=self.manager, now=timezone.now())
        note = f"after round {number}"
        return golden_freeze(golden_set=self.golden_set, by=self.manager, now=timezone.now(), note=note)

    def _train(self, version: GoldenVersion, number: int) -> ModelVersion:
        config = {
            "base": self.settings.base,
            "tuner": self.settings.tuner,
            "time_budget_s": self.settings.lora_seconds,
        }
        run = training_run_create(
            project=self.project,
            golden_version=version,
            config=config,
            seed=self.settings.seed + number,
            by=self.manager,
            now=timezone.now(),
        )
        self._wait(run)
        return ModelVersion.objects.get(training_run=run)

    def _gate(self, candidate: ModelVersion, number: int) -> tuple[str, bool]:
        rows = [EvaluationRow(row.key, row.text, row.label) for row in self.gate_half]
        run = evaluation_run_create(
            candidate=candidate,
            external_set=external_set_write(name="gate half of the test file", rows=rows),
            seed=self.settings.seed + number,
            by=self.manager,
            now=timezone.now(),
        )
        self._wait(run)
        decision = run.gate_decision
        if decision.verdict != decision.Verdict.PASS:
            return decision.verdict, False
        self.tell(f"round {number}: promoting and re-scoring")
        model_promote(gate_decision=decision, by=self.manager, now=timezone.now())
        rescoring = candidate.rescoring_runs.order_by("created_at").last()
        assert rescoring is not None  # promoting makes one
        self._wait(rescoring)
        return decision.verdict, True

    def _report(self, candidate: ModelVersion, *, promoted: bool) -> float:
        """Accuracy of the candidate's probe on the reporting half; remembers a new champion's."""
        rows = [(row.key, row.text) for row in self.report_half]
        with tempfile.TemporaryDirectory(prefix="loop-") as workdir:
            found = model_predict(models=[candidate], rows=rows, workdir=Path(workdir), with_probes=True)
        truth = np.array([row.label for row in self.report_half])
        right = {
            ref: int((np.array(found.labels[ref])[shares.argmax(axis=1)] == truth).sum())
            for ref, shares in found.probabilities.items()
        }
        if promoted:
            self.champion_right = (right[candidate.ref], len(rows))
        return right[probe_ref(candidate)] / len(rows)

    def _wait(self, run: Job) -> None:
        """Until the job is over; without workers it ran while it was sent."""
        while True:
            run.refresh_from_db()
            if run.is_terminal:
                break
            self.tell(f"{run._meta.verbose_name}: {run.phase or run.state} {run.progress:.0%}")
            time.sleep(_POLL_S)
        if run.state != Job.State.SUCCEEDED:
            raise LoopStopped(f"The {run._meta.verbose_name} ended {run.state}: {run.error or 'no reason was told'}")

    def _consensus_accuracy(self) -> float:
        settled = Consensus.objects.filter(item__queue=self.queue, item__state=Item.State.SETTLED)
        pairs = settled.values_list("item__source_key", "label")
        right = [self.truth[key] == label for key, label in pairs]
        return sum(right) / len(right)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def loop_start(*, settings: LoopSettings, train: LabelledFile, test: LabelledFile, name: str, tell: Tell) -> Loop:
    """Make the project: config from the labels, people, traces, queue, an empty golden set without a test side.

    Raises:
        InvalidInput: the files cannot be judged; says why.
        LoopStopped: too few test rows, or a row that intake refused.
    """
    gate_half, report_half = halves_draw(test.rows, seed=settings.seed)
    if not gate_half:
        raise LoopStopped("The test file needs at least two rows: one half decides, the other is reported on.")
    labels = labels_of(train, test)
    now = timezone.now()
    manager = simulated_person(name="Simulated manager", key=f"manager-{now.timestamp():.6f}")
    project = project_create(
        name=name,
        description="Made by the loop command; its reviewers are simulated.",
        config=config_xml(labels),
        mapping={"text": "input"},
        created_by=manager,
        now=now,
    )
    queue = _queue_make(settings, project=project, manager=manager, now=now)
    truth = {row.key: row.label for row in train.rows}
    crowd = SimulatedCrowd(
        project=project,
        queue=queue,
        n_reviewers=settings.reviewers,
        accuracy=settings.reviewer_accuracy,
        truth=truth,
        manager=manager,
        now=now,
        rng=random.Random(settings.seed),  # noqa: S311 (a repeatable simulation)
    )
    _ingest(project, train.rows, tell=tell)
    golden_set = golden_set_create(
        project=project, name="Loop", test_share=0.0, allows_simulated=True, by=manager, now=now
    )
    return Loop(settings, project, queue, golden_set, manager, crowd, gate_half, report_half, truth, tell)


def _queue_make(settings: LoopSettings, *, project: Project, manager: User, now: datetime) -> Queue:
    """A fixed overlap and a plain majority; without one, an adjudicator."""
    return queue_create(
        project=project,
        name="Loop",
        by=manager,
        now=now,
        seed=settings.seed,
        acquisition=settings.strategy,
        overlap_min=settings.overlap,
        overlap_max=settings.overlap,
        consensus_method=Queue.Method.MAJORITY,
        settle_threshold=0.5,
        audit_share=0.0,
    )


def _ingest(project: Project, rows: Sequence[Row], *, tell: Tell) -> None:
    for start in range(0, len(rows), _CHUNK):
        tell(f"taking in {start + 1:,} to {min(start + _CHUNK, len(rows)):,} of {len(rows):,} rows")
        bodies = [{"trace_id": row.key, "input": row.text} for row in rows[start : start + _CHUNK]]
        now = timezone.now()
        verdicts = trace_ingest(project=project, rows=bodies, now=now)
        refused = [verdict for verdict in verdicts if verdict.trace is None]
        if refused:
            first = refused[0]
            raise LoopStopped(f"Row {first.trace_id} was refused: {first.problems[0].message}")
        traces = [verdict.trace for verdict in verdicts if verdict.trace is not None]
        items_from_traces(project=project, traces=traces, now=now)
