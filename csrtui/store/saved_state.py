"""Save state between runs: drafts of the form, defaults of dialogs, and the last known state of other hosts.

Each host has a file of its own, so that a damaged one loses no other.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.store import files, locks
from csrtui.store.folder import StoreFolder
from csrtui.store.permissions import PRIVATE_FILE
from csrtui.store.stored_pair import confirm

MAX_DRAFTS = 16
"""How many drafts a store keeps."""

_LAST, _HOSTS = ".last.json", ".hosts"
_SAVING = "draft"
"""The lock under which any of them is replaced."""


class SavedDraft(NamedTuple):
    """A draft in the store.

    Attributes:
        number: Which, from 1 to `MAX_DRAFTS`.
        data: The draft as JSON.
        changed: When it was saved last, in nanoseconds since the epoch.
    """

    number: int
    data: bytes
    changed: int


class SavedState(StoreFolder):
    """The files of a store that are not pairs; its arguments are those of `StoreFolder`."""

    def drafts(self) -> list[SavedDraft]:
        """Return the drafts that can be read, the newest first, those of running sessions too."""
        drafts = []
        with self._reading() as store_fd:
            for number in range(1, MAX_DRAFTS + 1) if store_fd is not None else ():
                try:
                    changed = os.stat(draft_file(number), dir_fd=store_fd, follow_symlinks=False).st_mtime_ns
                    data = self.load_draft(number)
                except (FileNotFoundError, StoreError):
                    continue
                if data is not None:
                    drafts.append(SavedDraft(number, data, changed))
        return sorted(drafts, key=lambda draft: draft.changed, reverse=True)

    def load_draft(self, number: int = 1) -> bytes | None:
        """Return what `save_draft` saved last under a number, or None."""
        return self._load(draft_file(number))

    def save_draft(self, data: bytes, number: int = 1) -> None:
        """Keep a half-filled form, in place of the one before under that number.

        Raises:
            StoreError: The one before is still there.
            NotConfirmedError: It was replaced, but the disk did not confirm it.
        """
        self._save(draft_file(number), lambda: data, "the draft")

    def remove_draft(self, number: int) -> None:
        """Remove a draft, if it exists.

        Raises:
            StoreError: It cannot be removed.
        """
        with self._writing("cannot remove a draft from") as store_fd:
            if files.exists(store_fd, draft_file(number)):
                os.unlink(draft_file(number), dir_fd=store_fd)

    @contextmanager
    def choosing_draft(self) -> Iterator[None]:
        """Keep other sessions from locking drafts while the block looks which of them are free.

        Raises:
            StoreError: The store cannot be written to, or another session holds it for too long.
        """
        with (
            self._writing("cannot lock the drafts in") as store_fd,
            self._lock(store_fd, _SAVING, "the draft", locks.Sharing.EXCLUSIVE),
        ):
            yield

    def hold_draft(self, number: int) -> int | None:
        """Lock a draft for this session; return the descriptor that holds the lock until it is closed.

        Call it within `choosing_draft`: another session may hold a lock for a moment only to see whether it can.

        Returns:
            None where a running session holds it.

        Raises:
            ReadOnlyError: The store has no locks or takes no writes.
        """
        with self._writing("cannot lock a draft in") as store_fd, self._lock_folder(store_fd) as folder:
            return locks.take(folder, f"draft-{number}", "the draft")

    def load_last(self) -> bytes | None:
        """Return what `update_last` saved last, or None."""
        return self._load(_LAST)

    def update_last(self, update: Callable[[bytes | None], bytes]) -> None:
        """Replace what dialogs begin with next time, with no other session in between; raises as `save_draft`.

        Args:
            update: Returns what to save, from what is saved (None where nothing is).
        """
        self._save(_LAST, lambda: update(self._load(_LAST)), "what was used last")

    def load_hosts(self, inventory: str) -> Iterator[tuple[str, bytes]]:
        """Give the digest of each host of an inventory, and what `save_host` wrote of it; unsafe files are left out.

        Args:
            inventory: The digest that stands for the inventory.
        """
        with self._reading() as store_fd:
            if store_fd is None or not files.exists(store_fd, _HOSTS):
                return
            path = os.path.join(self.path, _HOSTS)
            folder = files.open_folder(_HOSTS, path, store_fd)
            try:
                yield from read_each(folder, path, inventory)
            finally:
                files.release(folder)

    def save_host(self, inventory: str, host: str, data: bytes) -> None:
        """Replace what is known of one host; the files of all others stay as they are. Raises as `save_draft`.

        Args:
            inventory: The digest that stands for the inventory.
            host: The digest that stands for the host: no name of a host is ever part of a path.
            data: At most `files.MAX_OWN` bytes, which is what `load_hosts` reads.
        """
        what = "what is known of the hosts"
        with (
            self._writing(f"cannot keep {what} in") as store_fd,
            self._lock(store_fd, _SAVING, what, locks.Sharing.EXCLUSIVE),
        ):
            files.make_folder(_HOSTS, store_fd)
            folder = files.open_folder(_HOSTS, os.path.join(self.path, _HOSTS), store_fd)
            try:
                replace(folder, inventory, host, data)
                confirm(folder, what)
            finally:
                files.release(folder)
            drop_old(store_fd, inventory)

    def _load(self, name: str) -> bytes | None:
        with self._reading() as store_fd:
            if store_fd is None:
                return None
            try:
                return files.read_own(store_fd, name, os.path.join(self.path, name), PRIVATE_FILE)
            except FileNotFoundError:
                return None

    def _save(self, name: str, content: Callable[[], bytes], what: str) -> None:
        with (
            self._writing(f"cannot keep {what} in") as store_fd,
            # One lock for all of them: dropping what a crash left must not meet another's file half written.
            self._lock(store_fd, _SAVING, what, locks.Sharing.EXCLUSIVE),
        ):
            files.drop_temporary(store_fd)
            files.replace(store_fd, name, content(), PRIVATE_FILE)
            confirm(store_fd, what)


def draft_file(number: int) -> str:
    """Return the name of the file of a draft."""
    return ".draft.json" if number == 1 else f".draft-{number}.json"


_NAME = re.compile(r"(?P<inventory>[0-9a-f]{16})-(?P<host>[0-9a-f]{64})\.json")


def read_each(folder_fd: int, path: str, inventory: str) -> Iterator[tuple[str, bytes]]:
    """Give the digest of each host of an inventory and the content of its file.

    A file that cannot be read (its mode, its owner, its size, the disk) is left out: its host is asked again.

    Args:
        folder_fd: The folder.
        path: Its path, for messages.
        inventory: The digest of the inventory, 16 hex digits.

    Raises:
        OSError: The folder cannot be listed.
    """
    for name in sorted(os.listdir(folder_fd)):
        match = _NAME.fullmatch(name)
        if match is None or match["inventory"] != inventory:
            continue
        try:
            data = files.read_own(folder_fd, name, os.path.join(path, name), PRIVATE_FILE)
        except (OSError, StoreError):
            continue
        yield match["host"], data


def replace(folder_fd: int, inventory: str, host: str, data: bytes) -> None:
    """Put a new file in the place of that of a host; the old one stays until the new one is on disk.

    Args:
        folder_fd: The folder; the caller holds the lock and flushes the folder.
        inventory: The digest of the inventory, 16 hex digits.
        host: The digest of the host's name, 64 hex digits.
        data: All of it.

    Raises:
        OSError: Nothing was replaced.
    """
    files.drop_temporary(folder_fd)
    files.replace(folder_fd, f"{inventory}-{host}.json", data, PRIVATE_FILE)


def drop_old(store_fd: int, inventory: str) -> None:
    """Remove the one file for all hosts of an inventory that an earlier csrtui wrote; it is not read any more.

    Raises:
        OSError: It cannot be removed.
    """
    with suppress(FileNotFoundError):
        os.unlink(f".fleet-{inventory}.json", dir_fd=store_fd)
