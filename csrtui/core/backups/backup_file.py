"""The backup file: a self-describing PEM text that openssl can restore without csrtui.

A backup begins with plain text lines. After them come exactly one key block (``ENCRYPTED PRIVATE KEY``), one
``CERTIFICATE REQUEST`` and any certificates. It has no other blocks, and no text after the first block.
`csrtui.core.backups.integrity` checks this and describes the signature and the checksum.

A backup to recipients is the same text in an age file (`Envelope.AGE`), with the key as it is in the keystore. A key
without a passphrase is a ``PRIVATE KEY`` block (PKCS #8, RFC 5958), and `parse` refuses such a text outside an age
file. If the key has a passphrase, the text is not signed, because nobody enters the passphrase for such a backup.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core import bundle
from csrtui.core.backups import integrity as backup_integrity
from csrtui.core.backups.age import is_age
from csrtui.core.backups.header import (
    NO_DETAILS,
    TITLES,
    Details,
    KeyProtection,
    header_text,
    read_details,
    read_time,
)
from csrtui.core.backups.integrity import BackupText, Integrity, canonical, read_text
from csrtui.core.base import asn1
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.validity import utc_text
from csrtui.core.certificates.csr import Request, has_valid_signature, read_der, to_pem

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


MAX_BYTES = 1024 * 1024
"""Maximum size of a backup in bytes, far more than any key with its chain needs."""

_KEY_LABEL, _PLAIN_KEY_LABEL, _REQUEST_LABEL, _CERTIFICATE_LABEL = (
    "ENCRYPTED PRIVATE KEY",
    "PRIVATE KEY",
    "CERTIFICATE REQUEST",
    "CERTIFICATE",
)
_NAME = re.compile(rb"^Pair: +([a-z0-9][a-z0-9._-]{0,63})$", re.MULTILINE)
_ENCRYPTED = re.compile(rb"^In store: +under (?:this|a) passphrase$", re.MULTILINE)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The byte-order marks of files that Windows programs saved as "Unicode"."""
_FIRST_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""The earliest plausible time of a backup. An earlier time comes from a clock that was never set."""
_NO_PUNCTUATION = str.maketrans("", "", "-:")


class IdentityNeededError(InputError):
    """The backup is encrypted to recipients, so it cannot be opened without an identity."""


class Envelope(Enum):
    """The protection of a backup file. The value is the file name extension."""

    KEY_BLOCK = ".backup.pem"
    """Only the key block is encrypted. The header, the CSR and the certificates are plain text."""
    AGE = ".backup.age"
    """The whole text is encrypted with age (`csrtui.core.backups.age`)."""


@dataclass(frozen=True, slots=True)
class BackupFile:
    """The contents of a backup. A key with a passphrase is still encrypted.

    Attributes:
        name: The name of the pair, or None if the file has none.
        key_protection: The protection of the key in the keystore. In an unsigned file, anyone may have changed this
            value.
        key: The DER of the EncryptedPrivateKeyInfo, or of the PrivateKeyInfo if the file is an age file and the key has
            no passphrase.
        key_pem: The key in PEM.
        csr: The CSR. Its own signature is valid.
        certificates: The certificates in PEM, leaf first, or empty bytes.
        integrity: The proof that the text contains.
        envelope: The protection of the file.
        time: The time of the backup, read from its text, or None if it is missing or malformed.
        details: Other facts about the pair. In an unsigned file, anyone may have changed them.
    """

    name: str | None
    key_protection: KeyProtection
    key: bytes
    key_pem: bytes
    csr: Request
    certificates: bytes
    integrity: Integrity
    envelope: Envelope = Envelope.KEY_BLOCK
    time: datetime | None = None
    details: Details = NO_DETAILS

    @property
    def is_signed(self) -> bool:
        """Whether the pair's own key signed the whole text."""
        return self.integrity is Integrity.SIGNED

    def creation_time(self, now: datetime) -> datetime:
        """Return the time of the backup, or `now` if the text has no time or an impossible one."""
        return self.time if self.time is not None and _FIRST_CREDIBLE <= self.time <= now else now


def file_name(name: str, time: datetime, envelope: Envelope = Envelope.KEY_BLOCK) -> str:
    """Return the file name of a backup: ``NAME.YYYYMMDD-HHMMSS.backup.pem`` or ``….backup.age``, in UTC."""
    return f"{name}.{utc_text(time).translate(_NO_PUNCTUATION)[:-1].replace('T', '-')}{envelope.value}"


def compose(
    name: str,
    time: datetime,
    *,
    key_protection: KeyProtection,
    key_pem: bytes,
    csr: Request,
    certificates: bytes = b"",
    envelope: Envelope = Envelope.KEY_BLOCK,
    details: Details = NO_DETAILS,
    signer: "PrivateKey | None" = None,
) -> bytes:
    """Return the text of a backup.

    `key_pem` is encrypted (`csrtui.core.keys.pkcs8.encrypt`) unless the text is for an age file and is never stored
    elsewhere. Without a `signer`, the private key of the pair, the text has a checksum instead of a signature.
    """
    header = header_text(
        name,
        time,
        csr.spki_sha256,
        key_protection,
        details,
        is_in_age=envelope is Envelope.AGE,
        is_signed=signer is not None,
    )
    blocks = canonical(b"\n" + key_pem + to_pem(csr.der) + certificates)
    return backup_integrity.insert_proof(header.encode("ascii"), blocks, signer)


def parse(
    data: bytes, envelope: Envelope = Envelope.KEY_BLOCK, *, accepts_removed_proof: bool = False
) -> BackupFile:
    """Return the contents of a backup, after checking its signature or checksum and the signature of its CSR.

    The key is not decrypted. Only an age file may contain a key without a passphrase. With `accepts_removed_proof`, a
    backup whose signature or checksum was removed is not an error (`Integrity.REMOVED`).

    Raises:
        IdentityNeededError: The data is an age file.
        InputError: The text is too large, is not a backup, or was damaged or changed after the backup was made.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} bytes, too much for a backup")
    if is_age(data):
        raise IdentityNeededError(
            "the backup is encrypted to recipients: no passphrase opens it",
            "give the age identity or SSH private key that it was encrypted to (--identity FILE)",
        )
    if data.startswith(_UTF_16):
        raise InputError(
            "the file is in UTF-16, which openssl cannot read either", "iconv -f UTF-16 -t UTF-8 FILE > COPY"
        )
    if b"-----BEGIN " not in data:
        if canonical(data).startswith(TITLES):
            raise InputError(
                "the backup was changed or damaged after it was made: its key is missing",
                "use another copy of it",
            )
        raise _not_a_backup()
    has_checksum = backup_integrity.has_valid_checksum(data)
    text = read_text(data)
    _check_blocks(text, envelope)
    key_block, csr_block, *certificate_blocks = text.blocks
    node = asn1.parse(key_block.der)
    if node is None or node.tag != asn1.SEQUENCE or not node.content or node.end != len(key_block.der):
        raise InputError("the private key in the backup is damaged", "use another copy of it")
    csr = read_der(csr_block.der)
    if not has_valid_signature(csr.der):
        raise InputError(
            "the certificate request in the backup is not signed by its own key: it was replaced or damaged",
            "use another copy of the backup",
        )
    if envelope is Envelope.AGE:
        is_encrypted = key_block.label != _PLAIN_KEY_LABEL
    else:
        is_encrypted = _ENCRYPTED.search(text.header) is not None
    name = _NAME.search(text.header)
    return BackupFile(
        name=name[1].decode("ascii") if name else None,
        key_protection=KeyProtection.ENCRYPTED if is_encrypted else KeyProtection.PLAIN,
        key=key_block.der,
        key_pem=asn1.wrap(key_block.label, key_block.der),
        csr=csr,
        certificates=b"".join(asn1.wrap(_CERTIFICATE_LABEL, block.der) for block in certificate_blocks),
        integrity=backup_integrity.check(
            text, csr, has_checksum=has_checksum, accepts_removed=accepts_removed_proof
        ),
        envelope=envelope,
        time=read_time(text.header, "Backed up"),
        details=read_details(text.header),
    )


def _check_blocks(text: BackupText, envelope: Envelope) -> None:
    """Check that there is one key, then one CSR, then only certificates."""
    labels = [block.label for block in text.blocks]
    key_labels = {_KEY_LABEL} | ({_PLAIN_KEY_LABEL} if envelope is Envelope.AGE else set())
    for block in text.blocks:
        if block.label.endswith("PRIVATE KEY") and block.label not in key_labels:
            raise InputError(
                f"that is a private key without a passphrase, not a backup (line {block.line})",
                "csrtui's backups are always encrypted; if this is from an age file, restore that file, with its identity (--identity)",
            )
        if block.label not in {*key_labels, _REQUEST_LABEL, _CERTIFICATE_LABEL}:
            raise InputError(
                f"line {block.line} begins a block {block.label}, which does not belong in a backup",
                "use another copy of the backup",
            )
    keys, requests = sum(label in key_labels for label in labels), labels.count(_REQUEST_LABEL)
    if keys > 1 or requests > 1:
        raise InputError("it contains more than one key or request, so it is not a backup of one pair")
    if not keys and not requests:
        raise _not_a_backup()
    if not keys or not requests:
        missing = "certificate request" if keys else "encrypted private key"
        raise InputError(f"the backup contains no {missing}; it may be cut short", "use another copy of it")
    if labels[0] not in key_labels or labels[1] != _REQUEST_LABEL:
        raise InputError(
            "the blocks are not in the order of a backup: key, certificate request, certificates",
            "move the key to the front and the request after it; or use another copy of the backup",
        )


def _not_a_backup() -> InputError:
    return InputError("that is not a backup", "the name of a backup ends in .backup.pem")


_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_USAGE = "give 64 hexadecimal digits (SHA-256 of the SPKI), or a file with the CSR or a certificate"


class Expectation(NamedTuple):
    """The expected key and, if known, the expected CSR.

    Attributes:
        spki_sha256: The SPKI fingerprint, 64 lower-case hex digits.
        request_sha256: SHA-256 of the CSR in DER, 64 hex digits, or None to accept any CSR for the key.
    """

    spki_sha256: str
    request_sha256: str | None = None

    def check(self, csr: Request) -> None:
        """Check that a CSR is the expected one. Its own signature must be valid.

        Raises:
            RefusedError: The key or the CSR is a different one.
        """
        if csr.spki_sha256 != self.spki_sha256:
            raise RefusedError(
                f"the key in the backup is not the expected one: its SPKI SHA-256 is {csr.spki_sha256}",
                "do not use this backup; use another copy",
            )
        if self.request_sha256 not in {None, csr.sha256}:
            raise RefusedError(
                "the certificate request in the backup is not the expected one, although its key is",
                "do not use this backup; use another copy",
            )


def read_fingerprint(text: str) -> Expectation | None:
    """Return the expectation for an SPKI SHA-256 in hex, with or without colons, or None if the text is not one."""
    return Expectation(text.replace(":", "").lower()) if _FINGERPRINT.fullmatch(text) else None


def read_expectation(data: bytes) -> Expectation:
    """Return the expectation for the first CSR in a file, or else for the key of the first certificate.

    The file is in PEM, with any text around it, or in DER.

    Raises:
        InputError: The file contains neither a CSR nor a certificate, or the first one cannot be read.
    """
    material = bundle.read(data, open_keys=False)
    if material.requests:
        csr = material.requests[0]
        return Expectation(csr.spki_sha256, csr.sha256)
    if not material.certificates:
        if material.has_private_key:
            raise InputError("that is a private key, which is not needed for the comparison", _USAGE)
        message = (
            material.problems[0].text if material.problems else "it contains neither a CSR nor a certificate"
        )
        raise InputError(message, _USAGE)
    spki_sha256 = material.certificates[0].spki_sha256
    if spki_sha256 is None:
        raise InputError("the key type of the certificate is not supported", _USAGE)
    return Expectation(spki_sha256)
