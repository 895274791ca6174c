"""Whether the answers of a Label Studio export can move here and back: each loads, shows and goes out unchanged."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.core.canonical import canonical_bytes
from apps.core.errors import InvalidFields, TouchstoneError
from apps.core.strict_json import MalformedJSON, json_problems, parse_json
from apps.labeling.errors import AnswerInvalid
from apps.labeling.form_fields import form_fields
from apps.labeling.widgets import (
    Context,
    answers_of,
    check_result,
    parse_draft,
    render_review,
    state_from_result,
    widget_of,
    with_ids,
)
from apps.labeling.widgets.carry import carried
from apps.projects.labelling import Control, LabellingConfig, config_for

MAX_FILE_BYTES = 1_000_000_000
# Where an export keeps answers, and what kind they are. `completions` is what annotations were called before 2021.
_PLACES = {"annotations": "annotation", "completions": "annotation", "predictions": "prediction", "drafts": "draft"}
_DIFFERENCES = 5  # named for one answer


class NoExport(Exception):
    """A file is no export that could be checked; says why."""


@dataclass(frozen=True, slots=True)
class ResultReport:
    """What is said about one answer.

    Args:
        task, annotation: their ids in the export, else their place in it, from 0.
        loads: it is an answer to the config.
        shows: its form shows all of it.
        identical: it goes out with the same canonical bytes (RFC 8785), also when its form was opened and sent again.
        problems: in words, each with the place in the result.
    """

    task: Any
    annotation: Any
    kind: str
    loads: bool = False
    shows: bool = False
    identical: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.loads and self.shows and self.identical


def read_export(path: Path) -> list[Any]:
    """The tasks of a JSON export, a list or one alone.

    Raises:
        NoExport: the file cannot be read, is not strict JSON, or holds no tasks; names what is wrong.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NoExport(f"{path} is larger than {MAX_FILE_BYTES:,} bytes. Split it.")
        raw = path.read_bytes()
    except (OSError, ValueError, MemoryError) as exc:
        raise NoExport(f"{path} cannot be read: {getattr(exc, 'strerror', None) or exc or 'too large'}.") from exc
    if not raw.strip():
        raise NoExport(f"{path} is empty.")
    return _tasks(path, _parsed(path, raw.removeprefix(b"\xef\xbb\xbf")))


def _parsed(path: Path, raw: bytes) -> Any:
    try:
        return parse_json(raw)
    except InvalidFields:
        # Said of each answer that holds such a value, by its place. What cannot be read at all was refused before this.
        return json.loads(raw)
    except MalformedJSON as exc:
        problem = exc.message.replace("The body", "The file")
        if "Extra data" in problem:
            problem = "The file holds several JSON values, one after the other. Put them into one list: [ …, … ]."
        raise NoExport(f"{path}: {problem}") from exc


def _tasks(path: Path, found: Any) -> list[Any]:
    tasks = [found] if isinstance(found, dict) else found
    if not isinstance(tasks, list):
        raise NoExport(f"{path} holds {_name(found)}, where an export is a list of tasks.")
    shapes = [task for task in tasks if isinstance(task, dict)]
    if shapes and not any(place in task for task in shapes for place in _PLACES):
        if any("result" in task for task in shapes):
            raise NoExport(f"{path} holds annotations without their tasks. Export as JSON, with the tasks around them.")
        if any("annotator" in task or "annotation_id" in task for task in shapes):
            raise NoExport(
                f"{path} is a JSON_MIN export, which leaves out ids and places of regions. Export as JSON instead."
            )
    return tasks


def result_reports(config: LabellingConfig, tasks: list[Any]) -> Iterator[ResultReport]:
    """A report for each annotation, prediction and draft, and for each task that cannot be read."""
    for index, task in enumerate(tasks):
        if not isinstance(task, dict):
            yield ResultReport(index, None, "task", problems=(f"The task is {_name(task)}, not an object.",))
            continue
        yield from _task_reports(config, task, index)


def _task_reports(config: LabellingConfig, task: dict[str, Any], index: int) -> Iterator[ResultReport]:
    name = _id(task, index)
    problems = _task_problems(task)
    if problems:
        yield ResultReport(name, None, "task", problems=problems)
    data = {} if problems else task["data"]
    for place, kind in _PLACES.items():
        rows = task.get(place)
        if rows is not None and not isinstance(rows, list):
            yield ResultReport(name, None, kind, problems=(f'"{place}" is {_name(rows)}, not a list.',))
            continue
        for number, row in enumerate(rows or ()):
            if isinstance(row, int) and kind != "annotation":
                continue  # an export may name predictions and drafts by their ids alone
            found = _row_report(config, row, kind, task=name, number=number, data=data)
            yield _with(found, loads=False, problems=("Its task cannot be loaded.",)) if problems else found


def _task_problems(task: dict[str, Any]) -> tuple[str, ...]:
    """What is wrong with a task itself, around its answers."""
    if not isinstance(task.get("data"), dict):
        return ('The task has no "data" object.',)
    return _unkept({key: value for key, value in task.items() if key not in _PLACES})


def _unkept(value: Any) -> tuple[str, ...]:
    return tuple(f"{problem.field}: {problem.message}" for problem in json_problems(value, limit=_DIFFERENCES))


def _row_report(
    config: LabellingConfig, row: Any, kind: str, *, task: Any, number: int, data: Mapping[str, Any]
) -> ResultReport:
    if not isinstance(row, dict):
        return ResultReport(task, number, kind, problems=(f"It is {_name(row)}, not an object.",))
    name = _id(row, number)
    if "result" not in row:
        return ResultReport(task, name, kind, problems=('It has no "result".',))
    if problems := _unkept({key: value for key, value in row.items() if key != "result"}):
        return ResultReport(task, name, kind, problems=problems)
    result = row["result"]
    is_whole = kind == "annotation" and not row.get("was_cancelled") and bool(result)
    try:
        result = with_ids(config, result)
        check_result(config, result, data=data, is_whole=is_whole)
    except AnswerInvalid as exc:
        return ResultReport(task, name, kind, problems=(exc.message,))
    except Exception as exc:  # A value of a shape that nobody thought of is named, not thrown at the person.
        return ResultReport(task, name, kind, problems=(f"It cannot be read: {type(exc).__name__}: {exc}",))
    return _shown_report(config, result, row["result"], data, ResultReport(task, name, kind, loads=True))


def _shown_report(
    config: LabellingConfig,
    result: list[dict[str, Any]],
    given: list[dict[str, Any]],
    data: Mapping[str, Any],
    found: ResultReport,
) -> ResultReport:
    """The answer in its form, and what the form would send as it stands. `given`: as the export has it."""
    try:
        review = render_review(config, data, state_from_result(config, result, data=data))
        sent = parse_draft(config, form_fields(f"{review.stage}{review.dock}"), data=data)
        # A question that the export leaves open may begin with something, as an order or a default number does.
        answered = {region.get("from_name") for region in result}
        sent = [region for region in sent if region.get("from_name") in answered]
        again = carried(config, sent, before=result, data=data)
        if again == result:
            again = given  # without the ids that were made up for it
        problems = _unseen(config, result, sent, data)
    except Exception as exc:  # As above: whatever breaks here would break the page.
        problem = exc.message if isinstance(exc, TouchstoneError) else f"{type(exc).__name__}: {exc}"
        return _with(found, problems=(f"It cannot be shown: {problem}",))
    differences = tuple(_differences(_stored(given), again, "result"))[:_DIFFERENCES]
    identical = canonical_bytes(again) == canonical_bytes(given)
    return _with(found, shows=not problems, identical=identical, problems=(*problems, *differences))


def _with(found: ResultReport, **changes: Any) -> ResultReport:
    values = {name: getattr(found, name) for name in ResultReport.__slots__}
    return ResultReport(**(values | changes))


def _stored(result: Any) -> Any:
    """As it comes back from a column of JSON."""
    return json.loads(json.dumps(result))


def _unseen(
    config: LabellingConfig, result: list[dict[str, Any]], sent: list[dict[str, Any]], data: Mapping[str, Any]
) -> tuple[str, ...]:
    """Controls whose answer reads otherwise in the form than in the export."""
    shown = config_for(config, data)
    again = {control.name: regions for control, regions in answers_of(shown, sent)}
    context = Context(shown, data, result)
    given = [
        (control, _telling(control, widget_of(control).completed(control, regions, context)))
        for control, regions in answers_of(shown, result)
    ]
    return tuple(
        f'The form shows "{control.name}" as "{_said(control, again.get(control.name, []))}", '
        f'where the export has "{_said(control, regions)}".'
        for control, regions in given
        if not _is_same(control, regions, again.get(control.name, []))
    )


def _telling(control: Control, regions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that say anything: a rating that was taken back is stored as 0, and no form shows it."""
    return (
        regions if control.kind != "ordinal" else [each for each in regions if widget_of(control).show(control, [each])]
    )


def _said(control: Control, regions: list[dict[str, Any]]) -> str:
    return widget_of(control).words(control, regions)[:80]


def _is_same(control: Control, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    """Whether two answers say the same however they are written: the order of ticks, or 1.0 for 1, is no difference."""
    widget = widget_of(control)
    return len(one) == len(other) and all(
        widget.words(control, [left]) == widget.words(control, [right])
        or (widget.value_key(control, [left]) or "") == (widget.value_key(control, [right]) or "-")
        for left, right in zip(one, other, strict=True)
    )


def _differences(one: Any, other: Any, path: str) -> Iterator[str]:
    """Where two JSON values differ, in words."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            if key not in one or key not in other:
                yield f"{path}.{key} {'is added' if key in other else 'is lost'} on the way."
            else:
                yield from _differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path} has {len(one)} entries in the export and {len(other)} on the way out."
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from _differences(left, right, f"{path}[{index}]")
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield f"{path} goes in as {_short(one)} and out as {_short(other)}."


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _id(row: Mapping[str, Any], place: int) -> Any:
    found = row.get("id", place)
    return found if isinstance(found, int | str) else place


def _name(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
