"""Two answers to one item side by side: what each says to every question, region by region, image by image."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.consensus.algorithms.agreement_regions import matches
from apps.consensus.algorithms.known_match import SAME_PLACE
from apps.consensus.services.regions import Owner, boxes_of, links_of
from apps.labeling.widgets import Result, answers_of, widget_of
from apps.labeling.widgets.answers import places_of
from apps.labeling.widgets.base import Context, Place
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import Control, LabellingConfig, config_for, is_asked


@dataclass(frozen=True, slots=True)
class Pairs:
    """Both answers to one question, wherever it is asked: one pair, or one for each region or image.

    None: it was not asked there, or what was said says nothing. A region that only one of them marked has a pair of
    its own, and so has what was said about it.
    """

    control: Control
    votes: list[tuple[Any, Any]]


def pairs_on(config: LabellingConfig, data: Mapping[str, Any], results: tuple[Result, Result]) -> Iterator[Pairs]:
    """Every question of the config. `config` as it is written; `results` under it."""
    config = config_for(config, data)
    one, other = (_Answer(config, data, result) for result in results)
    owners = _owners(config, one, other)
    for control in (each for each in config.controls if not each.repeated):
        if control.kind == "relations":
            votes: list[tuple[Any, Any]] = [(links_of(one.result, 0, owners), links_of(other.result, 1, owners))]
        else:
            said, said_too = one.votes(control, owners, 0), other.votes(control, owners, 1)
            votes = [(said.get(place), said_too.get(place)) for place in dict.fromkeys([*said, *said_too])]
        yield Pairs(control, votes)


class _Answer:
    def __init__(self, config: LabellingConfig, data: Mapping[str, Any], result: Result) -> None:
        self.result = result
        self.context = Context(config, data, result)
        self.regions = {control.name: held for control, held in answers_of(config, result)}

    def votes(self, control: Control, owners: Sequence[Owner], side: int) -> dict[Any, Any]:
        """What it says at each place, by a name that both answers have for the place."""
        named = {owner.ids[side]: number for number, owner in enumerate(owners) if side in owner.ids}
        found = {}
        for place in places_of(control, self.result, self.context):
            name = named.get(str(place.owner.get("id"))) if place.owner is not None else place.item_index
            if place.owner is None or name is not None:
                found[name] = self._vote(control, place)
        return found

    def _vote(self, control: Control, place: Place) -> Any:
        held = [each for each in self.regions.get(control.name, ()) if _is_at(each, place)]
        if held:
            vote = vote_of(control).read(control, held, widget_of(control), self.context)
            return vote if vote is None or control.kind != "spans" else boxes_of(vote)
        is_shown = is_asked(self.context.config, control, self.result, owner=place.owner)
        return vote_of(control).empty(control) if is_shown else None


def _is_at(region: Mapping[str, Any], place: Place) -> bool:
    if place.owner is not None:
        return region.get("id") == place.owner.get("id")
    return place.item_index is None or (region.get("item_index") or 0) == place.item_index


def _owners(config: LabellingConfig, one: _Answer, other: _Answer) -> list[Owner]:
    """The regions of both: those that are matched as one, the others each by itself.

    Marks in a text are matched one to one, by label and overlap; added messages by their order.
    """
    owners = []
    for control in (each for each in config.controls if each.owns_regions):
        held = [answer.regions.get(control.name, []) for answer in (one, other)]
        matched = _matched(control, one, other) if control.kind == "spans" else _in_turn(held)
        ids = [dict.fromkeys(str(region["id"]) for region in regions) for regions in held]
        pairs: list[dict[int, str]] = [{0: a, 1: b} for a, b in matched.items()]
        pairs += [{0: a} for a in ids[0] if a not in matched]
        pairs += [{1: b} for b in ids[1] if b not in matched.values()]
        owners += [Owner({}, each) for each in pairs]  # no region of a consensus stands behind them
    return owners


def _matched(control: Control, one: _Answer, other: _Answer) -> dict[str, str]:
    """The ids of regions that stand for the same, the first answer's by the second's; each at most once."""
    vote, widget = vote_of(control), widget_of(control)
    marks = [
        vote.read(control, each.regions.get(control.name, []), widget, each.context) or () for each in (one, other)
    ]
    found: dict[str, str] = {}
    for a, b in matches(boxes_of(marks[0]), boxes_of(marks[1]), SAME_PLACE):
        if marks[1][b].id not in found.values():
            found.setdefault(marks[0][a].id, marks[1][b].id)
    return found


def _in_turn(held: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    return {str(a["id"]): str(b["id"]) for a, b in zip(*held, strict=False)}
