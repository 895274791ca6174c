"""Examples by label, read out of a guideline."""

import pytest

from apps.labeling.algorithms.label_help import LabelHelp, label_help

TEXT = """# How to judge
Example: this belongs to no label

## Refund
Money goes back.
- Example: "I want my money back"
* **Example:** give me the cash
- Not: swap it

### Label: **Exchange** ##
Counter-example: refund me
```
## Refund
Example: inside code a heading is none
```
## Something else
Example: nobody's
"""


def test_examples_stand_under_their_label():
    assert label_help(TEXT, ["Exchange", "Refund", "Order status"]) == [
        LabelHelp("Exchange", ["inside code a heading is none"], ["refund me"]),
        LabelHelp("Refund", ['"I want my money back"', "give me the cash"], ["swap it"]),
    ]


@pytest.mark.parametrize(
    "text", ["", "## Refund", "## Refund\nExample:", "Example: x", "\x00## Refund\n\nfor Example: x"]
)
def test_nothing_where_nothing_is_shown(text):
    assert label_help(text, ["Refund"]) == []


def test_labels_match_whatever_the_case():
    assert label_help("## REFUND\nexamples: a", ["refund"]) == [LabelHelp("refund", ["a"])]
