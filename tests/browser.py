"""Finds the Chromium that the browser tests drive. `python -m tests.browser` installs it where it may."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = (
    "The browser tests need Chromium: install the system package chromium (on Debian and Ubuntu: apt-get install "
    "chromium), or name a browser in the variable CHROMIUM."
)


def find_chromium() -> str | None:
    """The browser named by CHROMIUM, else the system's."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def main() -> None:
    if find_chromium() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=env, check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=env, check=False)
    if find_chromium() is None:
        sys.exit(ADVICE)


if __name__ == "__main__":
    main()
