"""What the workbench does with a labelling config: for people who bring theirs from Label Studio."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from apps.labeling.errors import AnswerInvalid
from apps.labeling.examples import example_answer
from apps.labeling.form_fields import form_fields
from apps.labeling.sample_items import sample_item
from apps.labeling.widgets import check_result, parse_answer, render_item, render_review, state_from_result
from apps.labeling.widgets.carry import carried
from apps.projects.labelling import ConfigError, LabellingConfig, parse_config, unsupported_tags
from apps.projects.labelling.xmltree import read_xml

_SUFFIXES = (".xml", ".yml", ".yaml")
MAX_FILE_BYTES = 5_000_000


class NoConfig(Exception):
    """A file holds no labelling config; says why."""


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """What is said about one config.

    Args:
        renders: an item and its questions can be shown.
        answerable: a whole answer can be given in its form, is accepted, and is what the form sends.
        unsupported_tags: tags that no project may use yet; with any, the config is refused.
        problems: in words, what is wrong or is not asked.
        notes: in words, what is read but has no effect.
    """

    path: str
    renders: bool = False
    answerable: bool = False
    unsupported_tags: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def config_files(path: Path) -> Iterator[Path]:
    """A file itself, or all that may be configs below a folder, in order."""
    if not path.is_dir():
        yield path
        return
    for folder, below, names in os.walk(path):
        below.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.lower().endswith(_SUFFIXES))


def config_reports(path: Path) -> Iterator[ConfigReport]:
    """A report for each config at a path. YAML without a config, met while walking a folder, is left out."""
    for file in config_files(path):
        try:
            xml = config_text(file)
        except NoConfig as exc:
            if file == path or file.suffix.lower() == ".xml":
                yield ConfigReport(str(file), problems=(str(exc),))
            continue
        yield config_report(str(file), xml)


def config_text(file: Path) -> str:
    """The XML of a config file, or of the `config` of a template's YAML.

    Raises:
        NoConfig: it cannot be read, or there is none in it.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_FILE_BYTES + 1)  # a device or a pipe tells no size
        if len(raw) > MAX_FILE_BYTES:
            raise NoConfig(f"The file is larger than {MAX_FILE_BYTES:,} bytes.")
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise NoConfig(f"The file is not UTF-8 text (byte {exc.start}). Save it as UTF-8.") from exc
    except (OSError, ValueError) as exc:
        raise NoConfig(f"The file cannot be read: {getattr(exc, 'strerror', None) or exc}.") from exc
    if file.suffix.lower() == ".xml" or text.lstrip().startswith("<"):
        return text
    return _config_of_yaml(text)


def _config_of_yaml(text: str) -> str:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        problem = " ".join(str(exc).split())[:200] or type(exc).__name__
        raise NoConfig(f"The file is not YAML: {problem}") from exc
    config = found.get("config") if isinstance(found, dict) else None
    if not isinstance(config, str) or not config.strip():
        raise NoConfig('The file has no "config" with a labelling config in it.')
    return config


def config_report(path: str, xml: str) -> ConfigReport:
    """What the workbench does with one config: read it, show a sample item, answer it, send the answer again."""
    try:
        config = parse_config(xml)
    except ConfigError as exc:
        return ConfigReport(path, unsupported_tags=_unsupported(xml), problems=(exc.message,))
    problem = _show(config)
    if problem:
        return ConfigReport(path, problems=(*config.problems, problem), notes=config.notes)
    problem = _answer(config)
    problems = (*config.problems, problem) if problem else config.problems
    return ConfigReport(path, renders=True, answerable=not problem, problems=problems, notes=config.notes)


def _unsupported(xml: str) -> tuple[str, ...]:
    try:
        return unsupported_tags(read_xml(xml)[0])
    except ConfigError:
        return ()


def _show(config: LabellingConfig) -> str:
    """Why it cannot be shown; empty where it can."""
    data = sample_item(config)
    try:
        render_review(config, data)
        render_item(config, data)
    except Exception as exc:  # Whatever breaks here would break a reviewer's page, and is said instead.
        return f"It cannot be shown: {type(exc).__name__}: {exc}"
    return ""


def _answer(config: LabellingConfig) -> str:
    """Why it cannot be answered; empty where it can: an answer goes through the form and comes out the same."""
    data = sample_item(config)
    try:
        answer = example_answer(config, data)
        check_result(config, answer, data=data)
        state = state_from_result(config, answer, data=data)
        review = render_review(config, data, state)
        sent = parse_answer(config, form_fields(f"{review.stage}{review.dock}"), data=data)
    except AnswerInvalid as exc:
        return f"It cannot be answered: {exc.message}"
    except Exception as exc:  # As above.
        return f"It cannot be answered: {type(exc).__name__}: {exc}"
    if carried(config, sent, before=answer, data=data) != answer:
        return "It cannot be answered: its form does not send the answer that it shows."
    return ""
