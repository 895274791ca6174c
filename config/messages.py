"""`make messages`: gather every text that people read, bring the catalogues up to date, compile them.

Needs nothing but Python: Babel reads the Python code, Django's own lexer the templates. The compiled catalogue (`.mo`)
is committed beside its source (`.po`), so that nobody who runs Touchstone needs a compiler.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
# The functions that mark a text, with the places of singular, plural and context among their arguments.
MARKS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "stored": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# What the template of a labelling config says about itself in the picker.
PICKER = ROOT / "apps" / "projects" / "label_templates" / "index.json"
PICKER_TEXTS = ("title", "description")
# Nothing in a catalogue may change on its own.
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)

Found = tuple[str | tuple[str, ...], str | None]


def sources() -> list[Path]:
    """Every file that may hold texts, in a fixed order."""
    code = [path for top in ("apps", "config") for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts]
    pages = [path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"}]
    return sorted([*code, *pages, PICKER])


def texts_of(path: Path) -> Iterator[Found]:
    """(text or (singular, plural), context) of one file."""
    raw = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        yield from ((entry[key], None) for entry in json.loads(raw) for key in PICKER_TEXTS)
        return
    if path.suffix != ".py":
        # What stands before a mark is blanked out; its indentation would be an error in Python.
        raw = "\n".join(line.strip() for line in templatize(raw).splitlines())
    found = extract("python", BytesIO(raw.encode()), MARKS, options={"encoding": "utf-8"})
    yield from ((text, context) for _line, text, _comments, context in found)


def gathered() -> Catalog:
    """All texts of the source, untranslated, each with the files where it stands."""
    catalog = Catalog(charset="utf-8", creation_date=NO_DATE, revision_date=NO_DATE)
    for path in sources():
        for text, context in texts_of(path):
            if text:
                catalog.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)], context=context)
    return catalog


def languages() -> list[str]:
    """Codes of the folders below `locale/`."""
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def source_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def kept(language: str) -> Catalog:
    """The committed catalogue of one language; an empty one where there is none yet."""
    path = source_of(language)
    if not path.exists():
        return Catalog(locale=language)
    return read_po(BytesIO(path.read_bytes()), locale=language)


def updated(language: str, texts: Catalog) -> Catalog:
    """What is kept, with new texts untranslated, and without those that the source no longer has."""
    old = kept(language)
    new = Catalog(
        locale=language,
        charset="utf-8",
        project="Touchstone",
        version="1",
        copyright_holder="the authors of Touchstone",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        fuzzy=False,
    )
    for message in texts:
        if message.id:
            before = old.get(message.id, message.context)
            places = [(name, 0) for name, _line in message.locations]
            new.add(
                message.id,
                before.string if before else None,
                locations=sorted(set(places)),
                flags={flag for flag in message.flags if flag == "python-format"},
                context=message.context,
            )
    return new


def open_texts(catalog: Catalog) -> list[Message]:
    """Texts without a translation, or with one for some numbers only."""
    return [message for message in catalog if message.id and not _is_whole(message)]


def _is_whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def po_bytes(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=120, include_lineno=False, sort_output=True)
    return out.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def main() -> None:
    """Update and compile every catalogue, or the languages that are named; print what still wants words."""
    texts = gathered()
    for language in sys.argv[1:] or languages():
        catalog = updated(language, texts)
        path = source_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(catalog))
        missing = open_texts(catalog)
        print(f"{language}: {len(catalog)} texts, {len(missing)} to translate in {path.relative_to(ROOT)}")
        for message in missing:
            print(f"  {message.id!r}")


if __name__ == "__main__":
    main()
