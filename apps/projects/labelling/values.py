"""What a text of a config says for one item: its `$variables` replaced by the item's data."""

import re
from collections.abc import Mapping
from typing import Any

from apps.projects.labelling.attrs import VARIABLE

_STEP = re.compile(r"\.(\w+)|\[(\w+)\]")


def resolve(text: str, data: Mapping[str, Any]) -> Any:
    """The value behind `$name` or `$name.path[0]`, None where missing; of words with variables, the words filled in."""
    if match := VARIABLE.fullmatch(text.strip()):
        return _looked_up(match, data)
    return VARIABLE.sub(lambda found: _shown(_looked_up(found, data)), text)


def _looked_up(match: re.Match[str], data: Mapping[str, Any]) -> Any:
    """A column may itself be called `user.name`, as in data that came from a table."""
    whole = match[0][1:]
    if whole in data:
        return data[whole]
    value: Any = data.get(match[1])
    for step in _STEP.finditer(match[2]):
        value = _inside(value, step[1] or step[2])
    return value


def _inside(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list) and key.isdecimal() and len(key) < 7:
        return value[int(key)] if int(key) < len(value) else None
    return None


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
