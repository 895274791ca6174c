"""A reviewer's Chromium before the web process of a benchmark."""

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def reviewer_page(address: str, email: str) -> Iterator[Any]:
    """A page of a person who has just logged in."""
    from playwright.sync_api import sync_playwright

    from tests.browser import find_chromium
    from tests.factories.projects import PASSWORD

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        page = browser.new_page(base_url=address)
        page.goto("/login/")
        page.fill("input[name=username]", email)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/review/**")
        yield page
        browser.close()
