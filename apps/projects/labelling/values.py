"""What a text of a config says for one item: its `$variables` replaced by the item's data."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from apps.projects.labelling.attrs import VARIABLE
from apps.projects.labelling.model import DataObject

_STEP = re.compile(r"\.(\w+)|\[(\w+)\]")


def resolve(text: str, data: Mapping[str, Any]) -> Any:
    """The value behind `$name` or `$name.path[0]`, None where missing; of words with variables, the words filled in."""
    if match := VARIABLE.fullmatch(text.strip()):
        return _looked_up(match, data)
    return VARIABLE.sub(lambda found: _shown(_looked_up(found, data)), text)


def shown_value(found: DataObject, data: Mapping[str, Any]) -> Any:
    """What an item's data hold for an object, decoded where the config says that it is encoded."""
    value = resolve(found.value, data)
    encoding = found.attrs.get("encoding", "none")
    return value if encoding == "none" or not isinstance(value, str) else _decoded(value, str(encoding))


def _decoded(text: str, encoding: str) -> str:
    """What is not base64 is shown as it is: an item's data cannot be refused here."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        # Label Studio's plain base64 is a browser's `atob`, which makes one character of each byte.
        return raw.decode("utf-8" if encoding == "base64unicode" else "latin-1")
    except ValueError:
        return text


def shown_words(text: str, data: Mapping[str, Any]) -> str:
    """Words with their variables replaced; a variable that the item has not stays as it is written."""
    return (_shown(resolve(text, data)) or text) if VARIABLE.search(text) else text


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
