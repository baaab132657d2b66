"""Rehearse changes (``--dry-run``): a keystore that checks everything and writes nothing, not even a lock."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from csrtui.core.base.errors import StoreError
from csrtui.core.pairs.pair_name import check_pair_name, numbered_name
from csrtui.store import safe_files
from csrtui.store.disk_errors import disk_error
from csrtui.store.keystore import PAIRS, FreeNames, Keystore, PairChange, PairFiles, StoredPair
from csrtui.store.permissions import require_safe_ancestors
from csrtui.store.saved_state import LOCKS


class DryRunKeystore(Keystore):
    """A keystore whose changes stay in memory. It raises every error that can be found without writing.

    Added pairs can be read. Locks are not taken, so it does not matter whether another process holds them.
    """

    is_dry_run = True

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._added: dict[str, PairFiles] = {}
        self._free_names: dict[str, Iterator[str]] = {}

    def add_many(self, pairs: Sequence[tuple[str, PairFiles]], _names: FreeNames) -> list[str | StoreError]:
        """Return the name that each pair would get. The errors are the same as for `Keystore.add_many`."""
        for base, _ in pairs:
            check_pair_name(base)
        self._require_writable("cannot save the pair in")
        results: list[str | StoreError] = []
        for base, pair in pairs:
            free = self._free_names.setdefault(base, (numbered_name(base, number) for number in count(1)))
            name = next(name for name in free if not self.has_pair(name))
            self._added[name] = pair
            results.append(name)
        return results

    @contextmanager
    def lock_for_restore(self) -> Iterator[None]:
        """Check that the store can be written to, and take no lock."""
        self._require_writable("cannot restore into")
        yield

    @contextmanager
    def change(self, name: str) -> Iterator[PairChange]:
        """Yield a pair whose changes are not written. The errors are the same as for `Keystore.change`."""
        failure, path = f"cannot change {name} in", self.pair_path(name)
        with self._read_access(failure) as maybe_store_fd, self._pair(maybe_store_fd, name) as (_, _, folder):
            safe_files.require_access(path)
            self._require_folder(LOCKS)
            yield _DryRunChange(folder, name, path)

    def remove_leftovers(self) -> list[str]:
        """Remove nothing, and return no names."""
        return []

    def has_pair(self, name: str) -> bool:
        """Return whether a pair exists or was added."""
        return name in self._added or super().has_pair(name)

    def read(self, name: str) -> StoredPair:
        """Return the files of a pair, including one that was added. The errors are the same as for `Keystore.read`."""
        if name not in self._added:
            return super().read(name)
        pair = self._added[name]
        return StoredPair(name, self.pair_path(name), pair.record, pair.csr, pair.certificate)

    def _require_writable(self, failure: str) -> None:
        """Check that a pair can be added: the folders are safe, and this user can write to them."""
        with self._read_access(failure) as store_fd, self._pairs(store_fd):
            pass
        try:
            if store_fd is None:
                require_safe_ancestors(self.path)
                safe_files.require_access(safe_files.existing_folder(self.path))
            else:
                self._require_folder(LOCKS)
                self._require_folder(PAIRS)
        except OSError as error:
            raise disk_error(failure, self.path, error) from error

    def _require_folder(self, name: str) -> None:
        """Raise an OSError if this user can neither write to a folder of the store nor create it."""
        path = os.path.join(self.path, name)
        safe_files.require_access(path if os.path.lexists(path) else self.path)


class _DryRunChange(PairChange):
    """A pair whose record is replaced only in memory."""

    def replace_record(self, data: bytes) -> None:
        """Replace the record in memory."""
        self.record = data

    def replace_certificate(self, _data: bytes, _now: datetime) -> None:
        """Check that the certificate can be read, and replace nothing."""
        self.read_certificate()
