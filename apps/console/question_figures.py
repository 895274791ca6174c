"""Agreement question by question, where a project asks more than one choice: read from the latest answers."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from apps.consensus.algorithms.agreement_estimate import Bootstrap
from apps.consensus.services.known_answers import has_fixed_answers
from apps.consensus.services.question_agreement import Answered, QuestionAgreement, question_agreements
from apps.labeling.models import Annotation
from apps.labeling.suggestions import independent
from apps.projects.labelling import config_of
from apps.projects.models import Project
from apps.projects.selectors import schema_current, schema_known
from apps.queues.models import Item, Queue

# Whole answers are compared, region by region, while somebody waits for the page.
LATEST = 1_000
_BOOTSTRAP = Bootstrap(n_resamples=400, max_groups=400)


def question_rows(*, project: Project, queue: Queue | None = None) -> list[QuestionAgreement]:
    """From the latest LATEST answers that were given blind, known items left out. Two queries; none for one choice.

    Answers under different versions of the labels are not compared with each other.
    """
    if has_fixed_answers(config_of(schema_current(project=project))):
        return []
    rows = Annotation.objects.filter(independent(), item__queue__project=project).exclude(item__source="honeypot")
    if queue is not None:
        rows = rows.filter(item__queue=queue)
    given: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
    for item, schema, result in rows.order_by("-created_at", "-pk").values_list("item", "schema", "result")[:LATEST]:
        given[item, schema].append(result)
    shared = {key: results for key, results in given.items() if len(results) > 1}
    data = dict(Item.objects.filter(pk__in={item for item, _ in shared}).values_list("pk", "data"))
    answered = (
        Answered(config_of(schema_known(schema_id=schema)), data[item], results)
        for (item, schema), results in shared.items()
    )
    return question_agreements(answered, bootstrap=_BOOTSTRAP)
