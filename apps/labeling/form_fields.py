"""What a browser would send of a form's HTML as it stands: for checking that a form shows all of an answer."""

from html.parser import HTMLParser

_TEXT_LIKE = frozenset({"text", "hidden", "number", "date", "datetime-local", "month", "time", "range", "search"})


def form_fields(html: str) -> dict[str, list[str]]:
    """Names and values of the fields, in order: what is ticked, selected or written, and buttons that are pressed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.inert = 0  # <template>s that it is inside of
        self.area: str | None = None
        self.words: list[str] = []
        self.select: str | None = None
        self.chosen: list[str] = []
        self.first: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self.inert += 1
        elif not self.inert and "disabled" not in given:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "textarea" and name:
            self.area, self.words = name, []
        elif tag == "select":
            self.select, self.chosen, self.first = name, [], None
        elif tag == "option":
            self._option(given)
        elif name and self._is_sent(tag, given):
            self._add(name, given.get("value", "on" if given.get("type") in ("checkbox", "radio") else ""))

    @staticmethod
    def _is_sent(tag: str, given: dict[str, str]) -> bool:
        if tag == "button":
            return given.get("aria-pressed") == "true"
        kind = given.get("type", "text").lower()
        return tag == "input" and (kind in _TEXT_LIKE or (kind in ("checkbox", "radio") and "checked" in given))

    def _option(self, given: dict[str, str]) -> None:
        value = given.get("value", "")
        self.first = value if self.first is None else self.first
        if "selected" in given:
            self.chosen.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.inert -= 1
        elif tag == "textarea" and self.area is not None:
            # The parser of a browser drops one newline at the start, which is why templates write one.
            self._add(self.area, "".join(self.words).removeprefix("\n"))
            self.area = None
        elif tag == "select" and self.select:
            for value in self.chosen or ([self.first] if self.first is not None else []):
                self._add(self.select, value)
            self.select = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.words.append(data)

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)
