"""A missing or malformed variable names itself."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import env_bool, env_int, env_list, env_str


def test_env_str_reads_the_variable(monkeypatch):
    monkeypatch.setenv("GREETING", "hello")

    assert env_str("GREETING") == "hello"


def test_env_str_reads_a_mounted_secret(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("GREETING_FILE", str(tmp_path / "secret"))

    assert env_str("GREETING") == "hush"


def test_env_str_prefers_the_variable_to_the_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hush")
    monkeypatch.setenv("GREETING_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("GREETING", "hello")

    assert env_str("GREETING") == "hello"


def test_env_str_names_the_file_that_cannot_be_read(monkeypatch, tmp_path):
    monkeypatch.setenv("GREETING_FILE", str(tmp_path / "absent"))

    with pytest.raises(ImproperlyConfigured, match=r"GREETING_FILE points to .*absent"):
        env_str("GREETING")


def test_env_str_names_what_is_missing():
    with pytest.raises(ImproperlyConfigured, match="GREETING"):
        env_str("GREETING")


def test_env_str_takes_an_empty_variable_for_missing_when_there_is_no_default(monkeypatch):
    monkeypatch.setenv("GREETING", "")

    assert env_str("GREETING", "default") == ""
    with pytest.raises(ImproperlyConfigured, match="GREETING"):
        env_str("GREETING")


@pytest.mark.parametrize(("raw", "read"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_env_bool_reads_the_usual_words(monkeypatch, raw, read):
    monkeypatch.setenv("SWITCH", raw)

    assert env_bool("SWITCH", True) is read


def test_env_bool_refuses_other_words(monkeypatch):
    monkeypatch.setenv("SWITCH", "maybe")

    with pytest.raises(ImproperlyConfigured, match="SWITCH must be true or false, not 'maybe'"):
        env_bool("SWITCH")


def test_env_int_refuses_a_word(monkeypatch):
    monkeypatch.setenv("COUNT", "many")

    with pytest.raises(ImproperlyConfigured, match="COUNT must be a whole number, not 'many'"):
        env_int("COUNT")


def test_env_list_splits_at_commas_and_drops_blanks(monkeypatch):
    monkeypatch.setenv("HOSTS", " a.example, b.example ,")

    assert env_list("HOSTS") == ["a.example", "b.example"]
