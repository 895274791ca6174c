"""Gives each pytest run a Postgres of its own, thrown away afterwards, unless DATABASE_URL names one.

Loaded with `-p`, because pytest-django reads the settings before any conftest is imported.
"""

import contextlib
import os
from collections.abc import Generator, Iterator

import pytest

from config.embedded import EmbeddedError, embedded_postgres, embedded_redis, temporary_home

_services = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None, None, None]:
    """Only the controller gets here without a URL: the workers of pytest-xdist inherit its environment."""
    if "DATABASE_URL" not in os.environ and not {"-h", "--help", "-V", "--version"} & set(args):
        home = _services.enter_context(temporary_home())
        try:
            os.environ["DATABASE_URL"] = _services.enter_context(embedded_postgres(home, durable=False))
        except EmbeddedError as exc:
            raise pytest.UsageError(str(exc)) from exc
    return (yield)


def pytest_unconfigure() -> None:
    _services.close()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis for this worker's tests, started when the first of them asks."""
    with temporary_home() as home, embedded_redis(home) as url:
        yield url
