"""Dictionaries in templates."""

from collections.abc import ItemsView, Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def pairs(mapping: Mapping[str, Any]) -> ItemsView[str, Any]:
    """Names and values. In a template `mapping.items` would be the value of a key that is called items."""
    return mapping.items()
