"""From a golden version to honeypots: items whose right answer is known, mixed into a queue to test its reviewers."""

import random
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.consensus.services.honeypots import Known, honeypots_create
from apps.consensus.services.known_answers import has_fixed_answers
from apps.core.errors import InvalidInput
from apps.events.services import event_record
from apps.golden.models import GoldenItem, GoldenVersion
from apps.projects.labelling import config_of
from apps.projects.selectors import schema_current
from apps.queues.models import Item, Queue

MOST = 1000  # that are added at once


@transaction.atomic
def honeypots_add(*, queue: Queue, version: GoldenVersion, n: int, by: User, now: datetime, rng: random.Random) -> int:
    """Make up to `n` honeypots of the version's training side, the labels as evenly as they can be had.

    Never of the test side: people who learn from it would teach it to the next model.

    Returns:
        How many were made; fewer than `n` where the version has no more that the queue does not have yet.
    Raises:
        InvalidInput: another project's version, one of an older label schema, or answers that cannot be compared.
    """
    if version.golden_set.project_id != queue.project_id or version.frozen_at is None:
        raise InvalidInput(_("Choose a frozen golden version of this project."), field="version")
    if version.schema_id != schema_current(project=queue.project).pk:
        words = _("%(version)s was frozen under older labels. Freeze a new version, then add honeypots from it.")
        raise InvalidInput(words % {"version": version}, field="version")
    if not 1 <= n <= MOST:
        raise InvalidInput(_("Add between 1 and %(most)s at once.") % {"most": MOST}, field="n")
    # Two managers at once would both find the same rows free.
    Queue.objects.select_for_update().get(pk=queue.pk)
    chosen = _evenly(_usable(queue=queue, version=version), n=n, rng=rng)
    known = [_known(row) for row in chosen]
    made = honeypots_create(queue=queue, schema=version.schema, known=known, by=by, now=now)
    payload = {"version": str(version.pk), "n": made}
    event_record(
        verb="queue.honeypots_added", obj=queue, project_id=queue.project_id, actor=by, payload=payload, at=now
    )
    return made


def _known(row: GoldenItem) -> Known:
    data, result = row.payload.data, row.payload.result
    assert data is not None  # what was erased is not usable
    assert result is not None
    return Known(data=data, label=row.label, result=result, original=row.item, golden_item=row.pk)


def _usable(*, queue: Queue, version: GoldenVersion) -> list[GoldenItem]:
    """The training side with content and an answer, less what the queue has under these labels.

    An item whose content stands on the test side of another version of the project stays out too.
    """
    there = Item.objects.filter(queue=queue, original=OuterRef("item"), schema=version.schema_id)
    held_out = GoldenItem.objects.filter(
        item=OuterRef("item"), split="test", version__golden_set__project=queue.project_id
    )
    rows = version.items.filter(split="train", payload__erased_at=None, payload__result__isnull=False)
    if has_fixed_answers(config_of(version.schema)):
        rows = rows.exclude(label="")
    return list(rows.exclude(Exists(there)).exclude(Exists(held_out)).select_related("payload", "item").order_by("pk"))


def _evenly(rows: Sequence[GoldenItem], *, n: int, rng: random.Random) -> list[GoldenItem]:
    """Up to `n` rows, label by label in turn, each label's in random order."""
    by_label: dict[str, list[GoldenItem]] = {}
    for row in rng.sample(rows, len(rows)):
        by_label.setdefault(row.label, []).append(row)
    turns = [(place, rng.random(), row) for found in by_label.values() for place, row in enumerate(found)]
    return [row for _place, _chance, row in sorted(turns, key=lambda turn: turn[:2])[:n]]
