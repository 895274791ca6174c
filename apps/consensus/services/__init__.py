"""Writes of the consensus floor. Callers hold the lock on the item."""

from apps.consensus.services.adjudications import adjudication_decide, adjudication_withdraw
from apps.consensus.services.aggregate import Standing, consensus_of, consensus_update
from apps.consensus.services.budget import labels_allot
from apps.consensus.services.disputes import dispute_judge, disputes_judge, doubt_of
from apps.consensus.services.facts import FACTS, Facts, item_facts
from apps.consensus.services.guideline_changes import guideline_change_publish, rechecks_ask
from apps.consensus.services.quality import quality_fit

__all__ = [
    "FACTS",
    "Facts",
    "Standing",
    "adjudication_decide",
    "adjudication_withdraw",
    "consensus_of",
    "consensus_update",
    "dispute_judge",
    "disputes_judge",
    "doubt_of",
    "guideline_change_publish",
    "item_facts",
    "labels_allot",
    "quality_fit",
    "rechecks_ask",
]
