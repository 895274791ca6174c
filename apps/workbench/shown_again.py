"""What a person gave before, as the form shows it again: under the item's labels of today, by the stated label maps."""

from dataclasses import dataclass
from uuid import UUID

from apps.labeling.errors import Unmappable
from apps.labeling.models import Annotation, Draft
from apps.labeling.schema_chain import SchemaChain
from apps.labeling.widgets import FormState, Result, parse_draft, state_from_post, state_from_result
from apps.projects.labelling import config_of
from apps.projects.models import LabelSchema
from apps.queues.models import Item
from apps.workbench import selectors


def result_again(*, annotation: Annotation, item: Item) -> Result | None:
    """An answer to the item under the schema that the item has now.

    None where a version in between gives it no meaning: then only its words can be told.
    """
    return _under(item.schema, annotation.result, annotation.schema, item)


def draft_again(*, draft: Draft, item: Item) -> FormState:
    """Unfinished work, as it was written; where the labels have changed since, what of it can be read under the new."""
    config = config_of(item.schema)
    if draft.schema is None or draft.schema_id == item.schema_id:
        return state_from_post(config, draft.fields)
    begun = parse_draft(config_of(draft.schema), draft.fields)
    mapped = _under(item.schema, begun, draft.schema, item)
    return FormState() if mapped is None else state_from_result(config, mapped, data=item.data)


def _under(schema: LabelSchema, result: Result, given: LabelSchema, item: Item) -> Result | None:
    if schema.pk == given.pk:
        return result
    try:
        _label, mapped = SchemaChain(item.queue.project).read_between(result=result, old=given, new=schema)
    except Unmappable:
        return None
    return list(mapped)


@dataclass(frozen=True)
class Again:
    """An answer that was taken back, as the form begins with it. `result` is None where it cannot be read any more."""

    annotation: Annotation
    result: Result | None


def taken_back_again(*, item: Item, review_id: UUID) -> Again | None:
    """The answer to the item that its person took back last."""
    earlier = selectors.taken_back(review_id=review_id)
    return Again(earlier, result_again(annotation=earlier, item=item)) if earlier else None
