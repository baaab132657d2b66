"""The ways to renew a certificate, their consequences, and the recommendation.

The consequences are displayed before the choice, because it cannot be undone once the CA has been paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Finding
from csrtui.core.base.validity import date_text
from csrtui.core.keys.key_types import KeyType, label_of_name
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.servers.server import Server


class RenewalWay(StrEnum):
    """A way to renew a certificate."""

    NEW_PAIR = "a new pair"
    OLD_CSR = "the old CSR again"
    SAME_KEY = "a new CSR with the same key"


@dataclass(frozen=True, slots=True)
class RenewalChoice:
    """A way to renew a certificate, with its consequences.

    Attributes:
        way: The way to renew.
        consequences: A sentence for each consequence.
        obstacles: A sentence for each reason against this way. It is then recommended only if the other ways have
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


SAME_KEY_CONSEQUENCES = (
    "A new CSR is made with the old key, as a new pair. The old pair stays.",
    "Anyone who has a copy of the old key can use the new certificate too.",
    "If the key was lost or copied, renew with a new pair.",
)
"""The consequences of a renewal with the old key and a new CSR."""


def renewal_choices(
    record: PairRecord,
    server: Server,
    new_findings: Sequence[Finding],
    old_findings: Sequence[Finding],
    omissions: Sequence[str] = (),
) -> tuple[RenewalChoice, ...]:
    """Return the ways, the recommended one first.

    Usually a new pair is recommended, because validity is short and new keys cost nothing. The old CSR is recommended
    only if the server software and the key permit it, and a new request would be refused or would omit something.
    A new CSR with the same key comes last. It is for other names where the key must stay.

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
    compromised = (COMPROMISED_KEY,) if record.compromised else ()
    key_obstacles = tuple(finding.text for finding in old_findings if finding.blocks)
    old_obstacles = (*compromised, *_server_obstacles(server), *key_obstacles)
    old = RenewalChoice(RenewalWay.OLD_CSR, _old_csr_consequences(record), old_obstacles)
    same_obstacles = (*compromised, *_key_type_obstacles(record), *key_obstacles)
    same = RenewalChoice(RenewalWay.SAME_KEY, SAME_KEY_CONSEQUENCES, same_obstacles)
    return (old, new, same) if new.obstacles and not old.obstacles else (new, old, same)


def _old_csr_consequences(record: PairRecord) -> tuple[str, ...]:
    # For an adopted or restored key, `created` is the time of the adoption or restore, not of the key.
    is_own_key = any(event.text.startswith("created") for event in record.history)
    since = f"{'made on' if is_own_key else 'kept here since'} {date_text(record.created)}"
    return (
        "No new key: the same CSR is sent again.",
        f"The new certificate will only work with the private key {since}, SPKI SHA-256 {record.key.spki_sha256}.",
        "If that key was lost or copied, renew with a new pair.",
    )


def _key_type_obstacles(record: PairRecord) -> tuple[str, ...]:
    if record.key.type in tuple(KeyType):
        return ()
    return (f"csrtui makes no CSR for {visible(label_of_name(record.key.type))} keys.",)


def _server_obstacles(server: Server) -> tuple[str, ...]:
    if server.can_reuse_csr:
        return ()
    reason = server.csr_reuse.removeprefix("No: ")
    return (f"{PLATFORMS[server.platform].label}: {reason}",)
