"""Regions and links of several answers as one set: between marks in a text and the algorithm's regions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.consensus.algorithms.agreement_regions import Region as Box
from apps.consensus.algorithms.kinds import TIE, Decided, Given, Params
from apps.consensus.algorithms.region_consensus import Found, Regions, links_decided
from apps.consensus.algorithms.yes_no import YesNo
from apps.labeling.widgets import Result, widget_of
from apps.labeling.widgets.base import WHOLE, Context, Region
from apps.labeling.widgets.registry import vote_of
from apps.labeling.widgets.votes import Mark, stretches
from apps.projects.labelling import Control

_BETWEEN = "\x1f"  # the object's name and the label, as one label


@dataclass(frozen=True, slots=True)
class Owner:
    """A region of the consensus, and what it is called in each answer that has it, by the answer's number."""

    region: Region
    ids: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of one control's regions."""

    decided: Decided
    regions: list[Region]
    owners: list[Owner]


def boxes_of(marks: Sequence[Mark]) -> tuple[Box, ...]:
    """Marks in a text as the algorithm takes them."""
    return tuple(Box(f"{each.target}{_BETWEEN}{each.label}", (each.start,), (each.end,)) for each in marks)


def mark_of(box: Box) -> Mark:
    target, _, label = box.label.partition(_BETWEEN)
    return Mark(int(box.low[0]), int(box.high[0]), target, label)


def regions_part(
    control: Control,
    given: Sequence[Given],
    people: Sequence[int],
    kind: Regions,
    context: Context,
    *,
    pool: Params | None,
) -> Marked | None:
    """`given` holds marks; `people`: the number of the answer that each stands for. None where nobody was asked."""
    if not given:
        return None
    boxes = [replace(each, answer=boxes_of(each.answer)) for each in given]
    found = kind.things(boxes, pool=pool)
    decided = kind.decided_on(found, boxes, pool=pool)
    marks = [mark_of(box) for box in decided.value or ()]
    regions = vote_of(control).write(control, marks, widget_of(control), WHOLE, context)
    things = {mark_of(thing.region): thing for thing in found}
    names = [{box: mark.id for box, mark in zip(boxes_of(each.answer), each.answer, strict=True)} for each in given]
    owners = [
        Owner(region, _ids([things[mark] for mark in group], names, people))
        for region, group in zip(regions, stretches(control, marks), strict=True)
    ]
    posterior = {mark_of(box): p for box, p in decided.posterior.items()}
    return Marked(replace(decided, posterior=posterior), regions, owners)


def _ids(things: Sequence[Found], names: Sequence[Mapping[Box, str]], people: Sequence[int]) -> dict[int, str]:
    """What each person's own region for one of the things is called. `names`: for each person by its place."""
    ids: dict[int, str] = {}
    for thing in things:
        for index, member in thing.members.items():
            ids.setdefault(people[index], names[index][member])
    return ids


def links_part(
    control: Control,
    results: Sequence[Result],
    owners: Sequence[Owner],
    *,
    weights: Sequence[float],
    believed: YesNo,
) -> tuple[Decided, list[Region]] | None:
    """Links between regions of the consensus, voted on by everybody. None where nobody made any."""
    links = [links_of(result, number, owners) for number, result in enumerate(results)]
    if not any(links):
        return None
    found = links_decided(links, weights=weights, believed=believed)
    regions = [_region(link, owners) for link, p in found if p >= 0.5 - TIE]
    is_tied = any(abs(p - 0.5) <= TIE for _, p in found)
    sure = min(max(p, 1 - p) for _, p in found)
    return Decided(tuple(link for link, p in found if p > 0.5), sure, is_decided=not is_tied), regions


def links_of(result: Result, number: int, owners: Sequence[Owner]) -> frozenset[Any]:
    """The links of one answer: (from, to, direction, labels), the ends by the owners' numbers.

    Drawn from its other end a link is the same.
    """
    place = {owner.ids[number]: index for index, owner in enumerate(owners) if number in owner.ids}
    found = set()
    for region in result:
        if region.get("type") != "relation":
            continue
        ends = place.get(str(region.get("from_id"))), place.get(str(region.get("to_id")))
        if None in ends or ends[0] == ends[1]:
            continue
        first, last = ends if region.get("direction") != "left" else ends[::-1]
        direction = "bi" if region.get("direction") == "bi" else "right"
        if direction == "bi":
            first, last = sorted((first or 0, last or 0))
        found.add((first, last, direction, tuple(sorted(map(str, region.get("labels") or ())))))
    return frozenset(found)


def _region(link: Any, owners: Sequence[Owner]) -> Region:
    first, last, direction, labels = link
    made = {"type": "relation", "from_id": owners[first].region["id"], "to_id": owners[last].region["id"]}
    return {**made, "direction": direction, **({"labels": list(labels)} if labels else {})}
