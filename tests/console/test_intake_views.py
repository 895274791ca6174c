import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.intake.models import Trace, Upload
from apps.intake.services import escalation_answer, signal_ingest, upload_create
from apps.queues.models import Item
from tests import factories

PAGES = ["intake", "intake_signals", "intake_escalations", "upload_new", "labels_download"]
FILE = 'text;kind\n"Where is it; my parcel?\nIt is late";delivery\nGrüße;praise\n;empty\n'


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def trace(project):
    return factories.trace(project, "Where is <b>my</b> parcel?", output="On its way.", user_ref="u1", trace_id="t1")


@pytest.fixture
def upload(project, manager):
    return upload_create(project=project, name="rows.csv", content=FILE.encode(), by=manager, now=timezone.now())


def words(response):
    return response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_intake_pages_are_for_members_with_the_right(client, project, manager, viewer, reviewer, stranger, name):
    page = address(name, project)
    assert client.get(page).status_code == 302
    viewing = 403 if name == "upload_new" else 200
    for person, status in [(manager, 200), (viewer, viewing), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status


@pytest.mark.parametrize("name", ["intake", "intake_signals", "intake_escalations"])
def test_empty_pages_offer_the_first_step(desk, project, name):
    assert 'class="empty"' in words(desk.get(address(name, project)))


def test_intake_lists_traces_and_warns(desk, project, trace):
    page = words(desk.get(address("intake", project)))
    assert "Where is &lt;b&gt;my&lt;/b&gt; parcel?" in page
    assert "Do not loop" in page
    assert "500" in page


def test_intake_filters_by_url(desk, project, trace):
    factories.trace(project, "Another", trace_id="x9", model="assistant-2", origin="synthetic")
    for query, shown in [
        ({"q": "t1"}, {"t1"}),
        ({"q": "u1"}, {"t1"}),
        ({"model": "assistant-2"}, {"x9"}),
        ({"origin": "synthetic"}, {"x9"}),
        ({"since": "2026-03-03"}, set()),
        ({"since": "2026-03-02"}, {"t1", "x9"}),
        ({"origin": "nonsense", "since": "31.12."}, {"t1", "x9"}),
    ]:
        response = desk.get(address("intake", project), query)
        assert {one.trace_id for one in response.context["page"].rows} == shown, query


def test_intake_pages_by_cursor(desk, project):
    made = [factories.trace(project, received_at=factories.NOW + timedelta(minutes=n // 2)) for n in range(120)]
    seen, query, sizes = [], "", []
    while True:
        page = desk.get(address("intake", project) + query).context["page"]
        seen += [one.pk for one in page.rows]
        sizes.append(len(page.rows))
        if not page.older:
            break
        query = page.older
    assert sizes == [50, 50, 20]
    assert len(set(seen)) == len(made) == len(seen)


@pytest.mark.parametrize("before", ["x", "2026-03-02T09:00:00~x", "~", "2026-03-02T09:00:00~" + "0" * 32])
def test_a_cursor_that_cannot_be_read_is_the_newest_page(desk, project, trace, before):
    response = desk.get(address("intake", project), {"before": before})
    assert [one.pk for one in response.context["page"].rows] == [trace.pk]


def test_intake_asks_a_fixed_number_of_queries(desk, project, django_assert_max_num_queries):
    for _ in range(20):
        factories.trace(project)
    with django_assert_max_num_queries(14):
        desk.get(address("intake", project))


def test_lists_stay_in_their_project(desk, project):
    other = factories.project("Other")
    trace = factories.trace(other, "secret text")
    factories.escalation(trace, factories.reason(other))
    for name in PAGES:
        assert "secret" not in b"".join(desk.get(address(name, project))).decode()
    assert desk.get(address("intake_trace", project, trace.pk)).status_code == 404


def test_signals_show_verdict_and_rule(desk, project, trace):
    signal_ingest(project=project, row={"trace_id": "t1", "kind": "thumbs_up"}, now=timezone.now())
    response = desk.get(address("intake_signals", project))
    assert "Thumbs up never train" in words(response)
    (group,) = response.context["groups"]
    assert (group.kind, group.verdict, group.count) == ("thumbs_up", "monitoring", 1)
    filtered = desk.get(address("intake_signals", project), {"kind": "csat"})
    assert filtered.context["page"].rows == []


def test_a_manager_lists_an_adversarial_user_and_takes_him_off(desk, project, viewer):
    add, remove = address("adversary_add", project), address("adversary_remove", project)
    assert desk.get(add).status_code == 405
    desk.post(add, {"user_ref": "troll", "reason": "spam"})
    assert project.adversarial_users.get().reason == "spam"
    desk.post(add, {"user_ref": ""})
    assert project.adversarial_users.count() == 1
    desk.post(remove, {"user_ref": "troll"})
    assert not project.adversarial_users.exists()
    desk.force_login(viewer)
    assert desk.post(add, {"user_ref": "x"}).status_code == 403


def test_escalations_show_state_and_deadline(desk, project, trace):
    reason = factories.reason(project)
    late = factories.escalation(trace, reason, deadline_at=factories.NOW)
    held = factories.escalation(trace, reason)
    escalation_answer(escalation=held, answer={"label": "Refund", "result": []}, now=timezone.now())
    page = words(desk.get(address("intake_escalations", project)))
    assert "waiting, late" in page
    assert "held back for undo" in page
    rows = desk.get(address("intake_escalations", project), {"state": "late"}).context["page"].rows
    assert rows == [late]


def test_a_trace_page_shows_all_that_came_in_and_no_votes(desk, project, queue, trace):
    factories.prediction(trace, {"Refund": 0.7, "Exchange": 0.3}, is_logged=True)
    signal_ingest(
        project=project,
        row={"trace_id": "t1", "kind": "explicit_correction", "correction": "It arrives on Monday."},
        now=timezone.now(),
    )
    factories.escalation(trace, factories.reason(project), comment="angry customer")
    item = factories.item(queue, trace=trace)
    factories.annotation(item, factories.member(project, name="Rosa Reviewer"), "Exchange", note="a vote's own note")
    page = words(desk.get(address("intake_trace", project, trace.pk)))
    for part in ("On its way.", "Refund", "0.70", "It arrives on Monday.", "angry customer", queue.name, "u1"):
        assert part in page
    assert "Rosa Reviewer" not in page
    assert "vote's own note" not in page.replace("&#x27;", "'")


def test_an_erased_trace_shows_no_text(desk, project, trace):
    trace.payload.input = trace.payload.output = None
    trace.payload.erased_at = timezone.now()
    trace.payload.save()
    assert "erased" in words(desk.get(address("intake_trace", project, trace.pk)))
    assert "erased" in words(desk.get(address("intake", project)))


def test_an_upload_is_previewed_mapped_and_imported(desk, project, queue):
    file = SimpleUploadedFile("rows.csv", b"\xef\xbb\xbf" + FILE.encode())
    response = desk.post(address("upload_new", project), {"file": file}, follow=True)
    page = words(response)
    assert response.status_code == 200
    assert "Where is it; my parcel?\nIt is late" in page
    assert not Trace.objects.exists()
    upload = Upload.objects.get()
    assert upload.mapping == {"input": "text"}
    mapping = {"input": "text", "attributes": "on", "import": "1"}
    report = desk.post(address("upload_map", project, upload.pk), mapping, follow=True)
    upload.refresh_from_db()
    assert (upload.state, bytes(upload.content)) == ("imported", b"")
    assert (upload.report["created"], upload.report["n_refused"]) == (2, 1)
    assert upload.report["refused"] == [{"row": 5, "field": "input", "message": "The field is missing."}]
    assert "The field is missing." in words(report)
    assert Trace.objects.count() == Item.objects.count() == 2
    assert Trace.objects.filter(attributes={"kind": "delivery"}).exists()


def test_the_same_file_again_changes_nothing(desk, project, queue):
    for _ in range(2):
        desk.post(address("upload_new", project), {"file": SimpleUploadedFile("rows.csv", FILE.encode())})
        upload = Upload.objects.get(state="preview")
        desk.post(address("upload_map", project, upload.pk), {"input": "text", "import": "1"})
    upload.refresh_from_db()
    assert (upload.report["created"], upload.report["repeated"]) == (0, 2)
    assert Item.objects.count() == 2


def test_importing_twice_imports_once(desk, project, queue, upload):
    for _ in range(2):
        response = desk.post(address("upload_map", project, upload.pk), {"input": "text", "import": "1"})
        assert response.status_code == 302
    assert Trace.objects.count() == 2


def test_the_preview_tells_what_cannot_be_shown(desk, project, upload):
    factories.schema(project, mapping={"message": "input.text"})
    assert "input.text" in words(desk.get(address("upload", project, upload.pk)))


@pytest.mark.parametrize("mapping", [{}, {"input": "no such column"}])
def test_a_mapping_without_input_is_refused(desk, project, upload, mapping):
    response = desk.post(address("upload_map", project, upload.pk), mapping | {"import": "1"})
    assert response.status_code == 422
    assert not Trace.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"text\n", "no rows"),
        ("a.csv", b"text\ncaf\xe9\n", "UTF-8"),
        ("a.csv", b'text\n"open', "quotes"),
        ("a.csv", b"x" * (10 * 1024 * 1024 + 1), "10 MiB"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(desk, project, name, content, said):
    response = desk.post(address("upload_new", project), {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 422
    assert said in words(response)
    assert not Upload.objects.exists()


def test_an_upload_can_be_discarded(desk, project, upload):
    desk.post(address("upload_discard", project, upload.pk))
    upload.refresh_from_db()
    assert (upload.state, bytes(upload.content)) == ("discarded", b"")
    assert desk.get(address("upload", project, upload.pk)).status_code == 302


def test_uploads_are_for_managers_of_the_project(client, project, upload, viewer, stranger):
    other = factories.project("Other")
    elsewhere = factories.member(other, "manager")
    for person, status in [(viewer, 403), (stranger, 404), (elsewhere, 404)]:
        client.force_login(person)
        assert client.get(address("upload", project, upload.pk)).status_code == status
        assert client.post(address("upload_map", project, upload.pk), {"input": "text"}).status_code == status
    assert client.get(address("upload", other, upload.pk)).status_code == 404


def test_labels_are_downloaded_with_safe_cells(desk, project, queue):
    item = factories.settled_item(queue, "Refund", "=HYPERLINK(1)", source="simulated")
    factories.item(queue, "undecided")
    response = desk.get(address("labels_download", project))
    assert response["Content-Disposition"].startswith(f'attachment; filename="{project.slug}-labels-')
    (row,) = csv.DictReader(io.StringIO(b"".join(response).decode()))
    assert (row["trace_id"], row["label"], row["simulated"]) == (item.trace.trace_id, "Refund", "true")
    assert row["data.message"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+49", "+49"),
        ("-3.5", "-3.5"),
        ("-- x", "'-- x"),
        ("@a", "'@a"),
        ("", ""),
    ],
)
def test_safe_cell(value, cell):
    from apps.console.labels_csv import safe_cell

    assert safe_cell(value) == cell


def test_trace_page_hides_guesses_from_a_manager_who_reviews(client, project, manager):
    queue = factories.queue(project)
    trace = factories.trace(project)
    factories.prediction(trace, {"Refund": 0.7312, "Exchange": 0.2688})
    factories.item(queue, trace=trace)
    client.force_login(manager)
    address = reverse("console:intake_trace", args=[project.slug, trace.pk])
    assert "assistant-1" in client.get(address).content.decode()
    queue.members.create(user=manager)
    page = client.get(address).content.decode()
    assert "hidden from you" in page
    assert "0.73" not in page
    assert "73" not in page.split("Predictions")[1].split("</section>")[0]
