"""Run the whole loop on a labelled CSV with simulated reviewers, and print one row a round."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tqdm import tqdm

from apps.console.loop.rounds import Loop, LoopRound, LoopSettings, loop_start
from apps.console.loop.rows import rows_read
from apps.core.errors import TouchstoneError
from apps.queues.models import Queue
from config.celery import app as celery_app

_HEADER = (
    "round   items  answers  consensus   champion (95 %)            probe   gate                  promoted  seconds"
)


class Command(BaseCommand):
    """The same services as the pages: intake, queues, leases, consensus, freezing, jobs, gate, promotion."""

    help = "Runs the loop on a labelled CSV: simulated reviewers label, golden versions are frozen, models are trained."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--train", type=Path, required=True, help="CSV whose rows come in as traces")
        parser.add_argument("--test", type=Path, required=True, help="CSV; one half gates, the other is reported on")
        parser.add_argument("--text-column", default="text")
        parser.add_argument("--label-column", default="label")
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument("--labels-per-round", type=int, default=200, help="items settled a round")
        parser.add_argument("--strategy", choices=Queue.Acquisition.values, default=Queue.Acquisition.MARGIN)
        parser.add_argument("--reviewers", type=int, default=5, help="size of the pool")
        parser.add_argument("--reviewer-accuracy", type=float, default=0.9)
        parser.add_argument("--overlap", type=int, default=3, help="answers an item")
        parser.add_argument("--tuner", choices=["probe", "lora", "auto"], default="auto")
        parser.add_argument("--lora-seconds", type=float, default=45.0, help="time budget of LoRA a round")
        parser.add_argument("--base", default="minilm", help="minilm, a Hugging Face id, or a local folder")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", type=Path, help="write the rows there too")
        parser.add_argument("--workers", action="store_true", help="send the jobs to running Celery workers")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        self._prepare_database()
        if not options["workers"]:
            # The jobs are the same; they run here, at the moment at which they would be sent.
            celery_app.conf.task_always_eager = True
        settings = LoopSettings(**{name: options[name] for name in LoopSettings.__dataclass_fields__})
        with tqdm(total=settings.rounds, unit="round", file=sys.stderr, disable=options["verbosity"] == 0) as bar:
            try:
                loop = self._start(settings, options, bar)
                rows = self._run(loop, bar, options["json"])
            except TouchstoneError as exc:
                raise CommandError(exc.message) from exc
        if len(rows) < settings.rounds:
            self.stdout.write(f"All items were settled after {len(rows)} rounds.")

    def _prepare_database(self) -> None:
        """On a fresh machine the embedded database is empty; what is missing is made."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _start(self, settings: LoopSettings, options: dict[str, Any], bar: "tqdm[Any]") -> Loop:
        columns = {"text_column": options["text_column"], "label_column": options["label_column"]}
        train, test = rows_read(options["train"], **columns), rows_read(options["test"], **columns)
        left_out = train.n_left_out + test.n_left_out
        if left_out:
            self.stdout.write(f"{left_out} rows without a text or a label were left out.")
        name = f"Loop on {options['train'].name}: {settings.strategy}, seed {settings.seed}"[:120]
        return loop_start(settings=settings, train=train, test=test, name=name, tell=bar.set_postfix_str)

    def _run(self, loop: Loop, bar: "tqdm[Any]", target: Path | None) -> list[LoopRound]:
        rows: list[LoopRound] = []
        self.stdout.write(f"Project: {loop.project.slug}\n{_HEADER}")
        for row in loop.rounds():
            rows.append(row)
            self.stdout.write(_line(len(rows), row))
            bar.update()
            if target is not None:
                _write(target, loop, rows)
        return rows


def _check(options: dict[str, Any]) -> None:
    for name in ("rounds", "labels_per_round", "reviewers", "overlap"):
        if options[name] < 1:
            raise CommandError(f"--{name.replace('_', '-')} must be at least 1.")
    if not 0 <= options["reviewer_accuracy"] <= 1:
        raise CommandError("--reviewer-accuracy lies between 0 and 1.")
    if options["overlap"] > min(options["reviewers"], 9):
        raise CommandError("--overlap cannot be larger than the pool of --reviewers, nor than 9.")


def _line(number: int, row: LoopRound) -> str:
    champion = "none yet"
    if row.test_accuracy is not None:
        champion = f"{row.test_accuracy:.3f} ({row.test_accuracy_low:.3f} to {row.test_accuracy_high:.3f})"
    return (
        f"{number:>5}  {row.items:>6}  {row.annotations:>7}  {row.consensus_accuracy:>9.3f}   {champion:<25}  "
        f"{row.probe_accuracy:.3f}   {row.gate:<20}  {'yes' if row.promoted else 'no':<8}  {row.seconds:>7.1f}"
    )


def _write(target: Path, loop: Loop, rows: list[LoopRound]) -> None:
    """Written anew after each round and put in place whole."""
    assert loop.version is not None  # a row comes after its freeze
    body = {
        "rounds": [row.as_json() for row in rows],
        "content_hash": loop.version.content_hash,
        "strategy": loop.settings.strategy,
        "seed": loop.settings.seed,
    }
    partial = target.with_name(target.name + ".partial")
    partial.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    partial.replace(target)
