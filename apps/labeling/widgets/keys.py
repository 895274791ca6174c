"""Canonical forms of answers that can be long: the column that votes are compared in holds MAX_LABEL characters."""

import hashlib

from apps.labeling.widgets.base import MAX_LABEL

LONG = "sha256:"  # before the digest that stands for a longer form


def compact_key(key: str) -> str:
    """A canonical form as it is; a longer one by its digest, so that equal answers stay equal."""
    return key if len(key) <= MAX_LABEL else LONG + hashlib.sha256(key.encode()).hexdigest()
