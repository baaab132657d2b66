"""Read the recipients of an age backup from files or pasted lines: age's own public keys, and SSH public keys.

An age recipient is an X25519 public key in Bech32 (C2SP ``age``; BIP 173). An SSH public key is a line of
``authorized_keys`` (sshd(8)) with a blob as in RFC 4253 6.6 and RFC 8709 4.

This module checks only the form of a recipient, so a machine that manages other hosts does not need pyrage. pyrage
checks everything else (checksum, curve point, RSA numbers) before it encrypts (`csrtui.core.backups.age`). But pyrage
1.4 accepts an ssh-ed25519 key that is a point of small order. Anyone could compute the shared secret (RFC 7748 6.1) and
open the file, so this module refuses such points.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

MAX_BYTES: Final = 64 * 1024
"""Maximum size of a recipients file in bytes."""
MAX_RECIPIENTS: Final = 64
"""Maximum number of recipients for one backup."""

_USAGE = "give age1…, an ssh-ed25519 or ssh-rsa public key, or a file with such keys"
_PRIVATE = re.compile(r"AGE-SECRET-KEY-|AGE-PLUGIN-|PRIVATE KEY-----|PuTTY-User-Key-File-", re.IGNORECASE)
_PLUGIN = re.compile(r"age1([a-z0-9+._-]{1,40})1[a-z0-9]+")
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
"""The digits of Bech32, 5 bits each, in the order of their values (BIP 173)."""
_BECH32_TO_BASE_32 = str.maketrans(_BECH32, "0123456789abcdefghijklmnopqrstuv")
_AGE = re.compile(f"age1([{_BECH32}]{{51}}[qs])[{_BECH32}]{{6}}")
"""Matches an X25519 recipient: 256 bits, 4 zero bits of padding (``q`` is 00000, ``s`` is 10000), then the checksum."""
_SSH_TYPE = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]{1,60}")
_UNSUPPORTED_SSH = {
    "ecdsa-": "an ECDSA key, which age cannot encrypt to",
    "sk-": "a key of a security token, which age cannot encrypt to",
    "ssh-dss": "a DSA key, which age cannot encrypt to",
}
_ED25519_BYTES = 32
_P: Final = 2**255 - 19
"""The prime of Curve25519 and Ed25519."""


class RecipientKind(StrEnum):
    """The supported kinds of recipient. None of them needs a plugin or a passphrase."""

    AGE = "age"
    SSH_ED25519 = "ssh-ed25519"
    SSH_RSA = "ssh-rsa"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key whose owner can open a backup.

    Attributes:
        kind: The kind of key.
        text: The recipient as age reads it: ``age1…``, or an SSH key without options or comment.
    """

    kind: RecipientKind
    text: str

    @property
    def label(self) -> str:
        """The text to display: the age recipient itself, or the fingerprint of the SSH key as in ``ssh-keygen -l``."""
        if self.kind is RecipientKind.AGE:
            return self.text
        digest = sha256(b64decode(self.text.split(" ")[1])).digest()
        return f"{self.kind.value} SHA256:{b64encode(digest).decode('ascii').rstrip('=')}"


def looks_like_recipient(text: str) -> bool:
    """Return whether an argument is meant as a recipient, even an invalid one, not as the path of a recipients file."""
    return text.startswith(("age1", "ssh-", "ecdsa-", "sk-")) or bool(_PRIVATE.search(text))


def read_recipients(text: str) -> tuple[Recipient, ...]:
    """Return the recipients in a text, at least one, in order and without duplicates.

    Args:
        text: One recipient per line. Blank lines and lines that begin with ``#`` are ignored. An SSH key can have
            options before it and a comment after it, as in ``authorized_keys``.

    Raises:
        InputError: The text is too long, has no recipient, or has a line that is not a supported recipient. The message
            never quotes a private key.
    """
    if len(text) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} characters, too much for recipients", _USAGE)
    if _PRIVATE.search(text):
        raise InputError(
            "that is a private key, not a recipient", "give the public half: age1…, or the .pub file"
        )
    recipients = merge_recipients(_read_lines(text))
    if not recipients:
        raise InputError("it contains no recipient", _USAGE)
    return recipients


def merge_recipients(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return the recipients in order and without duplicates.

    Raises:
        InputError: There are more than `MAX_RECIPIENTS`.
    """
    unique = tuple(dict.fromkeys(recipients))
    if len(unique) > MAX_RECIPIENTS:
        raise InputError(
            f"there are {len(unique)} recipients, more than {MAX_RECIPIENTS}",
            "name only those who will restore the backup",
        )
    return unique


def _read_lines(text: str) -> Iterator[Recipient]:
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        stripped = line.strip().strip("\ufeff").strip()  # also strips Unicode spaces, like `split`
        if not stripped or stripped.startswith("#"):
            continue
        try:
            yield _read_line(stripped)
        except InputError as error:
            if len(lines) == 1:
                raise
            raise InputError(f"line {number}: {error.message}", error.hint) from error


def _read_line(line: str) -> Recipient:
    if line.startswith("age1"):
        return _read_age(line.split(maxsplit=1)[0])
    words = line.split()
    if not _SSH_TYPE.fullmatch(words[0]):
        options, words = _split_options(line)
        if "cert-authority" in options.lower():
            raise InputError("that is the key of a certificate authority, not of a person or host", _USAGE)
    if not words or not _SSH_TYPE.fullmatch(words[0]):
        raise InputError(f"not a recipient: {visible(line[:40])}", _USAGE)
    return _read_ssh(words[0], words[1] if len(words) > 1 else "")


def _split_options(line: str) -> tuple[str, list[str]]:
    """Return the options of an ``authorized_keys`` line and the words after them. Quoted spaces are kept (sshd(8))."""
    is_quoted = False
    for at, character in enumerate(line):
        if character == '"' and (at == 0 or line[at - 1] != "\\"):
            is_quoted = not is_quoted
        elif character in " \t" and not is_quoted:
            return line[:at], line[at:].split()
    return line, []


def _read_age(word: str) -> Recipient:
    if plugin := _PLUGIN.fullmatch(word):
        raise InputError(
            f"the recipient is of another kind or for an age plugin ({plugin[1]}), which is not supported",
            _USAGE,
        )
    match = _AGE.fullmatch(word)
    if match is None:
        raise InputError("a character of the age recipient is missing or wrong", "copy all of it again")
    padded = int(match[1].translate(_BECH32_TO_BASE_32), 32)
    _refuse_small_order((padded >> 4).to_bytes(32))
    return Recipient(RecipientKind.AGE, word)


def _read_ssh(key_type: str, encoded: str) -> Recipient:
    for prefix, description in _UNSUPPORTED_SSH.items():
        if key_type.startswith(prefix):
            raise InputError(
                f"that is {description} ({visible(key_type)})",
                "give an ssh-ed25519 key or an age1… recipient",
            )
    if key_type not in {RecipientKind.SSH_ED25519, RecipientKind.SSH_RSA}:
        raise InputError(f"age cannot encrypt to {visible(key_type)}", _USAGE)
    try:
        fields = _ssh_fields(b64decode(encoded, validate=True))
    except ValueError:
        fields = []
    match key_type, fields:
        case "ssh-ed25519", [b"ssh-ed25519", key] if len(key) == _ED25519_BYTES:
            _refuse_small_order(_to_x25519(key))
        case "ssh-rsa", [b"ssh-rsa", _exponent, _modulus]:
            pass
        case _:
            raise InputError(f"the {key_type} key is damaged or cut short", "copy all of it again")
    return Recipient(RecipientKind(key_type), f"{key_type} {encoded}")


def _ssh_fields(blob: bytes) -> list[bytes]:
    """Return the strings of an SSH blob. Each string is preceded by its length in four bytes (RFC 4251 5)."""
    fields = []
    while blob:
        end = 4 + int.from_bytes(blob[:4])
        if len(blob) < end:
            raise ValueError(end)
        fields.append(blob[4:end])
        blob = blob[end:]
    return fields


def _to_x25519(key: bytes) -> bytes:
    """Return the X25519 form of an Ed25519 key (RFC 7748 4.1): u = (1 + y) / (1 - y), or 0 for the neutral point."""
    y = int.from_bytes(key, "little") & (1 << 255) - 1  # the highest bit is the sign of x (RFC 8032 5.1.2)
    return ((1 + y) * pow(1 - y, _P - 2, _P) % _P).to_bytes(32, "little")


def _refuse_small_order(key: bytes) -> None:
    """Refuse an X25519 public key whose shared secret with any private key is zero (RFC 7748 6.1, 7).

    A private key of 32 zero bytes is the scalar 2^254 (RFC 7748 5). Its product with a point is zero only for points of
    order 1, 2, 4 and 8, and cryptography raises an error for a zero product.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    try:
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError as error:
        raise InputError(
            "the recipient is not a real key: anyone could open the backup", "give another key"
        ) from error
