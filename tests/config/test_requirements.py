"""Every dependency is named where it is needed and pinned in one place."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.embedded.home import CHECKOUT

FOLDER = CHECKOUT / "requirements"
FILES = ("base.txt", "ml.txt", "dev.txt")


def requirements(name):
    lines = (FOLDER / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


PINS = {canonicalize_name(pin.name): str(pin.specifier) for pin in requirements("constraints.txt")}


@pytest.mark.parametrize("name", FILES)
def test_requirements_are_pinned_in_the_constraints(name):
    assert [found.name for found in requirements(name) if canonicalize_name(found.name) not in PINS] == []


def test_constraints_are_exact_and_name_no_build():
    assert [pin for pin in PINS.values() if not re.fullmatch(r"==[\w.]+", pin)] == []


@pytest.mark.parametrize("name", [*FILES, "constraints.txt"])
def test_requirement_files_name_no_place(name):
    text = (FOLDER / name).read_text()

    assert re.findall(r"https?://|file:|--index|--find-links|@", text) == []


def test_installed_versions_are_the_pinned_ones():
    wrong = []
    for file in FILES:
        for found in requirements(file):
            if found.marker is None or found.marker.evaluate():
                installed = version(found.name).split("+")[0]  # without the name of a build, as in 2.13.0+cpu
                pinned = PINS[canonicalize_name(found.name)].removeprefix("==")
                wrong += [] if installed == pinned else [f"{found.name} {installed}, pinned {pinned}"]

    assert wrong == []


def imported(folder):
    """Top-level names of the packages that this folder's code imports."""
    names = set()
    for path in (CHECKOUT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names)


@pytest.mark.parametrize("folder", ["apps", "config", "tests", "bench"])
def test_imported_packages_are_required_by_name_not_by_chance(folder):
    """What only comes along with another package may stay away with its next release."""
    named = {canonicalize_name(found.name) for file in FILES for found in requirements(file)}
    owners = packages_distributions()
    foreign = {
        name: {canonicalize_name(owner) for owner in owners[name]} for name in imported(folder) if name in owners
    }

    assert {name: owner for name, owner in foreign.items() if not owner & named} == {}
