"""Unlock the keys of pairs, find the weaknesses of keys made elsewhere, and generate passphrases."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from csrtui.core.advice.key_rules import (
    check_private_key,
    check_proved_key,
    check_public_key,
    compromised_key_findings,
)
from csrtui.core.base.errors import InputError, RefusedError, StoreError, translate_errors
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Finding, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types, passphrase_quality, pkcs8
from csrtui.core.keys.pkcs8 import BatchDecryptor
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.store.package_data import find_compromised_key, read_passphrase_words
from csrtui.tasks.session import Session, csrtui_command

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey, PublicKey


_WEAK = "weak key: "


def usual_ca(public_key: "PublicKey") -> CaKind:
    """Return the kind of CA for an existing key: private if no public CA accepts its type, and otherwise public."""
    key_type = key_types.type_of(public_key)
    return CaKind.PUBLIC if key_type is None or key_type.public_ca else CaKind.PRIVATE


def private_key_findings(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings that require the private key or the list of compromised keys, under the rules for the CA."""
    return (*check_private_key(key, ca), *_blocklist_findings(key.public_key(), ca))


def public_key_findings(public_key: "PublicKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return all findings on a public key, worst first."""
    return tuple(worst_first([*check_public_key(public_key, ca), *_blocklist_findings(public_key, ca)]))


def all_key_findings(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return all findings on a private key, worst first."""
    return tuple(worst_first([*check_public_key(key.public_key(), ca), *private_key_findings(key, ca)]))


def proved_key_findings(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return all findings on a private key that `csrtui.core.keys.signing.load_intact_key` has loaded, worst first.

    This is faster than `all_key_findings`.
    """
    return tuple(worst_first([*check_proved_key(key, ca), *_blocklist_findings(key.public_key(), ca)]))


def _blocklist_findings(public_key: "PublicKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the finding for a key on a list of compromised keys, or no finding."""
    blocklist = find_compromised_key(public_key)
    return compromised_key_findings(public_key, visible(blocklist), ca) if blocklist else ()


def refuse_compromised(session: Session, pairs: Iterable[Pair]) -> None:
    """Check that no pair has a key that is marked as compromised.

    Raises:
        RefusedError: The key is compromised.
    """
    for pair in pairs:
        if pair.record.compromised:
            raise RefusedError(
                f"the key of {pair.name} is marked as compromised: it must not be used again",
                f"{csrtui_command(session, 'renew', pair.name)} makes a pair with a new key",
                pair=pair.name,
            )


def with_weaknesses(session: Session, record: PairRecord, key: "PrivateKey") -> PairRecord:
    """Return the record of a restored pair with an event for each weakness of its key.

    A weak key is restored too, for either kind of CA, because the backup may be the only copy and the certificate may
    be in use.
    """
    for finding in all_key_findings(key, record.ca):
        if finding.code == "key-weak":
            record = record.with_event(session.clock(), f"{_WEAK}{finding.text}", session.user)
    return record


def weak_key_lines(session: Session, pair: Pair) -> list[str]:
    """Return a sentence for each weakness that `with_weaknesses` recorded, followed by the remedy, or an empty list."""
    texts = [entry.text for entry in pair.record.history if entry.text.startswith(_WEAK)]
    renewal = csrtui_command(session, "renew", pair.name)
    remedy = f"Do not use this key any longer: {renewal} generates a new one."
    return [*(visible(text.removeprefix(_WEAK)) for text in texts), remedy] if texts else []


def open_key(session: Session, pair: Pair, passphrase: Secret | BatchDecryptor | None = None) -> "PrivateKey":
    """Return the private key of a pair. To open many keys with one passphrase, pass the same decryptor each time.

    Raises:
        InputError: The key is encrypted, and no passphrase was given.
        RefusedError: The passphrase is wrong.
        StoreError: The key is damaged, or its file is not safe.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = session.store.read_key(pair.name)
    damaged = StoreError(
        f"the key of {pair.name} is damaged: {visible(pair.path)}/key.pem",
        "move the pair's folder out of pairs/, then restore it from a backup",
    )
    if not pair.record.key.encrypted:
        with translate_errors(lambda _: damaged):
            return cast("PrivateKey", load_pem_private_key(pem, None))
    if passphrase is None:
        raise InputError(f"the key of {pair.name} has a passphrase", "give the passphrase of the key")
    try:
        decryptor = passphrase if isinstance(passphrase, BatchDecryptor) else BatchDecryptor(passphrase)
        return decryptor.decrypt(pkcs8.to_der(pem))
    except InputError as error:
        raise damaged from error


def generate_passphrase(session: Session) -> Secret:
    """Return a new passphrase of seven words.

    Raises:
        StoreError: The word list is missing.
    """
    return passphrase_quality.generate(
        read_passphrase_words(), session.entropy(passphrase_quality.ENTROPY_BYTES)
    )
