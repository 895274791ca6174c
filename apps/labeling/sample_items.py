"""An item to try a config on: the sample task in a comment of the config, filled up with made-up data."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.projects.labelling import LabellingConfig, Node
from apps.projects.labelling.attrs import VARIABLE

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\w+)\]")
_WORDS = "The parcel arrived two days late, but the person on the phone was kind and sent a new one."
# A grey square: nothing is fetched for a try.
_PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAMLCwgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
_ROWS = 2  # copies of what is repeated


def sample_item(config: LabellingConfig) -> dict[str, Any]:
    """Data with a value for every variable of the config."""
    data = dict(_from_comments(config.xml))
    for text, value in _wanted(config.root):
        if match := VARIABLE.fullmatch(text):
            _put(data, match, value)
        else:
            for found in VARIABLE.finditer(text):
                _put(data, found, "something")
    return data


def _from_comments(xml: str) -> Mapping[str, Any]:
    """The last comment that holds a task, as Label Studio's templates bring one."""
    for text in reversed(_COMMENT.findall(xml)):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        task = found[0] if isinstance(found, list) and found else found
        if isinstance(task, dict):
            data = task.get("data", task)
            is_task = isinstance(data, dict) and "title" not in task
            return {name: value for name, value in data.items() if value is not None} if is_task else {}
    return {}


def _wanted(node: Node) -> Iterator[tuple[str, Any]]:
    """Each text of the config that uses variables, and a value that its tag can show."""
    if node.tag == "Repeater":
        # Names and paths inside count from nought; the longest list decides nothing, so two rows are enough.
        flag = node.get("indexFlag") or "{{idx}}"
        for text, value in (pair for child in node.children for pair in _wanted(child)):
            for index in range(_ROWS):
                yield text.replace(flag, str(index)), value
        yield node.get("on"), [{}, {}]
        return
    for attr in ("value", "valueList", "maxMessages", "minMessages"):
        if "$" in node.get(attr):
            yield node.get(attr), _value(node, attr)
    if "$" in node.text and node.tag != "Style":
        yield node.text, "something"
    for child in node.children:
        yield from _wanted(child)


def _value(node: Node, attr: str) -> Any:
    if attr in ("maxMessages", "minMessages"):
        return 4
    match node.tag:
        case "Image":
            return [_PICTURE, _PICTURE] if attr == "valueList" else _PICTURE
        case "Paragraphs":
            name, text = node.get("nameKey") or "author", node.get("textKey") or "text"
            return [{name: "Ana", text: _WORDS}, {name: "Ben", text: "That is good to hear."}]
        case "Chat":
            return [{"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": _WORDS}]
        case "List":
            return [{"id": f"row-{n}", "title": f"Answer {n}", "body": _WORDS} for n in (1, 2, 3)]
        case "Table":
            return {"order": "A-1", "weight": 1.5, "express": True}
        case "HyperText":
            return f"<h2>Parcel</h2><p>{_WORDS}</p>"
        case "Choices" | "Taxonomy" | "Labels" | "HyperTextLabels" | "ParagraphLabels":
            return [{"value": "First"}, {"value": "Second"}, {"value": "Third"}]
        case "Choice" | "Label" | "Relation":
            return node.get("value").replace("$", "").replace("_", " ").capitalize()
        case _:
            return _WORDS


def _put(data: dict[str, Any], match: re.Match[str], value: Any) -> None:
    """Set a path into the data where nothing stands yet, making what it leads through."""
    if match[0][1:] in data:
        return
    steps: list[str | int] = [match[1]]
    for found in _STEP.finditer(match[2]):
        steps.append(found[1] or (int(found[2]) if found[2].isdecimal() else found[2]))
    place: Any = data
    for index, step in enumerate(steps):
        is_last = index + 1 == len(steps)
        place = _enter(place, step, value if is_last else [] if isinstance(steps[index + 1], int) else {})
        if place is None:
            return


def _enter(place: Any, step: str | int, new: Any) -> Any:
    """What stands at a step, put there if nothing does; None where the sample has something of another shape."""
    if isinstance(place, dict) and isinstance(step, str):
        return place.setdefault(step, new)
    if isinstance(place, list) and isinstance(step, int) and step <= len(place) and step < 1000:
        if step == len(place):
            place.append(new)
        return place[step]
    return None
