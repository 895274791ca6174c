"""Typed readers of environment variables. A missing or malformed one names itself."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str | None = None) -> str:
    """The variable, or the content of the file that `<name>_FILE` points to (for mounted secrets)."""
    value = os.environ.get(name)
    # Container engines pass an unset variable on as an empty one, which is no value for what has no default.
    if value or (value is not None and default is not None):
        return value
    path = os.environ.get(f"{name}_FILE")
    if path is not None:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise ImproperlyConfigured(f"{name}_FILE points to {path}, which cannot be read: {exc.strerror}.") from exc
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (or {name}_FILE).")
    return default


def env_int(name: str, default: int | None = None) -> int:
    """A whole number."""
    raw = env_str(name, None if default is None else str(default))
    try:
        return int(raw)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from exc


def env_bool(name: str, default: bool | None = None) -> bool:
    """One of 1/true/yes/on or 0/false/no/off."""
    raw = env_str(name, None if default is None else str(default)).strip().lower()
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}.")


def env_list(name: str, default: list[str] | None = None) -> list[str]:
    """Words separated by commas."""
    raw = env_str(name, None if default is None else ",".join(default))
    return [word.strip() for word in raw.split(",") if word.strip()]
