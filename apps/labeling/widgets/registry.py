"""The lists of widgets, by tag: how it renders, parses and checks, and how it aggregates. A new kind is a line in each.

A control tag of the parser without a widget here fails a test.
"""

from collections.abc import Mapping
from typing import Any

from apps.labeling.widgets.base import Widget
from apps.labeling.widgets.chat import ChatWidget
from apps.labeling.widgets.choices import ChoicesWidget
from apps.labeling.widgets.datetime import DateTimeWidget
from apps.labeling.widgets.number import NumberWidget
from apps.labeling.widgets.objects import HyperTextView, ObjectView
from apps.labeling.widgets.pairwise import PairwiseWidget
from apps.labeling.widgets.panels import ChatView, ImageView, ListView, ParagraphsView, TableView
from apps.labeling.widgets.ranker import RankerWidget
from apps.labeling.widgets.rating import RatingWidget
from apps.labeling.widgets.relations import RelationsWidget
from apps.labeling.widgets.spans import SpansWidget
from apps.labeling.widgets.spans_texts import MarkedView, is_marked
from apps.labeling.widgets.taxonomy import TaxonomyWidget
from apps.labeling.widgets.textarea import TextAreaWidget
from apps.labeling.widgets.votes import (
    ChatVote,
    ChoicesVote,
    LevelVote,
    NumberVote,
    RankerVote,
    RelationsVote,
    SpansVote,
    TaxonomyVote,
    TextVote,
    Vote,
)
from apps.projects.labelling import Control, DataObject, LabellingConfig

WIDGETS: dict[str, Widget] = {
    "Choices": ChoicesWidget(),
    "Rating": RatingWidget(),
    "TextArea": TextAreaWidget(),
    "Pairwise": PairwiseWidget(),
    "Taxonomy": TaxonomyWidget(),
    "Number": NumberWidget(),
    "DateTime": DateTimeWidget(),
    "Ranker": RankerWidget(),
    "Chat": ChatWidget(),
    "Labels": SpansWidget(),
    "HyperTextLabels": SpansWidget(),
    "ParagraphLabels": SpansWidget(),
    "Relations": RelationsWidget(),
}
# What each tag's answers are to consensus.
VOTES: dict[str, Vote] = {
    "Choices": ChoicesVote(),
    "Rating": LevelVote(),
    "TextArea": TextVote(),
    "Pairwise": Vote(),
    "Taxonomy": TaxonomyVote(),
    "Number": NumberVote(),
    "DateTime": Vote(),
    "Ranker": RankerVote(),
    "Chat": ChatVote(),
    "Labels": SpansVote(),
    "HyperTextLabels": SpansVote(),
    "ParagraphLabels": SpansVote(),
    "Relations": RelationsVote(),
}
# What shows each object tag; one that is not here is shown as text.
VIEWS: dict[str, ObjectView] = {
    "Text": ObjectView(),
    "HyperText": HyperTextView(),
    "Paragraphs": ParagraphsView(),
    "Chat": ChatView(),
    "Table": TableView(),
    "List": ListView(),
    "Image": ImageView(),
}


MARKED = MarkedView()


def view_of(found: DataObject, config: LabellingConfig | None = None) -> ObjectView:
    """How an object is shown; one whose regions `config` has marked is shown so that they can be."""
    if config is not None and is_marked(config, found.name):
        return MARKED
    return VIEWS.get(found.tag, VIEWS["Text"])


def widget_of(control: Control) -> Widget:
    return WIDGETS[control.tag]


def vote_of(control: Control) -> Vote:
    return VOTES[control.tag]


def control_of(config: LabellingConfig, region: Mapping[str, Any]) -> Control | None:
    """The control that a region answers: by its name; a relation has none and belongs to the config's Relations."""
    name = region.get("from_name")
    if name is None and region.get("type") == "relation":
        return next((control for control in config.controls if control.kind == "relations"), None)
    return config.control(name) if isinstance(name, str) else None
