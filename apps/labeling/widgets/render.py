"""From a config, an item's data and a form's state to HTML. Templates escape; nothing here builds markup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Any, Literal

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.stencils import Holes, Kind, fill
from apps.labeling.algorithms.word_diff import word_diff
from apps.labeling.widgets.answers import start_text
from apps.labeling.widgets.base import FormState
from apps.labeling.widgets.layout import Page, page_of
from apps.labeling.widgets.objects import Fold, ObjectView, Panel, shown_text
from apps.labeling.widgets.question import Question, keys_for, needs_filter
from apps.labeling.widgets.questions import questions_of
from apps.labeling.widgets.registry import widget_of
from apps.projects.labelling import LabellingConfig, config_for, parse_copy

Layout = Literal["plain", "many", "correct", "pairwise", "marked"]


@dataclass(frozen=True, slots=True)
class RenderedReview:
    """A reviewer's page in two parts: `stage` (the item) and `dock` (the questions), inside one <form id=form_id>.

    Args:
        layout: plain; many (one long list of choices: put stage and dock side by side); correct (the text field stands
            in the stage beside its text and belongs to the form by its id); pairwise (two panes in the stage);
            marked (the list of regions stands beside its text).
        one_press: a press on a choice sends the form.
        is_tall: the dock may be as high as a phone, so it must not stay before the item (class `flow`).
    """

    stage: SafeString
    dock: SafeString
    layout: Layout
    one_press: bool
    is_tall: bool

    @property
    def is_wide(self) -> bool:
        return self.layout != "plain"


def initial_state(config: LabellingConfig, data: Mapping[str, Any]) -> FormState:
    """An untouched form: what the config chose beforehand, and texts that start from a variable."""
    config = config_for(config, data)
    values = {control.name: widget_of(control).initial(control) for control in config.controls}
    values |= {control.name: (shown_text(start_text(control, data)),) for control in config.controls if control.start}
    return FormState(values={name: given for name, given in values.items() if given})


def one_press(config: LabellingConfig) -> bool:
    """Whether one press is the whole answer: the config is a single control that takes one value.

    What a Repeater holds may stand there any number of times, so each item is sent by a button.
    """
    if len(config.controls) != 1 or config.controls[0].repeated:
        return False
    only = config.controls[0]
    takes_one = widget_of(only).is_pressed(only) and only.kind in ("categorical", "ordinal", "pairwise")
    needs_form = only.attrs.get("allowNested") or only.attrs.get("layout") == "select"
    return takes_one and not needs_form and not only.per_item and not only.conditions


def layout_of(config: LabellingConfig) -> Layout:
    if any(control.start for control in config.controls):
        return "correct"
    if any(control.kind == "pairwise" for control in config.controls):
        return "pairwise"
    if any(control.kind == "spans" for control in config.controls):
        return "marked"
    if one_press(config) and needs_filter(keys_for([label.hotkey for label in config.controls[0].labels])):
        return "many"
    return "plain"


def render_item(config: LabellingConfig, data: Mapping[str, Any]) -> SafeString:
    """The item alone, to look at: no question, no form."""
    config = config_for(config, data)
    page = page_of(config, data)
    return _html("widgets/item.html", {"rows": _rows(config, page, {})})


def render_form(
    config: LabellingConfig,
    state: FormState | None = None,
    *,
    data: Mapping[str, Any] | None = None,
    submit_label: str = "",
) -> SafeString:
    """Every question, to stand inside a form; the send button too, unless a press on a choice sends it."""
    shown = data or {}
    config = config_for(config, data)
    press = one_press(config)
    page = page_of(config, shown)
    questions = questions_of(config, page, state or initial_state(config, shown), shown, press=press)
    return _form(questions, submit_label, has_send=not press)


def render_review(
    config: LabellingConfig,
    data: Mapping[str, Any],
    state: FormState | None = None,
    *,
    form_id: str = "answer",
    submit_label: str = "",
    sends: bool = True,
) -> RenderedReview:
    """Stage and dock of a review; corrections stand in the stage beside the text that they correct.

    Without `sends` a press only chooses and no send button stands in the dock: the caller brings his own.
    """
    config = config_for(config, data)
    page, state = page_of(config, data), state or initial_state(config, data)
    key = _dock_key(config, page, state)
    if key is None:
        dock, beside = _drawn(config, page, state, data, form_id=form_id, submit_label=submit_label, sends=sends)
    else:
        known = _dock_known.__wrapped__ if settings.DEBUG else _dock_known
        dock, beside = known(key, get_language() or "", submit_label, sends), {}
    return RenderedReview(
        stage=_stage(_rows(config, page, beside), form_id),
        dock=dock.html,
        layout=dock.layout,
        one_press=dock.one_press,
        is_tall=dock.is_tall,
    )


def render_diff(before: str, after: str) -> SafeString:
    """What changed between two texts, word by word."""
    return _html("widgets/_diff.html", {"pieces": word_diff(before, after)})


def _beside(questions: Sequence[Question], page: Page, form_id: str) -> tuple[dict[str, Question], list[Question]]:
    """Corrections by the object that they stand beside, one each; and the questions that stay in the dock."""
    shown = {panel.name for panel in page.panels if panel.name}
    beside: dict[str, Question] = {}
    rest: list[Question] = []
    for question in questions:
        name = question.control.to_name[0] if question.control.to_name else ""
        if question.start is None or question.conditions or name not in shown or name in beside:
            rest.append(question)
        else:
            beside[name] = replace(question, form_id=form_id)
    return beside, rest


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that stand side by side, and the correction that belongs to them. `kind` is the class of their frame."""

    panels: tuple[Panel, ...]
    question: Question | None = None
    kind: str = ""

    @property
    def fold(self) -> Fold | None:
        return self.panels[0].fold


def _rows(config: LabellingConfig, page: Page, beside: Mapping[str, Question]) -> list[Row]:
    pairs = {control.to_name for control in config.controls if control.kind == "pairwise"}
    rows: list[Row] = []
    for panel in page.panels:
        last = rows[-1].panels[-1] if rows else None
        if last and any((last.name, panel.name) == pair for pair in pairs):
            rows[-1] = Row((*rows[-1].panels, _titled(panel, _("Right"))), kind="twin")
        elif last and not rows[-1].question and panel.name not in beside and _is_beside(last, panel):
            rows[-1] = Row((*rows[-1].panels, panel), kind="pair")
        else:
            left = any(panel.name == pair[0] for pair in pairs if panel.name)
            question = beside.get(panel.name) if panel.name else None
            rows.append(Row((_titled(panel, _("Left")) if left else panel,), question))
    return rows


def _is_beside(last: Panel, panel: Panel) -> bool:
    return bool(panel.name and last.name and panel.beside) and (last.beside, last.fold) == (panel.beside, panel.fold)


def _titled(panel: Panel, title: str) -> Panel:
    return panel if panel.title else replace(panel, title=title)


def _stage(rows: Sequence[Row], form_id: str) -> SafeString:
    """Where only texts are shown, all around them is remembered."""
    context = {"rows": rows, "form_id": form_id}
    panels = [panel for row in rows for panel in row.panels]
    if any(row.question for row in rows) or any(panel.template != ObjectView.template for panel in panels):
        return _html("widgets/item.html", context)

    def with_holes(holes: Holes) -> dict[str, Any]:
        number = count()
        blanks = [
            replace(row, panels=tuple(_blank(panel, holes.text(f"{next(number)}")) for panel in row.panels))
            for row in rows
        ]
        return {**context, "rows": blanks}

    key = (form_id, tuple((row.kind, tuple(_frame(panel) for panel in row.panels)) for row in rows))
    bodies = {f"{number}": panel.text if panel.html is None else panel.html for number, panel in enumerate(panels)}
    return fill("widgets/item.html", Kind(key, with_holes), bodies)


def _frame(panel: Panel) -> tuple[object, ...]:
    """All that a panel's frame is drawn with; what it shows is not of it."""
    is_text = panel.html is None
    looks = (panel.size, panel.conditions, panel.fold, panel.beside, panel.looks)
    return (panel.name, panel.title, is_text, panel.found is None, *looks)


def _blank(panel: Panel, hole: SafeString) -> Panel:
    return replace(panel, text=hole, html=None if panel.html is None else hole, value=None, extras={})


@dataclass(frozen=True, slots=True)
class _Dock:
    """The questions as they are drawn, and what they mean for the page."""

    html: SafeString
    layout: Layout
    one_press: bool
    is_tall: bool


def _drawn(
    config: LabellingConfig,
    page: Page,
    state: FormState,
    data: Mapping[str, Any],
    *,
    form_id: str,
    submit_label: str,
    sends: bool,
) -> tuple[_Dock, dict[str, Question]]:
    """The dock, and the corrections that stand in the stage instead."""
    press = sends and one_press(config)
    questions = questions_of(config, page, state, data, press=press)
    beside, rest = _beside(questions, page, form_id)
    is_tall = len(rest) > 1 or any(not question.options or question.many for question in rest)
    html = _form(rest, submit_label, has_send=sends and not press)
    return _Dock(html, layout_of(config), press, is_tall), beside


# All that a dock is drawn from where it is the same for many items: the config, what is filled in, headings, titles.
_Pairs = tuple[tuple[str, Any], ...]
_DockKey = tuple[str, _Pairs, _Pairs, _Pairs]
MAX_TOLD = 400  # characters of headings, titles and what is filled in: what is long is of few items
DOCKS = 64  # remembered at a time, since one with thousands of labels is half a megabyte


def _dock_key(config: LabellingConfig, page: Page, state: FormState) -> _DockKey | None:
    """None where the dock is this item's alone."""
    if state.errors or not _is_same_for_all(config.xml):
        return None
    # What a person writes is not remembered.
    if state.values and any(control.kind == "text" and state.of(control) for control in config.controls):
        return None
    told = (*page.legends.values(), *page.titles.values(), *(text for texts in state.values.values() for text in texts))
    if sum(map(len, told)) > MAX_TOLD:
        return None
    return config.xml, tuple(state.values.items()), tuple(page.legends.items()), tuple(page.titles.items())


@lru_cache(maxsize=512)
def _is_same_for_all(xml: str) -> bool:
    """Whether no question of the config draws anything of an item: neither labels, nor a text, nor what it is about."""
    config = parse_copy(xml)
    return not config.is_per_item and all(
        widget_of(each).is_same_for_all
        and not (each.start or each.per_region or each.per_item)
        and (len(config.objects) < 2 or len(each.to_name) > 1)  # else it may say which of them it is about
        for each in config.controls
    )


@lru_cache(maxsize=DOCKS)
def _dock_known(key: _DockKey, language: str, submit_label: str, sends: bool) -> _Dock:
    """`language`, the active one, is of the key."""
    xml, values, legends, titles = key
    page = Page(panels=tuple(Panel(name=name, title=title) for name, title in titles), legends=dict(legends))
    state = FormState(values=dict(values))
    return _drawn(parse_copy(xml), page, state, {}, form_id="", submit_label=submit_label, sends=sends)[0]


def _form(questions: list[Question], submit_label: str, *, has_send: bool) -> SafeString:
    return _html("widgets/form.html", _asks(questions, submit_label, has_send))


def _asks(questions: list[Question], submit_label: str, has_send: bool) -> dict[str, Any]:
    return {"questions": questions, "has_send": has_send, "submit_label": submit_label or _("Send, next")}


def _html(template: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(template, context)
