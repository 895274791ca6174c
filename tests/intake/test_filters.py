"""The table of the design, row by row, and the refusals in their order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.intake.algorithms import filters
from apps.intake.algorithms.filters import SignalFacts, Version, edit_distance_capped, judge, stale_rule, weights_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def judged(kind, *, weights=None, versions=(), **facts):
    facts = {"occurred_at": NOW} | facts
    return judge(SignalFacts(kind, **facts), weights=weights_of(weights or {}), versions=versions, now=NOW)


@pytest.mark.parametrize(
    ("kind", "facts", "verdict", "weight"),
    [
        ("explicit_correction", {"edit_distance": 10}, "candidate", 0.90),
        ("explicit_correction", {"edit_distance": 9}, "refused", 0.0),
        ("agent_escalation", {}, "candidate", 0.80),
        ("csat", {"value": 1}, "candidate", 0.70),
        ("csat", {"value": 2}, "candidate", 0.70),
        ("csat", {"value": 3}, "monitoring", 0.70),
        ("thumbs_down", {}, "candidate", 0.50),
        ("session_abandon", {}, "negative", 0.40),
        ("follow_up_question", {}, "priority", 0.30),
        ("reformulation", {}, "priority", 0.30),
        ("copy", {}, "monitoring", 0.0),
        ("dwell", {"value": 12}, "monitoring", 0.0),
        ("suggestion_rejected", {}, "monitoring", 0.0),
        ("sensor", {"value": 1}, "monitoring", 0.0),
        ("thumbs_up", {}, "monitoring", 0.0),
    ],
)
def test_judge_gives_the_verdict_of_the_design(kind, facts, verdict, weight):
    judgement = judged(kind, **facts)
    assert (judgement.verdict, judgement.weight) == (verdict, weight)
    assert judgement.rule.endswith(".")


@given(st.sampled_from(filters.KINDS))
def test_judge_refuses_adversarial_users_whatever_they_send(kind):
    judgement = judged(kind, edit_distance=10, value=1, is_adversarial=True, is_duplicate=True)
    assert (judgement.verdict, judgement.rule) == ("refused", filters.RULE_ADVERSARIAL)


def test_judge_refuses_duplicates():
    assert judged("thumbs_down", is_duplicate=True).rule == filters.RULE_DUPLICATE


@given(st.dictionaries(st.sampled_from(filters.KINDS), st.floats(-2, 2)))
def test_thumbs_up_never_train_whatever_the_project_sets(overrides):
    judgement = judged("thumbs_up", weights=overrides)
    assert (judgement.verdict, judgement.weight) == ("monitoring", 0.0)


def test_weights_of_takes_the_project_s_own_within_0_and_1():
    weights = weights_of({"csat": 0.2, "thumbs_down": 7, "unknown": 0.5})
    assert (weights["csat"], weights["thumbs_down"], weights["explicit_correction"]) == (0.2, 1.0, 0.9)
    assert "unknown" not in weights


def test_a_watched_kind_raises_the_priority_once_the_project_gives_it_a_weight():
    assert judged("suggestion_rejected", weights={"suggestion_rejected": 0.2}).verdict == "priority"


DAY = timedelta(days=1)
MARCH = Version("2026.3", NOW - 10 * DAY, True)
FEBRUARY = Version("2026.2", NOW - 40 * DAY, False)
PLANNED = Version("2026.4", NOW + DAY, True)


@pytest.mark.parametrize(
    ("age_days", "product_version", "versions", "rule"),
    [
        (44, "", [], ""),
        (46, "", [], filters.RULE_OLD),
        (46, "no such version", [FEBRUARY], filters.RULE_OLD),
        (60, "2026.2", [FEBRUARY], ""),  # A version is given, and none broke it.
        (5, "2026.2", [FEBRUARY, MARCH], filters.RULE_BREAKING),
        (5, "2026.3", [FEBRUARY, MARCH], ""),
        (11, "", [MARCH], filters.RULE_BREAKING),  # From before the breaking release.
        (9, "", [MARCH], ""),
        (9, "2026.3", [MARCH, PLANNED], ""),  # A release to come breaks nothing yet.
    ],
)
def test_stale_rule(age_days, product_version, versions, rule):
    occurred_at = NOW - age_days * DAY
    assert stale_rule(occurred_at=occurred_at, product_version=product_version, versions=versions, now=NOW) == rule


def test_stale_feedback_that_never_trains_is_not_refused():
    assert judged("thumbs_up", occurred_at=NOW - 100 * DAY).verdict == "monitoring"
    assert judged("thumbs_down", occurred_at=NOW - 100 * DAY).verdict == "refused"


@pytest.mark.parametrize(
    ("response", "correction", "distance"),
    [
        ("", "refund", 6),
        ("30 days", "14 days", 2),
        ("You can return it.", "You can return it within 14 days.", 10),  # Fifteen inserted, capped.
        ("a" * 200_000, "b" * 200_000, 10),
    ],
)
def test_edit_distance_is_capped_at_ten(response, correction, distance):
    assert edit_distance_capped(response, correction) == distance


@given(st.text(max_size=30), st.text(max_size=30))
def test_edit_distance_is_symmetric_and_zero_only_for_equals(left, right):
    distance = edit_distance_capped(left, right)
    assert distance == edit_distance_capped(right, left)
    assert (distance == 0) == (left == right)
