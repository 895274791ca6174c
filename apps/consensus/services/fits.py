"""The periodic fit of every control whose answers are more than one value of one control."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.consensus.algorithms.kinds import Asked, KindOfAnswer, Params, Skills
from apps.consensus.models import Consensus
from apps.consensus.services.parts import Whole, votes_on, whole_of
from apps.labeling.errors import Unmappable
from apps.labeling.models import Annotation
from apps.labeling.schema_chain import SchemaChain
from apps.projects.labelling import Control, LabellingConfig, config_of
from apps.projects.models import LabelSchema
from apps.queues.models import Queue, ReviewerExclusion

# The newest answers that a fit reads: results are read as objects, unlike single labels.
MOST_ANSWERS = 100_000
# Settled items that a fit looks at again, newest first.
MOST_SETTLED = 5_000
_COLUMNS = (
    "item_id",
    "reviewer_id",
    "schema_id",
    "result",
    "item__data",
    "item__state",
    "item__consensus__state",
    "item__consensus__result",
    "item__consensus__label",
    "item__consensus__confidence",
    "item__schema_id",
    "item__known_answer__result",
)


@dataclass(slots=True)
class Judged:
    """One item with the answers to it as the current labels read them."""

    item_id: UUID
    data: dict[str, Any]
    state: str  # of its consensus while the item is settled, else empty
    label: str
    result: Any  # of its consensus
    confidence: float
    known: Any = None  # what an adjudicator decided, or a honeypot's right answer
    people: list[UUID] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ControlFits:
    """What a fit says of each control, and the people that the indexes of its skills stand for."""

    config: LabellingConfig
    people: tuple[UUID, ...]
    skills: Mapping[str, Skills]
    items: Sequence[Judged]

    @property
    def primary(self) -> Skills | None:
        return self.skills.get(self.config.primary.name)

    def of(self, control: Control, people: Sequence[UUID]) -> tuple[Params | None, Sequence[Params | None]]:
        """As `whole_of` wants it."""
        found = self.skills.get(control.name)
        if found is None:
            return None, [None] * len(people)
        place = {person: index for index, person in enumerate(self.people)}
        return found.pool, [found.own.get(place[person]) if person in place else None for person in people]

    def whole(self, item: Judged) -> Whole:
        """The consensus of one item under this fit."""
        return whole_of(self.config, item.data, item.answers, skills_of=lambda control: self.of(control, item.people))


def control_fits(*, queue: Queue) -> ControlFits:
    """Fit every control about the whole item, from answers that were given before any guess was seen.

    What an adjudicator decided is evidence.
    """
    chain = SchemaChain(queue.project)
    config = config_of(chain.current)
    items = list(_judged(queue, chain))
    people = tuple(sorted({person for item in items for person in item.people}))
    place = {person: index for index, person in enumerate(people)}
    asked: dict[str, list[Asked]] = {}
    kinds: dict[str, KindOfAnswer] = {}
    for item in items:
        known = item.known
        told = [*item.answers, known] if known is not None else item.answers
        for control, kind, votes in votes_on(config, item.data, told):
            kinds.setdefault(control.name, kind)
            pairs = [(place[who], vote) for who, vote in zip(item.people, votes, strict=False) if vote is not None]
            if pairs:
                asked.setdefault(control.name, []).append(Asked(pairs, votes[-1] if known is not None else None))
    skills = {name: kinds[name].fitted(given, n_reviewers=len(people)) for name, given in asked.items()}
    return ControlFits(config, people, skills, items)


def _judged(queue: Queue, chain: SchemaChain) -> Iterator[Judged]:
    """Items newest first; an answer that the current labels give no meaning is left out."""
    versions = {schema.pk: schema for schema in chain.versions}
    current: Judged | None = None
    for row in _answers(queue).values_list(*_COLUMNS)[:MOST_ANSWERS].iterator(chunk_size=1000):
        item, person, schema, result, *about = row
        if current is None or current.item_id != item:
            if current is not None and current.people:
                yield current
            current = _item(chain, versions, item, *about)
        read = _read(chain, result, versions[schema])
        if read is not None and person not in current.people:
            current.people.append(person)
            current.answers.append(read)
    if current is not None and current.people:
        yield current


def _item(
    chain: SchemaChain,
    versions: Mapping[Any, LabelSchema],
    item_id: UUID,
    data: dict[str, Any],
    state: str,
    decided: str | None,
    held: Any,
    label: str | None,
    confidence: float | None,
    schema_id: UUID,
    known: Any,
) -> Judged:
    own = versions[schema_id]
    settled = _read(chain, held, own) if state == "settled" and held is not None else None
    if known is not None:
        known = _read(chain, known, own)
    elif decided == Consensus.State.ADJUDICATED:
        known = settled
    stands = decided or "" if settled is not None else ""
    return Judged(item_id, data, stands, label or "", settled, confidence or 0.0, known)


def _answers(queue: Queue) -> QuerySet[Annotation]:
    status, mine = Annotation.Status, {"item": OuterRef("item"), "reviewer": OuterRef("reviewer")}
    revised = Annotation.objects.filter(**mine, status=status.CURRENT, assistance="revised")
    out = ReviewerExclusion.objects.filter(queue=queue, reviewer=OuterRef("reviewer"), ended_at=None)
    return (
        Annotation.objects.filter(item__queue=queue, assistance="none")
        .filter(Q(status=status.CURRENT) | Q(status=status.SUPERSEDED) & Exists(revised))
        .exclude(Exists(out))
        .exclude(Q(item__source="honeypot") & ~Q(item__state="honeypot"))
        .order_by("-item_id", "reviewer_id", "-created_at")
    )


def _read(chain: SchemaChain, result: Any, schema: LabelSchema) -> Any:
    if schema.pk == chain.current.pk:
        return result
    try:
        return chain.read_between(result=result, old=schema, new=chain.current)[1]
    except Unmappable:
        return None
