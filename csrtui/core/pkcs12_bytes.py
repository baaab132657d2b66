"""Certificates in PKCS #12 (RFC 7292) that holds no key and has no passphrase.

A key is refused, and what opening it would cost is read before it is paid.
"""

from typing import Annotated, Final

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from csrtui.core import key_cost
from csrtui.core.errors import InputError

_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_KEY_BAGS: Final = (
    bytes.fromhex("060b2a864886f70d010c0a0101"),
    bytes.fromhex("060b2a864886f70d010c0a0102"),
)
"""keyBag and pkcs8ShroudedKeyBag as DER (RFC 7292, 4.2): where these stand, there is a key."""
_HINT = "openssl pkcs12 -in FILE -nokeys -out certificates.pem takes the certificates out"


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _Content:
    kind: ObjectIdentifier
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class _Digest:
    algorithm: asn1.TLV
    digest: bytes


@asn1.sequence
class _Mac:
    digest: _Digest
    salt: bytes
    rounds: Annotated[int, asn1.Default(1)]


@asn1.sequence
class _Pfx:
    version: int
    safe: _Content
    mac: _Mac | None


@asn1.sequence
class _Safes:
    """Programs write one or two; more than four are not read."""

    first: _Content
    second: _Content | None
    third: _Content | None
    fourth: _Content | None


@asn1.sequence
class _EncryptedContent:
    kind: ObjectIdentifier
    algorithm: _Algorithm
    content: Annotated[bytes | None, asn1.Implicit(0)]


@asn1.sequence
class _EncryptedData:
    version: int
    content: _EncryptedContent


@asn1.sequence
class _Encrypted:
    """What `key_cost.judge_cost` judges."""

    algorithm: _Algorithm
    data: bytes


def is_pkcs12(der: bytes) -> bool:
    """Whether it is of the shape of PKCS #12: a version, and a content with a type of its own."""
    try:
        asn1.decode_der(_Pfx, der)
    except ValueError:
        return False
    return True


def certificates_in(der: bytes) -> list[bytes]:
    """Return the DER of each certificate in PKCS #12.

    Args:
        der: What `is_pkcs12` takes for it.

    Raises:
        InputError: It holds a key, is under a passphrase, would cost too much to open, or cannot be read.
    """
    if any(mark in der for mark in _KEY_BAGS):
        raise _with_key()
    _judge_cost(der)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

    try:
        found = pkcs12.load_pkcs12(der, None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(
            "the PKCS #12 cannot be opened: it is under a passphrase, or damaged", _HINT
        ) from error
    if found.key is not None:
        raise _with_key()
    return [each.certificate.public_bytes(Encoding.DER) for each in found.additional_certs]


def _with_key() -> InputError:
    return InputError("there is a private key in the PKCS #12, and only certificates are imported", _HINT)


def _too_dear() -> InputError:
    return InputError(
        "opening the PKCS #12 would take more work than is gone along with, or of a kind not known here",
        _HINT,
    )


def _judge_scheme(der: bytes) -> None:
    try:
        key_cost.judge_cost(der)
    except InputError as error:
        raise _too_dear() from error


def _judge_cost(der: bytes) -> None:
    """Both the check of the whole and the opening of each part derive a key first."""
    try:
        pfx = asn1.decode_der(_Pfx, der)
        if pfx.mac is not None and pfx.mac.rounds > key_cost.MAX_ROUNDS:
            raise _too_dear()
        safes = asn1.decode_der(_Safes, pfx.safe.content.parse(bytes))
        for safe in (safes.first, safes.second, safes.third, safes.fourth):
            if safe is not None and safe.kind.dotted_string == _ENCRYPTED_DATA:
                scheme = safe.content.parse(_EncryptedData).content.algorithm
                _judge_scheme(asn1.encode_der(_Encrypted(algorithm=scheme, data=b"")))
    except ValueError as error:
        raise InputError("the PKCS #12 cannot be read: it is damaged, or of a rare kind", _HINT) from error
