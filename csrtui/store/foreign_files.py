"""Read files outside the store: a named file, or all files in a folder that may contain keys, CSRs or certificates.

Nothing is changed, and only regular files are opened. The search of a folder has limits.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.disk_errors import foreign_file_error
from csrtui.store.safe_files import read_up_to, release
from csrtui.store.verbose_log import log

MAX_FOREIGN_BYTES = 1024 * 1024
"""The maximum size of a file outside the store, in bytes."""
MAX_DEPTH = 5
"""The maximum depth of a search below the named folder."""
MAX_FILES = 10_000
"""The maximum number of files examined in one search."""
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""The maximum total size of the files that one search returns, in bytes."""

_FOREIGN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MARKERS = (b"-----BEGIN ", b"-\0-\0-\0-\0-\0B\0E\0G\0I\0N\0", b"PuTTY-User-Key-File-", b"LS0tLS1CRUdJ")
"""Bytes in every PEM file (also in UTF-16, or in base64 as Kubernetes and Traefik store it) and in every PuTTY key."""
_PREFIXES = (b"0", b"MI", b"\xef\xbb\xbfMI", b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""The first bytes of DER, of DER in base64, and of Java keystores."""


def read_foreign(path: str, limit: int = MAX_FOREIGN_BYTES, *, from_disk: bool = False) -> bytes:
    """Return the content of a regular file outside the store.

    Links are followed. With `from_disk`, the file is read from the disk and not from the page cache, if the system
    allows it.

    Raises:
        InputError: The file does not exist, cannot be opened, is not a regular file, or has more than `limit` bytes.
    """
    return read_and_close(open_foreign(path), path, limit, visible(path), from_disk=from_disk)


def read_beginning(path: str, size: int) -> bytes:
    """Return the first bytes of a regular file outside the store. The errors are the same as for `read_foreign`."""
    descriptor = open_foreign(path)
    try:
        return read_up_to(descriptor, size)
    except OSError as error:
        raise foreign_file_error(path, error) from error
    finally:
        release(descriptor)


def read_and_close(descriptor: int, path: str, limit: int, label: str, *, from_disk: bool = False) -> bytes:
    """Return the content of an open file outside the store, and close the file.

    `label` is the subject of the message about a file that is too large.

    Raises:
        InputError: The file cannot be read, or has more than `limit` bytes.
    """
    try:
        if from_disk:
            with suppress(OSError):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        data = read_up_to(descriptor, limit + 1)
    except OSError as error:
        raise foreign_file_error(path, error) from error
    finally:
        release(descriptor)
    if len(data) > limit:
        raise InputError(f"{label} has more than {limit} bytes")
    return data


def open_foreign(path: str) -> int:
    """Return the descriptor of a regular file outside the store.

    The file is examined before it is opened, because merely opening a device can have an effect. It is opened without
    blocking, so that a FIFO that has replaced the file in the meantime is refused at once. Links are followed.

    Raises:
        InputError: The file does not exist, cannot be opened, or is not a regular file.
    """
    try:
        _require_regular_file(path, os.stat(path))
        descriptor = os.open(path, _FOREIGN_FLAGS)
        try:
            _require_regular_file(path, os.fstat(descriptor))
        except BaseException:
            release(descriptor)
            raise
    except OSError as error:
        raise foreign_file_error(path, error) from error
    except ValueError as error:
        raise InputError(f"{visible(path)} is not a valid path") from error
    log("read", path)
    return descriptor


def _require_regular_file(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{visible(path)} is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{visible(path)} is not a regular file")


class ForeignFile(NamedTuple):
    """A file outside the store.

    Attributes:
        path: The absolute path, which is untrusted text.
        data: The content.
        modified: The modification time.
        mode: The mode bits.
    """

    path: str
    data: bytes
    modified: datetime
    mode: int

    def __repr__(self) -> str:
        return f"ForeignFile({self.path!r})"


class FolderSearch(NamedTuple):
    """The result of searching a folder.

    Attributes:
        files: The files that may contain keys, CSRs or certificates, by path.
        faults: A printable sentence for each path that could not be examined.
    """

    files: list[ForeignFile]
    faults: list[str]


def read_file(path: str) -> ForeignFile:
    """Read the file at a path, and return it. If the path is a link, the link is followed.

    Raises:
        InputError: The file does not exist, cannot be opened, is not a regular file, or is too large.
    """
    absolute = os.path.abspath(path)
    descriptor = open_foreign(absolute)
    status = os.fstat(descriptor)
    data = read_and_close(descriptor, absolute, MAX_FOREIGN_BYTES, visible(absolute))
    modified = datetime.fromtimestamp(max(status.st_mtime_ns // 10**9, 0), UTC)
    return ForeignFile(absolute, data, modified, stat.S_IMODE(status.st_mode))


def search_folder(folder: str, store: str, max_depth: int = MAX_DEPTH) -> FolderSearch:
    """Return the files in a folder and its subfolders that may contain keys, CSRs or certificates.

    Links to files are followed, because certbot's folder ``live`` contains only links. Links to folders are not. The
    keystore's folder is left out.

    Raises:
        InputError: The folder cannot be read.
    """
    if not folder:  # as from an unset variable; the working directory is probably not meant
        raise InputError("the path of the folder is empty", "name a folder")
    root = os.path.abspath(folder)
    try:
        os.close(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError as error:
        raise foreign_file_error(root, error) from error
    except ValueError as error:
        raise InputError(f"{visible(root)} is not a valid path") from error
    result = FolderSearch([], [])
    total_bytes = 0
    for count, path in enumerate(_walk(root, os.path.realpath(store), max_depth, result.faults)):
        if count == MAX_FILES or total_bytes > MAX_TOTAL_BYTES:
            result.faults.append(f"{visible(root)} is too large for one search: choose a folder below it")
            break
        try:
            file = read_file(path)
        except InputError as error:
            result.faults.append(error.message)
            continue
        if file.data.startswith(_PREFIXES) or any(marker in file.data for marker in _MARKERS):
            result.files.append(file)
            total_bytes += len(file.data)
    return result


def _walk(root: str, store: str, max_depth: int, faults: list[str]) -> Iterator[str]:
    """Yield the paths of regular files that are not too large, one folder after the other, sorted by name in each."""
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop(0)
        try:
            with os.scandir(folder) as entries:
                sorted_entries = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            faults.append(foreign_file_error(folder, error).message)
            continue
        for entry in sorted_entries:
            if entry.is_dir(follow_symlinks=False):
                if depth < max_depth and os.path.realpath(entry.path) != store:
                    pending.append((entry.path, depth + 1))
            elif _is_small_file(entry):
                yield entry.path


def _is_small_file(entry: "os.DirEntry[str]") -> bool:
    """Return whether an entry is a regular file that is not empty and not too large for keys or certificates."""
    try:
        status = entry.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and 0 < status.st_size <= MAX_FOREIGN_BYTES
