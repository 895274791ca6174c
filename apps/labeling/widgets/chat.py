"""Chat: messages that a reviewer adds to a conversation, each a region that other questions may be asked about."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core import figures
from apps.labeling.widgets.base import MAX_TEXT, Context, Place, Region, Widget, json_field, refuse
from apps.labeling.widgets.panels import turns_of
from apps.projects.labelling import Control, resolve

MAX_ROLE = 100  # characters


class ChatWidget(Widget):
    """`{"chatmessage": {"role": "user", "content": "…", "createdAt": 1757612212681}}`, a region for each message."""

    template = "widgets/chat.html"
    allows_empty = True

    def parse(self, control: Control, posted: Sequence[str], place: Place, context: Context) -> list[Region]:
        """Whole regions, as the page's module keeps them; where they belong is said here."""
        regions = json_field(control, posted)
        if not all(isinstance(region, dict) for region in regions):
            raise refuse(
                control,
                "type",
                _('The answer to "%(control)s" must be a list of messages.') % {"control": control.name},
            )
        frame = {"from_name": control.name, "to_name": control.name, "type": control.type}
        return [{**region, **frame} for region in regions]

    def check(self, control: Control, regions: Sequence[Region], context: Context) -> None:
        for region in regions:
            _check_message(control, region["value"].get("chatmessage"))
        self._check_count(control, len(regions), context)

    def check_missing(self, control: Control, context: Context) -> None:
        self._check_count(control, 0, context)

    def _check_count(self, control: Control, added: int, context: Context) -> None:
        if context.data is None:
            return
        total = added + len(given_messages(control, context))
        least, most = (limit_of(control, name, context) for name in ("minMessages", "maxMessages"))
        if total < least:
            raise refuse(control, "min_messages", _("The conversation needs at least %(n)s messages.") % {"n": least})
        if most and total > most and added:
            raise refuse(control, "max_messages", _("The conversation takes at most %(n)s messages.") % {"n": most})

    def show(self, control: Control, regions: Sequence[Region]) -> tuple[str, ...]:
        return (json.dumps(list(regions), ensure_ascii=False),) if regions else ()

    def value_key(self, control: Control, regions: Sequence[Region]) -> str | None:
        return None

    def words(self, control: Control, regions: Sequence[Region]) -> str:
        return " · ".join(f"{message['role']}: {message['content']}" for message in map(_message, regions))

    def extras(self, control: Control, posted: tuple[str, ...], context: Context) -> Mapping[str, Any]:
        roles = [role.strip() for role in str(control.attrs["messageroles"]).split(",") if role.strip()]
        return {
            "roles": roles or ["user", "assistant"],
            "given": len(given_messages(control, context)),
            "least": limit_of(control, "minMessages", context),
            "most": limit_of(control, "maxMessages", context),
            "editable": str(control.attrs["editable"]).strip().lower(),
        }

    def as_sdk(self, control: Control, region: Region) -> Region:
        """Where the config writes toName, label-studio-sdk takes the tag's own name for the type of its regions."""
        has_target = control.node is not None and control.node.get("toName")
        return {**region, "type": "chat"} if has_target else region


def given_messages(control: Control, context: Context) -> Sequence[Any]:
    """What the item itself brings."""
    return turns_of(context.value_of(control.name), name_key="role", text_key="content") or ()


def _message(region: Region) -> dict[str, Any]:
    held = region["value"].get("chatmessage")
    return {"role": "", "content": "", **(held if isinstance(held, dict) else {})}


def _check_message(control: Control, message: Any) -> None:
    if not isinstance(message, dict):
        raise refuse(
            control,
            "type",
            _('A message of "%(control)s" must be an object with role and content.') % {"control": control.name},
        )
    role, content, at = (message.get(name) for name in ("role", "content", "createdAt"))
    if not isinstance(role, str) or not role.strip() or len(role) > MAX_ROLE:
        raise refuse(control, "role", _('A message of "%(control)s" has no role.') % {"control": control.name})
    if not isinstance(content, str) or not content.strip():
        raise refuse(control, "empty", _('A message of "%(control)s" holds no words.') % {"control": control.name})
    if len(content) > MAX_TEXT:
        raise refuse(
            control,
            "too_long",
            _('A message of "%(control)s" is longer than %(max_text)s characters.')
            % {"control": control.name, "max_text": figures.number(MAX_TEXT, 0)},
        )
    if at is not None and (isinstance(at, bool) or not isinstance(at, int | float)):
        raise refuse(
            control,
            "type",
            _('createdAt of a message of "%(control)s" must be a number of milliseconds.') % {"control": control.name},
        )


def limit_of(control: Control, attr: str, context: Context) -> int:
    """A number of messages, of the config or of the item; 0: none."""
    given = control.attrs[attr]
    value = resolve(given, context.data or {}) if isinstance(given, str) else given
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
