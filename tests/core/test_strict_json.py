import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.canonical import canonical_bytes
from apps.core.errors import InvalidFields
from apps.core.strict_json import MalformedJSON, json_problems, parse_json


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff",
        b'\xef\xbb\xbf{"a":1}',
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 2}}',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1} trailing',
    ],
)
def test_parse_json_refuses_what_is_not_one_plain_json_value(raw):
    with pytest.raises(MalformedJSON):
        parse_json(raw)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"a": "x\\u0000"}', "a"),
        (b'{"a": {"b": ["\\ud800"]}}', "a.b[0]"),
        (b'{"a": 9007199254740992}', "a"),
        (b'{"a": 1e400}', "a"),
        (b'{"' + b"k" * 201 + b'": 1}', "k" * 60),
        (b'{"a\\u0000": 1}', "a\ufffd"),
        (b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", "a" + "[0]" * 31),
    ],
)
def test_parse_json_names_the_field_that_cannot_be_kept(raw, field):
    with pytest.raises(InvalidFields) as refusal:
        parse_json(raw)
    assert refusal.value.problems[0].field == field


def test_json_problems_stops_at_its_limit():
    assert len(json_problems(["\x00"] * 50, limit=3)) == 3


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_whatever_passes_can_be_hashed_and_sent(value):
    try:
        parsed = parse_json(json.dumps(value).encode())
    except (MalformedJSON, InvalidFields):
        return
    # A float without a fraction is written like an integer, so both are read as floats.
    assert json.loads(canonical_bytes(parsed), parse_int=float) == parsed
