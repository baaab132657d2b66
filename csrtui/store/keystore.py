"""The keystore: pairs in folders, each wholly there or not at all.

Layout: see the README's section on the store. What is in ``pairs/`` under the name of a pair is a pair;
whatever begins with a dot is work in progress, a lock or a draft.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from csrtui.core.errors import InputError, StoreError
from csrtui.core.pairname import check_pair_name, is_pair_name, number_of, numbered
from csrtui.store import files, locks
from csrtui.store.creation import PairFiles, discard, leftovers, write_pair
from csrtui.store.disk import NotConfirmedError, ReadOnlyError, refusal
from csrtui.store.modes import FOLDER, PRIVATE_FILE, PUBLIC_FILE, judge
from csrtui.store.stamp import read_stamp, touch

__all__ = ["Change", "Keystore", "PairFiles", "StoredPair"]

KEY, REQUEST, RECORD, CERTIFICATE = "key.pem", "request.pem", "pair.json", "certificate.pem"
_PAIRS, _LOCKS, _DRAFT = "pairs", ".locks", ".draft.json"
_CREATING = "creating"
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})


@dataclass(frozen=True, slots=True)
class StoredPair:
    """What lies in the folder of a pair, but for its key.

    Attributes:
        name: The pair's name.
        path: Its folder.
        record: The bytes of pair.json.
        request: The bytes of request.pem.
        certificate: The bytes of certificate.pem, or None.
    """

    name: str
    path: str
    record: bytes
    request: bytes
    certificate: bytes | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One pair as a listing finds it: its pair.json, or why it cannot be used."""

    name: str
    path: str
    record: bytes | StoreError
    has_certificate: bool = False


class Change:
    """A pair under its lock, to be changed.

    Attributes:
        record: The bytes of pair.json as they were when the lock was got.
    """

    def __init__(self, descriptor: int, name: str, record: bytes) -> None:
        self._descriptor = descriptor
        self._name = name
        self.record = record

    def replace_record(self, data: bytes) -> None:
        """Put another pair.json in its place.

        Raises:
            OSError: Nothing was replaced.
            NotConfirmedError: It was replaced, but the disk did not confirm it.
        """
        files.replace(self._descriptor, RECORD, data, PRIVATE_FILE)
        self.record = data
        try:
            files.flush_folder(self._descriptor)
        except OSError as error:
            raise NotConfirmedError(self._name) from error


class Keystore:
    """The pairs in one folder.

    Making one reads and writes nothing. A folder that is not there is an empty store; it is made when
    the first pair is added. Every method raises `StoreError` when the store cannot be used: when it is
    not safe (`csrtui.store.modes`), busy, damaged, or the disk refuses.

    Args:
        path: The store's folder, absolute.
    """

    def __init__(self, path: str) -> None:
        self.path = path

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
        with self._writing("cannot keep the pair in") as store_fd, self._pairs(store_fd) as pairs_fd:
            with self._creating(store_fd):
                hidden = write_pair(pairs_fd, pair)
                try:
                    name = _rename(pairs_fd, hidden, base)
                except BaseException:
                    discard(pairs_fd, hidden)
                    raise
            try:
                files.flush_folder(pairs_fd)
            except OSError as error:
                raise NotConfirmedError(name) from error
            finally:
                touch(pairs_fd)
        return name

    @contextmanager
    def change(self, name: str) -> Iterator[Change]:
        """Lock a pair, and give its record as it is now, to be replaced.

        Raises:
            InputError: There is no pair of that name.
            StoreError: Another process has it.
        """
        path = self.pair_path(name)
        with self._writing(f"cannot change {name} in") as store_fd, self._pairs(store_fd) as pairs_fd:
            with (
                self._lock(store_fd, f"pair-{name}", f"the pair {name}", locks.Sharing.EXCLUSIVE),
                self._folder(pairs_fd, name) as folder,
            ):
                _drop_temporary(folder)
                yield Change(folder, name, files.read_own(folder, RECORD, f"{path}/{RECORD}", PRIVATE_FILE))
            touch(pairs_fd)

    def sweep(self) -> list[str]:
        """Remove what broken-off creations left behind, unless a creation is under way; return the names.

        A store that cannot be written to, or is not there, is left as it is.
        """
        try:
            with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
                found = [] if pairs_fd is None else leftovers(pairs_fd)
                if store_fd is None or pairs_fd is None or not found:
                    return []
                with self._lock(store_fd, _CREATING, "the store", locks.Sharing.EXCLUSIVE, patience=0):
                    for name in found:
                        discard(pairs_fd, name)
                return found
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

    def listing(self) -> Iterator[Listed]:
        """Give every pair's record, by name; one that is damaged or not safe comes with its error."""
        with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
            if pairs_fd is not None:
                for name in _names(pairs_fd):
                    yield self._listed(pairs_fd, name)

    def read(self, name: str) -> StoredPair:
        """Return what lies in the folder of a pair, but for its key.

        Raises:
            InputError: There is no pair of that name.
        """
        path = self.pair_path(name)
        with self._reading() as store_fd, self._pairs_if_any(store_fd) as pairs_fd:
            if pairs_fd is None:
                raise _no_pair(name)
            with self._folder(pairs_fd, name) as folder:
                judge(f"{path}/{KEY}", os.stat(KEY, dir_fd=folder, follow_symlinks=False), PRIVATE_FILE)
                return StoredPair(
                    name,
                    path,
                    files.read_own(folder, RECORD, f"{path}/{RECORD}", PRIVATE_FILE),
                    files.read_own(folder, REQUEST, f"{path}/{REQUEST}", PUBLIC_FILE),
                    _certificate(folder, path),
                )

    # The draft

    def load_draft(self) -> bytes | None:
        """Return what `save_draft` saved last, or None."""
        with self._reading() as store_fd:
            if store_fd is None:
                return None
            try:
                return files.read_own(store_fd, _DRAFT, os.path.join(self.path, _DRAFT), PRIVATE_FILE)
            except FileNotFoundError:
                return None

    def save_draft(self, data: bytes) -> None:
        """Keep a half-filled form, in place of the one before."""
        with self._writing("cannot keep the draft in") as store_fd:
            files.replace(store_fd, _DRAFT, data, PRIVATE_FILE)
            files.flush_folder(store_fd)

    # How

    @contextmanager
    def _writing(self, doing: str) -> Iterator[int]:
        try:
            files.make_folders(self.path)
            descriptor = files.open_folder(self.path, self.path, link=True)
            try:
                files.make_folder(_PAIRS, descriptor)
                files.make_folder(_LOCKS, descriptor)
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise refusal(doing, self.path, error) from error

    @contextmanager
    def _reading(self) -> Iterator[int | None]:
        try:
            descriptor = files.open_folder(self.path, self.path, link=True)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise refusal("cannot open the store", self.path, error) from error
        try:
            yield descriptor
        except OSError as error:
            raise refusal("cannot read the store", self.path, error) from error
        finally:
            os.close(descriptor)

    @contextmanager
    def _pairs(self, store_fd: int) -> Iterator[int]:
        descriptor = files.open_folder(_PAIRS, os.path.join(self.path, _PAIRS), store_fd)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _lock(
        self, store_fd: int, name: str, what: str, sharing: locks.Sharing, patience: float = locks.PATIENCE
    ) -> Iterator[None]:
        folder = files.open_folder(_LOCKS, os.path.join(self.path, _LOCKS), store_fd)
        try:
            with locks.hold(folder, name, what, sharing, patience):
                yield
        finally:
            os.close(folder)

    @contextmanager
    def _creating(self, store_fd: int) -> Iterator[None]:
        """Creations go on side by side; only the sweep of leftovers shuts them out."""
        with self._lock(store_fd, _CREATING, "the store", locks.Sharing.SHARED):
            yield

    @contextmanager
    def _pairs_if_any(self, store_fd: int | None) -> Iterator[int | None]:
        if store_fd is None or not _exists(store_fd, _PAIRS):
            yield None
        else:
            with self._pairs(store_fd) as descriptor:
                yield descriptor

    @contextmanager
    def _folder(self, pairs_fd: int, name: str) -> Iterator[int]:
        try:
            descriptor = files.open_folder(name, self.pair_path(name), pairs_fd)
        except FileNotFoundError:
            raise _no_pair(name) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _listed(self, pairs_fd: int, name: str) -> Listed:
        path = self.pair_path(name)
        try:
            judge(path, os.stat(name, dir_fd=pairs_fd, follow_symlinks=False), FOLDER)
            key = os.stat(f"{name}/{KEY}", dir_fd=pairs_fd, follow_symlinks=False)
            judge(f"{path}/{KEY}", key, PRIVATE_FILE)
            record = files.read_own(pairs_fd, f"{name}/{RECORD}", f"{path}/{RECORD}", PRIVATE_FILE)
        except StoreError as error:
            return Listed(name, path, error)
        except OSError as error:
            return Listed(name, path, refusal("cannot read the pair in", path, error))
        return Listed(name, path, record, _exists(pairs_fd, f"{name}/{CERTIFICATE}"))


def _rename(pairs_fd: int, hidden: str, base: str) -> str:
    number = 1
    if _exists(pairs_fd, base):
        number = 1 + max(number_of(name, base) for name in os.listdir(pairs_fd))
    while True:
        name = numbered(base, number)
        # rename(2) would replace an empty folder, so what is there already is looked for first; csrtui
        # never makes an empty folder here, and a full one, or a file, makes rename fail.
        if not _exists(pairs_fd, name):
            try:
                os.rename(hidden, name, src_dir_fd=pairs_fd, dst_dir_fd=pairs_fd)
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
            else:
                return name
        number += 1


def _names(pairs_fd: int) -> list[str]:
    with os.scandir(pairs_fd) as entries:
        return sorted(entry.name for entry in entries if is_pair_name(entry.name) and _is_folder(entry))


def _certificate(folder: int, path: str) -> bytes | None:
    try:
        return files.read_own(folder, CERTIFICATE, f"{path}/{CERTIFICATE}", PUBLIC_FILE)
    except FileNotFoundError:
        return None


def _drop_temporary(folder: int) -> None:
    """Remove what a replacement that broke off left behind; the lock is held, so nobody is at it."""
    for name in os.listdir(folder):
        if name.startswith(files.TEMPORARY):
            os.unlink(name, dir_fd=folder)


def _exists(dir_fd: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Links count as folders here, so that they are refused by name and not overlooked."""
    return entry.is_dir(follow_symlinks=False) or entry.is_symlink()


def _no_pair(name: str) -> InputError:
    return InputError(f"there is no pair {name}", "csrtui list shows the pairs")
