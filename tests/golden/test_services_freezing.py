"""What freezing decides, what it writes, and what it refuses."""

import pytest

from apps.core.canonical import canonical_bytes
from apps.events.models import Event
from apps.golden import services
from apps.golden.algorithms.hashing import merkle_root
from apps.golden.errors import NothingChanged, NothingToFreeze
from apps.golden.models import GoldenVersion
from apps.golden.selectors import MemberState, members_of, standing_counts, version_diff, version_latest
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

THINGS = ["socks", "shoes", "hats", "gloves", "belts"]
TEXTS = [f"Message number {number} about {THINGS[number % 5]}" for number in range(40)]


def _relabel(item, label):
    """As a change of mind does: the consensus is recomputed, the frozen rows stay."""
    item.consensus.label = label
    item.consensus.result = factories.choices_result(label)
    item.consensus.save()


def test_golden_freeze_writes_items_payloads_and_manifest(golden_set, freeze, settle, project, manager):
    factories.guideline(project)
    items = [settle("Refund" if number % 2 else "Exchange", text) for number, text in enumerate(TEXTS[:10])]
    version = freeze(golden_set, note="First")
    rows = {row.item_id: row for row in version.items.select_related("payload")}
    assert rows.keys() == {item.pk for item in items}
    assert (version.number, version.parent, version.frozen_at, version.note) == (1, None, NOW, "First")
    assert version.content_hash == merkle_root({str(key): row.item_hash for key, row in rows.items()})
    first = rows[items[0].pk]
    assert first.payload.data == items[0].data
    assert first.payload.result == factories.choices_result("Exchange")
    assert first.provenance["annotation_ids"] == sorted(
        str(pk) for pk in items[0].annotations.values_list("pk", flat=True)
    )
    assert first.provenance["guideline_versions"] == [1]
    manifest = version.manifest
    assert manifest["items"] == 10
    assert sum(manifest["splits"].values()) == 10
    assert sum(manifest["labels"]["Refund"].values()) == 5
    assert manifest["schema"]["sha256"] == version.schema.sha256
    assert manifest["guideline_versions"] == [1]
    assert manifest["annotations"] == 20
    assert manifest["simulated"] == {
        "allowed": False, "items": 0, "share": 0.0, "annotations": 0, "adjudications": 0, "synthetic_traces": 0
    }  # fmt: skip
    assert manifest["code"]
    event = Event.objects.get(verb="golden_version.frozen")
    assert event.actor == manager
    assert event.payload == {"number": 1, "items": 10, "content_hash": version.content_hash}
    canonical_bytes(manifest)


def test_golden_freeze_query_count_does_not_grow_with_items(golden_set, freeze, settle, django_assert_max_num_queries):
    for text in TEXTS[:30]:
        settle("Refund", text)
    with django_assert_max_num_queries(30):
        freeze(golden_set)


def test_golden_freeze_refuses_an_empty_set(golden_set, manager):
    with pytest.raises(NothingToFreeze, match="no items yet"):
        services.golden_freeze(golden_set=golden_set, by=manager, now=NOW)
    assert not GoldenVersion.objects.exists()


def test_golden_freeze_refuses_when_nothing_changed(golden_set, freeze, settle):
    settle("Refund", "One")
    freeze(golden_set)
    with pytest.raises(NothingChanged, match="since version 1"):
        freeze(golden_set)
    settle("Refund", "Quite another text")
    assert freeze(golden_set).number == 2


def test_golden_freeze_says_how_much_is_simulated(project, manager, freeze, settle):
    golden_set = services.golden_set_create(project=project, name="Mixed", allows_simulated=True, by=manager, now=NOW)
    settle("Refund", "By people")
    settle("Exchange", "Something by machine", source="simulated")
    simulated = freeze(golden_set).manifest["simulated"]
    assert (simulated["items"], simulated["share"], simulated["annotations"]) == (1, 0.5, 2)


def test_golden_freeze_leaves_out_what_is_no_longer_settled(golden_set, gather, settle, manager):
    kept, reopened = settle("Refund", "One"), settle("Refund", "Quite another text")
    gather(golden_set)
    reopened.state, reopened.settled_at = "open", None
    reopened.save()
    version = services.golden_freeze(golden_set=golden_set, by=manager, now=NOW)
    assert [row.item_id for row in version.items.all()] == [kept.pk]
    assert version.manifest["left_out"] == [
        {"item_id": str(reopened.pk), "reason": "it has no settled answer now"}
    ]  # fmt: skip


def test_golden_freeze_leaves_out_what_became_simulated_since(golden_set, gather, settle, adjudicator, manager):
    settle("Refund", "One")
    item = settle("Refund", "Quite another text")
    gather(golden_set)
    factories.adjudication(item, adjudicator, "Refund", is_simulated=True)
    version = services.golden_freeze(golden_set=golden_set, by=manager, now=NOW)
    assert version.manifest["left_out"][0]["item_id"] == str(item.pk)


def test_golden_freeze_keeps_sides_for_ever(golden_set, freeze, settle):
    for text in TEXTS[:20]:
        settle("Refund", text)
    before = dict(freeze(golden_set).items.values_list("item_id", "split"))
    for text in TEXTS[20:]:
        settle("Exchange", text)
    after = dict(freeze(golden_set).items.values_list("item_id", "split"))
    assert len(after) == 40
    assert {key: after[key] for key in before} == before


def test_golden_freeze_puts_duplicates_on_one_side(golden_set, freeze, settle):
    pairs = []
    for number in range(12):
        text = f"Please change the delivery address of order {number:03d} to my new flat, thank you very much"
        pairs.append((settle("Refund", f"{'abcdefghijkl'[number] * 9} {text}"),))
    for number in range(12):
        text = f"please change the delivery address of order {number:03d} to my new flat; thank you very much!"
        pairs[number] += (settle("Refund", f"{'abcdefghijkl'[number] * 9} {text}"),)
    sides = dict(freeze(golden_set).items.values_list("item_id", "split"))
    for one, other in pairs:
        assert sides[one.pk] == sides[other.pk]


def test_golden_freeze_quarantines_what_touches_both_sides(project, manager, settle, gather, freeze):
    """Two texts that share 0.8 with a third, and less with each other, stand apart; the third would join them."""
    golden_set = services.golden_set_create(project=project, name="Half", test_share=0.5, by=manager, now=NOW)
    middle = "".join(chr(97 + (7 * place * place + 3 * place) % 26) for place in range(120))
    one, other = middle[:-18], middle[18:]  # 98 / 116 = 0.84 with the middle, 80 / 116 = 0.69 with each other
    first = settle("Refund", one)
    second = settle("Refund", other)
    third = settle("Refund", middle)
    factories.golden_sides(golden_set, "train", [first])
    factories.golden_sides(golden_set, "test", [second])
    version = freeze(golden_set)
    assert version.manifest["quarantined"] == [str(third.pk)]
    assert set(version.items.values_list("item_id", flat=True)) == {first.pk, second.pk}
    assert golden_set.split_assignments.get(item=third).side == "quarantined"


def test_golden_freeze_with_no_test_share_has_one_side(project, manager, settle, freeze):
    golden_set = services.golden_set_create(project=project, name="All train", test_share=0, by=manager, now=NOW)
    for text in TEXTS[:15]:
        settle("Refund", text)
    assert freeze(golden_set).manifest["splits"] == {"train": 15}


def test_golden_freeze_reads_old_answers_under_the_current_schema(golden_set, freeze, settle, project):
    old = settle("Exchange", "One")
    factories.schema(
        project,
        config=factories.choices_config(["Refund", "Swap", "Order status", "Praise"]),
        label_map={"Exchange": "Swap"},
    )
    version = freeze(golden_set)
    row = version.items.get(item=old)
    assert row.label == "Swap"
    assert row.payload.result == factories.choices_result("Swap")
    assert row.provenance["consensus_label"] == "Exchange"
    assert version.manifest["mapped_from_schema"] == {"1": 1}
    assert version.schema.version == 2
    assert standing_counts(golden_set=golden_set, latest=version)[MemberState.SAME] == 1


def test_golden_freeze_leaves_out_answers_without_a_meaning(golden_set, freeze, settle, project):
    settle("Exchange", "One")
    factories.schema(project, config=factories.choices_config(["Refund", "Swap"]), label_map={})
    settle("Refund", "Quite another text")
    version = freeze(golden_set)
    assert version.manifest["items"] == 1
    assert "Exchange" in version.manifest["left_out"][0]["reason"]


def test_changed_items_are_marked_and_enter_the_next_version(golden_set, freeze, settle):
    item, same = settle("Refund", "One"), settle("Refund", "Quite another text")
    first = freeze(golden_set)
    _relabel(item, "Exchange")
    new = settle("Refund", "A third thing altogether")
    standing = {
        member.item_id: member.standing for member in members_of(golden_set=golden_set, latest=first)
    }  # fmt: skip
    assert standing == {item.pk: MemberState.CHANGED, same.pk: MemberState.SAME}
    second = freeze(golden_set)
    assert first.items.get(item=item).label == "Refund"
    diff = version_diff(first, second)
    assert diff.added == (new.pk,)
    assert diff.removed == ()
    assert [(one.item_id, one.old, one.new) for one in diff.changed] == [(item.pk, "Refund", "Exchange")]
    assert diff.n_same == 1
    assert version_latest(golden_set=golden_set) == second
    assert second.parent == first
    assert second.manifest["parent"]["content_hash"] == first.content_hash


def test_version_diff_names_removed_items(golden_set, freeze, settle, manager):
    gone = settle("Refund", "One")
    settle("Refund", "Quite another text")
    first = freeze(golden_set)
    services.golden_member_drop(golden_set=golden_set, item_id=gone.pk, by=manager, now=NOW)
    second = services.golden_freeze(golden_set=golden_set, by=manager, now=NOW)
    assert version_diff(first, second).removed == (gone.pk,)
