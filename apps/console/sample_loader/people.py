"""The sample's people: some to log in as, some simulated, who never log in."""

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.projects.models import Membership, Project
from apps.projects.services import membership_remove, membership_set

Role = Membership.Role

LOGINS: tuple[tuple[str, str, str], ...] = (
    ("manager@example.org", "Manager", Role.MANAGER),
    ("manager2@example.org", "Second manager", Role.MANAGER),
    ("adjudicator@example.org", "Adjudicator", Role.ADJUDICATOR),
    ("reviewer1@example.org", "Reviewer 1", Role.REVIEWER),
    ("reviewer2@example.org", "Reviewer 2", Role.REVIEWER),
    ("reviewer3@example.org", "Reviewer 3", Role.REVIEWER),
)
N_SIMULATED_REVIEWERS = 5


@dataclass(frozen=True)
class Cast:
    """Everybody in the sample. The second one of `people` is the second manager."""

    people: list[User]
    reviewers: list[User]  # simulated
    adjudicator: User  # simulated

    @property
    def manager(self) -> User:
        return self.people[0]


def cast_create(*, password: str) -> Cast:
    """Make the people, or find them: an address that is there keeps its password and name."""
    people = [_person(email, name, password, role=role) for email, name, role in LOGINS]
    reviewers = [
        _simulated(f"simulated-reviewer-{number}@example.org", f"Simulated reviewer {number}")
        for number in range(1, N_SIMULATED_REVIEWERS + 1)
    ]
    return Cast(people, reviewers, _simulated("simulated-adjudicator@example.org", "Simulated adjudicator"))


def _person(email: str, name: str, password: str, *, role: str) -> User:
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, password, name=name, can_create_projects=role == Role.MANAGER)


def _simulated(email: str, name: str) -> User:
    # Without a usable password nobody can log in as them.
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, None, name=name, is_simulated=True)


def cast_join(*, project: Project, cast: Cast, now: datetime) -> None:
    """Give everybody their role; whoever created the project manages it already."""
    roles = [role for _, _, role in LOGINS]
    pairs = [*zip(cast.people, roles, strict=True), *((user, Role.REVIEWER) for user in cast.reviewers)]
    for user, role in [*pairs, (cast.adjudicator, Role.ADJUDICATOR)]:
        membership_set(project=project, user=user, role=role, by=cast.manager, now=now)


def cast_simulated_leave(*, project: Project, cast: Cast, now: datetime) -> None:
    """The simulated ones have done their part: an item must not wait for somebody who never comes."""
    for user in [*cast.reviewers, cast.adjudicator]:
        membership_remove(project=project, user=user, by=cast.manager, now=now)
