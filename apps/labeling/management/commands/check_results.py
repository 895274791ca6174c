"""`manage.py check_results --config C.xml --tasks T.json`: whether answers of Label Studio can move here and back."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.labeling.config_report import NoConfig, config_text
from apps.labeling.result_report import NoExport, ResultReport, read_export, result_reports
from apps.projects.labelling import ConfigError, parse_config


class Command(BaseCommand):
    """Needs no project and no database. Status 0: all go through; 1: some do not; 2: config or file are unusable."""

    help = "Says of each annotation in a Label Studio export (JSON) whether it loads, shows and goes out unchanged."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--config", type=Path, required=True, help="the labelling config: XML, or a template's YAML"
        )
        parser.add_argument("--tasks", type=Path, required=True, help="the export, as JSON")
        parser.add_argument("--json", action="store_true", help="print one JSON list instead of words")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            config = parse_config(config_text(options["config"]))
            tasks = read_export(options["tasks"])
        except (NoConfig, NoExport, ConfigError) as exc:
            self._refuse(str(exc), as_json=options["json"])
            sys.exit(2)
        reports = list(result_reports(config, tasks))
        if options["json"]:
            self.stdout.write(json.dumps([asdict(report) for report in reports], ensure_ascii=False, indent=2))
        else:
            self._tell(reports)
        if not all(report.is_good for report in reports):
            sys.exit(1)

    def _refuse(self, problem: str, *, as_json: bool) -> None:
        if as_json:
            report = ResultReport(task=None, annotation=None, kind="file", problems=(problem,))
            self.stdout.write(json.dumps([asdict(report)], ensure_ascii=False, indent=2))
        self.stderr.write(problem)

    def _tell(self, reports: list[ResultReport]) -> None:
        for report in reports:
            if report.is_good:
                continue
            what = f"task {report.task}" if report.annotation is None else _what(report)
            for problem in report.problems:
                self.stdout.write(f"{what}: {problem}")
        good = sum(report.is_good for report in reports)
        self.stdout.write(f"{good} of {len(reports)} answers load, show and go out with identical bytes.")


def _what(report: ResultReport) -> str:
    return f"task {report.task}, {report.kind} {report.annotation}"
