"""Takes the README's pictures from a running `make demo`: .venv/bin/python docs/images/take.py [address]."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
PASSWORD = "touchstone-sample"  # noqa: S105 (of the sample's people)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main(address: str) -> None:
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        manager = _logged_in(browser, address, "manager@example.org")
        manager.screenshot(path=FOLDER / "console.png")
        reviewer = _logged_in(browser, address, "reviewer1@example.org")
        reviewer.get_by_role("link", name="Review Unsure answers").click()
        reviewer.locator("#answer").wait_for()
        reviewer.wait_for_timeout(500)
        reviewer.screenshot(path=FOLDER / "workbench.png")
        browser.close()


def _logged_in(browser: Browser, address: str, email: str) -> Page:
    context = browser.new_context(
        base_url=address, viewport={"width": 1280, "height": 800}, color_scheme="light", locale="en-GB"
    )
    page = context.new_page()
    page.goto("/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.wait_for_load_state("networkidle")
    return page


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
