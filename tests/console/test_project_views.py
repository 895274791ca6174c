"""The list of projects, and the page that starts one."""

import re

import pytest
from django.urls import reverse

from apps.projects.label_templates import label_templates
from apps.projects.models import Project
from tests import factories

LIST, NEW = reverse("console:projects"), reverse("console:project_new")
CREATE, PREVIEW = reverse("console:project_create"), reverse("console:project_preview")


@pytest.fixture
def founder(db):
    return factories.person("Founder", can_create_projects=True)


def fields(**changes):
    given = {
        "name": "Support",
        "config": factories.choices_config(),
        "map.message": "input",
        "sample": '{"input": "hello"}',
    }
    return {key.replace("__", "."): value for key, value in (given | changes).items()}


def test_project_list_shows_ones_own_only(client, project, manager):
    factories.project("Somebody's")
    client.force_login(manager)
    html = client.get(LIST).content.decode()
    assert project.name in html
    assert "Somebody" not in html
    assert NEW not in html


def test_project_list_of_nobody_says_what_will_be_here(client, founder):
    client.force_login(founder)
    assert "Start the first project" in client.get(LIST).content.decode()


@pytest.mark.parametrize("page", [LIST, NEW])
def test_pages_need_a_login(client, db, page):
    assert client.get(page)["Location"].startswith(reverse("accounts:login"))


def test_new_is_for_those_who_may_create(client, manager):
    client.force_login(manager)
    assert client.get(NEW).status_code == 403
    assert client.post(CREATE, fields()).status_code == 403
    assert client.post(PREVIEW, fields()).status_code == 403


@pytest.mark.parametrize("page", [CREATE, PREVIEW])
def test_writes_need_to_be_posts(client, founder, page):
    client.force_login(founder)
    assert client.get(page).status_code == 405
    assert client.post(NEW).status_code == 405


@pytest.mark.parametrize("template", label_templates(), ids=lambda template: template.slug)
def test_new_previews_each_template_and_posts_back_to_a_project(client, founder, template):
    client.force_login(founder)
    html = client.get(NEW, {"template": template.slug}).content.decode()
    assert "What the reviewer will see" in html
    assert " inert>" in html
    sent = {f"map.{name}": expression for name, expression in template.mapping.items()}
    answer = client.post(CREATE, {"name": template.title, "config": template.config, "sample": "{}", **sent})
    assert answer.status_code == 302
    project = Project.objects.get()
    assert answer["Location"] == reverse("console:settings", args=[project.slug])
    assert project.memberships.get().user == founder


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Give the project a name."),
        ({"name": "\x00"}, "Give the project a name."),
        ({"config": "<View>\n</View>"}, "&lt;View&gt;, line 1: It shows nothing and asks nothing."),
        ({"config": "<View>"}, "not well-formed"),
        ({"map__message": "("}, "is not JMESPath"),
    ],
)
def test_create_keeps_what_was_typed_and_says_what_is_wrong(client, founder, changes, words):
    client.force_login(founder)
    answer = client.post(CREATE, fields(description="Kept words", **changes))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert "Kept words" in html
    assert not Project.objects.exists()


def test_preview_brings_rows_for_new_variables_only(client, founder):
    client.force_login(founder)
    same = client.post(PREVIEW, fields()).content.decode()
    assert 'id="mapping-rows"' not in same
    other = client.post(
        PREVIEW, fields(config=factories.choices_config().replace("$message", "$output"))
    ).content.decode()
    assert re.search(r'name="map.output" value="output"', other)
    assert 'name="map.message"' not in other
