"""The reply to an answer: but for a few words it is the same for every item, so the rest is rendered once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.core.stencils import fill_page

RESPONSE = "workbench/_response.html"

# What the templates of a card read of the objects that they get.
_PARTS = {
    "queue": ("pk", "shows_similar"),
    "review": ("pk", "token"),
    "rendered": ("layout", "is_wide", "one_press", "is_tall", "stage", "dock"),
}
# Texts of the program that a template looks into; what others wrote only stands somewhere.
_LOOKED_INTO = frozenset({"rendered.layout", "card"})
_UNREAD = frozenset({"project", "item", "now"})


def response_html(context: Mapping[str, Any]) -> SafeString:
    """`_response.html` in this context; rendered whole where an object in it is none of the above, as a draft.

    Its forms hold no CSRF token: it goes only to a script, whose page sends its own in a header.
    """
    parts = _parts(context) if context.get("review") else None
    return fill_page(RESPONSE, *parts) if parts else render_to_string(RESPONSE, dict(context))


def _parts(context: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What decides how the reply is drawn, and what only stands in it; None where the context holds something else."""
    flat = {name: value for name, value in context.items() if name not in _PARTS and name not in _UNREAD}
    for owner, names in _PARTS.items():
        flat |= {f"{owner}.{name}": getattr(context[owner], name) for name in names}
    fixed = {
        name: value for name, value in flat.items() if name in _LOOKED_INTO or value is None or type(value) is bool
    }
    values = {name: value for name, value in flat.items() if name not in fixed}
    return (fixed, values) if all(isinstance(value, str | int | UUID | list) for value in values.values()) else None
