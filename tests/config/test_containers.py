"""There may be no container engine at hand, so these hold the files against the process list and the settings."""

import json
import re

import pytest
import yaml

from config.embedded.home import CHECKOUT
from config.processes import PROCESSES

COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("web", "worker", "training", "beat")
DOCKERFILE = re.sub(r"\\\n\s*", " ", (CHECKOUT / "Dockerfile").read_text())
# What the containers fill into the process list.
VALUES = {
    "host": "0.0.0.0",
    "port": "8000",
    "workers": "2",
    "threads": "4",
    "concurrency": "2",
    "schedule": "/tmp/beat-schedule",
}
# Variables that are not ours to read: the container engine's, the web server's, the database image's.
FOREIGN = {"REMAP_SIGTERM"}


def filled(text):
    """A value as compose sees it when .env sets nothing but what it must."""
    return re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", lambda match: match[1] or "", str(text))


def stages():
    """Name and instructions of each build stage."""
    return {
        match[1]: [line for line in block.splitlines() if line and not line.startswith("#")]
        for block in re.split(r"(?m)^(?=FROM )", DOCKERFILE)
        if (match := re.match(r"FROM \S+ AS (\S+)", block))
    }


def settings_variables():
    text = "".join(path.read_text() for path in (CHECKOUT / "config/settings").glob("*.py"))
    return set(re.findall(r"env_(?:str|int|bool|list)\(\s*\"(\w+)\"", text))


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_compose_runs_what_the_process_list_says(process):
    expected = [process.words[0], *process.command(VALUES)[1:]]

    assert [filled(word) for word in SERVICES[process.name]["command"]] == expected


def test_compose_has_a_service_for_each_process_and_nothing_unknown():
    assert {process.name for process in PROCESSES} == set(OURS)
    assert set(SERVICES) == {*OURS, "migrate", "postgres", "redis"}


@pytest.mark.parametrize("name", [*OURS, "migrate"])
def test_compose_sets_only_variables_that_the_settings_read(name):
    assert set(SERVICES[name]["environment"]) <= settings_variables() | FOREIGN


@pytest.mark.parametrize("name", [*OURS, "migrate"])
def test_compose_sets_every_variable_without_a_default(name):
    production = (CHECKOUT / "config/settings/prod.py").read_text()
    required = set(re.findall(r"env_(?:str|list)\(\"(\w+)\"\)", production))

    assert required == {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "CELERY_BROKER_URL"}
    assert required <= set(SERVICES[name]["environment"])


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_compose_checks_the_health_of_every_lasting_service(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_compose_starts_after_migration_database_and_broker(name):
    assert {needed: how["condition"] for needed, how in SERVICES[name]["depends_on"].items()} == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "redis": "service_healthy",
    }


def test_compose_opens_one_port_and_only_to_this_machine():
    open_ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert {name: [filled(port) for port in ports] for name, ports in open_ports.items()} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_compose_reaches_database_and_broker_by_their_service_names():
    environment = SERVICES["web"]["environment"]

    assert "@postgres:5432/touchstone" in environment["DATABASE_URL"]
    assert environment["CELERY_BROKER_URL"] == "redis://redis:6379/0"


def test_compose_keeps_what_must_last_in_named_volumes():
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert mounted == set(COMPOSE["volumes"]) == {"artifacts", "postgres", "redis"}


def test_compose_holds_no_secret():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"KEY|PASSWORD|SECRET", name):
                assert re.fullmatch(r"\$\{\w+:[-?][^}]*\}", value), name


@pytest.mark.parametrize("name", OURS)
def test_compose_builds_a_stage_that_exists(name):
    assert SERVICES[name]["build"]["target"] in stages()


def test_dockerfile_runs_as_an_ordinary_user_in_both_images():
    assert "USER touchstone" in stages()["app"]
    # The training image builds on the other and never goes back to root.
    assert re.search(r"^FROM app AS training$", DOCKERFILE, re.M)
    assert [line for line in stages()["training"] if line.startswith("USER")] == []


@pytest.mark.parametrize(("stage", "name"), [("app", "web"), ("training", "training")])
def test_dockerfile_starts_what_compose_starts(stage, name):
    (command,) = [line for line in stages()[stage] if line.startswith("CMD ")]

    assert json.loads(command.removeprefix("CMD ")) == [filled(word) for word in SERVICES[name]["command"]]


def test_dockerfile_exposes_the_port_of_the_web_process():
    assert f"EXPOSE {VALUES['port']}" in stages()["runtime"]


def test_dockerfile_copies_only_what_exists():
    for stage in stages().values():
        for line in stage:
            if line.startswith("COPY ") and "--from" not in line:
                assert (CHECKOUT / line.split()[1]).exists()


def test_dockerfile_installs_pytorch_for_training_only():
    assert "ml.txt" not in " ".join(stages()["base-packages"])
    assert "ml.txt" in " ".join(stages()["ml-packages"])


def test_dockerfile_sets_variables_that_the_settings_read():
    names = set(re.findall(r"(\w+_ROOT)=", DOCKERFILE))

    assert names == {"ARTIFACT_ROOT", "EMBEDDING_CACHE_ROOT"}
    assert names <= settings_variables()


def test_no_secret_reaches_the_image():
    ignored = (CHECKOUT / ".dockerignore").read_text().split()

    assert {".env", "secrets", ".git", ".data", ".venv"} <= set(ignored)


@pytest.mark.parametrize("name", OURS)
def test_compose_gives_the_build_only_arguments_that_the_dockerfile_takes(name):
    assert set(SERVICES[name]["build"]["args"]) <= set(re.findall(r"(?m)^ARG (\w+)=", DOCKERFILE))
