"""The posterior of an item as rows of a chart."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import ngettext

from apps.labeling.widgets import label_words
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import LabellingConfig

SHOWN_FROM = 0.01
# Aggregations whose candidates do not exclude each other.
INDEPENDENT = ("labels", "pooled labels", "regions")


@dataclass(frozen=True)
class PosteriorRow:
    """One bar; the last may stand for all labels too unlikely to show."""

    words: str
    probability: float
    is_leader: bool = False
    is_rest: bool = False


def posterior_rows(config: LabellingConfig, posterior: Mapping[str, float]) -> list[PosteriorRow]:
    """The likely labels, likeliest first, and one row for the rest of the config's classes.

    Several labels and regions do not exclude each other: each has its own probability, and leads above one half.
    """
    ranked = sorted(posterior.items(), key=lambda pair: (-pair[1], pair[0]))
    likely = [(label, p) for label, p in ranked if p >= SHOWN_FROM]
    if vote_of(config.primary).aggregation(config.primary) in INDEPENDENT:
        return [PosteriorRow(label_words(config, label), p, is_leader=p > 0.5) for label, p in likely]
    top = likely[0][1] if likely else 0.0
    is_tie = sum(p == top for _label, p in likely) > 1
    rows = [PosteriorRow(label_words(config, label), p, is_leader=p == top and not is_tie) for label, p in likely]
    shown = {label for label, _p in likely}
    others = len({*config.classes, *posterior} - shown)
    if rows and others:
        words = ngettext("%(n)s other", "%(n)s others together", others) % {"n": others}
        rows.append(PosteriorRow(words, max(1 - sum(p for _label, p in likely), 0.0), is_rest=True))
    return rows
