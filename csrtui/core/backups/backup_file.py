"""Backups as text: one PEM file that says what it is, and that openssl alone can restore.

Plain lines first, then exactly one key block (``ENCRYPTED PRIVATE KEY``), one ``CERTIFICATE REQUEST`` and the
certificates, if any; no other block, and no text after the first one (`csrtui.core.backups.text`).

What proves that a text is the one that was made is in `csrtui.core.backups.integrity`.

The same text, within a file of age, is a backup to recipients (`Envelope.AGE`). There the key is stored as in the
keystore: ``PRIVATE KEY`` (PKCS #8, RFC 5958) where that is without a passphrase. Such a text is not a backup outside
its envelope, and `parse` refuses it there. It is signed unless the key is under a passphrase, which nobody is asked
for when a backup to recipients is made.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from csrtui.core.backups import integrity as backup_integrity
from csrtui.core.backups.age import is_age
from csrtui.core.backups.details import NO_DETAILS, Details, detail_lines, read_details, read_time
from csrtui.core.backups.integrity import Integrity
from csrtui.core.backups.text import BackupText, canonical, read_text
from csrtui.core.base import asn1
from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import InputError
from csrtui.core.base.times import utc_text
from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

MAX_BYTES = 1024 * 1024
"""The most bytes a backup is taken to have; far more than any key with its chain."""

_INTRODUCTION = "csrtui backup: a private key{encrypted}, and the certificate request made from it.\n\n"
_FIELDS = "Pair:       {name}\nKey:        SPKI SHA-256 {spki}\nBacked up:  {time}\nIn store:   {kept}\n"
_RESTORING = """
To bring it back into a keystore:  csrtui restore FILE
Or with openssl and nothing else:  openssl pkey -in FILE -out key.pem
                                   openssl req -in FILE -out request.pem
Both ask for the passphrase of this backup. Without it, nobody can read the key.

"""
_RESTORING_AGE = """
This text belongs in an age file and nowhere else: only that protects the key.
To bring it back into a keystore:    csrtui restore FILE --identity IDENTITY
Or with age and openssl, no csrtui:  age -d -i IDENTITY FILE | openssl pkey -out key.pem
                                     age -d -i IDENTITY FILE | openssl req -out request.pem
age keeps the key secret, but does not show who made the file: anyone can encrypt to recipients.
To compare the key with what you know: csrtui restore FILE --identity IDENTITY --expect SHA-256

"""
_SIGNED_NOTE = "Signed with this key: csrtui verify checks it, without a passphrase.\n"
_UNSIGNED_NOTE = "Not signed: the key was not opened when this was made, so anyone can change this text.\n"
_KEY_LABEL, _PLAIN_KEY_LABEL, _REQUEST_LABEL, _CERTIFICATE_LABEL = (
    "ENCRYPTED PRIVATE KEY",
    "PRIVATE KEY",
    "CERTIFICATE REQUEST",
    "CERTIFICATE",
)
_NAME = re.compile(rb"^Pair: +([a-z0-9][a-z0-9._-]{0,63})$", re.MULTILINE)
_ENCRYPTED = re.compile(rb"^In store: +under (?:this|a) passphrase$", re.MULTILINE)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The byte-order marks of files that Windows saved as Unicode."""
_FIRST_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""Times before it are those of clocks that were never set."""


class ToRecipientsError(InputError):
    """It is a backup to recipients, which was not opened."""


class KeptKey(Enum):
    """How the key lay in the keystore when it was backed up."""

    PLAIN = "without a passphrase"
    ENCRYPTED = "under this passphrase"


_KEPT_IN_AGE = {KeptKey.PLAIN: KeptKey.PLAIN.value, KeptKey.ENCRYPTED: "under a passphrase"}
"""An age file has no passphrase of its own that the key could share, so the words differ."""


class Envelope(Enum):
    """What protects a backup."""

    KEY_BLOCK = ".backup.pem"
    """Only the key block is encrypted; the header, the CSR and the certificates are plain text."""
    AGE = ".backup.age"
    """The whole text is encrypted with age (`csrtui.core.backups.age`)."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """The contents of a backup. A key that has a passphrase is still encrypted.

    Attributes:
        name: The name of the pair, or None if the file has none.
        kept: How the key lay in the keystore; anyone can change that in a file that is not signed.
        key: The DER of the EncryptedPrivateKeyInfo; out of an age file, of a key that lay in the keystore
            without a passphrase, that of the PrivateKeyInfo.
        key_pem: The same as PEM.
        asked: What the CSR says; its own signature is checked.
        certificates: The certificates in PEM, leaf first; empty when there are none.
        integrity: What the text proves about itself.
        envelope: What protected it.
        time: The time of the backup, from its text. None if it is missing or malformed.
        details: Other facts about the pair; anyone can change that in a file that is not signed.
    """

    name: str | None
    kept: KeptKey
    key: bytes
    key_pem: bytes
    asked: csr.Request
    certificates: bytes
    integrity: Integrity
    envelope: Envelope = Envelope.KEY_BLOCK
    time: datetime | None = None
    details: Details = NO_DETAILS

    @property
    def signed(self) -> bool:
        """Whether the pair's own key signed all of it."""
        return self.integrity is Integrity.SIGNED

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
    asked: csr.Request,
    certificates: bytes = b"",
    envelope: Envelope = Envelope.KEY_BLOCK,
    details: Details = NO_DETAILS,
    signer: "PrivateKey | None" = None,
) -> bytes:
    """Return the text of a backup.

    Args:
        name: The pair's name.
        time: When it is made.
        kept: How the key lies in the keystore.
        key_pem: The encrypted private key in PEM (`csrtui.core.keys.pkcs8.encrypt`); for an age file the key as it
            lies in the keystore.
        asked: The pair's CSR.
        certificates: Its certificates in PEM with nothing else between them, leaf first, or nothing.
        envelope: What will protect the text; that of an age file is not to be kept outside it.
        details: What else is to come back.
        signer: The pair's private key. Without it, the text has a checksum in place of the signature.
    """
    in_age = envelope is Envelope.AGE
    header = _INTRODUCTION.format(encrypted="" if in_age else ", encrypted") + _FIELDS.format(
        name=name,
        spki=asked.spki_sha256,
        time=utc_text(time),
        kept=_KEPT_IN_AGE[kept] if in_age else kept.value,
    )
    header += detail_lines(details)
    header += _RESTORING_AGE if in_age else _RESTORING
    header += _UNSIGNED_NOTE if signer is None else _SIGNED_NOTE
    after = canonical(b"\n" + key_pem + csr.to_pem(asked.der) + certificates)
    return backup_integrity.seal(header.encode("ascii"), after, signer)


def parse(data: bytes, envelope: Envelope = Envelope.KEY_BLOCK) -> BackupFile:
    """Read a backup without opening its key; check its signature or checksum, and the CSR's own signature.

    Args:
        data: Its text.
        envelope: What protected it: only out of an age file may the key be without a passphrase.

    Raises:
        InputError: It is too large, not a backup, damaged, or changed since it was made; the error says which.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} bytes, too much for a backup")
    if is_age(data):
        raise ToRecipientsError(
            "the backup is encrypted to recipients: no passphrase opens it",
            "give --identity FILE: the age identity, or the ssh private key, that it was encrypted to",
        )
    if data.startswith(_UTF_16):
        raise InputError(
            "the file is in UTF-16, which openssl cannot read either", "iconv -f UTF-16 -t UTF-8 FILE > COPY"
        )
    if b"-----BEGIN " not in data:
        if canonical(data).startswith(backup_integrity.TITLE):
            raise InputError(
                "the backup was changed or damaged after it was made: its key is gone",
                "use another copy of it",
            )
        raise InputError("that is not a backup", "the name of a backup ends in .backup.pem")
    checksum = backup_integrity.is_checksum_right(data)
    text = read_text(data)
    _judge_blocks(text, envelope)
    key, request_der = text.blocks[0], text.blocks[1].der
    node = asn1.parse(key.der)
    if node is None or node.tag != asn1.SEQUENCE or not node.content or node.end != len(key.der):
        raise InputError("the private key in the backup is damaged", "use another copy of it")
    asked = csr.read_der(request_der)
    if not csr.signature_holds(asked.der):
        raise InputError(
            "the certificate request in the backup is not signed by its own key: it was exchanged or damaged",
            "use another copy of the backup",
        )
    return _backup(text, envelope, asked, backup_integrity.judge(text, asked, checksum=checksum))


def _backup(text: BackupText, envelope: Envelope, asked: csr.Request, integrity: Integrity) -> BackupFile:
    key, _, *certificates = text.blocks
    kept = KeptKey.ENCRYPTED if _ENCRYPTED.search(text.header) else KeptKey.PLAIN
    if envelope is Envelope.AGE:
        kept = KeptKey.PLAIN if key.label == _PLAIN_KEY_LABEL else KeptKey.ENCRYPTED
    named = _NAME.search(text.header)
    return BackupFile(
        name=named[1].decode("ascii") if named else None,
        kept=kept,
        key=key.der,
        key_pem=wrap(key.label, key.der),
        asked=asked,
        certificates=b"".join(wrap(_CERTIFICATE_LABEL, block.der) for block in certificates),
        integrity=integrity,
        envelope=envelope,
        time=read_time(text.header, "Backed up"),
        details=read_details(text.header),
    )


def _judge_blocks(text: BackupText, envelope: Envelope) -> None:
    """See that there is one key, then one CSR, then certificates.

    Raises:
        InputError: There is something else; the error names it.
    """
    labels = [block.label for block in text.blocks]
    key_labels = {_KEY_LABEL} | ({_PLAIN_KEY_LABEL} if envelope is Envelope.AGE else set())
    for block in text.blocks:
        if block.label.endswith("PRIVATE KEY") and block.label not in key_labels:
            raise InputError(
                f"that is a private key without a passphrase, not a backup (line {block.line})",
                "csrtui's backups are always encrypted; out of an age file, restore that file with --identity",
            )
        if block.label not in {*key_labels, _REQUEST_LABEL, _CERTIFICATE_LABEL}:
            raise InputError(
                f"line {block.line} begins a block {block.label}, which does not belong in a backup",
                "use another copy of the backup",
            )
    keys, requests = sum(label in key_labels for label in labels), labels.count(_REQUEST_LABEL)
    if keys > 1 or requests > 1:
        raise InputError("there is more than one key or request in it, so it is not a backup of one pair")
    if not keys and not requests:
        raise InputError("that is not a backup", "the name of a backup ends in .backup.pem")
    if not keys or not requests:
        missing = "certificate request" if keys else "encrypted private key"
        raise InputError(f"the backup contains no {missing}; it may be cut short", "use another copy of it")
    if labels[0] not in key_labels or labels[1] != _REQUEST_LABEL:
        raise InputError(
            "the blocks are not in the order of a backup: key, certificate request, certificates",
            "move the key to the front and the request behind it; or use another copy of the backup",
        )
