from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.intake.models import Trace, Upload
from apps.intake.services import upload_create, upload_map
from apps.queues import tasks
from apps.queues.models import Item
from apps.queues.services import imports
from tests import factories


@pytest.fixture
def sent(monkeypatch):
    """What was given to the broker."""
    found = []
    monkeypatch.setattr(tasks.upload_import_execute, "delay", found.append)
    return found


def make(project, by, n_rows):
    content = "text\n" + "".join(f"message {number}\n" for number in range(n_rows)) + "a,ragged row\n"
    return upload_create(project=project, name="rows.csv", content=content.encode(), by=by, now=timezone.now())


def confirm(project, by, n_rows):
    return imports.upload_import(upload=make(project, by, n_rows), by=by, now=timezone.now())


def test_a_small_file_is_imported_at_once(project, manager, sent):
    factories.queue(project)
    upload = confirm(project, manager, 3)
    assert (upload.state, upload.position, bytes(upload.content)) == ("imported", 3, b"")
    assert (upload.report["created"], upload.report["n_refused"]) == (3, 1)
    assert Item.objects.count() == 3
    assert sent == []


def test_a_large_file_goes_to_a_worker(project, manager, sent, django_capture_on_commit_callbacks):
    factories.queue(project)
    with django_capture_on_commit_callbacks(execute=True):
        upload = confirm(project, manager, 1201)
    assert (upload.state, upload.position, sent) == ("importing", 0, [str(upload.pk)])
    for _ in range(2):  # Delivered twice.
        tasks.upload_import_execute(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.state, upload.position, upload.report["created"]) == ("imported", 1201, 1201)
    assert Trace.objects.count() == Item.objects.count() == 1201


def test_an_import_that_broke_off_goes_on_where_it_stopped(project, manager, sent, django_capture_on_commit_callbacks):
    upload = confirm(project, manager, 1201)
    table = imports.intake.upload_rows(upload=upload)
    assert imports._chunk(upload, table)
    upload.refresh_from_db()
    assert (upload.position, Trace.objects.count()) == (500, 500)
    assert imports.imports_resume(now=timezone.now()) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert imports.imports_resume(now=timezone.now() + timedelta(minutes=2)) == 1
    assert sent[-1] == str(upload.pk)
    imports.upload_import_execute(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.report["created"], upload.report["repeated"]) == (1201, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_import_each_row_once(sent):
    project = factories.project()
    upload = confirm(project, factories.member(project, "manager"), 1500)

    def work():
        try:
            imports.upload_import_execute(upload_id=upload.pk)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    upload.refresh_from_db()
    assert (upload.position, upload.report["created"], upload.report["repeated"]) == (1500, 1500, 0)


def test_the_database_refuses_a_position_beyond_the_end(project, manager, sent):
    upload = confirm(project, manager, 3)
    with pytest.raises(IntegrityError, match="upload_position_within"), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(position=4)


def test_the_page_shows_how_far_an_import_is(client, project, manager, sent):
    upload = confirm(project, manager, 1201)
    client.force_login(manager)
    page = client.get(reverse("console:upload", args=[project.slug, upload.pk])).content.decode()
    assert 'max="1201" value="0"' in page
    progress = reverse("console:upload_progress", args=[project.slug, upload.pk])
    assert "HX-Refresh" not in client.get(progress)
    imports.upload_import_execute(upload_id=upload.pk)
    assert client.get(progress)["HX-Refresh"] == "true"


def test_a_mapped_file_keeps_its_mapping(project, manager, sent):
    upload = upload_map(upload=make(project, manager, 2), mapping={"input": "text", "model_name": "m-1"})
    imports.upload_import(upload=upload, by=manager, now=timezone.now())
    assert set(Trace.objects.values_list("model", flat=True)) == {"m-1"}


def test_an_import_that_cannot_go_on_ends_failed(client, project, manager, sent, monkeypatch):
    upload = confirm(project, manager, 1201)
    monkeypatch.setattr(imports, "traces_receive", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imports.upload_import_execute(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.state, bytes(upload.content)) == ("failed", b"")
    client.force_login(manager)
    page = client.get(reverse("console:upload", args=[project.slug, upload.pk])).content.decode()
    assert "broke off after 0 of 1,201 rows" in page
