"""The two ways to renew a certificate, what follows from each, and which one stands first.

The consequence is said before the choice: it cannot be taken back once the CA has been paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from csrtui.core.base.finding import Finding
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.servers.file_layout import OldCsr
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.core.servers.table import SERVERS


class RenewalWay(StrEnum):
    """How a certificate is renewed."""

    NEW_PAIR = "a new pair"
    OLD_CSR = "the old CSR again"


@dataclass(frozen=True, slots=True)
class RenewalChoice:
    """One of the two ways.

    Attributes:
        way: Which.
        consequences: What follows from it, a sentence each.
        obstacles: What speaks against it, a sentence each; such a way never stands first while nothing
            speaks against the other.
    """

    way: RenewalWay
    consequences: tuple[str, ...]
    obstacles: tuple[str, ...] = ()


def choices(
    record: PairRecord,
    about_new: Sequence[Finding],
    about_old: Sequence[Finding],
    left_out: Sequence[str] = (),
) -> tuple[RenewalChoice, RenewalChoice]:
    """Return both ways, the better one first.

    A new pair stands first, since lives are short and a fresh key is free. The old CSR does only where the
    server software and the key allow it, and a new request would be refused or could not hold all of the old one.

    Args:
        record: Of the pair to be renewed.
        about_new: What is to be said of a new request with the same names and subject.
        about_old: What is to be said of the key and the CSR that are there.
        left_out: What of the old CSR a new one would not hold, a sentence each.
    """
    new = RenewalChoice(
        RenewalWay.NEW_PAIR,
        _NEW_CONSEQUENCES,
        (*(finding.text for finding in about_new if finding.blocks), *left_out),
    )
    old = RenewalChoice(
        RenewalWay.OLD_CSR,
        old_csr_consequences(record),
        (*server_obstacles(record), *(finding.text for finding in about_old if finding.blocks)),
    )
    return (old, new) if new.obstacles and not old.obstacles else (new, old)


def old_csr_consequences(record: PairRecord) -> tuple[str, ...]:
    """Return what follows from handing out the old CSR again, a sentence each."""
    # Of a key that was adopted or restored it is known since when it is here, not when it was made.
    made_here = any(event.what.startswith("created") for event in record.history)
    since = f"{'made on' if made_here else 'kept here since'} {record.created:%Y-%m-%d}"
    return (
        "Nothing is generated: the same CSR goes to the CA again.",
        f"The new certificate will only work with the private key {since}, SPKI SHA-256 {record.key.spki_sha256}.",
        "If that key was lost or copied, renew with a new pair.",
    )


def server_obstacles(record: PairRecord) -> tuple[str, ...]:
    """Return what in the server software speaks against using the old CSR again, a sentence each."""
    server = SERVERS[record.platform if record.platform in PLATFORMS else OTHER]
    if server.old_csr is OldCsr.YES:
        return ()
    reason = server.old_csr_reason.removeprefix("No: ")
    return (f"{PLATFORMS[server.platform].label}: {reason}",)


_NEW_CONSEQUENCES = (
    "A new private key and its CSR are made, with the names and the subject of the old request.",
    "The new key is backed up before its CSR is submitted.",
    "The old pair stays and keeps working until the new certificate is installed; then it can be retired.",
)
