"""Files made, replaced and read so that none is ever half there, too open, or somebody else's.

All of it works on names relative to the descriptor of a folder that has been judged, so that no path is
looked up twice. A failed fsync is never tried again: the second one would claim success for data that
the kernel has already dropped.
"""

import os
import stat
from contextlib import suppress

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.store.disk_errors import foreign_refusal
from csrtui.store.permissions import FOLDER, Demand, judge

MAX_FOREIGN = 1024 * 1024
"""The most bytes read of a file that somebody else made."""

MAX_OWN = 16 * 1024 * 1024
"""The most bytes read of a file of the store; far more than any pair needs."""

TEMPORARY = ".tmp-"
"""How the names of files begin that are about to replace another."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 64 * 1024


def random_suffix() -> str:
    """Return 16 hexadecimal digits that nobody can guess."""
    return os.urandom(8).hex()


def release(descriptor: int) -> None:
    """Close a descriptor through which nothing was written.

    That the close fails loses nothing, so it must not turn a pair that is kept into one that seems not to
    be. What was written through a descriptor is closed with `os.close`, whose errors count.
    """
    with suppress(OSError):
        os.close(descriptor)


def make_folders(path: str) -> None:
    """Make a folder and those above it that are missing, each 0700 whatever the umask, each on disk.

    Args:
        path: An absolute path.

    Raises:
        OSError: One of them cannot be made, or the path cannot be looked up.
    """
    path = os.path.abspath(path)
    missing = []
    while not _is_there(path):
        missing.append(path)
        path = os.path.dirname(path)
    for folder in reversed(missing):
        parent = os.open(os.path.dirname(folder), _FOLDER_FLAGS)
        try:
            make_folder(os.path.basename(folder), parent)
        finally:
            release(parent)


def _is_there(path: str) -> bool:
    """Whether a path leads anywhere; any other answer than yes and no (too long, not allowed) is raised."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    return True


def make_folder(name: str, dir_fd: int) -> None:
    """Make one folder, 0700 whatever the umask, unless it is there.

    Who finds it there may be ahead of the process that is about to flush it. Nothing is lost by that:
    file systems with a journal write in order, so that what is flushed inside it brings it along.

    Raises:
        OSError: It cannot be made.
    """
    with suppress(FileExistsError):
        os.mkdir(name, FOLDER.mode, dir_fd=dir_fd)
        os.chmod(name, FOLDER.mode, dir_fd=dir_fd)
        os.fsync(dir_fd)


def exists(dir_fd: int, name: str) -> bool:
    """Whether there is anything of that name in a folder, a link that leads nowhere included.

    Raises:
        OSError: It cannot be told.
    """
    try:
        os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def drop_temporary(dir_fd: int) -> None:
    """Remove what a replacement that broke off left in a folder; who calls it holds the lock.

    Raises:
        OSError: It cannot be removed.
    """
    for name in os.listdir(dir_fd):
        if name.startswith(TEMPORARY):
            os.unlink(name, dir_fd=dir_fd)


def open_folder(name: str, path: str, dir_fd: int | None = None, *, link: bool = False) -> int:
    """Return the descriptor of a folder after judging it.

    Args:
        name: Its name in `dir_fd`, or its path.
        path: Its whole path, for messages.
        dir_fd: The folder it is in, or None when `name` is a path.
        link: Whether a symbolic link to it will do (for the store itself only).

    Raises:
        StoreError: It is not safe (`modes.judge`).
        OSError: It cannot be opened.
    """
    if not link:
        judge(path, os.stat(name, dir_fd=dir_fd, follow_symlinks=False), FOLDER)
    descriptor = os.open(name, _FOLDER_FLAGS | (0 if link else os.O_NOFOLLOW), dir_fd=dir_fd)
    try:
        judge(path, os.fstat(descriptor), FOLDER)
    except BaseException:
        release(descriptor)
        raise
    return descriptor


def write_new(dir_fd: int, name: str, data: bytes, demand: Demand) -> None:
    """Write a file that is not there yet, and see it to the disk.

    On any failure the file is removed again.

    Raises:
        FileExistsError: Something of that name is there; it is left alone.
        OSError: It cannot be written or flushed.
    """
    descriptor = write_unflushed(dir_fd, name, data, demand)
    try:
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=dir_fd)
        raise


def write_unflushed(dir_fd: int, name: str, data: bytes, demand: Demand) -> int:
    """Write a file that is not there yet; return its descriptor, for the caller to flush and to close.

    On any failure the file is removed again.

    Raises:
        FileExistsError: Something of that name is there; it is left alone.
        OSError: It cannot be written.
    """
    descriptor = os.open(name, _NEW_FLAGS, demand.mode, dir_fd=dir_fd)
    try:
        fill(descriptor, data, demand)
    except BaseException:
        release(descriptor)
        with suppress(OSError):
            os.unlink(name, dir_fd=dir_fd)
        raise
    return descriptor


def fill(descriptor: int, data: bytes, demand: Demand) -> None:
    """Give a new file its mode and its content; the caller flushes it.

    Raises:
        OSError: It is not what it should be.
    """
    _give_mode(descriptor, demand)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _give_mode(descriptor: int, demand: Demand) -> None:
    """Give a file its mode; where none is forbidden, a file system without modes will do."""
    try:
        os.fchmod(descriptor, demand.mode)
    except OSError:
        if demand.forbidden:
            raise


def replace(dir_fd: int, name: str, data: bytes, demand: Demand, temporary: str | None = None) -> None:
    """Put a file in the place of another (or of none) in one step; the old one stays until then.

    The caller flushes the folder (`flush_folder`).

    Args:
        dir_fd: The folder.
        name: The file's name.
        data: All of it.
        demand: Its mode.
        temporary: What it is called until then; by default a name that nobody can guess (`drop_temporary`).

    Raises:
        OSError: Nothing was replaced.
    """
    temporary = temporary or f"{TEMPORARY}{random_suffix()}"
    write_new(dir_fd, temporary, data, demand)
    try:
        os.rename(temporary, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=dir_fd)
        raise


def read_own(dir_fd: int, name: str, path: str, demand: Demand) -> bytes:
    """Return the content of a file of the store after judging it.

    Args:
        dir_fd: The folder it is in.
        name: Its name there, or a path below it whose folders have been judged.
        path: Its whole path, for messages.
        demand: What it has to be.

    Raises:
        StoreError: It is not safe, or larger than anything of the store.
        OSError: It cannot be opened or read.
    """
    judge(path, os.stat(name, dir_fd=dir_fd, follow_symlinks=False), demand)
    descriptor = os.open(name, _READ_FLAGS, dir_fd=dir_fd)
    try:
        found = os.fstat(descriptor)
        judge(path, found, demand)
        data = _read(descriptor, MAX_OWN)
    finally:
        release(descriptor)
    if len(data) > MAX_OWN:
        raise StoreError(f"{visible(path)} is too large to be a file of the store")
    return data


def read_foreign(path: str, limit: int = MAX_FOREIGN) -> bytes:
    """Return the content of a regular file that somebody else made.

    Args:
        path: Where it is; links are followed.
        limit: The most bytes it may have.

    Raises:
        InputError: It is missing, cannot be opened, is not a regular file, or has more than `limit` bytes.
    """
    descriptor = open_foreign(path)
    try:
        data = _read(descriptor, limit)
    except OSError as error:
        raise foreign_refusal(path, error) from error
    finally:
        release(descriptor)
    if len(data) > limit:
        raise InputError(f"{visible(path)} has more than {limit} bytes, which is too much for what is asked")
    return data


def open_foreign(path: str) -> int:
    """Return the descriptor of a regular file that somebody else made.

    It is looked at before it is opened, because opening alone sets some devices going; and opened without
    blocking, so that a FIFO that took its place meanwhile is refused at once.

    Args:
        path: Where it is; links are followed.

    Raises:
        InputError: It is missing, cannot be opened, or is not a regular file.
    """
    try:
        _refuse_special(path, os.stat(path))
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _refuse_special(path, os.fstat(descriptor))
        except BaseException:
            release(descriptor)
            raise
    except OSError as error:
        raise foreign_refusal(path, error) from error
    except ValueError as error:
        raise InputError(f"{visible(path)} is not a valid path") from error
    return descriptor


def _refuse_special(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{visible(path)} is a folder, where a file should be")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{visible(path)} is not a regular file")


def flush_folder(descriptor: int) -> None:
    """See the names in a folder to the disk.

    Raises:
        OSError: The disk did not confirm it; what was renamed is visible all the same.
    """
    os.fsync(descriptor)


def _read(descriptor: int, limit: int) -> bytes:
    """Up to `limit` bytes and one more, which tells the caller that there were more."""
    parts = []
    wanted = limit + 1
    while wanted:
        part = os.read(descriptor, min(wanted, _CHUNK))
        if not part:
            break
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
