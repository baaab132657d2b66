"""The findings on a private key that others made: known weaknesses, publication, lists of compromised keys."""

from typing import TYPE_CHECKING

from csrtui.core.advice.key_rules import (
    compromised_key,
    key_quality,
    private_key_quality,
    proved_key_quality,
)
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Finding, worst_first
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.store.reference_data import compromised_in
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey, PublicKey

_WEAK = "weak key: "


def private_key_findings(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on a private key that only the key itself, or a list on the disk, shows.

    Args:
        key: The private key.
        ca: The kind of CA whose rules apply.
    """
    return (*private_key_quality(key, ca), *_compromise(key.public_key(), ca))


def public_key_findings(public_key: "PublicKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return all findings on a public key, worst first; none for a good key.

    Args:
        public_key: The public key.
        ca: The kind of CA whose rules apply.
    """
    return tuple(worst_first([*key_quality(public_key, ca), *_compromise(public_key, ca)]))


def all_key_findings(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return all findings on a key, worst first; none for a good key.

    Args:
        key: The private key.
        ca: The kind of CA whose rules apply.
    """
    return tuple(worst_first([*key_quality(key.public_key(), ca), *private_key_findings(key, ca)]))


def proved_key_findings(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return all findings on a private key that has proved to be whole, worst first; faster than `all_key_findings`.

    Args:
        key: The private key, from `csrtui.core.keys.signing.prove`.
        ca: The kind of CA whose rules apply.
    """
    return tuple(worst_first([*proved_key_quality(key, ca), *_compromise(key.public_key(), ca)]))


def _compromise(public_key: "PublicKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the finding that a key is on the list of compromised keys, or nothing."""
    blocklist = compromised_in(public_key)
    return (compromised_key(public_key, visible(blocklist), ca),) if blocklist else ()


def with_weaknesses(session: Session, record: PairRecord, key: "PrivateKey") -> PairRecord:
    """Return the record of a restored pair with an event for each weakness of its key.

    A weak key is restored all the same, for either kind of CA: its backup may be the only copy, and its
    certificate may be in use.
    """
    for finding in all_key_findings(key, record.ca):
        if finding.code == "key-weak":
            record = record.with_event(session.clock(), f"{_WEAK}{finding.text}", session.user)
    return record


def weak_key_lines(pair: Pair) -> list[str]:
    """Return the weaknesses that `with_weaknesses` noted, a sentence each, and what to do; none for a good key."""
    noted = [event.what for event in pair.record.history if event.what.startswith(_WEAK)]
    way_out = f"Do not use this key any longer: csrtui renew {pair.name} generates a new one."
    return [*(visible(text.removeprefix(_WEAK)) for text in noted), way_out] if noted else []
