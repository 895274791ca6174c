"""The consensus of an item control by control, and the result in Label Studio's format put together from it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.consensus.algorithms.kinds import TIE, Decided, Given, KindOfAnswer, Params
from apps.consensus.algorithms.yes_no import Said, YesNo
from apps.consensus.services.kinds import TAKEN, counts, kind_of
from apps.consensus.services.regions import Owner, boxes_of, links_part, regions_part
from apps.labeling.errors import AnswerInvalid
from apps.labeling.widgets import Result, answer_label, answers_of, widget_of
from apps.labeling.widgets.base import WHOLE, Context, Place, Region, field_key, new_region
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import Control, LabellingConfig, config_for, is_asked
from apps.projects.labelling import Given as Chosen

# A control's parameters of the pool and of one person, by their number among the answers; both None before a fit.
SkillsOf = Callable[[Control], tuple[Params | None, Sequence[Params | None]]]
_SHOWN_FROM, _MOST_SHOWN = 0.01, 40


@dataclass(frozen=True, slots=True)
class Part:
    """What the answers to one control about one place add up to. `counts`: the item's confidence rests on it."""

    control: Control
    place: Place
    decided: Decided
    regions: list[Region]
    counts: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """An item's consensus. `confidence` is that of its least sure part, and only if all parts are decided is it."""

    result: Result
    label: str  # canonical value of the primary control; empty where it has none, or something is undecided
    confidence: float
    is_decided: bool
    posterior: dict[str, float]  # of the primary control
    parts: dict[str, Any]  # as stored


def whole_of(
    config: LabellingConfig,
    data: Mapping[str, Any],
    results: Sequence[Result],
    *,
    skills_of: SkillsOf,
    weights: Sequence[float] | None = None,
    by_share: bool = False,
) -> Whole:
    """Put together what several answers to one item say.

    Args:
        results: one for each person, under the config.
        weights: by which each counts as evidence, above 0; 1 unless given.
    """
    config = config_for(config, data)
    item = _Item(config, data, results, skills_of, weights or [1.0] * len(results), by_share)
    for control in _in_order(config):
        item.add(control)
    return item.whole()


def votes_on(
    config: LabellingConfig, data: Mapping[str, Any], results: Sequence[Result]
) -> Iterator[tuple[Control, KindOfAnswer, list[Any]]]:
    """The controls about the whole item that a fit can learn from, with everybody's vote as their kind wants it."""
    config = config_for(config, data)
    item = _Item(config, data, results, lambda control: (None, ()), [1.0] * len(results), by_share=False)
    for control in _in_order(config):
        if not (control.per_region or control.per_item or control.kind == "relations"):
            votes = [item._vote(control, WHOLE, number) for number in range(len(results))]
            if control.kind == "spans":
                votes = [None if vote is None else boxes_of(vote) for vote in votes]
            yield control, item._kind(control), votes


def _in_order(config: LabellingConfig) -> list[Control]:
    """Regions before what is said about them, and what depends on other answers after those."""
    steps = {"relations": 3}
    return sorted(
        (each for each in config.controls if not each.repeated),
        key=lambda each: (steps.get(each.kind, 2 if each.per_region else 0), bool(each.conditions)),
    )


class _Item:
    """One item while its parts are added one by one."""

    def __init__(
        self,
        config: LabellingConfig,
        data: Mapping[str, Any],
        results: Sequence[Result],
        skills_of: SkillsOf,
        weights: Sequence[float],
        by_share: bool,
    ) -> None:
        self.config, self.data, self.results, self.by_share = config, data, results, by_share
        self.skills_of, self.weights = skills_of, weights
        self.believed = YesNo(by_share=by_share)
        self.contexts = [Context(config, data, result) for result in results]
        self.regions = [{control.name: held for control, held in answers_of(config, each)} for each in results]
        self.owners: list[Owner] = []
        self.parts: list[Part] = []
        self.result: Result = []

    def add(self, control: Control) -> None:
        if control.kind == "relations":
            made = links_part(control, self.results, self.owners, weights=self.weights, believed=self.believed)
            self._keep(made, control, WHOLE)
        elif control.per_region:
            # Made once: what is added here on the way is about this control, which is no condition of its own.
            chosen = Chosen(self.result)
            for owner in self.owners:
                if owner.region.get("to_name") in control.to_name:
                    self._add_about(control, owner, chosen)
        elif control.per_item:
            for place in self._images(control):
                self._add_at(control, place)
        elif is_asked(self.config, control, self.result):
            self._add_at(control, WHOLE)

    def _add_at(self, control: Control, place: Place) -> None:
        votes = [self._vote(control, place, number) for number in range(len(self.results))]
        people = [
            number
            for number, result in enumerate(self.results)
            if votes[number] is not None or is_asked(self.config, control, result)
        ]
        if control.kind == "spans":
            read = [number for number in people if votes[number] is not None]
            given = [self._given(control, votes[number], number) for number in read]
            found = regions_part(control, given, read, self._kind(control), self._context(), pool=self._pool(control))
            if found is not None:
                self.owners += found.owners
                self._keep((found.decided, found.regions), control, place)
            return
        self._keep(self._decided(control, place, votes, people), control, place)

    def _add_about(self, control: Control, owner: Owner, chosen: Chosen) -> None:
        """Only those who marked a region are asked about it."""
        if not is_asked(self.config, control, chosen, owner=owner.region):
            return
        votes: list[Any] = [None] * len(self.results)
        for number, region_id in owner.ids.items():
            held = [each for each in self.regions[number].get(control.name, ()) if each.get("id") == region_id]
            votes[number] = self._read(control, held, number)
        self._keep(
            self._decided(control, Place(owner=owner.region), votes, list(owner.ids)), control, Place(owner.region)
        )

    def _decided(
        self, control: Control, place: Place, votes: Sequence[Any], people: Sequence[int]
    ) -> tuple[Decided, list[Region]] | None:
        """None where nobody answered. Leaving a question out is a vote against answering it."""
        present = [number for number in people if votes[number] is not None]
        if not present:
            return None
        given = [self._given(control, votes[number], number) for number in present]
        decided = self._kind(control).decided(given, pool=self._pool(control))
        regions = self._regions(control, place, decided, {number: votes[number] for number in present})
        decided = self._checked(control, decided, regions)
        if len(present) == len(people):
            return decided, regions
        answered = self.believed.probability(
            [Said(votes[number] is not None, None, self.weights[number]) for number in people]
        )
        if answered < 0.5 - TIE:
            return Decided(None, 1 - answered, is_decided=True), []
        sure = min(decided.confidence, answered)
        return replace(decided, confidence=sure, is_decided=decided.is_decided and answered > 0.5 + TIE), regions

    def _regions(self, control: Control, place: Place, decided: Decided, votes: Mapping[int, Any]) -> list[Region]:
        """As somebody gave them, where somebody did; else written anew."""
        if decided.value is None:
            return []
        kind = vote_of(control).aggregation(control)
        whose = next((number for number, vote in votes.items() if vote == decided.value), None)
        if whose is None or kind not in (*TAKEN, "text"):
            value = decided.value
            if kind == "labels":
                value = self._kind(control).deepest(value)
            return vote_of(control).write(control, value, widget_of(control), place, self._context())
        held = self.regions[whose].get(control.name, [])  # none where adding nothing is the answer
        if control.kind == "chat":
            self.owners += [Owner(each, {whose: str(each["id"])}) for each in held]
        if place.owner is None:
            return [each for each in held if self._is_at(each, control, place)]
        return _about(control, held, place)

    def _checked(self, control: Control, decided: Decided, regions: list[Region]) -> Decided:
        """What its widget would refuse as an answer is none: nobody could have given it."""
        try:
            widget_of(control).check(control, regions, self._context())
        except AnswerInvalid:
            return replace(decided, is_decided=False)
        is_lost = control.required and not regions
        return replace(decided, is_decided=decided.is_decided and not is_lost)

    def _keep(self, found: tuple[Decided, list[Region]] | None, control: Control, place: Place) -> None:
        if found is None:
            return
        decided, regions = found
        self.result += regions
        self.parts.append(Part(control, place, decided, regions, counts(control, self.config)))

    def _vote(self, control: Control, place: Place, number: int) -> Any:
        held = [each for each in self.regions[number].get(control.name, ()) if self._is_at(each, control, place)]
        if held:
            return self._read(control, held, number)
        return vote_of(control).empty(control) if is_asked(self.config, control, self.results[number]) else None

    def _read(self, control: Control, held: Sequence[Region], number: int) -> Any:
        if not held:
            return vote_of(control).empty(control)
        return vote_of(control).read(control, held, widget_of(control), self.contexts[number])

    def _is_at(self, region: Region, control: Control, place: Place) -> bool:
        return not control.per_item or region.get("item_index") == place.item_index

    def _images(self, control: Control) -> Iterator[Place]:
        held = [each for regions in self.regions for each in regions.get(control.name, ())]
        for index in sorted({int(each.get("item_index") or 0) for each in held}):
            yield Place(item_index=index if any("item_index" in each for each in held) else None)

    def _kind(self, control: Control) -> Any:
        return kind_of(control, self._context(), by_share=self.by_share)

    def _context(self) -> Context:
        return Context(self.config, self.data, self.result)

    def _pool(self, control: Control) -> Params | None:
        return None if self.by_share else self.skills_of(control)[0]

    def _given(self, control: Control, vote: Any, number: int) -> Given:
        return Given(vote, None if self.by_share else self.skills_of(control)[1][number], self.weights[number])

    def whole(self) -> Whole:
        counted = [part for part in self.parts if part.counts]
        is_decided = bool(counted) and all(part.decided.is_decided for part in counted)
        primary = next((part for part in self.parts if part.control.name == self.config.primary.name), None)
        label = (answer_label(self.config, self.result) or "") if is_decided else ""
        return Whole(
            result=self.result,
            label=label[:500],
            confidence=min(max(min((part.decided.confidence for part in counted), default=0.0), 0.0), 1.0),
            is_decided=is_decided,
            posterior=_posterior(primary, self._context()) if primary else {},
            parts={field_key(part.control, part.place): _stored(part) for part in self.parts},
        )


def _about(control: Control, held: Sequence[Region], place: Place) -> list[Region]:
    """Somebody's answer about his own region, about the one that it stands for now."""
    name = getattr(widget_of(control), "value_field", "")
    return [new_region(control, {name: each["value"][name]}, place) for each in held[:1] if name in each["value"]]


def _stored(part: Part) -> dict[str, Any]:
    decided = part.decided
    told = {"confidence": round(decided.confidence, 6), "is_decided": decided.is_decided, **decided.detail}
    return told if part.counts else {**told, "counts": False}


def _posterior(part: Part, context: Context) -> dict[str, float]:
    """The likelier candidates by their canonical value. Labels of several, and regions, do not exclude each other."""
    likely = sorted(part.decided.posterior.items(), key=lambda pair: (-pair[1], str(pair[0])))[:_MOST_SHOWN]
    found = {_key(part.control, value, context): round(p, 6) for value, p in likely if p >= _SHOWN_FROM}
    return {key: p for key, p in found.items() if key}


def _key(control: Control, value: Any, context: Context) -> str:
    vote, widget = vote_of(control), widget_of(control)
    kind = vote.aggregation(control)
    if kind in TAKEN:
        return str(value)
    if kind in ("labels", "pooled labels"):
        return widget.value_key(control, vote.name_regions(control, value)) or ""
    written = vote.write(control, (value,) if kind == "regions" else value, widget, WHOLE, context)
    return widget.value_key(control, written) or ""
