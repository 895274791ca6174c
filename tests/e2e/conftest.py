"""A real browser before a real server: Django's live server, the system's Chromium, axe for accessibility."""

import os
import shutil
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e import urls_with_widgets
from tests.factories.projects import PASSWORD

# Quiet and alone: no GPU, no updates, no calls home. Without a sandbox, because containers run as root.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_S = 30  # for what a page does; only a broken one needs it, or a machine that is busy with something else
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


expect.set_options(timeout=1000 * PATIENCE_S)


def chromium_path() -> str:
    """The browser to drive; a missing one is an error with the package's name, never a skipped test."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    raise RuntimeError("No Chromium found. Install the package `chromium`, or set CHROMIUM to a browser's path.")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests; every page gets a context, and with it cookies and storage, of its own."""
    # Playwright's synchronous interface runs an event loop in this thread, at which Django would refuse the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def wait_for_rest(live_server) -> None:
    """Wait until the server has done all that its pages asked for, the word of leaving them included.

    What still ran while the tables are emptied could hold one of them and wait for another: a deadlock.
    """
    # Connections are taken in order, so behind this one all have their threads, each of which ends with its connection.
    urllib.request.urlopen(f"{live_server.url}/healthz", timeout=60).close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a request never ended"


@pytest.fixture
def open_page(browser: Browser, live_server):
    """`open_page(viewport=PHONE, theme="dark")` opens an empty page whose addresses start at the live server.

    At the end no page may have logged an error: a script that failed, something the CSP refused, a file not found.
    """
    contexts, complaints = [], []

    def note(message) -> None:
        # Chromium and htmx log every answer of 400 and above and every request that a server or network away has
        # swallowed; which are right is each test's own business.
        about_codes = message.text.startswith(
            ("Failed to load resource", "Response Status Error Code", "htmx:sendError", "htmx:afterRequest")
        )
        if message.type == "error" and not about_codes:
            complaints.append(message.text)

    def open_one(*, viewport=None, theme="light", **options) -> Page:
        options |= {"viewport": viewport or DESKTOP, "color_scheme": theme, "locale": "en-GB"}
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        context.set_default_timeout(1000 * PATIENCE_S)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    wait_for_rest(live_server)
    assert complaints == []


@pytest.fixture
def page(open_page) -> Page:
    return open_page()


@pytest.fixture
def login() -> Callable[..., Page]:
    """`login(page, user)` goes through the real form; `user` comes from the factories, which know the password."""

    def log_in(page: Page, user) -> Page:
        page.goto(reverse("accounts:login"))
        page.get_by_label("E-mail address").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: reverse("accounts:login") not in url)
        return page

    return log_in


@pytest.fixture
def widget_bench(settings, db) -> None:
    """Each ready config alone on a page; `urls_with_widgets.received` holds the answers sent there."""
    settings.ROOT_URLCONF = "tests.e2e.urls_with_widgets"
    urls_with_widgets.received.clear()


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """`assert_accessible(page)`: axe finds nothing, and nothing sticks out to the side."""

    def check(page: Page) -> None:
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        too_wide = page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{page.url} is {too_wide} px wider than the window"

    return check


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """`shot(page, "login")` keeps a screenshot in the folder that SCREENSHOTS names; without it, nothing happens."""
    folder = os.environ.get("SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")

    return keep
