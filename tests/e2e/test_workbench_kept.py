"""Nothing is lost: what a reviewer wrote or answered while the network, the server, the session or the page went."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.labeling.models import Annotation, Draft
from apps.queues.models import Review
from tests import factories
from tests.e2e.test_workbench import answers, expect_item, fill, key, open_queue
from tests.factories.projects import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = re.compile(r"/answer/$")


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure answers", overlap_min=2, deadline_share=0, audit_lane_share=0)


@pytest.fixture
def bench(page, login, queue, reviewer):
    """A reviewer before the first of three items."""
    fill(queue, 3)
    login(page, reviewer)
    open_queue(page, queue)
    return page


def log_in_here(page, person):
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def kept_here(page):
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('kept:'))")


def test_answer_given_without_network_goes_out_when_it_is_back(bench, assert_accessible):
    bench.get_by_label("Note").fill("as I see it")
    expect(bench.locator("[data-saved]")).to_contain_text("saved")
    bench.context.set_offline(True)
    bench.keyboard.press("Escape")
    bench.keyboard.press("2")
    expect(bench.get_by_text("No connection since")).to_be_visible()
    expect(bench.locator("[data-saved]")).to_contain_text("goes out by itself")
    assert_accessible(bench)
    expect_item(bench, "number 01")
    bench.keyboard.press("3")  # the item is still in hand: the last word counts
    bench.wait_for_function("Object.values(localStorage).some((kept) => kept.includes('Order status'))")
    bench.context.set_offline(False)
    expect_item(bench, "number 02")
    expect(bench.get_by_text("No connection since")).to_be_hidden()
    assert [(each.label, each.note) for each in answers()] == [("Order status", "as I see it")]
    assert kept_here(bench) == []
    assert not Draft.objects.exists()


def test_answer_whose_reply_was_lost_is_stored_once(bench):
    def reach_and_lose(route):
        route.fetch()
        route.abort()

    bench.route(ANSWER, reach_and_lose, times=1)
    bench.keyboard.press("1")
    expect_item(bench, "number 02")
    assert [each.label for each in Annotation.objects.all()] == ["Refund"]
    key(bench, "2")
    expect_item(bench, "number 03")
    assert [each.label for each in answers()] == ["Refund", "Exchange"]


def test_answer_kept_over_a_crash_is_sent_by_the_next_page(bench):
    bench.route(ANSWER, lambda route: route.fulfill(status=503))
    bench.keyboard.press("2")
    expect(bench.locator("[data-saved]")).to_contain_text("goes out by itself")
    bench.unroute(ANSWER)
    bench.reload()
    expect_item(bench, "number 02")
    assert [each.label for each in answers()] == ["Exchange"]


def test_answer_kept_too_long_becomes_a_draft(bench, project, queue):
    bench.route(ANSWER, lambda route: route.abort())
    bench.get_by_label("Note").fill("half a thought")
    bench.keyboard.press("Escape")
    bench.keyboard.press("2")
    expect(bench.locator("[data-saved]")).to_contain_text("goes out by itself")
    review = Review.objects.get()
    Review.objects.update(state="expired", token=999_999)
    review.item.reviews.model.objects.filter(pk=review.pk).update(expires_at=timezone.now())
    bench.goto(reverse("workbench:home"))  # first, as the page tries again every second
    bench.unroute(ANSWER)
    open_queue(bench, queue)
    expect(bench.locator(".toast")).to_contain_text("came too late")
    assert not answers().exists()
    assert Draft.objects.get().fields["note"] == ["half a thought"]


def test_draft_written_while_the_server_is_away_comes_back_under_a_new_lease(bench, queue):
    bench.route(re.compile(r"/draft/$"), lambda route: route.fulfill(status=503))
    bench.get_by_label("Note").fill("half a thought")
    expect(bench.locator("[data-saved]")).to_contain_text("kept in this browser")
    Review.objects.update(state="expired", expires_at=timezone.now())
    bench.unroute(re.compile(r"/draft/$"))
    open_queue(bench, queue)
    expect_item(bench, "number 01")
    expect(bench.get_by_label("Note")).to_have_value("half a thought")
    expect(bench.locator("[data-saved]")).to_contain_text("saved")
    assert kept_here(bench) == []


def test_newer_draft_of_another_browser_wins_over_what_was_kept_here(bench, open_page, login, queue, reviewer):
    bench.route(re.compile(r"/draft/$"), lambda route: route.fulfill(status=503))
    bench.get_by_label("Note").fill("older")
    expect(bench.locator("[data-saved]")).to_contain_text("kept in this browser")
    other = login(open_page(), reviewer)
    open_queue(other, queue)
    other.get_by_label("Note").fill("newer")
    expect(other.locator("[data-saved]")).to_contain_text("saved")
    bench.unroute(re.compile(r"/draft/$"))
    bench.reload()
    expect(bench.get_by_label("Note")).to_have_value("newer")


def test_drafts_are_each_person_s_own_and_go_with_the_logout(bench, login, project, queue, reviewer):
    bench.route(re.compile(r"/draft/$"), lambda route: route.fulfill(status=503))
    bench.get_by_label("Note").fill("mine alone")
    expect(bench.locator("[data-saved]")).to_contain_text("kept in this browser")
    bench.context.clear_cookies(name="sessionid")
    other = login(bench, factories.member(project))
    open_queue(other, queue)
    expect(other.get_by_label("Note")).to_have_value("")
    assert len(kept_here(other)) == 1
    other.context.clear_cookies(name="sessionid")
    login(bench, reviewer)
    open_queue(bench, queue)
    expect(bench.get_by_label("Note")).to_have_value("mine alone")
    bench.get_by_text(str(reviewer), exact=True).click()
    bench.get_by_role("button", name="Log out").click()
    bench.get_by_label("Password").wait_for()
    assert kept_here(bench) == []


def test_page_of_an_ended_session_offers_the_login_and_goes_on(bench, reviewer, assert_accessible):
    bench.context.clear_cookies(name="sessionid")
    bench.get_by_label("Note").fill("written too late")
    expect(bench.get_by_text("You are logged out.")).to_be_visible()
    assert_accessible(bench)
    bench.get_by_role("link", name="Log in again").click()
    log_in_here(bench, reviewer)
    expect(bench.get_by_label("Note")).to_have_value("written too late")
    key(bench, "1")
    assert answers().get().note == "written too late"


def test_second_tab_goes_on_after_a_new_login_in_the_first(bench, login, queue, reviewer):
    second = bench.context.new_page()
    second.goto(reverse("workbench:queue", args=[queue.pk]))
    second.locator("#answer").wait_for()
    bench.context.clear_cookies(name="sessionid")
    bench.goto(reverse("accounts:login"))
    log_in_here(bench, reviewer)
    bench.wait_for_url(lambda url: "login" not in url)
    second.keyboard.press("2")  # its page is older than the login; the answer goes out from a fresh one
    expect_item(second, "number 02")
    assert [each.label for each in answers()] == ["Exchange"]


def test_own_keys_and_switches_follow_the_person(open_page, login, queue, reviewer, assert_accessible, shot):
    fill(queue, 4)
    page = login(open_page(), reviewer)
    page.goto(reverse("accounts:settings"))
    page.get_by_label("Take the last answer back").fill("s")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is already the key of")).to_be_visible()
    assert_accessible(page)
    shot(page, "settings-refused")
    page.get_by_label("Take the last answer back").fill("z")
    page.get_by_label("Theme").select_option("dark")
    page.get_by_label("Text size").select_option("large")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    assert_accessible(page)

    other = login(open_page(), reviewer)  # another browser
    open_queue(other, queue)
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    key(other, "1")
    expect_item(other, "number 02")
    expect(other.locator("#actions kbd").first).to_have_text("z")
    other.keyboard.press("u")  # no command any more
    key(other, "z")
    expect_item(other, "number 01")
    assert_accessible(other)
    shot(other, "own-keys-dark")
    other.keyboard.press("?")
    other.route("**/settings/quick/", lambda route: route.abort())
    other.get_by_label("Single-key commands").uncheck()
    other.keyboard.press("Escape")
    other.reload()  # the server has not heard of the switch
    expect_item(other, "number 01")
    expect(other.locator("html")).to_have_attribute("data-keys", "off")
    other.unroute("**/settings/quick/")
    with other.expect_response(lambda reply: "settings/quick" in reply.url and reply.ok):
        other.reload()  # sends it again
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    other.keyboard.press("1")
    other.wait_for_timeout(300)
    assert not answers().exists()


def test_a_change_that_was_begun_comes_back_here_and_elsewhere_until_it_is_sent(
    bench, open_page, login, queue, reviewer
):
    key(bench, "1")
    given = Annotation.objects.get()
    address = reverse("workbench:revise", args=[queue.pk, given.pk])
    bench.goto(address)
    bench.get_by_label("Note").fill("on second thought")
    expect(bench.locator("[data-saved]")).to_contain_text("saved")
    other = login(open_page(), reviewer)
    other.goto(address)
    expect(other.get_by_label("Note")).to_have_value("on second thought")
    bench.route(re.compile(r"/draft/$"), lambda route: route.abort())
    bench.get_by_label("Note").fill("on third thought")
    expect(bench.locator("[data-saved]")).to_contain_text("kept in this browser")
    bench.unroute(re.compile(r"/draft/$"))
    bench.route(re.compile(r"/answers/[^/]+/$"), lambda route: route.fulfill(status=503, body="away"), times=1)
    bench.get_by_role("button", name="Exchange").click()
    expect(bench.get_by_text("away", exact=True)).to_be_visible()
    bench.goto(address)
    expect(bench.get_by_label("Note")).to_have_value("on third thought")
    expect(bench.locator("[data-saved]")).to_contain_text("saved")
    bench.get_by_role("button", name="Exchange").click()
    expect_item(bench, "number 02")
    assert [(each.label, each.note) for each in answers()] == [("Exchange", "on third thought")]
    assert not Draft.objects.exists()
    assert kept_here(bench) == []
