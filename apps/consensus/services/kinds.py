"""Which algorithm aggregates the answers to a control, and which controls an item's confidence rests on."""

from collections.abc import Mapping
from typing import Any

from apps.consensus.algorithms.kinds import KindOfAnswer
from apps.consensus.algorithms.multiple_choice import MultipleChoice
from apps.consensus.algorithms.number_consensus import Number
from apps.consensus.algorithms.one_of import OneOf
from apps.consensus.algorithms.ranking_consensus import Ranking
from apps.consensus.algorithms.region_consensus import Regions
from apps.consensus.algorithms.text_consensus import Text
from apps.labeling.widgets.base import Context
from apps.labeling.widgets.registry import vote_of
from apps.labeling.widgets.votes import parents_of
from apps.projects.labelling import Control, LabellingConfig

# Aggregations in which a value is one that somebody gave.
TAKEN = ("class", "level")


def kind_of(control: Control, context: Context, *, by_share: bool = False) -> KindOfAnswer:
    """The algorithm for one control. Links have none of their own: they follow from the regions (`links`)."""
    vote = vote_of(control)
    match vote.aggregation(control):
        case "class":
            labels = control.classes or tuple(label.value for label in control.labels if not control.labels_open)
            return OneOf(labels if control.kind in ("categorical", "pairwise") else (), by_share=by_share)
        case "level":
            return OneOf(control.classes, is_ordered=True, by_share=by_share)
        case "labels":
            names, parents = vote.labels(control, context), parents_of(control)
            return MultipleChoice(names, parents, is_pooled=bool(control.labels_from), by_share=by_share)
        case "pooled labels":
            return MultipleChoice((), is_pooled=True, by_share=by_share)
        case "number":
            return Number(*_steps(control.attrs), by_share=by_share)
        case "order":
            return Ranking(by_share=by_share)
        case "regions":
            return Regions(by_share=by_share)
        case _:
            return Text(is_version=is_version(control), by_share=by_share)


def _steps(attrs: Mapping[str, Any]) -> tuple[float, float]:
    """The config's step and where the steps begin; a slider goes in whole numbers unless told otherwise."""
    step = attrs.get("step", "")
    return (float(step) if step != "" else 0.0), float(attrs.get("min") or 0)


def is_version(control: Control) -> bool:
    """Whether all answers are versions of the same words: transcripts, and corrections of a text."""
    return bool(control.start or control.attrs.get("transcription"))


def counts(control: Control, config: LabellingConfig) -> bool:
    """Whether the item's confidence rests on a control, too.

    Free text beside other questions is mostly a remark, on which people never agree. It counts where nothing else is
    asked, and where it has to be a version of given words.
    """
    if vote_of(control).aggregation(control) != "text":
        return True
    if control.name == config.primary.name:
        return True
    return control.tag != "Chat" and control.required and is_version(control) and not control.per_region


def is_single(config: LabellingConfig) -> bool:
    """Whether an item's consensus is one value of one control, told by the annotations' canonical value alone."""
    primary = config.primary
    if not primary.tag or vote_of(primary).aggregation(primary) not in TAKEN or primary.conditions:
        return False
    return not any(counts(each, config) for each in config.controls if each is not primary)
