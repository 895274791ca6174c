"""Finds words that a page shows and no catalogue knows: in templates, in Python, in scripts."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

ROOT = Path(__file__).resolve().parent.parent
# What reads the same in every language: names, signs of formulas, keys, units, formats.
SAME = {
    *("Touchstone", "Dawid–Skene", "SHA-256", "F1", "UTC", "OpenAPI", "Authorization: Bearer …", "Esc"),
    *("n", "p", "q", "v", "l", "s", "ms", "n =", "p =", ", p:"),
}
_WORD = re.compile(r"[^\W\d_]")
_SHOWN = re.compile(
    r"alt|title|placeholder|aria-label|aria-description|aria-roledescription|label|data-l|data-key-label|data-text-.+"
)
# A literal that a filter shows.
_FILTERED = re.compile(r'\|(?:default|default_if_none|yesno|add|pluralize):"([^"]*[^\W\d_]{2}[^"]*)"')
# More than a name in code, such as annotations__label.
_READ = re.compile(r"[^\W\d_]{2}.*\s|^[A-Z][a-z]+$|[^\W\d_]\.$")
_SILENT = {"style", "script"}
# A key's cap: one letter, or Alt and one.
_KEY = re.compile(r"(?:Alt\+)?\w")


class _Page(HTMLParser):
    """Texts and shown attributes of a template from which Django's tags are taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        for name, value in attrs:
            is_button = tag in {"input"} and name == "value" and ("type", "submit") in attrs
            if value and (_SHOWN.fullmatch(name) or is_button):
                self._note(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            del self.inside[len(self.inside) - 1 - self.inside[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not _SILENT & set(self.inside[-1:]):
            for part in data.split("\n"):
                self._note(part)

    def _note(self, text: str) -> None:
        for part in re.split("[\x00-\x02]+", text):
            words = part.strip(" \t·,;:–()→“”&\u00a0")
            if _WORD.search(words) and words not in SAME and not ("kbd" in self.inside[-1:] and _KEY.fullmatch(words)):
                self.words.append(words)


def in_template(source: str) -> list[str]:
    """Words of a template that stand outside its translation tags, and literals that its filters show."""
    page = _Page()
    outside, shown = "", []
    for token in _outside(source):
        if token.token_type is TokenType.TEXT:
            outside += token.contents
        else:
            outside += "\x01"
            shown += _FILTERED.findall(token.contents)
    # An attribute's value without quotes inside: what stood there is a mark by now.
    page.feed(outside)
    page.close()
    return [*page.words, *shown]


def _outside(source: str) -> Iterator[Token]:
    """The tokens outside translated blocks, comments, and blocks that name a class or an address."""
    until = ""
    for token in Lexer(source).tokenize():
        name = token.split_contents()[0] if token.token_type is TokenType.BLOCK else ""
        if until:
            until = "" if name == until else until
        elif name in {"blocktrans", "blocktranslate", "comment"}:
            until = f"end{name}"
        elif name == "block" and re.fullmatch(r"\w+_class|leave_url|skip_to", token.split_contents()[1]):
            until = "endblock"
        elif token.token_type is not TokenType.COMMENT:
            yield token


# Functions whose texts people see, with the place of the text.
_SINKS = {
    "FieldProblem": 1,
    "fail": 1,
    "refuse": 2,
    "success": 1,
    "info": 1,
    "warning": 1,
    "error": 1,
    "add_error": 1,
    "ValidationError": 0,
}
_MESSAGES = {"success", "info", "warning", "error"}
_SHOWN_ARGUMENTS = {"label", "help_text", "empty_label", "verbose_name"}


def domain_errors() -> set[str]:
    """Names of all classes below `TouchstoneError`."""
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for path in (ROOT / "apps").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    known = {"TouchstoneError"}
    while found := {name for name, above in bases.items() if above & known} - known:
        known |= found
    return known


def in_python(source: str, *, errors: set[str]) -> list[str]:
    """Texts handed to a door of words without having been marked for translation."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found += _of_call(node, errors)
        elif isinstance(node, ast.ClassDef) and any("Choices" in ast.unparse(base) for base in node.bases):
            found += [
                text
                for line in node.body
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple)
                for text in _plain(line.value.elts[1])
            ]
        elif isinstance(node, ast.JoinedStr):
            # Babel reads no marks inside an f-string before Python 3.12.
            found += [
                ast.unparse(part)
                for part in ast.walk(node)
                if isinstance(part, ast.Call) and _name(part) in {"_", "ngettext"}
            ]
    return found


def _of_call(call: ast.Call, errors: set[str]) -> Iterator[str]:
    name = _name(call)
    place = 0 if name in errors else _SINKS.get(name)
    if name in _MESSAGES and not ast.unparse(call.func).startswith("messages."):
        place = None
    if place is not None and len(call.args) > place:
        yield from _plain(call.args[place])
    for keyword in call.keywords:
        if keyword.arg in _SHOWN_ARGUMENTS:
            yield from _plain(keyword.value)


def _plain(node: ast.expr) -> Iterator[str]:
    """Literals in an expression that no function was called on."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _READ.search(node.value):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        if _WORD.search("".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))):
            yield ast.unparse(node)
    elif isinstance(node, ast.IfExp):
        yield from _plain(node.body)
        yield from _plain(node.orelse)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


_INTO_PAGE = re.compile(r"(?:textContent|innerText|title|ariaLabel|placeholder|innerHTML)\s*=\s*([^;\n]+)")
_LITERAL = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`")


def in_script(source: str) -> list[str]:
    """Words that a script itself puts into the page; it should take them from data attributes."""
    found = []
    for match in _INTO_PAGE.finditer(re.sub(r"//[^\n]*", "", source)):
        for parts in _LITERAL.findall(match[1]):
            words = re.sub(r"\$\{[^}]*\}", "", "".join(parts))
            if re.search(r"[^\W\d_]{3}", words) and not re.fullmatch(r"text[A-Z]\w+|Ctrl", words):
                found.append(words)
    return found


def translated_too_early(source: str) -> list[str]:
    """Texts that are translated while a module loads, once and for everybody, by a function that is not lazy."""
    tree = ast.parse(source)
    eager = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in {"gettext", "ngettext", "pgettext"}
    }
    return [ast.unparse(call) for call in _while_loading(tree) if _name(call) in eager]


def _while_loading(node: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _while_loading(child)
