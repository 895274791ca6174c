"""Refusals of the queues floor."""

from apps.core.errors import Conflict


class StaleLease(Conflict):
    """The lease was taken over or the item is over; the caller keeps the work as a draft."""

    code = "stale_lease"


class QueueNotOpen(Conflict):
    """The queue's state forbids it now."""

    code = "queue_not_open"


class ReviewerHeld(Conflict):
    """The person gets nothing here until a manager has looked."""

    code = "reviewer_held"


class NotAdmitted(Conflict):
    """The queue asks newcomers for a qualification, and this person has not passed it."""

    code = "not_admitted"
