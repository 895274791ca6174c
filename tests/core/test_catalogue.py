"""Every text that people see is in the catalogue, and the catalogue is whole in every language."""

import re
from collections import Counter
from datetime import date
from io import BytesIO

import pytest
from babel.messages.mofile import read_mo
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from apps.core import figures
from apps.core.retold import retold
from apps.evaluation.algorithms import gate_words
from config import messages
from config.formats.de import formats as german
from tests import visible

# Doors of programs and commands, which speak English; and what runs in no request.
ENGLISH_ONLY = re.compile(
    r"/api\.py|/management/|/migrations/|/loop/|/sample_loader/|/trainer/|/algorithms/"
    r"|consensus/label_(files|rows)|core/(strict_json|parsing)|intake/(selectors/lookups|services/idempotency)"
)
# What has to stand in a translation as often as in the text: placeholders and tags.
FIXED = re.compile(r"%\(\w+\)s|%%\w?|</?\w+[^>]*>|\{\{.*?\}\}")


def pages():
    return sorted(path for path in (messages.ROOT / "templates").rglob("*.html"))


def modules():
    paths = sorted((messages.ROOT / "apps").rglob("*.py"))
    return [path for path in paths if not ENGLISH_ONLY.search(path.as_posix())]


def test_templates_show_no_word_outside_the_catalogue():
    found = {path.as_posix(): words for path in pages() if (words := visible.in_template(path.read_text()))}
    assert found == {}


def test_python_hands_no_unmarked_text_to_a_page():
    errors = visible.domain_errors()
    found = {path.as_posix(): visible.in_python(path.read_text(), errors=errors) for path in modules()}
    assert {path: texts for path, texts in found.items() if texts} == {}


def test_no_text_is_translated_while_a_module_loads():
    found = {path.as_posix(): visible.translated_too_early(path.read_text()) for path in modules()}
    assert {path: texts for path, texts in found.items() if texts} == {}


def test_translation_while_a_module_loads_is_found():
    source = "from django.utils.translation import gettext as _\nA = _('Early')\ndef f():\n    return _('Late')"
    assert visible.translated_too_early(source) == ["_('Early')"]


def test_scripts_bring_no_words_of_their_own():
    scripts = sorted((messages.ROOT / "static" / "js").glob("*.js"))
    assert {path.name: words for path in scripts if (words := visible.in_script(path.read_text()))} == {}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<p>{% trans "Hello" %} <b>{{ n }}</b></p>', []),
        ('<img alt="A cat" src="{{ url }}">', ["A cat"]),
        ("<button aria-label=\"{% trans 'Close' %}\">×</button>", []),
        ('<p data-text-kept="kept">{{ x|default:"nothing" }}</p>', ["kept", "nothing"]),
        ("{% blocktrans %}Hello{% endblocktrans %}{% comment %}Why{% endcomment %}", []),
        ("<kbd>Alt+U</kbd><kbd>Delete</kbd>", ["Delete"]),
    ],
)
def test_words_in_a_template_are_found(source, words):
    assert visible.in_template(source) == words


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("raise Conflict('Too late.')", ["Too late."]),
        ("raise Conflict(_('Too late.'))", []),
        ("raise Conflict(f'{n} are too late.')", ["f'{n} are too late.'"]),
        ("messages.info(request, 'Saved.' if ok else _('Kept.'))", ["Saved."]),
        ("log.info(request, 'Saved.')", []),
        ("forms.CharField(label='Name', help_text=_('Yours.'))", ["Name"]),
        ("class State(models.TextChoices):\n    OPEN = 'open', 'Open'", ["Open"]),
        ("f'{_(\"waits\")}, {on}'", ["_('waits')"]),
    ],
)
def test_unmarked_texts_in_python_are_found(source, texts):
    assert visible.in_python(source, errors={"Conflict"}) == texts


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("button.textContent = `Theme: ${theme}`;", ["Theme: "]),
        ("button.textContent = sheet.dataset.textFind;", []),
    ],
)
def test_words_in_a_script_are_found(source, words):
    assert visible.in_script(source) == words


def test_languages_are_those_with_a_catalogue():
    assert sorted(code for code, _name in settings.LANGUAGES) == sorted(["en", *messages.languages()])


@pytest.mark.parametrize("language", messages.languages())
def test_catalogue_holds_the_texts_of_the_source_and_no_others(language):
    here = {(message.id, message.context) for message in messages.gathered() if message.id}
    kept = {(message.id, message.context) for message in messages.kept(language) if message.id}
    assert (here - kept, kept - here) == (set(), set()), "run `make messages`, then translate what it lists"


@pytest.mark.parametrize("language", messages.languages())
def test_catalogue_is_whole_and_certain(language):
    catalog = messages.kept(language)
    assert [message.id for message in messages.open_texts(catalog)] == []
    assert [message.id for message in catalog if message.fuzzy and message.id] == []


@pytest.mark.parametrize("language", messages.languages())
def test_translations_keep_placeholders_and_tags(language):
    wrong = []
    for message in messages.kept(language):
        singular, *plural = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text, told in zip((singular, *plural), strings, strict=bool(plural)):
            # The form for one may name the number or not.
            allowed = [Counter(FIXED.findall(one)) for one in {text, *plural}]
            if message.id and Counter(FIXED.findall(told)) not in allowed:
                wrong.append((text, told))
    assert wrong == []


@pytest.mark.parametrize("language", messages.languages())
def test_compiled_catalogue_is_that_of_the_source(language):
    """The bytes that `make messages` writes, so that nobody forgets to run it after an edit."""
    compiled = messages.source_of(language).with_suffix(".mo").read_bytes()
    assert compiled == messages.mo_bytes(messages.kept(language))
    assert len(read_mo(BytesIO(compiled))) > 1000


def test_stored_sentences_are_read_in_the_reader_s_language():
    stored = gate_words.summary(failed=[], undecided=[], n_applying=3)
    name = gate_words.ACCURACY_TESTED % {"told_margin": gate_words.points(0.005)}
    assert retold(stored) == stored
    with translation.override("de"):
        assert retold(stored) == "Darf freigegeben werden: Alle 3 zutreffenden Regeln sind bestanden."
        assert retold(name) == "Geprüfte Genauigkeit höchstens 0,5 Prozentpunkte unter der des Champions"
        undecided = gate_words.summary(failed=[], undecided=[name, "Of my own"], n_applying=3)
        assert "unter der des Champions; Of my own) unentschieden" in retold(undecided)
        assert retold("What somebody wrote, 3 rules.") == "What somebody wrote, 3 rules."


def test_numbers_follow_the_language():
    assert figures.number(-1234.5) == "\u22121,234.5"
    with translation.override("de"):
        assert figures.number(-1234.5) == "\u22121.234,5"
        assert figures.percent(0.914).replace(figures.NBSP, " ") == "91,4 %"
        assert figures.count(1200) == "1.200"


def test_days_follow_the_language():
    day = date(2026, 3, 2)
    assert date_format(day, "j M Y") == "2 Mar 2026"
    with translation.override("de"):
        assert date_format(day, "j M Y") == "2. Mär 2026"
    written = {form for path in pages() for form in re.findall(r'\|date:"(j [^"]+)"', path.read_text())}
    assert written <= set(vars(german))
