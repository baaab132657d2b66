"""Read the key material to adopt from named files or a folder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from csrtui.core import bundle
from csrtui.core.backups.header import is_backup
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import KeyMaterial, ProblemKind
from csrtui.store import foreign_files
from csrtui.store.foreign_files import ForeignFile
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session


class Source(NamedTuple):
    """A file and its contents."""

    file: ForeignFile
    material: KeyMaterial


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The key material in files, not yet matched.

    Attributes:
        sources: The files that contain key material, even if it cannot be read.
        search_failures: A failure for each folder or file that could not be searched.
        key_file: The path of the key if the user named each file, or None if a folder was searched. Named files must
            all match the key.
        companions: The other files in the folder of a named key. Only CSRs and certificates that match it are used.
        backups: The paths of csrtui's own backups in a searched folder. Their keys are restored, not adopted.
    """

    sources: tuple[Source, ...] = ()
    search_failures: tuple[Result, ...] = ()
    key_file: str | None = None
    companions: tuple[Source, ...] = ()
    backups: tuple[str, ...] = ()

    @property
    def has_named_files(self) -> bool:
        """Whether the user named each file rather than a folder to search."""
        return self.key_file is not None

    @property
    def has_keys(self) -> bool:
        """Whether an unencrypted private key was found."""
        return any(source.material.keys for source in self.sources)

    @property
    def failures(self) -> list[Result]:
        """A failure for each part of a file that could not be read or decrypted."""
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
        """Return this result with the contents of all files that `passphrase` decrypts.

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
    search = foreign_files.search_folder(folder, session.store.path)
    backups = [file for file in search.files if is_backup(file.data)]
    sources = [Source(file, bundle.read(file.data)) for file in search.files if file not in backups]
    return SearchResult(
        sources=tuple(source for source in sources if not source.material.is_empty),
        search_failures=tuple(Result(ok=False, text=text) for text in search.faults),
        backups=tuple(file.path for file in backups),
    )


def read_files(key: str, csr: str | None = None, certificates: Sequence[str] = ()) -> SearchResult:
    """Return the key material in named files.

    Args:
        key: The path of the private key. Other contents of that file are used too.
        certificates: The paths of the certificate and of CA certificates, in any order.

    Raises:
        InputError: A file cannot be read, or the expected content is not in it.
    """
    files = {
        path: foreign_files.read_file(path)
        for path in (key, *([csr] if csr is not None else []), *certificates)
    }
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


def read_key_file(session: Session, key: str) -> SearchResult:
    """Return the key material in a key file and in the other files of its folder, but not in subfolders.

    Raises:
        InputError: The file cannot be read, or no private key is in it.
    """
    result = read_files(key)
    try:
        search = foreign_files.search_folder(
            os.path.dirname(result.key_file or ""), session.store.path, max_depth=0
        )
    except InputError:  # the folder cannot be listed, but the file in it can be read
        return result
    files = (file for file in search.files if file.path != result.key_file)
    return replace(
        result, companions=tuple(Source(file, bundle.read(file.data, open_keys=False)) for file in files)
    )


def read_paths(session: Session, paths: Sequence[str]) -> SearchResult:
    """Return the key material in files and folders. A single file is read by `read_key_file`.

    Raises:
        InputError: A path cannot be read, or no private key is in the single file.
    """
    if len(paths) == 1 and not os.path.isdir(paths[0]):
        return read_key_file(session, paths[0])
    sources: dict[str, Source] = {}
    failures: list[Result] = []
    backups: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            search = search_folder(session, path)
            failures += search.search_failures
            backups += search.backups
        else:
            file = foreign_files.read_file(path)
            search = SearchResult((Source(file, bundle.read(file.data)),))
            if search.sources[0].material.is_empty:
                failures.append(Result(ok=False, file=file.path, text="contains no key, CSR or certificate"))
        sources.update((source.file.path, source) for source in search.sources)
    return SearchResult(tuple(sources.values()), tuple(failures), backups=tuple(backups))


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
    contents = " and ".join(plural(count, noun) for noun, count in counts.items() if count)
    instead = f", only {contents}" if contents else ""
    hint = "choose another file"
    if noun == "private key" and material.certificates and not material.requests:
        hint = "choose a file with the key; to import a certificate alone: csrtui import FILE"
    return material.missing_error(f"there is no {noun} in {visible(path)}{instead}", hint)
