"""Questions about items: asked by a reviewer, answered by adjudicators. And who has read which guideline."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import InvalidInput
from apps.core.typed import typed
from apps.events.services import event_record
from apps.labeling.models import Comment, GuidelineReading, Thread
from apps.projects.models import Guideline
from apps.queues.models import Item

COMMENT_CHARS = 2000


@transaction.atomic
def thread_ask(*, item: Item, asker: User, text: str, now: datetime) -> Comment:
    """Ask about an item, or ask on.

    Raises:
        InvalidInput: nothing is said, or too much.
    """
    thread, _is_new = Thread.objects.get_or_create(item=item, asked_by=asker, defaults={"created_at": now})
    return _say(thread, asker, text, verb="thread.asked", now=now)


@transaction.atomic
def thread_reply(*, thread: Thread, author: User, text: str, now: datetime) -> Comment:
    """Answer a reviewer's question. Raises InvalidInput as `thread_ask`."""
    return _say(thread, author, text, verb="thread.replied", now=now)


@transaction.atomic
def thread_tell(*, item: Item, reviewer: User, author: User, text: str, now: datetime) -> Comment:
    """Ask a reviewer something about an item that he had. Raises InvalidInput as `thread_ask`."""
    thread, _is_new = Thread.objects.get_or_create(item=item, asked_by=reviewer, defaults={"created_at": now})
    return _say(thread, author, text, verb="thread.replied", now=now)


def _say(thread: Thread, author: User, text: str, *, verb: str, now: datetime) -> Comment:
    words = typed(text)
    if not words:
        raise InvalidInput(_("Write a few words first."), field="text")
    if len(words) > COMMENT_CHARS:
        raise InvalidInput(_("That is longer than %(n)s characters. Shorten it.") % {"n": COMMENT_CHARS}, field="text")
    comment = Comment.objects.create(thread=thread, author=author, text=words, created_at=now)
    event_record(verb=verb, obj=thread, project_id=thread.item.queue.project_id, actor=author, at=now)
    return comment


def replies_read(*, asker: User, now: datetime) -> int:
    """The person has seen what was replied to him. Returns how many replies were new."""
    unread = Comment.objects.filter(thread__asked_by=asker, read_at=None).exclude(author=asker)
    return unread.update(read_at=now)


def guideline_read(*, guideline: Guideline, reader: User, now: datetime) -> GuidelineReading:
    """The person has read this version; again changes nothing."""
    return GuidelineReading.objects.get_or_create(reader=reader, guideline=guideline, defaults={"read_at": now})[0]
