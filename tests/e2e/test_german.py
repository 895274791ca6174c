"""People who read German walk through the house: no English is left, and nothing breaks with the longer words."""

import re

import pytest
from django.urls import reverse

from apps.queues.models import Item
from config import messages
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_manager import furnished  # noqa: F401 (a fixture)
from tests.factories.projects import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

# What is read on the page: texts, and the attributes that stand for one.
READ = """() => {
  const mine = (node) => !node.closest("script, style, code, textarea");
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (mine(walk.currentNode.parentElement)) found.push(walk.currentNode.data);
  for (const node of document.querySelectorAll("[aria-label], [title], [placeholder], [data-l], [alt]"))
    if (mine(node)) for (const name of ["aria-label", "title", "placeholder", "data-l", "alt"])
      if (node.hasAttribute(name)) found.push(node.getAttribute(name));
  found.push(document.title);
  return found.map((text) => text.trim().replace(/\\s+/g, " ")).filter(Boolean);
}"""
# Messages that the test's own content happens to consist of.
CONTENT = {"Refund", "Exchange", "Order status", "Reviewer", "Adjudicator", "Manager"}


@pytest.fixture(scope="module")
def is_english():
    """Whether a text is one that the German catalogue says otherwise."""
    plain, patterns = set(), []
    for message in messages.kept("de"):
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in forms:
            if not text or text in told or text in CONTENT:
                continue
            parts = re.split(r"%\(\w+\)s", text.strip())
            if len(parts) == 1:
                plain.add(" ".join(text.replace("%%", "%").split()))
            elif len("".join(parts)) > 12:
                patterns.append(".+?".join(re.escape(part.replace("%%", "%")) for part in parts))
    # Some German words look like English ones: "Filter", "Test".
    german = {told for message in messages.kept("de") for told in (message.string or "",) if isinstance(told, str)}
    any_of = re.compile("|".join(patterns))
    return lambda text: text not in german and (text in plain or bool(any_of.fullmatch(text)))


@pytest.fixture
def in_german(is_english, assert_accessible, shot):
    def check(page, name):
        """What is left in English. Axe finds nothing, and nothing sticks out."""
        page.wait_for_load_state("networkidle")
        assert page.locator("html").get_attribute("lang") == "de"
        shot(page, f"german-{name}")
        assert_accessible(page)
        return [(name, text) for text in page.evaluate(READ) if is_english(text)]

    return check


def enter(page, user):
    """Through the login page, where the language is chosen by its own name."""
    page.goto(reverse("accounts:login"))
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_label("E-Mail-Adresse").fill(user.email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: reverse("accounts:login") not in url)


@pytest.fixture(params=[("desktop", "light"), ("phone", "dark")], ids="-".join)
def page_of(request, open_page):
    size, theme = request.param
    return lambda: open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme), f"{size}-{theme}"


def test_reviewer_and_adjudicator_work_in_german(page_of, in_german, project, reviewer, adjudicator):
    new_page, look = page_of
    factories.guideline(project)
    queue = factories.queue(project, "Unsure answers", overlap_min=1, consensus_method="majority")
    for number in range(3):
        factories.item(queue, f"where is parcel {number}")
    page = new_page()
    page.goto(reverse("accounts:login"))
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_label("E-Mail-Adresse").wait_for()
    assert in_german(page, f"login-{look}") == []
    enter(page := new_page(), reviewer)
    assert in_german(page, f"home-{look}") == []
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    page.locator("#answer").wait_for()
    assert in_german(page, f"card-{look}") == []
    with page.expect_response(lambda response: response.request.method == "POST" and response.ok):
        page.keyboard.press("1")
    page.get_by_text("parcel 1").wait_for()
    page.goto(reverse("accounts:settings"))
    assert in_german(page, f"settings-{look}") == []

    disputed = factories.item(queue, "two wishes in one", state="adjudication", open_slots=0)
    for label in ("Refund", "Exchange"):
        factories.annotation(disputed, factories.member(project), label, note="they ask for both")
    factories.consensus(
        disputed, "Refund", state="unsettled", confidence=0.5, posterior={"Refund": 0.5, "Exchange": 0.5}
    )
    enter(page := new_page(), adjudicator)
    page.goto(reverse("workbench:adjudicate", args=[queue.pk]))
    page.get_by_text("two wishes in one").first.wait_for()
    assert in_german(page, f"adjudicate-{look}") == []


CONSOLE = (
    *("home", "intake", "intake_signals", "intake_escalations", "upload_new", "queues", "queue_new", "items"),
    *(
        "quality",
        "quality_agreement",
        "label_errors",
        "proposals",
        "golden",
        "training",
        "evaluation",
        "rollout",
        "lineage",
        "people",
        "events",
    ),
    *("settings", "guidelines", "labels", "reasons", "product_versions", "weights", "api_keys"),
)


def test_manager_reads_the_console_in_german(page_of, in_german, furnished, manager):  # noqa: F811
    new_page, look = page_of
    enter(page := new_page(), manager)
    disputed = Item.objects.get(state="adjudication")
    addresses = {name: reverse(f"console:{name}", args=[furnished.slug]) for name in CONSOLE}
    addresses["queue"] = reverse("console:queue", args=[furnished.slug, disputed.queue.slug])
    addresses["item"] = reverse("console:item", args=[furnished.slug, disputed.pk])
    left = []
    for name, address in addresses.items():
        assert page.goto(address).status == 200, address
        left += in_german(page, f"{name}-{look}")
    assert not left, left
