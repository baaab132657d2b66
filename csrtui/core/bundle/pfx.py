"""Read PKCS #12 files (PFX, RFC 7292) from any program: all keys and certificates, in any order and encoding."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from csrtui.core.base.asn1 import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    BerError,
    Node,
    joined_string,
    read_node,
    to_der,
)
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import decryption
from csrtui.core.keys import kdf_limits

_PKCS7 = "1.2.840.113549.1.7."
_DATA, _SIGNED_DATA, _ENCRYPTED_DATA = f"{_PKCS7}1", f"{_PKCS7}2", f"{_PKCS7}6"
_BAGS = "1.2.840.113549.1.12.10.1."
_KEY_BAG, _SHROUDED_KEY_BAG, _CERT_BAG = f"{_BAGS}1", f"{_BAGS}2", f"{_BAGS}3"
_SAFE_CONTENTS_BAG = f"{_BAGS}6"
_X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"
_PBMAC1 = "1.2.840.113549.1.5.14"
_MAC_HASHES: Final = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_MAX_BAGS: Final = 400
"""The maximum number of keys and certificates in a file. A list of trusted CAs has about 150."""
_MAX_NESTING: Final = 4
_CONTEXT_0, _PRIMITIVE_CONTEXT_0 = 0xA0, 0x80
SHROUDED_KEY_MARK: Final = bytes.fromhex("060b2a864886f70d010c0a0102")
"""The OID of pkcs8ShroudedKeyBag in DER (RFC 7292, 4.2). A file that contains these octets has a private key."""
_HINT = "openssl pkcs12 -in FILE -nodes -out NEW.pem extracts its contents"


@dataclass(slots=True)
class PfxContents:
    """The contents of a PKCS #12 file.

    Attributes:
        keys: The private keys, each a PrivateKeyInfo (PKCS #8) in DER.
        certificates: The certificates in DER.
        is_encrypted: Whether the file needed a non-empty passphrase.
        problems: The reasons why items cannot be read.
    """

    keys: list[bytes] = field(default_factory=list, repr=False)
    certificates: list[bytes] = field(default_factory=list)
    is_encrypted: bool = False
    problems: list[CsrtuiError] = field(default_factory=list)


def is_pfx(der: bytes) -> bool:
    """Return whether DER begins like a PKCS #12 file: with a version, then content of a known type."""
    try:
        version, content = read_node(der).children()[:2]
        is_known = content.tag == SEQUENCE and content.child(0, OID).oid in {_DATA, _SIGNED_DATA}
    except ValueError:
        return False
    return version.tag == INTEGER and is_known


def read_pfx(der: bytes, passphrase: Secret | None) -> PfxContents:
    """Return the contents of a PKCS #12 file. An empty passphrase is tried too.

    The file must be one that `is_pfx` recognizes, with definite lengths (`csrtui.core.base.asn1.to_der`).

    Raises:
        LockedError: The file needs a passphrase, and none was given.
        RefusedError: The passphrase does not open the file, or the file was changed.
        InputError: The file is malformed, protected with a public key, or too expensive to open.
    """
    try:
        return _read(der, passphrase)
    except decryption.UnsupportedSchemeError as error:
        raise _unsupported_error(error) from error
    except (ValueError, IndexError) as error:
        message = "the PKCS #12 file is malformed: it does not have the structure of RFC 7292"
        raise InputError(message, _HINT) from error


def _unsupported_error(error: decryption.UnsupportedSchemeError) -> InputError:
    provider = "-legacy " if error.is_legacy else ""
    command = f"openssl pkcs12 {provider}-in FILE -nodes -out NEW.pem"
    return InputError(
        f"the PKCS #12 file is encrypted with {error.scheme}, which csrtui does not support",
        f"{command} extracts its contents; adopt NEW.pem, then delete it",
    )


def _read(der: bytes, passphrase: Secret | None) -> PfxContents:
    _version, safe, *mac = read_node(der).children()
    if safe.child(0, OID).oid != _DATA:
        raise InputError(
            "the PKCS #12 file is protected with a public key, which csrtui does not support", _HINT
        )
    content = safe.child(1, _CONTEXT_0).child(0, OCTET_STRING).content
    parts = read_node(to_der(content)[0]).children()
    password = _find_password(content, mac[0] if mac else None, parts, passphrase)
    contents = PfxContents(is_encrypted=bool(password))
    for part in parts:
        with _collect_problems(contents):
            _read_part(part, password, contents)
    return contents


def _find_password(
    content: bytes, mac: Node | None, parts: list[Node], passphrase: Secret | None
) -> bytes | None:
    """Return the password of a file in UTF-8: empty bytes if nothing is protected, None if the file has no password.

    In PKCS #12, no password differs from an empty one. A password is tested with the MAC, or without a MAC by
    decrypting the first encrypted item.
    """
    if mac is not None:
        opens = partial(_matches_mac, mac, content)
    elif (sample := _first_encrypted(parts)) is not None:
        opens = partial(_decrypts, sample)
    else:
        return b""
    for password in dict.fromkeys((passphrase.encoded if passphrase is not None else b"", b"", None)):
        if opens(password):
            return password
    if passphrase is None:
        raise decryption.LockedError("the PKCS #12 file has a passphrase", f"give its passphrase; or {_HINT}")
    raise RefusedError("the passphrase does not open the PKCS #12 file, or the file is damaged")


def _matches_mac(mac: Node, content: bytes, password: bytes | None) -> bool:
    """Return whether the MAC of the content was made with this password (RFC 7292, 5.1; RFC 9579)."""
    digest_info, salt, *iteration_count = mac.children()
    algorithm, digest = digest_info.children()
    oid = algorithm.child(0, OID).oid or ""
    if oid == _PBMAC1:
        derivation, scheme = algorithm.child(1, SEQUENCE).children()
        hash_name, key = decryption.derive_pbmac1_key(derivation, scheme, password or b"")
    elif oid in _MAC_HASHES:
        hash_name, iterations = _MAC_HASHES[oid], iteration_count[0].integer if iteration_count else 1
        if len(digest.content) != hashlib.new(hash_name, usedforsecurity=False).digest_size:
            return False  # a longer digest would also cost more iterations
        kdf_limits.check_iterations(iterations, limit=kdf_limits.MAX_HASH_ITERATIONS)
        key = decryption.derive_pkcs12(
            hash_name,
            decryption.bmp_string(password),
            salt.content,
            iterations,
            purpose=decryption.MAC_PURPOSE,
            length=len(digest.content),
        )
    else:
        raise InputError(f"the PKCS #12 file has a MAC of kind {oid}, which csrtui does not support", _HINT)
    return hmac.compare_digest(hmac.digest(key, content, hash_name), digest.content)


def _decrypts(encrypted: decryption.EncryptedOctets, password: bytes | None) -> bool:
    """Return whether decryption with this password gives exactly one SEQUENCE."""
    try:
        plaintext = decryption.decrypt(encrypted, password)
        return plaintext[:1] == bytes([SEQUENCE]) and to_der(plaintext)[1] == len(plaintext)
    except (RefusedError, BerError):
        return False


def _first_encrypted(parts: list[Node]) -> decryption.EncryptedOctets | None:
    """Return the first encrypted item, or None. Skip malformed parts, which are reported later."""
    for part in parts:
        with suppress(ValueError):
            if part.child(0, OID).oid == _ENCRYPTED_DATA:
                return _encrypted_content(part)
            for bag in _bags(part.child(1, _CONTEXT_0).child(0, OCTET_STRING).content):
                if bag.child(0, OID).oid == _SHROUDED_KEY_BAG:
                    return decryption.parse_encrypted_private_key(bag.child(1, _CONTEXT_0).content)
    return None


def _read_part(part: Node, password: bytes | None, contents: PfxContents) -> None:
    oid = part.child(0, OID).oid
    if oid == _DATA:
        _read_bags(part.child(1, _CONTEXT_0).child(0, OCTET_STRING).content, password, contents)
    elif oid == _ENCRYPTED_DATA:
        _read_bags(decryption.decrypt(_encrypted_content(part), password), password, contents)
    else:
        raise InputError("a part of the PKCS #12 file is of an unknown kind", _HINT)


def _encrypted_content(part: Node) -> decryption.EncryptedOctets:
    """Return the scheme and the ciphertext of EncryptedData (RFC 5652, 8). A divided ciphertext is joined."""
    _type, scheme, content = part.child(1, _CONTEXT_0).child(0, SEQUENCE).child(1, SEQUENCE).children()
    if content.tag == _PRIMITIVE_CONTEXT_0:
        return decryption.EncryptedOctets(scheme, content.content)
    pieces = [piece.encoded for piece in content.children()]
    return decryption.EncryptedOctets(scheme, joined_string(pieces, OCTET_STRING))


def _bags(content: bytes) -> list[Node]:
    return read_node(to_der(content)[0]).children()


def _read_bags(content: bytes, password: bytes | None, contents: PfxContents, depth: int = 0) -> None:
    for bag in _bags(content):
        if len(contents.keys) + len(contents.certificates) + len(contents.problems) >= _MAX_BAGS:
            raise InputError(f"only the first {_MAX_BAGS} items of the PKCS #12 file are read")
        with _collect_problems(contents):
            _read_bag(bag, password, contents, depth)


def _read_bag(bag: Node, password: bytes | None, contents: PfxContents, depth: int) -> None:
    oid, value = bag.child(0, OID).oid, bag.child(1, _CONTEXT_0)
    if oid == _SAFE_CONTENTS_BAG and depth < _MAX_NESTING:
        _read_bags(value.content, password, contents, depth + 1)
    elif oid == _KEY_BAG:
        contents.keys.append(value.content)
    elif oid == _SHROUDED_KEY_BAG:
        contents.keys.append(
            decryption.decrypt(decryption.parse_encrypted_private_key(value.content), password)
        )
    elif oid == _CERT_BAG:
        certificate = value.child(0, SEQUENCE)
        if certificate.child(0, OID).oid == _X509_CERTIFICATE:
            contents.certificates.append(certificate.child(1, _CONTEXT_0).child(0, OCTET_STRING).content)


@contextmanager
def _collect_problems(contents: PfxContents) -> Iterator[None]:
    """Convert an error in one item into a problem, so that the other items are still read."""
    try:
        yield
    except decryption.UnsupportedSchemeError as error:
        contents.problems.append(_unsupported_error(error))
    except CsrtuiError as error:
        contents.problems.append(error)
    except (ValueError, IndexError):
        contents.problems.append(InputError("an item of the PKCS #12 file is malformed", _HINT))
