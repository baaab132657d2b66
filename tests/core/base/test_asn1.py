"""BER is rewritten as DER without changing values, and other data is refused."""

from __future__ import annotations

import pytest
from foreign_made import tlv
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.asn1 import (
    MAX_DEPTH,
    MAX_NODES,
    BerError,
    dotted,
    encode,
    joined_string,
    parse,
    read_node,
    to_der,
)

TREES = st.recursive(
    st.tuples(st.sampled_from([0x02, 0x04, 0x0C, 0x80, 0x5F]), st.binary(max_size=200)),
    lambda inner: st.tuples(st.sampled_from([0x30, 0x31, 0xA0, 0xA3]), st.lists(inner, max_size=4)),
    max_leaves=12,
)


def written(tree: object, *, is_ber: bool) -> bytes:
    """Return a tree in DER, or in BER with indefinite lengths and divided strings."""
    assert isinstance(tree, tuple)
    tag, value = tree
    if isinstance(value, bytes):
        if tag == 0x5F:
            return b"\x5f\x81\x01" + encode(0x01, value)[1:]
        if is_ber and tag in {0x04, 0x0C}:
            half = len(value) // 2
            pieces = encode(tag, value[:half]) + encode(tag, value[half:])
            return bytes([tag | 0x20, 0x80]) + pieces + b"\0\0"
        if is_ber:
            return bytes([tag, 0x83]) + len(value).to_bytes(3) + value
        return encode(tag, value)
    inside = b"".join(written(one, is_ber=is_ber) for one in value)
    return bytes([tag, 0x80]) + inside + b"\0\0" if is_ber else encode(tag, inside)


@given(TREES)
def test_ber_becomes_the_same_der(tree: object) -> None:
    der = written(tree, is_ber=False)
    assert to_der(der + b"rest") == (der, len(der))
    ber = written(tree, is_ber=True)
    assert to_der(ber + b"rest") == (der, len(ber))


@given(st.binary(max_size=60))
def test_any_bytes_are_rewritten_or_refused(data: bytes) -> None:
    for start in (b"", b"0\x80", b"\x24\x80", b"0\x84", b"\x3f"):
        try:
            to_der(start + data)
        except BerError:
            continue


@table(
    ("data", "is_short"),
    [
        (b"", True),
        (b"0", True),
        (b"\x1f\x81", True),
        (b"0\x82\x01", True),
        (b"0\x05\x02\x01\0", True),
        (b"0\x80\x02\x01\0", True),
        (b"\x04\x80\0\0", False),
        (b"\x24\x80\x02\x01\0\0\0", False),
        (b"0\x80" * (MAX_DEPTH + 2), False),
        (tlv(0x30, b"\x05\0" * (MAX_NODES + 1)), False),
    ],
)
def test_what_is_not_ber_is_refused(data: bytes, is_short: bool) -> None:
    with pytest.raises(BerError) as caught:
        to_der(data)
    assert caught.value.is_short is is_short


@table(
    ("ber", "der"),
    [
        (b"\x5f\x81\x01\x81\x01x", b"\x5f\x81\x01\x01x"),
        (b"\x5f\x81\x82\x03\x82\0\x01x", b"\x5f\x81\x82\x03\x01x"),
        (b"\x7f\x1f\x80\x02\x81\x01\x05\0\0", b"\x7f\x1f\x03\x02\x01\x05"),
    ],
)
def test_a_tag_of_several_octets_stays_and_its_length_is_shortened(ber: bytes, der: bytes) -> None:
    assert to_der(ber + b"rest") == (der, len(ber))


def test_pieces_of_a_bit_string_are_put_together() -> None:
    pieces = tlv(0x03, b"\0", b"ab"), tlv(0x03, b"\4", b"\xf0")
    assert to_der(b"\x23\x80" + b"".join(pieces) + b"\0\0")[0] == tlv(0x03, b"\4", b"ab\xf0")
    assert joined_string([], 0x03) == b"\0"


def test_a_node_knows_its_values() -> None:
    root = read_node(tlv(0x30, tlv(0x02, b"\xff"), tlv(0x06, b"\x2a\x03")))
    assert root.child(0, 0x02).integer == -1
    assert root.child(1, 0x06).oid == "1.2.3"
    assert root.oid is None
    with pytest.raises(BerError, match="an INTEGER is missing"):
        _ = root.integer
    for index, tag in ((0, 0x04), (2, 0x02)):
        with pytest.raises(BerError, match="is missing or of another type"):
            root.child(index, tag)
    with pytest.raises(BerError, match="indefinite"):
        read_node(b"0\x80\0\0")
    assert parse(b"") is None


@table("content", [b"", b"\x81", b"\x2a" * 65])
def test_a_malformed_object_identifier_has_no_dotted_form(content: bytes) -> None:
    assert dotted(content) is None
