"""How often reviewers accept guesses, also those that are wrong on purpose, as managers see it."""

import pytest
from django.urls import reverse

from apps.console.assistance_figures import assistance_figures
from apps.labeling.models import Suggestion
from apps.queues.models import Queue
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, assistance="pre_annotated")


def answered(queue, person, shown, given, *, is_wrong=False, item=None, **fields):
    item = item or factories.item(queue)
    guess = Suggestion.objects.create(
        item=item, reviewer=person, schema=item.schema, mode="pre_annotated", wrong_share=0.1, created_at=NOW,
        result=choices_result(shown), label=shown, is_wrong=is_wrong,
    )  # fmt: skip
    kind = "accepted" if shown == given else "changed"
    return factories.annotation(item, person, given, suggestion=guess, assistance=kind, **fields)


def test_figures_count_planted_and_honest_guesses_by_reviewer(queue, reviewer, adjudicator):
    for given in ["Refund"] * 3 + ["Exchange"] * 9:
        answered(queue, reviewer, "Refund", given, is_wrong=True)
    for given in ["Refund"] * 8 + ["Exchange"] * 2:
        answered(queue, adjudicator, "Refund", given, is_batch=True)
    found = assistance_figures(queue=queue, but=None)
    assert [(row.reviewer, row.planted.n_accepted, row.planted.n, row.honest.n) for row in found.rows] == [
        (reviewer, 3, 12, 0),
        (adjudicator, 0, 0, 10),
    ]
    assert (found.total.planted.share, found.total.honest.share, found.n_batch) == (0.25, 0.8, 10)
    assert found.total.planted.low == pytest.approx(0.0889, abs=1e-4)  # Wilson at 3 of 12
    assert found.total.planted.high == pytest.approx(0.5323, abs=1e-4)


def test_figures_leave_out_a_planted_guess_that_turned_out_right(queue, reviewer):
    for state, label in (("settled", "Refund"), ("settled", "Exchange"), ("unsettled", "Refund")):
        item = factories.item(queue)
        answered(queue, reviewer, "Refund", "Refund", is_wrong=True, item=item)
        factories.consensus(item, label, state=state)
    assert assistance_figures(queue=queue, but=None).total.planted.n == 2


def test_figures_are_none_without_a_guess_seen(queue, reviewer):
    factories.annotation(factories.item(queue), reviewer, "Refund")
    assert assistance_figures(queue=queue, but=None) is None


def test_the_queue_page_tells_managers_and_not_those_who_answer_there(client, project, queue, manager, viewer):
    busy = factories.member(project, name="Busy Bee")
    for _ in range(20):
        answered(queue, busy, "Refund", "Exchange", is_wrong=True)
        answered(queue, manager, "Refund", "Refund", is_wrong=True)
    page = reverse("console:queue", args=[project.slug, queue.slug])

    def shown(person):
        client.force_login(person)
        text = client.get(page).content.decode()
        return text[text.index('id="guesses"') :].split("</section>")[0]

    assert "50" in shown(manager)
    assert "Busy Bee" in shown(manager)
    assert "Busy Bee" not in shown(viewer)
    queue.members.create(user=manager)
    assert str(manager) not in shown(manager)
    assert "Busy Bee" in shown(manager)


def test_settings_are_saved_and_checked(client, project, manager):
    client.force_login(manager)
    queue = factories.queue(project)
    page = reverse("console:queue_save", args=[project.slug, queue.slug])
    form = client.get(reverse("console:queue", args=[project.slug, queue.slug])).context["form"]
    posted = {name: value for name, value in form.initial.items() if value not in (None, False)}
    assert (
        client.post(page, posted | {"assistance": "pre_annotated", "assistance_wrong_percent": "12"}).status_code == 302
    )
    queue.refresh_from_db()
    assert (queue.assistance, queue.assistance_wrong_share) == ("pre_annotated", 0.12)
    refused = client.post(page, posted | {"assistance": "always", "assistance_wrong_percent": "60"})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"assistance", "assistance_wrong_percent"}
    del posted["assistance"], posted["assistance_wrong_percent"]
    assert client.post(page, posted).status_code == 302
    assert Queue.objects.get(pk=queue.pk).assistance == "pre_annotated"  # what was not asked for stays
