"""Settings of a project: who gets in, what is saved, what is refused."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.projects import selectors, services
from tests import factories
from tests.factories import NOW
from tests.factories.projects import LABELS


def url(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def reason(project, manager):
    return services.reason_create(project=project, code="policy", text="Wrong policy", severity=4, by=manager, now=NOW)


@pytest.fixture
def guideline(project):
    return factories.guideline(project, "# Read twice")


PAGES = ["settings", "labels", "guidelines", "reasons", "product_versions", "weights", "people"]
POSTS = [
    "settings_name", "labels_publish", "labels_preview", "guidelines_publish", "guidelines_preview", "reasons_create",
    "product_versions_create", "weights_save", "api_keys_create", "people_invite",
]  # fmt: skip


@pytest.mark.parametrize("name", [*PAGES, "api_keys"])
def test_page_works_for_a_manager_and_has_nothing_inline(client, project, manager, guideline, reason, name):
    client.force_login(manager)
    answer = client.get(url(name, project))
    assert answer.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|\sstyle=", answer.content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_a_viewer_no_form_that_writes(client, project, viewer, guideline, reason, name):
    client.force_login(viewer)
    answer = client.get(url(name, project))
    assert answer.status_code == 200
    assert re.findall(r'<form[^>]*action="/p/[^"]*"', answer.content.decode()) in ([], [answer_form(project, name)])


def answer_form(project, name):
    return f'<form class="form" method="post" action="{url("weights_save", project)}"' if name == "weights" else ""


@pytest.mark.parametrize("name", [*PAGES, "api_keys"])
def test_page_needs_a_login(client, project, name):
    answer = client.get(url(name, project))
    assert answer["Location"].startswith(reverse("accounts:login"))


@pytest.mark.parametrize("name", [*PAGES, "api_keys"])
def test_page_is_unknown_to_a_stranger(client, project, stranger, name):
    client.force_login(stranger)
    assert client.get(url(name, project)).status_code == 404


@pytest.mark.parametrize("name", [*PAGES, "api_keys"])
def test_page_is_shut_to_a_reviewer(client, project, reviewer, name):
    client.force_login(reviewer)
    assert client.get(url(name, project)).status_code == 403


@pytest.mark.parametrize("name", [*PAGES, "api_keys"])
def test_page_refuses_to_be_posted_to(client, project, manager, name):
    client.force_login(manager)
    assert client.post(url(name, project)).status_code == 405


@pytest.mark.parametrize("name", POSTS)
def test_post_is_shut_to_a_viewer_and_unknown_to_a_stranger(client, project, viewer, stranger, name):
    client.force_login(viewer)
    assert client.post(url(name, project)).status_code == 403
    client.force_login(stranger)
    assert client.post(url(name, project)).status_code == 404


@pytest.mark.parametrize("name", POSTS)
def test_post_needs_to_be_a_post(client, project, manager, name):
    client.force_login(manager)
    assert client.get(url(name, project)).status_code == 405


def test_settings_name_saves_or_says_why_not(client, project, manager):
    client.force_login(manager)
    assert client.post(url("settings_name", project), {"name": " "}).status_code == 422
    assert client.post(url("settings_name", project), {"name": "Other", "description": "x"}).status_code == 302
    project.refresh_from_db()
    assert (project.name, project.description) == ("Other", "x")


def publish(client, project, labels, **more):
    fields = {"config": factories.choices_config(labels), "map.message": "input", "sample": '{"input": "hello"}'}
    return client.post(url("labels_publish", project), fields | more)


def test_labels_publish_makes_the_next_version(client, project, manager):
    client.force_login(manager)
    assert publish(client, project, [*LABELS, "Something else"]).status_code == 302
    assert selectors.schema_current(project=project).version == 2
    assert client.get(url("labels", project)).status_code == 200
    assert "Something else" in client.get(url("labels_version", project, 2)).content.decode()
    assert client.get(url("labels_version", project, 3)).status_code == 404


def test_labels_publish_asks_where_the_answers_of_a_lost_label_go(client, project, manager):
    client.force_login(manager)
    answer = publish(client, project, ["Refund", "Swap", "Order status"])
    assert answer.status_code == 422
    assert '<input type="hidden" name="label_old" value="Exchange">' in answer.content.decode()
    moved = publish(client, project, ["Refund", "Swap", "Order status"], label_old="Exchange", label_new="Swap")
    assert moved.status_code == 302
    assert selectors.schema_current(project=project).label_map == {"Exchange": "Swap"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"config": "<View>\n<Foo/></View>"}, "&lt;Foo&gt;, line 2: This tag is not supported."),
        ({"config": "<!DOCTYPE x><View/>"}, "line 1: A config may not declare"),
        ({"map.message": "input["}, "is not JMESPath"),
        ({"map.message": ""}, "has no expression"),
        ({}, "Nothing changed since version 1."),
    ],
)
def test_labels_publish_puts_the_error_beside_its_field(client, project, manager, changes, words):
    client.force_login(manager)
    fields = {"config": factories.choices_config(LABELS), "map.message": "input", "sample": "{}"}
    answer = client.post(url("labels_publish", project), fields | changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert selectors.schema_current(project=project).version == 1


def test_labels_preview_draws_and_writes_nothing(client, project, manager):
    client.force_login(manager)
    fields = {"config": factories.choices_config(["New <b>"]), "map.message": "input", "sample": '{"input": "<i>hi"}'}
    html = client.post(url("labels_preview", project), fields).content.decode()
    assert "&lt;i&gt;hi" in html
    assert "New &lt;b&gt;" in html
    assert html.count('name="label_old"') == 3
    assert selectors.schema_current(project=project).version == 1


@pytest.mark.parametrize(("sample", "words"), [("{", "is not JSON"), ("[]", "must be a JSON object")])
def test_labels_preview_names_a_bad_sample(client, project, manager, sample, words):
    client.force_login(manager)
    fields = {"config": factories.choices_config(LABELS), "map.message": "input", "sample": sample}
    assert words in client.post(url("labels_preview", project), fields).content.decode()


def test_guidelines_publish_preview_and_compare(client, project, manager):
    client.force_login(manager)
    assert client.post(url("guidelines_publish", project), {"text": "Read *once*"}).status_code == 302
    assert client.post(url("guidelines_publish", project), {"text": "Read *twice*"}).status_code == 302
    assert client.post(url("guidelines_publish", project), {"text": "Read *twice*"}).status_code == 422
    preview = client.post(url("guidelines_preview", project), {"text": "**bold** <script>x</script>"}).content.decode()
    assert "<strong>bold</strong>" in preview
    assert "<script" not in preview
    html = client.get(url("guidelines_version", project, 2)).content.decode()
    assert "<del>*once*</del><ins>*twice*</ins>" in html
    assert client.get(url("guidelines_version", project, 9)).status_code == 404


def test_reasons_are_made_and_changed(client, project, manager):
    client.force_login(manager)
    fields = {"code": "policy", "text": "Wrong policy", "severity": "4", "label": "Refund"}
    assert client.post(url("reasons_create", project), fields).status_code == 302
    assert client.post(url("reasons_create", project), fields).status_code == 422
    assert client.post(url("reasons_create", project), fields | {"code": "two words"}).status_code == 422
    reason = selectors.reasons_of(project=project).get()
    assert client.get(url("reason", project, reason.pk)).status_code == 200
    assert client.post(url("reason", project, reason.pk), {"text": "", "severity": "4"}).status_code == 422
    assert client.post(url("reason", project, reason.pk), {"text": "Other", "severity": "1"}).status_code == 302
    reason.refresh_from_db()
    assert (reason.code, reason.text, reason.severity, reason.label, reason.is_active) == (
        "policy",
        "Other",
        1,
        "",
        False,
    )


def test_a_reason_of_another_project_is_unknown(client, project, manager, reason):
    other = factories.project("Other")
    factories.member(other, "manager", user=manager)
    client.force_login(manager)
    assert client.get(url("reason", other, reason.pk)).status_code == 404


def test_product_versions_are_added_once(client, project, manager):
    client.force_login(manager)
    fields = {"name": "2.0", "released_at": "2026-01-05T10:00", "is_breaking": "on"}
    assert client.post(url("product_versions_create", project), fields).status_code == 302
    assert client.post(url("product_versions_create", project), fields).status_code == 422
    assert client.post(url("product_versions_create", project), fields | {"released_at": "then"}).status_code == 422
    assert selectors.product_versions_of(project=project).get().is_breaking


def test_weights_keep_only_the_projects_own(client, project, manager):
    client.force_login(manager)
    page = client.get(url("weights", project)).content.decode()
    fields = dict(re.findall(r'name="(\w+)" value="([\d.]+)"', page))
    assert "thumbs_up" not in fields
    assert client.post(url("weights_save", project), fields | {"csat": "0.6"}).status_code == 302
    project.refresh_from_db()
    assert project.signal_weights == {"csat": 0.6}
    assert client.post(url("weights_save", project), fields | {"csat": "1.5"}).status_code == 422


def test_an_api_key_is_shown_once_and_revoked(client, project, manager):
    client.force_login(manager)
    answer = client.post(url("api_keys_create", project), {"name": "Bot", "scopes": ["ingest", "read"]})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    key = re.search(r'value="(ts_[^"]+)"', answer.content.decode())[1]
    assert key not in client.get(url("api_keys", project)).content.decode()
    row = selectors.api_keys_of(project=project).get()
    assert client.get(url("api_key_revoke", project, row.pk)).status_code == 405
    assert client.post(url("api_key_revoke", project, row.pk)).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at <= timezone.now()
    assert client.post(url("api_keys_create", project), {"name": "Bot"}).status_code == 422


def test_an_api_key_of_another_project_is_unknown(client, project, manager):
    other = factories.project("Other")
    row, _ = services.api_key_create(project=other, name="x", scopes=["read"], by=other.created_by, now=NOW)
    client.force_login(manager)
    assert client.post(url("api_key_revoke", project, row.pk)).status_code == 404
