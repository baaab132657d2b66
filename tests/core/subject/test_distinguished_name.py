"""Subjects in X.509: their order, their string types, and RFC 4514 text that is safe and can be parsed."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.x509 import NameOID
from hypothesis import given
from hypothesis import strategies as st
from requests_made import HARD_ORGANIZATION
from tables import table

from csrtui.core.subject import distinguished_name
from csrtui.core.subject.fields import SubjectFields

ATTRIBUTES = {
    "C": "country",
    "ST": "state",
    "L": "locality",
    "O": "organization",
    "OU": "organizational_unit",
    "CN": "common_name",
}
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
short = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=16)
"""cryptography allows 64 bytes in a common name; csrtui's common names are ASCII."""
country = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
subjects = st.builds(
    SubjectFields,
    attributes=st.just(()),
    common_name=st.none() | short,
    organization=st.none() | text,
    organizational_unit=st.none() | text,
    country=st.none() | country,
    state=st.none() | text,
    locality=st.none() | text,
)


def parse_rfc4514(name: str) -> list[tuple[str, str]]:
    """Parse RFC 4514 text independently of the code under test, without multi-valued RDNs."""
    found = []
    rest = name
    while rest:
        attribute, _, rest = rest.partition("=")
        value = bytearray()
        while rest and rest[0] != ",":
            assert rest[0] not in '"+;<>', f"{rest[0]} is not escaped"
            if rest[0] != "\\":
                value += rest[0].encode()
                rest = rest[1:]
            elif re.match(r"\\[0-9A-F]{2}", rest):
                value.append(int(rest[1:3], 16))
                rest = rest[3:]
            else:
                assert rest[1] in ' "#+,;<=>\\', f"{rest[1]} may not be escaped so"
                value += rest[1].encode()
                rest = rest[2:]
        found.append((attribute, value.decode()))
        rest = rest.removeprefix(",")
    return found


@given(subjects)
def test_the_text_parses_back_to_the_subject_last_rdn_first(subject: SubjectFields) -> None:
    shown = distinguished_name.rfc4514(distinguished_name.encode(subject))
    fields = subject._asdict()
    expected = [(name, fields[field]) for name, field in ATTRIBUTES.items() if fields[field] is not None]
    assert parse_rfc4514(shown) == expected[::-1]


@given(subjects)
def test_no_character_of_the_text_controls_a_terminal(subject: SubjectFields) -> None:
    assert distinguished_name.rfc4514(distinguished_name.encode(subject)).isprintable()


@given(subjects)
def test_the_fields_are_read_back_from_the_der(subject: SubjectFields) -> None:
    name = distinguished_name.encode(subject)
    assert distinguished_name.decode(name) == subject


def test_the_order_is_c_st_l_o_ou_cn_one_attribute_in_each_rdn() -> None:
    name = distinguished_name.encode(SubjectFields("cn", "o", "ou", "GB", "st", "l"))
    assert [attribute.rfc4514_attribute_name for rdn in name.rdns for attribute in rdn] == list(ATTRIBUTES)
    assert all(len(rdn) == 1 for rdn in name.rdns)


def test_a_missing_field_has_no_attribute() -> None:
    assert distinguished_name.rfc4514(distinguished_name.encode(SubjectFields("a.com"))) == "CN=a.com"
    assert distinguished_name.encode(SubjectFields()).rdns == []
    assert distinguished_name.decode(x509.Name([])) == SubjectFields()


@table(
    ("value", "escaped"),
    [
        ("", ""),
        ("plain", "plain"),
        (" both ends ", "\\ both ends\\ "),
        (" ", "\\ "),
        ("#first", "\\#first"),
        ("not#first", "not#first"),
        ('a"b+c,d;e<f>g\\h', 'a\\"b\\+c\\,d\\;e\\<f\\>g\\\\h'),
        ("a=b", "a=b"),
        ("\x1b]0;x\x07", "\\1B]0\\;x\\07"),
        ("a\r\nb\0", "a\\0D\\0Ab\\00"),
        ("\u202egnp", "\\E2\\80\\AEgnp"),
        ("\u00a0", "\\C2\\A0"),
        ("Söhne", "Söhne"),
        ("\ud800", "\\ED\\A0\\80"),
        (HARD_ORGANIZATION, 'A/B Co\\, Ltd. & \\"Söhne\\" \\+ #1\\; \\<x\\>'),
    ],
)
def test_special_characters_are_escaped(value: str, escaped: str) -> None:
    assert distinguished_name.escape_value(value) == escaped


def test_a_name_made_elsewhere_is_shown_completely() -> None:
    """Attributes that csrtui never writes: several in an RDN, repeated, a BIT STRING, an unknown type."""
    name = x509.Name(
        [
            x509.RelativeDistinguishedName(
                [
                    x509.NameAttribute(NameOID.COMMON_NAME, "first"),
                    x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a+b@c.com"),
                ]
            ),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "second")]),
            x509.RelativeDistinguishedName(
                [
                    x509.NameAttribute(
                        NameOID.X500_UNIQUE_IDENTIFIER, b"\x01\xff", x509.name._ASN1Type.BitString
                    )
                ]
            ),
            x509.RelativeDistinguishedName([x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), "\x1b")]),
        ]
    )
    shown = distinguished_name.rfc4514(name)
    assert shown.startswith("1.2.3.4=\\1B,2.5.4.45=01ff,CN=second,")
    assert set(shown.rpartition("second,")[2].split("+", 1)) <= {
        "CN=first", "1.2.840.113549.1.9.1=a\\+b@c.com",
    }  # fmt: skip
    assert distinguished_name.decode(name).common_name == "first"


def test_characters_of_two_bytes_count_as_one() -> None:
    subject = SubjectFields(common_name="ü" * 64)
    assert distinguished_name.decode(distinguished_name.encode(subject)) == subject
