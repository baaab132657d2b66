"""Backups as text: one PEM file that says what it is, and that openssl alone can restore.

Plain lines first, then ``ENCRYPTED PRIVATE KEY``, ``CERTIFICATE REQUEST`` and the certificates, if any. The
plain lines say nothing but what the CSR tells anyway. One of them holds the SHA-256 of all the others and of
everything below, so that a bit that flips anywhere is noticed: the encryption alone would not notice all.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256

from csrtui.core import request
from csrtui.core.errors import InputError
from csrtui.core.pair import utc_text

MAX_BYTES = 1024 * 1024
"""The most bytes a backup is taken to have; far more than any key with its chain."""

_CHECKSUM = "SHA-256 of all but this line: "
_HEADER = """csrtui backup: a private key, encrypted, and the certificate request made from it.

Pair:       {name}
Key:        SPKI SHA-256 {spki}
Backed up:  {time}
In store:   {kept}
{checksum}
To bring it back into a keystore:  csrtui restore FILE
Or with openssl and nothing else:  openssl pkey -in FILE -out key.pem
                                   openssl req -in FILE -out request.pem
Both ask for the passphrase of this backup. Without it, nobody can read the key.

"""
_BLOCK = re.compile(
    rb"^-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([A-Za-z0-9+/=\s]*?)^-----END \1-----[ \t]*\r?$", re.MULTILINE
)
_KEY_LABEL, _REQUEST_LABEL, _CERTIFICATE_LABEL = (
    b"ENCRYPTED PRIVATE KEY",
    b"CERTIFICATE REQUEST",
    b"CERTIFICATE",
)
_NAME = re.compile(rb"^Pair: +([a-z0-9][a-z0-9._-]{0,63})\r?$", re.MULTILINE)
_ENCRYPTED = re.compile(rb"^In store: +under this passphrase\r?$", re.MULTILINE)
_PLAIN_LABELS = re.compile(rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----")


class KeptKey(Enum):
    """How the key lay in the keystore when it was backed up."""

    PLAIN = "without a passphrase"
    ENCRYPTED = "under this passphrase"


class Checksum(Enum):
    """What the line with the checksum says of a file."""

    RIGHT = auto()
    ABSENT = auto()
    """There is no such line: the file is not csrtui's, or the line itself was changed."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """What stands in a backup; the key is still encrypted.

    Attributes:
        name: The pair's name, or None where the file does not say.
        kept: How the key lay in the keystore.
        key: The DER of the EncryptedPrivateKeyInfo.
        key_pem: The same as PEM.
        asked: What the CSR says.
        certificates: The certificates in PEM, leaf first; empty when there are none.
        checksum: Whether the file says itself that it is unchanged.
    """

    name: str | None
    kept: KeptKey
    key: bytes
    key_pem: bytes
    asked: request.Request
    certificates: bytes
    checksum: Checksum


def file_name(name: str, time: datetime) -> str:
    """Return the name of a backup's file: ``NAME.YYYYMMDD-HHMMSS.backup.pem``, in UTC."""
    return f"{name}.{utc_text(time).translate(_NO_PUNCTUATION)[:-1].replace('T', '-')}.backup.pem"


_NO_PUNCTUATION = str.maketrans("", "", "-:")


def compose(
    name: str,
    time: datetime,
    *,
    kept: KeptKey,
    key_pem: bytes,
    asked: request.Request,
    certificates: bytes = b"",
) -> bytes:
    """Return the text of a backup.

    Args:
        name: The pair's name.
        time: When it is made.
        kept: How the key lies in the keystore.
        key_pem: The encrypted private key in PEM (`csrtui.core.pkcs8.encrypt`).
        asked: The pair's CSR.
        certificates: Its certificates in PEM, leaf first, or nothing.
    """
    header = _HEADER.format(
        name=name, spki=asked.spki_sha256, time=utc_text(time), kept=kept.value, checksum=_CHECKSUM
    )
    body = key_pem + request.to_pem(asked.der) + certificates
    whole = header.encode("ascii") + body
    return whole.replace(_CHECKSUM.encode("ascii"), _checksum_line(whole), 1)


def parse(data: bytes) -> BackupFile:
    """Read a backup without opening its key.

    Raises:
        InputError: It is too large, no backup, damaged, or changed since it was made; the error says which.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} bytes, too much for a backup")
    checksum = _check(data)
    blocks: dict[bytes, list[bytes]] = {}
    for found in _BLOCK.finditer(data):
        blocks.setdefault(found[1], []).append(found[0])
    keys, requests = blocks.get(_KEY_LABEL, []), blocks.get(_REQUEST_LABEL, [])
    if len(keys) != 1 or len(requests) != 1:
        raise _no_backup(data, keys, requests)
    named = _NAME.search(data)
    return BackupFile(
        name=named[1].decode("ascii") if named else None,
        kept=KeptKey.ENCRYPTED if _ENCRYPTED.search(data) else KeptKey.PLAIN,
        key=_der(keys[0]),
        key_pem=keys[0].replace(b"\r", b"") + b"\n",
        asked=request.read_pem(requests[0]),
        certificates=b"".join(
            block.replace(b"\r", b"") + b"\n" for block in blocks.get(_CERTIFICATE_LABEL, [])
        ),
        checksum=checksum,
    )


def _checksum_line(whole: bytes) -> bytes:
    return _CHECKSUM.encode("ascii") + sha256(whole).hexdigest().encode("ascii")


def _check(data: bytes) -> Checksum:
    unix = data.replace(b"\r\n", b"\n")
    label = _CHECKSUM.encode("ascii")
    at = unix.find(label)
    if at < 0:
        return Checksum.ABSENT
    end = unix.find(b"\n", at)
    without = unix[: at + len(label)] + unix[end if end >= 0 else len(unix) :]
    if unix[at:end] != _checksum_line(without):
        raise InputError(
            "the backup was changed or damaged after it was made: its checksum is another one",
            "use another copy of it",
        )
    return Checksum.RIGHT


def _no_backup(data: bytes, keys: list[bytes], requests: list[bytes]) -> InputError:
    if _PLAIN_LABELS.search(data):
        return InputError(
            "that is a private key without a passphrase, not a backup",
            "csrtui's backups are always encrypted",
        )
    if len(keys) > 1 or len(requests) > 1:
        return InputError("there is more than one key or request in it, so it is no backup of one pair")
    if not keys and not requests:
        return InputError("that is no backup", "a backup's name ends in .backup.pem")
    missing = "encrypted private key" if not keys else "certificate request"
    return InputError(f"the backup holds no {missing}; it may be cut short", "use another copy of it")


def _der(block: bytes) -> bytes:
    try:
        return b64decode(b"".join(block.split(b"\n")[1:-1]).replace(b"\r", b""), validate=True)
    except ValueError as error:
        raise InputError("the private key in the backup is damaged", "use another copy of it") from error
