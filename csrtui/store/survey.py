"""A look at a whole store that changes nothing, refuses nothing, and follows no link below the store's folder.

It is for stores that `csrtui.store.keystore` would refuse: what the system says to a look is part of the facts.
"""

import fcntl
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from csrtui.core.base.errors import InputError
from csrtui.core.doctor.facts import CopySeen, CopyState, FileKind, Seen
from csrtui.store import files
from csrtui.store.saved_state import MAX_DRAFTS, draft_file

MAX_BYTES = files.MAX_FOREIGN
"""The most bytes read of a file: more than any key, CSR, record or chain has."""

_READ_IN_STORE = (".last.json", *map(draft_file, range(1, MAX_DRAFTS + 1)))
_READ_IN_PAIR = ("key.pem", "request.pem", "pair.json", "certificate.pem")
_LISTED_IN_STORE = ("pairs", ".locks", ".hosts")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = {
    stat.S_IFDIR: FileKind.FOLDER,
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFLNK: FileKind.LINK,
    stat.S_IFIFO: FileKind.FIFO,
}

_Look = Callable[[int, str, str], Seen | None]
"""Looks at a name in the folder of a descriptor, whose whole path is the last argument."""


def look_at_store(path: str) -> Seen | None:
    """Return the store's folder with what is in it, in ``pairs/``, the locks and the hosts; None where there is none.

    The folders of pairs are not listed (`look_at_pair`); only what is remembered between runs is read.

    Args:
        path: The store's folder, absolute; it may be a link, as for every command.
    """
    try:
        seen = _seen(path, os.stat(path))
    except FileNotFoundError:
        return Seen(path, FileKind.LINK) if os.path.islink(path) else None
    except OSError as error:
        return Seen(path, fault=_reason(error))
    return _listed(seen, None, path, _look_in_store) if seen.kind is FileKind.FOLDER else seen


def look_at_pair(store: str, name: str) -> Seen | None:
    """Return the folder of a pair, its files read; None when it is gone.

    Args:
        store: The store's folder.
        name: What lies in its ``pairs/``.
    """
    pairs = f"{store}/pairs"
    try:
        descriptor = os.open(pairs, _FOLDER_FLAGS | os.O_NOFOLLOW)
    except OSError as error:
        return Seen(f"{pairs}/{name}", fault=_reason(error))
    try:
        return _look(descriptor, name, f"{pairs}/{name}", listed=_look_in_pair)
    finally:
        files.release(descriptor)


def look_at_copy(path: str, store: str) -> CopySeen:
    """Return what is found of the file of a backup; links outside the store are followed.

    Args:
        path: The file.
        store: The store's folder, to tell whether both are on one file system.
    """
    try:
        found = os.stat(path)
        with_store = found.st_dev == os.stat(store).st_dev
        return CopySeen(CopyState.THERE, sha256(files.read_foreign(path)).hexdigest(), "", with_store)
    except FileNotFoundError:
        return CopySeen(CopyState.MISSING)
    except InputError as error:
        return CopySeen(CopyState.UNREADABLE, fault=error.what)
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        return CopySeen(CopyState.UNREADABLE, fault=_reason(error))


def is_creating(store: str) -> bool:
    """Whether another process is making a pair at this moment: whether it shares the lock that says so."""
    with suppress(OSError):
        descriptor = os.open(f"{store}/.locks/creating", _FILE_FLAGS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the close lets it go
        except BlockingIOError:
            return True
        finally:
            files.release(descriptor)
    return False


def current_user() -> int:
    """Return the number of the user that this process acts as."""
    return os.geteuid()


def _look_in_store(dir_fd: int, name: str, path: str) -> Seen | None:
    listed = _look if name in _LISTED_IN_STORE else None
    return _look(dir_fd, name, path, listed=listed, read=name in _READ_IN_STORE)


def _look_in_pair(dir_fd: int, name: str, path: str) -> Seen | None:
    return _look(dir_fd, name, path, read=name in _READ_IN_PAIR)


def _look(
    dir_fd: int, name: str, path: str, *, listed: _Look | None = None, read: bool = False
) -> Seen | None:
    """Look at one name; a folder's entries are looked at with `listed`, a file's content is read if asked for."""
    try:
        seen = _seen(path, os.stat(name, dir_fd=dir_fd, follow_symlinks=False))
    except FileNotFoundError:
        return None  # renamed or dropped since the folder was listed
    except OSError as error:
        return Seen(path, fault=_reason(error))
    if seen.kind is FileKind.FOLDER and listed is not None:
        return _listed(seen, dir_fd, name, listed)
    if seen.kind is FileKind.FILE and read:
        return _with_content(seen, dir_fd, name)
    return seen


def _listed(seen: Seen, dir_fd: int | None, name: str, look: _Look) -> Seen:
    # Only the store's own folder is opened by its path, and may be a link.
    follow = os.O_NOFOLLOW if dir_fd is not None else 0
    try:
        descriptor = os.open(name, _FOLDER_FLAGS | follow, dir_fd=dir_fd)
        try:
            names = sorted(os.listdir(descriptor))
            found = (look(descriptor, entry, f"{seen.path}/{entry}") for entry in names)
            return replace(seen, entries=tuple(entry for entry in found if entry is not None))
        finally:
            files.release(descriptor)
    except OSError as error:
        return replace(seen, fault=_reason(error))


def _with_content(seen: Seen, dir_fd: int, name: str) -> Seen:
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=dir_fd)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return replace(seen, fault="it is another file than a moment ago")
            data = _read(descriptor)
        finally:
            files.release(descriptor)
    except OSError as error:
        return replace(seen, fault=_reason(error))
    if len(data) > MAX_BYTES:
        return replace(seen, fault=f"it has more than {MAX_BYTES} bytes")
    return replace(seen, data=data)


def _seen(path: str, found: os.stat_result) -> Seen:
    kind = _KINDS.get(stat.S_IFMT(found.st_mode), FileKind.OTHER)
    return Seen(path, kind, stat.S_IMODE(found.st_mode), found.st_uid)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _read(descriptor: int) -> bytes:
    """All of a file, or one byte more than `MAX_BYTES`."""
    parts, wanted = [], MAX_BYTES + 1
    while wanted and (part := os.read(descriptor, wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
