"""Making golden sets and gathering settled items into them."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.db import violates
from apps.events.services import event_record
from apps.golden.errors import SetInvalid
from apps.golden.models import GoldenMember, GoldenSet
from apps.golden.selectors import GatherFilter, items_gatherable
from apps.projects.models import Project
from apps.queues.models import Item

INSERT_ROWS = 2000


@transaction.atomic
def golden_set_create(
    *,
    project: Project,
    name: str,
    description: str = "",
    test_share: float = 0.2,
    allows_simulated: bool = False,
    by: User,
    now: datetime,
) -> GoldenSet:
    """Make an empty set. Its salt and test share stay for ever, so that no item ever changes sides.

    Raises:
        SetInvalid: the name is empty or taken, or the share lies outside [0, 1).
    """
    if not name.strip():
        raise SetInvalid(_("Give the set a name."), field="name")
    if not 0 <= test_share < 1:
        raise SetInvalid(_("The test share lies between 0 and 99 %."), field="test_share")
    made = GoldenSet(
        project=project,
        name=name.strip(),
        slug=slugify(name)[:60] or secrets.token_hex(4),  # of a name in signs that no address can hold
        description=description.strip(),
        salt=secrets.token_hex(32),
        test_share=test_share,
        allows_simulated=allows_simulated,
        created_by=by,
        created_at=now,
    )
    _store(made)
    event_record(
        verb="golden_set.created",
        obj=made,
        project_id=project.pk,
        actor=by,
        payload={"test_share": test_share, "allows_simulated": allows_simulated},
        at=now,
    )
    return made


def _store(golden_set: GoldenSet) -> None:
    try:
        # Inner block: the outer transaction must survive the refused insert.
        with transaction.atomic():
            golden_set.save(force_insert=True)
    except IntegrityError as exc:
        if not violates(exc, "goldenset_slug_once"):
            raise
        raise SetInvalid(_("The project already has a golden set of this name."), field="name") from exc


@transaction.atomic
def golden_gather(*, golden_set: GoldenSet, items: QuerySet[Item], by: User, now: datetime) -> int:
    """Add items to what the next version is frozen from; returns how many were new.

    Whatever is asked for, only settled items of the set's project get in, and simulated ones only where it allows them.
    Gathering the same items again adds nothing.
    """
    admitted = items_gatherable(golden_set=golden_set, wanted=GatherFilter()).filter(pk__in=items.values("pk"))
    members = [
        GoldenMember(golden_set=golden_set, item_id=item_id, added_by=by, added_at=now)
        for item_id in admitted.values_list("pk", flat=True)
    ]
    before = golden_set.members.count()
    # Two people may gather at once; the second finds the rows there.
    GoldenMember.objects.bulk_create(members, batch_size=INSERT_ROWS, ignore_conflicts=True)
    added = golden_set.members.count() - before
    if added:
        event_record(
            verb="golden_set.gathered",
            obj=golden_set,
            project_id=golden_set.project_id,
            actor=by,
            payload={"added": added},
            at=now,
        )
    return added


@transaction.atomic
def golden_member_drop(*, golden_set: GoldenSet, item_id: UUID, by: User, now: datetime) -> bool:
    """Leave an item out of the versions to come; frozen ones keep it. Returns whether it was a member."""
    dropped, _ = golden_set.members.filter(item_id=item_id).delete()
    if dropped:
        event_record(
            verb="golden_set.member_dropped",
            obj=golden_set,
            project_id=golden_set.project_id,
            actor=by,
            payload={"item_id": str(item_id)},
            at=now,
        )
    return bool(dropped)
