"""A decision as an example in a guideline's Markdown, where `label_help` reads it."""

import re

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<title>.+?)[ \t]*#*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


def with_example(text: str, *, label: str, example: str, reason: str = "") -> str:
    """The text with one example more: at the end of the label's section, or under a new heading at the end.

    Args:
        label: the heading to look for, whatever its case and emphasis.
        example: what the item says; becomes one line.
        reason: why, in the adjudicator's words; a line of its own, or empty.
    """
    added = [f"- Example: {_one_line(example)}", *([f"  {_one_line(reason)}"] if reason.strip() else [])]
    lines = text.rstrip().splitlines()
    end = _section_end(lines, label)
    if end is None:
        before = [*lines, ""] if lines else []
        return "\n".join([*before, f"## {_one_line(label)}", "", *added]) + "\n"
    return "\n".join([*lines[:end], *added, *lines[end:]]) + "\n"


def _section_end(lines: list[str], label: str) -> int | None:
    """After the last line with words under the label's heading; None where there is no such heading."""
    start, in_code, last = None, False, 0
    for number, line in enumerate(lines):
        in_code ^= bool(_FENCE.match(line))
        heading = None if in_code else _HEADING.match(line)
        if heading and start is not None:
            break
        if heading and _plain(heading["title"]) == _plain(label):
            start = number
        if start is not None and line.strip():
            last = number + 1
    return None if start is None else last


def _plain(title: str) -> str:
    return re.sub(r"[*_`]", "", title).strip().casefold().removeprefix("label:").strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
