"""Adopt keys made elsewhere, and store each as a complete pair. The original files stay unchanged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import enumeration, excerpt, visible
from csrtui.core.base.finding import FieldName, Finding, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import date_text
from csrtui.core.bundle import prefill
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.csr import Request, proves_possession
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.names.name import all_names
from csrtui.core.pairs.facts import KeyFacts, RequestFacts, find_defect
from csrtui.core.pairs.history import NEW_CSR_SUFFIX
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.pair_name import check_pair_name, pair_name
from csrtui.core.servers.platforms import OTHER
from csrtui.store.keystore import PairFiles
from csrtui.tasks.adopt.match import Candidate, MatchResult
from csrtui.tasks.adopt.search import SearchResult
from csrtui.tasks.import_ import ImportResult, build_import_result
from csrtui.tasks.import_decision import stored_chain
from csrtui.tasks.list import PairsByKey, read_pair
from csrtui.tasks.new import BlockedError, build_csr, check_request, is_blocking
from csrtui.tasks.parallel import Result
from csrtui.tasks.private_keys import refuse_compromised
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name
from csrtui.tasks.session import Session, csrtui_command


class MissingCsr(Enum):
    """The treatment of a key without a CSR."""

    REFUSE = auto()
    FROM_CERTIFICATE = auto()
    """A CSR is made from the certificate, because every pair needs a CSR."""
    FROM_REQUEST = auto()
    """A CSR is made from the request of the `AdoptionSpec`."""


class Protection(Enum):
    """The protection of a key in the store."""

    UNCHANGED = auto()
    """The key keeps its passphrase, if it has one."""
    PLAIN = auto()
    ENCRYPTED = auto()
    """The key is encrypted with its own passphrase, or else with that of the `AdoptionSpec`."""


@dataclass(frozen=True, slots=True)
class AdoptionSpec:
    """The options of an adoption.

    Attributes:
        name: The name of the pair, by default derived from the common name.
        passphrase: The passphrase for a key that is not encrypted yet, if `protection` is `Protection.ENCRYPTED`.
        request: The request for the new CSR, if `missing` is `MissingCsr.FROM_REQUEST`. Its kind of CA and key type come
            from the key.
        force: Whether to override the blocking findings on that request (`csrtui.tasks.new.is_blocking`).
    """

    platform: str = OTHER
    name: str | None = None
    missing: MissingCsr = MissingCsr.REFUSE
    protection: Protection = Protection.UNCHANGED
    passphrase: Secret | None = None
    request: RequestSpec | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class AdoptResult(Result):
    """The result of adopting one key.

    Attributes:
        key_findings: The findings on the key and the CSR, worst first.
        remarks: Further remarks, one sentence each.
        import_result: The result of importing the certificate, or None if there is no certificate.
    """

    key_findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    import_result: ImportResult | None = None

    def as_json(self) -> dict[str, object]:
        """Return the result in the form that commands print as JSON, with the findings on the key first."""
        findings = [(finding.code, finding.level, finding.text) for finding in self.key_findings]
        differences: object = []
        if self.import_result is not None:
            findings += [(flaw.kind.value, flaw.level, flaw.text) for flaw in self.import_result.flaws]
            differences = self.import_result.as_json()["differences"]
        return {
            **Result.as_json(self),
            "differences": differences,
            "findings": [
                {"code": code, "level": level.value, "text": text} for code, level, text in findings
            ],
            "remarks": list(self.remarks),
        }


def obstacle(candidate: Candidate, missing: MissingCsr = MissingCsr.REFUSE) -> str | None:
    """Return the reason why a key cannot be adopted, as a sentence, or None if it can be adopted."""
    if candidate.existing_pair is not None:
        mark = ", marked as compromised: it must not be used again" if candidate.is_compromised else ""
        return f"it is in the keystore already, as {candidate.existing_pair}{mark}"
    if candidate.csr is not None:
        return None
    if not candidate.has_csr_type:
        return f"it has no CSR, and csrtui does not make one for {candidate.key_label}"
    if candidate.certificate is None and missing is not MissingCsr.FROM_REQUEST:
        return (
            "it has no CSR and no certificate: csrtui adopt --key FILE --make-csr --names NAME … makes a CSR"
        )
    if missing is MissingCsr.REFUSE:
        return "it has no CSR; --make-csr makes one from its certificate"
    return None


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """The keys to adopt, and all keys and files that will not be adopted.

    Attributes:
        failures: A failure for each key or file that cannot be adopted.
        skipped: A result for each part that is left out on purpose, such as the key of an ACME account.
    """

    candidates: tuple[Candidate, ...]
    failures: tuple[Result, ...]
    skipped: tuple[Result, ...] = ()


def plan(search: SearchResult, matches: MatchResult, missing: MissingCsr = MissingCsr.REFUSE) -> AdoptionPlan:
    """Return the plan for the results of a search. If the user named files, either all or none of them are adopted."""
    candidates: list[Candidate] = []
    failures = list(matches.failures)
    text = "is a csrtui backup: csrtui restore FILE restores its pair"
    skipped = [Result(ok=True, file=path, text=text) for path in search.backups]
    if search.has_named_files:
        failures += matches.strays
    else:
        skipped += matches.strays
    is_incomplete = search.has_named_files and bool(failures)
    for candidate in matches.candidates:
        path = candidate.file.path
        if candidate.is_acme_account and (candidate.json_path or not search.has_named_files):
            text = "is the key of an ACME account: it belongs to the ACME program, not to a certificate"
            skipped.append(Result(ok=True, file=path, text=text))
            continue
        reason = "another named file cannot be used" if is_incomplete else obstacle(candidate, missing)
        if reason is None:
            candidates.append(candidate)
        else:
            text = f"not adopted: {reason}"
            failures.append(Result(ok=False, pair=candidate.existing_pair, file=path, text=text))
    return AdoptionPlan(tuple(candidates), tuple(failures), tuple(skipped))


def adopt_many(session: Session, candidates: Sequence[Candidate], spec: AdoptionSpec) -> Iterator[Result]:
    """Adopt several keys one after the other, and yield each result. A refused key does not stop the others.

    Raises:
        StoreError: The store cannot be used. Keys that were already adopted stay in it.
    """
    pairs = PairsByKey(session, *(candidate.spki_sha256 for candidate in candidates))
    for candidate in candidates:
        try:
            yield adopt(session, candidate, spec, pairs)
        except StoreError:
            raise
        except CsrtuiError as error:
            path, text = candidate.file.path, f"not adopted: {error.sentence}"
            yield Result(ok=False, pair=candidate.existing_pair, file=path, text=text)


def adopt(
    session: Session, candidate: Candidate, spec: AdoptionSpec, pairs: PairsByKey | None = None
) -> AdoptResult:
    """Create a pair from a key, its CSR and its certificate, and return the result.

    `pairs` finds the pairs that have this key already. If it is None, this function looks them up itself.

    The CSR is stored byte for byte, because the CA may have seen it. The creation time of the pair is the earliest time
    at which the key is known to have existed, so that its age can be checked later.

    Raises:
        BlockedError: A finding on the request or the key blocks a new CSR.
        InputError: The name of the pair is not valid, or there is no CSR and none can be made.
        RefusedError: The key is already in the store, or it cannot sign.
        StoreError: The store cannot be used. Nothing was stored.
    """
    spki = candidate.spki_sha256
    _refuse_existing(session, (pairs or PairsByKey(session, spki)).find(spki))
    omissions: tuple[str, ...] = ()
    csr, title = candidate.csr, candidate.title
    if csr is None and spec.request is not None:
        errors = tuple(finding for finding in candidate.findings if is_blocking(finding, force=spec.force))
        if errors:
            raise BlockedError(errors)
        advice = check_request(session, requested_spec(candidate, spec.request), force=spec.force)
        csr, title = build_csr(advice, candidate.key), pair_name(advice.title)
        others = (finding for finding in advice.findings if finding.field is not FieldName.KEY)
        candidate = replace(candidate, findings=tuple(worst_first([*candidate.findings, *others])))
    elif csr is None:
        csr, omissions = _build_csr(session, candidate, spec.missing)
    base = check_pair_name(spec.name if spec.name is not None else title)
    if not proves_possession(candidate.key, csr):
        raise RefusedError("the key cannot sign: it is damaged", "look for another copy of it")
    chain = None
    if candidate.certificate:
        chain = build_chain(candidate.certificate, candidate.pool, session.clock())
    record = _record(session, candidate, spec, csr, chain)
    files = PairFiles(
        key=_key_pem(session, candidate, spec),
        csr=csrs.to_pem(csr.der),
        record=dump_record(record),
        certificate=to_pem(chain.path) if chain else None,
    )
    name = session.store.add(base, files)
    pair = Pair(name, session.store.pair_path(name), record, has_certificate=chain is not None)
    return _result(session, candidate, pair, chain, omissions)


def requested_spec(candidate: Candidate, request: RequestSpec) -> RequestSpec:
    """Return the request with the key type and the kind of CA of an existing key."""
    return request._replace(ca=candidate.ca, key_type=key_types.type_of(candidate.key.public_key()))


def create_from_key(
    session: Session,
    candidate: Candidate,
    request: RequestSpec,
    *,
    name: str | None = None,
    passphrase: Secret | None = None,
    force: bool = False,
) -> Pair:
    """Create a pair from an existing key and a new request, and return it. The file of the key stays unchanged.

    Args:
        passphrase: The passphrase for encrypting a key that is not encrypted yet, or None.

    Raises:
        BlockedError: A finding on the request or the key blocks it.
        InputError: `name` is not a valid pair name, or csrtui does not make CSRs for keys of this type.
        RefusedError: The key is already in the store, or it cannot sign.
        StoreError: The store cannot be used. Nothing was stored.
    """
    reason = obstacle(candidate, MissingCsr.FROM_REQUEST)
    if reason is not None:
        raise InputError(f"no pair can be made from {visible(candidate.file.path)}: {reason}")
    spec = AdoptionSpec(
        platform=request.platform,
        name=name,
        missing=MissingCsr.FROM_REQUEST,
        protection=Protection.ENCRYPTED if passphrase is not None else Protection.UNCHANGED,
        passphrase=passphrase,
        request=request,
        force=force,
    )
    return read_pair(session, str(adopt(session, candidate, spec).pair))[0]


def _refuse_existing(session: Session, existing: Sequence[Pair]) -> None:
    """Check that no pair has the key. This or another session may have added one since the search.

    Raises:
        RefusedError: The key is already in the store.
    """
    refuse_compromised(session, existing)
    if existing:
        renewal = csrtui_command(session, "renew", existing[0].name, "--same-key")
        raise RefusedError(
            f"the key is in the keystore already: {existing[0].name}",
            f"an existing pair is never overwritten; for a new CSR: {renewal}",
        )


def _build_csr(
    session: Session, candidate: Candidate, missing: MissingCsr
) -> tuple[Request, tuple[str, ...]]:
    """Return a CSR with the names and subject of the certificate, and a sentence for each part that the CSR omits.

    Raises:
        BlockedError: X.509 cannot represent the names or the subject.
        InputError: A CSR cannot be made, or `missing` forbids it.
    """
    reason = obstacle(candidate, missing)
    if reason is not None or candidate.certificate is None:
        raise InputError(str(reason))
    old = prefill.read_prefill(to_pem([candidate.certificate]), candidate.ca)
    spec = RequestSpec.of_prefill(old, candidate.ca)
    advice = require_common_name(advise_on(session, spec))
    impossible = tuple(finding for finding in advice.errors if not finding.forceable)
    if impossible:
        raise BlockedError(impossible)
    return build_csr(advice, candidate.key), (
        *(f"not in the new CSR: {sentence}" for sentence in (*old.omissions, *old.unissued)),
        *(
            f"in the new CSR, because the CA is private: the {prefill.attribute_label(item)} {excerpt(item.value)}"
            for item in old.attributes
        ),
    )


def _record(
    session: Session, candidate: Candidate, spec: AdoptionSpec, csr: Request, chain: Chain | None
) -> PairRecord:
    now = session.clock()
    key_type = key_types.name_of(candidate.key.public_key())
    record = PairRecord(
        created=candidate.in_use_since,
        subject=csr.subject,
        subject_text=csr.subject_text,
        names=all_names(csr.subject.common_name, csr.names),
        ca=candidate.ca,
        platform=spec.platform,
        key=KeyFacts(key_type, _passphrase(candidate, spec) is not None, csr.spki_sha256),
        request=RequestFacts(csr.sha256, csr.signature_hash),
        purpose=csr.purpose,
    )
    origin = f"its CSR from {candidate.csr_file}" if candidate.csr_file else NEW_CSR_SUFFIX
    record = record.with_event(now, f"key adopted from {candidate.file.path}, {origin}", session.user)
    since = date_text(candidate.in_use_since)
    if since != date_text(now):
        is_of_file = candidate.in_use_since == candidate.file.modified
        proof = "its file" if is_of_file else "its first certificate"
        event = f"key in use since at least {since} (the date of {proof})"
        record = record.with_event(now, event, session.user)
    if chain is None:
        return record
    expires = date_text(chain.leaf.validity.not_after)
    status = validate_chain(stored_chain(chain, now), now).text
    event = f"certificate adopted, expires {expires}, from {chain.leaf.issuer_text}; the chain is {status}"
    defect = find_defect(chain.leaf, record.names, record.purpose)
    return record.with_certificate(chain.leaf.validity, now, session.user, event, defect)


def _passphrase(candidate: Candidate, spec: AdoptionSpec) -> Secret | None:
    if spec.protection is Protection.PLAIN:
        return None
    if spec.protection is Protection.ENCRYPTED:
        return candidate.passphrase or spec.passphrase
    return candidate.passphrase


def _key_pem(session: Session, candidate: Candidate, spec: AdoptionSpec) -> bytes:
    passphrase = _passphrase(candidate, spec)
    if passphrase is None:
        return key_types.private_pem(candidate.key)
    return pkcs8.encrypt(candidate.key, passphrase, session.entropy(pkcs8.ENTROPY_BYTES))


def _result(
    session: Session, candidate: Candidate, pair: Pair, chain: Chain | None, omissions: Sequence[str]
) -> AdoptResult:
    parts = [f"{candidate.key_label} key", "CSR" if candidate.csr else "a new CSR"]
    parts += ["certificate"] if chain else []
    path, done = candidate.file.path, "would be adopted" if session.is_dry_run else "adopted"
    result = Result(ok=True, pair=pair.name, file=path, text=f"{done}: {enumeration(parts)}")
    issued = build_import_result(session, pair, candidate.csr, chain, result) if chain else None
    return AdoptResult(
        ok=True,
        text=result.text,
        pair=result.pair,
        file=result.file,
        key_findings=candidate.findings,
        remarks=(
            *omissions,
            *candidate.remarks,
            *(issued.remarks if issued else ()),
            f"{visible(path)} is unchanged; delete it once no server uses it",
        ),
        import_result=issued,
    )
