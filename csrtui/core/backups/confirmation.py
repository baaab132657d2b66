"""The line by which one machine tells another that it restored a backup.

A backup to recipients cannot be opened where it was made. Whoever opens it elsewhere has the pair's private key in
hand, and signs with it: the SHA-256 of the file, the SPKI fingerprint, and when. The machine that made the backup
checks that with the public key of the CSR.

What it proves: somebody who holds the private key says that this very file restored. Without the key it cannot be
forged, nor be turned to another file or another pair; it keeps its time, so showing it again makes nothing
look newer. What it cannot prove: that the key came out of that file. Who has the key from elsewhere can lie, and
that is whoever could write into the keystore anyway.

What is signed begins with words of its own, so that it is no signature of TLS (whose messages begin with random
numbers or 64 blanks), of a CSR or of a certificate (which begin with a DER tag).
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.times import utc_text
from csrtui.core.keys import key_types, signing

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey, PublicKey

MAX_CHARACTERS: Final = 16 * 1024
"""The most characters looked at. A line has 200 with EC and Ed25519, 450 to 800 with RSA, 3,300 to 6,300 with ML-DSA."""

_DIGEST = 32
_TIME = 8
_SIGNED = 2 * _DIGEST + _TIME
_TOKEN = re.compile(r"(?<![A-Za-z0-9_.-])csrtui1\.([A-Za-z0-9_-]+)(?![A-Za-z0-9_.-])")
_LAST_SECOND = 253402300799
"""The end of the year 9999, where datetime ends."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A statement that a backup was restored.

    Attributes:
        file_sha256: SHA-256 of the backup's file, 64 hex digits.
        spki_sha256: The SPKI fingerprint of the key in it, 64 hex digits.
        time: When it was restored, to the second, by the clock of the machine that did.
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


@dataclass(frozen=True, slots=True)
class SignedConfirmation:
    """A confirmation as it came, with a signature that nobody has checked yet."""

    said: Confirmation
    signature: bytes


def sign(said: Confirmation, key: "PrivateKey") -> str:
    """Return the token for a confirmation: ``csrtui1.`` and URL-safe base64, one word for a shell.

    Raises:
        InputError: The key is of a type that csrtui does not make.
    """
    _refuse_other_types(key.public_key())
    signature = signing.sign(key, said.message)
    body = bytes.fromhex(said.file_sha256) + bytes.fromhex(said.spki_sha256)
    body += int(said.time.timestamp()).to_bytes(_TIME)
    return "csrtui1." + urlsafe_b64encode(body + signature).rstrip(b"=").decode("ascii")


def read(text: str) -> SignedConfirmation:
    """Return the confirmation in a text: the token alone, or the whole line or output that it came in.

    Raises:
        InputError: There is none, more than one, or it is damaged or cut short.
    """
    found = set(_TOKEN.findall(text[:MAX_CHARACTERS])) if len(text) <= MAX_CHARACTERS else set()
    if len(found) != 1:
        what = "more than one confirmation" if found else "no confirmation"
        raise InputError(
            f"there is {what} in it", "give the line that csrtui verify FILE --identity … printed"
        )
    (word,) = found
    try:
        body = urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except ValueError as error:
        raise _cut_short() from error
    seconds = int.from_bytes(body[2 * _DIGEST : _SIGNED])
    if len(body) <= _SIGNED or seconds > _LAST_SECOND:
        raise _cut_short()
    said = Confirmation(
        body[:_DIGEST].hex(), body[_DIGEST : 2 * _DIGEST].hex(), datetime.fromtimestamp(seconds, UTC)
    )
    return SignedConfirmation(said, body[_SIGNED:])


def check(signed: SignedConfirmation, public_key: "PublicKey") -> None:
    """See that a confirmation is signed by the key whose backup it speaks of.

    Args:
        signed: What came.
        public_key: The pair's, out of its CSR.

    Raises:
        RefusedError: It is of another key, or the signature does not hold.
        InputError: The key is of a type that csrtui does not make.
    """
    _refuse_other_types(public_key)
    if key_types.spki_sha256(public_key) != signed.said.spki_sha256:
        raise RefusedError("the confirmation is of another key")
    if not signing.verify(public_key, signed.signature, signed.said.message):
        raise RefusedError(
            "the confirmation is not signed with the pair's key: it is forged, or was changed on its way",
            "copy the whole line, or verify the backup again",
        )


def _refuse_other_types(public_key: "PublicKey") -> None:
    if key_types.type_of(public_key) is None:
        raise InputError(
            "a key of this type confirms nothing here", f"key types: {', '.join(key_types.KeyType)}"
        )


def _cut_short() -> InputError:
    return InputError("the confirmation is damaged or cut short", "copy the whole line")
