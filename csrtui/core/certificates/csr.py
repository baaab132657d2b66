"""Build, preview, read and check certification requests (CSR, PKCS #10, RFC 2986)."""

import warnings
from collections.abc import Sequence
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from csrtui.core.base import asn1
from csrtui.core.base.errors import InputError, translate_errors
from csrtui.core.base.finding import Purpose
from csrtui.core.certificates import extensions
from csrtui.core.keys import key_types, signing
from csrtui.core.subject import distinguished_name
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from typing import TypeAlias

    from cryptography import x509

    from csrtui.core.keys.key_types import PrivateKey, PublicKey

    Decoded: TypeAlias = x509.CertificateSigningRequest | x509.Certificate

_RSA_WITH_MD5, _ECDSA_WITH_SHA1 = "1.2.840.113549.1.1.4", "1.2.840.10045.4.1"
"""The signature algorithms (RFC 3279, 2.2) whose parameters cryptography does not return."""
_DSA_SIGNATURES = ("1.2.840.10040.4.", "2.16.840.1.101.3.4.3.")
"""The prefixes of the signature algorithms for DSA (RFC 3279, 2.2.2; RFC 5758, 3.1). The second is also that of others."""
OLD_HASHES = frozenset({"md5", "sha1"})
"""Hashes that are no longer allowed in signatures (BR 7.1.3.2)."""
MAX_NAMES = 10_000
"""Upper limit on the names in a CSR. CAs allow 100 to 2,000. Advice on 150,000 names would take half a minute."""
_PROOF = b"csrtui tests whether this key can sign"


class Request(NamedTuple):
    """A decoded CSR.

    Attributes:
        der: The DER of the CSR.
        subject: The subject fields.
        subject_der: The DER of the subject's Name.
        subject_text: The subject as RFC 4514 text, safe to display.
        names: The names of the SAN extension, in order. DNS names and addresses have no prefix. Other names have their
            kind as a prefix (`extensions.prefixed_name`).
        key_type: The type of the key, or None if csrtui does not generate such keys.
        spki_sha256: The SPKI fingerprint, 64 hex digits.
        signature_hash: The hash of the signature, or None if the algorithm has a fixed hash or is unknown.
        purpose: The purpose that the CSR requests (`extensions.purpose_of`).
        must_staple: Whether the CSR requests must-staple (`extensions.has_must_staple`).
    """

    der: bytes
    subject: SubjectFields
    subject_der: bytes
    subject_text: str
    names: tuple[str, ...]
    key_type: key_types.KeyType | None
    spki_sha256: str
    signature_hash: str | None
    purpose: Purpose = Purpose.SERVER
    must_staple: bool = False

    @property
    def sha256(self) -> str:
        """SHA-256 of the DER, 64 hex digits."""
        return sha256(self.der).hexdigest()


def build(
    subject: SubjectFields,
    names: Sequence[str],
    key: "PrivateKey",
    purpose: Purpose = Purpose.SERVER,
    *,
    must_staple: bool = False,
) -> bytes:
    """Return the DER of a CSR for `subject` and `names`, signed with `key`.

    The SAN extension contains every name in the given order. Without names there is no SAN extension. The CSR has no
    challenge password. The fields must be within the bounds of `csrtui.core.subject.fields`, and the names have the
    format of `Request.names`.

    Raises:
        InputError: csrtui does not make CSRs for keys of this type.
    """
    from cryptography import x509

    from csrtui.core.keys.encodings import Encoding

    key_type = key_types.type_of(key.public_key())
    if key_type is None:
        key_list = ", ".join(key_types.KeyType)
        raise InputError("csrtui cannot make a CSR for a key of this type", f"key types: {key_list}")
    builder = x509.CertificateSigningRequestBuilder().subject_name(distinguished_name.encode(subject))
    if names:
        sans = x509.SubjectAlternativeName([extensions.general_name(name) for name in names])
        # RFC 5280 4.2.1.6 requires critical names in a certificate with an empty subject.
        builder = builder.add_extension(sans, critical=subject == SubjectFields())
    for extension in extensions.extensions_for(purpose, key_type):
        builder = builder.add_extension(extension.value, extension.critical)
    if must_staple:
        builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
    return builder.sign(key, key_types.signature_hash(key_type)).public_bytes(Encoding.DER)


def preview(
    subject: SubjectFields,
    names: Sequence[str],
    purpose: Purpose = Purpose.SERVER,
    *,
    must_staple: bool = False,
) -> Request:
    """Return the CSR for the given values (`build`), decoded from the DER that would be signed.

    The result shows how the encoding changes the values. Its key is not secret: it is the private key 1 on P-256.
    """
    return read_der(build(subject, names, _preview_key(), purpose, must_staple=must_staple))


def read_der(data: bytes) -> Request:
    """Return the CSR in `data`, without checking its signature.

    Raises:
        InputError: `data` is not a CSR in DER, or it breaks an encoding rule, so CAs refuse it. The error names the
            rule.
    """
    from cryptography import x509

    with translate_errors(partial(_read_error, data)), warnings.catch_warnings(action="ignore"):
        request = _decode(x509.load_der_x509_csr(data), data)
    if len(request.names) > MAX_NAMES:
        raise InputError(
            f"the certificate request has {len(request.names)} names, and csrtui reads at most {MAX_NAMES}",
            "split the names among several requests",
        )
    return request


def read_faulty(data: bytes) -> tuple[Request, bytes] | None:
    """Return a CSR that `read_der` refuses, and the DER of a decodable copy, or None if no such copy can be made.

    The fields of the CSR come from the copy, but its `Request.der` is the original.
    """
    from cryptography import x509

    from csrtui.core.certificates import encoding_faults  # most requests have none

    try:
        copy, _ = encoding_faults.read_copy(data, is_request=True)
        with warnings.catch_warnings(action="ignore"):
            request = _decode(x509.load_der_x509_csr(copy), data)
    except Exception:  # noqa: BLE001 - cryptography does not document which errors can occur
        return None
    return (request, copy) if len(request.names) <= MAX_NAMES else None


def read_pem(data: bytes) -> Request:
    """Return the first CSR in a PEM text.

    Raises:
        InputError: The text contains no CSR, or the CSR cannot be read.
    """
    from cryptography import x509

    from csrtui.core.keys.encodings import Encoding

    with translate_errors(partial(_read_error, None)), warnings.catch_warnings(action="ignore"):
        der = x509.load_pem_x509_csr(data).public_bytes(Encoding.DER)
    return read_der(der)


def to_pem(der: bytes) -> bytes:
    """Return a CSR as PEM, in lines of 64 characters."""
    return asn1.wrap("CERTIFICATE REQUEST", der)


def public_key(der: bytes) -> "PublicKey":
    """Return the public key of a CSR. `read_der` must be able to read the CSR."""
    from cryptography import x509

    return x509.load_der_x509_csr(der).public_key()


def requested_extensions(der: bytes) -> "x509.Extensions":
    """Return the requested extensions of a CSR. `read_der` must be able to read the CSR."""
    from cryptography import x509

    with warnings.catch_warnings(action="ignore"):
        return x509.load_der_x509_csr(der).extensions


def has_valid_signature(der: bytes) -> bool:
    """Return whether the CSR is signed by its own key (proof of possession).

    A correct signature with SHA-1 or MD5 counts as valid. The old hash is a separate finding
    (`csrtui.core.advice.key_rules`). Return False if the algorithm of the key or signature is unknown.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        csr = x509.load_der_x509_csr(der)
        if hash_name(csr) not in OLD_HASHES:
            return csr.is_signature_valid
        return is_signed_by(csr.public_key(), csr, csr.signature, csr.tbs_certrequest_bytes)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def is_signed_by(key: "PublicKey", decoded: "Decoded", signature: bytes, message: bytes) -> bool:
    """Return whether `signature` is a valid signature of `message` by `key`, made with the algorithm in `decoded`.

    cryptography's own checks reject SHA-1 and MD5, and cannot check the original octets of faulty DER.

    Raises:
        UnsupportedAlgorithm: cryptography does not know the algorithm.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

    oid, parameters = decoded.signature_algorithm_oid.dotted_string, decoded.signature_algorithm_parameters
    algorithm = decoded.signature_hash_algorithm
    key_oid = asn1.read_node(key_types.spki(key)).child(0, asn1.SEQUENCE).child(0, asn1.OID).oid
    try:
        match key, parameters:
            case rsa.RSAPublicKey(), padding.PKCS1v15() | padding.PSS() if algorithm:
                key.verify(signature, message, parameters, algorithm)
            case rsa.RSAPublicKey(), None if algorithm and oid == _RSA_WITH_MD5:
                key.verify(signature, message, padding.PKCS1v15(), algorithm)
            case ec.EllipticCurvePublicKey(), ec.ECDSA():
                key.verify(signature, message, parameters)
            case ec.EllipticCurvePublicKey(), None if algorithm and oid == _ECDSA_WITH_SHA1:
                key.verify(signature, message, ec.ECDSA(algorithm))
            case dsa.DSAPublicKey(), None if algorithm and oid.startswith(_DSA_SIGNATURES):
                key.verify(signature, message, algorithm)
            case _ if oid == key_oid:  # EdDSA and ML-DSA, which have their own hash
                own_hash: Any = key
                own_hash.verify(signature, message)
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def proves_possession(key: "PrivateKey", request: Request) -> bool:
    """Return whether `key` is the key of the CSR and can sign. A backup counts as *verified* only after this test."""
    public_key = key.public_key()
    is_key_of_request = key_types.spki_sha256(public_key) == request.spki_sha256
    return is_key_of_request and signing.verify(public_key, signing.sign(key, _PROOF), _PROOF)


def _read_error(der: bytes | None, error: Exception) -> InputError:
    """Return the error for an unreadable CSR. If the DER is known, the error names the field and the broken rule."""
    from cryptography import x509

    from csrtui.core.certificates import encoding_faults

    if isinstance(error, x509.InvalidVersion):
        return InputError(
            f"the certificate request has version {error.parsed_version}, but PKCS #10 has only version 0",
            "make a new request; CAs do not accept a CSR of this version",
        )
    if der is None:
        return InputError("the certificate request cannot be read", "it is not PEM, or damaged")
    try:
        _, faults = encoding_faults.read_copy(der, is_request=True)
    except InputError as input_error:
        return input_error
    rules = "; ".join(faults) or encoding_faults.describe_error(error)
    return InputError(
        f"the certificate request breaks an encoding rule: {rules}",
        "csrtui adopt --key KEY --make-csr --names NAME … makes a new CSR; or give the certificate instead of the CSR (--cert)",
    )


def _decode(csr: "x509.CertificateSigningRequest", der: bytes) -> Request:
    key, subject = csr.public_key(), csr.subject
    return Request(
        der=der,
        subject=distinguished_name.decode(subject),
        subject_der=subject.public_bytes(),
        subject_text=distinguished_name.rfc4514(subject),
        names=tuple(extensions.alternative_names(csr.extensions)),
        key_type=key_types.type_of(key),
        spki_sha256=key_types.spki_sha256(key),
        signature_hash=hash_name(csr),
        purpose=extensions.purpose_of(extensions.extended_key_usages(csr.extensions)),
        must_staple=extensions.has_must_staple(csr.extensions),
    )


def hash_name(decoded: "Decoded") -> str | None:
    """Return the hash of a signature, or None if the algorithm has a fixed hash or is unknown."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        algorithm = decoded.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return algorithm.name if algorithm else None


@cache
def _preview_key() -> "PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(1, ec.SECP256R1())
