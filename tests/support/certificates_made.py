"""A root, an intermediate and server certificates, correct ones and faulty ones."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes,
        CertificatePublicKeyTypes,
    )

START = datetime(2026, 11, 20, tzinfo=UTC)
"""The start of validity of server certificates."""
DAYS = 195
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate and its key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def der(self) -> bytes:
        return der(self.certificate)

    def sign(self, csr_der: bytes, **changes: Any) -> x509.Certificate:
        """Sign a CSR.

        Args:
            csr_der: The CSR.
            changes: `subject`, `names`, `start`, `days`, `purposes`, `hash`, `serial` instead of the defaults.
        """
        csr = x509.load_der_x509_csr(csr_der)
        asked = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = changes.get("names")
        alternative = asked if names is None else x509.SubjectAlternativeName(map(x509.DNSName, names))
        purposes = changes.get("purposes", SERVER)
        extensions: list[x509.ExtensionType] = [alternative]
        if purposes is not None:
            extensions.append(x509.ExtendedKeyUsage(purposes))
        return build(
            changes.get("subject", csr.subject), csr.public_key(), self, extensions, **_only(changes)
        )


def _only(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in {"start", "days", "hash", "serial"}}


def build(
    subject: x509.Name,
    public_key: CertificatePublicKeyTypes,
    issuer: Authority | tuple[x509.Name, CertificateIssuerPrivateKeyTypes],
    extensions: list[x509.ExtensionType],
    **changes: Any,
) -> x509.Certificate:
    """Return a certificate."""
    start = changes.get("start", START)
    name, key = (issuer.certificate.subject, issuer.key) if isinstance(issuer, Authority) else issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(changes.get("serial", 0xABC))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=changes.get("days", DAYS), seconds=-1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=extension in changes.get("critical", ()))
    with warnings.catch_warnings(action="ignore"):
        return builder.sign(key, changes.get("hash", hashes.SHA256()))


def named(text: str) -> x509.Name:
    """Return a subject with only a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def root(name: str = "Test Root") -> Authority:
    """Return a root. There is one for each name."""
    return _root(name)


@cache
def _root(name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=True, path_length=None)]
    made = build(
        named(name), key.public_key(), (named(name), key), extensions, start=datetime(2020, 1, 1, tzinfo=UTC), days=30_000
    )  # fmt: skip
    return Authority(made, key)


@cache
def intermediate(
    name: str = "Test CA 1", *, above: str = "Test Root", ca: bool = True, days: int = 20_000
) -> Authority:
    """Return an intermediate below a root. There is one for each combination of arguments."""
    key = ec.generate_private_key(ec.SECP256R1())
    extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=ca, path_length=None)]
    made = build(
        named(name), key.public_key(), root(above), extensions, start=datetime(2023, 1, 1, tzinfo=UTC), days=days
    )  # fmt: skip
    return Authority(made, key)


def der(certificate: x509.Certificate) -> bytes:
    """Return the DER of a certificate."""
    return certificate.public_bytes(Encoding.DER)


def pem(*certificates: x509.Certificate) -> bytes:
    """Return certificates in PEM, one after the other."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def bundle(*certificates: x509.Certificate, encoding: Encoding = Encoding.DER) -> bytes:
    """Return certificates in PKCS #7."""
    return pkcs7.serialize_certificates(list(certificates), encoding)
