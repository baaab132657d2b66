"""Read certificates (X.509, RFC 5280), and tell how long a public one may be valid (BR 6.3.2).

cryptography is imported when something is decoded.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

from csrtui.core.base import asn1
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.times import Validity
from csrtui.core.certificates import csr, encoding_faults
from csrtui.core.keys import key_types
from csrtui.core.subject import distinguished_name
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from cryptography import x509


_T = TypeVar("_T")

SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1"
"""The purpose that a TLS server's certificate has to have (RFC 5280, 4.2.1.12)."""
_ANY_PURPOSE = "2.5.29.37.0"
OLD_HASHES = frozenset({"md5", "sha1"})
"""What no certificate should be signed with any more (BR 7.1.3.2)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, decoded from its DER.

    Attributes:
        der: The DER of the whole certificate.
        subject: Its subject, field by field.
        subject_der: The DER of the subject's Name.
        subject_text: The subject as RFC 4514 writes it, safe to show.
        issuer_der: The DER of the issuer's Name.
        issuer_text: The issuer as RFC 4514 writes it, safe to show.
        serial: The serial number, hexadecimal, as openssl shows it.
        validity: Its life.
        names: The names of its SAN extension, as `request.Request.names` has them.
        is_ca: Whether its basic constraints say that it is a CA's; without them, in version 1, that it
            names itself as its issuer.
        purposes: The OIDs of its extended key usage, None where it is for everything.
        spki_sha256: The SPKI fingerprint, 64 hex digits; None for a key of a kind that is not known here.
        signature_hash: The hash it was signed with, or None where the algorithm has its own.
        encoding_faults: The encoding rules that it breaks, a clause each; strict programs refuse it for these.
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
        """Whether subject and issuer are the same, as in a root."""
        return self.subject_der == self.issuer_der

    @property
    def has_old_hash(self) -> bool:
        """Whether it was signed with SHA-1 or MD5."""
        return self.signature_hash in OLD_HASHES

    @property
    def serves(self) -> bool:
        """Whether a TLS server may use it, as its extended key usage says."""
        return self.purposes is None or bool({SERVER_AUTHENTICATION, _ANY_PURPOSE} & set(self.purposes))

    @property
    def whose(self) -> str:
        """Whom it is for, in a few words that are safe to show: its subject, or its first name."""
        return self.subject_text or visible(", ".join(self.names[:1])) or f"serial number {self.serial}"


def read_der(der: bytes) -> Certificate:
    """Return what the certificate in `der` says, without checking its signature.

    One that breaks encoding rules is decoded from a copy where that is possible (`Certificate.encoding_faults`).

    Raises:
        InputError: It is not a certificate, or its public key or validity cannot be decoded; the error says why.
    """
    from cryptography import x509

    with warnings.catch_warnings():
        # cryptography warns on stderr of what is odd, such as a serial number of 0; that is the CA's matter
        warnings.simplefilter("ignore")
        try:
            return _decode(x509.load_der_x509_certificate(der), der)
        except x509.InvalidVersion as error:
            raise InputError(
                f"the certificate has version {error.parsed_version}, where X.509 only knows 0 to 2",
                "ask the CA for another",
            ) from error
        except Exception as error:  # noqa: BLE001 - decoded lazily, and which can come out is nowhere written down
            return _decode_leniently(der, error)


def _decode_leniently(der: bytes, reason: Exception) -> Certificate:
    from cryptography import x509

    copy = encoding_faults.copy_of(der, encoding_faults.copy_certificate, "certificate")
    faults = copy.faults or [encoding_faults.described(reason)]
    try:
        decoded = _decode(x509.load_der_x509_certificate(copy.der), der)
        issuer_der, subject_der = encoding_faults.names_of_certificate(der)
    except Exception as error:
        raise InputError(
            f"the certificate cannot be decoded: {encoding_faults.listed(faults)}", "ask the CA for another"
        ) from error
    return replace(decoded, issuer_der=issuer_der, subject_der=subject_der, encoding_faults=tuple(faults))


def subject_in(der: bytes, *, is_request: bool) -> str:
    """Return the subject of a certificate or CSR that may be unreadable as a whole, safe to show; empty without one."""
    from cryptography import x509

    try:
        copied = (encoding_faults.copy_request if is_request else encoding_faults.copy_certificate)(der)
        load_one = x509.load_der_x509_csr if is_request else x509.load_der_x509_certificate
        return distinguished_name.rfc4514(load_one(copied.der).subject)
    except Exception:  # noqa: BLE001 - whatever is wrong with it is said elsewhere
        return ""


def to_pem(certificates: Iterable[Certificate]) -> bytes:
    """Return certificates as PEM, one after the other, in lines of 64 characters (RFC 7468)."""
    return b"".join(asn1.wrap("CERTIFICATE", one.der) for one in certificates)


def load(certificate: Certificate) -> "x509.Certificate":
    """Return a certificate as cryptography has it; of one with encoding faults the copy, whose signature does not hold."""
    from cryptography import x509

    der = certificate.der
    if certificate.encoding_faults:
        der = encoding_faults.copy_certificate(der).der
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `read_der`
        return x509.load_der_x509_certificate(der)


def signature_holds(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key made the signature of a certificate, over its octets as they are."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    decoded, key = load(certificate), load(issuer).public_key()
    signed, signature = encoding_faults.signed_part(certificate.der)
    try:
        parameters, algorithm = decoded.signature_algorithm_parameters, decoded.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey) and not isinstance(parameters, ec.ECDSA | None) and algorithm:
            key.verify(signature, signed, parameters, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and parameters is None:
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _decode(certificate: "x509.Certificate", der: bytes) -> Certificate:
    from cryptography import x509

    extensions = certificate.extensions
    constraints = _extension(extensions, x509.BasicConstraints)
    usage = _extension(extensions, x509.ExtendedKeyUsage)
    subject, issuer = certificate.subject, certificate.issuer
    return Certificate(
        der=der,
        subject=distinguished_name.decode(subject),
        subject_der=subject.public_bytes(),
        subject_text=distinguished_name.rfc4514(subject),
        issuer_der=issuer.public_bytes(),
        issuer_text=distinguished_name.rfc4514(issuer),
        serial=f"{certificate.serial_number:X}",
        validity=Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc),
        names=tuple(csr.alternative_names(extensions)),
        is_ca=_is_ca(certificate, constraints),
        purposes=None if usage is None else tuple(oid.dotted_string for oid in usage),
        spki_sha256=_known(lambda: key_types.spki_sha256(certificate.public_key())),
        signature_hash=_known(lambda: _hash_name(certificate)),
    )


_Extension = TypeVar("_Extension", bound="x509.ExtensionType")


def _extension(extensions: "x509.Extensions", kind: type[_Extension]) -> _Extension | None:
    from cryptography import x509

    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_ca(certificate: "x509.Certificate", constraints: "x509.BasicConstraints | None") -> bool:
    from cryptography import x509

    if constraints is not None:
        return constraints.ca
    return certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer


def _hash_name(certificate: "x509.Certificate") -> str | None:
    algorithm = certificate.signature_hash_algorithm
    return algorithm.name if algorithm else None


def _known(look: Callable[[], _T]) -> _T | None:
    """What a look gives; None where cryptography does not know the algorithm."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return look()
    except UnsupportedAlgorithm:
        return None


SCHEDULE: Final = (
    (datetime(2026, 3, 15, tzinfo=UTC), 398),
    (datetime(2027, 3, 15, tzinfo=UTC), 200),
    (datetime(2029, 3, 15, tzinfo=UTC), 100),
)
"""Before that time: the most days. Ballot SC-081v3."""
LAST_DAYS: Final = 47
"""The most days after the schedule's last row."""
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def longest_days(issued: datetime) -> int:
    """Return the most days that a public certificate issued at that time may live."""
    return next((days for until, days in SCHEDULE if issued < until), LAST_DAYS)


def days_of(validity: Validity) -> int:
    """Return the days that a life is counted as by the rules: both ends included, a day begun is a day (BR 6.3.2)."""
    return -((validity.not_before - validity.not_after - _SECOND) // _DAY)


def whole_days(validity: Validity) -> int:
    """Return the days of a life as people count them: whole days, both ends included.

    Some CAs write 90 days as 90 times 24 hours, others as a second less; both are 90 days.
    """
    return (validity.not_after - validity.not_before + _SECOND) // _DAY
