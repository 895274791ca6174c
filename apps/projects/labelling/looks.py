"""What a config's styles say about reading, in words of our own: no style of a config ever reaches a page.

Of `style`, `className` and `<Style>` only what helps to read or was meant to be out of sight is understood. Colours and
sizes in pixels are left to the page, which promises contrast in both themes and room on a phone.
"""

import re
from collections.abc import Mapping, Sequence

from apps.projects.labelling.model import Node

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CLASS = re.compile(r"\.([A-Za-z_][\w-]*)$")
_LENGTH = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)(px|em|rem|%)")
_UNITS = {"px": 16.0, "em": 1.0, "rem": 1.0, "%": 100.0}  # of each, what the usual size is
_LARGE, _SMALL = 1.2, 0.86  # from and up to how many times the usual size
MAX_RULES = 500

Declarations = Mapping[str, str]


def style_rules(root: Node) -> dict[str, Declarations]:
    """Declarations by class name, of all <Style> tags: of a selector its last part, where that is a class."""
    found: dict[str, Declarations] = {}
    for text in _styles(root):
        for selectors, body in _RULE.findall(_COMMENT.sub(" ", text))[:MAX_RULES]:
            for selector in selectors.split(","):
                if match := _CLASS.search(selector.strip()):
                    found[match[1]] = {**found.get(match[1], {}), **declarations(body)}
    return found


def _styles(node: Node) -> list[str]:
    own = [node.text] if node.tag == "Style" else []
    return own + [text for child in node.children for text in _styles(child)]


def declarations(body: str) -> dict[str, str]:
    """`color: red; margin: 0` by property, in lower case."""
    pairs = (part.partition(":") for part in body.split(";"))
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in pairs if value}


def looks_of(node: Node, above: Sequence[Node], rules: Mapping[str, Declarations]) -> tuple[str, ...]:
    """How a tag is to look, in these words: mono, bold, italic, large, small, center, end, scroll, hidden.

    Args:
        above: the tags that it stands in, the outermost first: what they say of letters holds for it too.
    """
    chain = [_own(each, rules) for each in (*above, node)]
    letters = {name: value for each in chain for name, value in each.items()}
    found = [_weight(letters), _slant(letters), _family(letters), _size(letters), _side(letters)]
    found.append("scroll" if any(map(_scrolls, chain)) else "")
    found.append("hidden" if any(each.get("display") == "none" for each in chain) else "")
    return tuple(look for look in found if look)


def _own(node: Node, rules: Mapping[str, Declarations]) -> dict[str, str]:
    said: dict[str, str] = {}
    for name in node.get("className").split():
        said |= rules.get(name, {})
    return said | declarations(node.get("style"))


def _weight(said: Declarations) -> str:
    weight = said.get("font-weight", "")
    return (
        "bold" if weight in ("bold", "bolder") or (weight.isdecimal() and len(weight) < 5 and int(weight) > 500) else ""
    )


def _slant(said: Declarations) -> str:
    return "italic" if said.get("font-style", "") in ("italic", "oblique") else ""


def _family(said: Declarations) -> str:
    return "mono" if re.search(r"mono|courier|consolas|menlo", said.get("font-family", "")) else ""


def _size(said: Declarations) -> str:
    match = _LENGTH.fullmatch(said.get("font-size", ""))
    if match is None:
        return ""
    times = float(match[1]) / _UNITS[match[2]]
    return "large" if times >= _LARGE else "small" if times <= _SMALL else ""


def _side(said: Declarations) -> str:
    return {"center": "center", "right": "end", "end": "end"}.get(said.get("text-align", ""), "")


def _scrolls(said: Declarations) -> bool:
    """A box of a fixed height that its content may exceed."""
    overflow = said.get("overflow-y") or said.get("overflow", "")
    return overflow in ("auto", "scroll") and bool(said.get("height") or said.get("max-height"))
