"""Renewing a certificate: with a new pair tied to the old one, or with the old CSR once it is proved fit."""

from dataclasses import dataclass

from csrtui.core.advice.advisor import Advice
from csrtui.core.advice.key_rules import key_age, key_quality, request_quality
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Finding, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import read_certificates
from csrtui.core.bundle.prefill import read_existing
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.key_proof import proves
from csrtui.core.certificates.omissions import added_common_name
from csrtui.core.keys.batch_encryption import Opener
from csrtui.core.keys.key_types import KeyType, label_of_name
from csrtui.core.pairs.pair import Pair, PairRecord, Stage, was_issued_for_request
from csrtui.core.pairs.renewal_policy import RenewalChoice, choices
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.adopt.candidate import names_of
from csrtui.tasks.key_quality import private_key_findings
from csrtui.tasks.list import list_pairs, read_pair
from csrtui.tasks.new import Blocking, create_pair, stops
from csrtui.tasks.passphrase import open_key
from csrtui.tasks.request_spec import Asked, advise_on, asked_for
from csrtui.tasks.session import Session, change_record


@dataclass(frozen=True, slots=True)
class Renewal:
    """A pair that is to be renewed, looked at from both sides; no key was opened for it.

    Attributes:
        pair: The pair.
        request: Its CSR, decoded from the file.
        asked: What a new request asks for: the same as the old one.
        advice: The advice on that as of today.
        left_out: What of the old CSR a new one does not hold, a sentence each.
        about_old: What is to be said of using key and CSR once more, worst first.
        choices: Both ways, the better one first.
    """

    pair: Pair
    request: request.Request
    asked: Asked
    advice: Advice
    left_out: tuple[str, ...]
    about_old: tuple[Finding, ...]
    choices: tuple[RenewalChoice, RenewalChoice]


@dataclass(frozen=True, slots=True)
class OldKeyProof:
    """What `prove_old` established about the old key.

    Attributes:
        sentences: What was proved, a sentence each.
        findings: Weaknesses that only the private key shows; `Renewal.about_old` has the others.
    """

    sentences: tuple[str, ...]
    findings: tuple[Finding, ...]


def consider(session: Session, name: str, key_type: KeyType | None = None) -> Renewal:
    """Look at a pair from both sides before it is renewed.

    Args:
        session: Whose store.
        name: The pair.
        key_type: Of the key that a new pair gets; None for the type of the old one.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    pair, old = read_pair(session, name)
    record = pair.record
    found = read_existing(old.der, record.ca)
    platform = record.platform if record.platform in PLATFORMS else OTHER
    known = KeyType(record.key.type) if record.key.type in tuple(KeyType) else None
    asked = Asked(found.names, found.subject, record.ca, platform, key_type or known)
    advice = asked_for(advise_on(session, asked))
    left_out = list(found.left_out)
    if key_type is None and known is None:
        left_out.append(
            f"csrtui makes no {visible(label_of_name(record.key.type))} keys: the new one is "
            f"{label_of_name(asked.effective_key_type)}."
        )
    about_old = _about_old(session, record, old)
    ways = choices(record, advice.findings, about_old, left_out)
    left_out += _only_in_certificate(session, pair)
    if old.subject.common_name is None and found.names:
        left_out.append(added_common_name(found.names[0]))
    return Renewal(pair, old, asked, advice, tuple(left_out), about_old, ways)


def _only_in_certificate(session: Session, pair: Pair) -> list[str]:
    """What the certificate contains and a new request does not ask for, where the CA never saw the CSR."""
    if not pair.has_certificate or was_issued_for_request(pair.record):
        return []
    try:
        leaf = read_certificates(session.store.read(pair.name).certificate or b"")[0]
        found = read_existing(leaf.der, pair.record.ca)
    except InputError:
        return []  # csrtui show and csrtui doctor say what is wrong with it
    sentences = [f"in the present certificate: {sentence}" for sentence in found.left_out]
    if leaf.subject.common_name is None and found.names:
        sentences.append(added_common_name(found.names[0]))
    return sentences


def check_renewable(session: Session, pair: Pair, blocking: Blocking = Blocking.STOPS) -> None:
    """See that a pair is in use and that no other one takes its place already.

    A pair that was made to renew it is found even where a crash left the old one not knowing of it; then
    that is put right here.

    Args:
        session: Whose store.
        pair: Which.
        blocking: Whether it may be renewed nevertheless.

    Raises:
        RefusedError: It is retired, or renewed already.
        StoreError: The store cannot be used.
    """
    successor = successor_of(session, pair)
    if successor is not None and pair.record.renewed_by != successor.name:
        _tie(session, pair.name, successor.name)
    if blocking is Blocking.OVERRULED:
        return
    if pair.record.stage is Stage.RETIRED:
        raise RefusedError(
            f"{pair.name} is retired", f"csrtui renew {pair.name} --force renews it all the same"
        )
    if successor is not None:
        raise RefusedError(
            f"{pair.name} is renewed already, by {successor.name}",
            f"go on with that: csrtui show {successor.name}; or insist with --force",
        )


def successor_of(session: Session, pair: Pair) -> Pair | None:
    """Return the pair that takes the place of another, or None; one that is retired or gone does not.

    Raises:
        StoreError: The store cannot be used.
    """
    pairs = (one for one in list_pairs(session).pairs if one.record.stage is not Stage.RETIRED)
    found = [one for one in pairs if one.record.renews == pair.name or one.name == pair.record.renewed_by]
    return max(found, key=lambda one: (one.name == pair.record.renewed_by, one.record.created), default=None)


def renew(
    session: Session,
    renewal: Renewal,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    blocking: Blocking = Blocking.STOPS,
) -> Pair:
    """Make a pair that takes the place of another one, which stays as it is and learns of it.

    Args:
        session: Whose store.
        renewal: From `consider`.
        name: The new pair's name; by default made from the common name.
        passphrase: What the new key is encrypted under; None leaves it plain.
        blocking: Whether what could be overruled is.

    Raises:
        BlockedError: A finding about names or subject stands in the way.
        InputError: `name` cannot be a pair's name.
        RefusedError: The pair is retired, or renewed already.
        StoreError: The store cannot be used. Where the new pair is kept by then, the error says so.
    """
    check_renewable(session, renewal.pair, blocking)
    return replace_pair(
        session, renewal.pair.name, renewal.asked, name=name, passphrase=passphrase, blocking=blocking
    )


def replace_pair(
    session: Session,
    old: str,
    asked: Asked,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    blocking: Blocking = Blocking.STOPS,
) -> Pair:
    """Make a pair that takes the place of another one, whatever it asks for; as `renew`.

    The new pair is made whole first, with the tie in it: a crash after that leaves two pairs that work, and
    whoever looks for the successor finds it.
    """
    made = create_pair(session, asked, name=name, passphrase=passphrase, blocking=blocking, renews=old)
    if made.name != old:  # or the old one was moved away meanwhile, and its name was free
        try:
            _tie(session, old, made.name)
        except NotConfirmedError as error:
            raise NotConfirmedError(made.name) from error
        except StoreError as error:
            raise StoreError(
                f"{made.name} is kept, but not noted in the record of {old}: {error.what}", error.hint
            ) from error
    return made


def prove_old(
    session: Session,
    renewal: Renewal,
    passphrase: Secret | Opener | None = None,
    blocking: Blocking = Blocking.STOPS,
) -> OldKeyProof:
    """Prove that the old CSR can be used once more: its key is there, fits, can sign, and is good enough.

    Args:
        session: Whose store.
        renewal: From `consider`.
        passphrase: Of the key, where it is under one.
        blocking: Whether findings that a CA could overlook are overruled.

    Returns:
        What was proved, and the weaknesses that were overruled or that only warn.

    Raises:
        InputError: The key is under a passphrase and none is given.
        RefusedError: A proof failed, or a finding stands in the way; the error says which.
        StoreError: The key is missing, damaged or not safe.
    """
    record, old = renewal.pair.record, renewal.request
    name = renewal.pair.name
    instead = f"renew with a new pair: csrtui renew {name}"
    # An adopted CSR may have its common name behind others, or nowhere but in the subject.
    if record.names not in {old.names, names_of(old)} or record.subject_text != old.subject_text:
        raise RefusedError(f"the CSR of {name} does not ask for the names and the subject on record", instead)
    key = open_key(session, renewal.pair, passphrase)
    if not proves(key, old):
        raise RefusedError(
            f"the key of {name} is not the key of its CSR: a certificate for this CSR would work nowhere",
            instead,
        )
    if not request.signature_holds(old.der):
        raise RefusedError(f"the signature of the CSR of {name} does not hold: no CA takes it", instead)
    findings = private_key_findings(key, record.ca)
    refused = next((finding for finding in (*renewal.about_old, *findings) if stops(finding, blocking)), None)
    if refused is not None:
        raise RefusedError(refused.text, f"{instead}; or insist with --force")
    return OldKeyProof(
        (
            "The private key is there, and it is the one that made this CSR.",
            "It signs, and what it signs holds, as the CSR's own signature does.",
            "The names and the subject are those on record.",
        ),
        findings,
    )


def reuse(session: Session, renewal: Renewal) -> tuple[Pair, bytes]:
    """Note that the old CSR goes out once more, after `prove_old`; return the pair and the CSR in PEM.

    A pair with a certificate waits for the next one from now on.

    Raises:
        StoreError: The record cannot be changed.
    """

    def reused(record: PairRecord) -> PairRecord:
        return record.marked_reused(session.clock(), session.user, "the old CSR handed out again, to renew")

    record = change_record(session, renewal.pair.name, reused)
    return renewal.pair._replace(record=record), request.to_pem(renewal.request.der)


def _about_old(session: Session, record: PairRecord, old: request.Request) -> tuple[Finding, ...]:
    found = (
        *key_quality(request.public_key(old.der), record.ca),
        *request_quality(old, record.ca),
        *key_age(record.created, session.clock(), record.ca),
    )
    return tuple(worst_first(found))


def _tie(session: Session, old: str, new: str) -> None:
    """Let the old pair know which one takes its place.

    Raises:
        InputError: The old pair is gone.
        StoreError: Its record cannot be changed.
    """

    def tied(record: PairRecord) -> PairRecord:
        return (
            record if record.renewed_by == new else record.marked_renewed(new, session.clock(), session.user)
        )

    try:
        change_record(session, old, tied)
    except InputError:
        return  # somebody moved it away meanwhile: there is nothing to be told
