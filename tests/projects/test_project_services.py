"""Writes of a project: created, versioned, shared, opened to programs."""

import hashlib

import pytest

from apps.core.errors import Conflict, InvalidInput
from apps.events.models import Event
from apps.projects import selectors, services
from apps.projects.labelling import ConfigError, MappingError, SchemaChangeRefused
from apps.projects.models import ApiKey, LabelSchema, Membership
from tests import factories
from tests.factories import NOW
from tests.factories.projects import LABELS

CONFIG = factories.choices_config(["Refund", "Exchange"])
MAPPING = {"message": "input"}


def create(by, **changes):
    fields = {"name": "Support", "description": "", "config": CONFIG, "mapping": MAPPING} | changes
    return services.project_create(**fields, created_by=by, now=NOW)


def publish(project, by, *, labels, label_map=None, mapping=None):
    return services.schema_publish(
        project=project,
        config=factories.choices_config(labels),
        mapping=mapping or MAPPING,
        label_map=label_map or {},
        by=by,
        now=NOW,
    )


def test_project_create_writes_schema_membership_and_event(db):
    person = factories.person("Founder")
    project = create(person, name="  Support   bot ")
    assert (project.name, project.slug) == ("Support bot", "support-bot")
    schema = selectors.schema_current(project=project)
    assert (schema.version, schema.sha256) == (1, hashlib.sha256(CONFIG.encode()).hexdigest())
    assert project.memberships.get().role == Membership.Role.MANAGER
    assert Event.objects.filter(project_id=project.pk, verb="project.created", actor=person).count() == 1


def test_project_create_finds_another_address_for_the_same_name(db):
    person = factories.person("Founder")
    assert [create(person).slug for _ in range(3)] == ["support", "support-2", "support-3"]
    assert create(person, name="退款").slug == "project"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "  "}, InvalidInput),
        ({"name": "x" * 121}, InvalidInput),
        ({"config": "<View/>"}, ConfigError),
        ({"mapping": {}}, MappingError),
        ({"mapping": {"message": "input", "other": "output"}}, MappingError),
        ({"mapping": {"message": "input["}}, MappingError),
    ],
)
def test_project_create_refuses_and_leaves_nothing(db, changes, error):
    person = factories.person("Founder")
    with pytest.raises(error):
        create(person, **changes)
    assert not LabelSchema.objects.exists()
    assert not person.memberships.exists()


def test_schema_publish_adds_labels_freely(project, manager):
    schema = publish(project, manager, labels=[*LABELS, "Something else"])
    assert (schema.version, schema.label_map) == (2, {})
    assert selectors.schema_current(project=project) == schema


def test_schema_publish_refuses_a_lost_label_by_name(project, manager):
    with pytest.raises(SchemaChangeRefused, match='"Exchange"') as caught:
        publish(project, manager, labels=["Refund", "Order status"])
    assert caught.value.missing == (("intent", "Exchange"),)
    assert selectors.schema_current(project=project).version == 1


def test_schema_publish_refuses_no_change(project, manager):
    with pytest.raises(Conflict):
        publish(project, manager, labels=LABELS)


def test_schema_publish_carries_the_labels_of_reasons(project, manager):
    reason = services.reason_create(
        project=project, code="swap", text="Wants another", severity=2, label="Exchange", by=manager, now=NOW
    )
    publish(project, manager, labels=["Refund", "Swap", "Order status"], label_map={"Exchange": "Swap"})
    reason.refresh_from_db()
    assert reason.label == "Swap"


def test_guideline_publish_numbers_versions_and_refuses_the_same_text(project, manager):
    assert services.guideline_publish(project=project, text="One\r\ntwo", by=manager, now=NOW).text == "One\ntwo"
    assert services.guideline_publish(project=project, text="Other", by=manager, now=NOW).version == 2
    with pytest.raises(Conflict):
        services.guideline_publish(project=project, text="Other ", by=manager, now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "two words"}, "code"),
        ({"text": ""}, "text"),
        ({"severity": 6}, "severity"),
        ({"label": "Nothing like it"}, "label"),
    ],
)
def test_reason_create_refuses_and_names_the_field(project, manager, changes, field):
    fields = {"code": "policy", "text": "Wrong policy", "severity": 4, "label": "Refund"}
    with pytest.raises(InvalidInput) as caught:
        services.reason_create(project=project, **(fields | changes), by=manager, now=NOW)
    assert caught.value.field == field


def test_reason_create_refuses_a_code_twice_in_one_project_only(project, manager):
    other = factories.project("Other")
    fields = {"code": "policy", "text": "Wrong policy", "severity": 4, "by": manager, "now": NOW}
    reason = services.reason_create(project=project, **fields)
    services.reason_create(project=other, **fields)
    with pytest.raises(Conflict):
        services.reason_create(project=project, **fields)
    changed = services.reason_update(
        reason=reason, text="Policy", severity=1, label="Refund", is_active=False, by=manager, now=NOW
    )
    changed.refresh_from_db()
    assert (changed.text, changed.severity, changed.label, changed.is_active) == ("Policy", 1, "Refund", False)


def test_product_version_create_refuses_a_name_twice(project, manager):
    fields = {"name": "2026.1", "released_at": NOW, "is_breaking": True, "by": manager, "now": NOW}
    assert services.product_version_create(project=project, **fields).is_breaking
    with pytest.raises(Conflict):
        services.product_version_create(project=project, **fields)


def test_membership_set_replaces_the_role(project, manager, reviewer):
    services.membership_set(project=project, user=reviewer, role="adjudicator", by=manager, now=NOW)
    assert project.memberships.get(user=reviewer).role == "adjudicator"
    with pytest.raises(InvalidInput):
        services.membership_set(project=project, user=reviewer, role="king", by=manager, now=NOW)


def test_the_last_manager_stays(project, manager):
    with pytest.raises(Conflict):
        services.membership_set(project=project, user=manager, role="viewer", by=manager, now=NOW)
    with pytest.raises(Conflict):
        services.membership_remove(project=project, user=manager, by=manager, now=NOW)
    other = factories.member(project, "manager")
    assert services.membership_remove(project=project, user=manager, by=other, now=NOW)
    assert not services.membership_remove(project=project, user=manager, by=other, now=NOW)


def test_a_disabled_manager_does_not_count(project, manager):
    factories.member(project, "manager", user=factories.person("Gone", is_active=False))
    with pytest.raises(Conflict):
        services.membership_remove(project=project, user=manager, by=manager, now=NOW)


def test_api_key_create_stores_the_hash_only(project, manager):
    row, key = services.api_key_create(project=project, name="Bot", scopes=["read", "ingest"], by=manager, now=NOW)
    row.refresh_from_db()
    assert key.startswith("ts_")
    assert row.scopes == ["ingest", "read"]
    assert row.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert key.startswith(row.prefix)
    assert len(row.prefix) == 10


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "everything"]])
def test_api_key_create_refuses_scopes(project, manager, scopes):
    with pytest.raises(InvalidInput):
        services.api_key_create(project=project, name="Bot", scopes=scopes, by=manager, now=NOW)


def test_api_key_revoke_is_for_good_and_recorded_once(project, manager):
    row, _ = services.api_key_create(project=project, name="Bot", scopes=["read"], by=manager, now=NOW)
    assert services.api_key_revoke(api_key=row, by=manager, now=NOW)
    assert not services.api_key_revoke(api_key=row, by=manager, now=NOW)
    assert ApiKey.objects.get().revoked_at == NOW
    assert Event.objects.filter(verb="api_key.revoked").count() == 1


def test_signal_weights_set_refuses_a_weight_beyond_one(project, manager):
    with pytest.raises(InvalidInput) as caught:
        services.signal_weights_set(project=project, weights={"csat": 1.5}, by=manager, now=NOW)
    assert caught.value.field == "csat"
    services.signal_weights_set(project=project, weights={"csat": 0.6}, by=manager, now=NOW)
    project.refresh_from_db()
    assert project.signal_weights == {"csat": 0.6}
