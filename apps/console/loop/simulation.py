"""Reviewers who are made up: right with a given probability, else wrong at random. Everything they do is marked."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.labeling.models import Annotation
from apps.labeling.widgets import Result, region
from apps.projects.labelling import LabellingConfig, config_of
from apps.projects.models import Membership, Project
from apps.projects.selectors import schema_current
from apps.projects.services import membership_set
from apps.queues.models import Item, Queue
from apps.queues.selectors import items_to_adjudicate
from apps.workbench import services as workbench


def simulated_person(*, name: str, key: str) -> User:
    """A marked person without a password, so nobody can ever log in as him."""
    return User.objects.create_user(f"{key}@simulated.invalid", None, name=name, is_simulated=True)


class SimulatedCrowd:
    """A pool of reviewers and an adjudicator who is as good as one of them.

    Args:
        truth: the true label by trace id; known to the simulation only.
        accuracy: probability of the true label; a mistake is any other label, each as likely.
    """

    def __init__(
        self,
        *,
        project: Project,
        queue: Queue,
        n_reviewers: int,
        accuracy: float,
        truth: Mapping[str, str],
        manager: User,
        now: datetime,
        rng: random.Random,
    ) -> None:
        self.queue, self.truth, self.accuracy, self.rng = queue, truth, accuracy, rng
        self.config: LabellingConfig = config_of(schema_current(project=project))
        self.labels: Sequence[str] = self.config.classes
        self.reviewers = []
        for number in range(1, n_reviewers + 1):
            person = simulated_person(name=f"Simulated reviewer {number}", key=f"reviewer-{number}-{queue.pk}")
            membership_set(project=project, user=person, role=Membership.Role.REVIEWER, by=manager, now=now)
            self.reviewers.append(person)
        self.adjudicator = simulated_person(name="Simulated adjudicator", key=f"adjudicator-{queue.pk}")
        membership_set(project=project, user=self.adjudicator, role=Membership.Role.ADJUDICATOR, by=manager, now=now)

    def settle(self, *, n_items: int) -> int:
        """Answer until so many more items are settled, or nothing is left; returns how many were."""
        start = self._settled()
        settled = start
        while settled < start + n_items:
            # Everybody gets his turn: the sum, unlike `any`, does not stop at the first who answered.
            if not sum(self._round_of_answers(person) for person in self._in_random_order()):
                break
            settled = self._settled()
        return settled - start

    def _in_random_order(self) -> list[User]:
        return self.rng.sample(self.reviewers, len(self.reviewers))

    def _settled(self) -> int:
        return Item.objects.filter(queue=self.queue, state=Item.State.SETTLED).count()

    def _round_of_answers(self, person: User) -> bool:
        now = timezone.now()
        review = workbench.claim_next(queue=self.queue, reviewer=person, now=now, rng=self.rng)
        if review is None:
            return False
        workbench.answer_submit(
            review_id=review.pk,
            reviewer=person,
            token=review.token,
            result=self._answer(review.item),
            duration_ms=0,
            source=Annotation.Source.SIMULATED,
            now=now,
        )
        self._adjudicate(review.item_id)
        return True

    def _adjudicate(self, item_id: UUID) -> None:
        for item in items_to_adjudicate(queue=self.queue, user=self.adjudicator).filter(pk=item_id):
            workbench.adjudicate(
                item_id=item.pk,
                adjudicator=self.adjudicator,
                decision="label",
                result=self._answer(item),
                reason="decided by a simulated adjudicator",
                is_simulated=True,
                now=timezone.now(),
            )

    def _answer(self, item: Item) -> Result:
        truth = self.truth[item.source_key]
        if self.rng.random() < self.accuracy:
            label = truth
        else:
            label = self.rng.choice([other for other in self.labels if other != truth])
        return [region(self.config.primary, [label])]
