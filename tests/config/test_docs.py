"""The documents keep to the code: links lead somewhere, and what they name is there."""

import re
from functools import cache
from importlib.util import find_spec

import pytest
from django.core.management import get_commands

from config.embedded.home import CHECKOUT

DOCS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), CHECKOUT / "bench/README.md"])
SETTINGS_PAGE = CHECKOUT / "docs/reference/settings.md"
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.M | re.S)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
FOREIGN = ("https://", "http://", "mailto:")
# Folders whose files the documents name in code spans.
TREE = re.compile(r"^(?:apps|config|tests|bench|templates|static|requirements|docs|\.ci)/[\w./-]*$")
MACHINE_PATH = re.compile(r"(?<![\w.:~$}/-])/(?:home|root|work|Users|tmp|var|opt|mnt|srv)/")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
# Where each table of the settings page says that its variables are read.
SOURCES = {
    "Settings": ["config/settings/*.py"],
    "Embedded services and code": ["config/**/*.py", "apps/**/*.py", "manage.py"],
    "Containers": ["docker-compose.yml"],
    "Make": ["Makefile"],
    "Tests": ["tests/**/*.py"],
}


def name_of(path):
    return str(path.relative_to(CHECKOUT))


@cache
def text_of(path):
    return path.read_text(encoding="utf-8")


def prose(path):
    return INLINE_CODE.sub("", FENCE.sub("", text_of(path)))


def code(path):
    """What stands in code spans and code blocks."""
    text = text_of(path)
    blocks = [match[0] for match in FENCE.finditer(text)]
    return "\n".join([*blocks, *INLINE_CODE.findall(FENCE.sub("", text))])


@cache
def anchors(path):
    """The headings as GitHub names them in an address."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sources(patterns):
    return "\n".join(text_of(path) for pattern in patterns for path in CHECKOUT.glob(pattern))


def documented():
    """Variables by the heading of their table on the settings page."""
    parts = re.split(r"^## (.+)$", text_of(SETTINGS_PAGE), flags=re.M)
    tables = zip(parts[1::2], parts[2::2], strict=True)
    return {title: set(re.findall(r"^\| `(\w+)` \|", body, re.M)) for title, body in tables}


@pytest.mark.parametrize("path", DOCS, ids=name_of)
def test_relative_links_lead_somewhere(path):
    broken = []
    for target in LINK.findall(prose(path)):
        if target.startswith(FOREIGN):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)

    assert broken == []


def test_every_document_stands_in_the_list_of_documents():
    home = CHECKOUT / "docs/README.md"
    listed = {(home.parent / target.partition("#")[0]).resolve() for target in LINK.findall(prose(home))}

    assert [name_of(path) for path in home.parent.glob("**/*.md") if path not in {home, *listed}] == []


@pytest.mark.parametrize("path", DOCS, ids=name_of)
def test_make_targets_exist(path):
    targets = set(re.findall(r"^([a-z]+):", text_of(CHECKOUT / "Makefile"), re.M))

    assert set(re.findall(r"\bmake ([a-z]+)\b", code(path))) <= targets


@pytest.mark.parametrize("path", DOCS, ids=name_of)
def test_commands_and_modules_exist(path):
    text = code(path)
    modules = re.findall(r"python -m ((?:apps|config|bench|tests)[\w.]*)", text)

    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
    assert [module for module in modules if find_spec(module) is None] == []


@pytest.mark.parametrize("path", DOCS, ids=name_of)
def test_named_files_exist(path):
    spans = INLINE_CODE.findall(FENCE.sub("", text_of(path)))
    named = [span for span in spans if TREE.match(span)]

    assert [span for span in named if not (CHECKOUT / span).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=name_of)
def test_no_path_of_one_machine(path):
    assert MACHINE_PATH.findall(text_of(path)) == []


def test_readme_names_the_two_commands():
    assert {"make demo", "make test"} <= set(re.findall(r"make \w+", code(CHECKOUT / "README.md")))


def test_settings_page_has_a_table_for_each_source():
    assert set(documented()) == set(SOURCES)
    assert all(documented().values())


@pytest.mark.parametrize("title", SOURCES)
def test_documented_variables_are_read(title):
    known = set(VARIABLE.findall(sources(SOURCES[title])))

    assert documented()[title] - known == set()


def test_settings_that_are_read_are_documented():
    read = set(re.findall(r"env_(?:str|int|bool|list)\(\s*\"(\w+)\"", sources(SOURCES["Settings"])))

    assert documented()["Settings"] == read


def test_other_variables_that_are_read_are_documented():
    by_hand = r"environ(?:\.get|\.setdefault)?[\[(]\"([A-Z]\w+)\""
    read = set(re.findall(by_hand, sources(["config/**/*.py", "apps/core/*.py"])))
    compose = set(re.findall(r"\$\{(\w+)", sources(SOURCES["Containers"])))
    pages = documented()

    assert read - pages["Settings"] - pages["Embedded services and code"] == set()
    assert compose - pages["Settings"] == pages["Containers"]
