"""The two ways to renew a certificate, their consequences, and the recommendation.

The consequences are displayed before the choice, because it cannot be undone once the CA has been paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from csrtui.core.base.finding import Finding
from csrtui.core.base.validity import date_text
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.servers.server import Server


class RenewalWay(StrEnum):
    """A way to renew a certificate."""

    NEW_PAIR = "a new pair"
    OLD_CSR = "the old CSR again"


@dataclass(frozen=True, slots=True)
class RenewalChoice:
    """A way to renew a certificate, with its consequences.

    Attributes:
        way: The way to renew.
        consequences: A sentence for each consequence.
        obstacles: A sentence for each reason against this way. It is then recommended only if the other way has
            obstacles too.
    """

    way: RenewalWay
    consequences: tuple[str, ...]
    obstacles: tuple[str, ...] = ()


COMPROMISED_KEY = "The old key is marked as compromised: it must not be used again."
"""The obstacle to reusing a compromised key. Nothing can override it."""

_NEW_PAIR_CONSEQUENCES = (
    "A new private key and its CSR are generated, with the names and the subject of the old request.",
    "The new key is backed up before its CSR is submitted.",
    "The old pair stays and keeps working until the new certificate is installed; then it can be retired.",
)


def renewal_choices(
    record: PairRecord,
    server: Server,
    new_findings: Sequence[Finding],
    old_findings: Sequence[Finding],
    omissions: Sequence[str] = (),
) -> tuple[RenewalChoice, RenewalChoice]:
    """Return both ways, the recommended one first.

    Usually a new pair is recommended, because validity is short and new keys cost nothing. The old CSR is recommended
    only if the server software and the key permit it, and a new request would be refused or would omit something.

    Args:
        record: The record of the pair to renew.
        server: The server software of the pair.
        new_findings: The findings on a new request with the same names and subject.
        old_findings: The findings on the current key and CSR.
        omissions: A sentence for each part of the old CSR that a new CSR would omit.
    """
    new = RenewalChoice(
        RenewalWay.NEW_PAIR,
        _NEW_PAIR_CONSEQUENCES,
        (*(finding.text for finding in new_findings if finding.blocks), *omissions),
    )
    old = RenewalChoice(
        RenewalWay.OLD_CSR,
        _old_csr_consequences(record),
        (
            *((COMPROMISED_KEY,) if record.compromised else ()),
            *_server_obstacles(server),
            *(finding.text for finding in old_findings if finding.blocks),
        ),
    )
    return (old, new) if new.obstacles and not old.obstacles else (new, old)


def _old_csr_consequences(record: PairRecord) -> tuple[str, ...]:
    # For an adopted or restored key, `created` is the time of the adoption or restore, not of the key.
    is_own_key = any(event.text.startswith("created") for event in record.history)
    since = f"{'made on' if is_own_key else 'kept here since'} {date_text(record.created)}"
    return (
        "No new key: the same CSR is sent again.",
        f"The new certificate will only work with the private key {since}, SPKI SHA-256 {record.key.spki_sha256}.",
        "If that key was lost or copied, renew with a new pair.",
    )


def _server_obstacles(server: Server) -> tuple[str, ...]:
    if server.can_reuse_csr:
        return ()
    reason = server.csr_reuse.removeprefix("No: ")
    return (f"{PLATFORMS[server.platform].label}: {reason}",)
