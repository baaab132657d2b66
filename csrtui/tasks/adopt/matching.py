"""Match private keys with their CSRs and certificates by their SPKI fingerprints."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from csrtui.core.advice.key_rules import check_csr, check_key_age
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import CaKind, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import utc_text
from csrtui.core.certificates import csr as csrs
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import Pair
from csrtui.store.key_search import ForeignFile
from csrtui.tasks.adopt.candidate import Candidate
from csrtui.tasks.adopt.search import FoundCertificate, FoundKey, FoundRequest, SearchResult
from csrtui.tasks.batch import Result
from csrtui.tasks.keys import all_key_findings
from csrtui.tasks.list import list_pairs
from csrtui.tasks.session import Session

_FIRST_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""The earliest credible file date. Earlier dates come from archives or from clocks that were never set."""
_WORLD_READABLE = 0o004


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Keys with their CSRs and certificates, and everything else that was found.

    Attributes:
        candidates: Each key once, sorted by name.
        failures: A failure for each key that could not be decrypted, and for each other part that could not be read.
        strays: A failure for each CSR and each server certificate whose key was not found.
    """

    candidates: tuple[Candidate, ...]
    failures: tuple[Result, ...]
    strays: tuple[Result, ...]


def match(
    session: Session, search: SearchResult, passphrase: Secret | None = None, ca: CaKind | None = None
) -> MatchResult:
    """Match each key with its CSR and certificate, and return the result.

    Args:
        session: The session of the store into which the keys will be adopted.
        search: The key material.
        passphrase: The passphrase to try on each encrypted part, or None.
        ca: The kind of CA for all keys. None means a public CA, or a private one for keys that no public CA accepts.

    Raises:
        InputError: The file named as the key does not contain a private key.
        StoreError: The store cannot be used.
    """
    search = search.unlock(passphrase)
    failures = list(search.failures)
    keys = _by_fingerprint(search.keys, passphrase)
    existing_pairs = {pair.record.key.spki_sha256: pair for pair in list_pairs(session).pairs}
    requests = []
    for item in search.requests:
        if csrs.has_valid_signature(item.csr.der):
            requests.append(item)
        else:
            text = "the CSR is not signed by the key it names: it was damaged or changed, and every CA will refuse it"
            failures.append(Result(ok=False, file=item.file.path, text=text))
    material = _Material(requests, search.certificates, existing_pairs, session.clock(), ca)
    candidates = [_candidate(spki, key, material) for spki, key in keys.items()]
    candidates.sort(key=lambda candidate: (candidate.title, candidate.file.path))
    strays = tuple(_strays(set(keys), material))
    if search.has_named_files and not keys and failures:
        strays = ()  # the reason why the key cannot be decrypted is enough
    elif search.has_named_files:
        strays = tuple(replace(stray, text=f"does not match the key: it {stray.text}") for stray in strays)
    return MatchResult(tuple(candidates), tuple(failures), strays)


@dataclass(frozen=True, slots=True)
class _Material:
    """The inputs for matching: CSRs, certificates, existing pairs by fingerprint, the time, the kind of CA."""

    requests: Sequence[FoundRequest]
    certificates: Sequence[FoundCertificate]
    existing_pairs: Mapping[str, Pair]
    now: datetime
    ca: CaKind | None


@dataclass(frozen=True, slots=True)
class _DecryptedKey:
    """A key and the passphrase that it was encrypted with, or None if it was not encrypted."""

    item: FoundKey
    passphrase: Secret | None


def _by_fingerprint(keys: Iterable[FoundKey], passphrase: Secret | None) -> dict[str, _DecryptedKey]:
    """Return each key once, by its fingerprint. If there are several copies, use the first that is not encrypted."""
    by_fingerprint: dict[str, _DecryptedKey] = {}
    for item in sorted(keys, key=lambda item: item.key.is_encrypted):
        spki = key_types.spki_sha256(item.key.key.public_key())
        key = _DecryptedKey(item, passphrase if item.key.is_encrypted else None)
        by_fingerprint.setdefault(spki, key)
    return by_fingerprint


def _candidate(spki: str, key: _DecryptedKey, material: _Material) -> Candidate:
    """Return a key with its newest CSR, its newest certificate and the findings on them."""
    requests = [item for item in material.requests if item.csr.spki_sha256 == spki]
    certificates = [item for item in material.certificates if item.certificate.spki_sha256 == spki]
    request = max(requests, key=lambda item: item.file.modified, default=None)
    newest = max(certificates, key=lambda item: item.certificate.validity.not_before, default=None)
    file, private_key = key.item.file, key.item.key.key
    key_type = key_types.type_of(private_key.public_key())
    ca = material.ca or (CaKind.PUBLIC if key_type is None or key_type.public_ca else CaKind.PRIVATE)
    existing = material.existing_pairs.get(spki)
    in_use_since = _first_proof(file, certificates, material.now)
    findings = [
        *all_key_findings(private_key, ca),
        *(check_csr(request.csr, ca) if request else ()),
        *check_key_age(in_use_since, material.now, ca),
    ]
    return Candidate(
        key=private_key,
        passphrase=key.passphrase,
        file=file,
        json_path=key.item.key.path,
        is_openssh=key.item.key.is_openssh,
        spki_sha256=spki,
        csr=request.csr if request else None,
        csr_file=request.file.path if request else None,
        certificate=newest.certificate if newest else None,
        certificate_file=newest.file if newest else None,
        pool=tuple(item.certificate for item in material.certificates),
        ca=ca,
        findings=tuple(worst_first(findings)),
        remarks=tuple(_remarks(file, requests, certificates)),
        in_use_since=in_use_since,
        existing_pair=existing.name if existing else None,
        is_compromised=existing is not None and existing.record.compromised is not None,
    )


def _first_proof(file: ForeignFile, certificates: Iterable[FoundCertificate], now: datetime) -> datetime:
    """Return the time of the earliest evidence of a key, at most `now`: the date of its file or first certificate."""
    proofs = [item.certificate.validity.not_before for item in certificates]
    if file.modified >= _FIRST_CREDIBLE:
        proofs.append(file.modified)
    return min([now, *proofs])


def _remarks(
    file: ForeignFile, requests: Sequence[FoundRequest], certificates: Sequence[FoundCertificate]
) -> Iterable[str]:
    if file.mode & _WORLD_READABLE:
        yield (
            f"everyone on its machine can read {visible(file.path)} (mode {file.mode:04o}): "
            "others may have a copy of the key"
        )
    csr_count = len({item.csr.der for item in requests})
    if csr_count > 1:
        yield f"{plural(csr_count - 1, 'other CSR')} of the same key stay where they are: the newest is used"
    certificate_count = len({item.certificate.der for item in certificates})
    if certificate_count > 1:
        yield f"{plural(certificate_count - 1, 'older certificate')} of the same key stay where they are"


def _strays(fingerprints: set[str], material: _Material) -> Iterable[Result]:
    reported: set[bytes] = set()
    for item in material.requests:
        csr = item.csr
        if csr.spki_sha256 not in fingerprints and csr.der not in reported:
            reported.add(csr.der)
            subject = visible(csr.subject_text or ", ".join(csr.names[:1]))
            pair = material.existing_pairs.get(csr.spki_sha256)
            yield _stray(item.file.path, f"is the CSR of {subject}", pair)
    for found in material.certificates:
        certificate = found.certificate
        is_matched = certificate.is_ca or certificate.spki_sha256 in fingerprints
        if not is_matched and certificate.der not in reported:
            reported.add(certificate.der)
            expires = utc_text(certificate.validity.not_after)
            text = f"is the certificate of {certificate.display_name}, expires {expires}"
            yield _stray(found.file, text, material.existing_pairs.get(certificate.spki_sha256 or ""))


def _stray(file: str, text: str, pair: Pair | None) -> Result:
    owner = f"of the pair {pair.name} of this keystore" if pair else "whose key is missing"
    return Result(ok=False, file=file, pair=pair.name if pair else None, text=f"{text}, {owner}")
