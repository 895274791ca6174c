"""How the test on known items treats reviewers of every accuracy, at any levels and error rates."""

from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.consensus.algorithms.sequential_test import SequentialTest, pause_curve

ACCURACIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.95, 0.98)


class Command(BaseCommand):
    help = "Simulate reviewers on known items: the share paused and when, by accuracy."

    def add_arguments(self, parser: CommandParser) -> None:
        plain = SequentialTest()
        parser.add_argument("--good", type=float, default=plain.good, help="good level (default %(default)s)")
        parser.add_argument("--floor", type=float, default=plain.floor, help="floor (default %(default)s)")
        parser.add_argument("--alpha", type=float, default=plain.alpha, help="paused by mistake (default %(default)s)")
        parser.add_argument("--beta", type=float, default=plain.beta, help="trusted by mistake (default %(default)s)")
        parser.add_argument("--honeypots", type=int, default=200, help="the most given (default %(default)s)")
        parser.add_argument("--runs", type=int, default=20_000, help="reviewers simulated each (default %(default)s)")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, **options: Any) -> None:
        try:
            test = SequentialTest(**{name: options[name] for name in ("good", "floor", "alpha", "beta")})
        except ValueError as exc:
            raise CommandError(str(exc)) from exc
        if options["honeypots"] < 1 or options["runs"] < 1:
            raise CommandError("--honeypots and --runs are at least 1")
        for upto in sorted({min(50, options["honeypots"]), options["honeypots"]}):
            self.stdout.write(f"within {upto} known items: accuracy, share paused, median item")
            rng = np.random.default_rng(options["seed"])
            for point in pause_curve(ACCURACIES, test=test, n_answers=upto, n_runs=options["runs"], rng=rng):
                median = "-" if point.median is None else str(point.median)
                self.stdout.write(f"{point.accuracy:.2f}  {point.share_paused:6.1%}  {median}")
