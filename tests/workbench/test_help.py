"""Help at hand: questions to adjudicators, the guideline with what changed, examples by label."""

import pytest
from django.db import Error, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.labeling.models import Comment, GuidelineReading, Thread
from apps.labeling.threads import thread_ask, thread_reply
from apps.queues.models import Queue
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2)


@pytest.fixture
def review(queue, reviewer):
    return factories.review(factories.item(queue, "Which plan is this?"), reviewer, state="leased")


def page(client, person, name, *args, method="get", **data):
    client.force_login(person)
    return getattr(client, method)(reverse(f"workbench:{name}", args=args), data)


def ask(client, person, review, text):
    return page(client, person, "ask", review.item.queue_id, review.pk, method="post", text=text)


def test_question_goes_to_the_adjudicator_and_the_reply_comes_back(client, review, reviewer, adjudicator):
    assert "Your question is sent." in ask(client, reviewer, review, "Does a trial count?").content.decode()
    waiting = page(client, adjudicator, "questions_waiting").content.decode()
    assert "Does a trial count?" in waiting
    assert "Which plan is this?" in waiting
    thread = Thread.objects.get()
    assert page(client, adjudicator, "reply", thread.pk, method="post", text="See section 2.").status_code == 302
    assert "No question waits for you." in page(client, adjudicator, "questions_waiting").content.decode()
    notices = page(client, reviewer, "notices", review.item.queue_id).content.decode()
    assert "An adjudicator replied to you." in notices
    mine = page(client, reviewer, "questions").content.decode()
    assert "See section 2." in mine
    assert page(client, reviewer, "questions_seen", method="post").status_code == 302
    assert "replied" not in page(client, reviewer, "notices", review.item.queue_id).content.decode()
    page(client, reviewer, "ask_on", thread.pk, method="post", text="And a free one?")
    assert "And a free one?" in page(client, adjudicator, "questions_waiting").content.decode()
    assert Thread.objects.count() == 1


def test_question_is_seen_by_its_asker_and_adjudicators_only(client, project, review, reviewer, viewer, stranger):
    ask(client, reviewer, review, "Does a trial count?")
    thread = Thread.objects.get()
    other = factories.member(project)
    factories.review(review.item, other, state="leased")
    for person in (other, viewer, stranger):
        for name in ("questions", "questions_waiting"):
            assert "trial" not in page(client, person, name).content.decode()
        assert page(client, person, "reply", thread.pk, method="post", text="x").status_code == 404
        assert page(client, person, "ask_on", thread.pk, method="post", text="x").status_code == 404
    assert page(client, other, "ask", review.item.queue_id, review.pk).status_code == 404
    assert "trial" not in page(client, other, "queue", review.item.queue_id).content.decode()


def test_adjudicator_who_may_still_get_the_item_does_not_see_the_question(client, queue, review, reviewer, adjudicator):
    ask(client, reviewer, review, "I would say refund?")
    queue.members.create(user=adjudicator)
    assert "refund?" not in page(client, adjudicator, "questions_waiting").content.decode()
    type(review.item).objects.update(state="settled", settled_at=NOW, open_slots=0)
    assert "refund?" in page(client, adjudicator, "questions_waiting").content.decode()


def test_adjudicator_of_another_project_sees_nothing(client, review, reviewer):
    ask(client, reviewer, review, "Does a trial count?")
    foreign = factories.member(factories.project(), "adjudicator")
    assert "trial" not in page(client, foreign, "questions_waiting").content.decode()


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "x" * 2001])
def test_question_without_words_or_with_too_many_is_422(client, review, reviewer, text):
    answer = ask(client, reviewer, review, text)
    assert answer.status_code == 422
    assert not Comment.objects.exists()
    with pytest.raises(InvalidInput):
        thread_ask(item=review.item, asker=reviewer, text=text, now=NOW)


def test_database_keeps_what_was_said(review, reviewer, adjudicator):
    comment = thread_ask(item=review.item, asker=reviewer, text="A question", now=NOW)
    thread_reply(thread=comment.thread, author=adjudicator, text="A reply", now=NOW)
    for spoil in (lambda: Comment.objects.update(text="other"), lambda: Comment.objects.all().delete()):
        with pytest.raises(Error), transaction.atomic():
            spoil()
    with pytest.raises(IntegrityError), transaction.atomic():
        Thread.objects.create(item=review.item, asked_by=reviewer, created_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.create(thread=comment.thread, author=reviewer, text="", created_at=NOW)


def test_guideline_shows_what_changed_since_it_was_read(client, project, queue, reviewer):
    factories.guideline(project, "Money back is a refund.")
    first = page(client, reviewer, "guideline", queue.pk).content.decode()
    assert "I have read this version" in first
    assert "What changed" not in first
    page(client, reviewer, "guideline_read", queue.pk, method="post", version="1")
    assert "You have read this version." in page(client, reviewer, "guideline", queue.pk).content.decode()
    assert "guideline changed" not in page(client, reviewer, "notices", queue.pk).content.decode()

    factories.guideline(project, "Money or credit back is a refund.")
    assert "version 2 applies" in page(client, reviewer, "notices", queue.pk).content.decode()
    again = page(client, reviewer, "guideline", queue.pk).content.decode()
    assert "What changed since version 1" in again
    assert "<ins>or credit </ins>" in again
    page(client, reviewer, "guideline_read", queue.pk, method="post", version="2")
    page(client, reviewer, "guideline_read", queue.pk, method="post", version="2")
    assert GuidelineReading.objects.filter(reader=reviewer).count() == 2
    assert "What changed" not in page(client, reviewer, "guideline", queue.pk).content.decode()


@pytest.mark.parametrize("version", ["", "x", "7", "-1", "9" * 40])
def test_reading_a_version_that_is_none_is_404(client, project, queue, reviewer, version):
    factories.guideline(project)
    assert page(client, reviewer, "guideline_read", queue.pk, method="post", version=version).status_code == 404


def test_guideline_shows_examples_by_label(client, project, queue, reviewer):
    factories.guideline(project, "## Refund\n- Example: give it <b>back</b>\n- Not: swap it")
    shown = page(client, reviewer, "guideline", queue.pk).content.decode()
    assert "Examples by label" in shown
    assert "give it &lt;b&gt;back&lt;/b&gt;" in shown
    assert '<dd class="no">' in shown


def test_questions_of_a_queue_that_one_left_are_gone(client, review, reviewer, project):
    thread_ask(item=review.item, asker=reviewer, text="Does a trial count?", now=timezone.now())
    Queue.objects.update(is_open_to_all=False)
    assert "trial" not in page(client, reviewer, "questions").content.decode()
