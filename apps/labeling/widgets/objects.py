"""What an item shows: one view for each object tag, which makes a panel of a value."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.projects.labelling import DataObject

# Enough to read formatted text; nothing that loads, runs or leads away from the page.
_HTML_TAGS = {
    *(
        "b",
        "i",
        "u",
        "em",
        "strong",
        "small",
        "sub",
        "sup",
        "p",
        "br",
        "hr",
        "blockquote",
        "pre",
        "code",
        "span",
        "div",
    ),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}


@dataclass(frozen=True, slots=True)
class Fold:
    """A <Panel> of the config: what is in it can be folded away. `line` tells two of one title apart."""

    title: str
    is_open: bool
    line: int


@dataclass(frozen=True, slots=True)
class Panel:
    """One thing to look at, or a heading alone (no body). `html` is sanitised; `text` is escaped by the template.

    Args:
        template: draws the body; it gets the panel as `panel`.
        found: the object that it shows; None for a heading alone.
        value: what the item holds for it, as it is.
        extras: what its view adds for the template.
        size: of a heading alone, as the config gives it; 0: none.
        conditions: when it is shown, as JSON for the page; empty: always.
        fold: what it is folded into.
        beside: panels with the same number stand side by side; 0: alone.
        looks: what the config's styles say about reading it (`labelling.looks`); `data` where it is no text, but data.
    """

    name: str = ""
    title: str = ""
    text: str = ""
    html: SafeString | None = None
    template: str = "widgets/_body.html"
    found: DataObject | None = None
    value: Any = None
    extras: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0
    conditions: str = ""
    fold: Fold | None = None
    beside: int = 0
    looks: tuple[str, ...] = ()

    @property
    def scrolls(self) -> bool:
        return "scroll" in self.looks or "data" in self.looks

    @property
    def is_data(self) -> bool:
        """Whether it shows an object or a list as it is, which may be of any length and depth."""
        return self.template == "widgets/_body.html" and self.html is None and isinstance(self.value, dict | list)

    @property
    def html_id(self) -> str:
        return "panel-" + re.sub(r"[^\w-]", "_", self.name)


class ObjectView:
    """Shows a value as text. Other tags say what differs."""

    template: ClassVar[str] = "widgets/_body.html"

    def panel(self, found: DataObject, value: Any, title: str) -> Panel:
        return Panel(
            name=found.name,
            title=title,
            text=self.text(found, value),
            html=self.html(found, value),
            template=self.template,
            found=found,
            value=value,
            extras=self.extras(found, value),
        )

    def text(self, found: DataObject, value: Any) -> str:
        """The text that is shown and that places in it are counted in."""
        return shown_text(value)

    def html(self, found: DataObject, value: Any) -> SafeString | None:
        return None

    def extras(self, found: DataObject, value: Any) -> Mapping[str, Any]:
        return {}


class HyperTextView(ObjectView):
    """Formatted text, sanitised."""

    def html(self, found: DataObject, value: Any) -> SafeString:
        return clean_html(self.text(found, value))


def shown_text(value: Any) -> str:
    """A value of an item's data as text: strings as they are, other things as readable JSON."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, indent=2, default=str)
    except (RecursionError, ValueError):
        return _("(Nested too deeply to be shown.)")


def clean_html(text: str) -> SafeString:
    """Sanitised by nh3: a short list of tags, no attributes, so nothing is loaded, run or linked."""
    return mark_safe(nh3.clean(text, tags=_HTML_TAGS, attributes={}))  # noqa: S308
