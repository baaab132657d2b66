"""Read the recipients of an age backup: age's own public keys and SSH public keys, from files or pasted lines.

An age recipient is 32 bytes of X25519 in Bech32 (the age specification, C2SP ``age``; BIP 173). An SSH public key is
a line of ``authorized_keys`` (sshd(8)) with a blob as in RFC 4253 6.6 and RFC 8709 4. Recipients that are points of
small order are refused (RFC 7748 6.1, 7): the shared secret would be known to everybody, and the age library panics.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKSUM = 6
"""Characters at the end that tell whether the others are right."""
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def decode_bech32(text: str) -> tuple[str, bytes]:
    """Return the prefix and the bytes of a text in lower-case Bech32, of any length.

    Raises:
        InputError: A character is missing or wrong.
    """
    prefix, one, rest = text.rpartition("1")
    values = [_ALPHABET.find(character) for character in rest]
    if not one or -1 in values or len(values) < _CHECKSUM or not text.isascii():
        raise _wrong()
    high_and_low = [ord(character) >> 5 for character in prefix]
    high_and_low += [0, *(ord(character) & 31 for character in prefix)]
    if _remainder(high_and_low + values) != 1:
        raise _wrong()
    data = values[:-_CHECKSUM]
    number = 0
    for value in data:
        number = number << 5 | value
    spare = len(data) * 5 % 8
    if spare >= 5 or number & ((1 << spare) - 1):  # noqa: PLR2004 - BIP 173: fewer bits than one character, all zero
        raise _wrong()
    return prefix, (number >> spare).to_bytes(len(data) * 5 // 8)


def _remainder(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def _wrong() -> InputError:
    return InputError("a character of the age recipient is missing or wrong", "copy it again, all of it")


BYTES: Final = 32

_P: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)
"""The u-coordinates of the points of order 1, 2, 4 and 8, on the curve and its twist (RFC 7748 7, curve25519's own page)."""


def u_of(key: bytes) -> int:
    """Return the u-coordinate in an X25519 public key of 32 bytes; its highest bit says nothing (RFC 7748 5)."""
    return (int.from_bytes(key, "little") & (1 << 255) - 1) % _P


def u_of_edwards(key: bytes) -> int | None:
    """Return the u-coordinate of an Ed25519 public key of 32 bytes (RFC 7748 4.1), or None for the neutral point."""
    y = (int.from_bytes(key, "little") & (1 << 255) - 1) % _P
    if y == 1:
        return None
    return (1 + y) * pow(1 - y, -1, _P) % _P


def is_small_order(u: int) -> bool:
    """Whether a point is one of those that give everybody the same secret."""
    return u in _SMALL_ORDER


MAX_BYTES: Final = 64 * 1024
"""The most bytes that a file of recipients may have."""
MAX_RECIPIENTS: Final = 64
"""The most recipients that one backup is encrypted to."""


class RecipientKind(StrEnum):
    """The kinds of recipient that need no plugin and no passphrase."""

    AGE = "age"
    SSH_ED25519 = "ssh-ed25519"
    SSH_RSA = "ssh-rsa"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can open a backup.

    Attributes:
        kind: What kind of key it is.
        text: The recipient as age takes it: ``age1…``, or an SSH key without options and comment.
    """

    kind: RecipientKind
    text: str

    @property
    def label(self) -> str:
        """What to show of it: the recipient itself, or the fingerprint that ``ssh-keygen -l`` shows."""
        if self.kind is RecipientKind.AGE:
            return self.text
        digest = sha256(b64decode(self.text.split(" ")[1])).digest()
        return f"{self.kind.value} SHA256:{b64encode(digest).decode('ascii').rstrip('=')}"


_TO_GIVE = "give age1…, an ssh-ed25519 or ssh-rsa public key, or a file of them"
_PRIVATE = re.compile(r"AGE-SECRET-KEY-|AGE-PLUGIN-|PRIVATE KEY-----|PuTTY-User-Key-File-", re.IGNORECASE)
_PLUGIN = re.compile(r"age1([a-z0-9+._-]{1,40})1[a-z0-9]+")
_SSH_NAME = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]{1,60}")
_REFUSED_SSH = {
    "ecdsa-": "an ECDSA key, which age cannot encrypt to",
    "sk-": "a key of a security token, which age cannot encrypt to",
    "ssh-dss": "a DSA key, which age cannot encrypt to",
}
_RSA_BITS = range(2048, 4096 + 1)
"""Below, age refuses; above, its library does."""
_RSA_EXPONENTS = range(3, 2**33)
_ED25519_BYTES = 32


_LONGEST_AGE = 200
"""Characters of an age recipient beyond which it is not decoded; one has 62."""


def looks_like_recipient(text: str) -> bool:
    """Whether an argument means a recipient itself, or something in its place, and not a file of them."""
    return text.startswith(("age1", "ssh-", "ecdsa-", "sk-")) or bool(_PRIVATE.search(text))


def read_recipients(text: str) -> tuple[Recipient, ...]:
    """Return the recipients in a text, each once, in their order: at least one.

    Args:
        text: A recipient a line. Blank lines and lines that begin with ``#`` say nothing; an SSH key may have
            options before it and a comment behind it, as in ``authorized_keys``.

    Raises:
        InputError: It is too much, holds none, or a line is none that can be encrypted to. Every line
            counts: nobody is left out silently. A private key is not quoted.
    """
    if len(text) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} characters, too much for recipients", _TO_GIVE)
    if _PRIVATE.search(text):
        raise InputError(
            "that is a private key, not a recipient", "give the public half: age1…, or the .pub file"
        )
    found = tuple(dict.fromkeys(_lines(text)))
    if not found:
        raise InputError("there is no recipient in it", _TO_GIVE)
    return limited(found)


def limited(recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    """Return recipients as they are.

    Raises:
        InputError: They are more than `MAX_RECIPIENTS`.
    """
    if len(recipients) > MAX_RECIPIENTS:
        raise InputError(
            f"there are {len(recipients)} recipients, more than {MAX_RECIPIENTS}",
            "name those who are to restore it",
        )
    return recipients


def _lines(text: str) -> Iterator[Recipient]:
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip().strip("\ufeff").strip()  # blanks of every kind, as `split` takes them
        if not stripped or stripped.startswith("#"):
            continue
        try:
            yield _read(stripped)
        except InputError as error:
            if len(text.splitlines()) == 1:
                raise
            raise InputError(f"line {number}: {error.what}", error.hint) from error


def _read(line: str) -> Recipient:
    if line.startswith("age1"):
        return _age(line.split(maxsplit=1)[0])
    words = line.split()
    if not _SSH_NAME.fullmatch(words[0]):
        options, words = _without_options(line)
        if "cert-authority" in options.lower():
            raise InputError("that is the key of a certificate authority, and nobody's own", _TO_GIVE)
    if not words or not _SSH_NAME.fullmatch(words[0]):
        raise InputError(f"no recipient: {visible(line[:40])}", _TO_GIVE)
    return _ssh(words[0], words[1] if len(words) > 1 else "")


def _without_options(line: str) -> tuple[str, list[str]]:
    """Split a line of ``authorized_keys`` behind its options; blanks within quotes belong to them (sshd(8))."""
    quoted = False
    for at, character in enumerate(line):
        if character == '"' and (at == 0 or line[at - 1] != "\\"):
            quoted = not quoted
        elif character in " \t" and not quoted:
            return line[:at], line[at:].split()
    return line, []


def _age(word: str) -> Recipient:
    plugin = _PLUGIN.fullmatch(word)
    if plugin:
        raise InputError(
            f"the recipient is of another kind or a plugin of age ({plugin[1]}), which is not used here",
            _TO_GIVE,
        )
    prefix, key = decode_bech32(word) if len(word) <= _LONGEST_AGE else ("", b"")
    if prefix != "age" or len(key) != BYTES:
        raise InputError("the age recipient is not as long as one is: is it whole?", _TO_GIVE)
    if is_small_order(u_of(key)):
        raise _weak()
    return Recipient(RecipientKind.AGE, word)


def _ssh(name: str, encoded: str) -> Recipient:
    for beginning, what in _REFUSED_SSH.items():
        if name.startswith(beginning):
            raise InputError(
                f"that is {what} ({visible(name)})", "give an ssh-ed25519 key or an age1… recipient"
            )
    if name not in {RecipientKind.SSH_ED25519, RecipientKind.SSH_RSA}:
        raise InputError(f"age cannot encrypt to {visible(name)}", _TO_GIVE)
    try:
        blob = b64decode(encoded, validate=True)
        fields = _fields(blob)
        if fields[0] != name.encode("ascii") or b64encode(blob) != encoded.encode("ascii"):
            raise ValueError(name)  # noqa: TRY301 - one answer to all that is wrong with a blob
        good = (_judge_ed25519 if name == RecipientKind.SSH_ED25519 else _judge_rsa)(*fields[1:])
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(f"the {name} key is damaged or cut short", "copy it again, all of it") from error
    if not good:
        raise _weak()
    return Recipient(RecipientKind(name), f"{name} {encoded}")


def _fields(blob: bytes) -> list[bytes]:
    """The strings of an SSH blob, each behind its length in four bytes (RFC 4251 5)."""
    fields = []
    while blob:
        end = 4 + int.from_bytes(blob[:4])
        if len(blob) < end:
            raise ValueError(end)
        fields.append(blob[4:end])
        blob = blob[end:]
    return fields


def _judge_ed25519(key: bytes) -> bool:
    if len(key) != _ED25519_BYTES:
        raise ValueError(len(key))
    u = u_of_edwards(key)
    return u is not None and not is_small_order(u)


def _judge_rsa(exponent: bytes, modulus: bytes) -> bool:
    e, n = int.from_bytes(exponent, signed=True), int.from_bytes(modulus, signed=True)
    return e in _RSA_EXPONENTS and e % 2 == 1 and n > 0 and n % 2 == 1 and n.bit_length() in _RSA_BITS


def _weak() -> InputError:
    return InputError(
        "the key is too weak, too large or no real key: nothing can be encrypted to it", "give another key"
    )
