"""Read public keys (SPKI, PKCS #1, OpenSSH), and the public half of OpenSSH keys that csrtui does not open."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from csrtui.core.base import asn1
from csrtui.core.bundle import pem
from csrtui.core.bundle.items import MAX_ITEMS
from csrtui.core.bundle.private_key import OPENSSH_MAGIC
from csrtui.core.keys import key_types

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PublicKey

_SSH1_PRIVATE: Final = b"SSH PRIVATE KEY FILE FORMAT 1.1\n"
_SSH1_PUBLIC = re.compile(r"([1-9][0-9]{2,4}) [0-9]{1,10} [0-9]{100,6000}(?: |$)")
_SSH_TYPE = re.compile(r"(?:ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-[a-z0-9@.-]{1,60}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,20000}={0,2}")
_LENGTH: Final = 4
"""The octets of a length field in OpenSSH's formats (RFC 4251, 5)."""
_DSA: Final = "ssh-dss"


@dataclass(frozen=True, slots=True)
class BundlePublicKey:
    """A public key, or the public half of a private key that csrtui does not open.

    Attributes:
        key: The key, or None if cryptography does not support it.
        label: The type of the key: ``EC P-256``, or ``DSA 1024 (ssh-dss)`` if `key` is None. Not escaped.
        form: The format: ``public key``, ``OpenSSH public key`` or ``OpenSSH private key``.
        comment: The comment of an OpenSSH key, not escaped, or "".
        is_encrypted: Whether it is the public half of an encrypted private key.
        ssh_sha256: The fingerprint that ``ssh-keygen -l`` prints, or "" for other formats.
    """

    key: "PublicKey | None" = field(repr=False)
    label: str
    form: str
    comment: str = ""
    is_encrypted: bool = False
    ssh_sha256: str = ""

    @property
    def is_private(self) -> bool:
        """Whether the file contains the private key too."""
        return "private" in self.form


def read_public_keys(data: bytes) -> tuple[BundlePublicKey, ...]:
    """Return the public keys in a file of at most `MAX_BYTES`, and the public halves of OpenSSH private keys."""
    if data.startswith(_SSH1_PRIVATE):
        return (BundlePublicKey(None, "RSA1 (SSH protocol 1)", "OpenSSH private key"),)
    if data[:1] == b"0" and (key := _load(data)) is not None:
        return (_from_spki(key),)
    text = pem.decode_text(data)
    return tuple(islice((*_read_blocks(text), *_read_lines(text)), MAX_ITEMS))


def _from_spki(key: "PublicKey") -> BundlePublicKey:
    return BundlePublicKey(key, key_types.label_of(key), "public key")


def _load(der: bytes) -> "PublicKey | None":
    """Return the public key in DER (SPKI or PKCS #1), or None if it cannot be read."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        _, length = asn1.to_der(der)
        return cast("PublicKey", load_der_public_key(der[:length]))
    except Exception:  # noqa: BLE001 - cryptography does not document which errors can occur
        return None


def _read_blocks(text: str) -> Iterator[BundlePublicKey]:
    for block in pem.find_blocks(text):
        body = block.body or b""
        if block.label in {"PUBLIC KEY", "RSA PUBLIC KEY"} and (key := _load(body)) is not None:
            yield _from_spki(key)
        elif block.label == "SSH2 PUBLIC KEY":  # RFC 4716
            yield from _read_blob(body, "OpenSSH public key")
        elif body.startswith(OPENSSH_MAGIC):
            yield from _read_public_half(body)


def _read_public_half(body: bytes) -> Iterator[BundlePublicKey]:
    """Yield the public half of a private key in OpenSSH's format, which is never encrypted (PROTOCOL.key)."""
    cipher, rest = _read_string(body[len(OPENSSH_MAGIC) :])
    _kdf, rest = _read_string(rest)
    _options, rest = _read_string(rest)
    blob, _ = _read_string(rest[_LENGTH:])
    yield from _read_blob(blob, "OpenSSH private key", is_encrypted=cipher != b"none")


def _read_lines(text: str) -> Iterator[BundlePublicKey]:
    """Yield the keys in lines of ``*.pub``, ``authorized_keys`` and ``known_hosts``."""
    for line in text.splitlines():
        if match := _SSH1_PUBLIC.match(line):
            yield BundlePublicKey(None, f"RSA1 {match[1]} (SSH protocol 1)", "OpenSSH public key")
            continue
        words = line.split()
        at = next((at for at, word in enumerate(words[:-1]) if _SSH_TYPE.fullmatch(word)), None)
        if at is not None and _BASE64.fullmatch(words[at + 1]):
            blob = pem.decode_base64(words[at + 1])
            yield from _read_blob(blob, "OpenSSH public key", " ".join(words[at + 2 :]))


def _read_blob(
    blob: bytes, form: str, comment: str = "", *, is_encrypted: bool = False
) -> Iterator[BundlePublicKey]:
    """Yield the key in the wire format of SSH (RFC 4253, 6.6), or nothing if the octets do not begin with a type."""
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    name, rest = _read_string(blob)
    kind = name.decode("ascii", "replace")
    if not _SSH_TYPE.fullmatch(kind):
        return
    key: PublicKey | None = None
    try:
        key = cast("PublicKey", load_ssh_public_key(name + b" " + b64encode(blob)))
        label = key_types.label_of(key)
    except Exception:  # noqa: BLE001 - as in `_load`
        label = f"DSA {_count_bits(rest)} ({kind})" if kind == _DSA else kind
    fingerprint = b64encode(sha256(blob).digest()).decode().rstrip("=")
    yield BundlePublicKey(key, label, form, comment, is_encrypted, f"SHA256:{fingerprint}")


def _count_bits(fields: bytes) -> int:
    number, _ = _read_string(fields)
    return int.from_bytes(number).bit_length()


def _read_string(data: bytes) -> tuple[bytes, bytes]:
    """Return the string at the beginning of data in an OpenSSH format, and the data after it."""
    end = _LENGTH + int.from_bytes(data[:_LENGTH])
    return data[_LENGTH:end], data[end:]
