"""Putting together what belongs together: a private key, its CSR and its certificate, by the SPKI fingerprint."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from csrtui.core.advice.key_rules import key_age, request_quality
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import CaKind, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.base.times import utc_text
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.keys import key_types
from csrtui.store.key_search import ForeignFile
from csrtui.tasks.adopt.candidate import Candidate
from csrtui.tasks.adopt.search import Found, FoundCertificate, FoundKey, FoundRequest
from csrtui.tasks.batch import Result
from csrtui.tasks.key_quality import all_key_findings
from csrtui.tasks.list import list_pairs
from csrtui.tasks.session import Session

_FIRST_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""File dates before it are those of archives and clocks that were never set."""
_ALL_READ = 0o004


@dataclass(frozen=True, slots=True)
class Matched:
    """What was put together.

    Attributes:
        candidates: Each key once, by name.
        failures: A failure for each key that could not be opened, and for what else could not be read.
        strays: A failure for each CSR and each server's certificate that belongs to no key that was found.
    """

    candidates: tuple[Candidate, ...]
    failures: tuple[Result, ...]
    strays: tuple[Result, ...]


def match(
    session: Session, found: Found, passphrase: Secret | None = None, ca: CaKind | None = None
) -> Matched:
    """Put each key together with its CSR and certificate.

    Args:
        session: Whose store they are to come into.
        found: What was found.
        passphrase: Tried on whatever needs one; None leaves that closed.
        ca: The kind of CA all are for; None: private for keys that no public CA takes, else public.

    Raises:
        InputError: There is no private key in the file that was named for one.
        StoreError: The store cannot be used.
    """
    found = found.opened(passphrase)
    failures = list(found.faults)
    opened = _by_fingerprint(found.keys, passphrase)
    certs = found.certificates
    known = {pair.record.key.spki_sha256: pair.name for pair in list_pairs(session).pairs}
    requests = [one for one in found.requests if _is_signed(one, failures)]
    pile = _Pile(requests, certs, known, session.clock(), ca)
    candidates = [_candidate(spki, one, pile) for spki, one in opened.items()]
    in_order = sorted(candidates, key=lambda one: (one.title, one.file.path))
    strays = tuple(_strays(set(opened), pile))
    if found.named and not opened and failures:
        strays = ()  # why the key cannot be opened is all there is to say
    elif found.named:
        strays = tuple(replace(one, text=f"does not fit the key: it {one.text}") for one in strays)
    return Matched(tuple(in_order), tuple(failures), strays)


@dataclass(frozen=True, slots=True)
class _Pile:
    """What there is beside the keys, the fingerprints of the pairs in the store, the time, and the CA."""

    requests: Sequence[FoundRequest]
    certificates: Sequence[FoundCertificate]
    known: Mapping[str, str]
    now: datetime
    ca: CaKind | None


@dataclass(frozen=True, slots=True)
class _Opened:
    found: FoundKey
    passphrase: Secret | None


def _by_fingerprint(found: Iterable[FoundKey], passphrase: Secret | None) -> dict[str, _Opened]:
    """Each key once, by its fingerprint: of several copies one that is under no passphrase, then the first."""
    opened: dict[str, _Opened] = {}
    for one in sorted(found, key=lambda one: one.key.is_encrypted):
        spki = key_types.spki_sha256(one.key.key.public_key())
        opened.setdefault(spki, _Opened(one, passphrase if one.key.is_encrypted else None))
    return opened


def _is_signed(one: FoundRequest, failures: list[Result]) -> bool:
    if csr.signature_holds(one.request.der):
        return True
    text = "the CSR is not signed by the key it names: it was damaged or changed, and every CA will refuse it"
    failures.append(Result(ok=False, file=one.file.path, text=text))
    return False


def _candidate(spki: str, one: _Opened, pile: _Pile) -> Candidate:
    """The newest CSR and the newest certificate of a key, and what there is to say."""
    own_requests = [each for each in pile.requests if each.request.spki_sha256 == spki]
    own = [each for each in pile.certificates if each.certificate.spki_sha256 == spki]
    asked = max(own_requests, key=lambda each: each.file.modified, default=None)
    newest = max(own, key=lambda each: each.certificate.validity.not_before, default=None)
    file, public = one.found.file, one.found.key.key.public_key()
    key_type = key_types.type_of(public)
    kind = pile.ca or (CaKind.PUBLIC if key_type is None or key_type.public_ca else CaKind.PRIVATE)
    since = _since(file, [each.certificate for each in own], pile.now)
    findings = [
        *all_key_findings(one.found.key.key, kind),
        *(request_quality(asked.request, kind) if asked else ()),
        *key_age(since, pile.now, kind),
    ]
    return Candidate(
        key=one.found.key.key,
        passphrase=one.passphrase,
        file=file,
        place=one.found.key.path,
        is_openssh=one.found.key.is_openssh,
        spki_sha256=spki,
        asked=asked.request if asked else None,
        asked_file=asked.file.path if asked else None,
        certificate=newest.certificate if newest else None,
        certificate_file=newest.file if newest else None,
        pool=tuple(each.certificate for each in pile.certificates),
        ca=kind,
        findings=tuple(worst_first(findings)),
        remarks=tuple(_remarks(file, own_requests, own)),
        since=since,
        known_as=pile.known.get(spki),
    )


def _since(file: ForeignFile, own: Iterable[Certificate], now: datetime) -> datetime:
    """The earliest proof of the key: its file's date, the day its first certificate began; never the future."""
    proofs = [one.validity.not_before for one in own]
    if file.modified >= _FIRST_CREDIBLE:
        proofs.append(file.modified)
    return min([now, *proofs])


def _remarks(
    file: ForeignFile, requests: Sequence[FoundRequest], own: Sequence[FoundCertificate]
) -> Iterable[str]:
    if file.mode & _ALL_READ:
        yield (
            f"everyone on its machine can read {visible(file.path)} (mode {file.mode:04o}): "
            "whoever did may have a copy of the key"
        )
    different = len({one.request.der for one in requests})
    if different > 1:
        yield f"{plural(different - 1, 'other CSR')} of the same key stay where they are: the newest is taken"
    older = len({one.certificate.der for one in own})
    if older > 1:
        yield f"{plural(older - 1, 'older certificate')} of the same key stay where they are"


def _strays(opened: set[str], pile: _Pile) -> Iterable[Result]:
    seen: set[bytes] = set()
    for one in pile.requests:
        spki = one.request.spki_sha256
        if spki not in opened and one.request.der not in seen:
            seen.add(one.request.der)
            whose = visible(one.request.subject_text or ", ".join(one.request.names[:1]))
            yield _stray(one.file.path, f"is the CSR of {whose}", pile.known.get(spki))
    for each in pile.certificates:
        certificate = each.certificate
        if certificate.is_ca or certificate.spki_sha256 in opened or certificate.der in seen:
            continue
        seen.add(certificate.der)
        expires = utc_text(certificate.validity.not_after)
        text = f"is the certificate of {certificate.whose}, expires {expires}"
        yield _stray(each.file, text, pile.known.get(certificate.spki_sha256 or ""))


def _stray(file: str, what: str, known_as: str | None) -> Result:
    whose = f"of the pair {known_as} of this keystore" if known_as else "whose key is not there"
    return Result(ok=False, file=file, pair=known_as, text=f"{what}, {whose}")
