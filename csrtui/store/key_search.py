"""Files of others that may hold keys, CSRs and certificates: one that was named, or all in a folder.

Nothing is changed, nothing but regular files is opened, and a folder is searched within bounds.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.disk_errors import foreign_refusal
from csrtui.store.files import MAX_FOREIGN, read_foreign

MAX_DEPTH = 5
"""How many folders deep a search goes below the one that was named."""
MAX_FILES = 10_000
"""The most files looked at in one search."""
MAX_KEPT = 64 * 1024 * 1024
"""The most bytes kept of one search."""

_MARKS = (b"-----BEGIN ", b"-\0-\0-\0-\0-\0B\0E\0G\0I\0N\0", b"PuTTY-User-Key-File-", b"LS0tLS1CRUdJ")
"""PEM, also in UTF-16 and in base64 as Kubernetes and Traefik keep it; and keys of PuTTY."""
_BEGINNINGS = (b"0", b"MI", b"\xef\xbb\xbfMI", b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""How DER, base64 of it and Java's keystores begin."""


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file that somebody else made.

    Attributes:
        path: Where it is, absolute: untrusted text.
        data: What is in it.
        modified: When it was last written to, as the file system says.
        mode: Its permission bits.
    """

    path: str
    data: bytes = field(repr=False)
    modified: datetime
    mode: int


@dataclass(slots=True)
class Search:
    """What a search of a folder found.

    Attributes:
        files: Those that may hold something, by path.
        faults: What could not be looked at, a sentence each; text from outside in it is visible.
    """

    files: list[ForeignFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_file(path: str) -> ForeignFile:
    """Return a file that was named; a link is followed.

    Raises:
        InputError: It is missing, cannot be opened, is not a regular file, or is too large.
    """
    absolute = os.path.abspath(path)
    data = read_foreign(absolute)
    try:
        found = os.stat(absolute)
    except OSError as error:
        raise foreign_refusal(absolute, error) from error
    modified = datetime.fromtimestamp(max(found.st_mtime_ns // 10**9, 0), UTC)
    return ForeignFile(absolute, data, modified, stat.S_IMODE(found.st_mode))


def is_folder(path: str) -> bool:
    """Whether a path leads to a folder."""
    return os.path.isdir(path)


def search(folder: str, store: str) -> Search:
    """Return the files in a folder, and in those below it, that may hold keys, CSRs or certificates.

    Links to files are followed (certbot's ``live`` has nothing else), links to folders are not.

    Args:
        folder: Where to look.
        store: The keystore's folder, which is left out.

    Raises:
        InputError: The folder cannot be read.
    """
    root = os.path.abspath(folder)
    try:
        os.close(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise foreign_refusal(root, error) from error
        raise InputError(f"{visible(root)} is not a valid path") from error
    found = Search()
    kept = 0
    for count, path in enumerate(_files(root, os.path.realpath(store), found)):
        if count == MAX_FILES or kept > MAX_KEPT:
            found.faults.append(
                f"{visible(root)} holds more than is looked at in one search: name one below it"
            )
            break
        try:
            file = read_file(path)
        except InputError as error:
            found.faults.append(error.what)
            continue
        if _may_hold_something(file.data):
            found.files.append(file)
            kept += len(file.data)
    return found


def _files(root: str, store: str, found: Search) -> Iterator[str]:
    """The regular files that are not too large, folder by folder, each folder by name."""
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop(0)
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            found.faults.append(foreign_refusal(folder, error).what)
            continue
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH and os.path.realpath(entry.path) != store:
                    pending.append((entry.path, depth + 1))
            elif _is_small_file(entry):
                yield entry.path


def _is_small_file(entry: "os.DirEntry[str]") -> bool:
    """What is not a file, leads nowhere, or is larger than anything that could be meant, is passed over."""
    try:
        looked = entry.stat()
    except OSError:
        return False
    return stat.S_ISREG(looked.st_mode) and 0 < looked.st_size <= MAX_FOREIGN


def _may_hold_something(data: bytes) -> bool:
    return data.startswith(_BEGINNINGS) or any(mark in data for mark in _MARKS)
