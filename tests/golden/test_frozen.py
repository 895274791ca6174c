"""The database refuses every change of a frozen version, and verification finds what got past it."""

import pytest
from django.db import DatabaseError, InternalError, connection, transaction

from apps.golden import services
from apps.golden.models import GoldenItem, GoldenPayload, GoldenVersion
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(golden_set, freeze, settle):
    for number, word in enumerate(["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"]):
        settle("Refund", f"{word * 4} {number}")
    return freeze(golden_set)


def _refused(change):
    with pytest.raises((InternalError, DatabaseError), match="pgtrigger"), transaction.atomic():
        change()


def test_frozen_version_refuses_update(version):
    _refused(lambda: GoldenVersion.objects.filter(pk=version.pk).update(note="Better"))


def test_frozen_version_refuses_delete(version):
    _refused(lambda: GoldenVersion.objects.filter(pk=version.pk)._raw_delete("default"))


def test_frozen_item_refuses_update(version):
    _refused(lambda: version.items.update(label="Exchange"))


def test_frozen_item_refuses_delete(version):
    _refused(lambda: version.items.all()._raw_delete("default"))


def test_frozen_version_refuses_a_late_item(version, settle):
    late = settle("Refund", "Came too late")
    row = GoldenItem(
        version=version, item=late, item_hash="0" * 64, label="Refund", split="train", confidence=1, provenance={}
    )
    _refused(row.save)


def test_frozen_payload_refuses_update(version):
    _refused(lambda: GoldenPayload.objects.update(data={"message": "Other words"}))


def test_frozen_payload_refuses_delete(version):
    _refused(lambda: GoldenPayload.objects.all()._raw_delete("default"))


def test_frozen_payload_refuses_blanking_without_the_tombstone(version):
    _refused(lambda: GoldenPayload.objects.update(data=None, result=None))


def test_frozen_payload_may_be_erased_and_the_version_still_verifies(version):
    erased = version.items.first().payload
    GoldenPayload.objects.filter(pk=erased.pk).update(data=None, result=None, erased_at=NOW)
    found = services.golden_verify(version)
    assert found.holds
    assert (found.n_items, found.n_erased) == (6, 1)


def test_golden_verify_holds_for_what_was_frozen(version):
    found = services.golden_verify(version)
    assert found.holds
    assert (found.n_items, found.n_erased) == (6, 0)


def _tamper(sql, params):
    """As somebody with the database's password would do it."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET session_replication_role = origin")


def test_golden_verify_finds_a_changed_text(version):
    row = version.items.first()
    _tamper(
        """UPDATE golden_goldenpayload SET data = '{"message": "Other words"}' WHERE golden_item_id = %s""", [row.pk]
    )
    assert services.golden_verify(version).problems == [f"Item {row.item_id} does not match its hash."]


def test_golden_verify_finds_a_changed_label_or_side(version):
    one, other = version.items.all()[:2]
    _tamper("UPDATE golden_goldenitem SET label = 'Exchange' WHERE id = %s", [one.pk])
    _tamper(
        "UPDATE golden_goldenitem SET split = CASE split WHEN 'test' THEN 'train' ELSE 'test' END WHERE id = %s",
        [other.pk],
    )
    problems = services.golden_verify(version).problems
    assert f"Item {one.item_id} does not match its hash." in problems
    assert f"Item {other.item_id} does not match its hash." in problems
    assert "The manifest's counts by split differ from the items." in problems


def test_golden_verify_finds_a_missing_item(version):
    row = version.items.first()
    _tamper("DELETE FROM golden_goldenitem WHERE id = %s", [row.pk])
    problems = services.golden_verify(version).problems
    assert "The items do not add up to the version's content hash." in problems
    assert "The manifest says 6 items; there are 5." in problems
    _tamper("DELETE FROM golden_goldenpayload WHERE golden_item_id = %s", [row.pk])
