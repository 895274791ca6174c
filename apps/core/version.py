"""Which code this is, for manifests and runs."""

import os
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def code_version() -> str:
    """`TOUCHSTONE_VERSION` where the image sets it; else release and commit: "0.1.0+1a2b3c4"."""
    if told := os.environ.get("TOUCHSTONE_VERSION"):
        return told
    with (ROOT / "pyproject.toml").open("rb") as file:
        release = str(tomllib.load(file)["project"]["version"])
    commit = _head_commit(ROOT / ".git")
    return f"{release}+{commit[:7]}" if commit else release


def _head_commit(git: Path) -> str:
    """The commit that is checked out, read without git; empty where that is not told."""
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).exists():
            return (git / name).read_text().strip()
        packed = (git / "packed-refs").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
