"""Why an item is here, in words, to each role what that role may know."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.retold import retold
from apps.queues.models import Item, Queue
from apps.queues.selectors_budget import items_resting


def explain_to_reviewer(*, item: Item, now: datetime) -> list[str]:
    """Only what cannot move an answer: the escalation's reason if the queue allows, an adjudicator's question, waiting
    time, deadline.

    Never a label, a score, a model, another answer, the audit slice or a known answer. In a queue that mixes in known
    items the waiting time is that of the queue.
    """
    if not item.queue.honeypot_share:
        return _plain_words(item, now)
    # One sentence for all items of such a queue: how long a known item lies there would tell it from the others.
    return _plain_words(item, now, waiting=_words_of_queue(item.queue, now))


def _plain_words(item: Item, now: datetime, *, waiting: str = "") -> list[str]:
    words = []
    if item.queue.shows_escalation_reason and item.trace_id is not None:
        words += [_("escalated: %(reason)s") % {"reason": reason} for reason in _escalation_reasons(item)]
    if item.guidance:
        words.append(_("an adjudicator asks: %(question)s") % {"question": item.guidance})
    words.append(waiting or _("waiting %(time)s") % {"time": duration_words(now - item.enqueued_at)})
    if item.due_at is not None:
        words.append(_due_words(item.due_at - now))
    return words


def _words_of_queue(queue: Queue, now: datetime) -> str:
    """True of every item that the queue gives out."""
    oldest = queue.items.filter(state=Item.State.OPEN).aggregate(at=Min("enqueued_at"))["at"]
    if oldest is None:
        return _("next in this queue")
    return _("next in this queue, where items wait up to %(time)s") % {"time": duration_words(now - oldest)}


def explain_to_adjudicator(*, item: Item, now: datetime) -> list[str]:
    """What a manager reads; without what models said where the queue keeps that from adjudicators."""
    words = explain_to_manager(item=item, now=now)
    if item.queue.shows_model_to_adjudicator:
        return words
    hidden = {retold(str(term["words"])) for term in item.terms if not term.get("public")}
    return [said for said in words if said not in hidden]


def explain_to_manager(*, item: Item, now: datetime) -> list[str]:
    """Everything: the named terms of the score, then what a reviewer sees, then audit and hand-over."""
    words = [retold(str(term["words"])) for term in item.terms]
    words += _plain_words(item, now)
    if item.is_audit:
        words.append(_("audit slice, drawn with probability %(p)s") % {"p": f"{item.audit_probability:g}"})
    if item.adjudication_reason:
        words.append(retold(item.adjudication_reason))
    if item.queue.label_budget is not None and items_resting(queue=item.queue).filter(pk=item.pk).exists():
        words.append(_("waits until one more answer of the label budget helps most here"))
    return words


def _escalation_reasons(item: Item) -> list[str]:
    if item.escalation_reasons is not None:
        return list(dict.fromkeys(item.escalation_reasons))
    assert item.trace is not None
    rows = item.trace.escalations.exclude(state="unanswerable").order_by("created_at")
    return list(dict.fromkeys(rows.values_list("reason__text", flat=True)))


def _due_words(left: timedelta) -> str:
    if left < timedelta():
        return _("answer was due %(time)s ago") % {"time": duration_words(-left)}
    return _("answer due in %(time)s") % {"time": duration_words(left)}


def duration_words(span: timedelta) -> str:
    """The largest unit that fits: 40 s, 12 min, 3 h, 2 days."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 60:
        return _("%(n)s s") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)s min") % {"n": seconds // 60}
    if seconds < 48 * 3600:
        return _("%(n)s h") % {"n": seconds // 3600}
    days = seconds // 86_400
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
