"""Regions of a text or of a picture: whose regions mean the same, which are really there, and where they end.

Regions of different people that overlap enough and have the same label stand for one thing. Each person who looked
votes on each thing: yes by marking it, no by not; what is missed and what is spurious are the two error rates of
`yes_no`. Its place follows from the places of those who marked it:

- of a text, a character belongs to it if more than half the weight of them marked it, so a tie goes to the shorter;
  with one rate each and no belief before that is the token-level Dawid-Skene of A. T. Nguyen et al. (2017),
  doi:10.18653/v1/P17-1028, section 5, limited to those who saw the thing;
- of a picture, each side is the weighted median of theirs, which one wild box does not move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.agreement_regions import Answer, Region, iou
from apps.consensus.algorithms.kinds import NOTHING, TIE, Asked, Decided, Given, Params, Skills
from apps.consensus.algorithms.yes_no import Rates, Said, YesNo, columns, rates_of, yes_no_fit, yes_no_of

AT_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Thing:
    """What some of the answers marked: for each of those, by its number, its region."""

    label: str
    members: dict[int, Region]


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that was decided on. `confidence` of one that is there: that it is there, times how well its place fits
    those who marked it (mean intersection over union); of one that is not: that it is not."""

    region: Region
    probability: float
    fit: float
    is_there: bool
    members: Mapping[int, Region] = field(default_factory=dict)  # by the number of the answer

    @property
    def confidence(self) -> float:
        return self.probability * self.fit if self.is_there else 1 - self.probability


@dataclass(frozen=True, slots=True)
class Regions:
    """Answers are sets of regions; an empty one says that there is nothing.

    The value lists what is there, with what is tied where nothing is decided. The confidence is that of the least sure
    thing; where nobody marked anything, that nobody missed anything.

    Args:
        at_least: intersection over union from which two regions mean the same.
        is_exact: places are counts, such as characters; else medians may fall between the given ones.
    """

    at_least: float = AT_LEAST
    is_exact: bool = True
    by_share: bool = False

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        return self.decided_on(self.things(given, pool=pool), given, pool=pool)

    def decided_on(self, found: Sequence[Found], given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        """The same, for whoever has the `things` of the answers already."""
        if not given:
            return NOTHING
        if not found:
            nothing = 1 - self._believed(pool).probability([Said(False, _rates(each), each.weight) for each in given])
            return Decided((), nothing, is_decided=True)
        is_tied = any(abs(each.probability - 0.5) <= TIE for each in found)
        kept = [each for each in found if each.probability >= 0.5 - TIE]
        is_empty_given = any(not each.answer for each in given)
        return Decided(
            tuple(each.region for each in kept),
            min(each.confidence for each in found),
            is_decided=not is_tied and (bool(kept) or is_empty_given),
            posterior={each.region: each.probability for each in found},
            detail={"regions": [round(each.confidence, 6) for each in kept]},
        )

    def things(self, given: Sequence[Given], *, pool: Params | None = None) -> list[Found]:
        """Everything that anybody marked, in the order of the places."""
        believed = self._believed(pool)
        found = []
        for thing in things_of([each.answer for each in given], at_least=self.at_least):
            votes = [Said(number in thing.members, _rates(each), each.weight) for number, each in enumerate(given)]
            probability = believed.probability(votes)
            weights = [self._weight(given[number], believed) for number in thing.members]
            region = self._place(thing, weights)
            fits = [iou(region, each) for each in thing.members.values()]
            is_there = probability >= 0.5 - TIE
            found.append(Found(region, probability, float(np.average(fits, weights=weights)), is_there, thing.members))
        return sorted(found, key=lambda each: (each.region.low, each.region.high, each.region.label))

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        """Who misses what is there, and who marks what is not."""
        rows: list[tuple[int, int, int]] = []
        known: list[int] = []
        for item in items:
            people = [who for who, _ in item.answers]
            things = things_of([answer for _, answer in item.answers], at_least=self.at_least)
            for thing in things:
                rows += [(len(known), who, int(number in thing.members)) for number, who in enumerate(people)]
                known.append(-1 if item.known is None else int(self._is_among(thing, item.known)))
        question, reviewer, said = columns(rows)
        fixed = np.array(known, dtype=np.int64)
        fit = yes_no_fit(question, reviewer, said, n_questions=len(known), n_reviewers=n_reviewers, known=fixed)
        right = {index: float(fit.right[index]) for index in fit.own}
        votes = {index: int(fit.votes[index]) for index in fit.own}
        return Skills(fit.pool, {index: {"rates": rates} for index, rates in fit.own.items()}, right, votes)

    def _is_among(self, thing: Thing, known: Answer) -> bool:
        return any(
            each.label == thing.label and iou(each, member) >= self.at_least
            for each in known
            for member in thing.members.values()
        )

    def _believed(self, pool: Params | None) -> YesNo:
        return yes_no_of(pool, by_share=self.by_share)

    def _weight(self, each: Given, believed: YesNo) -> float:
        return each.weight * (1.0 if self.by_share else (_rates(each) or believed.rates).weight)

    def _place(self, thing: Thing, weights: Sequence[float]) -> Region:
        members = list(thing.members.values())
        low = tuple(self._side([each.low[axis] for each in members], weights, up=True) for axis in _axes(members))
        high = tuple(self._side([each.high[axis] for each in members], weights, up=False) for axis in _axes(members))
        if all(a < b for a, b in zip(low, high, strict=True)):
            return Region(thing.label, low, high)
        # Sides of different people may cross: then the region that fits the others best.
        return max(members, key=lambda one: (sum(iou(one, each) for each in members), one.low, one.high))

    def _side(self, places: Sequence[float], weights: Sequence[float], *, up: bool) -> float:
        lower, upper = weighted_medians(np.array(places), np.array(weights))
        if not self.is_exact:
            return (lower + upper) / 2
        return upper if up else lower


def _axes(members: Sequence[Region]) -> range:
    return range(len(members[0].low))


def _rates(each: Given) -> Rates | None:
    return rates_of((each.skill or {}).get("rates"))


def weighted_medians(places: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """The lower and the upper weighted median; they differ where the weight divides evenly between two places."""
    order = np.argsort(places, kind="stable")
    below = np.cumsum(weights[order]) / weights.sum()
    lower = int(np.searchsorted(below, 0.5 - TIE))
    upper = int(np.searchsorted(below, 0.5 + TIE))
    last = len(places) - 1
    return float(places[order][min(lower, last)]), float(places[order][min(upper, last)])


def things_of(answers: Sequence[Answer], *, at_least: float = AT_LEAST) -> list[Thing]:
    """Regions of different answers grouped: average linkage, best overlap first, at most one region of each answer."""
    regions = [(number, each) for number, answer in enumerate(answers) for each in sorted(set(answer), key=_key)]
    group = list(range(len(regions)))
    members: dict[int, list[int]] = {index: [index] for index in group}
    for one, other in _pairs(regions, at_least):
        first, second = group[one], group[other]
        if first == second or not _may_join(members[first], members[second], regions, at_least):
            continue
        for index in members[second]:
            group[index] = first
        members[first] += members.pop(second)
    things = [
        Thing(regions[each[0]][1].label, dict(sorted(regions[index] for index in each))) for each in members.values()
    ]
    return sorted(things, key=lambda thing: min(_key(each) for each in thing.members.values()))


def _key(region: Region) -> tuple[tuple[float, ...], tuple[float, ...], str]:
    return region.low, region.high, region.label


def _may_join(ones: list[int], others: list[int], regions: Sequence[tuple[int, Region]], at_least: float) -> bool:
    if {regions[each][0] for each in ones} & {regions[each][0] for each in others}:
        return False
    overlaps = [iou(regions[a][1], regions[b][1]) for a in ones for b in others]
    return sum(overlaps) >= at_least * len(overlaps)


def _pairs(regions: Sequence[tuple[int, Region]], at_least: float) -> list[tuple[int, int]]:
    """Pairs of the same label from different answers that overlap enough, best first; told by places, so that the order
    of the answers does not matter."""
    by_label: dict[str, list[int]] = {}
    for index, (_, region) in enumerate(regions):
        by_label.setdefault(region.label, []).append(index)
    found = []
    for same in by_label.values():
        for one, other in _overlapping(sorted(same, key=lambda index: regions[index][1].low), regions):
            if regions[one][0] != regions[other][0]:
                common = iou(regions[one][1], regions[other][1])
                if common >= at_least and common > 0:
                    places = sorted((_key(regions[one][1]), _key(regions[other][1])))
                    found.append((-common, places, (one, other)))
    return [pair for _, _, pair in sorted(found)]


def _overlapping(same: list[int], regions: Sequence[tuple[int, Region]]) -> list[tuple[int, int]]:
    """Pairs whose first sides overlap: a sweep from left to right."""
    found: list[tuple[int, int]] = []
    open_: list[int] = []
    for index in same:
        start = regions[index][1].low[0]
        open_ = [each for each in open_ if regions[each][1].high[0] > start]
        found += [(each, index) for each in open_]
        open_.append(index)
    return found


def links_decided(
    links: Sequence[frozenset[object]], *, weights: Sequence[float], believed: YesNo
) -> list[tuple[object, float]]:
    """Votes on links between things: each with the probability that it is there, likeliest first.

    Args:
        links: for each person the links that he made, in any hashable form that is the same for the same link.
    """
    named = sorted({link for each in links for link in each}, key=repr)
    found = [
        (
            link,
            believed.probability(
                [Said(link in mine, None, weight) for mine, weight in zip(links, weights, strict=True)]
            ),
        )
        for link in named
    ]
    return sorted(found, key=lambda pair: (-pair[1], repr(pair[0])))
