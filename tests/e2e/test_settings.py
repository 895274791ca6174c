"""A manager sets a project up in a browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.projects import selectors, services
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE
from tests.factories import NOW


@pytest.fixture
def furnished(project, manager):
    """A project with something on every page."""
    factories.member(project, "reviewer", name="Rosa")
    factories.member(project, "adjudicator", name="Ali")
    factories.member(project, "viewer", user=factories.person("Gone", is_active=False, disabled_at=NOW))
    factories.guideline(project, "# Read twice\n\nAnswer **once**.\n\n- One\n- Two")
    services.guideline_publish(project=project, text="# Read twice\n\nAnswer *once* only.", by=manager, now=NOW)
    services.reason_create(
        project=project,
        code="wrong-policy",
        text="Told the wrong policy",
        severity=4,
        label="Refund",
        by=manager,
        now=NOW,
    )
    services.product_version_create(
        project=project, name="2026.1", released_at=NOW, is_breaking=True, by=manager, now=NOW
    )
    services.api_key_create(project=project, name="Support bot", scopes=["ingest"], by=manager, now=NOW)
    manager.can_create_projects = True
    manager.save()
    return project


PAGES = ["settings", "labels", "guidelines", "reasons", "product_versions", "weights", "api_keys", "people"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_settings_look_right(open_page, assert_accessible, shot, login, furnished, manager, size, theme):
    page = login(open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme), manager)
    addresses = {name: reverse(f"console:{name}", args=[furnished.slug]) for name in PAGES}
    addresses["guidelines-2"] = reverse("console:guidelines_version", args=[furnished.slug, 2])
    addresses["labels-1"] = reverse("console:labels_version", args=[furnished.slug, 1])
    addresses |= {"projects": reverse("console:projects"), "project-new": reverse("console:project_new")}
    for name, address in addresses.items():
        assert page.goto(address).status == 200, address
        assert_accessible(page)
        shot(page, f"{name}-{size}-{theme}")


@pytest.fixture
def desk(page, login, furnished, manager):
    return login(page, manager)


def test_a_project_starts_from_a_ready_config(desk):
    desk.goto(reverse("console:project_new"))
    desk.get_by_label("Name").fill("Moods")
    desk.get_by_role("link", name="Sentiment").click()
    expect(desk.locator("#preview")).to_contain_text("Positive")
    expect(desk.get_by_label("Name")).to_have_value("Moods")
    config = desk.get_by_label("Labelling config (Label Studio XML)")
    config.fill(config.input_value().replace('"Mixed"', '"Both at once"').replace("$message", "$output"))
    expect(desk.locator("#preview")).to_contain_text("Both at once")
    expect(desk.get_by_label("$output")).to_have_value("output")
    config.fill("<View>\n<Brush/></View>")
    expect(desk.locator("#config-error")).to_contain_text("<Brush>, line 2: This tag is not supported.")
    desk.get_by_role("link", name="Sentiment").click()
    expect(desk.locator("#preview")).to_contain_text("Mixed")
    desk.get_by_role("button", name="Create the project").click()
    desk.wait_for_url("**/p/moods/settings/")


def test_a_label_is_renamed_with_a_word_on_its_answers(desk, furnished):
    desk.goto(reverse("console:labels", args=[furnished.slug]))
    config = desk.get_by_label("Labelling config (Label Studio XML)")
    config.fill(config.input_value().replace('"Exchange"', '"Swap"'))
    desk.get_by_label("Exchange (intent)").select_option("Swap")
    desk.get_by_role("button", name="Publish version 2").click()
    expect(desk.get_by_text("Version 2 is in use.")).to_be_visible()
    assert selectors.schema_current(project=furnished).label_map == {"Exchange": "Swap"}


def test_guidelines_show_as_they_are_written(desk, furnished):
    desk.goto(reverse("console:guidelines", args=[furnished.slug]))
    desk.get_by_label("Text, in Markdown").fill("Some **bold** words")
    expect(desk.locator("#guideline-preview strong")).to_have_text("bold")
    desk.get_by_role("button", name="Save as version 3").click()
    expect(desk.get_by_role("link", name="Version 3")).to_be_visible()
