"""The folder of a store: opened once it was judged, and its locks."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.store import files, locks
from csrtui.store.disk_errors import refusal
from csrtui.store.permissions import require_safe_ancestors

_LOCKS = ".locks"


class StoreFolder:
    """A folder that belongs to the user alone, with the locks in it.

    Making one reads and writes nothing.

    Args:
        path: The folder, absolute; it need not exist.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._has_safe_ancestors = False

    def exists(self) -> bool:
        """Whether it exists; true as well where the system does not tell, since opening it gives the reason."""
        try:
            os.stat(self.path)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def create(self) -> None:
        """Make the folder, and those above it that are missing.

        Raises:
            StoreError: It is not safe, or cannot be made.
        """
        with self._writing("cannot make the keystore"):
            pass

    def _open(self) -> int:
        """Return the descriptor of the store's folder; the folders above it are judged once."""
        descriptor = files.open_folder(self.path, self.path, link=True)
        try:
            if not self._has_safe_ancestors:
                require_safe_ancestors(self.path)
        except BaseException:
            files.release(descriptor)
            raise
        self._has_safe_ancestors = True
        return descriptor

    @contextmanager
    def _writing(self, doing: str) -> Iterator[int]:
        try:
            if not self._has_safe_ancestors:
                require_safe_ancestors(self.path)  # before anything is made in an unsafe place
            files.make_folders(self.path)
            descriptor = self._open()
            try:
                yield descriptor
            finally:
                files.release(descriptor)
        except OSError as error:
            raise refusal(doing, self.path, error) from error

    @contextmanager
    def _reading(self, doing: str = "cannot read the store") -> Iterator[int | None]:
        try:
            descriptor = self._open()
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise refusal("cannot open the store", self.path, error) from error
        try:
            yield descriptor
        except OSError as error:
            raise refusal(doing, self.path, error) from error
        finally:
            files.release(descriptor)

    @contextmanager
    def _lock_folder(self, store_fd: int) -> Iterator[int]:
        files.make_folder(_LOCKS, store_fd)
        descriptor = files.open_folder(_LOCKS, os.path.join(self.path, _LOCKS), store_fd)
        try:
            yield descriptor
        finally:
            files.release(descriptor)

    @contextmanager
    def _lock(
        self, store_fd: int, name: str, what: str, sharing: locks.Sharing, patience: float = locks.PATIENCE
    ) -> Iterator[None]:
        with self._lock_folder(store_fd) as folder, locks.hold(folder, name, what, sharing, patience):
            yield
