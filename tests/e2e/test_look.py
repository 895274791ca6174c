"""Pages as people meet them: light and dark, on a phone and on a desk, with axe and nothing sticking out."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from tests.e2e.conftest import DESKTOP, PHONE


@pytest.fixture(params=[("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")], ids="-".join)
def look(request, open_page, assert_accessible, shot):
    """(page, visit): a page of one size and theme, and a function that opens an address and looks at it closely."""
    size, theme = request.param
    page = open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme)

    def visit(address, title, status=200):
        answer = page.goto(address)
        assert answer.status == status, address
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        shot(page, f"{title}-{size}-{theme}")

    return page, visit


def test_people_pages(look, manager, login):
    page, visit = look
    _invitation, token = services.user_invite(
        email="new@example.org", name="New", invited_by=manager, now=timezone.now()
    )
    visit(reverse("accounts:login"), "login")
    visit(reverse("accounts:invitation", args=[token]), "invitation")
    visit(reverse("accounts:password_reset"), "password-reset")
    visit(reverse("accounts:password_reset_sent"), "password-reset-sent")
    page.goto(reverse("accounts:login"))
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").wait_for()
    login(page, manager)
    visit(reverse("accounts:account"), "account")


def test_error_pages(look, settings, db):
    settings.ROOT_URLCONF = "tests.e2e.urls_with_error"
    _page, visit = look
    visit("/nothing-here/", "404", 404)
    visit("/broken/", "500", 500)
    visit(reverse("accounts:password_reset_confirm", args=["x", "y"]), "410", 410)


def test_workbench_frame(look, settings, db):
    settings.ROOT_URLCONF = "tests.e2e.urls_with_bench"
    page, visit = look
    visit("/bench/", "bench")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


def test_console_frame_and_every_part(look, settings, db, assert_accessible):
    settings.ROOT_URLCONF = "tests.e2e.urls_with_console"
    page, visit = look
    visit("/parts/", "parts")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert_accessible(page)
