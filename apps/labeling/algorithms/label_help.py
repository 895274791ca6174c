"""Examples and counter-examples of labels, read out of a guideline's Markdown.

Under a heading that is a label's name, a line "Example: ..." shows what belongs to the label and a line "Not: ..." (or
"Counter-example: ...") what does not. They are versioned with the guideline, because they are part of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<title>.+?)[ \t]*#*$")
_LINE = re.compile(
    r"^\s*(?:[-*+]\s+)?[*_]{0,2}(?P<kind>examples?|not|counter-?examples?)[*_]{0,2}:[*_]{0,2}\s*(?P<text>\S.*)$", re.I
)
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


@dataclass(frozen=True)
class LabelHelp:
    """What a guideline shows for one label."""

    label: str
    examples: list[str] = field(default_factory=list)
    counter_examples: list[str] = field(default_factory=list)


def label_help(text: str, labels: Sequence[str]) -> list[LabelHelp]:
    """The labels that have examples, in their own order; headings match whatever the case and emphasis."""
    known = {_plain(label): LabelHelp(label) for label in labels}
    current: LabelHelp | None = None
    in_code = False
    for line in text.splitlines():
        in_code ^= bool(_FENCE.match(line))
        heading = None if in_code else _HEADING.match(line)
        if heading:
            current = known.get(_plain(heading["title"]))
        elif current is not None and (found := _LINE.match(line)):
            is_example = found["kind"].lower().startswith("example")
            (current.examples if is_example else current.counter_examples).append(found["text"].strip())
    return [each for each in known.values() if each.examples or each.counter_examples]


def _plain(title: str) -> str:
    """A heading or a label without emphasis and case; "Label: Refund" is "Refund"."""
    return re.sub(r"[*_`]", "", title).strip().casefold().removeprefix("label:").strip()
