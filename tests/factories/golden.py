"""Frozen versions whose split the test decides; freezing by itself leaves every item's side to chance."""

from collections.abc import Collection, Iterable

from apps.accounts.models import User
from apps.golden.models import GoldenSet, GoldenVersion, SplitAssignment
from apps.golden.services import golden_freeze, golden_gather, golden_set_create
from apps.queues.models import Item
from tests.factories.clock import NOW

__all__ = ["golden_sides", "golden_version"]


def golden_sides(golden_set: GoldenSet, side: str, items: Iterable[Item]) -> None:
    """The items stand on that side, as if an earlier version of the set had placed them there."""
    SplitAssignment.objects.bulk_create(
        SplitAssignment(golden_set=golden_set, item=item, cluster_key=item.pk.hex, side=side) for item in items
    )


def golden_version(
    items: Collection[Item], *, by: User, test: Collection[Item] = (), name: str = "Gold", **fields
) -> GoldenVersion:
    """The first version of a new set of settled items of one project: those of `test` on the test side, others not."""
    made = golden_set_create(project=next(iter(items)).queue.project, name=name, by=by, now=NOW, **fields)
    golden_gather(golden_set=made, items=Item.objects.filter(pk__in=[item.pk for item in items]), by=by, now=NOW)
    golden_sides(made, "test", test)
    golden_sides(made, "train", set(items) - set(test))
    return golden_freeze(golden_set=made, by=by, now=NOW)
