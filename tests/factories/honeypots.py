"""Items whose right answer is known."""

from uuid import uuid4

from apps.consensus.services.honeypots import Known, honeypots_create
from apps.queues.models import Item, Queue
from tests.factories import queues
from tests.factories.clock import NOW
from tests.factories.projects import LABELS
from tests.factories.results import choices_result

__all__ = ["honeypot"]


def honeypot(queue: Queue, label: str = LABELS[0], text: str = "", *, original: Item | None = None) -> Item:
    """A honeypot, made of a settled item that nobody has answered unless one is given."""
    original = original or queues.item(queue, text, state="settled", settled_at=NOW)
    known = Known(data=original.data, label=label, result=choices_result(label), original=original, golden_item=uuid4())
    honeypots_create(queue=queue, schema=original.schema, known=[known], by=queue.created_by, now=NOW)
    return original.copies.get(queue=queue, schema=original.schema)
