"""Data made by the previous commit survive this one's migrations, and this code reads every row of them."""

import json
import os
import subprocess
import sys
import tarfile

import psycopg
import pytest

from config.embedded import embedded_postgres, temporary_home
from config.embedded.home import CHECKOUT

# Runs in the previous commit's code, which may be older than the sample project.
FILL = """
from django.core.management import call_command, get_commands
if "load_sample" in get_commands():
    call_command("load_sample", password="sample-password-for-the-upgrade")
else:
    from django.contrib.auth import get_user_model
    get_user_model().objects.create_user(email="kept@example.org", password="x")
"""
# Runs in today's code: every column of every row comes through the models.
READ = """
import json
from django.apps import apps
ours = [m for m in apps.get_models() if m._meta.managed and not m._meta.proxy]
print(json.dumps({m._meta.db_table: sum(1 for _ in m._base_manager.iterator()) for m in ours}))
"""


def git(*words):
    done = subprocess.run(["git", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def previous_commit():
    """The commit to upgrade from: UPGRADE_FROM, else the parent; a history of one commit upgrades from itself."""
    named = os.environ.get("UPGRADE_FROM")
    if named:
        return named
    if git("rev-parse", "--is-shallow-repository") == "true" and git("rev-parse", "HEAD~1") is None:
        pytest.fail("This clone holds one commit only; fetch at least two (git fetch --deepen 1) to test the upgrade.")
    return git("rev-parse", "HEAD~1") or git("rev-parse", "HEAD")


@pytest.fixture
def previous_code(tmp_path):
    """That commit's files. Without a history (a release archive) there is nothing older than these files."""
    commit = previous_commit()
    if commit is None:
        return CHECKOUT
    archive = tmp_path / "previous.tar"
    subprocess.run(["git", "archive", "--output", archive, commit], cwd=CHECKOUT, check=True)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "previous", filter="data")
    return tmp_path / "previous"


def manage(folder, url, *arguments):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST"))}
    env |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.dev", "CELERY_BROKER_URL": "memory://"}
    command = [sys.executable, str(folder / "manage.py"), *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def keys_by_table(url):
    """The primary keys of every row of every table."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT i.indrelid::regclass::text, string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum)"
            " FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE i.indisprimary AND n.nspname = 'public' GROUP BY 1"
        ).fetchall()
        return {table: set(connection.execute(f"SELECT {key} FROM {table}").fetchall()) for table, key in found}


@pytest.mark.timeout(900)
def test_upgrade_from_the_previous_commit_loses_no_row(previous_code):
    with temporary_home() as home, embedded_postgres(home, durable=False) as url:
        manage(previous_code, url, "migrate", "--noinput", "--verbosity", "0")
        manage(previous_code, url, "shell", "--no-imports", "-c", FILL)
        before = keys_by_table(url)
        manage(CHECKOUT, url, "migrate", "--noinput", "--verbosity", "0")
        after = keys_by_table(url)
        read = json.loads(manage(CHECKOUT, url, "shell", "--no-imports", "-c", READ))

    assert sum(map(len, before.values())) > 0
    lost = {table: len(keys - after.get(table, set())) for table, keys in before.items()}
    assert {table: rows for table, rows in lost.items() if rows} == {}
    assert {table: rows for table, rows in read.items() if table in after and rows != len(after[table])} == {}
