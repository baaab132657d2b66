"""Confirmations: each is a line by which one machine proves to another that it restored a backup.

The machine that makes a backup to recipients cannot open it. The machine that opens it has the pair's private key. It
signs the SHA-256 of the file, the SPKI fingerprint and the time. The machine that made the backup checks the signature
with the public key in the CSR.

A confirmation proves that a holder of the private key claims to have restored this file. Without the key, nobody can
forge a confirmation or change its file, pair or time. It does not prove that the key came from the file: anyone who has
the key can claim that falsely, but can usually write to the keystore anyway.

The signed message begins with a fixed text, so the signature is not valid in TLS, for a CSR or for a certificate. In
TLS, messages begin with random numbers or 64 spaces. CSRs and certificates begin with a DER tag.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.validity import utc_text
from csrtui.core.keys import key_types, signing

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey, PublicKey

MAX_CHARACTERS: Final = 16 * 1024
"""Maximum length of the text in characters. A line has 200 characters for EC and Ed25519 keys, 450 to 800 for RSA, and
3,300 to 6,300 for ML-DSA."""

_DIGEST = 32
_TIME = 8
_BODY = 2 * _DIGEST + _TIME
"""Number of bytes before the signature: SHA-256 of the file, SPKI fingerprint, time."""
_TOKEN = re.compile(r"(?<![A-Za-z0-9_.-])csrtui1\.([A-Za-z0-9_-]+)(?![A-Za-z0-9_.-])")
_LAST_SECOND = 253402300799
"""The end of the year 9999, in seconds since 1970. Datetime supports no later year."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A statement that a backup was restored.

    Attributes:
        file_sha256: SHA-256 of the backup file, 64 hex digits.
        spki_sha256: The SPKI fingerprint of the key in the backup, 64 hex digits.
        time: The time of the restore, to the second, by the clock of the machine that restored the backup.
    """

    file_sha256: str
    spki_sha256: str
    time: datetime

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return (
            "csrtui confirms that a backup was restored, version 1\n"
            f"file SHA-256 {self.file_sha256}\nkey SPKI SHA-256 {self.spki_sha256}\ntime {utc_text(self.time)}\n"
        ).encode("ascii")


def sign(confirmation: Confirmation, key: "PrivateKey") -> str:
    """Return the token for a confirmation: ``csrtui1.`` and URL-safe base64. A shell reads it as one word.

    Raises:
        InputError: csrtui does not generate keys of this type.
    """
    _refuse_other_types(key.public_key())
    signature = signing.sign(key, confirmation.message)
    body = bytes.fromhex(confirmation.file_sha256) + bytes.fromhex(confirmation.spki_sha256)
    body += int(confirmation.time.timestamp()).to_bytes(_TIME)
    return "csrtui1." + urlsafe_b64encode(body + signature).rstrip(b"=").decode("ascii")


def read(text: str) -> tuple[Confirmation, bytes]:
    """Return the confirmation in a text, and its signature, unchecked. There can be other text around the token.

    Raises:
        InputError: The text has no confirmation or more than one, or the confirmation is damaged or truncated.
    """
    tokens = set(_TOKEN.findall(text)) if len(text) <= MAX_CHARACTERS else set()
    if len(tokens) != 1:
        raise InputError(
            f"it contains {'more than one' if tokens else 'no'} confirmation",
            "give the line that verify --identity printed on the other machine",
        )
    (token,) = tokens
    try:
        body = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise _cut_short() from error
    seconds = int.from_bytes(body[2 * _DIGEST : _BODY])
    if len(body) <= _BODY or seconds > _LAST_SECOND:
        raise _cut_short()
    time = datetime.fromtimestamp(seconds, UTC)
    confirmation = Confirmation(body[:_DIGEST].hex(), body[_DIGEST : 2 * _DIGEST].hex(), time)
    return confirmation, body[_BODY:]


def check(confirmation: Confirmation, signature: bytes, public_key: "PublicKey") -> None:
    """Check that a confirmation is for the key of a pair and is signed with it. `public_key` is that of the pair's CSR.

    Raises:
        RefusedError: The confirmation names another key, or its signature is invalid.
        InputError: csrtui does not generate keys of this type.
    """
    _refuse_other_types(public_key)
    if key_types.spki_sha256(public_key) != confirmation.spki_sha256:
        raise RefusedError("the confirmation is for another key")
    if not signing.verify(public_key, signature, confirmation.message):
        raise RefusedError(
            "the confirmation is not signed with the pair's key: it is forged, or was changed in transit",
            "copy the whole line, or verify the backup again",
        )


def _refuse_other_types(public_key: "PublicKey") -> None:
    if key_types.type_of(public_key) is None:
        raise InputError(
            "confirmations are not supported for keys of this type",
            f"key types: {', '.join(key_types.KeyType)}",
        )


def _cut_short() -> InputError:
    return InputError("the confirmation is damaged or cut short", "copy the whole line")
