"""Manage the folder of a store, its locks, and the state kept in it between runs: drafts, dialog defaults, other hosts.

The folder is checked before it is opened. Each host has its own file, so that one damaged file does not affect the other
hosts.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.store import locks, safe_files
from csrtui.store.disk_errors import disk_error
from csrtui.store.permissions import PRIVATE_FILE, require_safe_ancestors
from csrtui.store.verbose_log import log

LOCKS = ".locks"


class StoreFolder:
    """A folder that only the user can read and write, with the locks in it.

    Creating an instance reads and writes nothing.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._has_safe_ancestors = False

    def exists(self) -> bool:
        """Return whether the folder exists, or True if this cannot be determined: opening it then shows the reason."""
        try:
            os.stat(self.path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def create(self) -> None:
        """Create the folder and the missing folders above it.

        Raises:
            StoreError: The folder is not safe, or cannot be created.
        """
        with self._write_access("cannot create the keystore"):
            pass

    def _open(self) -> int:
        """Return the descriptor of the store's folder. The folders above it are checked only once."""
        descriptor = safe_files.open_folder(self.path, self.path, may_be_link=True)
        try:
            if not self._has_safe_ancestors:
                require_safe_ancestors(self.path)
        except BaseException:
            safe_files.release(descriptor)
            raise
        self._has_safe_ancestors = True
        return descriptor

    @contextmanager
    def _write_access(self, failure: str) -> Iterator[int]:
        """Create the store's folder if necessary, and yield its descriptor.

        Every `OSError` becomes a `StoreError` whose message begins with `failure`.
        """
        try:
            if not self._has_safe_ancestors:
                require_safe_ancestors(self.path)  # before anything is created in an unsafe place
            safe_files.make_folders(self.path)
            descriptor = self._open()
            try:
                yield descriptor
            finally:
                safe_files.release(descriptor)
        except OSError as error:
            raise disk_error(failure, self.path, error) from error

    @contextmanager
    def _read_access(self, failure: str = "cannot read the store") -> Iterator[int | None]:
        """Yield the descriptor of the store's folder, or None if it does not exist. Errors are as for `_write_access`."""
        try:
            descriptor = self._open()
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise disk_error("cannot open the store", self.path, error) from error
        try:
            yield descriptor
        except OSError as error:
            raise disk_error(failure, self.path, error) from error
        finally:
            safe_files.release(descriptor)

    @contextmanager
    def _subfolder(self, store_fd: int, name: str) -> Iterator[int]:
        descriptor = safe_files.open_folder(name, os.path.join(self.path, name), store_fd)
        try:
            yield descriptor
        finally:
            safe_files.release(descriptor)

    @contextmanager
    def _lock_folder(self, store_fd: int) -> Iterator[int]:
        safe_files.make_folder(LOCKS, store_fd)
        with self._subfolder(store_fd, LOCKS) as folder:
            yield folder

    @contextmanager
    def _lock(
        self, store_fd: int, name: str, subject: str, sharing: locks.Sharing, timeout: float = locks.TIMEOUT
    ) -> Iterator[None]:
        with self._lock_folder(store_fd) as folder, locks.hold(folder, name, subject, sharing, timeout):
            yield


MAX_DRAFTS = 16
"""The maximum number of drafts in a store."""

_LAST_USED, _HOSTS = ".last.json", ".hosts"
_EARLY_HOSTS = ".fleet-{}.json"
"""The file in which release 0.1.0 kept the states of all hosts of an inventory. It is read but never written."""
_SAVE_LOCK = "draft"
"""The lock for replacing any of the files in this module."""
_HOST_FILE = r"(?P<inventory>[0-9a-f]{16})-(?P<host>[0-9a-f]{64})\.json"


class SavedDraft(NamedTuple):
    """A draft in the store.

    Attributes:
        number: The number of the draft, from 1 to `MAX_DRAFTS`.
        data: The draft as JSON.
        changed: The time of the last change, in nanoseconds since the epoch.
    """

    number: int
    data: bytes
    changed: int


class SavedState(StoreFolder):
    """The state in a store's folder: drafts, defaults of dialogs, and states of hosts. The arguments are those of `StoreFolder`."""

    def drafts(self) -> list[SavedDraft]:
        """Return the readable drafts, including those of running sessions, newest first."""
        drafts = []
        with self._read_access() as store_fd:
            for number in range(1, MAX_DRAFTS + 1) if store_fd is not None else ():
                try:
                    status = os.stat(draft_file(number), dir_fd=store_fd, follow_symlinks=False)
                    data = self.load_draft(number)
                except (FileNotFoundError, StoreError):
                    continue
                if data is not None:
                    drafts.append(SavedDraft(number, data, status.st_mtime_ns))
        return sorted(drafts, key=lambda draft: draft.changed, reverse=True)

    def load_draft(self, number: int = 1) -> bytes | None:
        """Return the draft with a number, or None if it does not exist."""
        return self._load(draft_file(number))

    def save_draft(self, data: bytes, number: int = 1) -> None:
        """Save a half-filled form, replacing the draft with that number.

        Raises:
            StoreError: Nothing was replaced.
            NotConfirmedError: The draft was replaced, but the disk did not confirm this.
        """
        self._save(draft_file(number), lambda: data, "the draft")

    @contextmanager
    def lock_drafts(self) -> Iterator[None]:
        """Keep other sessions from locking drafts while the block looks for free drafts.

        Raises:
            StoreError: The store cannot be written to, or another session holds the lock for too long.
        """
        with (
            self._write_access("cannot lock the drafts in") as store_fd,
            self._lock(store_fd, _SAVE_LOCK, "the draft", locks.Sharing.EXCLUSIVE),
        ):
            yield

    def lock_draft(self, number: int) -> int | None:
        """Lock a draft for this session and return the descriptor of the lock. Closing it releases the lock.

        Call this within `lock_drafts`. Otherwise, another session that looks for a free draft may hold the lock briefly.

        Returns:
            The descriptor, or None if a running session holds the lock.

        Raises:
            ReadOnlyError: The store has no locks or cannot be written to.
        """
        with self._write_access("cannot lock a draft in") as store_fd, self._lock_folder(store_fd) as folder:
            return locks.take(folder, f"draft-{number}", "the draft")

    def load_last_used(self) -> bytes | None:
        """Return the data that `update_last_used` saved last, or None."""
        return self._load(_LAST_USED)

    def update_last_used(self, update: Callable[[bytes | None], bytes]) -> None:
        """Replace the defaults of dialogs under a lock. The errors are the same as for `save_draft`.

        `update` is called with the saved defaults, or None, and returns the new ones.
        """
        self._save(_LAST_USED, lambda: update(self._load(_LAST_USED)), "the defaults of the dialogs")

    def load_hosts(self, inventory: str) -> Iterator[tuple[str, bytes]]:
        """Yield the digest of each host of an inventory and the data that `save_host` saved for it.

        A file that cannot be read because of its mode, owner or size, or because of a disk error, is left out.
        Its host is then read again.

        Args:
            inventory: The digest that identifies the inventory, 16 hex digits.
        """
        with self._read_access() as store_fd:
            if store_fd is None or not safe_files.exists(store_fd, _HOSTS):
                return
            with self._subfolder(store_fd, _HOSTS) as folder:
                for name in sorted(os.listdir(folder)):
                    match = re.fullmatch(_HOST_FILE, name)
                    if match is None or match["inventory"] != inventory:
                        continue
                    path = os.path.join(self.path, _HOSTS, name)
                    try:
                        data = safe_files.read_store_file(folder, name, path, PRIVATE_FILE)
                    except (OSError, StoreError):
                        continue
                    yield match["host"], data

    def load_early_hosts(self, inventory: str) -> bytes | None:
        """Return the states that release 0.1.0 saved for the hosts of an inventory, or None."""
        return self._load(_EARLY_HOSTS.format(inventory))

    def save_host(self, inventory: str, host: str, data: bytes) -> None:
        """Replace the state of one host. Other hosts' files stay unchanged. The errors are the same as for `save_draft`.

        Args:
            inventory: The digest that identifies the inventory, 16 hex digits.
            host: The digest of the host's name, 64 hex digits. A host name is never part of a path.
            data: The state. Its maximum size is `safe_files.MAX_STORE_FILE_BYTES`, the limit of `load_hosts`.
        """
        subject = "the state of the hosts"
        with (
            self._write_access(f"cannot save {subject} in") as store_fd,
            self._lock(store_fd, _SAVE_LOCK, subject, locks.Sharing.EXCLUSIVE),
        ):
            safe_files.make_folder(_HOSTS, store_fd)
            with self._subfolder(store_fd, _HOSTS) as folder:
                _replace(folder, f"{inventory}-{host}.json", data, subject)

    def _load(self, name: str) -> bytes | None:
        with self._read_access() as store_fd:
            if store_fd is None:
                return None
            try:
                return safe_files.read_store_file(store_fd, name, os.path.join(self.path, name), PRIVATE_FILE)
            except FileNotFoundError:
                return None

    def _save(self, name: str, content: Callable[[], bytes], subject: str) -> None:
        with (
            self._write_access(f"cannot save {subject} in") as store_fd,
            # All files share one lock. Otherwise, removing the leftovers of a crash could remove a file that is being
            # written.
            self._lock(store_fd, _SAVE_LOCK, subject, locks.Sharing.EXCLUSIVE),
        ):
            _replace(store_fd, name, content(), subject)
        log("replaced", os.path.join(self.path, name))


def draft_file(number: int) -> str:
    """Return the name of the file that contains a draft."""
    return ".draft.json" if number == 1 else f".draft-{number}.json"


def _replace(dir_fd: int, name: str, data: bytes, subject: str) -> None:
    safe_files.remove_temporary_files(dir_fd)
    safe_files.replace_file(dir_fd, name, data, PRIVATE_FILE)
    safe_files.flush_folder(dir_fd, subject)
