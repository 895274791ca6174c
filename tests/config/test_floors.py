"""What import-linter cannot see: string foreign keys and migrations obey the floors too, and no app is forgotten."""

import tomllib

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.embedded.home import CHECKOUT

CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
# Upper floors first, as the contract lists them.
FLOORS = [layer.strip("()").removeprefix("apps.") for layer in CONTRACTS["Floors"]["layers"]]
HEIGHT = {app: len(FLOORS) - place for place, app in enumerate(FLOORS)}
FOLDERS = {path.parent.name for path in CHECKOUT.glob("apps/*/__init__.py")}


def test_floors_stand_in_the_order_of_the_design():
    assert FLOORS == [
        "console", "workbench", "monitoring", "rollout", "evaluation", "training", "golden", "consensus", "labeling",
        "queues", "intake", "projects", "events", "accounts", "core",
    ]  # fmt: skip


def test_every_app_has_its_floor_and_its_rooms():
    rooms = {container.removeprefix("apps.") for container in CONTRACTS["Rooms"]["containers"]}

    assert set(FLOORS) >= FOLDERS
    assert rooms == FOLDERS - {"core"}


def test_every_algorithms_package_is_kept_free_of_frameworks():
    packages = {f"apps.{path.parent.name}.algorithms" for path in CHECKOUT.glob("apps/*/algorithms")}

    assert set(CONTRACTS["Algorithms know no framework"]["source_modules"]) == packages


def test_every_installed_app_of_ours_is_a_floor():
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}

    assert ours == FOLDERS


@pytest.mark.parametrize("label", sorted(FOLDERS))
def test_models_refer_only_to_lower_floors(label):
    upwards = [
        f"{model.__name__}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model is not None
        if HEIGHT.get(field.related_model._meta.app_label, 0) > HEIGHT[label]
    ]

    assert upwards == []


@pytest.mark.django_db
def test_migrations_depend_only_on_lower_floors():
    graph = MigrationLoader(connection).disk_migrations
    upwards = [
        f"{app}.{name} -> {needed}"
        for (app, name), migration in graph.items()
        if app in HEIGHT
        for needed, _ in [*migration.dependencies, *((after, "") for after, _ in migration.run_before)]
        if HEIGHT.get(needed, 0) > HEIGHT[app]
    ]

    assert upwards == []
