"""Backups as text: one PEM file that says what it is, and that openssl alone can restore.

Plain lines first, then ``ENCRYPTED PRIVATE KEY``, ``CERTIFICATE REQUEST`` and the certificates, if any. The
plain lines say nothing but what the CSR tells anyway. One of them holds the SHA-256 of all the others and of
everything below, so that a bit that flips anywhere is noticed: the encryption alone would not notice all.

The same text, within a file of age, is a backup to recipients (`Envelope.AGE`). There the key lies as it lies in
the store: ``PRIVATE KEY`` (PKCS #8, RFC 5958) where that is without a passphrase. Such a text is no backup outside
its envelope, and `parse` refuses it there.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from hashlib import sha256

from csrtui.core import request
from csrtui.core.age import is_age
from csrtui.core.errors import InputError
from csrtui.core.pair import utc_text

MAX_BYTES = 1024 * 1024
"""The most bytes a backup is taken to have; far more than any key with its chain."""

_TITLE = b"csrtui backup: "
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
_AGE_HEADER = """csrtui backup: a private key, and the certificate request made from it.

Pair:       {name}
Key:        SPKI SHA-256 {spki}
Backed up:  {time}
In store:   {kept}
{checksum}
This text belongs into a file of age, and nowhere else: that is what protects it.
To bring it back into a keystore:    csrtui restore FILE --identity IDENTITY
Or with age and openssl, no csrtui:  age -d -i IDENTITY FILE | openssl pkey -out key.pem
                                     age -d -i IDENTITY FILE | openssl req -out request.pem

"""
_BLOCK = re.compile(
    rb"^-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([A-Za-z0-9+/=\s]*?)^-----END \1-----[ \t]*\r?$", re.MULTILINE
)
_KEY_LABEL, _PLAIN_KEY_LABEL, _REQUEST_LABEL, _CERTIFICATE_LABEL = (
    b"ENCRYPTED PRIVATE KEY",
    b"PRIVATE KEY",
    b"CERTIFICATE REQUEST",
    b"CERTIFICATE",
)
_NAME = re.compile(rb"^Pair: +([a-z0-9][a-z0-9._-]{0,63})\r?$", re.MULTILINE)
_TIME = re.compile(rb"^Backed up: +(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\r?$", re.MULTILINE)
_FIRST_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""Times before it are those of clocks that were never set."""
_ENCRYPTED = re.compile(rb"^In store: +under (?:this|a) passphrase\r?$", re.MULTILINE)
_PLAIN_LABELS = re.compile(rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH )?PRIVATE KEY-----")


class KeptKey(Enum):
    """How the key lay in the keystore when it was backed up."""

    PLAIN = "without a passphrase"
    ENCRYPTED = "under this passphrase"


_KEPT_IN_AGE = {KeptKey.PLAIN: KeptKey.PLAIN.value, KeptKey.ENCRYPTED: "under a passphrase"}
"""The backup has no passphrase of its own there."""


class Envelope(Enum):
    """What protects a backup."""

    KEY_BLOCK = ".backup.pem"
    """The key block is encrypted, whatever lies around it."""
    AGE = ".backup.age"
    """The whole text is within a file of age (`csrtui.core.age`)."""


class Checksum(Enum):
    """What the line with the checksum says of a file."""

    RIGHT = auto()
    ABSENT = auto()
    """There is no such line: the file is not csrtui's, or only the blocks of one are."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """What stands in a backup; a key under a passphrase is still encrypted.

    Attributes:
        name: The pair's name, or None where the file does not say.
        kept: How the key lay in the keystore.
        key: The DER of the EncryptedPrivateKeyInfo; out of an age file, of a key that lay in the keystore
            without a passphrase, that of the PrivateKeyInfo.
        key_pem: The same as PEM.
        asked: What the CSR says.
        certificates: The certificates in PEM, leaf first; empty when there are none.
        checksum: Whether the file says itself that it is unchanged.
        envelope: What protected it.
        time: When it was made, as its text says: who changes the text can change that too. None where it does
            not say, or says what is no time.
    """

    name: str | None
    kept: KeptKey
    key: bytes
    key_pem: bytes
    asked: request.Request
    certificates: bytes
    checksum: Checksum
    envelope: Envelope = Envelope.KEY_BLOCK
    time: datetime | None = None

    def made(self, now: datetime) -> datetime:
        """When it was made as far as can be told: `now` where it does not say, or names a time that cannot be."""
        return self.time if self.time is not None and _FIRST_CREDIBLE <= self.time <= now else now


def file_name(name: str, time: datetime, envelope: Envelope = Envelope.KEY_BLOCK) -> str:
    """Return the name of a backup's file: ``NAME.YYYYMMDD-HHMMSS.backup.pem`` or ``….backup.age``, in UTC."""
    return f"{name}.{utc_text(time).translate(_NO_PUNCTUATION)[:-1].replace('T', '-')}{envelope.value}"


_NO_PUNCTUATION = str.maketrans("", "", "-:")


def compose(
    name: str,
    time: datetime,
    *,
    kept: KeptKey,
    key_pem: bytes,
    asked: request.Request,
    certificates: bytes = b"",
    envelope: Envelope = Envelope.KEY_BLOCK,
) -> bytes:
    """Return the text of a backup.

    Args:
        name: The pair's name.
        time: When it is made.
        kept: How the key lies in the keystore.
        key_pem: The encrypted private key in PEM (`csrtui.core.pkcs8.encrypt`); for an age file the key as it
            lies in the keystore.
        asked: The pair's CSR.
        certificates: Its certificates in PEM, leaf first, or nothing.
        envelope: What will protect the text; that of an age file is not to be kept outside it.
    """
    template, said = _HEADER, kept.value
    if envelope is Envelope.AGE:
        template, said = _AGE_HEADER, _KEPT_IN_AGE[kept]
    header = template.format(
        name=name, spki=asked.spki_sha256, time=utc_text(time), kept=said, checksum=_CHECKSUM
    )
    body = key_pem + request.to_pem(asked.der) + certificates
    whole = header.encode("ascii") + body
    return whole.replace(_CHECKSUM.encode("ascii"), _checksum_line(whole), 1)


def parse(data: bytes, envelope: Envelope = Envelope.KEY_BLOCK) -> BackupFile:
    """Read a backup without opening its key.

    Args:
        data: Its text.
        envelope: What protected it: only out of an age file may the key be without a passphrase.

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
    kept = KeptKey.ENCRYPTED if _ENCRYPTED.search(data) else KeptKey.PLAIN
    if envelope is Envelope.AGE:
        kept = KeptKey.ENCRYPTED if keys else KeptKey.PLAIN
        keys = keys + blocks.get(_PLAIN_KEY_LABEL, [])
    if len(keys) != 1 or len(requests) != 1:
        raise _no_backup(data, keys, requests, envelope)
    named = _NAME.search(data)
    return BackupFile(
        name=named[1].decode("ascii") if named else None,
        kept=kept,
        key=_der(keys[0]),
        key_pem=keys[0].replace(b"\r", b"") + b"\n",
        asked=request.read_pem(requests[0]),
        certificates=b"".join(
            block.replace(b"\r", b"") + b"\n" for block in blocks.get(_CERTIFICATE_LABEL, [])
        ),
        checksum=checksum,
        envelope=envelope,
        time=_time(data),
    )


def _time(data: bytes) -> datetime | None:
    said = _TIME.search(data)
    try:
        return datetime.fromisoformat(said[1].decode("ascii")) if said else None
    except ValueError:  # the 30th of February
        return None


def _checksum_line(whole: bytes) -> bytes:
    return _CHECKSUM.encode("ascii") + sha256(whole).hexdigest().encode("ascii")


def _check(data: bytes) -> Checksum:
    unix = data.replace(b"\r\n", b"\n")
    label = _CHECKSUM.encode("ascii")
    at = unix.find(label)
    if at < 0:
        if unix.startswith(_TITLE):  # without this, a bit flipped in the label of that line would go unseen
            raise InputError(
                "the backup was changed or damaged after it was made: its checksum is gone",
                "use another copy of it; or, if you changed it, leave out all that stands above the key",
            )
        return Checksum.ABSENT
    end = unix.find(b"\n", at)
    without = unix[: at + len(label)] + unix[end if end >= 0 else len(unix) :]
    if unix[at:end] != _checksum_line(without):
        raise InputError(
            "the backup was changed or damaged after it was made: its checksum is another one",
            "use another copy of it",
        )
    return Checksum.RIGHT


def _no_backup(data: bytes, keys: list[bytes], requests: list[bytes], envelope: Envelope) -> InputError:
    if is_age(data):
        return InputError(
            "the backup is encrypted to recipients: no passphrase opens it",
            "give --identity FILE: the age identity, or the ssh private key, that it was encrypted to",
        )
    if envelope is Envelope.KEY_BLOCK and _PLAIN_LABELS.search(data):
        return InputError(
            "that is a private key without a passphrase, not a backup",
            "csrtui's backups are always encrypted; out of an age file, restore that file with --identity",
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
