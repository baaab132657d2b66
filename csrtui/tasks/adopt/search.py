"""Key material to adopt: what files that were named, or a folder, contain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from csrtui.core import bundle
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import BundleKey, KeyMaterial, ProblemKind
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request
from csrtui.store import key_search
from csrtui.store.key_search import ForeignFile
from csrtui.tasks.batch import Result
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A private key and the file it lies in."""

    file: ForeignFile
    key: BundleKey


@dataclass(frozen=True, slots=True)
class FoundRequest:
    """A CSR and the file it lies in."""

    file: ForeignFile
    request: Request


@dataclass(frozen=True, slots=True)
class FoundCertificate:
    """A certificate and the file it lies in."""

    file: str
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Source:
    """A file and what it contains."""

    file: ForeignFile
    material: KeyMaterial


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found, not yet put together.

    Attributes:
        sources: The files that contain something, be it only what cannot be read.
        search_faults: A failure for whatever could not be searched.
        key_file: The path of the key where files were named one by one: then each of them has to fit.
    """

    sources: tuple[Source, ...] = ()
    search_faults: tuple[Result, ...] = ()
    key_file: str | None = None

    @property
    def named(self) -> bool:
        """Whether the files were named one by one."""
        return self.key_file is not None

    @property
    def keys(self) -> list[FoundKey]:
        """The private keys that are open."""
        return [FoundKey(one.file, key) for one in self.sources for key in one.material.keys]

    @property
    def requests(self) -> list[FoundRequest]:
        """The CSRs."""
        return [FoundRequest(one.file, request) for one in self.sources for request in one.material.requests]

    @property
    def certificates(self) -> list[FoundCertificate]:
        """The certificates, those of CAs among them."""
        return [
            FoundCertificate(one.file.path, certificate)
            for one in self.sources
            for certificate in one.material.certificates
        ]

    @property
    def faults(self) -> list[Result]:
        """A failure for whatever could not be read or opened."""
        problems = [(one.file.path, problem) for one in self.sources for problem in one.material.problems]
        return [
            *self.search_faults,
            *(Result(ok=False, file=path, text=problem.sentence) for path, problem in problems),
        ]

    @property
    def locked(self) -> list[str]:
        """The paths of the files with something that opens with a passphrase only."""
        return [one.file.path for one in self.sources if one.material.needs_passphrase]

    @property
    def wants_passphrase(self) -> bool:
        """Whether something opens with a passphrase only."""
        return bool(self.locked)

    def opened(self, passphrase: Secret | None) -> "Found":
        """Return the same with what a passphrase opens.

        Raises:
            InputError: There is no private key in the file that was named for one.
        """
        if passphrase is None:
            return self
        sources = [
            replace(one, material=bundle.read(one.file.data, passphrase))
            if one.material.needs_passphrase
            else one
            for one in self.sources
        ]
        for one in sources:
            material = one.material
            if one.file.path == self.key_file and not (material.keys or material.problems):
                raise without(one.file.path, "private key", material)
        return replace(self, sources=tuple(sources))


def look_in(session: Session, folder: str) -> Found:
    """Return all that a folder, and those below it, contain.

    Raises:
        InputError: The folder cannot be read.
    """
    searched = key_search.search(folder, session.store.path)
    sources = [Source(file, bundle.read(file.data)) for file in searched.files]
    return Found(
        sources=tuple(one for one in sources if not one.material.is_empty),
        search_faults=tuple(Result(ok=False, text=text) for text in searched.faults),
    )


def look_at(key: str, csr: str | None = None, certificates: Sequence[str] = ()) -> Found:
    """Return what files that were named contain.

    Args:
        key: The path of the private key; what lies beside it in the same file is taken along.
        csr: The path of its CSR, or None.
        certificates: The paths of its certificate and of those of the CAs, in any order.

    Raises:
        InputError: One of them cannot be read, or does not contain what it is named for.
    """
    files = {path: key_search.read_file(path) for path in (key, *([csr] if csr else []), *certificates)}
    held = {path: bundle.read(file.data) for path, file in files.items()}
    if csr is not None and not (held[csr].requests or held[csr].needs_passphrase):
        raise without(csr, "certificate request", held[csr])
    for path in certificates:
        if not (held[path].certificates or held[path].needs_passphrase):
            raise without(path, "certificate", held[path])
    by_path = {files[path].path: Source(files[path], held[path]) for path in files}
    if not (held[key].keys or held[key].needs_passphrase):
        raise without(key, "private key", held[key])
    return Found(sources=tuple(by_path.values()), key_file=files[key].path)


_KINDS = {
    "private key": ProblemKind.KEY,
    "certificate request": ProblemKind.REQUEST,
    "certificate": ProblemKind.CERTIFICATE,
}


def without(path: str, noun: str, material: KeyMaterial) -> InputError:
    """Return why a file that was named is of no use: what is wrong with it, or that it contains something else."""
    problem = material.problem(_KINDS[noun])
    if problem is not None:
        return InputError(f"{visible(path)}: {problem.text}", problem.hint)
    counts = {
        "private key": len(material.keys),
        "CSR": len(material.requests),
        "certificate": len(material.certificates),
    }
    content = " and ".join(plural(count, what) for what, count in counts.items() if count)
    instead = f", only {content}" if content else ""
    hint = "name another file"
    if noun == "private key" and material.certificates and not material.requests:
        hint = "csrtui import FILE imports certificates; name another file for the key"
    return InputError(f"there is no {noun} in {visible(path)}{instead}", hint)
