"""The small modules of the workbench, in a browser: keys, drafts, toasts, the offline line."""

import pytest
from playwright.sync_api import expect

from tests.e2e import urls_with_bench


@pytest.fixture
def bench(settings, page, db):
    settings.ROOT_URLCONF = "tests.e2e.urls_with_bench"
    urls_with_bench.received.clear()
    urls_with_bench.draft_status["code"] = 204
    page.goto("/bench/")
    return page


def answers():
    return [sent for sent in urls_with_bench.received if sent[0] != "/draft/"]


def drafts():
    return [fields for path, fields in urls_with_bench.received if path == "/draft/"]


def press(page, key):
    """Press a key and wait for the answer of the server that it causes; a draft goes out by itself."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and "draft" not in answer.url):
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("2", ("/answer/", {"label": "exchange", "note": ""})),
        ("u", ("/undo/", {})),
        ("Alt+s", ("/skip/", {})),
        ("Control+Enter", ("/answer/", {"label": "sent", "note": ""})),
    ],
)
def test_key_acts(bench, key, expected):
    press(bench, key)
    assert answers() == [expected]


def test_single_keys_only_write_inside_a_field(bench):
    bench.keyboard.press("n")
    bench.keyboard.type("u2 1")
    expect(bench.get_by_label("Note")).to_have_value("u2 1")
    press(bench, "Control+Enter")
    assert answers() == [("/answer/", {"label": "sent", "note": "u2 1"})]


def test_escape_leaves_the_field(bench):
    bench.keyboard.press("n")
    bench.keyboard.press("Escape")
    press(bench, "1")
    assert answers() == [("/answer/", {"label": "refund", "note": ""})]


def test_keys_with_other_modifiers_and_unusable_controls_do_nothing(bench):
    for key in ("Control+u", "Alt+u", "Meta+u", "x"):
        bench.keyboard.press(key)
    press(bench, "1")
    assert [path for path, _fields in answers()] == ["/answer/"]


def test_sheet_lists_the_keys_and_switches_them_off(bench, assert_accessible):
    bench.keyboard.press("?")
    sheet = bench.get_by_role("dialog", name="Keys on this page")
    expect(sheet.locator("dt")).to_have_text(["1", "2", "n", "u", "Alt+S", "Ctrl+Enter", "?"])
    expect(sheet.locator("dd").first).to_have_text("Refund")
    assert_accessible(bench)
    bench.keyboard.press("1")  # the page behind the sheet does not hear
    sheet.get_by_label("Single-key commands").uncheck()
    bench.keyboard.press("Escape")
    bench.reload()
    bench.keyboard.press("1")
    press(bench, "Alt+s")
    assert [path for path, _fields in answers()] == ["/skip/"]


def test_draft_saves_itself_and_says_so(bench):
    bench.get_by_label("Note").fill("half a thought")
    expect(bench.locator("[data-saved]")).to_contain_text("saved")
    assert drafts() == [{"note": "half a thought"}]


def test_draft_is_kept_while_the_server_refuses_and_comes_back(bench):
    urls_with_bench.draft_status["code"] = 503
    bench.get_by_label("Note").fill("half a thought")
    expect(bench.locator("[data-saved]")).to_contain_text("kept in this browser")
    urls_with_bench.draft_status["code"] = 204
    bench.reload()
    expect(bench.get_by_label("Note")).to_have_value("half a thought")
    expect(bench.locator("[data-saved]")).to_contain_text("saved")
    assert drafts()[-1] == {"note": "half a thought"}


def test_sent_answer_leaves_no_draft_behind(bench):
    urls_with_bench.draft_status["code"] = 503
    bench.get_by_label("Note").fill("half a thought")
    expect(bench.locator("[data-saved]")).to_contain_text("kept in this browser")
    press(bench, "Control+Enter")
    expect(bench.locator(".toast")).to_be_visible()
    bench.reload()
    expect(bench.get_by_label("Note")).to_have_value("")


def test_toast_shows_and_goes_with_the_next_key(bench):
    press(bench, "1")
    expect(bench.locator(".toast")).to_have_text("Answered")
    bench.keyboard.press("Escape")
    expect(bench.locator(".toast")).to_have_count(0)


def test_refused_request_says_what_happened(bench):
    bench.context.clear_cookies()
    press(bench, "u")
    expect(bench.locator(".toast")).to_contain_text("may not")


def test_offline_line_shows_and_goes(bench):
    bench.context.set_offline(True)
    expect(bench.get_by_text("No connection since")).to_be_visible()
    bench.context.set_offline(False)
    expect(bench.get_by_text("No connection since")).to_be_hidden()


def test_keys_that_write_characters_are_no_commands(bench):
    bench.keyboard.press("Control+Alt+s")  # what AltGr sends on some systems
    press(bench, "1")
    assert [path for path, _fields in answers()] == ["/answer/"]


def test_theme_switch_overrides_the_system_and_is_remembered(bench):
    switch = bench.get_by_role("button", name="Theme: auto")
    switch.click()
    bench.reload()
    expect(bench.locator("html")).to_have_attribute("data-theme", "light")
