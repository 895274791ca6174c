"""Who was preferred to whom: comparisons of two outputs, counted by the database and scored by Bradley-Terry."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from apps.consensus.algorithms.pairwise_consensus import PairwiseConsensus, pairwise_consensus
from apps.projects.labelling import Control, LabellingConfig, config_of
from apps.projects.models import Project
from apps.queues.models import Queue

# Answers looked at, the newest first: the page answers at once however many there are.
LATEST = 50_000
# Sides that are scored, those with the most comparisons; more would not fit a page.
MOST_SIDES = 50
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Sided:
    """Answers of one person on which `chosen` was preferred: the sides' names, empty where nothing tells them."""

    reviewer_id: UUID
    left: str
    right: str
    chosen: str  # left | right, empty where the question was left open
    count: int

    @property
    def is_named(self) -> bool:
        """Whether it tells that one was preferred to another."""
        return bool(self.chosen and self.left and self.right) and self.left != self.right


@dataclass(frozen=True)
class Preference:
    """How one side fared against another."""

    wins: int
    n: int


@dataclass(frozen=True)
class Scores:
    """Bradley-Terry scores of named sides, best first."""

    names: Sequence[str]
    fit: PairwiseConsensus  # in the order of `names`
    wins: NDArray[np.int64]  # (n, n): how often the row was preferred to the column
    people: Sequence[UUID]  # in the order of the fit's reliabilities
    n_left_out: int  # sides beyond MOST_SIDES
    n_groups: int  # of sides between which no chain of comparisons leads; more than 1: scores compare within one only

    def n_comparisons(self, at: int) -> int:
        return int(self.wins[at].sum() + self.wins[:, at].sum())

    def against(self, at: int, other: int) -> Preference:
        return Preference(int(self.wins[at, other]), int(self.wins[at, other] + self.wins[other, at]))


@dataclass(frozen=True)
class LeftShare:
    """How often the left side was preferred."""

    share: float | None
    low: float
    high: float
    n_items: int


def pairwise_controls(config: LabellingConfig) -> list[Control]:
    """The questions which of two is better."""
    return [control for control in config.controls if control.kind == "pairwise" and not control.repeated]


# The newest blind answers to the question, with what tells whose outputs stood left and right. The keys of the sides
# come by schema version, {version: [[left keys], [right keys]]}; each is looked for in the trace's attributes, then in
# the item's data.
_COMPARED = """
    WITH latest AS (
        SELECT a.item_id, a.reviewer_id, a.schema_id, i.data, t.attributes,
            jsonb_path_query_first(
                a.result, '$[*] ? (@.from_name == $name).value.selected', jsonb_build_object('name', %(control)s::text)
            ) #>> '{}' AS chosen
        FROM labeling_annotation a JOIN queues_item i ON i.id = a.item_id
            JOIN queues_queue q ON q.id = i.queue_id LEFT JOIN intake_trace t ON t.id = i.trace_id
        WHERE q.project_id = %(project)s::uuid AND (%(queue)s::uuid IS NULL OR q.id = %(queue)s::uuid)
            AND i.source <> 'honeypot' AND %(sides)s::jsonb ? a.schema_id::text AND a.assistance = 'none'
            AND (a.status = 'current' OR a.status = 'superseded' AND EXISTS (
                SELECT 1 FROM labeling_annotation l WHERE l.item_id = a.item_id AND l.reviewer_id = a.reviewer_id
                AND l.status = 'current' AND l.assistance = 'revised'))
            AND NOT EXISTS (
                SELECT 1 FROM queues_reviewerexclusion x
                WHERE x.queue_id = i.queue_id AND x.reviewer_id = a.reviewer_id AND x.ended_at IS NULL)
        ORDER BY a.created_at DESC, a.id DESC LIMIT %(latest)s
    ), compared AS (
        SELECT item_id, reviewer_id, CASE WHEN chosen IN ('left', 'right') THEN chosen ELSE '' END AS chosen,
            coalesce(sides.names[1], '') AS left_name, coalesce(sides.names[2], '') AS right_name
        FROM latest, LATERAL (
            SELECT ARRAY(
                SELECT (SELECT coalesce(latest.attributes ->> key, latest.data ->> key)
                        FROM jsonb_array_elements_text(side.keys) WITH ORDINALITY k(key, at)
                        WHERE coalesce(latest.attributes ->> key, latest.data ->> key, '') <> '' ORDER BY k.at LIMIT 1)
                FROM jsonb_array_elements(%(sides)s::jsonb -> latest.schema_id::text) WITH ORDINALITY side(keys, at)
                ORDER BY side.at) AS names
        ) sides
    )
"""
_BY_PERSON = (
    "SELECT reviewer_id, left_name, right_name, chosen, count(*) FROM compared "
    "GROUP BY reviewer_id, left_name, right_name, chosen ORDER BY 1, 2, 3, 4"
)
_WON = (
    "SELECT DISTINCT item_id FROM compared WHERE chosen = 'left' AND left_name = %(won)s AND right_name = %(lost)s "
    "OR chosen = 'right' AND right_name = %(won)s AND left_name = %(lost)s"
)
_BY_ITEM = "SELECT avg((chosen = 'left')::int)::float8 FROM compared WHERE chosen <> '' GROUP BY item_id"


def comparisons_of(*, project: Project, control: str, queue: Queue | None = None) -> list[Sided]:
    """Blind answers to one question, whatever version of the labels they were given under, at most LATEST. One query.

    Known items, and people whose answers were left out, do not count; answers that leave the question open do, apart.
    """
    return [Sided(*row) for row in _rows(_BY_PERSON, project, control, queue)]


def items_won(*, project: Project, control: str, won: str, lost: str, queue: Queue | None = None) -> list[UUID]:
    """The items behind one cell of the scores: somebody preferred the one side to the other. One query."""
    return [row[0] for row in _rows(_WON, project, control, queue, won=won, lost=lost)]


def left_share(*, project: Project, control: str, queue: Queue | None = None) -> LeftShare:
    """Over items, so that many answers to one weigh no more than one; with a normal interval at 95 %. One query."""
    shares = np.array([row[0] for row in _rows(_BY_ITEM, project, control, queue)])
    if len(shares) < 2:
        return LeftShare(None, 0.0, 1.0, len(shares))
    mean, reach = float(shares.mean()), _NORMAL_95 * float(shares.std(ddof=1)) / len(shares) ** 0.5
    return LeftShare(mean, max(mean - reach, 0.0), min(mean + reach, 1.0), len(shares))


def _rows(select: str, project: Project, control: str, queue: Queue | None, **more: str) -> list[Any]:
    values = {
        "project": project.pk,
        "queue": None if queue is None else queue.pk,
        "control": control,
        "sides": json.dumps(_sides(project, control)),
        "latest": LATEST,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED + select, values)
        return list(cursor.fetchall())


def _sides(project: Project, control: str) -> dict[str, tuple[list[str], list[str]]]:
    """The versions that ask the question, each with the keys of its sides."""
    found = {}
    for schema in project.label_schemas.all():
        config = config_of(schema)
        mine = next((each for each in pairwise_controls(config) if each.name == control), None)
        if mine is not None:
            found[str(schema.pk)] = side_keys(config, mine)
    return found


def scores_of(rows: Iterable[Sided]) -> Scores | None:
    """None where no answer compares two sides of different names."""
    named = [row for row in rows if row.is_named]
    total: dict[str, int] = {}
    for row in named:
        for name in (row.left, row.right):
            total[name] = total.get(name, 0) + row.count
    names = sorted(total, key=lambda name: (-total[name], name))[:MOST_SIDES]
    place = {name: at for at, name in enumerate(names)}
    named = [row for row in named if row.left in place and row.right in place]
    if not named:
        return None
    people = sorted({row.reviewer_id for row in named})
    who = {person: at for at, person in enumerate(people)}
    counts = np.array([row.count for row in named])
    pairs = np.array([_ordered(row, place) for row in named]).T
    winner, loser = (np.repeat(side, counts) for side in pairs)
    reviewer = np.repeat([who[row.reviewer_id] for row in named], counts)
    fit = pairwise_consensus(winner, loser, reviewer, n_candidates=len(names), n_reviewers=len(people))
    wins: NDArray[np.int64] = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(wins, (winner, loser), 1)
    order = np.argsort(-fit.score, kind="stable")
    return Scores(
        [names[at] for at in order],
        PairwiseConsensus(
            fit.score[order], fit.low[order], fit.high[order], fit.reliability, fit.iterations, fit.converged
        ),
        wins[np.ix_(order, order)],
        people,
        len(total) - len(names),
        int(connected_components(coo_array(wins), directed=False)[0]),
    )


def _ordered(row: Sided, place: dict[str, int]) -> tuple[int, int]:
    left, right = place[row.left], place[row.right]
    return (left, right) if row.chosen == "left" else (right, left)


def side_keys(config: LabellingConfig, control: Control) -> tuple[list[str], list[str]]:
    """Under which names data and attributes may tell whose output stands on the left and on the right."""
    shown = {each.name: each.variable for each in config.objects}
    keys = [[f"{name}_model" for name in dict.fromkeys([shown.get(to, ""), to]) if name] for to in control.to_name[:2]]
    left, right = keys
    return [*left, "left_model", "model_a"], [*right, "right_model", "model_b"]
