"""A trace's context as a conversation: only what somebody plainly said; other fields could hold a model's guess."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_WHO = ("role", "author", "speaker", "from", "name")
_WHAT = ("content", "text", "message", "body")
_LISTS = ("messages", "turns", "conversation", "history")


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said before. `who` may be empty."""

    who: str
    text: str


def turns_of(context: Any) -> list[Turn]:
    """The turns of the usual shapes: a text, a list of texts or of {role, content}, or such a list in a field."""
    return list(_turns(context))


def _turns(context: Any) -> Iterator[Turn]:
    if isinstance(context, str):
        if context.strip():
            yield Turn("", context)
    elif isinstance(context, list):
        for each in context:
            yield from _turns(each)
    elif isinstance(context, dict):
        yield from _turn_of(context)


def _turn_of(given: dict[str, Any]) -> Iterator[Turn]:
    text = next((_plain(given[key]) for key in _WHAT if key in given), "")
    if text:
        who = next((given[key] for key in _WHO if isinstance(given.get(key), str)), "")
        yield Turn(who.replace("_", " ").capitalize(), text)
        return
    for key in _LISTS:
        if isinstance(given.get(key), list):
            yield from _turns(given[key])


def _plain(value: Any) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        texts = [
            part if isinstance(part, str) else part.get("text", "") for part in value if isinstance(part, str | dict)
        ]
        return "\n".join(text for text in texts if isinstance(text, str)).strip()
    return ""
