"""Choices: one label, or any number of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.widgets.base import MAX_LABEL, ValueWidget, refuse
from apps.labeling.widgets.question import Option, keys_for
from apps.projects.labelling import Control


class ChoicesWidget(ValueWidget):
    """`{"choices": ["Refund"]}`; a choice with an alias stands there by its alias."""

    value_field = "choices"
    template = "widgets/choices.html"
    takes_press = True

    def read(self, control: Control, posted: Sequence[str]) -> list[str] | None:
        """In the config's order; what is not in it stays, for `check` to name."""
        order = {label.value: index for index, label in enumerate(control.labels)}
        return sorted(dict.fromkeys(posted), key=lambda value: order.get(value, len(order))) or None

    def check_value(self, control: Control, value: Any) -> None:
        if not isinstance(value, list) or not all(isinstance(choice, str) for choice in value):
            raise refuse(control, "type", f'"{control.name}" must hold a list of labels.')
        known = {label.value for label in control.labels}
        unknown = next((choice for choice in value if choice not in known and not control.labels_open), None)
        if unknown is not None:
            raise refuse(control, "unknown_label", f'"{unknown[:80]}" is no label of "{control.name}".')
        if not value:
            raise refuse(control, "empty", f'"{control.name}" holds no label.')
        if len(set(value)) != len(value):
            raise refuse(control, "duplicate", f'"{control.name}" holds a label twice.')
        if len(value) > 1 and not control.multiple:
            raise refuse(control, "one_choice", f'"{control.name}" takes one label, not {len(value)}.')
        if len(self.key_of(control, value)) > MAX_LABEL:
            raise refuse(control, "too_long", f'Fewer labels, please: "{control.name}" cannot hold that many.')

    def fields(self, control: Control, value: Any) -> tuple[str, ...]:
        return tuple(value)

    def key_of(self, control: Control, value: Any) -> str:
        return json.dumps(sorted(value), ensure_ascii=False) if control.multiple else str(value[0])

    def empty_key(self, control: Control) -> str | None:
        """None of the labels is an answer of its own where several may be chosen."""
        return "[]" if control.multiple else None

    def words_of(self, control: Control, value: Any) -> str:
        texts = {label.value: label.text for label in control.labels}
        return ", ".join(texts.get(choice, choice) for choice in value)

    def key_words(self, control: Control, key: str) -> str:
        chosen = json.loads(key) if control.multiple else [key]
        return self.words_of(control, chosen) if chosen else _("none")

    def options(self, control: Control, chosen: tuple[str, ...], titles: Mapping[str, str]) -> tuple[Option, ...]:
        keys = keys_for([label.hotkey for label in control.labels])
        return tuple(
            Option(value=label.value, text=label.text, key=key, hint=label.hint, checked=label.value in chosen)
            for label, key in zip(control.labels, keys, strict=True)
        )
