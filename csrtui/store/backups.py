"""Backup files, which lie outside the store: written once, never over anything, and read back from the disk."""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import quote, visible
from csrtui.store import files
from csrtui.store.disk_errors import refusal
from csrtui.store.new_file import write_whole
from csrtui.store.permissions import Demand, UnsafeFolder, unsafe_folders

BACKUP_FILE = Demand("file", folder=False, mode=0o600, forbidden=0)
"""A backup is encrypted: a medium that knows no modes, such as a FAT stick, will do."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What is to be said of a folder before a backup goes there.

    Attributes:
        path: The folder, absolute.
        free: Bytes that are free for this user.
        mount_point: Where its file system is mounted.
        on_disk_of_store: Whether it is on the file system that the store is on, and dies with it.
        unsafe: The folder, and those above it, that other users can change.
    """

    path: str
    free: int
    mount_point: str
    on_disk_of_store: bool
    unsafe: tuple[UnsafeFolder, ...] = ()


def look_at(folder: str, store: str) -> Destination:
    """Return the facts about a folder for backups.

    Raises:
        InputError: It does not exist, is not a folder, or you may not write to it.
    """
    path = os.path.abspath(folder)
    try:
        space, device = os.statvfs(path), os.stat(path).st_dev
    except (OSError, ValueError) as error:
        raise _no_folder(path, error) from error
    if not os.path.isdir(path):
        raise InputError(f"cannot back up to {visible(path)}: not a folder")
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"cannot back up to {visible(path)}: you may not write there")
    return Destination(
        path,
        space.f_bavail * space.f_frsize,
        _mount_point(path),
        device == _device_of(store),
        tuple(unsafe_folders(path, itself=True)),
    )


def write(folder: str, names: Iterable[str], data: bytes) -> str:
    """Write a backup into a folder, and see it to the disk; return its path.

    It has its name only once it is whole.

    Args:
        folder: Where to.
        names: What it may be called; the first that is free is taken.
        data: All of it.

    Raises:
        InputError: The folder cannot be opened.
        StoreError: It cannot be written or flushed; nothing of it is left.
    """
    path = os.path.abspath(folder)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _no_folder(path, error) from error
    try:
        name = write_whole(descriptor, names, data, BACKUP_FILE)
        if name is not None:
            _flush(descriptor, name)
    except OSError as error:
        raise refusal("cannot write a backup to", path, error) from error
    finally:
        files.release(descriptor)
    if name is None:
        raise StoreError("every name for the backup is taken", "try again in a minute")
    return os.path.join(path, name)


def read_back(path: str) -> bytes:
    """Return what is in a backup's file, from the disk and not from memory where the system lets us.

    Raises:
        InputError: It cannot be read, or is not a regular file, or too large.
    """
    if os.path.isfile(path):  # opening alone sets some devices going
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                files.release(descriptor)
    return files.read_foreign(path)


def is_there(path: str) -> bool:
    """Whether something lies at a path."""
    return os.path.lexists(path)


def _flush(descriptor: int, name: str) -> None:
    """See the file's name to the disk, where the file system can: cifs, for one, knows no fsync of folders."""
    try:
        files.flush_folder(descriptor)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EOPNOTSUPP}:
            return
        with suppress(OSError):
            os.unlink(name, dir_fd=descriptor)
        raise


def _no_folder(path: str, error: OSError | ValueError) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else "it is not a valid path"
    return InputError(f"cannot back up to {visible(path)}: {reason}", f"mkdir -p {quote(path)}, or mount it")


def _mount_point(path: str) -> str:
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def _device_of(store: str) -> int | None:
    """The file system of the store, or of the folder it will be made in."""
    path = os.path.abspath(store)
    while True:
        try:
            return os.stat(path).st_dev
        except OSError:
            if path == os.path.dirname(path):
                return None
            path = os.path.dirname(path)
