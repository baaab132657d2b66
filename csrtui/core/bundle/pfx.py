"""PKCS #12 (PFX, RFC 7292) of any program: all of its keys and certificates, whatever order and encoding they have."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
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
from csrtui.core.bundle import pbe

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
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
"""The most keys and certificates of one file; a list of trusted CAs has about 150."""
_MAX_NESTING: Final = 4
_CONTEXT_0, _PRIMITIVE_CONTEXT_0 = 0xA0, 0x80
SHROUDED_KEY_MARK: Final = bytes.fromhex("060b2a864886f70d010c0a0102")
"""pkcs8ShroudedKeyBag as DER (RFC 7292, 4.2): where this is not itself encrypted, it shows that there is a key."""
_HINT = "openssl pkcs12 -in FILE -nodes -out NEW.pem takes out what is in it"


@dataclass(slots=True)
class Pfx:
    """What a PKCS #12 file contains.

    Attributes:
        keys: PrivateKeyInfo (PKCS #8), DER.
        certificates: Certificates, DER.
        is_encrypted: Whether a passphrase that is not empty opened it.
        problems: What could not be opened.
    """

    keys: list[bytes] = field(default_factory=list, repr=False)
    certificates: list[bytes] = field(default_factory=list)
    is_encrypted: bool = False
    problems: list[CsrtuiError] = field(default_factory=list)


def is_pfx(der: bytes) -> bool:
    """Whether it begins as PKCS #12 does: a version, and a content with a type."""
    try:
        version, safe = read_node(der).children()[:2]
        return (
            version.tag == INTEGER
            and safe.tag == SEQUENCE
            and safe.child(0, OID).oid in {_DATA, f"{_DATA[:-1]}2"}
        )
    except ValueError:
        return False


def read_pfx(der: bytes, passphrase: Secret | None) -> Pfx:
    """Return what PKCS #12 contains. An empty passphrase is tried too.

    Args:
        der: What `is_pfx` recognises, with definite lengths (`ber.to_der`).
        passphrase: The passphrase, or None.

    Raises:
        LockedError: It opens with a passphrase, and none is given.
        RefusedError: The passphrase does not open it, or it was changed.
        InputError: It is malformed, signed instead of encrypted, or costs too much to open.
    """
    try:
        return _read(der, passphrase)
    except pbe.UnsupportedSchemeError as error:
        raise _unsupported(error) from error
    except (ValueError, IndexError) as error:
        raise InputError("the PKCS #12 is malformed: it has not the structure of RFC 7292", _HINT) from error


def _unsupported(error: pbe.UnsupportedSchemeError) -> InputError:
    provider = "-legacy " if error.is_legacy else ""
    return InputError(
        f"the PKCS #12 is encrypted with {error.scheme}, which csrtui does not support",
        f"openssl pkcs12 {provider}-in FILE -nodes -out NEW.pem takes out what is in it; then adopt NEW.pem, and delete it",
    )


def _read(der: bytes, passphrase: Secret | None) -> Pfx:
    _version, safe, *mac = read_node(der).children()
    if safe.child(0, OID).oid != _DATA:
        raise InputError("the PKCS #12 is protected with a public key, which csrtui does not support", _HINT)
    content = safe.child(1, _CONTEXT_0).child(0, OCTET_STRING).content
    contents = read_node(to_der(content)[0])
    opener = _Opener(content, mac[0] if mac else None, contents, passphrase)
    pfx = Pfx(is_encrypted=bool(opener.password))
    for part in contents.children():
        with _noted(pfx):
            _read_part(part, opener.password, pfx)
    return pfx


class _Opener:
    """The passphrase that opens a file: proved by the MAC, else by the first thing that is encrypted.

    Attributes:
        password: In UTF-8; None for none at all.
    """

    def __init__(self, content: bytes, mac: Node | None, contents: Node, passphrase: Secret | None) -> None:
        self._content, self._mac = content, mac
        self._sample = None if mac is not None else _first_encrypted(contents)
        self.password: bytes | None = b""
        if mac is None and self._sample is None:
            return
        known = (passphrase.encoded,) if passphrase is not None and passphrase.encoded else ()
        for password in (*known, b"", None):
            if self._opens(password):
                self.password = password
                return
        if passphrase is None:
            raise pbe.LockedError("the PKCS #12 is under a passphrase", _HINT)
        raise RefusedError("the passphrase does not open the PKCS #12, or the file is damaged")

    def _opens(self, password: bytes | None) -> bool:
        if self._mac is not None:
            return _mac_holds(self._mac, self._content, password)
        try:
            plain = pbe.decrypt(self._sample, password) if self._sample is not None else b""
            return plain[:1] == bytes([SEQUENCE]) and to_der(plain)[1] == len(plain)
        except (RefusedError, BerError):
            return False


def _first_encrypted(contents: Node) -> pbe.Encrypted | None:
    """The first thing that is encrypted; what is malformed is named later."""
    for part in contents.children():
        with suppress(ValueError):
            if part.child(0, OID).oid == _ENCRYPTED_DATA:
                return _encrypted_content(part)
            for bag in _bags(part.child(1, _CONTEXT_0).child(0, OCTET_STRING).content):
                if bag.child(0, OID).oid == _SHROUDED_KEY_BAG:
                    return pbe.encrypted_private_key(bag.child(1, _CONTEXT_0).content)
    return None


def _mac_holds(mac: Node, content: bytes, password: bytes | None) -> bool:
    """Whether the MAC over the contents was made with this passphrase (RFC 7292, 5.1; RFC 9579)."""
    from csrtui.core.keys import kdf_limits

    digest_info, salt, *rest = mac.children()
    algorithm, digest = digest_info.children()
    oid = algorithm.child(0, OID).oid or ""
    if oid == _PBMAC1:
        derivation, scheme = algorithm.child(1, SEQUENCE).children()
        name, key = pbe.pbmac1_key(derivation, scheme, password or b"")
    elif oid in _MAC_HASHES:
        name, rounds = _MAC_HASHES[oid], rest[0].integer if rest else 1
        kdf_limits.check_hash_rounds(rounds)
        length = len(digest.content)
        key = pbe.derive_pkcs12(
            name, pbe.bmp(password), salt.content, rounds, purpose=pbe.MAC_ID, length=length
        )
    else:
        raise InputError(f"the PKCS #12 has a MAC of kind {oid}, which csrtui does not support", _HINT)
    return hmac.compare_digest(hmac.digest(key, content, name), digest.content)


def _read_part(part: Node, password: bytes | None, pfx: Pfx) -> None:
    kind = part.child(0, OID).oid
    if kind == _DATA:
        _read_bags(part.child(1, _CONTEXT_0).child(0, OCTET_STRING).content, password, pfx)
    elif kind == _ENCRYPTED_DATA:
        _read_bags(pbe.decrypt(_encrypted_content(part), password), password, pfx)
    else:
        raise InputError("a part of the PKCS #12 is of an unknown kind", _HINT)


def _encrypted_content(part: Node) -> pbe.Encrypted:
    """The parts of EncryptedData (RFC 5652, 8); a ciphertext in pieces is put together."""
    _kind, algorithm, content = part.child(1, _CONTEXT_0).child(0, SEQUENCE).child(1, SEQUENCE).children()
    if content.tag == _PRIMITIVE_CONTEXT_0:
        return pbe.Encrypted(algorithm, content.content)
    pieces = [piece.encoded for piece in content.children()]
    return pbe.Encrypted(algorithm, joined_string(pieces, OCTET_STRING))


def _bags(content: bytes) -> list[Node]:
    return read_node(to_der(content)[0]).children()


def _read_bags(content: bytes, password: bytes | None, pfx: Pfx, depth: int = 0) -> None:
    for bag in _bags(content):
        if len(pfx.keys) + len(pfx.certificates) + len(pfx.problems) >= _MAX_BAGS:
            raise InputError(f"more than {_MAX_BAGS} items of the PKCS #12 are not read")
        with _noted(pfx):
            _read_bag(bag, password, pfx, depth)


def _read_bag(bag: Node, password: bytes | None, pfx: Pfx, depth: int) -> None:
    kind, value = bag.child(0, OID).oid, bag.child(1, _CONTEXT_0)
    if kind == _SAFE_CONTENTS_BAG and depth < _MAX_NESTING:
        _read_bags(value.content, password, pfx, depth + 1)
    elif kind == _KEY_BAG:
        pfx.keys.append(value.content)
    elif kind == _SHROUDED_KEY_BAG:
        pfx.keys.append(pbe.decrypt(pbe.encrypted_private_key(value.content), password))
    elif kind == _CERT_BAG:
        certificate = value.child(0, SEQUENCE)
        if certificate.child(0, OID).oid == _X509_CERTIFICATE:
            pfx.certificates.append(certificate.child(1, _CONTEXT_0).child(0, OCTET_STRING).content)


@contextmanager
def _noted(pfx: Pfx) -> Iterator[None]:
    """Note what is wrong with one item, so that the others are read all the same."""
    try:
        yield
    except pbe.UnsupportedSchemeError as error:
        pfx.problems.append(_unsupported(error))
    except CsrtuiError as error:
        pfx.problems.append(error)
    except (ValueError, IndexError):
        pfx.problems.append(InputError("an item of the PKCS #12 is malformed", _HINT))
