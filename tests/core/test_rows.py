"""Rows of hand-written SQL are as good as the ORM's own."""

import pytest
from django.db import connection
from django.db.models.expressions import DatabaseDefault

from apps.consensus.models import Consensus
from apps.core.rows import Shape, Writes, joined, new
from apps.core.statements import fetch_one
from apps.events.models import Event
from apps.labeling.models import Annotation
from apps.queues.models import Item, Queue, Review
from tests import factories

pytestmark = pytest.mark.django_db


def read(model, row):
    shape = Shape(model, "t")
    sql = f"SELECT {shape.columns} FROM {model._meta.db_table} t WHERE t.id = %(id)s::uuid"
    return shape.read(fetch_one(sql, {"id": row.pk}))


@pytest.mark.parametrize("model", [Item, Queue, Review])
def test_a_row_reads_as_the_orm_reads_it(project, model):
    queue = factories.queue(project)
    item = factories.item(queue, data={"text": "Größe 3 🙂", "n": [1, {"a": None}]})
    review = factories.review(item, factories.member(project), state="leased")
    made = {Item: item, Queue: queue, Review: review}[model]
    ours, theirs = read(model, made), model.objects.get(pk=made.pk)
    for field in model._meta.concrete_fields:
        assert getattr(ours, field.attname) == getattr(theirs, field.attname), field.name
        assert type(getattr(ours, field.attname)) is type(getattr(theirs, field.attname)), field.name
    assert ours == theirs
    assert (ours._state.adding, ours._state.db) == (theirs._state.adding, theirs._state.db)
    ours.save()
    assert model.objects.filter(pk=made.pk).count() == 1


def test_the_empty_side_of_a_join_is_none(project):
    shape = Shape(Item, "t")
    assert shape.read([None] * shape.width) is None


def test_joined_rows_are_at_hand_and_others_are_fetched(project, django_assert_num_queries):
    item = factories.item(factories.queue(project))
    ours = joined(read(Item, item), queue=item.queue)
    with django_assert_num_queries(0):
        assert ours.queue is item.queue
    with django_assert_num_queries(1):
        assert ours.schema == item.schema


@pytest.mark.parametrize("model", [Annotation, Consensus, Event])
def test_a_new_row_is_as_its_class_makes_it(model):
    ours, theirs = new(model), model()
    drawn = {field.attname for field in model._meta.concrete_fields if field.primary_key or field.attname == "at"}
    for field in model._meta.concrete_fields:
        if field.attname not in drawn:
            mine, its = ours.__dict__[field.attname], theirs.__dict__[field.attname]
            assert type(mine) is type(its), field.name
            assert mine == its or isinstance(its, DatabaseDefault), field.name
    assert ours.pk != new(model).pk or ours.pk is None
    assert (ours._state.adding, ours._state.db) == (theirs._state.adding, theirs._state.db)
    with pytest.raises(AssertionError, match="has not all of item"):
        new(model, item=None)


def test_a_column_left_out_is_read_when_it_is_asked_for(project, django_assert_num_queries):
    item = factories.item(factories.queue(project), "Where is my order?")
    shape = Shape(Item, "t", without=("search_text", "terms"))
    sql = f"SELECT {shape.columns} FROM queues_item t WHERE t.id = %(id)s::uuid"
    ours = shape.read(fetch_one(sql, {"id": item.pk}))
    with django_assert_num_queries(0):
        assert (ours.state, ours.data) == ("open", item.data)
    with django_assert_num_queries(1):
        assert ours.search_text == item.search_text


def test_a_written_row_is_stored_as_the_orm_stores_it(project):
    person = factories.member(project)
    payload = {"words": "“quoted” \\ \n", "n": 2**40, "none": None, "deep": [[{}]]}
    told = {"actor": person, "actor_kind": "person", "actor_ref": "", "verb": "tested", "object_type": "x"}
    rows = [Event(**told, object_id=str(n), project_id=project.pk, payload=payload, at=factories.NOW) for n in range(2)]
    rows[0].save(force_insert=True)
    with Writes() as writes:
        writes.insert(rows[1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e) - 'id' - 'object_id' FROM events_event e WHERE verb = 'tested'")
        first, second = cursor.fetchall()
    assert first == second


def test_moments_come_in_utc_as_the_orm_brings_them(project):
    item = factories.item(factories.queue(project))
    ours, theirs = read(Item, item).enqueued_at, Item.objects.get(pk=item.pk).enqueued_at
    assert (ours, ours.tzinfo, ours.fold) == (theirs, theirs.tzinfo, theirs.fold)
