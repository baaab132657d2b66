"""The folder of a store, which is checked before it is opened, and the locks in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.store import files, locks
from csrtui.store.disk_errors import disk_error
from csrtui.store.permissions import require_safe_ancestors

LOCKS = ".locks"


class StoreFolder:
    """A folder that only the user can read and write, with the locks in it.

    Creating an instance reads and writes nothing.

    Args:
        path: The absolute path of the folder, which need not exist.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._has_safe_ancestors = False

    def exists(self) -> bool:
        """Return whether the folder exists, or True if it cannot be examined, because opening it shows the reason."""
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
        with self._writing("cannot create the keystore"):
            pass

    def _open(self) -> int:
        """Return the descriptor of the store's folder. The folders above it are checked only once."""
        descriptor = files.open_folder(self.path, self.path, may_be_link=True)
        try:
            if not self._has_safe_ancestors:
                require_safe_ancestors(self.path)
        except BaseException:
            files.release(descriptor)
            raise
        self._has_safe_ancestors = True
        return descriptor

    @contextmanager
    def _writing(self, failure: str) -> Iterator[int]:
        try:
            if not self._has_safe_ancestors:
                require_safe_ancestors(self.path)  # before anything is created in an unsafe place
            files.make_folders(self.path)
            descriptor = self._open()
            try:
                yield descriptor
            finally:
                files.release(descriptor)
        except OSError as error:
            raise disk_error(failure, self.path, error) from error

    @contextmanager
    def _reading(self, failure: str = "cannot read the store") -> Iterator[int | None]:
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
            files.release(descriptor)

    @contextmanager
    def _subfolder(self, store_fd: int, name: str) -> Iterator[int]:
        descriptor = files.open_folder(name, os.path.join(self.path, name), store_fd)
        try:
            yield descriptor
        finally:
            files.release(descriptor)

    @contextmanager
    def _lock_folder(self, store_fd: int) -> Iterator[int]:
        files.make_folder(LOCKS, store_fd)
        with self._subfolder(store_fd, LOCKS) as folder:
            yield folder

    @contextmanager
    def _lock(
        self, store_fd: int, name: str, subject: str, sharing: locks.Sharing, timeout: float = locks.TIMEOUT
    ) -> Iterator[None]:
        with self._lock_folder(store_fd) as folder, locks.hold(folder, name, subject, sharing, timeout):
            yield
