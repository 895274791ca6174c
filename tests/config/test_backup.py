"""The backup of docs/how-to/back-up-and-restore.md restores rows and guarantees alike."""

import subprocess

import psycopg
import pytest
from django.db import connection

from config.embedded.postgres import installations
from tests import factories

GUARANTEES = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"


@pytest.fixture
def address():
    settings = connection.settings_dict
    credentials = f"{settings['USER']}:{settings['PASSWORD']}@"
    place = f"?host={settings['HOST']}" + (f"&port={settings['PORT']}" if settings["PORT"] else "")

    def of(database):
        return f"postgres://{credentials}/{database}{place}"

    return of


@pytest.fixture
def empty_database(address):
    name = f"restored_{connection.settings_dict['NAME']}"
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        server.execute(f'CREATE DATABASE "{name}"')
        yield address(name)
        server.execute(f'DROP DATABASE "{name}"')


@pytest.mark.django_db(transaction=True)
def test_restored_backup_has_the_same_rows_and_triggers(address, empty_database, tmp_path):
    project = factories.project()
    major = connection.pg_version // 10000
    programs = next(found.folder for found in installations() if found.major == major)
    dump, here = tmp_path / "touchstone.dump", address(connection.settings_dict["NAME"])

    subprocess.run([programs / "pg_dump", "--format", "custom", "--file", dump, here], check=True)
    subprocess.run([programs / "pg_restore", "--exit-on-error", "--dbname", empty_database, dump], check=True)

    with psycopg.connect(here) as original, psycopg.connect(empty_database) as restored:
        assert restored.execute("SELECT id FROM projects_project").fetchall() == [(project.pk,)]
        assert restored.execute(GUARANTEES).fetchall() == original.execute(GUARANTEES).fetchall() != []
