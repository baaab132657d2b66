"""Collect facts about the files of a store for `csrtui doctor`, without changing or refusing anything.

This also works for stores that `csrtui.store.keystore` would refuse. A system error is one of the facts. Below the
store's folder, no link is followed.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from csrtui.core.base.errors import InputError
from csrtui.core.doctor.finding import BackupFacts, BackupFileState, FileFacts, FileKind
from csrtui.store import foreign_files, safe_files
from csrtui.store.disk_errors import reason_of
from csrtui.store.saved_state import MAX_DRAFTS, draft_file
from csrtui.store.stored_pair import is_pair_file

MAX_BYTES = foreign_files.MAX_FOREIGN_BYTES
"""The maximum size of a file that is read, in bytes. Every key, CSR, record and chain is smaller."""

_READ_IN_STORE = (".last.json", *map(draft_file, range(1, MAX_DRAFTS + 1)))
_LISTED_IN_STORE = ("pairs", ".locks", ".hosts")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MOUNT_FOLDERS = ("/mnt", "/media", "/run/media")
"""The folders in which disks are mounted."""
_KINDS = {
    stat.S_IFDIR: FileKind.FOLDER,
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFLNK: FileKind.LINK,
    stat.S_IFIFO: FileKind.FIFO,
}


def store_facts(path: str) -> FileFacts | None:
    """Return the facts about the store's folder, ``pairs/``, the locks and the hosts, or None if there is no store.

    The folders of pairs are not listed (see `pair_facts`). Only the files of the saved state are read. The path may be a
    link, as for every command.
    """
    try:
        facts = _facts(path, os.stat(path))
    except FileNotFoundError:
        return FileFacts(path, FileKind.LINK) if os.path.islink(path) else None
    except OSError as error:
        return FileFacts(path, fault=reason_of(error))
    if facts.kind is not FileKind.FOLDER:
        return facts
    return _with_entries(facts, None, path, listed=_LISTED_IN_STORE, read=_READ_IN_STORE.__contains__)


def pair_facts(store: str, name: str) -> FileFacts | None:
    """Return the facts about the folder of a pair, with the content of its files, or None if it does not exist."""
    pairs = f"{store}/pairs"
    path = f"{pairs}/{name}"
    try:
        descriptor = os.open(pairs, _FOLDER_FLAGS | os.O_NOFOLLOW)
    except OSError as error:
        return FileFacts(path, fault=reason_of(error))
    try:
        facts = _examine(descriptor, name, path)
        if facts is None or facts.kind is not FileKind.FOLDER:
            return facts
        return _with_entries(facts, descriptor, name, read=is_pair_file)
    finally:
        safe_files.release(descriptor)


def backup_facts(path: str, store: str) -> BackupFacts:
    """Return the facts about a backup file. Links are followed."""
    try:
        with_store = os.stat(path).st_dev == os.stat(store).st_dev
        digest = sha256(foreign_files.read_foreign(path)).hexdigest()
    except FileNotFoundError:
        return BackupFacts(BackupFileState.MISSING)
    except InputError as error:
        return BackupFacts(BackupFileState.UNREADABLE, fault=error.message)
    except OSError as error:
        return BackupFacts(BackupFileState.UNREADABLE, fault=reason_of(error))
    except ValueError:  # a NUL in the path
        return BackupFacts(BackupFileState.UNREADABLE, fault="not a valid path")
    return BackupFacts(BackupFileState.PRESENT, digest, "", with_store)


def is_away(path: str) -> bool:
    """Return whether a missing file may be on a disk that is not connected.

    This is so if its folder is missing too, or is an empty folder at a place where disks are mounted.
    """
    folder = os.path.dirname(path)
    try:
        is_empty = not os.listdir(folder)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return True
    return is_empty and folder.startswith(_MOUNT_FOLDERS)


def is_creating(store: str) -> bool:
    """Return whether another process holds the lock for creating pairs."""
    with suppress(OSError):
        descriptor = os.open(f"{store}/.locks/creating", _FILE_FLAGS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # closing the descriptor unlocks it
        except BlockingIOError:
            return True
        finally:
            safe_files.release(descriptor)
    return False


def current_user() -> int:
    """Return the effective user ID of this process."""
    return os.geteuid()


def _with_entries(
    facts: FileFacts,
    dir_fd: int | None,
    name: str,
    *,
    listed: Collection[str] = (),
    read: Callable[[str], bool] = lambda _: False,
) -> FileFacts:
    """Return the facts about a folder, with the facts about its entries added.

    Without `dir_fd`, the folder is the store's own, which is opened by path and may be a link. The facts about
    a subfolder in `listed` include its entries, and those about a file whose name `read` accepts include its content.
    """
    try:
        descriptor = os.open(name, _FOLDER_FLAGS | (0 if dir_fd is None else os.O_NOFOLLOW), dir_fd=dir_fd)
        try:
            entries = [
                _entry_facts(descriptor, entry, f"{facts.path}/{entry}", listed, read)
                for entry in sorted(os.listdir(descriptor))
            ]
        finally:
            safe_files.release(descriptor)
    except OSError as error:
        return replace(facts, fault=reason_of(error))
    return replace(facts, entries=tuple(entry for entry in entries if entry is not None))


def _entry_facts(
    dir_fd: int, name: str, path: str, listed: Collection[str], read: Callable[[str], bool]
) -> FileFacts | None:
    facts = _examine(dir_fd, name, path)
    if facts is not None and facts.kind is FileKind.FOLDER and name in listed:
        return _with_entries(facts, dir_fd, name)
    if facts is not None and facts.kind is FileKind.FILE and read(name):
        return _with_content(facts, dir_fd, name)
    return facts


def _examine(dir_fd: int, name: str, path: str) -> FileFacts | None:
    """Return the facts about a name in a folder, or None if it was renamed or removed after the folder was listed."""
    try:
        return _facts(path, os.stat(name, dir_fd=dir_fd, follow_symlinks=False))
    except FileNotFoundError:
        return None
    except OSError as error:
        return FileFacts(path, fault=reason_of(error))


def _with_content(facts: FileFacts, dir_fd: int, name: str) -> FileFacts:
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=dir_fd)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return replace(facts, fault="it was replaced while it was examined")
            data = safe_files.read_up_to(descriptor, MAX_BYTES + 1)
        finally:
            safe_files.release(descriptor)
    except OSError as error:
        return replace(facts, fault=reason_of(error))
    if len(data) > MAX_BYTES:
        return replace(facts, fault=f"it has more than {MAX_BYTES} bytes")
    return replace(facts, data=data)


def _facts(path: str, status: os.stat_result) -> FileFacts:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), FileKind.OTHER)
    return FileFacts(path, kind, stat.S_IMODE(status.st_mode), status.st_uid)
