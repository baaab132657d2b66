"""PKCS #12 (RFC 7292): certificates in one that holds no key and has no passphrase, or a key that is adopted.

Where only certificates are wanted, a key is refused. What opening it would cost is read before it is paid.
"""

from typing import TYPE_CHECKING, Annotated, Final, cast

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from csrtui.core import key_cost
from csrtui.core.errors import InputError, RefusedError
from csrtui.core.secret import Secret

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey

_DATA = "1.2.840.113549.1.7.1"
_SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2"
_PBMAC1 = bytes.fromhex("06092a864886f70d01050e")
"""The OID as DER."""
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_KEY_BAGS: Final = (
    bytes.fromhex("060b2a864886f70d010c0a0101"),
    bytes.fromhex("060b2a864886f70d010c0a0102"),
)
"""keyBag and pkcs8ShroudedKeyBag as DER (RFC 7292, 4.2): where these stand, there is a key."""
_HINT = "openssl pkcs12 -in FILE -nokeys -out certificates.pem takes the certificates out"
_KEY_HINT = "openssl pkcs12 -in FILE -out key-and-certificates.pem takes out what is in it"


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
class _Bag:
    kind: ObjectIdentifier
    value: Annotated[asn1.TLV, asn1.Explicit(0)]
    attributes: asn1.SetOf[asn1.TLV] | None


@asn1.sequence
class _Bags:
    """What lies in a part that is not encrypted as a whole: as a rule one key."""

    first: _Bag | None
    second: _Bag | None
    third: _Bag | None
    fourth: _Bag | None


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
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

    try:
        found = pkcs12.load_pkcs12(der, None)
    except Exception as error:  # which can come out is nowhere written down
        raise InputError(
            "the PKCS #12 cannot be opened: it is under a passphrase, or damaged", _HINT
        ) from error
    if found.key is not None:
        raise _with_key()
    return [each.certificate.public_bytes(Encoding.DER) for each in found.additional_certs]


def open_with_key(der: bytes, passphrase: Secret) -> "tuple[PrivateKey, tuple[bytes, ...]]":
    """Return the private key in PKCS #12, and the DER of each certificate beside it.

    Args:
        der: What `is_pkcs12` takes for it.
        passphrase: Its passphrase; may be empty.

    Raises:
        InputError: It holds no key, would cost too much to open, or cannot be read.
        RefusedError: The passphrase does not open it.
    """
    _judge_cost(der, _KEY_HINT)
    _judge_bags(der)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

    try:
        found = pkcs12.load_pkcs12(der, passphrase.encoded)
    except UnsupportedAlgorithm as error:
        raise _unknown() from error
    except Exception as error:  # as above
        raise RefusedError("the passphrase does not open the PKCS #12, or it is damaged") from error
    if found.key is None:
        raise InputError("there is no private key in the PKCS #12")
    of_key = (found.cert,) if found.cert is not None else ()
    certificates = tuple(
        each.certificate.public_bytes(Encoding.DER) for each in (*of_key, *found.additional_certs)
    )
    return cast("PrivateKey", found.key), certificates


def _unknown() -> InputError:
    return InputError("the PKCS #12 is encrypted in a way that cannot be opened here", _KEY_HINT)


def _judge_bags(der: bytes) -> None:
    """A key may be encrypted on its own, in a part that is not."""
    try:
        safes = asn1.decode_der(_Safes, asn1.decode_der(_Pfx, der).safe.content.parse(bytes))
        for safe in (safes.first, safes.second, safes.third, safes.fourth):
            if safe is None or safe.kind.dotted_string != _DATA:
                continue
            bags = asn1.decode_der(_Bags, safe.content.parse(bytes))
            for bag in (bags.first, bags.second, bags.third, bags.fourth):
                if bag is not None and bag.kind.dotted_string == _SHROUDED_KEY_BAG:
                    _judge_scheme(asn1.encode_der(bag.value.parse(_Encrypted)), _KEY_HINT)
    except ValueError as error:
        raise InputError(
            "the PKCS #12 cannot be read: it is damaged, or of a rare kind", _KEY_HINT
        ) from error


def _with_key() -> InputError:
    return InputError("there is a private key in the PKCS #12, and only certificates are imported", _HINT)


def _too_dear(hint: str) -> InputError:
    return InputError(
        "opening the PKCS #12 would take more work than is gone along with, or of a kind not known here",
        hint,
    )


def _judge_scheme(der: bytes, hint: str) -> None:
    try:
        key_cost.judge_cost(der)
    except InputError as error:
        raise _too_dear(hint) from error


def _judge_mac(mac: _Mac, hint: str) -> None:
    """A MAC of PBMAC1 (RFC 9579) names its rounds elsewhere, and few programs write one: it is left alone."""
    if mac.rounds > key_cost.MAX_ROUNDS or _PBMAC1 in bytes(mac.digest.algorithm.data):
        raise _too_dear(hint)


def _judge_cost(der: bytes, hint: str = _HINT) -> None:
    """Both the check of the whole and the opening of each part derive a key first."""
    try:
        pfx = asn1.decode_der(_Pfx, der)
        if pfx.mac is not None:
            _judge_mac(pfx.mac, hint)
        safes = asn1.decode_der(_Safes, pfx.safe.content.parse(bytes))
        for safe in (safes.first, safes.second, safes.third, safes.fourth):
            if safe is not None and safe.kind.dotted_string == _ENCRYPTED_DATA:
                scheme = safe.content.parse(_EncryptedData).content.algorithm
                _judge_scheme(asn1.encode_der(_Encrypted(algorithm=scheme, data=b"")), hint)
    except ValueError as error:
        raise InputError("the PKCS #12 cannot be read: it is damaged, or of a rare kind", hint) from error
