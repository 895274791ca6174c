"""Whether an answer to a known item is right: each question that an item's confidence rests on, by its kind."""

from collections.abc import Mapping
from typing import Any

from apps.consensus.algorithms import known_match
from apps.consensus.algorithms.kinds import TIE
from apps.consensus.services.closeness import is_close
from apps.consensus.services.kinds import counts, is_single
from apps.consensus.services.pairs import Pairs, pairs_on
from apps.labeling.widgets import Result
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import LabellingConfig, config_for


def has_fixed_answers(config: LabellingConfig) -> bool:
    """Whether one choice is all there is to compare, so that its canonical value tells right from wrong."""
    return is_single(config) and vote_of(config.primary).aggregation(config.primary) == "class"


def is_comparable(config: LabellingConfig) -> bool:
    """Whether there is a question whose answers can be compared with known ones."""
    return any(counts(control, config) for control in config.controls)


def answer_is_right(
    config: LabellingConfig,
    data: Mapping[str, Any],
    *,
    label: str,
    result: Result,
    known_label: str,
    known_result: Result,
) -> bool:
    """Whether every question that is compared is answered as the known answer has it, as closely as its kind asks.

    Args:
        label, known_label: canonical values of the primary control, under the same config.
    """
    if has_fixed_answers(config):
        return label == known_label
    if result == known_result:
        return True
    config = config_for(config, data)
    return all(
        _share_close(pairs, config, data) >= known_match.CLOSE - TIE
        for pairs in pairs_on(config, data, (result, known_result))
        if counts(pairs.control, config)
    )


def _share_close(pairs: Pairs, config: LabellingConfig, data: Mapping[str, Any]) -> float:
    """F1 of what was said, place by place; where the question is asked once, 1 or 0."""
    given = [vote for pair in pairs.votes for vote in pair if vote is not None]
    close = sum(
        is_close(pairs.control, config, data, answer=answer, known=known)
        for answer, known in pairs.votes
        if answer is not None and known is not None
    )
    return 2.0 * close / len(given) if given else 1.0
