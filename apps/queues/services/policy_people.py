"""What a queue asks of its people: known items mixed in, the test on them, a qualification of newcomers."""

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.queues.models import Queue

PEOPLE_FIELDS = (
    "honeypot_share", "honeypot_good", "honeypot_floor", "honeypot_alpha", "honeypot_beta",
    "qualification_items", "qualification_threshold", "qualification_tries",
)  # fmt: skip


def people_policy_check(queue: Queue) -> None:
    """Raises InvalidInput with the field at fault; what is unequal to any number is out of range too."""
    if not 0 <= queue.honeypot_share <= 0.5:
        raise InvalidInput(_("At most half of what somebody gets can be known items."), field="honeypot_share")
    if not 0 < queue.honeypot_good < 1:
        raise InvalidInput(_("The good level lies above 0 and below 1."), field="honeypot_good")
    if not 0 < queue.honeypot_floor < queue.honeypot_good:
        raise InvalidInput(_("The floor lies above 0 and below the good level."), field="honeypot_floor")
    for name in ("honeypot_alpha", "honeypot_beta"):
        if not 0 < getattr(queue, name) < 1:
            raise InvalidInput(_("An error rate lies between 0 and 1, both left out."), field=name)
    if not 0 <= queue.qualification_items <= 50:
        raise InvalidInput(
            _("A qualification has between 1 and 50 items; 0 asks for none."), field="qualification_items"
        )
    if not 0 < queue.qualification_threshold <= 1:
        raise InvalidInput(
            _("The share that lets somebody in lies above 0 and is at most 1."), field="qualification_threshold"
        )
    if not 1 <= queue.qualification_tries <= 9:
        raise InvalidInput(_("Between 1 and 9 tries can be given."), field="qualification_tries")
