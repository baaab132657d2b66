"""The header of a backup: a title, facts about the pair that are not in the blocks, and instructions to restore it."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import utc_text
from csrtui.core.pairs.pair import PairRecord, Stage

_INTRODUCTION = "{title}a private key{encrypted}, and the certificate request made from it.\n\n"
_SIGNED_TITLE = "csrtui signed backup: "
"""The title of signed backups, which have no checksum. With the other title, release 0.1.0 would refuse them."""
_UNSIGNED_TITLE = "csrtui backup: "
TITLES: Final = (_UNSIGNED_TITLE.encode("ascii"), _SIGNED_TITLE.encode("ascii"))
"""The possible beginnings of a backup."""
_FIELDS = (
    "Pair:       {name}\nKey:        SPKI SHA-256 {spki}\nBacked up:  {time}\nIn store:   {key_protection}\n"
)
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


class KeyProtection(Enum):
    """The protection of the key in the keystore at the time of the backup."""

    PLAIN = "without a passphrase"
    ENCRYPTED = "under this passphrase"


_PROTECTION_IN_AGE = {
    KeyProtection.PLAIN: KeyProtection.PLAIN.value,
    KeyProtection.ENCRYPTED: "under a passphrase",
}
"""The text for each protection in an age file. It has no passphrase of its own, so "this passphrase" would mislead."""


@dataclass(frozen=True, slots=True)
class Details:
    """Facts about a pair at the time of its backup. A fact is None if the backup does not contain it.

    Attributes:
        created: The time at which the pair was created.
        ca: The kind of CA.
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        purpose: The purpose of the certificate.
        stage: The stage of the pair.
        submitted: The time at which the CSR was submitted to a CA.
        retired: The time at which the pair was retired.
        compromised: The time at which the key was marked as compromised.
    """

    created: datetime | None = None
    ca: CaKind | None = None
    platform: str | None = None
    purpose: str | None = None
    stage: Stage | None = None
    submitted: datetime | None = None
    retired: datetime | None = None
    compromised: datetime | None = None

    @classmethod
    def from_record(cls, record: PairRecord) -> "Details":
        """Return the details of a pair."""
        return cls(*(getattr(record, name) for name in _LABELS))


_LABELS = {
    "created": "Created",
    "ca": "CA",
    "platform": "Software",
    "purpose": "Purpose",
    "stage": "Stage",
    "submitted": "Submitted",
    "retired": "Retired",
    "compromised": "Compromised",
}
"""The label of each detail in the header, in order."""
_WORD = re.compile("[a-z0-9-]{1,40}")
"""Matches the id of a server program, or a purpose."""

NO_DETAILS: Final = Details()


def header_text(
    name: str,
    time: datetime,
    spki_sha256: str,
    key_protection: KeyProtection,
    details: Details,
    *,
    is_in_age: bool,
    is_signed: bool,
) -> str:
    """Return the header of a backup, in ASCII."""
    protection = _PROTECTION_IN_AGE[key_protection] if is_in_age else key_protection.value
    parts = (
        _INTRODUCTION.format(
            title=_SIGNED_TITLE if is_signed else _UNSIGNED_TITLE,
            encrypted="" if is_in_age else ", encrypted",
        ),
        _FIELDS.format(name=name, spki=spki_sha256, time=utc_text(time), key_protection=protection),
        _detail_lines(details),
        _RESTORING_AGE if is_in_age else _RESTORING,
        _SIGNED_NOTE if is_signed else _UNSIGNED_NOTE,
    )
    return "".join(parts)


def is_backup(data: bytes) -> bool:
    """Return whether any line of `data` begins like a backup."""
    return any(data.startswith(title) or b"\n" + title in data for title in TITLES)


def _detail_lines(details: Details) -> str:
    """Return a line for each detail that `read_details` can read. Each line ends with a line feed."""
    texts = ((label, _detail_text(getattr(details, name))) for name, label in _LABELS.items())
    return "".join(f"{f'{label}:':<11} {text}\n" for label, text in texts if text)


def _detail_text(value: datetime | str | None) -> str:
    """Return a detail as text, or "" if it is None or not a word, because pair.json can contain any text."""
    if isinstance(value, datetime):
        return utc_text(value)
    return value if value is not None and _WORD.fullmatch(value) else ""


def read_details(header: bytes) -> Details:
    """Return the details in the lines above the blocks. A detail is None if it is missing or invalid."""
    ca, stage = _value(header, "CA"), _value(header, "Stage")
    return Details(
        read_time(header, "Created"),
        CaKind(ca) if ca in tuple(CaKind) else None,
        _value(header, "Software"),
        _value(header, "Purpose"),
        Stage(stage) if stage in tuple(Stage) else None,
        read_time(header, "Submitted"),
        read_time(header, "Retired"),
        read_time(header, "Compromised"),
    )


def _value(header: bytes, label: str) -> str | None:
    pattern = rb"^%s: +(%s)$" % (label.encode("ascii"), _WORD.pattern.encode("ascii"))
    match = re.search(pattern, header, re.MULTILINE)
    return match[1].decode("ascii") if match else None


def read_time(header: bytes, label: str) -> datetime | None:
    """Return the time (RFC 3339, UTC) in the line with this label, or None if it is missing or invalid."""
    pattern = rb"^%s: +(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$" % label.encode("ascii")
    match = re.search(pattern, header, re.MULTILINE)
    try:
        return datetime.fromisoformat(match[1].decode("ascii")) if match else None
    except ValueError:  # for example 30 February
        return None
