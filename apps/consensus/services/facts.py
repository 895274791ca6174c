"""What an item's next state depends on, read under its lock by one statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np

from apps.consensus.models import Consensus, QualityFit, ReviewerQuality
from apps.core.rows import Beside, Shape
from apps.core.statements import fetch_one
from apps.labeling.models import Annotation
from apps.queues.models import Item
from apps.queues.services.slots import Answers


@dataclass(frozen=True)
class Given:
    """A current annotation as it was given, under the version of the labels that it names."""

    id: UUID
    reviewer_id: UUID
    review_id: UUID
    token: int
    schema_id: UUID
    label: str
    result: list[dict[str, Any]]
    source: str
    weight: float = 1.0  # as a vote


@dataclass(frozen=True)
class Facts:
    """Nothing of it can change while the item's lock is held. Answers of people who were left out are not among it."""

    given: tuple[Given, ...]  # oldest first
    answers: Answers
    consensus: Consensus | None
    fit_id: UUID | None  # the queue's latest
    guideline_id: UUID | None  # the project's current one

    def given_under(self, *, review_id: UUID, token: int) -> Given | None:
        """The answer that was given under this lease."""
        return next((each for each in self.given if (each.review_id, each.token) == (review_id, token)), None)

    def plus(self, annotation: Annotation) -> "Facts":
        """The same with one more answer, of the person that `item_facts` was told to leave out."""
        one = Given(**{name: getattr(annotation, name) for name in _GIVEN})
        answers = replace(self.answers, submitted=self.answers.submitted + 1, was_had=True)
        return replace(self, given=(*self.given, one), answers=answers)


_GIVEN = ("id", "reviewer_id", "review_id", "token", "schema_id", "label", "result", "source", "weight")
_CONSENSUS = Shape(Consensus, "(f.consensus)")
_COLUMNS = f"{_CONSENSUS.columns}, f.live, f.submitted, f.had, f.is_anybody_left, f.given, f.fit_id, f.guideline_id"
_FACTS = f"""
    SELECT {_COLUMNS}
    FROM consensus_item_facts(%(item)s::uuid, %(queue)s::uuid, %(project)s::uuid, %(but)s::uuid) f
"""  # noqa: S608 (names of our models)


def item_facts(*, item: Item, but: UUID | None = None) -> Facts:
    """The caller holds the item's lock. `but`: whose review is being changed, so that it is not counted."""
    values = {"item": item.pk, "queue": item.queue_id, "project": item.queue.project_id, "but": but}
    row = fetch_one(_FACTS, values)
    assert row is not None
    return _facts(row)


def _facts(row: Sequence[Any]) -> Facts:
    live, submitted, had, is_anybody_left, given, fit_id, guideline_id = row[_CONSENSUS.width :]
    rows = json.loads(given) if isinstance(given, str) else given
    return Facts(
        given=tuple(_given(each) for each in rows or ()),
        answers=Answers(live, submitted, had > 0, is_anybody_left),
        consensus=_CONSENSUS.read(row[: _CONSENSUS.width]),
        fit_id=fit_id,
        guideline_id=guideline_id,
    )


# For `queues.services.review_enter`: of the locked item i, but for the person of the locked review r.
FACTS = Beside("consensus_item_facts(i.id, q.id, p.id, r.reviewer_id) f", _COLUMNS, _facts)


def _given(values: Sequence[Any]) -> Given:
    own, reviewer, review, token, schema, label, result, source, weight = values
    return Given(UUID(own), UUID(reviewer), UUID(review), token, UUID(schema), label, result, source, weight)


@lru_cache(maxsize=64)
def fit_known(fit_id: UUID) -> QualityFit:
    """A fit by its id, remembered by the process: a fit never changes, the next one is a new row."""
    return QualityFit.objects.get(pk=fit_id)


# Few, since a matrix over hundreds of labels is megabytes.
@lru_cache(maxsize=64)
def skills_known(fit_id: UUID, reviewer_id: UUID) -> dict[str, Any]:
    """A reviewer's parameters in a fit by control, his matrix over the fit's own labels under ""; {} where he has none.

    Matrices come as arrays.
    """
    rows = ReviewerQuality.objects.filter(fit=fit_id, reviewer=reviewer_id).values_list("confusion", "controls")
    found = rows.first()
    if found is None:
        return {}
    confusion, controls = found
    own = {name: _read(skill) for name, skill in controls.items()}
    return {**own, "": {"confusion": np.array(confusion)}} if confusion else own


def _read(skill: dict[str, Any]) -> dict[str, Any]:
    return {**skill, "confusion": np.array(skill["confusion"])} if "confusion" in skill else skill
