"""The keystore: pairs in folders, each wholly there or not at all.

Layout: see the README's section on the store. What is in ``pairs/`` under the name of a pair is a pair;
whatever begins with a dot is work in progress, a lock or a draft.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.pairs.pair_name import check_pair_name, is_pair_name
from csrtui.store import files, locks
from csrtui.store.creation import Names, PairFiles, discard, give_name, keep_group, leftovers, write_pair
from csrtui.store.disk_errors import NotConfirmedError, ReadOnlyError, refusal
from csrtui.store.saved_state import SavedState
from csrtui.store.stamp import read_stamp, touch
from csrtui.store.stored_pair import Change, Listed, StoredPair, confirm, list_pair, read_key, read_pair

__all__ = ["Change", "Keystore", "Listed", "Names", "PairFiles", "StoredPair"]

_PAIRS, _CREATING, _RESTORING = "pairs", "creating", "restoring"


class Keystore(SavedState):
    """The pairs in one folder.

    Making one reads and writes nothing. A folder that is not there is an empty store; it is made when
    the first pair is added. Every method raises `StoreError` when the store cannot be used: when it is
    not safe (`csrtui.store.permissions`), busy, damaged, or the disk refuses.

    Args:
        path: The store's folder, absolute.
    """

    def pair_path(self, name: str) -> str:
        """Return the folder of the pair called `name`."""
        return os.path.join(self.path, _PAIRS, check_pair_name(name))

    # Writing

    def add(self, base: str, pair: PairFiles) -> str:
        """Keep a new pair and return the name it got.

        It is written into a hidden folder and renamed when every byte is on disk, so that no other
        process, and no crash, ever sees half of it.

        Args:
            base: The name it should have; when that is taken, ``base-2``, ``base-3`` and so on.
            pair: Its files.

        Raises:
            StoreError: Nothing was kept.
            NotConfirmedError: The pair is in place, but might not survive a power cut.
        """
        check_pair_name(base)
        with self._writing("cannot keep the pair in") as store_fd:
            files.make_folder(_PAIRS, store_fd)
            with self._pairs(store_fd) as pairs_fd:
                with self._creating(store_fd):
                    hidden = write_pair(pairs_fd, pair)
                    try:
                        name = give_name(pairs_fd, hidden, base, Names())
                    except BaseException:
                        discard(pairs_fd, hidden)
                        raise
                touch(pairs_fd)
                confirm(pairs_fd, name)
        return name

    def add_many(self, pairs: Sequence[tuple[str, PairFiles]], names: Names) -> list[str | StoreError]:
        """Keep several new pairs as `add` does each, but with the flushes to the disk shared.

        Args:
            pairs: The name that each should have, and its files.
            names: What the run knows of free names; the same one for all of a run.

        Returns:
            For each the name it got, or why it was not kept; a `NotConfirmedError` where it is in place, but
            might not survive a power cut.

        Raises:
            StoreError: Nothing was kept of any.
        """
        for base, _ in pairs:
            check_pair_name(base)
        with self._writing("cannot keep the pairs in") as store_fd:
            files.make_folder(_PAIRS, store_fd)
            with self._pairs(store_fd) as pairs_fd:
                with self._creating(store_fd):
                    kept = keep_group(pairs_fd, pairs, names)
                touch(pairs_fd)
                confirmed = _confirmed(pairs_fd)
        return [self._outcome(one, confirmed=confirmed) for one in kept]

    def _outcome(self, kept: str | OSError, *, confirmed: bool) -> str | StoreError:
        if isinstance(kept, OSError):
            return refusal("cannot keep the pair in", self.path, kept)
        return kept if confirmed else NotConfirmedError(kept)

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Keep other processes from restoring a pair while the block checks that it is not there, and adds it.

        Raises:
            StoreError: Another process restores a pair, or the store cannot be written to.
        """
        with (
            self._writing("cannot restore into") as store_fd,
            self._lock(store_fd, _RESTORING, "the store", locks.Sharing.EXCLUSIVE),
        ):
            yield

    @contextmanager
    def change(self, name: str) -> Iterator[Change]:
        """Lock a pair, and give its record as it is now, to be replaced.

        Raises:
            InputError: There is no pair of that name.
            StoreError: Another process has it.
        """
        path = self.pair_path(name)
        with (
            self._reading(f"cannot change {name} in") as store_fd,
            self._pair(store_fd, name) as (held_fd, pairs_fd, folder),
            self._lock(held_fd, f"pair-{name}", f"the pair {name}", locks.Sharing.EXCLUSIVE),
        ):
            files.drop_temporary(folder)
            change = Change(folder, name, path)
            try:
                yield change
            finally:
                if change.replaced:
                    touch(pairs_fd)

    def sweep(self) -> list[str]:
        """Remove what broken-off creations left behind, unless a creation is under way; return what went.

        A store that cannot be written to, or is not there, is left as it is.
        """
        try:
            with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
                if store_fd is None or pairs_fd is None or not leftovers(pairs_fd):
                    return []
                with self._lock(store_fd, _CREATING, "the store", locks.Sharing.EXCLUSIVE, patience=0):
                    found = leftovers(pairs_fd)  # again, now that no creation is among them
                    for name in found:
                        discard(pairs_fd, name)
                    return [name for name in found if not files.exists(pairs_fd, name)]
        except (locks.BusyError, ReadOnlyError):
            return []

    def leftovers(self) -> list[str]:
        """Return the paths of hidden folders that creations under way, or broken off, have left."""
        with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
            found = [] if pairs_fd is None else leftovers(pairs_fd)
            return [os.path.join(self.path, _PAIRS, name) for name in found]

    # Reading

    def generation(self) -> int:
        """Return a number that is another one after any session has added or changed a pair; 0 without a store."""
        return read_stamp(os.path.join(self.path, _PAIRS))

    def names(self) -> list[str]:
        """Return the names of all pairs, sorted."""
        with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
            return [] if pairs_fd is None else _names(pairs_fd)

    def listing(self, names: Iterable[str] | None = None) -> Iterator[Listed]:
        """Give pairs' records; one that is damaged, not safe or not there comes with its error.

        Args:
            names: Which, in their order; all by name when it is None.
        """
        with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
            if pairs_fd is not None:
                for name in _names(pairs_fd) if names is None else names:
                    yield list_pair(pairs_fd, name, self.pair_path(name))

    @contextmanager
    def folders(self) -> Iterator[tuple[int, int] | None]:
        """Give the descriptors of the store and of ``pairs/``, for what works on all pairs; None without pairs."""
        with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
            yield None if store_fd is None or pairs_fd is None else (store_fd, pairs_fd)

    def has(self, name: str) -> bool:
        """Whether anything lies where the pair of that name would; what it is worth, only `read` tells."""
        return os.path.lexists(self.pair_path(name))

    def read(self, name: str) -> StoredPair:
        """Return what lies in the folder of a pair, but for its key.

        Raises:
            InputError: There is no pair of that name.
        """
        path = self.pair_path(name)
        with self._reading() as store_fd, self._pair(store_fd, name) as (_, _, folder):
            return read_pair(folder, name, path)

    def read_key(self, name: str) -> bytes:
        """Return key.pem of a pair, plain or encrypted as it lies there.

        Raises:
            InputError: There is no pair of that name.
        """
        path = self.pair_path(name)
        with self._reading() as store_fd, self._pair(store_fd, name) as (_, _, folder):
            return read_key(folder, path)

    # How

    @contextmanager
    def _pairs(self, store_fd: int) -> Iterator[int]:
        descriptor = files.open_folder(_PAIRS, os.path.join(self.path, _PAIRS), store_fd)
        try:
            yield descriptor
        finally:
            files.release(descriptor)

    @contextmanager
    def _creating(self, store_fd: int) -> Iterator[None]:
        """Creations go on side by side; only the sweep of leftovers shuts them out."""
        with self._lock(store_fd, _CREATING, "the store", locks.Sharing.SHARED):
            yield

    @contextmanager
    def _pairs_if_any(self, store_fd: int | None) -> Iterator[int | None]:
        if store_fd is None or not files.exists(store_fd, _PAIRS):
            yield None
        else:
            with self._pairs(store_fd) as descriptor:
                yield descriptor

    @contextmanager
    def _pair(self, store_fd: int | None, name: str) -> Iterator[tuple[int, int, int]]:
        """Give the descriptors of the store, of ``pairs/`` and of the pair's folder."""
        with self._pairs_if_any(store_fd) as pairs_fd:
            if store_fd is None or pairs_fd is None:
                raise _no_pair(name)
            try:
                descriptor = files.open_folder(name, self.pair_path(name), pairs_fd)
            except FileNotFoundError:
                raise _no_pair(name) from None
            try:
                yield store_fd, pairs_fd, descriptor
            finally:
                files.release(descriptor)


def _confirmed(pairs_fd: int) -> bool:
    try:
        files.flush_folder(pairs_fd)
    except OSError:
        return False
    return True


def _names(pairs_fd: int) -> list[str]:
    with os.scandir(pairs_fd) as entries:
        # Links count as folders here, so that they are refused by name and not overlooked.
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False) or entry.is_symlink()]
    return sorted(filter(is_pair_name, names))


def _no_pair(name: str) -> InputError:
    return InputError(f"there is no pair {name}", "csrtui list shows the pairs")
