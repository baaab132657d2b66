"""Match the keys to adopt with their CSRs and certificates by SPKI, and describe each key that can become a pair."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from csrtui.core.advice.key_rules import NO_ALTERNATIVE_NAMES, check_csr, check_key_age
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import CaKind, Finding, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import date_text
from csrtui.core.bundle import BundleKey, KeyMaterial
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import Certificate, load
from csrtui.core.certificates.csr import Request
from csrtui.core.certificates.extensions import has_public_policy
from csrtui.core.keys import key_types
from csrtui.core.names.name import all_names, without_prefix
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_name import pair_name
from csrtui.store.foreign_files import ForeignFile
from csrtui.tasks.adopt.search import SearchResult, Source
from csrtui.tasks.list import pairs_with_key
from csrtui.tasks.parallel import Result
from csrtui.tasks.private_keys import all_key_findings, usual_ca
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

_PUBLIC_POLICY_SINCE = datetime(2020, 9, 30, tzinfo=UTC)
_PRIVATE_ISSUER = (
    "the pair is for a private CA, because its certificate lacks the policy that public CAs write (--ca public "
    "changes that)"
)
_FIRST_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""The earliest credible file date. Earlier dates come from archives or from clocks that were never set."""
_WORLD_READABLE = 0o004
_ACCOUNT = re.compile(
    r"/accounts/.*/keys/[^/]+\.key$"  # lego
    r"|/acme/.*/users/[^/]+/[^/]+\.key$"  # Caddy
    r"|/account(?:[_-]?key)?\.(?:key|pem)$"  # acme.sh, dehydrated, and others
    r"|(?:^|\.)Account\.PrivateKey$"  # Traefik
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A private key that can become a pair.

    Attributes:
        passphrase: The passphrase of the key in the file, or None if the key is not encrypted there.
        json_path: The position of the key in a JSON document, or an empty string if the file is not JSON.
        csr: The newest CSR for the key, or None.
        certificate: The newest certificate for the key, or None. A CA-issued one is preferred to a self-signed one.
        pool: All certificates in the files. The chain is built from them.
        findings: The findings on key and CSR, worst first.
        remarks: Further remarks, one sentence each. Untrusted text in them is escaped.
        in_use_since: The earliest time at which the key is known to have existed.
        existing_pair: The name of the pair that has this key already, or None.
    """

    key: "PrivateKey" = field(repr=False)
    passphrase: Secret | None
    file: ForeignFile
    json_path: str
    spki_sha256: str
    csr: Request | None
    csr_file: str | None
    certificate: Certificate | None
    certificate_file: str | None
    pool: tuple[Certificate, ...]
    ca: CaKind
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    in_use_since: datetime
    existing_pair: str | None
    is_compromised: bool = False

    @property
    def key_label(self) -> str:
        """The usual name of the key type: ``RSA 2048``."""
        return key_types.label_of(self.key.public_key())

    @property
    def is_acme_account(self) -> bool:
        """Whether this is the key of an ACME account (RFC 8555, 7.3), judging by the paths that ACME programs use."""
        if self.csr is not None or self.certificate is not None:
            return False
        return _ACCOUNT.search(self.json_path or self.file.path) is not None

    @property
    def has_csr_type(self) -> bool:
        """Whether csrtui makes CSRs for keys of this type."""
        return key_types.type_of(self.key.public_key()) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the CSR, or else in the certificate, with the common name first."""
        source = self.csr or self.certificate
        return all_names(source.subject.common_name, source.names) if source else ()

    @property
    def title(self) -> str:
        """The default name of the pair, derived from the names, or else from the file name of the key."""
        source = self.csr or self.certificate
        common_name = (source.subject.common_name or "") if source else ""
        for text in (*self.names, common_name, self.file.path.rpartition("/")[2]):
            try:
                return pair_name(without_prefix(text))
            except InputError:
                continue
        return "pair"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Keys with their CSRs and certificates, and everything else in the files.

    Attributes:
        candidates: Each key once, sorted by name.
        failures: A failure for each key that could not be decrypted, and for each other part that could not be read.
        strays: A failure for each CSR and server certificate without its key.
        backups: The paths of csrtui's own backups, which were left out.
    """

    candidates: tuple[Candidate, ...]
    failures: tuple[Result, ...]
    strays: tuple[Result, ...]
    backups: tuple[str, ...] = ()


def match(
    session: Session, search: SearchResult, passphrase: Secret | None = None, ca: CaKind | None = None
) -> MatchResult:
    """Match each key with its CSR and certificate, and return the result.

    Args:
        session: The session of the store into which the keys will be adopted.
        ca: The kind of CA for all keys. None means a private CA for keys that no public CA accepts or whose certificate
            is from a private CA, and a public CA for all others.

    Raises:
        InputError: The file named as the key does not contain a private key.
        StoreError: The store cannot be used.
    """
    search = search.unlock(passphrase)
    named_sources = search.sources if search.has_named_files else ()
    search = _with_companions(search)
    failures = list(search.failures)
    requests = []
    for source in search.sources:
        for csr in source.material.requests:
            if csrs.has_valid_signature(csr.der):
                requests.append(_Located(source.file, csr))
            else:
                text = "the CSR is not signed by the key it names: it was damaged or changed, and every CA will refuse it"
                failures.append(Result(ok=False, file=source.file.path, text=text))
    keys = _by_fingerprint(search.sources)
    certificates = [
        _Located(source.file, item) for source in search.sources for item in source.material.certificates
    ]
    fingerprints = {
        *keys,
        *(csr.spki_sha256 for _, csr in requests),
        *(item.spki_sha256 for _, item in certificates),
    }
    material = _Material(
        keys=keys,
        requests=requests,
        certificates=certificates,
        existing_pairs={
            pair.record.key.spki_sha256: pair for pair in pairs_with_key(session, *filter(None, fingerprints))
        },
        now=session.clock(),
        ca=ca,
        passphrase=passphrase,
    )
    candidates = [_candidate(spki, material) for spki in material.keys]
    candidates.sort(key=lambda candidate: (candidate.title, candidate.file.path))
    strays = tuple(_strays(material))
    if search.has_named_files and not candidates and failures:
        strays = ()  # the reason why the key cannot be decrypted is enough
    elif search.has_named_files:
        strays = tuple(replace(stray, text=f"does not match the key: it {stray.text}") for stray in strays)
    if candidates and not any(candidate.certificate for candidate in candidates):
        other_sources = (source for source in named_sources if source.file.path != search.key_file)
        strays += tuple(_lone_authorities(other_sources))
    return MatchResult(tuple(candidates), tuple(failures), strays, search.backups)


def _with_companions(search: SearchResult) -> SearchResult:
    """Add the CSRs and certificates of the companions that match a key, and return the result.

    All CA certificates of the companions are added too.
    """
    fingerprints = _by_fingerprint(search.sources).keys()
    matching = []
    for file, material in search.companions:
        requests = tuple(
            csr
            for csr in material.requests
            if csr.spki_sha256 in fingerprints and csrs.has_valid_signature(csr.der)
        )
        certificates = tuple(
            certificate
            for certificate in material.certificates
            if certificate.is_ca or certificate.spki_sha256 in fingerprints
        )
        matching.append(Source(file, KeyMaterial(requests=requests, certificates=certificates)))
    return replace(search, sources=(*search.sources, *matching), companions=())


_Item = TypeVar("_Item")


class _Located(NamedTuple, Generic[_Item]):
    """A key, CSR or certificate and its file."""

    file: ForeignFile
    item: _Item


class _Material(NamedTuple):
    """The inputs for matching."""

    keys: Mapping[str, _Located[BundleKey]]
    """Each key once, by its SPKI fingerprint. Of several copies, the first unencrypted one is used."""
    requests: Sequence[_Located[Request]]
    certificates: Sequence[_Located[Certificate]]
    existing_pairs: Mapping[str, Pair]
    """The pairs of the store by the fingerprint of their key."""
    now: datetime
    ca: CaKind | None
    passphrase: Secret | None


def _by_fingerprint(sources: Iterable[Source]) -> dict[str, _Located[BundleKey]]:
    keys = [_Located(source.file, key) for source in sources for key in source.material.keys]
    by_fingerprint: dict[str, _Located[BundleKey]] = {}
    for key in sorted(keys, key=lambda key: key.item.is_encrypted):
        by_fingerprint.setdefault(key_types.spki_sha256(key.item.key.public_key()), key)
    return by_fingerprint


def _candidate(spki: str, material: _Material) -> Candidate:
    """Return a key with its newest CSR, its newest certificate and the findings on them."""
    file, key = material.keys[spki]
    requests = [located for located in material.requests if located.item.spki_sha256 == spki]
    certificates = [located for located in material.certificates if located.item.spki_sha256 == spki]
    request = max(requests, key=lambda located: located.file.modified, default=None)
    newest = max(certificates, key=lambda located: _preference(located.item, material.now), default=None)
    usual = usual_ca(key.key.public_key())
    has_private_issuer = (
        material.ca is None
        and usual is CaKind.PUBLIC
        and newest is not None
        and _is_from_private_ca(newest.item)
    )
    ca = material.ca or (CaKind.PRIVATE if has_private_issuer else usual)
    existing = material.existing_pairs.get(spki)
    in_use_since = _first_proof(file, certificates, material.now)
    csr_findings = check_csr(request.item, ca) if request else ()
    findings = [
        *all_key_findings(key.key, ca),
        *(finding for finding in csr_findings if newest is None or finding.code != NO_ALTERNATIVE_NAMES),
        *check_key_age(in_use_since, material.now, ca),
    ]
    return Candidate(
        key=key.key,
        passphrase=material.passphrase if key.is_encrypted else None,
        file=file,
        json_path=key.path,
        spki_sha256=spki,
        csr=request.item if request else None,
        csr_file=request.file.path if request else None,
        certificate=newest.item if newest else None,
        certificate_file=newest.file.path if newest else None,
        pool=tuple(located.item for located in material.certificates),
        ca=ca,
        findings=tuple(worst_first(findings)),
        remarks=(
            *_remarks(file, requests, certificates),
            *([_PRIVATE_ISSUER] if has_private_issuer else []),
        ),
        in_use_since=in_use_since,
        existing_pair=existing.name if existing else None,
        is_compromised=existing is not None and existing.record.compromised is not None,
    )


def _is_from_private_ca(certificate: Certificate) -> bool:
    """Return whether a private CA issued a certificate. A self-signed certificate says nothing about the CA."""
    is_recent = certificate.validity.not_before >= _PUBLIC_POLICY_SINCE
    return (
        is_recent and not certificate.is_self_issued and not has_public_policy(load(certificate).extensions)
    )


def _preference(certificate: Certificate, now: datetime) -> tuple[bool, bool, datetime, datetime]:
    """Return a sort key by which the preferred certificate is the greatest: unexpired, then CA-issued, then newest."""
    validity = certificate.validity
    is_valid = now <= validity.not_after
    return is_valid, not certificate.is_self_issued, validity.not_before, validity.not_after


def _first_proof(file: ForeignFile, certificates: Iterable[_Located[Certificate]], now: datetime) -> datetime:
    """Return the earliest time at which a key is known to have existed: the date of its file or first certificate, or now."""
    proofs = [located.item.validity.not_before for located in certificates]
    if file.modified >= _FIRST_CREDIBLE:
        proofs.append(file.modified)
    return min([now, *proofs])


def _remarks(
    file: ForeignFile, requests: Sequence[_Located[Request]], certificates: Sequence[_Located[Certificate]]
) -> Iterable[str]:
    if file.mode & _WORLD_READABLE:
        yield (
            f"everyone on its machine can read {visible(file.path)} (mode {file.mode:04o}): "
            "others may have a copy of the key"
        )
    csr_count = len({located.item.der for located in requests})
    if csr_count > 1:
        yield _not_used(csr_count - 1, "older CSR")
    certificate_count = len({located.item.der for located in certificates})
    if certificate_count > 1:
        yield _not_used(certificate_count - 1, "other certificate")


def _not_used(count: int, noun: str) -> str:
    return f"{plural(count, noun)} for the same key {'is' if count == 1 else 'are'} not used"


def _strays(material: _Material) -> Iterable[Result]:
    reported: set[bytes] = set()
    for file, csr in material.requests:
        if csr.spki_sha256 not in material.keys and csr.der not in reported:
            reported.add(csr.der)
            subject = visible(csr.subject_text or ", ".join(csr.names[:1]))
            pair = material.existing_pairs.get(csr.spki_sha256)
            yield _stray(file.path, f"is the CSR of {subject}", pair)
    for file, certificate in material.certificates:
        is_matched = certificate.is_ca or certificate.spki_sha256 in material.keys
        if not is_matched and certificate.der not in reported:
            reported.add(certificate.der)
            expires = date_text(certificate.validity.not_after)
            text = f"is the certificate of {certificate.display_name}, expires {expires}"
            yield _stray(file.path, text, material.existing_pairs.get(certificate.spki_sha256 or ""))


def _lone_authorities(sources: Iterable[Source]) -> Iterator[Result]:
    """Yield a failure for each file that contains CA certificates but no certificate that they could belong to."""
    for file, material in sources:
        certificates = material.certificates
        if certificates and all(certificate.is_ca for certificate in certificates):
            authorities = f"{plural(len(certificates), 'CA certificate')} ({certificates[0].display_name})"
            text = f"contains no certificate for the key, only {authorities}: add the certificate, or leave --cert out"
            yield Result(ok=False, file=file.path, text=text)


def _stray(file: str, text: str, pair: Pair | None) -> Result:
    owner = f"of the pair {pair.name} of this keystore" if pair else "whose key is missing"
    return Result(ok=False, file=file, pair=pair.name if pair else None, text=f"{text}, {owner}")


def candidate_facts(candidate: Candidate) -> list[tuple[str, str]]:
    """Return a label and an escaped text for each file of a candidate."""
    protection = ", with a passphrase" if candidate.passphrase is not None else ""
    can_make_csr = candidate.certificate is not None and candidate.has_csr_type
    without_csr = "none: one can be made from the certificate" if can_make_csr else "none"
    facts = [
        ("key", f"{visible(candidate.file.path)}  {candidate.key_label}{protection}"),
        ("CSR", visible(candidate.csr_file) if candidate.csr_file is not None else without_csr),
    ]
    if candidate.certificate is not None:
        expires = date_text(candidate.certificate.validity.not_after)
        facts.append(("certificate", f"{visible(candidate.certificate_file or '')}  expires {expires}"))
    return facts


def candidate_lines(candidate: Candidate) -> Iterator[str]:
    """Yield the lines that describe a candidate: its title and names, its files and its findings."""
    names = [visible(name) for name in candidate.names]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as many as fit on a line
    yield f"{candidate.title}  {', '.join(names[:3])}{more}".rstrip()
    for label, text in candidate_facts(candidate):
        yield f"  {label:<11}  {text}"
    for finding in candidate.findings:
        yield f"  {finding.level.value}: {finding.text}"
