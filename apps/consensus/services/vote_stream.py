"""A queue's own, blind answers as arrays of numbers, without a Python object per answer.

Those to honeypots are among them, as evidence of their people: what is known is no vote. Who was left out is not.

The database numbers items, reviewers and labels and packs the numbers into blocks of bytes, which numpy reads as they
are; only what is few comes as objects: the reviewers, the distinct labels, and the items that an adjudicator decided.
"""

import json
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from apps.labeling.schema_chain import SchemaChain
from apps.projects.labelling import config_of
from apps.queues.models import Queue

# One statement, so that all its parts see the same answers. Three integers of four bytes an answer, 16,384 a block.
_ANSWERS = """
    WITH answers AS MATERIALIZED (
        SELECT a.item_id, a.reviewer_id, a.schema_id, a.label
        FROM labeling_annotation a JOIN queues_item i ON i.id = a.item_id
        WHERE i.queue_id = %(queue)s AND a.label <> '' AND a.assistance = 'none'
            AND (i.source <> 'honeypot' OR i.state = 'honeypot') AND NOT EXISTS (
                SELECT 1 FROM queues_reviewerexclusion x
                WHERE x.queue_id = i.queue_id AND x.reviewer_id = a.reviewer_id AND x.ended_at IS NULL)
            AND (
            a.status = 'current' OR a.status = 'superseded' AND EXISTS (
                SELECT 1 FROM labeling_annotation l WHERE l.item_id = a.item_id AND l.reviewer_id = a.reviewer_id
                AND l.status = 'current' AND l.assistance = 'revised'))
    ), numbered AS (
        SELECT dense_rank() OVER (ORDER BY item_id) - 1 AS item,
            dense_rank() OVER (ORDER BY reviewer_id) - 1 AS reviewer,
            dense_rank() OVER (ORDER BY schema_id, label) - 1 AS label,
            row_number() OVER (ORDER BY item_id, reviewer_id) AS place, item_id
        FROM answers
    ), decided AS (
        SELECT n.item, i.schema_id, c.label, c.state, c.item_id, c.confidence
        FROM (SELECT DISTINCT item, item_id FROM numbered) n
        JOIN consensus_consensus c ON c.item_id = n.item_id AND c.state IN ('adjudicated', 'settled') AND c.label <> ''
        JOIN queues_item i ON i.id = n.item_id AND i.state = 'settled'
        UNION ALL
        SELECT n.item, i.schema_id, k.label, 'known', k.item_id, 1.0
        FROM (SELECT DISTINCT item, item_id FROM numbered) n
        JOIN consensus_knownanswer k ON k.item_id = n.item_id JOIN queues_item i ON i.id = n.item_id
    )
    SELECT 0, NULL::bytea, (SELECT json_agg(reviewer_id ORDER BY reviewer_id)
                            FROM (SELECT DISTINCT reviewer_id FROM answers) r)::text
    UNION ALL
    SELECT 1, NULL, (SELECT json_agg(json_build_array(schema_id, label) ORDER BY schema_id, label)
                     FROM (SELECT DISTINCT schema_id, label FROM answers) l)::text
    UNION ALL
    SELECT 2, NULL, (SELECT json_agg(json_build_array(item, schema_id, label, state, item_id, confidence))
                     FROM decided)::text
    UNION ALL
    SELECT 3, string_agg(int4send(item::int) || int4send(reviewer::int) || int4send(label::int), ''::bytea), NULL
    FROM numbered GROUP BY place / 16384
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """An item that settled by its answers."""

    item: int  # index into the arrays
    item_id: UUID
    label: int  # index into the labels
    confidence: float


@dataclass(frozen=True, slots=True)
class QueueVotes:
    """The queue's answers under the names that its labels have today."""

    reviewers: tuple[UUID, ...]
    labels: tuple[str, ...]  # the config's in its order, then others that were given; at least two
    item_idx: NDArray[np.int64]
    reviewer_idx: NDArray[np.int64]
    label_idx: NDArray[np.int64]
    known: NDArray[np.int64]  # (n_items,), what an adjudicator decided or a honeypot's right answer, -1 elsewhere
    settled: tuple["Settled", ...]

    @property
    def n_items(self) -> int:
        return len(self.known)


def queue_votes(*, queue: Queue) -> QueueVotes:
    """All answers of a queue that were given blind and stand, or were changed since for a model's guess. One query.

    What was given beside a guess tells of the model as much as of the person, so nobody is judged by it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"queue": queue.pk})
        rows = cursor.fetchall()
    few = {kind: json.loads(words) if words else [] for kind, _, words in rows if kind < 3}
    packed = b"".join(bytes(block) for kind, block, _ in rows if kind == 3 and block is not None)
    columns = np.frombuffer(packed, dtype=">i4").reshape(-1, 3).astype(np.int64).T
    names = _current_names(queue=queue)
    given = [names[schema].get(label, label) for schema, label in few[1]]
    decided = [(item, names[schema].get(label, label), *more) for item, schema, label, *more in few[2]]
    labels = _labels(queue=queue, answered={*given, *(row[1] for row in decided)})
    place = {label: index for index, label in enumerate(labels)}
    known = np.full(int(columns[0].max(initial=-1)) + 1, -1, dtype=np.int64)
    settled = []
    for item, label, state, item_id, confidence in decided:
        if state != "settled":
            known[item] = place[label]
        else:
            settled.append(Settled(item, UUID(item_id), place[label], confidence))
    today = np.array([place[label] for label in given], dtype=np.int64)
    reviewers = tuple(UUID(each) for each in few[0])
    return QueueVotes(reviewers, labels, columns[0], columns[1], today[columns[2]], known, tuple(settled))


def _current_names(*, queue: Queue) -> dict[str, dict[str, str]]:
    """Per schema version, by its id as text: what its labels are called today, where that is another name."""
    chain = SchemaChain(queue.project)
    return {str(schema.pk): chain.label_names(old=schema, new=chain.current) for schema in chain.versions}


def _labels(*, queue: Queue, answered: set[str]) -> tuple[str, ...]:
    primary = config_of(queue.project.label_schemas.order_by("-version")[0]).primary
    known = [each.value for each in primary.labels] if primary.kind == "categorical" else primary.classes
    labels = tuple(dict.fromkeys([*known, *sorted(answered)]))
    return labels if len(labels) > 1 else (*labels, "")
