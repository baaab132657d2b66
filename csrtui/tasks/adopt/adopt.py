"""Bringing keys made elsewhere into the store, each as a whole pair; their own files stay as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Finding
from csrtui.core.base.secret import Secret
from csrtui.core.base.times import utc_text
from csrtui.core.bundle import prefill
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.key_proof import proves
from csrtui.core.certificates.omissions import added_common_name
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.pair import NEW_CSR, KeyFacts, Pair, PairRecord, RequestFacts
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.pair_name import check_pair_name
from csrtui.core.servers.platforms import OTHER
from csrtui.store.keystore import PairFiles
from csrtui.tasks.adopt.candidate import Candidate, names_of
from csrtui.tasks.adopt.matching import Matched
from csrtui.tasks.adopt.search import Found
from csrtui.tasks.batch import Result
from csrtui.tasks.import_ import ImportResult, told
from csrtui.tasks.list import pairs_with_key
from csrtui.tasks.new import BlockedError
from csrtui.tasks.replacement import stored_chain
from csrtui.tasks.request_spec import Asked, advise_on, asked_for
from csrtui.tasks.session import Session


class MissingRequest(Enum):
    """What is done where a key has no CSR."""

    REFUSED = auto()
    MADE = auto()
    """One is made from its certificate: there is never a key without its CSR."""


class Protection(Enum):
    """How the key lies in the store."""

    AS_IT_WAS = auto()
    """Under its passphrase, or without one."""
    PLAIN = auto()
    ENCRYPTED = auto()
    """Under the passphrase of the order, or its own."""


@dataclass(frozen=True, slots=True)
class AdoptionSpec:
    """How keys are adopted.

    Attributes:
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        name: The pair's name; by default it is made from the common name.
        missing: What is done where there is no CSR.
        protection: How the key lies in the store.
        passphrase: What a key comes under that had none, for `Protection.ENCRYPTED`.
    """

    platform: str = OTHER
    name: str | None = None
    missing: MissingRequest = MissingRequest.REFUSED
    protection: Protection = Protection.AS_IT_WAS
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True)
class AdoptResult(Result):
    """What came of one key.

    Attributes:
        quality: What is to be said of key and CSR, worst first.
        remarks: What else there is to say, a sentence each.
        issued: What is to be said of its certificate, as of one that is imported; None without one.
    """

    quality: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    issued: ImportResult | None = None

    def as_json(self) -> dict[str, object]:
        """The result as commands print it; the findings about the key come before those about the certificate."""
        found = [(one.code, one.level, one.text) for one in self.quality]
        differences: object = []
        if self.issued is not None:
            found += [(flaw.kind.value, flaw.level, flaw.text) for flaw in self.issued.flaws]
            differences = self.issued.as_json()["differences"]
        return {
            **Result.as_json(self),
            "differences": differences,
            "findings": [{"code": code, "level": level.value, "text": text} for code, level, text in found],
            "remarks": list(self.remarks),
        }


def obstacle(candidate: Candidate, missing: MissingRequest = MissingRequest.REFUSED) -> str | None:
    """Return why a key cannot be adopted, a sentence, or None: it can."""
    if candidate.known_as is not None:
        return f"it is in the keystore already, as {candidate.known_as}"
    if candidate.asked is not None:
        return None
    if candidate.certificate is None:
        return f"it has no CSR, and no certificate to make one from: {candidate.csr_command}"
    if not candidate.allows_request:
        return f"it has no CSR, and csrtui makes none for {candidate.key_label}"
    if missing is MissingRequest.REFUSED:
        return "it has no CSR; --make-csr makes one from its certificate"
    return None


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """What will be adopted, and what not.

    Attributes:
        taken: What will be adopted.
        refused: A failure for everything else that was found and could be meant.
        passed_over: What belongs to no key that was found: of interest, but no failure.
    """

    taken: tuple[Candidate, ...]
    refused: tuple[Result, ...]
    passed_over: tuple[Result, ...] = ()


def plan(found: Found, matched: Matched, missing: MissingRequest = MissingRequest.REFUSED) -> AdoptionPlan:
    """Return what is to be adopted of what was found; where files were named, all of it or nothing."""
    taken: list[Candidate] = []
    refused = list(matched.failures)
    misfits = bool(found.named and (refused or matched.strays))
    if found.named:
        refused += matched.strays
    passed_over = [] if found.named else list(matched.strays)
    for candidate in matched.candidates:
        if candidate.is_acme_account and (candidate.place or not found.named):
            text = "is the key of an ACME account: it belongs to the ACME program, and to no certificate"
            passed_over.append(Result(ok=True, file=candidate.file.path, text=text))
            continue
        why = "what was named with it cannot be taken" if misfits else obstacle(candidate, missing)
        if why is None:
            taken.append(candidate)
        else:
            file = candidate.file.path
            refused.append(Result(ok=False, pair=candidate.known_as, file=file, text=f"not adopted: {why}"))
    return AdoptionPlan(tuple(taken), tuple(refused), tuple(passed_over))


def adopt_many(
    session: Session,
    candidates: Sequence[Candidate],
    order: AdoptionSpec,
    report: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Adopt several keys, one after the other; one that is refused holds up no other.

    Raises:
        StoreError: The store cannot be used; what was reported before is kept.
    """
    results = []
    for candidate in candidates:
        try:
            result: Result = adopt(session, candidate, order)
        except StoreError:
            raise
        except CsrtuiError as error:
            said = f"{error.what}; {error.hint}" if error.hint else error.what
            result = Result(
                ok=False, pair=candidate.known_as, file=candidate.file.path, text=f"not adopted: {said}"
            )
        results.append(result)
        report(result)
    return results


def adopt(session: Session, candidate: Candidate, order: AdoptionSpec) -> AdoptResult:
    """Make a pair of a key, its CSR and its certificate.

    The CSR is kept octet for octet, since it is what the CA has seen. The pair counts as made when the key can
    first be shown to have been there, so that its age is known later.

    Raises:
        BlockedError: No CSR can be made of what the certificate says.
        InputError: The pair can have no such name, or there is no CSR and none can be made.
        RefusedError: The key is in the store already, or does not sign.
        StoreError: The store cannot be used; nothing was kept.
    """
    base = check_pair_name(order.name if order.name is not None else candidate.title)
    _refuse_known(session, candidate)
    asked, left_out = (
        (candidate.asked, ()) if candidate.asked else _make_request(session, candidate, order.missing)
    )
    if not proves(candidate.key, asked):
        raise RefusedError("the key does not sign: it is damaged", "look for another copy of it")
    chain = (
        build_chain(candidate.certificate, candidate.pool, session.clock()) if candidate.certificate else None
    )
    record = _record(session, candidate, order, asked, chain)
    files = PairFiles(
        key=_key_pem(session, candidate, order),
        request=csr.to_pem(asked.der),
        record=dump_record(record),
        certificate=to_pem(chain.path) if chain else None,
    )
    name = session.store.add(base, files)
    pair = Pair(name, session.store.pair_path(name), record, has_certificate=chain is not None)
    return _answer(session, candidate, pair, chain, left_out)


def _refuse_known(session: Session, candidate: Candidate) -> None:
    """Looked at anew: another key of the same search, or another session, may have brought it in."""
    known = pairs_with_key(session, candidate.spki_sha256)
    if known:
        raise RefusedError(
            f"the key is in the keystore already: {known[0].name}", "a pair is never adopted over another"
        )


def _make_request(
    session: Session, candidate: Candidate, missing: MissingRequest
) -> tuple[Request, tuple[str, ...]]:
    """A CSR with the names and the subject of the certificate, and what of that it does not contain, a sentence each."""
    why = obstacle(candidate, missing)
    if why is not None or candidate.certificate is None:
        raise InputError(str(why))
    said = prefill.read_existing(to_pem([candidate.certificate]), candidate.ca)
    asked = Asked(names=said.names, subject=said.subject, ca=candidate.ca)
    advice = asked_for(advise_on(session, asked))
    impossible = tuple(finding for finding in advice.blocking if not finding.forceable)
    if impossible:
        raise BlockedError(impossible)
    made = csr.read_der(csr.build(advice.subject, advice.covers, candidate.key))
    added = () if candidate.certificate.subject.common_name else (added_common_name(said.names[0]),)
    return made, (*(f"not in the new CSR: {sentence}" for sentence in said.left_out), *added)


def _record(
    session: Session, candidate: Candidate, order: AdoptionSpec, asked: Request, chain: Chain | None
) -> PairRecord:
    now = session.clock()
    record = PairRecord(
        created=candidate.since,
        subject=asked.subject,
        subject_text=asked.subject_text,
        names=names_of(asked),
        ca=candidate.ca,
        platform=order.platform,
        key=KeyFacts(
            key_types.name_of(candidate.key.public_key()),
            _passphrase(candidate, order) is not None,
            asked.spki_sha256,
        ),
        request=RequestFacts(asked.sha256, asked.signature_hash),
    )
    for what in _history(candidate, now_text=utc_text(now)):
        record = record.with_event(now, what, session.user)
    if chain is None:
        return record
    expires = utc_text(chain.leaf.validity.not_after)
    state = validate_chain(stored_chain(chain, now), now).text
    what = f"certificate adopted, expires {expires}, from {chain.leaf.issuer_text}; the chain is {state}"
    return record.marked_issued(chain.leaf.validity, now, session.user, what)


def _history(candidate: Candidate, now_text: str) -> Sequence[str]:
    """What is known of where the key came from, and how it is known since when it has been there."""
    with_csr = f"its CSR from {candidate.asked_file}" if candidate.asked_file else NEW_CSR
    events = [f"key adopted from {candidate.file.path}, {with_csr}"]
    since = utc_text(candidate.since)
    if since != now_text:
        proof = "its file" if candidate.since == candidate.file.modified else "its first certificate"
        events.append(f"key in use since {since} at least, as the date of {proof} says")
    return events


def _passphrase(candidate: Candidate, order: AdoptionSpec) -> Secret | None:
    if order.protection is Protection.PLAIN:
        return None
    if order.protection is Protection.ENCRYPTED:
        return candidate.passphrase or order.passphrase
    return candidate.passphrase


def _key_pem(session: Session, candidate: Candidate, order: AdoptionSpec) -> bytes:
    passphrase = _passphrase(candidate, order)
    if passphrase is None:
        return key_types.private_pem(candidate.key)
    return pkcs8.encrypt(candidate.key, passphrase, session.entropy(pkcs8.ENTROPY_BYTES))


def _answer(
    session: Session, candidate: Candidate, pair: Pair, chain: Chain | None, left_out: Sequence[str]
) -> AdoptResult:
    taken = [f"{candidate.key_label} key", "CSR" if candidate.asked else "a new CSR"]
    taken += ["certificate"] if chain else []
    text = f"adopted: {', '.join(taken[:-1])} and {taken[-1]}"
    result = Result(ok=True, pair=pair.name, file=candidate.file.path, text=text)
    issued = told(session, pair, candidate.asked, chain, result) if chain else None
    stays = f"{visible(candidate.file.path)} stays as it is: once no server uses it, remove it"
    return AdoptResult(
        ok=result.ok,
        text=result.text,
        pair=result.pair,
        file=result.file,
        quality=candidate.findings,
        remarks=(*left_out, *candidate.remarks, *(issued.remarks if issued else ()), stays),
        issued=issued,
    )
