"""`manage.py check_configs PATH…`: what the workbench does with labelling configs of Label Studio."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.labeling.config_report import ConfigReport, config_reports


class Command(BaseCommand):
    """Needs no project and no database. Status 0: all can be used; 1: some cannot; 2: there was nothing to check."""

    help = (
        "Says of each labelling config (XML, or a template's YAML; folders are walked) what the workbench does with it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder to walk")
        parser.add_argument("--json", action="store_true", help="print one JSON list instead of words")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = [report for path in options["paths"] for report in config_reports(path)]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(report) for report in reports], ensure_ascii=False, indent=2))
        else:
            self._tell(reports)
        if not reports:
            self.stderr.write("There is no XML or YAML file with a labelling config there.")
            sys.exit(2)
        if not all(report.renders and report.answerable for report in reports):
            sys.exit(1)

    def _tell(self, reports: list[ConfigReport]) -> None:
        for report in reports:
            self.stdout.write(f"{report.path}: {_verdict(report)}")
            for problem in report.problems:
                self.stdout.write(f"  problem: {problem}")
            for note in report.notes:
                self.stdout.write(f"  note: {note}")
        usable = sum(report.renders and report.answerable for report in reports)
        self.stdout.write(f"{usable} of {len(reports)} can be used as they are.")


def _verdict(report: ConfigReport) -> str:
    if report.unsupported_tags:
        return f"refused, as it needs {', '.join(f'<{tag}>' for tag in report.unsupported_tags)}"
    if not report.renders:
        return "refused"
    return "can be shown and answered" if report.answerable else "can be shown, but not answered"
