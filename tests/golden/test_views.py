"""The golden pages: what they show, whom they let in, what they refuse."""

import pytest
from django.urls import reverse

from apps.golden import services
from apps.golden.models import GoldenSet, GoldenVersion
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(project, golden_set):
    def make(name, *args):
        on_set = name not in ("golden", "golden_create")
        return reverse(f"console:{name}", args=[project.slug, *([golden_set.slug] if on_set else []), *args])

    return make


@pytest.fixture
def version(golden_set, freeze, settle):
    for number, word in enumerate(["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"]):
        settle("Refund" if number % 2 else "Exchange", f"{word * 4} {number}")
    return freeze(golden_set)


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


READS = [
    ("golden", ()),
    ("golden_set", ()),
    ("golden_version", (1,)),
    ("golden_verify", (1,)),
    ("golden_diff", (1,)),
    ("golden_export", (1, "jsonl")),
]
ACTS = [("golden_create", ()), ("golden_gather", ())]


@pytest.mark.parametrize(("name", "args"), READS)
def test_read_pages_are_for_those_who_may_view(client, url, version, viewer, reviewer, stranger, name, args):
    assert client.get(url(name, *args)).status_code == 302
    for person, status in [(stranger, 404), (reviewer, 403), (viewer, 200)]:
        client.force_login(person)
        assert client.get(url(name, *args)).status_code == status
    assert client.post(url(name, *args)).status_code == 405


@pytest.mark.parametrize(("name", "args"), [*ACTS, ("golden_freeze", ())])
def test_acts_are_for_managers(client, url, version, viewer, stranger, name, args):
    assert client.post(url(name, *args)).status_code == 302
    assert "/login" in client.post(url(name, *args))["Location"]
    client.force_login(stranger)
    assert client.post(url(name, *args)).status_code == 404
    client.force_login(viewer)
    assert client.post(url(name, *args)).status_code == 403


@pytest.mark.parametrize(("name", "args"), ACTS)
def test_acts_want_post(as_manager, url, version, name, args):
    assert as_manager.get(url(name, *args)).status_code == 405


def test_version_of_another_project_is_not_found(client, version, manager):
    other = factories.project("Other")
    client.force_login(factories.member(other, "manager"))
    address = reverse("console:golden_version", args=[other.slug, version.golden_set.slug, 1])
    assert client.get(address).status_code == 404


def test_golden_says_what_will_appear_when_there_is_none(client, project, manager):
    client.force_login(manager)
    assert "No golden set yet" in client.get(reverse("console:golden", args=[project.slug])).content.decode()


def test_golden_create_makes_a_set(as_manager, url, project):
    fields = {"name": "Second set", "test_percent": "30", "allows_simulated": "on"}
    assert as_manager.post(url("golden_create"), fields).status_code == 302
    made = GoldenSet.objects.get(project=project, slug="second-set")
    assert (made.test_share, made.allows_simulated) == (0.3, True)


@pytest.mark.parametrize(
    "fields", [{}, {"name": "x", "test_percent": "100"}, {"name": "Support intents", "test_percent": "20"}]
)
def test_golden_create_refuses(as_manager, url, fields):
    assert as_manager.post(url("golden_create"), fields).status_code == 422
    assert GoldenSet.objects.count() == 1


def test_golden_set_counts_then_gathers(as_manager, url, golden_set, settle):
    settle("Refund", "One")
    settle("Exchange", "Quite another text")
    page = as_manager.get(url("golden_set"), {"label": "Refund", "gather": "1"})
    assert "<b>1</b> settled item" in page.content.decode()
    assert not golden_set.members.exists()
    assert as_manager.post(url("golden_gather"), {"label": "Refund"}).status_code == 302
    assert golden_set.members.count() == 1


@pytest.mark.parametrize("fields", [{"label": "Nonsense"}, {"confidence": "2"}, {"since": "yesterday"}, {"queue": "1"}])
def test_gather_refuses_bad_filters(as_manager, url, fields):
    assert as_manager.post(url("golden_gather"), fields).status_code == 422
    assert as_manager.get(url("golden_set"), fields).status_code == 422


def test_golden_set_marks_what_changed_since(as_manager, url, golden_set, version):
    changed = version.items.select_related("item__consensus").first().item
    changed.consensus.label = "Order status"
    changed.consensus.save()
    page = as_manager.get(url("golden_set"), {"standing": "changed"}).content.decode()
    assert "changed since version 1" in page
    assert "as in version 1" not in page
    assert "1 item has another answer today" in as_manager.get(url("golden_version", 1)).content.decode()


def test_golden_set_marks_simulated_items(as_manager, project, manager, gather, settle):

    mixed = services.golden_set_create(project=project, name="Mixed", allows_simulated=True, by=manager, now=NOW)
    settle("Refund", "By machine", source="simulated")
    gather(mixed)
    page = as_manager.get(reverse("console:golden_set", args=[project.slug, mixed.slug])).content.decode()
    assert page.count('class="sim"') == 2  # the set's own mark, and the item's


def test_golden_freeze_asks_first(as_manager, url, golden_set, gather, settle):
    settle("Refund", "One")
    gather(golden_set)
    page = as_manager.get(url("golden_freeze")).content.decode()
    assert "1 settled item is copied into version 1" in page
    assert "can never be changed or deleted" in page
    assert not GoldenVersion.objects.exists()
    answer = as_manager.post(url("golden_freeze"), {"note": " Fi\x00rst"})
    assert answer["Location"] == url("golden_version", 1)
    assert GoldenVersion.objects.get().note == "First"


def test_golden_freeze_says_why_not(as_manager, url, golden_set, version):
    answer = as_manager.post(url("golden_freeze"))
    assert answer.status_code == 409
    assert "Nothing has changed since version 1" in answer.content.decode()
    assert as_manager.put(url("golden_freeze")).status_code == 405


def test_golden_drop_leaves_an_item_out(as_manager, url, golden_set, version, client, viewer):
    item_id = version.items.first().item_id
    assert as_manager.get(url("golden_drop", item_id)).status_code == 405
    assert as_manager.post(url("golden_drop", item_id)).status_code == 302
    assert golden_set.members.count() == 5
    client.force_login(viewer)
    assert client.post(url("golden_drop", item_id)).status_code == 403


def test_golden_version_shows_counts_hash_and_items(as_manager, url, version):
    page = as_manager.get(url("golden_version", 1)).content.decode()
    assert version.content_hash in page
    assert "alphaalpha" in page
    only = as_manager.get(url("golden_version", 1), {"label": "Refund"}).content.decode()
    assert "alphaalpha" not in only
    assert as_manager.get(url("golden_version", 7)).status_code == 404


@pytest.mark.parametrize("query", ["?label=%00", "?split=%00", "?page=%00"])
def test_golden_version_takes_any_address(as_manager, url, version, query):
    assert as_manager.get(url("golden_version", version.number) + query).status_code == 200
    assert as_manager.get(url("golden_diff", version.number), {"against": "9" * 5000}).status_code == 302


def test_golden_version_names_erased_items(as_manager, url, version):
    payload = version.items.first().payload
    type(payload).objects.filter(pk=payload.pk).update(data=None, result=None, erased_at=NOW)
    assert "content erased" in as_manager.get(url("golden_version", 1)).content.decode()


def test_golden_verify_says_that_it_holds(as_manager, url, version):
    assert "It holds" in as_manager.get(url("golden_verify", 1)).content.decode()


def test_golden_diff_names_texts_and_labels(as_manager, url, version, golden_set, freeze, settle):
    changed = version.items.select_related("item__consensus").order_by("item_id").first().item
    changed.consensus.label, changed.consensus.result = "Refund", factories.choices_result("Refund")
    changed.consensus.save()
    settle("Refund", "Something altogether new")
    freeze(golden_set)
    page = as_manager.get(url("golden_diff", 2)).content.decode()
    assert "1 changed, 1 added, 0 removed" in page
    assert "<del>Exchange</del>" in page
    assert "Something altogether new" in page
    assert as_manager.get(url("golden_diff", 2), {"against": "1"}).status_code == 200
    assert as_manager.get(url("golden_diff", 2), {"against": "9"}).status_code == 302


@pytest.mark.parametrize("kind", ["jsonl", "label-studio", "dataset"])
def test_golden_export_streams_a_file(as_manager, url, version, kind):
    answer = as_manager.get(url("golden_export", 1, kind))
    assert answer.streaming
    assert "support-intents-v1" in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content)


def test_golden_export_refuses_other_formats(as_manager, url, version):
    assert as_manager.get(url("golden_export", 1, "csv")).status_code == 404


def test_list_pages_ask_few_questions_of_the_database(
    as_manager, url, version, golden_set, freeze, settle, django_assert_max_num_queries
):
    for number in range(20):
        settle("Refund", f"{chr(97 + number) * 12} {number}")
    freeze(golden_set)
    for name, args, most in [
        ("golden", (), 6),
        ("golden_set", (), 14),
        ("golden_version", (2,), 12),
        ("golden_diff", (2,), 12),
    ]:
        with django_assert_max_num_queries(most):
            as_manager.get(url(name, *args))
