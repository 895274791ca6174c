"""The lineage page: from a model to every vote behind it."""

import pytest
from django.urls import reverse

from apps.golden import services as golden
from apps.queues.models import Item, QueueMember
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def items(project, queue, adjudicator):
    factories.guideline(project)
    factories.guideline(project)
    people = [factories.member(project, name=name) for name in ("Ada", "Ben")]
    plain = factories.settled_item(queue, "Refund", "Give me my money back", reviewers=people)
    robot = factories.settled_item(queue, "Exchange", "Swap the shoes please", source="simulated")
    disputed = factories.item(queue, "Where is my parcel", state="settled", settled_at=NOW)
    factories.annotation(disputed, people[0], "Refund")
    factories.annotation(disputed, people[1], "Exchange")
    factories.adjudication(disputed, adjudicator, "Order status")
    factories.consensus(disputed, "Order status", state="adjudicated", confidence=1.0)
    return plain, robot, disputed


@pytest.fixture
def model(project, manager, items):
    made = golden.golden_set_create(
        project=project, name="Intents", test_share=0, allows_simulated=True, by=manager, now=NOW
    )
    golden.golden_gather(golden_set=made, items=Item.objects.all(), by=manager, now=NOW)
    return factories.model_version(golden.golden_freeze(golden_set=made, by=manager, now=NOW))


@pytest.fixture
def url(project, model):
    return reverse("console:lineage_model", args=[project.slug, model.pk])


def test_lineage_walks_to_every_vote(client, manager, model, items, url):
    factories.deployment(model)
    client.force_login(manager)
    page = client.get(url).content.decode()
    for words in [
        "What model 1 rests on",
        "Training run",
        "Intents v1",
        "Give me my money back",
        "Ada",
        "Ben",
        "guideline 2",
        "schema 1",
        "answered by assistant-1",
        items[0].trace.trace_id,
        "Adjudicator decided: <b>Order status</b>",
        "Promoted",
    ]:
        assert words in page, words
    # The model's own mark, the item's, and one for each of its two votes.
    assert page.count('class="sim"') == 4


def test_lineage_is_for_those_who_may_view(client, project, model, viewer, reviewer, stranger, url):
    for address in (url, reverse("console:lineage", args=[project.slug])):
        client.logout()
        assert client.get(address).status_code == 302
        for person, status in [(stranger, 404), (reviewer, 403), (viewer, 200)]:
            client.force_login(person)
            assert client.get(address).status_code == status
        assert client.post(address).status_code == 405


def test_lineage_of_another_projects_model_is_not_found(client, model):
    other = factories.project("Other")
    client.force_login(factories.member(other, "manager"))
    assert client.get(reverse("console:lineage_model", args=[other.slug, model.pk])).status_code == 404


def test_lineage_hides_votes_on_an_item_that_may_come_to_the_reader(client, manager, queue, items, url):
    """Open again after the freeze: who may answer it must not see how others did."""

    Item.objects.filter(pk=items[0].pk).update(state="open", settled_at=None)
    client.force_login(manager)
    assert "Ada" in client.get(url).content.decode()
    QueueMember.objects.create(queue=queue, user=manager)
    page = client.get(url).content.decode()
    assert "votes are hidden from you" in page
    assert page.count("Ada") == 1  # on the disputed item, which is settled


def test_lineage_names_erased_content(client, manager, model, url):
    payload = model.golden_version.items.first().payload
    type(payload).objects.filter(pk=payload.pk).update(data=None, result=None, erased_at=NOW)
    client.force_login(manager)
    assert "content erased" in client.get(url).content.decode()


def test_lineage_asks_few_questions_of_the_database(
    client, project, manager, queue, url, django_assert_max_num_queries
):
    client.force_login(manager)
    with django_assert_max_num_queries(16):
        client.get(url)
    with django_assert_max_num_queries(8):
        client.get(reverse("console:lineage", args=[project.slug]))


def test_lineage_says_what_will_appear(client, project, manager):
    client.force_login(manager)
    assert "No model yet" in client.get(reverse("console:lineage", args=[project.slug])).content.decode()
