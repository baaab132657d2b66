"""What there is to adopt: keys, CSRs and certificates in files that were named, or in a folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from csrtui.core import request
from csrtui.core.certificates import Certificate, read_der
from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.foreign_key import ForeignKey
from csrtui.core.holdings import Holdings, read_holdings
from csrtui.core.request import Request
from csrtui.core.visible import visible
from csrtui.store import gathering
from csrtui.store.gathering import ForeignFile
from csrtui.tasks.results import Result
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A private key, not opened, and the file it lies in."""

    file: ForeignFile
    key: ForeignKey


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


@dataclass(slots=True)
class Found:
    """All that was found, not yet put together.

    Attributes:
        keys: Private keys.
        requests: CSRs.
        certificates: Certificates, those of CAs among them.
        faults: A failure for whatever could not be read.
        named: Whether the files were named one by one: then each of them has to fit.
    """

    keys: list[FoundKey] = field(default_factory=list)
    requests: list[FoundRequest] = field(default_factory=list)
    certificates: list[FoundCertificate] = field(default_factory=list)
    faults: list[Result] = field(default_factory=list)
    named: bool = False

    @property
    def wants_passphrase(self) -> bool:
        """Whether a key is among it that opens with a passphrase only."""
        return any(one.key.wants_passphrase for one in self.keys)


def look_in(session: Session, folder: str) -> Found:
    """Return all that a folder, and those below it, hold.

    Raises:
        InputError: The folder cannot be read.
    """
    searched = gathering.search(folder, session.store.path)
    found = Found(faults=[Result(ok=False, text=text) for text in searched.faults])
    for file in searched.files:
        _add(found, file, read_holdings(file.data))
    return found


def look_at(key: str, csr: str | None = None, certificates: Sequence[str] = ()) -> Found:
    """Return what files that were named hold.

    Args:
        key: The path of the private key; what lies beside it in the same file is taken along.
        csr: The path of its CSR, or None.
        certificates: The paths of its certificate and of those of the CAs, in any order.

    Raises:
        InputError: One of them cannot be read, or does not hold what it is named for.
    """
    files = {path: gathering.read_file(path) for path in (key, *([csr] if csr else []), *certificates)}
    found = Found(named=True)
    held = {path: read_holdings(file.data) for path, file in files.items()}
    for path in {file.path: path for path, file in files.items()}.values():
        _add(found, files[path], held[path])
    if not held[key].keys:
        raise _without(key, "private key", held[key])
    if csr is not None and files[csr].path not in {one.file.path for one in found.requests}:
        raise _without(csr, "certificate request", held[csr])
    for path in certificates:
        if files[path].path not in {one.file for one in found.certificates}:
            raise _without(path, "certificate", held[path])
    return found


def _without(path: str, what: str, held: Holdings) -> InputError:
    """Why a file that was named is of no use: what is wrong with it, or that it holds something else."""
    if held.faults:
        return InputError(f"{visible(path)}: {held.faults[0].what}", held.faults[0].hint)
    for der in (*held.requests, *held.certificates) if what != "private key" else ():
        try:
            (request.read_der if der in held.requests else read_der)(der)
        except InputError as error:
            return InputError(f"{visible(path)}: {error.what}", error.hint)
    return InputError(f"there is no {what} in {visible(path)}", "name another file")


def _add(found: Found, file: ForeignFile, held: Holdings) -> None:
    found.keys += [FoundKey(file, key) for key in held.keys]
    faults: list[CsrtuiError] = [*held.faults]
    for der in held.requests:
        try:
            found.requests.append(FoundRequest(file, request.read_der(der)))
        except InputError as error:
            faults.append(error)
    for der in held.certificates:
        try:
            found.certificates.append(FoundCertificate(file.path, read_der(der)))
        except InputError as error:
            faults.append(error)
    found.faults += [Result(ok=False, file=file.path, text=_said(error)) for error in faults]


def _said(error: CsrtuiError) -> str:
    return f"{error.what}; {error.hint}" if error.hint else error.what
