"""CSRs and certificates of other programs, for the tests that start a request from one."""

from __future__ import annotations

import binascii
import warnings
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID, NameOID
from requests_made import key_of

from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELDS = (
    (NameOID.COUNTRY_NAME, "GB"),
    (NameOID.STATE_OR_PROVINCE_NAME, "Kent"),
    (NameOID.LOCALITY_NAME, "Dover"),
    (NameOID.ORGANIZATION_NAME, "My Ltd"),
    (NameOID.COMMON_NAME, "www.a.com"),
)
"""A subject with every field that a public CA accepts."""


def name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """Return a subject, with values of any length."""
    with warnings.catch_warnings(action="ignore"):
        return x509.Name([x509.NameAttribute(oid, value, _validate=False) for oid, value in attributes])


def general(text: str) -> x509.GeneralName:
    """Return a SAN entry of the kind that the text begins with, or else a DNS name."""
    kind, _, value = text.partition(":")
    match kind:
        case "email":
            return x509.RFC822Name(value)
        case "uri":
            return x509.UniformResourceIdentifier(value)
        case "ip":
            return x509.IPAddress(ip_address(value))
        case "dir":
            return x509.DirectoryName(name((NameOID.COMMON_NAME, value)))
        case "rid":
            return x509.RegisteredID(x509.ObjectIdentifier(value))
        case _:
            return x509.DNSName(text)


def csr(
    subject: x509.Name,
    names: Sequence[str] = (),
    extensions: Sequence[x509.ExtensionType] = (),
    attributes: Sequence[tuple[x509.ObjectIdentifier, bytes]] = (),
) -> bytes:
    """Return a CSR in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        alternative = x509.SubjectAlternativeName([general(one) for one in names])
        builder = builder.add_extension(alternative, critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    for oid, value in attributes:
        builder = builder.add_attribute(oid, value)
    return builder.sign(key_of(KeyType.EC_P256), hashes.SHA256()).public_bytes(Encoding.PEM)


def certificate(subject: x509.Name, names: Sequence[str] = (), *, ca: bool = False) -> bytes:
    """Return a self-signed certificate in PEM."""
    key = key_of(KeyType.EC_P256)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 7, 1, tzinfo=UTC))
    )
    if names:
        alternative = x509.SubjectAlternativeName([general(one) for one in names])
        builder = builder.add_extension(alternative, critical=False)
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def der(pem: bytes) -> bytes:
    """Return the DER in a PEM block."""
    return binascii.a2b_base64(b"".join(pem.splitlines()[1:-1]))


CHALLENGE = (AttributeOID.CHALLENGE_PASSWORD, b"hunter2")
