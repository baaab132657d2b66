"""Certification requests (CSR, PKCS #10, RFC 2986): made, read, and previewed before there is a key."""

import ipaddress
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, cast

from csrtui.core.base import asn1
from csrtui.core.base.errors import InputError
from csrtui.core.certificates import encoding_faults
from csrtui.core.keys import key_types
from csrtui.core.subject import distinguished_name
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    from csrtui.core.keys.key_types import PrivateKey, PublicKey

_OLD_HASHES = frozenset({"md5", "sha1"})


class Request(NamedTuple):
    """What a CSR says, decoded from its DER.

    Attributes:
        der: The DER of the whole request.
        subject: Its subject, field by field.
        subject_der: The DER of the subject's Name.
        subject_text: The subject as RFC 4514 writes it, safe to show.
        names: The names of its SAN extension, in order; DNS names and addresses as they are, of other
            kinds with the kind before a colon.
        key_type: The type of its key, or None for one that csrtui does not make.
        spki_sha256: The SPKI fingerprint, 64 hex digits.
        signature_hash: The hash it was signed with, or None where the algorithm has its own, or is unknown.
    """

    der: bytes
    subject: SubjectFields
    subject_der: bytes
    subject_text: str
    names: tuple[str, ...]
    key_type: key_types.KeyType | None
    spki_sha256: str
    signature_hash: str | None

    @property
    def sha256(self) -> str:
        """SHA-256 of the DER, 64 hex digits."""
        return sha256(self.der).hexdigest()


def build(subject: SubjectFields, names: Sequence[str], key: "PrivateKey") -> bytes:
    """Return the DER of a CSR for `subject` and `names`, signed with `key`.

    The SAN extension holds every name in the order given. No e-mail address, no challenge password.

    Args:
        subject: Within the bounds of `csrtui.core.subject.fields`.
        names: Canonical host names (A-labels) and addresses, the common name first.
        key: Of one of the types in `keys.KeyType`.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    key_type = key_types.type_of(key.public_key())
    if key_type is None:
        raise InputError("a key of this type makes no CSR here", f"key types: {', '.join(key_types.KeyType)}")
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(distinguished_name.encode(subject))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
    )
    return builder.sign(key, key_types.signature_hash(key_type)).public_bytes(Encoding.DER)


def preview(subject: SubjectFields, names: Sequence[str]) -> Request:
    """Return what a CSR for `subject` and `names` will say, decoded from the DER that would be signed.

    It is made by `build` and read by `read` like the real one, with a key that is no secret at all: the
    private key 1 on P-256. Whatever the encoding does to a value shows here first.
    """
    return read_der(build(subject, names, _preview_key()))


def read_der(data: bytes) -> Request:
    """Return what the CSR in `data` says, without checking its signature.

    Raises:
        InputError: `data` is no CSR in DER, or breaks an encoding rule for which CAs refuse it; the error says which.
    """
    from cryptography import x509

    with _refusals(data):
        return _decode(x509.load_der_x509_csr(data), data)


def read_pem(data: bytes) -> Request:
    """Return what the first CSR in a PEM text says.

    Raises:
        InputError: There is no CSR in it, or one that cannot be read.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    with _refusals():
        der = x509.load_pem_x509_csr(data).public_bytes(Encoding.DER)
    return read_der(der)


def to_pem(der: bytes) -> bytes:
    """Return the CSR in `der` as PEM, in lines of 64 characters; its octets stay as they are."""
    return asn1.wrap("CERTIFICATE REQUEST", der)


def public_key(der: bytes) -> "PublicKey":
    """Return the public key in the CSR in `der`, one that `read_der` could read."""
    from cryptography import x509

    return x509.load_der_x509_csr(der).public_key()


def extensions_of(der: bytes) -> "x509.Extensions":
    """Return the extensions that the CSR in `der` asks for, one that `read_der` could read."""
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_der_x509_csr(der).extensions


def signature_holds(der: bytes) -> bool:
    """Whether the CSR is signed by the key it names (proof of possession).

    A signature with SHA-1 or MD5 that is whole holds too: how old it is, is another question
    (`csrtui.core.advice.key_rules`), and cryptography's answer, *invalid*, would be the wrong one.
    False too where the algorithm of the key or of the signature is not known here.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        csr = x509.load_der_x509_csr(der)
        old = csr.signature_hash_algorithm
        return csr.is_signature_valid or (old is not None and old.name in _OLD_HASHES and _verifies(csr, old))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def probe(key: "PrivateKey") -> bytes:
    """Return the DER of a CSR that nobody sees, signed with `key`: to prove that it signs.

    Args:
        key: Any key that can sign, also of a type that csrtui does not make.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ed448
    from cryptography.hazmat.primitives.serialization import Encoding

    key_type = key_types.type_of(key.public_key())
    without_hash = key_type is None and isinstance(key, ed448.Ed448PrivateKey)
    algorithm = key_types.signature_hash(key_type) if key_type else None if without_hash else hashes.SHA256()
    name = distinguished_name.encode(SubjectFields(common_name="proof.invalid"))
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, algorithm)
    return made.public_bytes(Encoding.DER)


def _verifies(csr: "x509.CertificateSigningRequest", old: "hashes.HashAlgorithm") -> bool:
    """Verify a signature with a hash that cryptography does not go along with any more."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
    from cryptography.x509.oid import SignatureAlgorithmOID

    key, signature, signed = csr.public_key(), csr.signature, csr.tbs_certrequest_bytes
    old_rsa = (
        SignatureAlgorithmOID.RSA_WITH_SHA1,
        SignatureAlgorithmOID.RSA_WITH_MD5,
    )
    algorithm, parameters = csr.signature_algorithm_oid, csr.signature_algorithm_parameters
    try:
        if isinstance(key, rsa.RSAPublicKey) and isinstance(parameters, padding.PSS):
            key.verify(signature, signed, parameters, old)
        elif isinstance(key, rsa.RSAPublicKey) and algorithm in old_rsa:
            key.verify(signature, signed, padding.PKCS1v15(), old)
        elif (
            isinstance(key, ec.EllipticCurvePublicKey) and algorithm == SignatureAlgorithmOID.ECDSA_WITH_SHA1
        ):
            key.verify(signature, signed, ec.ECDSA(old))
        elif isinstance(key, dsa.DSAPublicKey) and algorithm == SignatureAlgorithmOID.DSA_WITH_SHA1:
            key.verify(signature, signed, old)
        else:
            return False
    except InvalidSignature:
        return False
    return True


@contextmanager
def _refusals(der: bytes | None = None) -> Iterator[None]:
    """Turn all that cryptography says to a strange CSR into an `InputError`; its warnings say nothing here."""
    from cryptography import x509

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except x509.InvalidVersion as error:
        raise InputError(
            f"the certificate request has version {error.parsed_version}, where PKCS #10 only knows 0",
            "make a new request; no CSR of this version is accepted by a CA",
        ) from error
    except Exception as error:
        raise _explained(der, error) from error


def _explained(der: bytes | None, error: Exception) -> InputError:
    """Why a CSR cannot be read: the field, and the rule that it breaks."""
    if der is None:
        return InputError("the certificate request cannot be read", "it is not PEM, or damaged")
    try:
        faults = encoding_faults.copy_of(der, encoding_faults.copy_request, "certificate request").faults
    except InputError as refusal:
        return refusal
    return InputError(
        f"the certificate request breaks an encoding rule: {encoding_faults.listed(faults) or encoding_faults.described(error)}",
        "make a new CSR: openssl req -new -key KEY -out NEW.csr; or leave --csr out and give the certificate",
    )


def _decode(csr: "x509.CertificateSigningRequest", der: bytes) -> Request:
    public_key = csr.public_key()
    name = csr.subject
    return Request(
        der=der,
        subject=distinguished_name.decode(name),
        subject_der=name.public_bytes(),
        subject_text=distinguished_name.rfc4514(name),
        names=tuple(alternative_names(csr.extensions)),
        key_type=key_types.type_of(public_key),
        spki_sha256=key_types.spki_sha256(public_key),
        signature_hash=_hash_name(csr),
    )


def _hash_name(csr: "x509.CertificateSigningRequest") -> str | None:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = csr.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return algorithm.name if algorithm else None


def alternative_names(extensions: "x509.Extensions") -> Iterable[str]:
    """Give the names of a SAN extension as `Request.names` has them; of a certificate's too."""
    from cryptography import x509

    try:
        alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for name in alternative:
        match name:
            case x509.DNSName():
                yield name.value
            case x509.IPAddress():
                yield str(name.value)
            case _:
                yield other_name(name)


_OTHER_NAMES = {"1.3.6.1.4.1.311.20.2.3": ("upn", 0x0C), "1.3.6.1.5.5.7.8.7": ("srv", 0x16)}
"""Microsoft's user principal name, and the name of a service (RFC 4985, 2): prefix and ASN.1 type."""


def other_name(name: "x509.GeneralName") -> str:
    """Return a name that is neither a host name nor an address, with its kind before a colon: ``upn:u@example.com``."""
    from cryptography import x509

    match name:
        case x509.RFC822Name():
            return f"email:{name.value}"
        case x509.UniformResourceIdentifier():
            return f"uri:{name.value}"
        case x509.DirectoryName():
            return f"directory:{distinguished_name.rfc4514(name.value)}"
        case x509.RegisteredID():
            return f"rid:{name.value.dotted_string}"
        case _:  # OtherName: the kinds that are left are host names and addresses
            return _other_name(cast("x509.OtherName", name))


def _other_name(name: "x509.OtherName") -> str:
    oid = name.type_id.dotted_string
    prefix, tag = _OTHER_NAMES.get(oid, ("", 0))
    value = asn1.parse(name.value)
    if value is None or not prefix or value.tag != tag:
        return f"other:{oid}"
    return f"{prefix}:{value.content.decode('utf-8', 'replace')}"


def _general_name(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@cache
def _preview_key() -> "PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(1, ec.SECP256R1())
