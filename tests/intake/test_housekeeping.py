from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.intake.errors import UploadDone, UploadRefused
from apps.intake.models import IdempotentResponse, Prediction, Upload
from apps.intake.services import predictions_store, upload_create, upload_discard, upload_map, upload_rows
from apps.intake.tasks import intake_tidy
from tests import factories
from tests.factories import NOW
from tests.factories.intake import api_key


def test_predictions_store_appends_and_repeats_nothing(project):
    traces = [factories.trace(project) for _ in range(3)]
    rows = [(trace.pk, "Refund", {"Refund": 0.6, "Exchange": 0.4}) for trace in traces]
    assert predictions_store(model_ref="model-2", rows=rows, now=NOW) == 3
    assert predictions_store(model_ref="model-2", rows=rows, now=NOW) == 3
    assert predictions_store(model_ref="model-3", rows=iter(rows[:1]), now=NOW) == 1
    assert Prediction.objects.count() == 4
    assert not Prediction.objects.filter(is_logged=True).exists()


def test_the_database_refuses_a_second_prediction_of_a_model(project):
    trace = factories.trace(project)
    factories.prediction(trace, {"a": 1.0})
    with pytest.raises(IntegrityError, match="prediction_once_per_model"), transaction.atomic():
        factories.prediction(trace, {"a": 1.0})


def make(project, manager, content=b"text\nhello\n", now=NOW):
    return upload_create(project=project, name="a.csv", content=content, by=manager, now=now)


def test_a_new_upload_discards_the_person_s_unfinished_one(project, manager, second_manager):
    first, other = make(project, manager), make(project, second_manager)
    make(project, manager)
    states = {upload.pk: upload.state for upload in Upload.objects.all()}
    assert (states[first.pk], states[other.pk]) == ("discarded", "preview")


def test_an_upload_refuses_more_rows_than_it_takes(project, manager):
    with pytest.raises(UploadRefused, match="50,000"):
        make(project, manager, b"text\n" + b"x\n" * 50_001)


def test_an_upload_without_a_guess_waits_for_its_mapping(project, manager):
    upload = make(project, manager, b"a,b\n1,2\n")
    with pytest.raises(InvalidInput):
        upload_rows(upload=upload)
    mapped = upload_map(upload=upload, mapping={"input": "b", "attributes": True})
    (row,) = upload_rows(upload=mapped).rows
    assert (row.fields["input"], row.fields["attributes"]) == ("2", {"a": "1"})


def test_a_finished_upload_takes_no_more(project, manager):
    upload = make(project, manager)
    upload_discard(upload=upload, by=manager, now=NOW)
    with pytest.raises(UploadDone):
        upload_map(upload=upload, mapping={"input": "text"})
    with pytest.raises(UploadDone):
        upload_discard(upload=upload, by=manager, now=NOW)


def test_intake_tidy_drops_what_has_had_its_time(project, manager, second_manager):
    now = timezone.now()
    stale, fresh = make(project, manager, now=now - timedelta(days=2)), make(project, second_manager, now=now)
    key = api_key(project)[0]
    for name, age_days in [("old", 31), ("new", 1)]:
        IdempotentResponse.objects.create(
            api_key=key, key=name, body_hash="h", status=201, response={}, created_at=now - timedelta(days=age_days)
        )
    intake_tidy()
    stale.refresh_from_db()
    fresh.refresh_from_db()
    assert (stale.state, bytes(stale.content), fresh.state) == ("discarded", b"", "preview")
    assert IdempotentResponse.objects.get().key == "new"
