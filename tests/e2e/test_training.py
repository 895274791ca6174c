"""A manager looks at training in a browser."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.training.models import TrainingRun
from tests import factories
from tests.console.test_training_views import METRICS, frozen
from tests.e2e.conftest import DESKTOP, PHONE
from tests.factories import NOW

CONFIG = {"base": "minilm", "tuner": "auto", "time_budget_s": 120, "lora": {"r": 8, "alpha": 16, "lr": 0.001}}


@pytest.fixture
def trained(project, manager):
    """A model, a failed run, and one in the middle of LoRA."""
    version = frozen(project, manager)
    curves = {
        "loss_curve": [[step, 2 / (1 + step / 20)] for step in range(10, 210, 10)],
        "validation_curve": [[50, 0.7], [100, 0.8], [150, 0.85], [200, 0.84]],
    }
    run = factories.training_run(version, metrics=METRICS | curves, config=CONFIG, log_tail="12:00:00 Done")
    files = {"adapter/adapter_model.safetensors": "a" * 64, "head.safetensors": "b" * 64, "MODEL_CARD.md": "c" * 64}
    model = factories.model_version(version, kind="lora", metrics=METRICS, files=files, training_run=run)
    failed = factories.training_run(
        version, state="failed", progress=0.3, config=CONFIG, error="The training process ended with signal 9."
    )
    running = factories.training_run(
        version,
        state="running",
        progress=0.5,
        attempt=1,
        config=CONFIG,
        metrics=curves,
        started_at=timezone.now(),
        heartbeat_at=timezone.now(),
        finished_at=None,
        phase="Epoch 4: 0.840 of the validation part correct",
        log_tail="\n".join(f"12:00:{second:02d} Embedding the texts" for second in range(60)),
    )
    return {"project": project, "model": model, "failed": failed, "running": running}


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_training_looks_right(open_page, assert_accessible, shot, login, trained, manager, size, theme):
    page = login(open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme), manager)
    project = trained["project"]
    pages = {
        "training": address("training", project),
        "training-run": address("training_run", project, trained["running"].pk),
        "training-failed": address("training_run", project, trained["failed"].pk),
        "model": address("model_version", project, trained["model"].number),
    }
    for name, where in pages.items():
        assert page.goto(where).status == 200, where
        assert_accessible(page)
        shot(page, f"{name}-{size}-{theme}")


def test_a_manager_starts_a_run(page, login, trained, manager):
    project = trained["project"]
    login(page, manager).goto(address("training", project))
    page.get_by_label("Method").select_option("probe")
    page.get_by_label("Seed").fill("11")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="Training run of")).to_be_visible()
    assert TrainingRun.objects.get(state="queued").seed == 11


def test_a_running_page_follows_and_keeps_what_was_opened(page, login, trained, manager):
    run = trained["running"]
    login(page, manager).goto(address("training_run", trained["project"], run.pk))
    # At one go: between a hand's press and its release the page may be drawn anew.
    page.evaluate("document.querySelector('#run-live details > summary').click()")
    TrainingRun.objects.filter(pk=run.pk).update(progress=0.8, phase="Training again on all items: epoch 1 of 3")
    expect(page.get_by_text("Training again on all items")).to_be_visible()
    expect(page.locator("#run-live details").first).to_have_attribute("open", "")
    TrainingRun.objects.filter(pk=run.pk).update(state="cancelled", finished_at=max(timezone.now(), NOW))
    expect(page.get_by_text("Cancelled")).to_be_visible()
    expect(page.locator("[hx-trigger]#run-live")).to_have_count(0)
