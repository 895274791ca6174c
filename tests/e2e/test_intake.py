"""A manager looks at what came in, and brings a file in, in a browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.intake.models import Trace, Upload
from apps.intake.services import adversarial_user_add, escalation_answer, signal_ingest, upload_create
from apps.queues.services.receiving import traces_receive
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE

CSV = (
    'text,intent,plan\n"I ordered two, but only want one",exchange,basic\nWo ist mein Päckchen?,delivery,pro\n,empty,\n'
)


@pytest.fixture
def furnished(project, manager):
    """A project with something on every intake page."""
    now = timezone.now()
    queue = factories.queue(project)
    factories.reason(project, "wrong-policy", text="Told the wrong policy", severity=4)
    rows = [
        {
            "trace_id": f"chat-{number:03}",
            "input": f"where is my parcel, order {number}? it should have come on monday and nobody answers the phone",
            "output": "It is on its way.",
            "model": "assistant-12",
            "user_ref": f"u-{number % 7}",
            "origin": "synthetic" if number % 9 == 0 else "human",
            "attributes": {"language": "en", "plan": "basic"},
            "policy_flags": ["pii"] if number == 64 else [],
            "prediction": {"probabilities": {"Order status": 0.8, "Refund": 0.15, "Exchange": 0.05}},
        }
        for number in range(65)
    ]
    for day in range(5):
        traces_receive(project=project, rows=rows[day::5], now=now - timedelta(days=4 * day))
    adversarial_user_add(project=project, user_ref="u-3", reason="Ten thumbs a minute", by=manager, now=now)
    signals = [
        ("chat-064", "explicit_correction", {"correction": "It left our warehouse today and arrives on Thursday."}),
        ("chat-064", "csat", {"value": 1}),
        ("chat-003", "thumbs_down", {}),
        ("chat-004", "thumbs_up", {}),
        ("chat-005", "reformulation", {}),
    ]
    for trace_id, kind, fields in signals:
        signal_ingest(project=project, row={"trace_id": trace_id, "kind": kind} | fields, now=now)
    trace = Trace.objects.get(trace_id="chat-064")
    reason = project.escalation_reasons.get()
    factories.escalation(trace, reason, deadline_at=now - timedelta(minutes=5), created_at=now - timedelta(hours=1))
    answered = factories.escalation(trace, reason, created_at=now - timedelta(hours=2), comment="Second call today.")
    escalation_answer(escalation=answered, answer={"label": "Refund", "result": []}, now=now - timedelta(hours=1))
    factories.settled_item(queue, "Refund", "settled")
    return project


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_intake_looks_right(open_page, assert_accessible, shot, login, furnished, manager, size, theme):
    page = login(open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme), manager)
    trace = Trace.objects.get(trace_id="chat-064")
    upload = upload_create(project=furnished, name="rows.csv", content=CSV.encode(), by=manager, now=timezone.now())
    names = ["intake", "intake_signals", "intake_escalations", "upload_new"]
    addresses = {name: reverse(f"console:{name}", args=[furnished.slug]) for name in names}
    addresses["intake_trace"] = reverse("console:intake_trace", args=[furnished.slug, trace.pk])
    addresses["upload"] = reverse("console:upload", args=[furnished.slug, upload.pk])
    addresses["api_docs"] = reverse("api_docs")
    for name, address in addresses.items():
        assert page.goto(address).status == 200, address
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        shot(page, f"{name}-{size}-{theme}")


def test_a_file_goes_in_by_its_columns(open_page, login, shot, furnished, manager, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(CSV, encoding="utf-8-sig")
    page = login(open_page(), manager)
    page.goto(reverse("console:intake", args=[furnished.slug]))
    page.get_by_role("link", name="Upload a file").click()
    page.get_by_label("CSV or JSONL file").set_input_files(file)
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_text("I ordered two, but only want one")).to_be_visible()
    page.get_by_label("Label that the model gave").select_option("intent")
    page.get_by_label("Model, where no column names it").fill("assistant-13")
    page.get_by_label("Keep the other columns as attributes").check()
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_text("model: exchange")).to_be_visible()
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.get_by_text("The field is missing.")).to_be_visible()
    shot(page, "upload_report-desktop-light")
    assert Upload.objects.get(state="imported").report["created"] == 2
    made = Trace.objects.get(payload__input="Wo ist mein Päckchen?")
    assert made.attributes == {"plan": "pro"}
    assert made.predictions.get().label == "delivery"
