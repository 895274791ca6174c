"""A storm: the server dies again and again while somebody labels. Nothing is lost, nothing is stored twice.

STORM_ITEMS=500 is the full storm; the few of every run take under a minute.
"""

import contextlib
import os
import random
import threading
import time

import pytest
from django.db import connections
from django.urls import reverse
from playwright.sync_api import TimeoutError as TooLong
from playwright.sync_api import sync_playwright

from apps.events.models import Event
from apps.labeling.models import Annotation, Draft
from apps.queues.models import Item, Review
from tests import factories
from tests.e2e.conftest import FLAGS, chromium_path
from tests.factories.projects import LABELS, PASSWORD
from tests.faults.test_killed_request import kill, server
from tests.ports import free_port

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]

ITEMS = int(os.environ.get("STORM_ITEMS", "24"))
CALM_S = (1.5, 3.5)  # between the server's coming and its next death
THOUGHT_S = (0.1, 0.4)  # of the person, over each item
PATIENCE_MS = 30_000  # for an answer to go out by itself; then the key is pressed again, and counted


class Storm(threading.Thread):
    """Starts the real server on one port and kills it, until `over` is set; then it stays up."""

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.port, self.rng = port, random.Random(seed)
        self.over, self.is_up = threading.Event(), threading.Event()
        self.kills = 0
        self.wrong: Exception | None = None

    def run(self) -> None:
        try:
            while not self.over.is_set():
                with server(self.port) as process:
                    self.is_up.set()
                    if not self.over.wait(self.rng.uniform(*CALM_S)):
                        kill(process)
                        self.kills += 1
        except Exception as exc:  # shown by the test, in its own thread
            self.wrong = exc
            self.is_up.set()


@pytest.fixture
def page(monkeypatch):
    # Playwright's synchronous interface runs an event loop in this thread, at which Django would refuse the database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser.new_page(locale="en-GB")
        browser.close()
        connections.close_all()  # beside a running loop Django opens one of its own, which nobody else would close


def come_to(page, address):
    """Open a page, however often the server dies meanwhile."""
    for _ in range(60):
        with contextlib.suppress(Exception):
            page.goto(address, timeout=10_000)
            return
        time.sleep(0.3)
    raise AssertionError(f"{address} never opened")


def log_in(page, base, person):
    come_to(page, base + reverse("accounts:login"))
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "login" not in url)


def answer_item(page, number) -> int:
    """Answer one item as a person would; how often its key had to be pressed again."""
    shown = page.locator("#item", has_text=f"message number {number:04}")
    shown.wait_for(timeout=2 * PATIENCE_MS)
    time.sleep(random.Random(number).uniform(*THOUGHT_S))
    if number % 5 == 0:
        page.get_by_label("Note").fill(f"note {number}")
        page.keyboard.press("Escape")
    for again in range(5):
        page.keyboard.press(str(number % 3 + 1))
        with contextlib.suppress(TooLong):
            shown.wait_for(state="detached", timeout=PATIENCE_MS)
            return again
    raise AssertionError(f"item {number} did not go")


def test_a_storm_loses_nothing_and_stores_nothing_twice(page):
    project = factories.project()
    person = factories.member(project)
    queue = factories.queue(project, overlap_min=1, overlap_max=1, deadline_share=0, audit_lane_share=0)
    for number in range(1, ITEMS + 1):
        factories.item(queue, f"message number {number:04}", sort_key=float(-number))
    port = free_port()
    with server(port):
        log_in(page, f"http://127.0.0.1:{port}", person)
    storm = Storm(port, seed=ITEMS)
    storm.start()
    assert storm.is_up.wait(60)
    come_to(page, f"http://127.0.0.1:{port}" + reverse("workbench:queue", args=[queue.pk]))
    start = time.monotonic()
    again = sum(answer_item(page, number) for number in range(1, ITEMS + 1))
    page.get_by_text("All done").wait_for(timeout=2 * PATIENCE_MS)
    storm.over.set()
    storm.join(60)
    assert storm.wrong is None
    print(f"storm: {ITEMS} items, {storm.kills} kills, {again} keys again, {time.monotonic() - start:.0f} s")
    assert storm.kills >= ITEMS // 20
    assert again <= storm.kills
    stored = Annotation.objects.order_by("item__search_text").values_list("item__search_text", "label", "note")
    expected = [
        (f"message number {number:04}", LABELS[number % 3], f"note {number}" if number % 5 == 0 else "")
        for number in range(1, ITEMS + 1)
    ]
    assert list(stored) == expected
    assert Review.objects.filter(state="submitted").count() == Review.objects.count() == ITEMS
    assert Event.objects.filter(verb="annotation.submitted").count() == ITEMS
    assert not Item.objects.filter(state="open").exists()
    assert not Draft.objects.exists()
