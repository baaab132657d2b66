"""What a backup tells of its pair besides key, CSR and certificates, as lines above them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csrtui.core.base.finding import CaKind
from csrtui.core.base.times import utc_text
from csrtui.core.pairs.pair import PairRecord, Stage

PURPOSE: Final = "server"
"""The only purpose of a pair today."""


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a pair that its key, CSR and certificates do not tell; None where the text does not tell either.

    Attributes:
        created: When the pair was made.
        ca: The kind of CA it is for.
        platform: The server software it is for, an id of `csrtui.core.servers.platforms`.
        purpose: What the certificate is for.
        stage: How far the pair had come when it was backed up.
        submitted: When the CSR went to a CA, or None.
        retired: When the pair was marked as no longer used, or None.
    """

    created: datetime | None = None
    ca: CaKind | None = None
    platform: str | None = None
    purpose: str | None = None
    stage: Stage | None = None
    submitted: datetime | None = None
    retired: datetime | None = None

    @classmethod
    def of(cls, record: PairRecord) -> "Details":
        """Return the details of a pair."""
        return cls(
            record.created,
            record.ca,
            record.platform,
            PURPOSE,
            record.stage,
            record.submitted,
            record.retired,
        )


_WORD = re.compile("[a-z0-9-]{1,40}")
"""What a server software or purpose may be called."""

NO_DETAILS: Final = Details()
"""Nothing is known."""


def detail_lines(details: Details) -> str:
    """Return the lines for the details that are there, each with its line feed."""
    lines = (
        ("Created", details.created and utc_text(details.created)),
        ("CA", details.ca),
        ("Software", _word(details.platform)),
        ("Purpose", _word(details.purpose)),
        ("Stage", details.stage),
        ("Submitted", details.submitted and utc_text(details.submitted)),
        ("Retired", details.retired and utc_text(details.retired)),
    )
    return "".join(f"{f'{label}:':<12}{value}\n" for label, value in lines if value)


def _word(text: str | None) -> str | None:
    """Return a text that can be read again, or None: pair.json may have been written by somebody else."""
    return text if text is not None and _WORD.fullmatch(text) else None


def read_details(header: bytes) -> Details:
    """Return the details in the lines above the blocks; None for each that is not there or not valid."""
    ca, stage = _value(header, "CA"), _value(header, "Stage")
    return Details(
        read_time(header, "Created"),
        CaKind(ca) if ca in tuple(CaKind) else None,
        _value(header, "Software"),
        _value(header, "Purpose"),
        Stage(stage) if stage in tuple(Stage) else None,
        read_time(header, "Submitted"),
        read_time(header, "Retired"),
    )


def _value(header: bytes, label: str) -> str | None:
    pattern = rb"^%s: +(%s)$" % (label.encode("ascii"), _WORD.pattern.encode("ascii"))
    match = re.search(pattern, header, re.MULTILINE)
    return match[1].decode("ascii") if match else None


def read_time(header: bytes, label: str) -> datetime | None:
    """Return the time (RFC 3339, UTC) in the line with a label, or None where there is none."""
    pattern = rb"^%s: +(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$" % label.encode("ascii")
    match = re.search(pattern, header, re.MULTILINE)
    try:
        return datetime.fromisoformat(match[1].decode("ascii")) if match else None
    except ValueError:  # the 30th of February
        return None
