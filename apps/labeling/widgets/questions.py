"""The questions of a form: one for each control, and for those about regions one for each region and one to copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from django.utils.html import strip_tags

from apps.labeling.algorithms.word_diff import Piece, word_diff
from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets.answers import field_name, parse_draft, places_of, start_text
from apps.labeling.widgets.base import FIELD, WHOLE, Context, FormState, Place, Region
from apps.labeling.widgets.layout import Page
from apps.labeling.widgets.objects import ObjectView, Panel, shown_text
from apps.labeling.widgets.question import Group, Question
from apps.labeling.widgets.registry import control_of, widget_of
from apps.labeling.widgets.when import conditions_json
from apps.projects.labelling import Control, Given, LabellingConfig, is_asked

ABOUT_CHARS = 60
# The id of the region in the group that the page copies for each new one.
BLANK_ID = "__region__"


def questions_of(
    config: LabellingConfig, page: Page, state: FormState, data: Mapping[str, Any], *, press: bool
) -> list[Question]:
    """In the config's order. `config` has the item's data put in."""
    maker = _Maker(config, page, state, data, press, _result(config, state, data))
    asked = [question for control in config.controls if not control.per_region for question in maker.whole(control)]
    first = next((index for index, question in enumerate(asked) if question.options and not question.is_hidden), None)
    written = next((index for index, question in enumerate(asked) if _is_written(question)), None)
    return [
        replace(question, has_keys=index == first, focus_key="c" if index == written else "")
        for index, question in enumerate(asked)
    ]


def _is_written(question: Question) -> bool:
    return widget_of(question.control).is_written(question.control)


def _result(config: LabellingConfig, state: FormState, data: Mapping[str, Any]) -> list[Region]:
    """What is answered so far; what cannot be read counts as nothing."""
    try:
        return parse_draft(config, {FIELD + name: values for name, values in state.values.items()}, data=data)
    except AnswerInvalid:
        return []


@dataclass
class _Maker:
    config: LabellingConfig
    page: Page
    state: FormState
    data: Mapping[str, Any]
    press: bool
    result: Sequence[Region]

    def __post_init__(self) -> None:
        self.numbers = count()
        self.context = Context(self.config, self.data, self.result)
        self.given = Given(self.result)

    def whole(self, control: Control) -> list[Question]:
        """One question, or one for each image of several."""
        return [self.question(control, place) for place in places_of(control, self.result, self.context)]

    def question(self, control: Control, place: Place = WHOLE) -> Question:
        widget = widget_of(control)
        chosen = self.state.of(control, place)
        text = chosen[-1] if chosen else ""
        start = shown_text(start_text(control, self.data)) if control.start and not control.per_region else None
        title = self.page.legends.get(control.name)
        return Question(
            control=control,
            template=widget.template,
            field=field_name(control, place),
            html_id=f"q{next(self.numbers)}",
            legend=(title or control.name.replace("_", " ").capitalize()) + _number(place),
            options=widget.options(control, chosen, self.page.titles),
            text=text,
            error=self.state.errors.get(control.name, ""),
            one_press=self.press,
            has_heading=bool(title),
            about="" if title else self.about_text(control),
            start=start,
            diff=_diff(start, text),
            values=chosen,
            key=place.key,
            groups=self.groups(control),
            blank=self.blank(control),
            conditions=conditions_json(self.config, control.conditions, name=control.name, place=place),
            is_hidden=not is_asked(self.config, control, self.given, owner=place.owner),
            extras=widget.extras(control, chosen, self.context),
        )

    def about_text(self, control: Control) -> str:
        shown = {panel.name: _about(panel) for panel in self.page.panels if panel.name}
        is_plain = len(control.to_name) == 1 and control.kind != "spans" and not control.per_region
        return shown.get(control.to_name[0], "")[:ABOUT_CHARS] if is_plain and len(shown) > 1 else ""

    def groups(self, owner: Control) -> tuple[Group, ...]:
        """What is asked about each region of a control."""
        if not owner.owns_regions:
            return ()
        mine = [region for region in self.result if control_of(self.config, region) == owner]
        held = [region for region in mine if isinstance(region.get("value"), dict)]  # a draft may hold anything
        return tuple(self.group(owner, region) for region in held)

    def group(self, owner: Control, region: Region) -> Group:
        place = Place(owner=region)
        asked = [self.question(control, place) for control in self.about(owner)]
        words = widget_of(owner).words(owner, [region])
        return Group(id=str(region.get("id", "")), region=region, words=words, questions=tuple(asked))

    def blank(self, owner: Control) -> Group | None:
        """The group of a region that is not there yet, for the page to copy."""
        if not owner.owns_regions:
            return None
        place = Place(owner={"id": BLANK_ID, "from_name": owner.name, "value": {}})
        asked = [self.question(control, place) for control in self.about(owner)]
        return Group(id=BLANK_ID, region={}, words="", questions=tuple(asked))

    def about(self, owner: Control) -> list[Control]:
        """The controls that ask about regions of the owner's objects."""
        objects = set(owner.to_name)
        return [control for control in self.config.controls if control.per_region and objects & set(control.to_name)]


def _about(panel: Panel) -> str:
    """A panel in words: the text itself, or what stands over data of another shape."""
    if panel.template != ObjectView.template or panel.is_data:
        return panel.title or panel.name.replace("_", " ")
    return panel.text if panel.html is None else strip_tags(panel.html)


def _number(place: Place) -> str:
    return "" if place.item_index is None else f" {place.item_index + 1}"


def _diff(start: str | None, text: str) -> tuple[Piece, ...]:
    return () if start is None else tuple(word_diff(start, text))
