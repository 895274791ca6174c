"""The one list of widgets, by tag. A control tag of the parser without a widget here fails a test."""

from apps.labeling.widgets.base import Widget
from apps.labeling.widgets.choices import ChoicesWidget
from apps.labeling.widgets.pairwise import PairwiseWidget
from apps.labeling.widgets.rating import RatingWidget
from apps.labeling.widgets.textarea import TextAreaWidget
from apps.projects.labelling import Control

WIDGETS: dict[str, Widget] = {
    "Choices": ChoicesWidget(),
    "Rating": RatingWidget(),
    "TextArea": TextAreaWidget(),
    "Pairwise": PairwiseWidget(),
}


def widget_of(control: Control) -> Widget:
    return WIDGETS[control.tag]
