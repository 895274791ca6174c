"""What an adjudicator's answer may start from."""

from apps.consensus.models import Consensus
from apps.consensus.services.kinds import is_single
from apps.labeling.widgets import Result
from apps.projects.labelling import config_of
from apps.queues.models import Item


def starting_point(*, item: Item, consensus: Consensus | None) -> Result | None:
    """The best proposal for a disputed item that is no single choice: merged spans, likely labels, the middle text.

    What is tied is in it, as taking away is easier than finding.

    None for a single choice: there the votes stand side by side, and one press decides.
    """
    if consensus is None or consensus.state != Consensus.State.UNSETTLED or is_single(config_of(item.schema)):
        return None
    return consensus.result or None
