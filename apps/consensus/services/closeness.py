"""How close two answers to one question come, by the measure of its kind: from 0 to 1."""

from collections.abc import Mapping
from typing import Any

from apps.consensus.algorithms import known_match
from apps.consensus.algorithms.kinds import TIE
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.services.kinds import kind_of
from apps.labeling.widgets import Context
from apps.labeling.widgets.answers import start_text
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import Control, LabellingConfig


def closeness(control: Control, config: LabellingConfig, data: Mapping[str, Any], *, answer: Any, known: Any) -> float:
    """`answer` and `known` as `pairs_on` tells them, neither None; the config as the item has it (`config_for`).

    Kinds without degrees, numbers among them, are 1 or 0. Only an order that lacks things tells which one is `known`.
    """
    match vote_of(control).aggregation(control):
        case "level":
            return known_match.level_closeness(answer, known, levels=control.classes)
        case "labels" | "pooled labels":
            names = kind_of(control, Context(config, data))
            assert isinstance(names, MultipleChoice)
            return known_match.labels_closeness(names.closure(answer), names.closure(known))
        case "number":
            number = kind_of(control, Context(config))
            assert isinstance(number, Number)
            return float(abs(float(answer) - float(known)) <= number.tolerance([float(known)]) + TIE)
        case "order":
            return known_match.order_closeness(answer, known)
        case "links":
            return known_match.labels_closeness(answer, known)
        case "regions":
            return known_match.regions_closeness(answer, known)
        case "text":
            return known_match.text_closeness(answer, known)
        case _:
            return float(answer == known)


def is_close(control: Control, config: LabellingConfig, data: Mapping[str, Any], *, answer: Any, known: Any) -> bool:
    """Whether it is close enough to be right."""
    bar = known_match.CLOSE
    if vote_of(control).aggregation(control) == "text":
        bar = known_match.text_bar(known, start=str(start_text(control, data) or ""))
    return closeness(control, config, data, answer=answer, known=known) >= bar - TIE
