"""The header lines of a backup, for facts about the pair that the key, CSR and certificates do not contain."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import utc_text
from csrtui.core.pairs.pair import PairRecord, Stage

PURPOSE: Final = "server"
"""The only purpose that a pair can currently have."""


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
    """

    created: datetime | None = None
    ca: CaKind | None = None
    platform: str | None = None
    purpose: str | None = None
    stage: Stage | None = None
    submitted: datetime | None = None
    retired: datetime | None = None

    @classmethod
    def from_record(cls, record: PairRecord) -> "Details":
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
"""Matches the id of a server software, or a purpose."""

NO_DETAILS: Final = Details()


def detail_lines(details: Details) -> str:
    """Return a line for each detail that is not None. Each line ends with a line feed."""
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
    """Return `text` if `read_details` can read it, otherwise None. Another program may have written it to pair.json."""
    return text if text is not None and _WORD.fullmatch(text) else None


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
