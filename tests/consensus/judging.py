"""Items that people have judged, for tests of what a fit learns from them."""

from tests import factories
from tests.factories import NOW

LABELS = ["Refund", "Exchange", "Other"]


def judged(queue, people, labels, settled="", **fields):
    item = factories.item(queue)
    for person, label in zip(people, labels, strict=True):
        factories.annotation(item, person, label)
    if settled:
        factories.consensus(item, settled, **fields)
        type(item).objects.filter(pk=item.pk).update(state="settled", settled_at=NOW, open_slots=0)
    return item


def thirty(queue, people):
    """Thirty items on which three agree and the fourth answers the next label."""
    for number in range(30):
        label = LABELS[number % 2]
        judged(queue, people, [label, label, label, LABELS[number % 2 + 1]])
