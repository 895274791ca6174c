"""Sentences that the system writes down, and that everybody reads later in his own language.

What is stored is English, so that no row tells which language its writer spoke. `stored` marks a sentence for the
catalogue, also in modules that know no framework; `recognised` finds it again in what was stored, with the values that
were put in. Pages call `apps.core.retold`.
"""

import re
from collections.abc import Iterator
from functools import cache

_SENTENCES: list[str] = []
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def stored(sentence: str) -> str:
    """Mark a sentence with named placeholders, and give it as it is. Call it where the module is loaded.

    A placeholder whose name begins with `told` holds another such sentence, or several divided by semicolons.
    """
    _SENTENCES.append(sentence)
    return sentence


def recognised(text: str) -> tuple[str, dict[str, str]] | None:
    """The marked sentence that `text` was made from, and its values; None for words that nobody marked."""
    return next(_fits(text, len(_SENTENCES)), None)


def _fits(text: str, count: int) -> Iterator[tuple[str, dict[str, str]]]:
    for sentence, pattern in _patterns(count):
        if found := pattern.fullmatch(text):
            yield sentence, found.groupdict()


@cache
def _patterns(count: int) -> list[tuple[str, re.Pattern[str]]]:
    """Those with the most words of their own first, so that a general one does not swallow a special one."""
    sentences = sorted(set(_SENTENCES[:count]), key=lambda one: (-len(_PLACEHOLDER.sub("", one)), one))
    return [(sentence, re.compile(_expression(sentence), re.DOTALL)) for sentence in sentences]


def _expression(sentence: str) -> str:
    """A pattern that takes the shortest value which lets the words after it fit."""
    parts = _PLACEHOLDER.split(sentence)
    if len(parts) == 1:
        return re.escape(sentence)
    words = [re.escape(part.replace("%%", "%")) for part in parts[::2]]
    names = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    return "".join(word + name for word, name in zip(words, [*names, ""], strict=True))
