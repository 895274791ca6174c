"""Bring the demo's database to this code's state, in one process because loading the code takes most of the time."""

import sys

import django
from django.core.management import call_command


def main() -> None:
    """Migrate; with the argument `sample`, load the sample project too, which prints its logins."""
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    if "sample" in sys.argv[1:]:
        call_command("load_sample")


if __name__ == "__main__":
    main()
