"""Read the key material to adopt from named files or a folder, and match keys with their CSRs and certificates by SPKI."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

from csrtui.core import bundle
from csrtui.core.advice.key_rules import check_csr, check_key_age
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import CaKind, worst_first
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import utc_text
from csrtui.core.bundle import BundleKey, KeyMaterial, ProblemKind
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import Pair
from csrtui.store import key_search
from csrtui.store.key_search import ForeignFile
from csrtui.tasks.adopt.candidate import Candidate
from csrtui.tasks.batch import Result
from csrtui.tasks.keys import all_key_findings
from csrtui.tasks.list import list_pairs
from csrtui.tasks.session import Session

_Item = TypeVar("_Item")


class Source(NamedTuple):
    """A file and its contents."""

    file: ForeignFile
    material: KeyMaterial


class _Located(NamedTuple, Generic[_Item]):
    """A key, CSR or certificate and its file."""

    file: ForeignFile
    item: _Item


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The key material found in files, before it is matched.

    Attributes:
        sources: The files that contain key material, even if it cannot be read.
        search_failures: A failure for each folder or file that could not be searched.
        key_file: The path of the key if the user named each file, or None if a folder was searched. Named files must
            all match the key.
    """

    sources: tuple[Source, ...] = ()
    search_failures: tuple[Result, ...] = ()
    key_file: str | None = None

    @property
    def has_named_files(self) -> bool:
        """Whether the user named each file, instead of a folder to search."""
        return self.key_file is not None

    @property
    def has_keys(self) -> bool:
        """Whether a private key was found that is not encrypted."""
        return any(source.material.keys for source in self.sources)

    @property
    def failures(self) -> list[Result]:
        """A failure for each part that could not be read or decrypted."""
        problems = [
            Result(ok=False, file=source.file.path, text=problem.sentence)
            for source in self.sources
            for problem in source.material.problems
        ]
        return [*self.search_failures, *problems]

    @property
    def locked_paths(self) -> list[str]:
        """The paths of the files that need a passphrase."""
        return [source.file.path for source in self.sources if source.material.needs_passphrase]

    @property
    def needs_passphrase(self) -> bool:
        """Whether a file needs a passphrase."""
        return bool(self.locked_paths)

    def unlock(self, passphrase: Secret | None) -> "SearchResult":
        """Return the same result, but with the files decrypted if the passphrase opens them.

        Raises:
            InputError: The file named as the key does not contain a private key.
        """
        if passphrase is None:
            return self
        sources = [
            source._replace(material=bundle.read(source.file.data, passphrase))
            if source.material.needs_passphrase
            else source
            for source in self.sources
        ]
        for source in sources:
            material = source.material
            if source.file.path == self.key_file and not (material.keys or material.problems):
                raise missing_content_error(source.file.path, "private key", material)
        return replace(self, sources=tuple(sources))


def search_folder(session: Session, folder: str) -> SearchResult:
    """Return the key material in a folder and its subfolders.

    Raises:
        InputError: The folder cannot be read.
    """
    search = key_search.search_folder(folder, session.store.path)
    sources = [Source(file, bundle.read(file.data)) for file in search.files]
    return SearchResult(
        sources=tuple(source for source in sources if not source.material.is_empty),
        search_failures=tuple(Result(ok=False, text=text) for text in search.faults),
    )


def read_files(key: str, csr: str | None = None, certificates: Sequence[str] = ()) -> SearchResult:
    """Return the key material in named files.

    Args:
        key: The path of the private key. Other contents of that file are used too.
        csr: The path of the CSR, or None.
        certificates: The paths of the certificate and of CA certificates, in any order.

    Raises:
        InputError: A file cannot be read, or the expected content is not in it.
    """
    files = {path: key_search.read_file(path) for path in (key, *([csr] if csr else []), *certificates)}
    materials = {path: bundle.read(file.data) for path, file in files.items()}
    if csr is not None and not (materials[csr].requests or materials[csr].needs_passphrase):
        raise missing_content_error(csr, "certificate request", materials[csr])
    for path in certificates:
        if not (materials[path].certificates or materials[path].needs_passphrase):
            raise missing_content_error(path, "certificate", materials[path])
    if not (materials[key].keys or materials[key].needs_passphrase):
        raise missing_content_error(key, "private key", materials[key])
    by_path = {file.path: Source(file, materials[path]) for path, file in files.items()}
    return SearchResult(sources=tuple(by_path.values()), key_file=files[key].path)


_KINDS = {
    "private key": ProblemKind.KEY,
    "certificate request": ProblemKind.REQUEST,
    "certificate": ProblemKind.CERTIFICATE,
}


def missing_content_error(path: str, noun: str, material: KeyMaterial) -> InputError:
    """Return the error for a named file that lacks usable content of the expected kind.

    The message describes the problem with that content, or lists the other contents of the file.
    """
    problem = material.problem(_KINDS[noun])
    if problem is not None:
        return InputError(f"{visible(path)}: {problem.text}", problem.hint)
    counts = {
        "private key": len(material.keys),
        "CSR": len(material.requests),
        "certificate": len(material.certificates),
    }
    contents = " and ".join(plural(count, what) for what, count in counts.items() if count)
    instead = f", only {contents}" if contents else ""
    hint = "choose another file"
    if noun == "private key" and material.certificates and not material.requests:
        hint = "csrtui import FILE imports certificates; choose another file for the key"
    return material.missing_error(f"there is no {noun} in {visible(path)}{instead}", hint)


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
    requests = []
    for source in search.sources:
        for csr in source.material.requests:
            if csrs.has_valid_signature(csr.der):
                requests.append(_Located(source.file, csr))
            else:
                text = "the CSR is not signed by the key it names: it was damaged or changed, and every CA will refuse it"
                failures.append(Result(ok=False, file=source.file.path, text=text))
    material = _Material(
        keys=_by_fingerprint(search.sources),
        requests=requests,
        certificates=[
            _Located(source.file, item) for source in search.sources for item in source.material.certificates
        ],
        existing_pairs={pair.record.key.spki_sha256: pair for pair in list_pairs(session).pairs},
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
    return MatchResult(tuple(candidates), tuple(failures), strays)


class _Material(NamedTuple):
    """The inputs for matching."""

    keys: Mapping[str, _Located[BundleKey]]
    """Each key once, by its fingerprint. Of several copies, it is the first that is not encrypted."""
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
    requests = [found for found in material.requests if found.item.spki_sha256 == spki]
    certificates = [found for found in material.certificates if found.item.spki_sha256 == spki]
    request = max(requests, key=lambda found: found.file.modified, default=None)
    newest = max(certificates, key=lambda found: found.item.validity.not_before, default=None)
    key_type = key_types.type_of(key.key.public_key())
    ca = material.ca or (CaKind.PUBLIC if key_type is None or key_type.public_ca else CaKind.PRIVATE)
    existing = material.existing_pairs.get(spki)
    in_use_since = _first_proof(file, certificates, material.now)
    findings = [
        *all_key_findings(key.key, ca),
        *(check_csr(request.item, ca) if request else ()),
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
        pool=tuple(found.item for found in material.certificates),
        ca=ca,
        findings=tuple(worst_first(findings)),
        remarks=tuple(_remarks(file, requests, certificates)),
        in_use_since=in_use_since,
        existing_pair=existing.name if existing else None,
        is_compromised=existing is not None and existing.record.compromised is not None,
    )


def _first_proof(file: ForeignFile, certificates: Iterable[_Located[Certificate]], now: datetime) -> datetime:
    """Return the time of the earliest evidence of a key, at most `now`: the date of its file or first certificate."""
    proofs = [found.item.validity.not_before for found in certificates]
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
    csr_count = len({found.item.der for found in requests})
    if csr_count > 1:
        yield f"{plural(csr_count - 1, 'other CSR')} of the same key stay where they are: the newest is used"
    certificate_count = len({found.item.der for found in certificates})
    if certificate_count > 1:
        yield f"{plural(certificate_count - 1, 'older certificate')} of the same key stay where they are"


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
            expires = utc_text(certificate.validity.not_after)
            text = f"is the certificate of {certificate.display_name}, expires {expires}"
            yield _stray(file.path, text, material.existing_pairs.get(certificate.spki_sha256 or ""))


def _stray(file: str, text: str, pair: Pair | None) -> Result:
    owner = f"of the pair {pair.name} of this keystore" if pair else "whose key is missing"
    return Result(ok=False, file=file, pair=pair.name if pair else None, text=f"{text}, {owner}")
