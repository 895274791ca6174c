"""Answers to known items that were given before verdicts were stored."""

from django.db import migrations

_AT_ONCE = 2_000


def verdicts_backfill(apps, schema_editor):
    """Judge every answer to a known item that has no verdict, by the rule that judged it on each look before."""
    from apps.consensus.services.known_answers import answer_is_right
    from apps.projects.labelling import parse_config

    annotations = apps.get_model("labeling", "Annotation")
    verdicts = apps.get_model("consensus", "KnownVerdict")
    known = apps.get_model("consensus", "KnownAnswer").objects.values("item")
    given = annotations.objects.filter(item__in=known, known_verdict=None)
    rows = given.select_related("item__schema", "item__known_answer", "review").order_by("pk")
    made = (
        verdicts(
            annotation_id=row.pk,
            reviewer_id=row.reviewer_id,
            queue_id=row.item.queue_id,
            given_at=row.review.submitted_at or row.created_at,
            is_right=answer_is_right(
                parse_config(row.item.schema.config),
                row.item.data,
                label=row.label,
                result=row.result,
                known_label=row.item.known_answer.label,
                known_result=row.item.known_answer.result,
            ),
        )
        for row in rows.iterator(chunk_size=_AT_ONCE)
    )
    verdicts.objects.bulk_create(made, batch_size=_AT_ONCE)


class Migration(migrations.Migration):
    dependencies = [("consensus", "0009_known_verdicts")]

    operations = [migrations.RunPython(verdicts_backfill, migrations.RunPython.noop, elidable=True)]
