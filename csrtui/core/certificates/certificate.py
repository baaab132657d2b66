"""Read certificates (X.509, RFC 5280), and compute the maximum validity of public certificates (BR 6.3.2).

The functions import cryptography only when they decode something, not at start-up.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from csrtui.core.base import asn1
from csrtui.core.base.errors import InputError, translate_errors
from csrtui.core.base.escaping import visible
from csrtui.core.base.validity import Validity
from csrtui.core.certificates import csr, encoding_faults
from csrtui.core.certificates.extensions import (
    ANY_PURPOSE,
    SERVER_AUTHENTICATION,
    alternative_names,
    extension_value,
)
from csrtui.core.keys import key_types
from csrtui.core.subject import distinguished_name
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class Certificate:
    """A decoded certificate.

    Attributes:
        der: The DER of the certificate.
        subject: The subject fields.
        subject_der: The DER of the subject's Name.
        subject_text: The subject as RFC 4514 text, safe to display.
        issuer_der: The DER of the issuer's Name.
        issuer_text: The issuer as RFC 4514 text, safe to display.
        serial: The serial number in hexadecimal, in openssl's format.
        validity: The validity period.
        names: The names of the SAN extension, in the format of `csr.Request.names`.
        is_ca: Whether the basic constraints mark the certificate as a CA. A version 1 certificate has no basic
            constraints, and counts as a CA if it is self-issued.
        purposes: The OIDs of the extended key usages, or None if the purpose is not restricted.
        spki_sha256: The SPKI fingerprint, 64 hex digits, or None if cryptography does not support the key.
        signature_hash: The hash of the signature, or None if the algorithm has a fixed hash or is unknown.
        encoding_faults: A clause for each encoding rule that the certificate breaks. Strict programs refuse such a
            certificate.
    """

    der: bytes
    subject: SubjectFields
    subject_der: bytes
    subject_text: str
    issuer_der: bytes
    issuer_text: str
    serial: str
    validity: Validity
    names: tuple[str, ...]
    is_ca: bool
    purposes: tuple[str, ...] | None
    spki_sha256: str | None
    signature_hash: str | None
    encoding_faults: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """SHA-256 of the DER, 64 hex digits."""
        return sha256(self.der).hexdigest()

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same, as in a root certificate."""
        return self.subject_der == self.issuer_der

    @property
    def has_old_hash(self) -> bool:
        """Whether the certificate was signed with SHA-1 or MD5."""
        return self.signature_hash in csr.OLD_HASHES

    @property
    def is_for_servers(self) -> bool:
        """Whether the extended key usage allows use by a TLS server."""
        return self.purposes is None or bool({SERVER_AUTHENTICATION, ANY_PURPOSE} & set(self.purposes))

    @property
    def display_name(self) -> str:
        """The subject, or else the first name, or else the serial number, safe to display."""
        return self.subject_text or visible(", ".join(self.names[:1])) or f"serial number {self.serial}"


def read_der(der: bytes) -> Certificate:
    """Return the certificate in `der`, without checking its signature.

    A certificate that breaks encoding rules is decoded from a corrected copy if possible
    (`Certificate.encoding_faults`).

    Raises:
        InputError: `der` is not a certificate, or its public key or validity cannot be decoded.
    """
    from cryptography import x509

    # Ignore cryptography's warnings about unusual values, such as a serial number of 0: only the CA can change them.
    with warnings.catch_warnings(action="ignore"):
        try:
            return _decode(x509.load_der_x509_certificate(der), der)
        except x509.InvalidVersion as error:
            raise InputError(
                f"the certificate has version {error.parsed_version}, but X.509 has only versions 0 to 2",
                "ask the CA for another",
            ) from error
        except Exception as error:  # noqa: BLE001 - cryptography does not document which errors can occur
            return _decode_leniently(der, error)


def _decode_leniently(der: bytes, reason: Exception) -> Certificate:
    """Return a certificate decoded from a corrected copy. Raise `InputError` if the copy cannot be decoded either."""
    from cryptography import x509

    copy, faults = encoding_faults.read_copy(der)
    if not faults:
        faults.add(encoding_faults.describe_error(reason))
    message = f"the certificate cannot be decoded: {'; '.join(faults)}"
    with translate_errors(lambda _: InputError(message, "ask the CA for another")):
        decoded = _decode(x509.load_der_x509_certificate(copy), der)
        issuer_der, subject_der = encoding_faults.certificate_names(der)
    return replace(decoded, issuer_der=issuer_der, subject_der=subject_der, encoding_faults=tuple(faults))


def read_subject_text(der: bytes, *, is_request: bool) -> str:
    """Return the subject of a possibly damaged certificate or CSR, safe to display, or "" if it cannot be read."""
    from cryptography import x509

    try:
        copy, _ = encoding_faults.read_copy(der, is_request=is_request)
        load_copy = x509.load_der_x509_csr if is_request else x509.load_der_x509_certificate
        return distinguished_name.rfc4514(load_copy(copy).subject)
    except Exception:  # noqa: BLE001 - the problem itself is reported elsewhere
        return ""


def to_pem(certificates: Iterable[Certificate]) -> bytes:
    """Return certificates as consecutive PEM blocks, in lines of 64 characters (RFC 7468)."""
    return b"".join(asn1.wrap("CERTIFICATE", certificate.der) for certificate in certificates)


@lru_cache(maxsize=64)  # the checks of a chain load each certificate several times
def load(certificate: Certificate) -> "x509.Certificate":
    """Return the certificate as a cryptography object.

    If the certificate has encoding faults, the result is its decodable copy, whose signature is invalid.
    """
    from cryptography import x509

    der = certificate.der
    if certificate.encoding_faults:
        der, _ = encoding_faults.read_copy(der)
    with warnings.catch_warnings(action="ignore"):  # as in `read_der`
        return x509.load_der_x509_certificate(der)


def has_valid_signature(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether the issuer's key signed the original octets of the certificate.

    Raises:
        UnsupportedAlgorithm: cryptography does not know the algorithm of the key or the signature.
    """
    try:
        message, signature = encoding_faults.signed_part(certificate.der)
        return csr.is_signed_by(load(issuer).public_key(), load(certificate), signature, message)
    except ValueError:
        return False


def _decode(certificate: "x509.Certificate", der: bytes) -> Certificate:
    from cryptography import x509

    extensions = certificate.extensions
    usage = extension_value(extensions, x509.ExtendedKeyUsage)
    subject, issuer = certificate.subject, certificate.issuer
    return Certificate(
        der=der,
        subject=distinguished_name.decode(subject),
        subject_der=subject.public_bytes(),
        subject_text=distinguished_name.rfc4514(subject),
        issuer_der=issuer.public_bytes(),
        issuer_text=distinguished_name.rfc4514(issuer),
        serial=_hexadecimal(certificate.serial_number),
        validity=Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc),
        names=tuple(alternative_names(extensions)),
        is_ca=_is_ca(certificate),
        purposes=None if usage is None else tuple(oid.dotted_string for oid in usage),
        spki_sha256=_spki_sha256(certificate),
        signature_hash=csr.hash_name(certificate),
    )


def _hexadecimal(number: int) -> str:
    """Return a number in hexadecimal with an even number of digits, as openssl writes serial numbers."""
    digits = f"{abs(number):X}"
    return "-" * (number < 0) + digits.zfill(len(digits) + len(digits) % 2)


def _is_ca(certificate: "x509.Certificate") -> bool:
    from cryptography import x509

    constraints = extension_value(certificate.extensions, x509.BasicConstraints)
    if constraints is not None:
        return constraints.ca
    return certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer


def _spki_sha256(certificate: "x509.Certificate") -> str | None:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return key_types.spki_sha256(certificate.public_key())
    except UnsupportedAlgorithm:
        return None


_MAX_DAYS: Final = (
    (datetime(2026, 3, 15, tzinfo=UTC), 398),
    (datetime(2027, 3, 15, tzinfo=UTC), 200),
    (datetime(2029, 3, 15, tzinfo=UTC), 100),
)
"""The maximum validity in days of certificates issued before each date (ballot SC-081v3)."""
_LAST_MAX_DAYS: Final = 47
"""The maximum validity in days of certificates issued on or after the last date."""
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def max_validity_days(issued: datetime) -> int:
    """Return the maximum validity, in days, of a public certificate issued at this time."""
    return next((days for date, days in _MAX_DAYS if issued < date), _LAST_MAX_DAYS)


def validity_days(validity: Validity) -> int:
    """Return the days in a validity period, including both ends. A part of a day counts as a day (BR 6.3.2)."""
    return -((validity.not_before - validity.not_after - _SECOND) // _DAY)
