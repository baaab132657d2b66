"""Certificates (X.509, RFC 5280) as they come home from a CA: read, and what they say.

cryptography is imported when something is decoded.
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from csrtui.core import distinguished_name, keys, pem, request
from csrtui.core.certificate_bytes import find_certificates
from csrtui.core.errors import InputError
from csrtui.core.pair import Validity
from csrtui.core.subject import SubjectFields
from csrtui.core.visible import visible

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


def read_certificates(data: bytes) -> list[Certificate]:
    """Return what the certificates in `data` say, at least one, each once, in their order.

    Args:
        data: As for `find_certificates`.

    Raises:
        InputError: There is none, there is a private key, or one of them cannot be read.
    """
    return [read_der(der) for der in find_certificates(data)]


def read_der(der: bytes) -> Certificate:
    """Return what the certificate in `der` says, without checking its signature.

    Raises:
        InputError: It is no certificate in DER, or one whose parts cannot be read.
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
        except Exception as error:
            # decoded lazily, and which of a dozen exceptions can come out is nowhere written down
            raise InputError("the certificate cannot be read", "it may be damaged or cut short") from error


def to_pem(certificates: Iterable[Certificate]) -> bytes:
    """Return certificates as PEM, one after the other, in lines of 64 characters (RFC 7468)."""
    return b"".join(pem.wrap("CERTIFICATE", one.der) for one in certificates)


def load(certificate: Certificate) -> "x509.Certificate":
    """Return a certificate as cryptography has it."""
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `read_der`
        return x509.load_der_x509_certificate(certificate.der)


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
        names=tuple(request.alternative_names(extensions)),
        is_ca=_is_ca(certificate, constraints),
        purposes=None if usage is None else tuple(oid.dotted_string for oid in usage),
        spki_sha256=_known(lambda: keys.spki_sha256(certificate.public_key())),
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
