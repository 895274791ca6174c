"""Writes of the consensus floor. Callers hold the lock on the item."""

from apps.consensus.services.adjudications import adjudication_decide, adjudication_withdraw
from apps.consensus.services.aggregate import Standing, consensus_update
from apps.consensus.services.quality import quality_fit

__all__ = ["Standing", "adjudication_decide", "adjudication_withdraw", "consensus_update", "quality_fit"]
