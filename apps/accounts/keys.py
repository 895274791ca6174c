"""The single-key commands of the workbench, and what a person may put in their place."""

import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# By what templates name in data-command: (letter, what it does). What answers is a row apart (`answer_row_problem`).
# "/" finds and "?" shows the keys, wherever the others lie.
COMMANDS = {
    "undo": ("u", gettext_lazy("Take the last answer back")),
    "skip": ("s", gettext_lazy("Skip the item")),
    "clear": ("j", gettext_lazy("Clear the model’s suggestion")),
    "escalate": ("e", gettext_lazy("Send to an adjudicator")),
    "ask": ("a", gettext_lazy("Ask about the item")),
    "note": ("n", gettext_lazy("Write a note")),
    "guideline": ("g", gettext_lazy("Guideline")),
    "history": ("h", gettext_lazy("My answers")),
    "link": ("l", gettext_lazy("Link a region to another")),
}
# With Alt, as on pages with text to write, these open the browser's address bar and menu, or answer.
_TAKEN = {
    "d": gettext_lazy("Alt+D goes to the browser\u2019s address bar."),
    "f": gettext_lazy("Alt+F opens the browser\u2019s menu."),
    "c": gettext_lazy("c goes to the text that is to be corrected."),
}
MAX_ANSWER_KEYS = 30  # the column holds no more
# What a row of answer keys must leave alone: the page's own keys, and what browsers find words with.
_TAKEN_IN_ROW = frozenset("/?[]'c")


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


def row_of(text: str) -> str:
    """A row of answer keys as it is kept: small letters without gaps."""
    return "".join(text.lower().split())


def answer_row_problem(row: str, chosen: Mapping[str, str]) -> str:
    """What is wrong with a row of keys that answer, in words; empty: it can be used beside the commands' letters.

    Args:
        row: a key for the first answer, the second, and so on; empty: the digits from 1.
        chosen: the letters of the commands, where they differ from the ready ones.
    """
    if row and not 2 <= len(row) <= MAX_ANSWER_KEYS:
        return _("Choose from 2 to %(most)s keys, one for each answer.") % {"most": MAX_ANSWER_KEYS}
    owners = {chosen.get(command, ready): words for command, (ready, words) in COMMANDS.items()}
    for index, key in enumerate(row):
        if unicodedata.category(key)[0] not in "LNPS" or key in _TAKEN_IN_ROW:
            return _("\u201c%(key)s\u201d cannot answer; the page or the browser needs it. Choose another key.") % {
                "key": key
            }
        if key in row[:index]:
            return _("\u201c%(key)s\u201d stands twice. Each answer needs a key of its own.") % {"key": key}
        if key in owners:
            values = {"key": key, "other": owners[key]}
            return (
                _("\u201c%(key)s\u201d is the key of \u201c%(other)s\u201d. Choose another for one of the two.")
                % values
            )
    return ""
