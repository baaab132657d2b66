"""Renew a certificate with a new pair that is linked to the old one, or with the old CSR after testing its key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csrtui.core.advice.advisor import Advice
from csrtui.core.advice.key_rules import check_csr, check_key_age, check_public_key
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Finding, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import read_certificates
from csrtui.core.bundle.prefill import read_prefill
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.csr import proves_possession
from csrtui.core.keys.key_types import KeyType, label_of_name, type_of
from csrtui.core.keys.pkcs8 import BatchDecryptor
from csrtui.core.names.name import all_names
from csrtui.core.pairs.history import was_issued_for_request
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.pairs.renewal_ways import RenewalChoice, renewal_choices
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.package_data import servers
from csrtui.tasks.list import PairFolder, Pairs, pairs_with_key, read_pair_folder, read_pair_list
from csrtui.tasks.new import ExistingKey, create_pair, is_blocking
from csrtui.tasks.private_keys import open_key, private_key_findings, refuse_compromised
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name
from csrtui.tasks.session import Session, change_record, csrtui_command

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


@dataclass(frozen=True, slots=True)
class Renewal:
    """A pair to renew, and the ways to renew it. The private key has not been opened.

    Attributes:
        spec: A new request, equal to the old one.
        omissions: A sentence for each part of the old CSR that a new one does not contain.
        old_findings: The findings on using the old key and CSR again, worst first.
        choices: The ways to renew, the recommended one first.
    """

    pair: Pair
    csr: csrs.Request
    spec: RequestSpec
    advice: Advice
    omissions: tuple[str, ...]
    old_findings: tuple[Finding, ...]
    choices: tuple[RenewalChoice, ...]


OLD_KEY_PROOF = (
    "The private key exists and matches this CSR.",
    "It can sign: its signature and the CSR's signature are valid.",
    "The names and the subject are those on record.",
)
"""The facts that `prove_old_key` proves."""


def plan_renewal(session: Session, name: str, key_type: KeyType | None = None) -> Renewal:
    """Return the ways to renew a pair. A new pair gets a key of type `key_type`, by default that of the old pair.

    Raises:
        InputError: The pair does not exist.
        StoreError: The pair is damaged, or its permissions are not safe.
    """
    folder = read_pair_folder(session, name)
    record, csr = folder.pair.record, folder.csr
    old = read_prefill(csr.der, record.ca, keep_must_staple=True)
    platform = record.platform if record.platform in PLATFORMS else OTHER
    spec = RequestSpec.of_prefill(old, record.ca, key_type or csr.key_type, platform)
    advice = require_common_name(advise_on(session, spec))
    omissions = list(old.omissions)
    if key_type is None and csr.key_type is None:
        omissions.append(
            f"csrtui does not generate {visible(label_of_name(record.key.type))} keys: the new key is "
            f"{label_of_name(spec.effective_key_type)}."
        )
    findings = (
        *check_public_key(csrs.public_key(csr.der), record.ca),
        *check_csr(csr, record.ca),
        *check_key_age(record.created, session.clock(), record.ca),
    )
    old_findings = tuple(worst_first(findings))
    choices = renewal_choices(record, servers()[platform], advice.findings, old_findings, omissions)
    omissions += [*old.unissued, *_only_in_certificate(folder)]
    return Renewal(folder.pair, csr, spec, advice, tuple(omissions), old_findings, choices)


def _only_in_certificate(folder: PairFolder) -> list[str]:
    """Return a sentence for each part of the certificate that a new request does not contain.

    Return none if the CA issued the certificate for the CSR.
    """
    record = folder.pair.record
    if folder.certificate is None or was_issued_for_request(record.history):
        return []
    try:
        leaf = read_certificates(folder.certificate)[0]
        prefill = read_prefill(leaf.der, record.ca)
    except InputError:
        return []  # csrtui show and csrtui doctor report this
    return [f"in the current certificate: {sentence}" for sentence in (*prefill.omissions, *prefill.unissued)]


def check_renewable(session: Session, pair: Pair, *, force: bool = False) -> None:
    """Check that a pair is in use and has no successor. With `force`, only repair the link to a successor.

    If a crash prevented the link from the old pair to its successor, the link is added.

    Raises:
        RefusedError: The pair is retired or already renewed.
        StoreError: The store cannot be used.
    """
    successor = find_successor(session, pair)
    is_linked = successor is None or pair.record.renewed_by == successor.name
    if successor is not None and not is_linked:
        _link(session, pair.name, successor.name)
    if force:
        return
    if pair.record.stage is Stage.RETIRED and not pair.record.compromised:
        renewal = csrtui_command(session, "renew", pair.name, "--force")
        raise RefusedError(f"{pair.name} is retired", f"{renewal} renews it anyway")
    if successor is not None:
        relation = "is already renewed by" if is_linked else "now records that it is renewed by"
        raise RefusedError(
            f"{pair.name} {relation} {successor.name}",
            f"continue with that pair: {csrtui_command(session, 'show', successor.name)}; or override with --force",
        )


def find_successor(session: Session, pair: Pair) -> Pair | None:
    """Return the pair that replaces `pair`, or None. A retired pair does not count as a replacement.

    Raises:
        StoreError: The store cannot be used.
    """
    name, recorded = pair.name, pair.record.renewed_by
    names = [
        summary.name
        for summary in read_pair_list(session).summaries
        if not summary.is_retired and (summary.renews == name or summary.name == recorded)
    ]
    successors = Pairs(session, names)
    return max(successors, key=lambda other: (other.name == recorded, other.record.created), default=None)


def renew(
    session: Session,
    renewal: Renewal,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    force: bool = False,
) -> Pair:
    """Create a pair to replace another, link both and return the new pair. Options are the same as for `create_pair`.

    Apart from the link, the old pair stays unchanged.

    Raises:
        BlockedError: A finding on the names or the subject blocks the request.
        InputError: `name` is not a valid pair name.
        RefusedError: The old pair is retired or already renewed.
        StoreError: The store cannot be used. If the new pair was stored anyway, the message says so.
    """
    check_renewable(session, renewal.pair, force=force)
    return replace_pair(
        session, renewal.pair.name, renewal.spec, name=name, passphrase=passphrase, force=force
    )


def replace_pair(
    session: Session,
    old: str,
    spec: RequestSpec,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    force: bool = False,
    key: ExistingKey | None = None,
) -> Pair:
    """Create a pair that replaces the pair `old`, for any request, and return it. Options and errors are as for `renew`.

    `key` is the key of the new pair, by default a new one.

    The new pair is stored first, with its link to the old one. A crash after that leaves two working pairs, and
    `find_successor` finds the new one.
    """
    pair = create_pair(session, spec, name=name, passphrase=passphrase, force=force, renews=old, key=key)
    if pair.name == old:  # the old pair has since been removed, and its name was free
        return pair
    try:
        _link(session, old, pair.name)
    except NotConfirmedError as error:
        raise NotConfirmedError(pair.name) from error
    except StoreError as error:
        raise StoreError(
            f"{pair.name} is stored, but not noted in the record of {old}: {error.message}", error.hint
        ) from error
    return pair


def prove_old_key(
    session: Session,
    renewal: Renewal,
    passphrase: Secret | BatchDecryptor | None = None,
    *,
    force: bool = False,
) -> "tuple[PrivateKey, tuple[Finding, ...]]":
    """Check that the old CSR can be used again, and return its key with the weaknesses that only the key reveals.

    The key must exist, match the CSR, be able to sign, and be strong enough. The returned weaknesses are warnings, or
    errors that `force` overrides. `Renewal.old_findings` contains those that the CSR reveals.

    Raises:
        InputError: The key is encrypted, and no passphrase was given.
        RefusedError: A check failed, or a finding blocks the request.
        StoreError: The key is missing or damaged, or its permissions are not safe.
    """
    record, csr, name = renewal.pair.record, renewal.csr, renewal.pair.name
    remedy = f"renew with a new pair: {csrtui_command(session, 'renew', name)}"
    # In an adopted CSR, the common name may come after other names, or be only in the subject.
    names = {csr.names, all_names(csr.subject.common_name, csr.names), (csr.subject.common_name,)}
    if record.names not in names or record.subject_text != csr.subject_text:
        raise RefusedError(
            f"the names or the subject in the CSR of {name} differ from those on record", remedy
        )
    refuse_compromised(session, pairs_with_key(session, csr.spki_sha256))
    key = open_key(session, renewal.pair, passphrase)
    if not proves_possession(key, csr):
        raise RefusedError(
            f"the key of {name} is not the key of its CSR: a certificate for this CSR would be useless",
            remedy,
        )
    if not csrs.has_valid_signature(csr.der):
        raise RefusedError(f"the CSR of {name} has an invalid signature, so no CA will accept it", remedy)
    findings = private_key_findings(key, record.ca)
    for finding in (*renewal.old_findings, *findings):
        if is_blocking(finding, force=force):
            raise RefusedError(finding.text, f"{remedy}; or override with --force")
    return key, findings


def without_must_staple(session: Session, renewal: Renewal) -> Renewal:
    """Return a renewal whose new CSR does not request must-staple."""
    return _with_spec(session, renewal, renewal.spec._replace(must_staple=False))


def with_names(session: Session, renewal: Renewal, names: Sequence[str]) -> Renewal:
    """Return a renewal for other names. The first is the common name, unless the old request had none."""
    return _with_spec(session, renewal, renewal.spec._replace(names=tuple(names)))


def _with_spec(session: Session, renewal: Renewal, spec: RequestSpec) -> Renewal:
    return replace(renewal, spec=spec, advice=require_common_name(advise_on(session, spec)))


def renew_with_same_key(
    session: Session,
    renewal: Renewal,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    force: bool = False,
) -> tuple[Pair, tuple[Finding, ...]]:
    """Create a pair with the old key and a new CSR, link both pairs, and return the new pair and its key's weaknesses.

    The new copy of the key is encrypted with the same passphrase as the old one, if any.

    Args:
        renewal: The renewal, with the names of the new CSR (`with_names`).

    Raises:
        BlockedError: A finding on the names or the subject blocks the request.
        InputError: The key is encrypted, and no passphrase was given, or `name` is not a valid pair name.
        RefusedError: A check of the key failed, or the old pair is retired or already renewed.
        StoreError: The store cannot be used. If the new pair was stored anyway, the message says so.
    """
    check_renewable(session, renewal.pair, force=force)
    key, findings = prove_old_key(session, renewal, passphrase, force=force)
    spec = renewal.spec._replace(key_type=type_of(key.public_key()))
    if spec.key_type is None:
        raise InputError(
            f"csrtui makes no CSR for {visible(label_of_name(renewal.pair.record.key.type))} keys",
            f"renew with a new pair: {csrtui_command(session, 'renew', renewal.pair.name)}",
        )
    existing = ExistingKey(key, renewal.pair.record.created)
    is_encrypted = renewal.pair.record.key.encrypted
    pair = replace_pair(
        session,
        renewal.pair.name,
        spec,
        name=name,
        passphrase=passphrase if is_encrypted else None,
        force=force,
        key=existing,
    )
    return pair, findings


def reuse_csr(session: Session, renewal: Renewal) -> Pair:
    """Record that the old CSR is used again, and return the changed pair, which then waits for the next certificate.

    Call `prove_old_key` first.

    Raises:
        StoreError: The record cannot be changed.
    """

    def update(record: PairRecord) -> PairRecord:
        return record.with_reused_csr(
            session.clock(), session.user, "the old CSR handed out again for a renewal"
        )

    record = change_record(session, renewal.pair.name, update)
    return renewal.pair._replace(record=record._replace(renewal=renewal.pair.record.renewal))


def _link(session: Session, old: str, new: str) -> None:
    """Record in the old pair that the new one replaces it, if the old pair still exists.

    Raises:
        StoreError: The record of the old pair cannot be changed.
    """

    def update(record: PairRecord) -> PairRecord:
        if record.renewed_by == new:
            return record
        return record.with_successor(new, session.clock(), session.user)

    try:
        change_record(session, old, update)
    except InputError:
        return  # the old pair has since been removed
