"""Stored sentences in the reader's language."""

import re

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.figures import localised
from apps.core.stored import recognised

_NUMBER = re.compile(r"[+\u2212-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


def retold(text: str) -> str:
    """What was stored, as the reader would say it; words that nobody marked for the catalogue come back as they are."""
    if not text or (get_language() or "en").startswith("en"):
        return text
    found = recognised(text)
    if found is None:
        return text
    sentence, values = found
    return _(sentence) % {name: _value(name, value) for name, value in values.items()} if values else _(sentence)


def _value(name: str, value: str) -> str:
    if name.startswith("told"):
        return "; ".join(retold(part) for part in value.split("; "))
    return localised(value) if _NUMBER.fullmatch(value) else value
