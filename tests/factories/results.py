"""Answers in Label Studio's result format."""

from typing import Any


def choices_result(*labels: str, control: str = "intent", target: str = "message") -> list[dict[str, Any]]:
    """One region of a Choices control."""
    return [{"from_name": control, "to_name": target, "type": "choices", "value": {"choices": list(labels)}}]
