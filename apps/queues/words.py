"""States of queues and items as words within a sentence."""

from django.utils.translation import gettext_lazy

from apps.queues.models import Item, Queue

_WORDS = {
    Queue.State.OPEN: gettext_lazy("open"),
    Queue.State.PAUSED: gettext_lazy("paused"),
    Queue.State.DRAINING: gettext_lazy("draining"),
    Queue.State.CLOSED: gettext_lazy("closed"),
    Item.State.ADJUDICATION: gettext_lazy("disputed"),
    Item.State.SETTLED: gettext_lazy("settled"),
    Item.State.RETIRED: gettext_lazy("taken out"),
}


def state_word(state: str) -> str:
    """Such as "paused"; a state without a word of its own as it is named in the database."""
    return str(_WORDS.get(state, state))  # type: ignore[call-overload]  # members are strings
