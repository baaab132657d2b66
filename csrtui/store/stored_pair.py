"""Read, list and change the files of one pair, and read the stamps that show whether another session changed it.

Every change that a session makes updates the modification time of ``pairs/``, so one system call shows whether anything
has changed. Each pair also has a stamp, which consists of facts about its folder, its key and its record. While the stamp
is unchanged, so is the pair's entry in a list.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from typing import Final, NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.store import safe_files
from csrtui.store.disk_errors import disk_error, pair_read_error
from csrtui.store.permissions import PRIVATE_FILE, PRIVATE_FOLDER, PUBLIC_FILE, check_permissions
from csrtui.store.verbose_log import log

KEY_FILE: Final = "key.pem"
CSR_FILE: Final = "request.pem"
RECORD_FILE: Final = "pair.json"
CERTIFICATE_FILE: Final = "certificate.pem"
PAIR_FILES: Final = (KEY_FILE, CSR_FILE, RECORD_FILE, CERTIFICATE_FILE)
_ARCHIVED = "certificate-"
"""The prefix of the names of replaced certificates. A time follows."""


def is_pair_file(name: str) -> bool:
    """Return whether a file in a pair's folder is one of the pair's files, or a replaced certificate."""
    return name in PAIR_FILES or name.startswith(_ARCHIVED)


class StoredPair(NamedTuple):
    """The files of a pair except its key.

    Attributes:
        name: The pair's name.
        path: The path of the pair's folder.
        record: The content of pair.json.
        csr: The content of request.pem.
        certificate: The content of certificate.pem, or None.
        earlier: The file names of replaced certificates, oldest first, not escaped.
    """

    name: str
    path: str
    record: bytes
    csr: bytes
    certificate: bytes | None
    earlier: tuple[str, ...] = ()


class ListedPair(NamedTuple):
    """A pair in a listing, with the content of its pair.json, or with the error if the pair cannot be used."""

    name: str
    path: str
    record: bytes | StoreError
    has_certificate: bool = False


class PairChange:
    """A locked pair that can be changed.

    Args:
        descriptor: The descriptor of the pair's folder, which has been checked.
        name: The pair's name.
        path: The path of the pair's folder, for messages.

    Attributes:
        record: The current content of pair.json.
        is_changed: Whether a file was replaced.

    Raises:
        StoreError: pair.json cannot be read or is not safe.
    """

    def __init__(self, descriptor: int, name: str, path: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._path = path
        self.record = read_pair_file(descriptor, RECORD_FILE, path)
        self.is_changed = False

    def replace_record(self, data: bytes) -> None:
        """Replace pair.json.

        Raises:
            StoreError: Nothing was replaced.
            NotConfirmedError: pair.json was replaced, but the disk did not confirm this.
        """
        with self._flush_after_replacement(RECORD_FILE):
            safe_files.replace_file(self._descriptor, RECORD_FILE, data, PRIVATE_FILE)
            self.record = data

    def read_certificate(self) -> bytes | None:
        """Return the current content of certificate.pem, or None.

        Raises:
            StoreError: The file cannot be read, or is not safe.
        """
        return _read_certificate(self._descriptor, self._path)

    def replace_certificate(self, data: bytes, now: datetime) -> None:
        """Replace certificate.pem and archive the previous one beside it.

        The previous certificate is first copied to ``certificate-YYYYMMDD-HHMMSS.pem`` and flushed to disk. Only then
        is it replaced. So a complete certificate.pem exists at all times, and no certificate is ever lost.

        Args:
            data: The certificate and its chain in PEM. If this is the current content, nothing is written.
            now: The current time, for the name of the copy.

        Raises:
            StoreError: certificate.pem was not replaced.
            NotConfirmedError: certificate.pem was replaced, but the disk did not confirm this.
        """
        present = self.read_certificate()
        if present == data:
            return
        with self._flush_after_replacement(CERTIFICATE_FILE):
            if present is not None:
                self._archive(present, now)
            safe_files.replace_file(self._descriptor, CERTIFICATE_FILE, data, PUBLIC_FILE)

    @contextmanager
    def _flush_after_replacement(self, name: str) -> Iterator[None]:
        """Add the path of a file to any `OSError` in the block, and flush the folder after the block."""
        try:
            yield
        except OSError as error:
            raise disk_error("cannot write", f"{self._path}/{name}", error) from error
        self.is_changed = True
        log("replaced", f"{self._path}/{name}")
        safe_files.flush_folder(self._descriptor, self._name)

    def _archive(self, certificate: bytes, now: datetime) -> None:
        """Copy the certificate to the first free name, unless an interrupted attempt has already done so.

        The lock is held, so no other process takes the name between the check and the rename.

        Raises:
            OSError: The certificate cannot be copied.
            StoreError: A file with one of the names is not safe.
        """
        names = _archive_names(now)
        name = next(names)
        while safe_files.exists(self._descriptor, name):
            if read_pair_file(self._descriptor, name, self._path) == certificate:
                return
            name = next(names)
        safe_files.replace_file(self._descriptor, name, certificate, PUBLIC_FILE)
        os.fsync(self._descriptor)


def _archive_names(now: datetime) -> Iterator[str]:
    stem = f"{_ARCHIVED}{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    yield f"{stem}.pem"
    yield from (f"{stem}-{number}.pem" for number in count(2))


def read_pair(folder: int, name: str, path: str) -> StoredPair:
    """Read the files of a pair and return their contents. The key is checked but not read.

    Args:
        folder: The descriptor of the pair's folder.
        name: The pair's name.
        path: The path of the pair's folder, for messages.

    Raises:
        StoreError: A file is missing, is not safe, or cannot be read. The message names the file.
    """
    with _add_path_to_errors(path, KEY_FILE):
        key_status = os.stat(KEY_FILE, dir_fd=folder, follow_symlinks=False)
        check_permissions(f"{path}/{KEY_FILE}", key_status, PRIVATE_FILE)
    return StoredPair(
        name,
        path,
        read_pair_file(folder, RECORD_FILE, path),
        read_pair_file(folder, CSR_FILE, path),
        _read_certificate(folder, path),
        tuple(sorted(entry for entry in os.listdir(folder) if entry.startswith(_ARCHIVED))),
    )


def list_pair(pairs_fd: int, name: str, path: str) -> ListedPair:
    """Read the record of a pair for a listing, and return the record or the error.

    Args:
        pairs_fd: The descriptor of the folder of all pairs. The pair's own folder is not opened, because that would
            double the time.
        name: The pair's name.
        path: The path of the pair's folder, for messages.
    """
    try:
        check_permissions(path, os.stat(name, dir_fd=pairs_fd, follow_symlinks=False), PRIVATE_FOLDER)
        key_status = os.stat(f"{name}/{KEY_FILE}", dir_fd=pairs_fd, follow_symlinks=False)
        check_permissions(f"{path}/{KEY_FILE}", key_status, PRIVATE_FILE)
        record = safe_files.read_store_file(
            pairs_fd, f"{name}/{RECORD_FILE}", f"{path}/{RECORD_FILE}", PRIVATE_FILE
        )
        return ListedPair(name, path, record, safe_files.exists(pairs_fd, f"{name}/{CERTIFICATE_FILE}"))
    except StoreError as error:
        return ListedPair(name, path, error)
    except OSError as error:
        failed_path = os.path.join(os.path.dirname(path), os.fsdecode(error.filename or name))
        return ListedPair(name, path, pair_read_error(failed_path, error))


def read_pair_file(folder: int, name: str, path: str) -> bytes:
    """Return the content of a file of a pair.

    Raises:
        StoreError: The file is missing, is not safe, or cannot be read.
    """
    with _add_path_to_errors(path, name):
        permissions = PRIVATE_FILE if name in {KEY_FILE, RECORD_FILE} else PUBLIC_FILE
        return safe_files.read_store_file(folder, name, f"{path}/{name}", permissions)


def _read_certificate(folder: int, path: str) -> bytes | None:
    with _add_path_to_errors(path, CERTIFICATE_FILE):
        is_present = safe_files.exists(folder, CERTIFICATE_FILE)
    return read_pair_file(folder, CERTIFICATE_FILE, path) if is_present else None


@contextmanager
def _add_path_to_errors(path: str, name: str) -> Iterator[None]:
    """Convert an `OSError` in the block into an error with the path of the file."""
    try:
        yield
    except OSError as error:
        raise pair_read_error(f"{path}/{name}", error) from error


COARSE_NS: Final = 2_000_000_000
"""The longest clock tick of a file system plus the largest deviation of its clock, in nanoseconds."""


PairStamp = tuple[int, int, int, int, int, int]
"""The inode and the change time (ctime, in nanoseconds) of a pair's folder, of its key and of its pair.json.

Every write, every rename and every change of the mode or owner updates a ctime, and no user can set it back.
"""


def touch(pairs_fd: int) -> None:
    """Move the modification time of a folder forward.

    The kernel's own times advance only with its clock tick, so two changes within one tick could look the same. An
    error is ignored, because a rename has already updated the time.
    """
    with suppress(OSError):
        status = os.fstat(pairs_fd)
        later = max(time.time_ns(), status.st_mtime_ns + 1)
        os.utime(pairs_fd, ns=(status.st_atime_ns, later))


def read_stamp(path: str) -> int:
    """Return the modification time of a folder in nanoseconds, or 0 if it does not exist or cannot be examined."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def read_pair_stamp(pairs_fd: int, name: str) -> PairStamp | None:
    """Return the stamp of a pair, or None if a file is missing."""
    try:
        folder = os.stat(name, dir_fd=pairs_fd, follow_symlinks=False)
        key = os.stat(name + "/key.pem", dir_fd=pairs_fd, follow_symlinks=False)
        record = os.stat(name + "/pair.json", dir_fd=pairs_fd, follow_symlinks=False)
    except OSError:
        return None
    return folder.st_ino, folder.st_ctime_ns, key.st_ino, key.st_ctime_ns, record.st_ino, record.st_ctime_ns


def is_settled(stamp: PairStamp) -> bool:
    """Return whether a change made now would change the stamp of a pair.

    A change within the clock tick in which the pair was read might not change the stamp. So, as in git's index, a stamp
    is trusted only if it is older than `COARSE_NS`. A stamp in the future is never trusted, because it shows that two
    clocks differ.
    """
    return max(stamp[1::2]) < time.time_ns() - COARSE_NS
