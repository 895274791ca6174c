"""How hard each disputed item is, so that an adjudicator begins with the hardest."""

from django.db import transaction

from apps.consensus.algorithms.doubt import doubt_bits, labels_running
from apps.consensus.models import Consensus
from apps.projects.labelling import config_of
from apps.queues.models import Item
from apps.queues.services import Doubt, item_lock

_AT_ONCE = 500


def doubt_of(*, item: Item, consensus: Consensus | None) -> Doubt:
    """What the answers so far leave open. Nobody's answer yet: as open as can be between two."""
    if consensus is None:
        return Doubt(bits=1.0)
    # Of other kinds the posterior's labels do not exclude each other, or are no labels that one could look for.
    posterior = consensus.posterior if config_of(item.schema).kind == "categorical" else {}
    return Doubt(bits=doubt_bits(posterior, confidence=consensus.confidence), labels=labels_running(posterior))


@transaction.atomic
def dispute_judge(*, item: Item) -> None:
    """Write down how hard a disputed item is. The caller holds its lock."""
    if item.state != Item.State.ADJUDICATION:
        return
    doubt = doubt_of(item=item, consensus=Consensus.objects.filter(item=item).first())
    item.doubt, item.dispute_labels = doubt.bits, list(doubt.labels)
    item.save(update_fields=["doubt", "dispute_labels"])


def disputes_judge() -> int:
    """Judge what became disputed where nobody looked at the answers: leases that ran out, people who left.

    Each item is a transaction of its own. Returns how many were judged.
    """
    waiting = Item.objects.filter(state=Item.State.ADJUDICATION, doubt__isnull=True).order_by("pk")
    done = list(waiting.values_list("pk", flat=True)[:_AT_ONCE])
    for item_id in done:
        with transaction.atomic():
            dispute_judge(item=item_lock(item_id=item_id))
    return len(done)
