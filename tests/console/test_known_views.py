"""A manager's pages about known items and the people whom they test."""

import pytest
from django.urls import reverse

from apps.consensus.algorithms.accuracy import accuracy_posterior
from apps.console.decisions import decisions
from apps.console.people_standing import people_tested
from apps.queues import services as queues
from apps.queues.models import Item, Queue, QueueMember, ReviewerExclusion, ReviewerPause
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, honeypot_share=0.1)


@pytest.fixture
def version(project, manager):
    """Thirty items of two labels, a third of them on the test side."""
    source = factories.queue(project, "Source")
    people = [factories.member(project) for _ in range(2)]
    items = []
    for number in range(30):
        label = "Refund" if number % 3 else "Exchange"
        text = f"Message of its own, number {number * 7919}"
        items.append(factories.settled_item(source, label, text, reviewers=people))
    return factories.golden_version(items, test=items[20:], by=manager)


def address(name, queue, *args):
    return reverse(f"console:{name}", args=[queue.project.slug, *args])


def test_known_items_come_from_the_training_side_evenly(client, manager, queue, version):
    client.force_login(manager)
    here = address("queue_known", queue, queue.slug)
    assert b"None yet" in client.get(here).content
    response = client.post(f"{here}add/", {"version": version.pk, "n": 8}, follow=True)
    assert b"8 known items were added" in response.content
    pots = Item.objects.filter(queue=queue, state="honeypot")
    labels = sorted(pots.values_list("known_answer__label", flat=True))
    assert labels == ["Exchange"] * 4 + ["Refund"] * 4
    sides = version.items.filter(item__in=pots.values("original")).values_list("split", flat=True)
    assert set(sides) == {"train"}
    response = client.post(f"{here}add/", {"version": version.pk, "n": 1000}, follow=True)
    assert b"The version has no more" in response.content
    assert pots.count() == version.items.filter(split="train").count() == 20
    response = client.post(f"{here}add/", {"version": version.pk, "n": 5}, follow=True)
    assert b"None were added" in response.content


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"n": 0}, b"greater than or equal to 1"),
        ({"n": 2000}, b"less than or equal to 1000"),
        ({"n": "many"}, b"whole number"),
        ({"version": ""}, b"Choose a frozen golden version"),
    ],
)
def test_a_bad_wish_is_refused_beside_its_field(client, manager, queue, version, sent, words):
    client.force_login(manager)
    response = client.post(address("queue_known_add", queue, queue.slug), {"version": version.pk, "n": 5} | sent)
    assert response.status_code == 422
    assert words in response.content
    assert not queue.items.exists()


def test_a_version_under_older_labels_is_refused(client, manager, queue, version):
    factories.schema(queue.project, config=factories.choices_config(["Refund", "Exchange"]))
    client.force_login(manager)
    response = client.post(address("queue_known_add", queue, queue.slug), {"version": version.pk, "n": 5})
    assert response.status_code == 422
    assert b"older labels" in response.content


def test_an_item_that_most_miss_is_pointed_out_and_taken_out(client, manager, queue, project):
    pot = factories.honeypot(queue, "Refund", "A hard one")
    for _ in range(5):
        factories.annotation(pot, factories.member(project), "Exchange")
    client.force_login(manager)
    page = client.get(address("queue_known", queue, queue.slug)).content.decode()
    assert "0 of 5" in page
    assert "look at it" in page
    client.post(address("queue_known_remove", queue, queue.slug, pot.pk))
    pot.refresh_from_db()
    assert pot.state == "retired"
    again = client.post(address("queue_known_remove", queue, queue.slug, pot.pk))
    assert again.status_code == 404


def test_a_manager_who_answers_here_does_not_see_which_items_are_known(client, manager, queue):
    factories.honeypot(queue, "Refund", "Whispered words")
    QueueMember.objects.create(queue=queue, user=manager)
    client.force_login(manager)
    page = client.get(address("queue_known", queue, queue.slug)).content.decode()
    assert "Whispered words" not in page
    assert "not listed to you" in page
    items = client.get(address("items", queue)).content.decode()
    assert items.count(">Whispered words</a>") == 1  # the settled original


def test_known_items_are_no_items_of_the_console(client, manager, queue):
    pot = factories.honeypot(queue)
    client.force_login(manager)
    assert client.get(address("item", queue, pot.pk)).status_code == 404


@pytest.fixture
def tested(project, queue, reviewer):
    """The reviewer has missed three of four known items, and the test has paused him."""
    for number in range(4):
        factories.annotation(factories.honeypot(queue), reviewer, "Exchange" if number else "Refund")
    queues.reviewer_pause(queue=queue, reviewer=reviewer, reason="3 of 4 wrong", by=None, now=NOW)
    return reviewer


def test_the_pages_say_who_is_paused_and_why(client, manager, queue, tested):
    client.force_login(manager)
    for page in (
        address("queue", queue, queue.slug),
        address("queue_known", queue, queue.slug),
        address("quality_reviewer", queue, tested.pk),
    ):
        assert b"3 of 4 wrong" in client.get(page).content, page
    found = decisions(project=queue.project, rows=[], trainings=[], evaluations=[], rescorings=[])
    assert [(one.station, one.detail) for one in found] == [("quality", "3 of 4 wrong")]


def test_people_are_looked_up_together(project, queue, django_assert_num_queries):
    pot = factories.honeypot(queue, "Refund")
    for given in ("Refund", "Refund", "Exchange", "Refund"):
        factories.annotation(pot, factories.member(project), given)
    people_tested(queue=queue)  # the process remembers the labels
    with django_assert_num_queries(7):
        assert [row.record.tested for row in people_tested(queue=queue)] == [(False,), (True,), (True,), (True,)]


def test_a_manager_puts_back_pauses_leaves_out_and_takes_that_back(client, manager, queue, tested):
    client.force_login(manager)

    def act(name, **sent):
        return client.post(address(f"reviewer_{name}", queue, tested.pk, queue.slug), sent, follow=True)

    assert b"starts afresh" in act("resume").content
    assert not ReviewerPause.objects.filter(ended_at=None).exists()
    assert b"not paused" in act("resume").content
    assert b"Say why" in act("pause").content
    assert b"Say why" in act("pause", reason=" \x00 ").content
    assert b"Let us talk" in act("pause", reason="Let us talk").content
    assert ReviewerPause.objects.get(ended_at=None).started_by == manager
    assert b"count for nothing" in act("exclude", reason="By chance").content
    assert ReviewerExclusion.objects.get(ended_at=None).reason == "By chance"
    assert b"count again" in act("include").content
    assert not ReviewerExclusion.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("name", ["reviewer_pause", "reviewer_resume", "reviewer_exclude", "reviewer_include"])
def test_only_managers_decide_about_people(client, project, queue, tested, viewer, stranger, name):
    here = address(name, queue, tested.pk, queue.slug)
    for person, status in ((tested, 403), (viewer, 403), (stranger, 404)):
        client.force_login(person)
        assert client.post(here, {"reason": "x"}).status_code == status
    client.force_login(factories.member(project, "manager"))
    assert client.get(here).status_code == 405
    other = factories.queue(factories.project("Elsewhere"))
    assert client.post(address(name, queue, tested.pk, other.slug), {"reason": "x"}).status_code == 404


def test_the_queue_s_form_asks_in_per_cent(client, manager, queue):
    client.force_login(manager)
    page = client.get(address("queue", queue, queue.slug))
    sent = {key: value for key, value in page.context["form"].initial.items() if value not in (None, False)}
    sent |= {"honeypot_percent": 7, "honeypot_good_percent": 90, "honeypot_floor_percent": 70}
    response = client.post(address("queue_save", queue, queue.slug), sent)
    assert response.status_code == 302, response.content
    saved = Queue.objects.get(pk=queue.pk)
    assert (saved.honeypot_share, saved.honeypot_good, saved.honeypot_floor) == (0.07, 0.9, 0.7)
    response = client.post(address("queue_save", queue, queue.slug), sent | {"honeypot_floor_percent": 95})
    assert response.status_code == 422
    assert response.context["form"].errors["honeypot_floor_percent"]


@pytest.mark.parametrize(("n_right", "n", "low", "high"), [(0, 0, 0, 1), (10, 10, 0.78, 1), (0, 10, 0, 0.22)])
def test_accuracy_posterior_by_hand(n_right, n, low, high):
    """Beta(10.5, .5): the 2.5 % point is .783; Beta(.5, 10.5) is its mirror image."""
    found = accuracy_posterior(n_right, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.006), pytest.approx(high, abs=0.006))
    assert found.low <= found.mean <= found.high
