"""The single-key commands of the workbench, and what a person may put in their place."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# By what templates name in data-command: (letter, what it does). Digits answer, "/" finds, "?" shows the keys, and the
# letters of a config's own hotkeys are its own; none of them can be moved here.
COMMANDS = {
    "undo": ("u", gettext_lazy("Take the last answer back")),
    "skip": ("s", gettext_lazy("Skip the item")),
    "escalate": ("e", gettext_lazy("Send to an adjudicator")),
    "ask": ("a", gettext_lazy("Ask about the item")),
    "note": ("n", gettext_lazy("Write a note")),
    "guideline": ("g", gettext_lazy("Guideline")),
    "history": ("h", gettext_lazy("My answers")),
}
# With Alt, as on pages with text to write, these open the browser's address bar and menu, or answer.
_TAKEN = {
    "d": gettext_lazy("Alt+D goes to the browser\u2019s address bar."),
    "f": gettext_lazy("Alt+F opens the browser\u2019s menu."),
    "c": gettext_lazy("c goes to the text that is to be corrected."),
}


def keys_problems(chosen: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the letters chosen, in words, by command; empty: they can be used together."""
    problems = {command: problem for command, letter in chosen.items() if (problem := _problem(letter))}
    owners: dict[str, str] = {}
    for command in COMMANDS:
        letter = chosen.get(command, COMMANDS[command][0])
        if letter in owners and command not in problems:
            values = {"key": letter, "other": COMMANDS[owners[letter]][1]}
            problems[command] = (
                _("\u201c%(key)s\u201d is already the key of \u201c%(other)s\u201d. Choose another.") % values
            )
        owners.setdefault(letter, command)
    return problems


def _problem(letter: str) -> str:
    if len(letter) != 1 or not ("a" <= letter <= "z"):
        return _("Choose one letter from a to z; digits answer.")
    if letter in _TAKEN:
        return _("%(reason)s Choose another letter.") % {"reason": _TAKEN[letter]}
    return ""


def keys_changed(chosen: Mapping[str, str]) -> dict[str, str]:
    """Only what differs from the ready keys, as it is stored."""
    return {command: letter for command, letter in chosen.items() if letter != COMMANDS[command][0]}
