"""Golden sets, evaluation, rollout and lineage in a browser: looked at in every size and theme, and walked through."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.evaluation import services as evaluation
from apps.evaluation.services import execution
from apps.golden import services as golden
from apps.queues.models import Item
from apps.rollout import services as rollout
from apps.rollout import tasks
from apps.rollout.services import rescoring
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE
from tests.evaluation.conftest import WORDS, make_version
from tests.factories import NOW
from tests.predictor import WordPredictor

REASON = "The refund policy changes on Monday, and this model alone knows of it."


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path, monkeypatch):
    """Files in a folder that goes; jobs are done by the tests themselves."""
    settings.ARTIFACT_ROOT = tmp_path
    monkeypatch.setattr(tasks.rescoring_run_execute, "delay", lambda run_id: None)
    monkeypatch.setattr(
        execution, "model_predict", WordPredictor({"model-1": {"Exchange": "swap"}, "model-2": WORDS, "model-3": {}})
    )
    monkeypatch.setattr(rescoring, "model_predict", WordPredictor({"model-1": WORDS}))


def _evaluate(model, version, by):
    run = evaluation.evaluation_run_create(candidate=model, golden_version=version, by=by, now=NOW, send=False)
    evaluation.evaluation_run_execute(run_id=run.pk)
    run.refresh_from_db()
    return run


@pytest.fixture
def furnished(project, manager, second_manager):
    """Two versions, three models: a champion, one that passes, one that fails and for which an override waits."""
    factories.guideline(project)
    version = make_version(project, manager, n=160)
    models = [factories.model_version(version) for _ in range(3)]
    first = _evaluate(models[0], version, manager)
    rollout.model_promote(gate_decision=first.gate_decision, by=manager, now=NOW)
    passed, failed = (_evaluate(model, version, manager) for model in models[1:])
    rollout.override_request(gate_decision=failed.gate_decision, reason=REASON, by=second_manager, now=NOW)
    queue = factories.queue(project, "New ones")
    for number in range(6):
        factories.settled_item(queue, "Refund", f"{'mnopqr'[number] * 8} money back, it took {number} weeks")
    for number in range(3):
        factories.item(queue, f"Where is number {number}?")
    changed = version.items.select_related("item__consensus").first().item
    changed.consensus.label, changed.consensus.result = "Exchange", factories.choices_result("Exchange")
    changed.consensus.save()
    golden_set = version.golden_set
    golden.golden_gather(golden_set=golden_set, items=Item.objects.all(), by=manager, now=NOW)
    second = golden.golden_freeze(golden_set=golden_set, by=manager, now=NOW, note="Six weeks of refunds more.")
    factories.settled_item(queue, "Refund", "simulated and made up", source="simulated")
    return {"set": golden_set, "version": second, "passed": passed, "failed": failed, "model": models[0]}


def _addresses(project, made):
    slug, set_slug = project.slug, made["set"].slug
    decision = made["passed"].gate_decision.pk
    override = made["failed"].gate_decision.overrides.get().pk

    def at(name, *args):
        return reverse(f"console:{name}", args=[slug, *args])

    return {
        "golden": at("golden"),
        "golden-set": at("golden_set", set_slug),
        "golden-gather": at("golden_set", set_slug) + "?label=Refund&gather=1",
        "golden-freeze": at("golden_freeze", set_slug),
        "golden-version": at("golden_version", set_slug, 2),
        "golden-verify": at("golden_verify", set_slug, 2),
        "golden-diff": at("golden_diff", set_slug, 2),
        "evaluation": at("evaluation"),
        "evaluation-run": at("evaluation_run", made["passed"].pk),
        "gate-passed": at("evaluation_gate", made["passed"].pk),
        "gate-failed": at("evaluation_gate", made["failed"].pk),
        "rollout": at("rollout"),
        "rollout-promote": at("rollout_promote", decision),
        "rollout-override": at("override_confirm", override),
        "lineage": at("lineage"),
        "lineage-model": at("lineage_model", made["model"].pk),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_pages_look_right(open_page, assert_accessible, shot, login, project, manager, furnished, size, theme):
    page = login(open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme), manager)
    for name, address in _addresses(project, furnished).items():
        assert page.goto(address).status == 200, address
        page.evaluate("for (const one of document.querySelectorAll('details:not(.menu)')) one.open = true")
        assert_accessible(page)
        shot(page, f"{name}-{size}-{theme}")


def test_empty_pages_say_what_will_appear(open_page, assert_accessible, shot, login, project, manager):
    page = login(open_page(viewport=PHONE), manager)
    for name in ("golden", "evaluation", "rollout", "lineage"):
        page.goto(reverse(f"console:{name}", args=[project.slug]))
        assert_accessible(page)
        shot(page, f"{name}-empty-phone")


def test_a_manager_gathers_freezes_and_takes_a_version_away(page, login, project, manager):
    queue = factories.queue(project)
    for number in range(8):
        factories.settled_item(queue, "Refund" if number % 2 else "Exchange", f"{'abcdefgh'[number] * 9} {number}")
    login(page, manager).goto(reverse("console:golden", args=[project.slug]))
    page.get_by_label("Name").fill("Support intents")
    page.get_by_role("button", name="Make the set").click()
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_text("8 settled items are not in the set yet.")).to_be_visible()
    page.get_by_role("button", name="Gather them").click()
    expect(page.get_by_text("8 items gathered.")).to_be_visible()
    page.get_by_role("link", name="Freeze the next version…").click()
    expect(page.get_by_text("The version can never be changed or deleted.")).to_be_visible()
    page.get_by_label("Note").fill("The first eight.")
    page.get_by_role("button", name="Freeze version 1").click()
    expect(page.get_by_role("heading", name="Support intents, version 1")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="JSON Lines").click()
    assert len(waiting.value.path().read_bytes().splitlines()) == 8
    page.get_by_role("link", name="Verify").click()
    expect(page.get_by_role("heading", name="It holds")).to_be_visible()


def test_managers_promote_override_and_roll_back(page, open_page, login, project, manager, second_manager, furnished):
    login(page, manager).goto(reverse("console:evaluation_gate", args=[project.slug, furnished["passed"].pk]))
    page.get_by_role("link", name="Promote…").click()
    expect(page.get_by_text("Model 2 becomes the champion of the project at once.")).to_be_visible()
    page.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Champion now: Model 2"))).to_be_visible()
    expect(page.get_by_text("queued", exact=False).first).to_be_visible()
    rollout.rescoring_run_execute(run_id=project.rescoring_runs.get(model_version__number=2).pk)
    expect(page.get_by_text("3 predicted")).to_be_visible()
    page.get_by_role("button", name="Roll back to model 1").click()
    expect(page.get_by_role("heading", name=re.compile("Champion now: Model 1"))).to_be_visible()
    page.goto(reverse("console:evaluation_gate", args=[project.slug, furnished["failed"].pk]))
    page.get_by_role("link", name="Confirm…").click()
    expect(page.get_by_text(REASON)).to_be_visible()
    page.get_by_role("button", name="Confirm the override and promote").click()
    expect(page.get_by_role("heading", name=re.compile("Champion now: Model 3"))).to_be_visible()
    other = login(open_page(), second_manager)
    other.goto(reverse("console:rollout", args=[project.slug]))
    expect(other.get_by_text("override, asked for by Second manager").first).to_be_visible()


def test_progress_comes_by_itself(page, login, project, manager, furnished):
    model = factories.model_version(furnished["version"])
    run = evaluation.evaluation_run_create(
        candidate=model, golden_version=furnished["version"], by=manager, now=NOW, send=False
    )
    login(page, manager).goto(reverse("console:evaluation_run", args=[project.slug, run.pk]))
    expect(page.get_by_text("waits for a worker")).to_be_visible()
    evaluation.evaluation_run_execute(run_id=run.pk)
    expect(page.get_by_role("link", name="Open the gate")).to_be_visible()
