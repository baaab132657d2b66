"""CSRs: built, previewed, and read from any source and any bytes."""

from __future__ import annotations

from base64 import b64decode
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import foreign_made as foreign
import pytest
from backups_made import csr_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import NameOID
from data_files import CERTBOT_CSRS
from foreign_made import oid, tlv
from hypothesis import given
from hypothesis import strategies as st
from requests_made import HARD_ORGANIZATION, der_of, key_of
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, signing
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUBJECT = SubjectFields("www.a.com", HARD_ORGANIZATION, "R+D", "GB", "Greater London", "London")
NAMES = ("www.a.com", "a.com", "*.a.com", "xn--bcher-kva.a.com", "10.0.0.1", "2001:db8::1")


def whatever_or_input_error(data: bytes) -> csr.Request | None:
    """Return the CSR in `data`, or None if it is refused with an InputError."""
    try:
        return csr.read_der(data)
    except InputError:
        return None


@table("key_type", KeyType)
def test_the_csr_contains_the_requested_values(key_type: KeyType) -> None:
    made = csr.read_der(der_of(SUBJECT, *NAMES, key_type=key_type))
    assert made.subject == SUBJECT
    assert made.names == NAMES
    assert made.key_type is key_type
    assert made.signature_hash == key_type.hash_name
    assert made.spki_sha256 == key_types.spki_sha256(key_of(key_type).public_key())
    assert made.sha256 == sha256(made.der).hexdigest()
    assert csr.has_valid_signature(made.der)


def test_a_csr_requests_no_extensions_except_names_and_usages() -> None:
    built = x509.load_der_x509_csr(der_of(SUBJECT, *NAMES))
    names, usage, extended = built.extensions
    assert isinstance(names.value, x509.SubjectAlternativeName)
    assert isinstance(usage.value, x509.KeyUsage)
    assert isinstance(extended.value, x509.ExtendedKeyUsage)
    assert [extension.critical for extension in built.extensions] == [False, True, False]
    assert [attribute.oid.dotted_string for attribute in built.attributes] == ["1.2.840.113549.1.9.14"]


def test_addresses_are_encoded_as_addresses() -> None:
    built = x509.load_der_x509_csr(der_of(SUBJECT, *NAMES))
    names = built.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == list(NAMES[4:])


def test_the_preview_shows_the_bytes_that_are_signed() -> None:
    shown, made = csr.preview(SUBJECT, NAMES), csr.read_der(der_of(SUBJECT, *NAMES))
    assert (shown.subject_der, shown.subject_text, shown.names) == (
        made.subject_der, made.subject_text, made.names,
    )  # fmt: skip
    assert shown.spki_sha256 != made.spki_sha256


def test_a_key_of_another_type_makes_no_request() -> None:
    key = ec.derive_private_key(7, ec.SECP256K1())
    with pytest.raises(InputError, match="cannot make a CSR") as caught:
        csr.build(SUBJECT, NAMES, key)
    assert caught.value.hint
    assert "ec-p256" in caught.value.hint


def test_pem_has_lines_of_64_characters_and_can_be_read_back() -> None:
    der = der_of(SUBJECT, *NAMES)
    pem = csr.to_pem(der)
    lines = pem.decode().splitlines()
    assert lines[0] == "-----BEGIN CERTIFICATE REQUEST-----"
    assert {len(line) for line in lines[1:-2]} == {64}
    assert csr.read_pem(b"what stands before\n" + pem).der == der


def test_a_changed_csr_has_no_valid_signature() -> None:
    der = der_of(SUBJECT, *NAMES)
    assert not csr.has_valid_signature(der.replace(b"London", b"Landon"))
    assert not csr.has_valid_signature(der[:-1])


SHA1 = hashes.SHA1()  # noqa: S303 - what old tools signed with
MD5 = hashes.MD5()  # noqa: S303 - what older tools signed with
PSS = padding.PSS(padding.MGF1(SHA1), 20)
PSS_OID, EC_SHA1, DSA_SHA1 = "1.2.840.113549.1.1.10", "1.2.840.10045.4.1", "1.2.840.10040.4.3"


def old_request(key: Any, algorithm: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return a CSR with a signature that cryptography's builder no longer makes."""
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = tlv(0x30, tlv(0x02, b"\0"), tlv(0x30), spki, tlv(0xA0))
    return tlv(0x30, body, tlv(0x30, algorithm), tlv(0x03, b"\0", sign(body)))


def old_requests() -> list[bytes]:
    rsa_key, ec_key = foreign.rsa_key(), key_of(KeyType.EC_P256)
    dsa_key = dsa.generate_private_key(1024)  # noqa: S505 - an old key
    assert isinstance(ec_key, ec.EllipticCurvePrivateKey)
    return [
        foreign.csr(hash_name="sha1"),
        foreign.csr(hash_name="md5"),
        old_request(rsa_key, oid(PSS_OID) + tlv(0x30), lambda body: rsa_key.sign(body, PSS, SHA1)),
        old_request(ec_key, oid(EC_SHA1), lambda body: ec_key.sign(body, ec.ECDSA(SHA1))),
        old_request(dsa_key, oid(DSA_SHA1), lambda body: dsa_key.sign(body, SHA1)),
    ]


@table("number", range(5))
def test_a_signature_with_an_old_hash_is_valid_but_old(number: int) -> None:
    der = old_requests()[number]
    assert csr.has_valid_signature(der)
    assert csr.read_der(der).signature_hash in {"sha1", "md5"}
    assert not csr.has_valid_signature(der[:-4] + bytes(4)), "another signature"


def test_a_signature_by_an_algorithm_of_another_key_type_is_invalid() -> None:
    ec_key = key_of(KeyType.EC_P256)
    assert isinstance(ec_key, ec.EllipticCurvePrivateKey)
    for algorithm in (oid("1.2.840.113549.1.1.5"), oid("1.2.3.4"), oid("1.2.840.113549.1.1.5") + tlv(0x05)):
        for key in (ec_key, key_of(KeyType.ED25519)):
            der = old_request(key, algorithm, lambda body: ec_key.sign(body, ec.ECDSA(SHA1)))
            assert not csr.has_valid_signature(der)


@table(
    ("key", "sign", "own"),
    [
        (foreign.rsa_key(), lambda key, body: key.sign(body, padding.PKCS1v15(), SHA1), 0),
        (key_of(KeyType.EC_P256), lambda key, body: key.sign(body, ec.ECDSA(SHA1)), 1),
        (dsa.generate_private_key(1024), lambda key, body: key.sign(body, SHA1), 2),  # noqa: S505 - an old key
        (key_of(KeyType.ED25519), lambda key, body: key.sign(body), None),
    ],
)
def test_a_correct_signature_is_invalid_under_the_name_of_another_algorithm(
    key: Any, sign: Callable[[Any, bytes], bytes], own: int | None
) -> None:
    algorithms = [oid("1.2.840.113549.1.1.5") + tlv(0x05), oid(EC_SHA1), oid(DSA_SHA1)]
    for number, algorithm in enumerate(algorithms):
        der = old_request(key, algorithm, partial(sign, key))
        assert csr.has_valid_signature(der) is (number == own)


def test_names_of_other_kinds_are_shown_with_their_kind() -> None:
    kinds = (
        x509.RFC822Name("joe@a.com"),
        x509.UniformResourceIdentifier("https://a.com"),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.DNSName("a.com"),
    )
    built = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName(kinds), critical=True)
        .sign(ec.derive_private_key(7, ec.SECP256K1()), hashes.SHA256())
    )
    read = csr.read_der(built.public_bytes(Encoding.DER))
    assert read.names == ("email:joe@a.com", "uri:https://a.com", "rid:1.2.3", "a.com")
    assert read.key_type is None
    assert read.subject_text == ""


def test_a_request_without_names_has_none() -> None:
    built = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.com")]))
        .sign(key_of(KeyType.ED25519), None)
    )
    read = csr.read_der(built.public_bytes(Encoding.DER))
    assert read.names == ()
    assert read.subject.common_name == "a.com"
    assert read.signature_hash is None


# CSRs from outside


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    whatever_or_input_error(data)
    with pytest.raises(InputError):
        csr.read_pem(data)


@given(st.binary(max_size=300))
def test_any_bytes_between_pem_lines_are_read_or_refused(data: bytes) -> None:
    frame = b"-----BEGIN CERTIFICATE REQUEST-----\n%b\n-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(InputError):
        csr.read_pem(frame % data)


def test_a_truncated_csr_is_refused() -> None:
    der = der_of(SUBJECT, *NAMES)
    for length in range(len(der)):
        with pytest.raises(InputError, match="cut short"):
            csr.read_der(der[:length])


@table("key_type", [KeyType.EC_P256, KeyType.RSA_2048, KeyType.ED25519])
def test_a_request_with_any_byte_changed_is_read_or_refused(key_type: KeyType) -> None:
    """Change every byte once, including tags, lengths, object identifiers and text."""
    der = der_of(SUBJECT, *NAMES, key_type=key_type)
    for place in range(len(der)):
        for value in (der[place] ^ 0x01, der[place] ^ 0x80, (der[place] + 3) % 256):
            read = whatever_or_input_error(der[:place] + bytes([value]) + der[place + 1 :])
            assert read is None or read.subject_text.isprintable()


@given(st.data())
def test_a_request_with_many_changes_is_read_or_refused(data: st.DataObject) -> None:
    der = bytearray(der_of(SUBJECT, *NAMES, key_type=KeyType.ED25519))
    for _ in range(data.draw(st.integers(1, 6))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    whatever_or_input_error(bytes(der))


@table("version", [1, 2])
def test_a_request_of_another_version_is_refused_for_that_reason(version: int) -> None:
    der = der_of(SUBJECT, *NAMES).replace(b"\x02\x01\x00", bytes([2, 1, version]), 1)
    with pytest.raises(InputError, match=f"has version {version}, but PKCS #10 has only version 0"):
        csr.read_der(der)


def test_a_repeated_extension_is_refused() -> None:
    san = x509.SubjectAlternativeName([x509.DNSName("a.com")])
    other = x509.SubjectKeyIdentifier(b"x" * 20)
    built = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(san, critical=False)
        .add_extension(other, critical=False)
        .sign(key_of(KeyType.EC_P256), hashes.SHA256())
    )
    der = built.public_bytes(Encoding.DER).replace(b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x11")
    with pytest.raises(InputError, match="subjectAltName occurs twice"):
        csr.read_der(der)


def test_an_unreadable_kind_of_name_is_refused() -> None:
    """An x400Address ([3]) in the SAN is valid ASN.1, but cryptography has no type for it."""
    der = der_of(SubjectFields("a.com"), "a.com").replace(b"\x82\x05a.com", b"\xa3\x05\x30\x03\x02\x01\x00")
    with pytest.raises(InputError, match="x400Address"):
        csr.read_der(der)


VERSION_2 = {
    "csr-ipsans.pem",
    "csr-ipv6sans.pem",
    *(f"version2_000{number}_csr-certbot.pem" for number in range(4)),
}
"""Certbot's own CSRs once had this version."""


def certbot_files() -> list[Path]:
    return sorted(CERTBOT_CSRS.iterdir())


def test_certbots_csrs_are_read_or_refused_with_a_reason() -> None:
    files = certbot_files()
    assert len(files) == 21
    for file in files:
        data = file.read_bytes()
        read = csr.read_der if file.suffix == ".der" else csr.read_pem
        if file.name in VERSION_2:
            with pytest.raises(InputError, match="has version 2, but PKCS #10 has only version 0"):
                read(data)
        else:
            assert read(data).spki_sha256


@table(
    ("name", "count", "one"),
    [
        ("csr-6sans.pem", 6, "example.com"),
        ("csr-100sans.pem", 100, "example1.com"),
        ("csr-nosans.pem", 0, None),
        ("csr-mixed.pem", 2, "192.0.2.111"),
    ],
)
def test_names_in_certbots_requests(name: str, count: int, one: str | None) -> None:
    read = csr.read_pem((CERTBOT_CSRS / name).read_bytes())
    assert len(read.names) == count
    assert one is None or one in read.names


@given(st.data())
def test_certbots_requests_with_changes_are_read_or_refused(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from([file for file in certbot_files() if file.suffix == ".pem"]))
    body = "".join(line for line in file.read_text().splitlines() if "-----" not in line)
    der = bytearray(b64decode(body))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    whatever_or_input_error(bytes(der))


# Proof of possession


@table("key_type", KeyType)
def test_the_csrs_own_key_proves_possession(key_type: KeyType) -> None:
    assert csr.proves_possession(key_of(key_type), csr_of(key_type))


@table(
    "key",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - as others made them
        ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate(),
    ],
)
def test_a_key_of_an_unsupported_type_proves_possession_too(key: key_types.PrivateKey) -> None:
    assert csr.proves_possession(key, csr.read_der(foreign.bare_csr(key)))


def test_another_key_does_not_prove_possession() -> None:
    assert not csr.proves_possession(key_types.generate(KeyType.EC_P256), csr_of())
    assert not csr.proves_possession(key_of(KeyType.EC_P384), csr_of())


def test_a_key_with_an_invalid_signature_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sign = signing.sign

    def sign_damaged(key: key_types.PrivateKey, message: bytes) -> bytes:
        signature = sign(key, message)
        return signature[:-1] + bytes([signature[-1] ^ 1])

    monkeypatch.setattr(signing, "sign", sign_damaged)
    assert not csr.proves_possession(key_of(KeyType.EC_P256), csr_of())


def test_a_request_with_too_many_names_is_refused_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csr, "MAX_NAMES", 5)
    der = der_of(SUBJECT, *NAMES)
    with pytest.raises(InputError, match="has 6 names, and csrtui reads at most 5") as caught:
        csr.read_der(der)
    assert caught.value.hint == "split the names among several requests"
    assert csr.read_faulty(der) is None
    assert csr.read_der(der_of(SUBJECT, *NAMES[:5])).names == NAMES[:5]
