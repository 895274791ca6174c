"""Answers of every kind for tests of the kinds' rules, and what a fit makes of them."""

from apps.consensus.algorithms.agreement_regions import Region
from apps.consensus.algorithms.kinds import Given

LABELS = ("animal", "dog", "cat", "blurred")
PARENTS = {"dog": "animal", "cat": "animal"}


def span(label, start, end):
    return Region(label, (float(start),), (float(end),))


def decide(kind, items, skills):
    return [
        kind.decided([Given(answer, skills.own.get(who)) for who, answer in item.answers], pool=skills.pool)
        for item in items
    ]
