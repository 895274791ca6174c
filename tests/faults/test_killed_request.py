"""The web server dies in the middle of a request: nothing is stored, nothing is stuck, the retry goes through."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from django.db import connection, transaction

from apps.intake.models import Escalation, IdempotentResponse, Trace
from apps.queues.models import Item
from tests import factories
from tests.beside import is_waited_for
from tests.factories.intake import api_key
from tests.ports import free_port
from tests.workers import database_url

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

LIMIT_S = 60


@contextlib.contextmanager
def server(port):
    """The real web server in a process group of its own."""
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1"]
    words += ["--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(port), "config.wsgi:application"]
    env = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    process = subprocess.Popen(words, env=env, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port))
        yield process
    finally:
        kill(process)


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/schema/", timeout=5).read()
    except OSError:
        return False
    return True


def wait_for(condition):
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.05)


def send(port, secret, path, body, key):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Idempotency-Key": key},
    )
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def is_held():
    """Whether anybody holds the lock of a request in this test's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND d.datname = current_database()"
        )
        return cursor.fetchone() is not None


def test_a_request_killed_midway_leaves_nothing_and_can_be_sent_again():
    project = factories.project()
    factories.queue(project)
    factories.reason(project, "wrong")
    secret = api_key(project)[1]
    body = {"reason": "wrong", "trace": {"trace_id": "t1", "input": "help"}}
    died = []

    def first_try(port):
        try:
            send(port, secret, "escalations", body, "k1")
        except OSError as exc:
            died.append(exc)

    port = free_port()
    with server(port) as process, transaction.atomic():
        # An unfinished row of the same trace holds the request in the middle of its transaction.
        blocker = factories.trace(project, "help", trace_id="t1")
        client = threading.Thread(target=first_try, args=(port,))
        client.start()
        wait_for(is_waited_for)
        status, answer = send(port, secret, "escalations", body, "k1")
        assert (status, answer["code"]) == (409, "in_flight")
        kill(process)
        client.join(timeout=LIMIT_S)
        assert died
        transaction.set_rollback(True)
    assert not Trace.objects.filter(pk=blocker.pk).exists()
    wait_for(lambda: not is_held())
    assert not Trace.objects.exists()
    assert not Escalation.objects.exists()
    assert not IdempotentResponse.objects.exists()

    port = free_port()
    with server(port):
        made, again = [send(port, secret, "escalations", body, "k1") for _ in range(2)]
        assert made[0] == 201, made
        assert made == again
    assert Escalation.objects.count() == Item.objects.count() == Trace.objects.count() == 1
