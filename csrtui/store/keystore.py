"""Store each pair in a folder that is either complete or does not exist.

`csrtui/docs/files.md` describes the layout. A folder in ``pairs/`` with a valid pair name is a pair. An
entry whose name begins with a dot is an unfinished creation, a lock or saved state.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.pairs.pair_name import PAIR_NAME, check_pair_name
from csrtui.store import locks, safe_files
from csrtui.store.creation import FreeNames, PairFiles, create_pairs, discard, leftovers
from csrtui.store.disk_errors import NotConfirmedError, ReadOnlyError, disk_error
from csrtui.store.saved_state import SavedState
from csrtui.store.stored_pair import (
    KEY_FILE,
    ListedPair,
    PairChange,
    StoredPair,
    list_pair,
    read_pair,
    read_pair_file,
    read_stamp,
    touch,
)
from csrtui.store.verbose_log import log

__all__ = ["FreeNames", "Keystore", "ListedPair", "PairChange", "PairFiles", "StoredPair"]

PAIRS = "pairs"
_CREATE_LOCK = "creating"
"""The lock for creating pairs. Creations share it; only the removal of leftovers takes it exclusively."""
_RESTORE_LOCK = "restoring"


class Keystore(SavedState):
    """The pairs in one folder.

    Creating an instance reads and writes nothing. A missing folder is an empty store, and is created with the first
    pair. Every method raises `StoreError` if the store cannot be used, because it is not safe
    (`csrtui.store.permissions`), busy or damaged, or because of a disk error.

    Args:
        path: The absolute path of the store's folder.

    Attributes:
        is_dry_run: Whether changes are only rehearsed (`csrtui.store.dry_run`), so that nothing may be written.
    """

    is_dry_run = False

    def pair_path(self, name: str) -> str:
        """Return the path of a pair's folder."""
        return os.path.join(self.path, PAIRS, check_pair_name(name))

    # Writing

    def add(self, base: str, pair: PairFiles) -> str:
        """Add a pair and return its name.

        The pair is written into a hidden folder, which is renamed when every byte is on disk. So no other process ever
        sees an incomplete pair, and no crash ever leaves one.

        Args:
            base: The preferred name. If it exists, ``base-2``, ``base-3`` and so on are used.
            pair: The files of the pair.

        Raises:
            StoreError: Nothing was added.
            NotConfirmedError: The pair exists, but might not survive a power cut.
        """
        result = self.add_many([(base, pair)], FreeNames())[0]
        if isinstance(result, StoreError):
            raise result
        return result

    def add_many(self, pairs: Sequence[tuple[str, PairFiles]], names: FreeNames) -> list[str | StoreError]:
        """Add several pairs as `add` does, but flush them together.

        Args:
            pairs: The preferred name and the files of each pair.
            names: The free names that the run has found so far. Pass the same object for all pairs of a run.

        Returns:
            The name of each pair, or the error if it was not added. A `NotConfirmedError` means that the pair was added
            but might not survive a power cut.

        Raises:
            StoreError: No pair was added.
        """
        for base, _ in pairs:
            check_pair_name(base)
        failure = "cannot save the pair in"
        with self._write_access(failure) as store_fd:
            safe_files.make_folder(PAIRS, store_fd)
            with self._subfolder(store_fd, PAIRS) as pairs_fd:
                with self._lock(store_fd, _CREATE_LOCK, "the store", locks.Sharing.SHARED):
                    results = create_pairs(pairs_fd, pairs, names)
                touch(pairs_fd)
                is_confirmed = _flush(pairs_fd)
        for result in results:
            if isinstance(result, str):
                log("created", self.pair_path(result))
        return [
            disk_error(failure, self.path, result)
            if isinstance(result, OSError)
            else (result if is_confirmed else NotConfirmedError(result))
            for result in results
        ]

    @contextmanager
    def lock_for_restore(self) -> Iterator[None]:
        """Keep other processes from restoring pairs while the block checks that a pair does not exist, and adds it.

        Raises:
            StoreError: Another process is restoring a pair, or the store cannot be written to.
        """
        with (
            self._write_access("cannot restore into") as store_fd,
            self._lock(store_fd, _RESTORE_LOCK, "the store", locks.Sharing.EXCLUSIVE),
        ):
            yield

    @contextmanager
    def change(self, name: str) -> Iterator[PairChange]:
        """Lock a pair and yield an object that reads and replaces its record and certificate.

        Raises:
            InputError: There is no pair of that name.
            StoreError: Another process holds the lock.
        """
        path = self.pair_path(name)
        with (
            self._read_access(f"cannot change {name} in") as maybe_store_fd,
            self._pair(maybe_store_fd, name) as (store_fd, pairs_fd, folder),
            self._lock(store_fd, f"pair-{name}", f"the pair {name}", locks.Sharing.EXCLUSIVE),
        ):
            safe_files.remove_temporary_files(folder)
            change = PairChange(folder, name, path)
            try:
                yield change
            finally:
                if change.is_changed:
                    touch(pairs_fd)

    def remove_leftovers(self) -> list[str]:
        """Remove the folders of interrupted creations and return their names.

        Do nothing while pairs are being created, or if the store does not exist or cannot be written to.
        """
        try:
            with self._read_access() as store_fd, self._pairs(store_fd) as pairs_fd:
                if store_fd is None or pairs_fd is None or not leftovers(pairs_fd):
                    return []
                with self._lock(store_fd, _CREATE_LOCK, "the store", locks.Sharing.EXCLUSIVE, timeout=0):
                    names = leftovers(pairs_fd)  # listed again, now that no pair is being created
                    for name in names:
                        discard(pairs_fd, name)
                    return [name for name in names if not safe_files.exists(pairs_fd, name)]
        except (locks.BusyError, ReadOnlyError):
            return []

    def leftovers(self) -> list[str]:
        """Return the paths of the hidden folders of pairs that are being created or whose creation was interrupted."""
        with self._read_access() as store_fd, self._pairs(store_fd) as pairs_fd:
            names = [] if pairs_fd is None else leftovers(pairs_fd)
            return [os.path.join(self.path, PAIRS, name) for name in names]

    # Reading

    def generation(self) -> int:
        """Return a number that changes whenever any session adds or changes a pair, or 0 if there is no store."""
        return read_stamp(os.path.join(self.path, PAIRS))

    def names(self) -> list[str]:
        """Return the names of all pairs, sorted."""
        with self._read_access() as store_fd, self._pairs(store_fd) as pairs_fd:
            return [] if pairs_fd is None else _pair_names(pairs_fd)

    def listing(self, names: Iterable[str] | None = None) -> Iterator[ListedPair]:
        """Yield the records of pairs. For a damaged, unsafe or missing pair, the error takes the place of the record.

        Args:
            names: The names of the pairs, in the order of the result, or None for all pairs, sorted by name.
        """
        with self._read_access() as store_fd, self._pairs(store_fd) as pairs_fd:
            if pairs_fd is not None:
                for name in _pair_names(pairs_fd) if names is None else names:
                    yield list_pair(pairs_fd, name, self.pair_path(name))

    @contextmanager
    def folders(self) -> Iterator[tuple[int, int] | None]:
        """Yield the descriptors of the store and of ``pairs/`` for work on all pairs, or None if there are no pairs."""
        with self._read_access() as store_fd, self._pairs(store_fd) as pairs_fd:
            yield None if store_fd is None or pairs_fd is None else (store_fd, pairs_fd)

    def has_pair(self, name: str) -> bool:
        """Return whether the path of a pair exists, even if it does not contain a complete pair."""
        return os.path.lexists(self.pair_path(name))

    def read(self, name: str) -> StoredPair:
        """Return the files of a pair except its key.

        Raises:
            InputError: There is no pair of that name.
        """
        path = self.pair_path(name)
        with self._read_access() as store_fd, self._pair(store_fd, name) as (_, _, folder):
            return read_pair(folder, name, path)

    def read_key(self, name: str) -> bytes:
        """Return the content of a pair's key.pem, plain or encrypted.

        Raises:
            InputError: There is no pair of that name.
        """
        path = self.pair_path(name)
        with self._read_access() as store_fd, self._pair(store_fd, name) as (_, _, folder):
            return read_pair_file(folder, KEY_FILE, path)

    @contextmanager
    def _pairs(self, store_fd: int | None) -> Iterator[int | None]:
        """Yield the descriptor of ``pairs/``, or None if it does not exist."""
        if store_fd is None or not safe_files.exists(store_fd, PAIRS):
            yield None
        else:
            with self._subfolder(store_fd, PAIRS) as pairs_fd:
                yield pairs_fd

    @contextmanager
    def _pair(self, store_fd: int | None, name: str) -> Iterator[tuple[int, int, int]]:
        """Yield the descriptors of the store, of ``pairs/`` and of the pair's folder."""
        with self._pairs(store_fd) as pairs_fd:
            if store_fd is None or pairs_fd is None:
                raise missing_pair_error(name)
            try:
                folder = safe_files.open_folder(name, self.pair_path(name), pairs_fd)
            except FileNotFoundError:
                raise missing_pair_error(name) from None
            try:
                yield store_fd, pairs_fd, folder
            finally:
                safe_files.release(folder)


def _flush(pairs_fd: int) -> bool:
    try:
        os.fsync(pairs_fd)
    except OSError:
        return False
    return True


def _pair_names(pairs_fd: int) -> list[str]:
    with os.scandir(pairs_fd) as entries:
        # Links count as folders here, so that they are refused by name instead of being ignored.
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False) or entry.is_symlink()]
    return sorted(filter(PAIR_NAME.fullmatch, names))


def missing_pair_error(name: str) -> InputError:
    """Return the error to raise when there is no pair with this name."""
    return InputError(f"there is no pair {name}", "csrtui list shows the pairs")
