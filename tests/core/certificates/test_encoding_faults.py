"""A certificate that breaks an encoding rule is read and the rule is named. A CSR that does is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from certificates_made import der, intermediate, root
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from foreign_made import ec_key, oid, rsa_key, tlv
from requests_made import NOW
from tables import table

from csrtui.core.base.asn1 import Node, encode, read_node
from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import Certificate, has_valid_signature, load, read_der
from csrtui.core.certificates.chain import build_chain, is_issued_by
from csrtui.core.certificates.csr import requested_extensions
from csrtui.core.certificates.extensions import describe_usages
from csrtui.core.certificates.path_validation import ChainReason, validate_chain
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

SUBJECT = SubjectFields(common_name="a.com", organization="Ex")
CSR = csr.build(SUBJECT, ["a.com", "b.com"], ec_key())
LEAF = der(intermediate().sign(CSR))
TBS, SERIAL, VALIDITY, NAME, EXTENSIONS = (0,), (0, 1), (0, 4), (0, 5), (0, 7, 0)

Edit = Callable[[Node], bytes]


def edited(data: bytes, path: tuple[int, ...], change: Edit) -> bytes:
    """Return DER with another encoding at a path."""
    return _edited(read_node(data), path, change)


def _edited(node: Node, path: tuple[int, ...], change: Edit) -> bytes:
    if not path:
        return change(node)
    parts = [
        _edited(child, path[1:], change) if at == path[0] else child.encoded
        for at, child in enumerate(node.children())
    ]
    return encode(node.tag, *parts)


def value(tag: int, *contents: bytes) -> Edit:
    return lambda _: encode(tag, *contents)


def attribute(kind: str, tag: int, text: bytes) -> bytes:
    return tlv(0x30, oid(kind), tlv(tag, text))


def extension(kind: str, content: bytes, *, flag: bytes = b"") -> bytes:
    return tlv(0x30, oid(kind), tlv(0x01, flag) if flag else b"", tlv(0x04, content))


def with_extension(*more: bytes) -> bytes:
    return edited(LEAF, EXTENSIONS, lambda node: encode(0x30, node.content, *more))


def with_times(before: bytes, after: bytes, tag: int = 0x17) -> bytes:
    return edited(LEAF, VALIDITY, value(0x30, tlv(tag, before), tlv(tag, after)))


def with_names(*names: bytes) -> bytes:
    return edited(
        LEAF, EXTENSIONS, value(0x30, extension("2.5.29.17", tlv(0x30, *names, tlv(0x82, b"a.com"))))
    )


ORGANIZATION = "2.5.4.10"
FAULTS = {
    "IA5String": (edited(LEAF, NAME, value(0x30, tlv(0x31, attribute(ORGANIZATION, 0x16, b"\xfc")))), "IA5String"),
    "UTF8String": (edited(LEAF, NAME, value(0x30, tlv(0x31, attribute(ORGANIZATION, 0x0C, b"\xfc")))), "not valid UTF-8"),
    "BMPString": (edited(LEAF, NAME, value(0x30, tlv(0x31, attribute(ORGANIZATION, 0x1E, b"\0a\0")))), "BMPString"),
    "a lone surrogate": (edited(LEAF, NAME, value(0x30, tlv(0x31, attribute(ORGANIZATION, 0x1E, b"\xd8\0")))), "BMPString"),
    "PrintableString": (edited(LEAF, NAME, value(0x30, tlv(0x31, attribute("1.2.3", 0x13, b"a@b")))), "1.2.3 in the subject has '@'"),
    "serial number": (edited(LEAF, SERIAL, value(0x02, b"\0\0\1")), "superfluous octets"),
    "a length": (LEAF[:1] + b"\x83\0" + LEAF[2:] if LEAF[1] == 0x82 else LEAF[:1] + b"\x82\0" + LEAF[2:], "X.690, 10.1"),
    "no seconds": (with_times(b"2611230900Z", b"2711230900Z"), "a time of the validity"),
    "a zone": (with_times(b"261123100000+0100", b"271123080000-0100"), "a time of the validity"),
    "fractions": (with_times(b"20261123090000.5Z", b"20271123090000.5Z", 0x18), "a time of the validity"),
    "cA FALSE": (with_extension(extension("2.5.29.19", tlv(0x30, tlv(0x01, b"\0")), flag=b"\0")), "cA FALSE is written"),
    "key usage": (with_extension(extension("2.5.29.15", tlv(0x03, b"\0\x80\0"), flag=b"\0"), extension("2.5.29.15", b"")), "keyUsage occurs twice"),
    "a broken extension": (with_extension(extension("2.5.29.19", b"\x30\x05")), "basicConstraints is not DER"),
    "an extension of another shape": (with_extension(extension("2.5.29.15", tlv(0x03))), "not have the structure of RFC 5280"),
    "an extension that is not used": (with_extension(extension("2.5.29.32", b"\x05\0")), "breaks a rule of DER"),
    "version 1": (edited(LEAF, (0, 0), value(0xA0, tlv(0x02, b"\0"))), "version 1 is written"),
    "signature": (edited(LEAF, (2,), lambda node: encode(0x03, b"\3", node.content[1:-1], b"\xff")), "unused bits"),
    "an empty RDN": (edited(LEAF, NAME, value(0x30, tlv(0x31))), "an RDN of the subject is empty"),
    "registeredID": (with_names(tlv(0x88, b"\x2a\x80")), "a malformed registeredID"),
    "otherName": (with_names(tlv(0xA0, b"\6\1\x2a")), "a malformed otherName"),
    "otherName without a value": (with_names(tlv(0xA0, oid("1.2.3"))), "a malformed otherName"),
    "names of all kinds beside it": (
        with_names(tlv(0x88, b"\x2a"), tlv(0xA0, oid("1.2.3"), tlv(0xA0, tlv(0x05))), tlv(0x87, b"1")),
        "an iPAddress of 1 octets",
    ),
    "directoryName": (with_names(tlv(0xA4, tlv(0x30, tlv(0x31, attribute(ORGANIZATION, 0x14, b"\xfc"))))), "breaks a rule"),
    "an address": (with_extension(extension("1.2.3", b"", flag=b"\0")), "extension 1.2.3: critical FALSE"),
}  # fmt: skip


@table("kind", FAULTS)
def test_a_faulty_certificate_is_read_and_the_fault_is_named(kind: str) -> None:
    data, words = FAULTS[kind]
    certificate = read_der(data)
    assert any(words in fault for fault in certificate.encoding_faults), certificate.encoding_faults
    assert certificate.der == data
    assert certificate.spki_sha256 == read_der(LEAF).spki_sha256
    assert load(certificate).not_valid_after_utc > load(certificate).not_valid_before_utc


def test_unique_identifiers_do_no_harm() -> None:
    broken = break_serial(LEAF)
    data = edited(
        broken,
        TBS,
        lambda node: encode(0x30, *[part.encoded for part in node.children()[:7]], tlv(0x81, b"\0x")),
    )
    assert read_der(data).encoding_faults == ("the serial number has superfluous octets (X.690, 8.3.2)",)


def test_times_are_converted_to_utc() -> None:
    validity = read_der(FAULTS["a zone"][0]).validity
    assert f"{validity.not_before:%H} {validity.not_after:%H}" == "09 09"


def test_a_name_that_is_dropped_leaves_the_others() -> None:
    names = tlv(0x30, tlv(0x82, b"a.com"), tlv(0x82, b"\xfc.com"), tlv(0x87, b"1.2"), tlv(0xA3))
    data = edited(LEAF, EXTENSIONS, value(0x30, extension("2.5.29.17", names)))
    certificate = read_der(data)
    assert certificate.names == ("a.com",)
    assert len(certificate.encoding_faults) == 3
    none = edited(LEAF, EXTENSIONS, value(0x30, extension("2.5.29.17", tlv(0x30, tlv(0x87, b"1")))))
    assert read_der(none).names == ()


@table("flags", [b"\0\x81", b"\7\x81\x80", b"\7\x00\x80", b"\0\x01"])
def test_key_usages_that_contradict_each_other_are_named(flags: bytes) -> None:
    data = with_extension(extension("2.5.29.15", tlv(0x03, flags)))
    assert "encipherOnly or decipherOnly without keyAgreement" in read_der(data).encoding_faults[0]


@table(
    ("data", "words"),
    [
        (LEAF[:-9], "cut short: the length says"),
        (
            tlv(0x30, tlv(0x30), tlv(0x30), tlv(0x03, b"\0")),
            "the certificate is damaged: it does not have the structure",
        ),
        (tlv(0x30, tlv(0x30)), "the certificate is damaged: not signed data"),
        (with_times(b"nonsense", b"nonsense"), "decoded: a time of the validity is not a date and time"),
        (
            with_times(b"261323090000Z", b"271123090000Z"),
            "decoded: a time of the validity is not a date and time",
        ),
    ],
)
def test_an_unreadable_certificate_is_refused_with_the_right_reason(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_der(data)
    assert words in caught.value.message


def test_an_error_of_the_library_names_the_field() -> None:
    with pytest.raises(InputError, match="breaks an encoding rule"):
        csr.read_der(edited(CSR, (0, 0), value(0x02, b"\0\0")))


# Signatures over faulty encodings


def resigned(
    change: Callable[[bytes], bytes], sign: Callable[[bytes], bytes], algorithm: bytes
) -> Certificate:
    """Return a certificate with a fault and a valid signature over its octets."""
    data = edited(edited(change(LEAF), (0, 2), lambda _: algorithm), (1,), lambda _: algorithm)
    signed_part = read_node(data).children()[0].encoded
    return read_der(edited(data, (2,), lambda _: tlv(0x03, b"\0", sign(signed_part))))


def authority(key: PrivateKey) -> Certificate:
    from certificates_made import named

    now = load(read_der(LEAF)).not_valid_before_utc
    builder = (
        x509.CertificateBuilder()
        .subject_name(load(read_der(LEAF)).issuer)
        .issuer_name(named("R"))
        .serial_number(1)
    )
    builder = (
        builder.public_key(key.public_key())
        .not_valid_before(now)
        .not_valid_after(load(read_der(LEAF)).not_valid_after_utc)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return read_der(builder.sign(ec_key(), hashes.SHA256()).public_bytes(Encoding.DER))


ECDSA = tlv(0x30, oid("1.2.840.10045.4.3.2"), tlv(0x05))
RSA = tlv(0x30, oid("1.2.840.113549.1.1.11"), tlv(0x05))
ED25519 = tlv(0x30, oid("1.3.101.112"), tlv(0x05))


def break_serial(data: bytes) -> bytes:
    return edited(data, SERIAL, value(0x02, b"\0\0\1"))


def test_the_signature_is_checked_over_the_original_octets() -> None:
    ed_key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    by_ec = resigned(break_serial, lambda data: ec_key(1).sign(data, ec.ECDSA(hashes.SHA256())), ECDSA)
    by_rsa = resigned(
        break_serial, lambda data: rsa_key().sign(data, padding.PKCS1v15(), hashes.SHA256()), RSA
    )
    by_ed = resigned(break_serial, ed_key.sign, ED25519)
    issuers = [authority(ec_key(1)), authority(rsa_key()), authority(ed_key)]
    for at, leaf in enumerate((by_ec, by_rsa, by_ed)):
        assert leaf.encoding_faults
        assert [has_valid_signature(leaf, issuer) for issuer in issuers] == [at == 0, at == 1, at == 2]
        assert is_issued_by(leaf, issuers[at])
        chain = build_chain(leaf, issuers, NOW)
        assert chain.intermediates == (issuers[at],)
        assert validate_chain(chain, NOW).reason is ChainReason.ENCODING
        assert not has_valid_signature(replace(leaf, der=break_serial(LEAF)), issuers[at])
    assert not has_valid_signature(by_ec, authority(ec_key(2)))
    other_algorithm = edited(by_ec.der, (1,), lambda _: tlv(0x30, oid("1.2.840.10045.4.3.2")))
    assert not has_valid_signature(replace(by_ec, der=other_algorithm), issuers[0])
    unused_bits = edited(by_ec.der, (2,), lambda node: tlv(0x03, b"\1", node.content[1:]))
    assert not has_valid_signature(replace(by_ec, der=unused_bits), issuers[0])
    assert isinstance(rsa_key(), rsa.RSAPrivateKey)
    assert not is_issued_by(by_ec, read_der(root().der))


# Names of other kinds, and usages


def general(name: x509.GeneralName) -> tuple[str, ...]:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    return csr.read_der(builder.sign(ec_key(), hashes.SHA256()).public_bytes(Encoding.DER)).names


@table(
    ("name", "text"),
    [
        (
            x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), tlv(0x0C, "jé@a.com".encode())),
            "upn:jé@a.com",
        ),
        (
            x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), tlv(0x16, b"_ldap.a.com")),
            "srv:_ldap.a.com",
        ),
        (
            x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), tlv(0x0C, b"x")),
            "other:1.3.6.1.5.5.7.8.7",
        ),
        (x509.OtherName(x509.ObjectIdentifier("1.2.3"), tlv(0x0C, b"x")), "other:1.2.3"),
        (x509.RegisteredID(x509.ObjectIdentifier("1.2.3")), "rid:1.2.3"),
        (x509.DirectoryName(x509.Name([])), "directory:"),
    ],
)
def test_names_of_other_kinds_have_their_kind_as_a_prefix(name: x509.GeneralName, text: str) -> None:
    assert general(name) == (text,)


def usages(*extensions: x509.ExtensionType) -> list[str]:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    request = builder.sign(ec_key(), hashes.SHA256()).public_bytes(Encoding.DER)
    return list(describe_usages(requested_extensions(request)))


def test_usages_are_listed_in_words() -> None:
    purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(f"1.2.3.{number}") for number in range(12)])
    (line,) = usages(purposes, x509.TLSFeature([x509.TLSFeatureType.status_request_v2]))
    assert line.endswith("1.2.3.9, 2 more")
    key_usage = x509.KeyUsage(*[True] * 2, *[False] * 7)
    assert usages(x509.TLSFeature([x509.TLSFeatureType.status_request]), key_usage) == [
        "must-staple (TLS feature status_request)",
        "key usage: digital signature, content commitment",
    ]
    assert usages() == []
