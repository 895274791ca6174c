import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.golden.algorithms.hashing import (
    inclusion_proof,
    item_hash,
    merkle_root,
    merkle_root_of,
    verify_inclusion,
)

SALT = bytes(range(16))
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
versions = st.dictionaries(st.text(min_size=1, max_size=8), digests, min_size=1, max_size=40)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def test_item_hash_is_over_salt_and_canonical_json():
    # RFC 8785: keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript prints them.
    expected = hashlib.sha256(SALT + '{"a":[1,0.5],"text":"ß"}'.encode()).hexdigest()
    assert item_hash({"text": "ß", "a": [1.0, 0.5]}, salt=SALT) == expected


@pytest.mark.parametrize("content", [{"x": float("nan")}, {"x": 2**60}])
def test_item_hash_refuses_what_json_cannot_say(content):
    with pytest.raises(ValueError, match=r".+"):
        item_hash(content, salt=SALT)


def test_item_hash_refuses_short_salt():
    with pytest.raises(ValueError, match="salt"):
        item_hash({}, salt=b"short")


def test_merkle_root_by_hand():
    one, two, three = (sha(bytes([n])) for n in (1, 2, 3))
    leaves = [sha(b"\x00", digest, name) for digest, name in ((one, b"a"), (two, b"b"), (three, b"c"))]
    # Three leaves: the third has no sibling and moves up as it is.
    expected = sha(b"\x01", sha(b"\x01", leaves[0], leaves[1]), leaves[2]).hex()
    assert merkle_root({"c": three.hex(), "a": one.hex(), "b": two.hex()}) == expected
    assert merkle_root({"a": one.hex()}) == leaves[0].hex()
    assert merkle_root({}) == hashlib.sha256(b"").hexdigest()


def test_merkle_root_of_refuses_a_repeated_id():
    with pytest.raises(ValueError, match="twice"):
        merkle_root_of([("a", "00" * 32), ("a", "11" * 32)])


def test_inclusion_proof_refuses_unknown_item():
    with pytest.raises(KeyError):
        inclusion_proof({"a": "00" * 32}, "b")


@given(version=versions, data=st.data())
def test_merkle_root_ignores_order_and_sees_every_change(version, data):
    root = merkle_root(version)
    assert merkle_root_of(data.draw(st.permutations(list(version.items())))) == root
    changed = data.draw(st.sampled_from(sorted(version)))
    assert merkle_root(version | {changed: sha(bytes.fromhex(version[changed])).hex()}) != root
    assert merkle_root({key: value for key, value in version.items() if key != changed}) != root


@given(version=versions, other=digests)
def test_inclusion_proof_verifies_and_nothing_else_does(version, other):
    root = merkle_root(version)
    for key, digest in version.items():
        proof = inclusion_proof(version, key)
        assert verify_inclusion(key, digest, proof, root=root)
        assert verify_inclusion(key + "x", digest, proof, root=root) is False
        assert verify_inclusion(key, other, proof, root=root) is (other == digest)
