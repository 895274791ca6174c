#!/usr/bin/env python
"""Django's command line, with the development settings and the embedded services unless told otherwise."""

import contextlib
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line

    from config.embedded import EmbeddedError
    from config.embedded.session import needs_services, services_for_command

    with contextlib.ExitStack() as stack:
        if needs_services(sys.argv):
            try:
                stack.enter_context(services_for_command())
            except EmbeddedError as exc:
                sys.exit(f"Touchstone: {exc}")
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
