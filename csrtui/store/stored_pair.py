"""A pair in the store, as it is read, listed and changed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.store import files
from csrtui.store.disk_errors import NotConfirmedError, pair_refusal, refusal
from csrtui.store.permissions import FOLDER, PRIVATE_FILE, PUBLIC_FILE, judge

KEY, REQUEST, RECORD, CERTIFICATE = "key.pem", "request.pem", "pair.json", "certificate.pem"
_KEPT = "certificate-"
"""How the names of certificates begin that another took the place of; the time follows."""


class StoredPair(NamedTuple):
    """What lies in the folder of a pair, but for its key.

    Attributes:
        name: The pair's name.
        path: Its folder.
        record: The bytes of pair.json.
        request: The bytes of request.pem.
        certificate: The bytes of certificate.pem, or None.
        earlier: The names of the certificates that were kept when another took their place, oldest first;
            as the system has them.
    """

    name: str
    path: str
    record: bytes
    request: bytes
    certificate: bytes | None
    earlier: tuple[str, ...] = ()


class Listed(NamedTuple):
    """One pair as a listing finds it: its pair.json, or why it cannot be used."""

    name: str
    path: str
    record: bytes | StoreError
    has_certificate: bool = False


class Change:
    """A pair under its lock, to be changed.

    Args:
        descriptor: The pair's folder, open and judged.
        name: The pair's name.
        path: Its folder, for messages.

    Attributes:
        record: The bytes of pair.json as they are now.
        replaced: Whether anything was put in place of what was there.

    Raises:
        StoreError: pair.json cannot be read or is not safe.
    """

    def __init__(self, descriptor: int, name: str, path: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._path = path
        self.record = _read(descriptor, RECORD, path)
        self.replaced = False

    def replace_record(self, data: bytes) -> None:
        """Put another pair.json in its place.

        Raises:
            StoreError: Nothing was replaced.
            NotConfirmedError: It was replaced, but the disk did not confirm it.
        """
        try:
            files.replace(self._descriptor, RECORD, data, PRIVATE_FILE)
        except OSError as error:
            raise refusal("cannot write", os.path.join(self._path, RECORD), error) from error
        self.record = data
        self.replaced = True
        confirm(self._descriptor, self._name)

    def read_certificate(self) -> bytes | None:
        """Return certificate.pem as it is now, or None.

        Raises:
            StoreError: It cannot be read, or is not safe.
        """
        return _certificate(self._descriptor, self._path)

    def replace_certificate(self, data: bytes, when: datetime) -> None:
        """Put another certificate.pem in its place; the one before stays beside it.

        First the one before gets its second name, ``certificate-YYYYMMDD-HHMMSS.pem``, and that is on disk;
        only then is it replaced. So a whole certificate.pem is there at any time, and none is ever lost.

        Args:
            data: The certificate and its chain in PEM. What is there already is not written again.
            when: Now, for the name of the one before.

        Raises:
            StoreError: certificate.pem is the one before.
            NotConfirmedError: It was replaced, but the disk did not confirm it.
        """
        before = self.read_certificate()
        if before == data:
            return
        try:
            if before is not None:
                self._keep(before, when)
            files.replace(self._descriptor, CERTIFICATE, data, PUBLIC_FILE)
        except OSError as error:
            raise refusal("cannot write", os.path.join(self._path, CERTIFICATE), error) from error
        self.replaced = True
        confirm(self._descriptor, self._name)

    def _keep(self, before: bytes, when: datetime) -> None:
        """Keep a copy under the first name that is free, unless an attempt that broke off has kept it already.

        The lock is held, so that nobody takes the name between the look and the rename.

        Raises:
            OSError: It is not kept.
            StoreError: What has one of the names is not safe.
        """
        names = _kept_names(when)
        name = next(names)
        while files.exists(self._descriptor, name):
            if _read(self._descriptor, name, self._path) == before:
                return
            name = next(names)  # there is always another one
        files.replace(self._descriptor, name, before, PUBLIC_FILE)
        files.flush_folder(self._descriptor)


def _kept_names(when: datetime) -> Iterator[str]:
    stamp = f"{_KEPT}{when.astimezone(UTC):%Y%m%d-%H%M%S}"
    yield f"{stamp}.pem"
    yield from (f"{stamp}-{number}.pem" for number in count(2))


def confirm(folder: int, saved: str) -> None:
    """See to the disk what was renamed into a folder.

    Args:
        folder: Its descriptor.
        saved: What was saved, for the message.

    Raises:
        NotConfirmedError: The disk did not confirm it; it is visible all the same.
    """
    try:
        files.flush_folder(folder)
    except OSError as error:
        raise NotConfirmedError(saved) from error


def read_pair(folder: int, name: str, path: str) -> StoredPair:
    """Read what lies in the folder of a pair; its key is judged but not read.

    Raises:
        StoreError: A file is missing, not safe, or cannot be read; it is named.
    """
    with _naming(path, KEY):
        judge(f"{path}/{KEY}", os.stat(KEY, dir_fd=folder, follow_symlinks=False), PRIVATE_FILE)
    return StoredPair(
        name,
        path,
        _read(folder, RECORD, path),
        _read(folder, REQUEST, path),
        _certificate(folder, path),
        _earlier(folder),
    )


def read_key(folder: int, path: str) -> bytes:
    """Read the private key of a pair, in PEM.

    Raises:
        StoreError: It is missing, not safe, or cannot be read.
    """
    with _naming(path, KEY):
        return files.read_own(folder, KEY, f"{path}/{KEY}", PRIVATE_FILE)


def list_pair(pairs_fd: int, name: str, path: str) -> Listed:
    """Read the record of a pair for a listing; what is wrong with the pair is part of the answer.

    Args:
        pairs_fd: The folder of all pairs; that of each is not opened, which would double the time.
        name: The pair's name.
        path: Its folder, for messages.
    """
    try:
        judge(path, os.stat(name, dir_fd=pairs_fd, follow_symlinks=False), FOLDER)
        key = os.stat(f"{name}/{KEY}", dir_fd=pairs_fd, follow_symlinks=False)
        judge(f"{path}/{KEY}", key, PRIVATE_FILE)
        record = files.read_own(pairs_fd, f"{name}/{RECORD}", f"{path}/{RECORD}", PRIVATE_FILE)
        return Listed(name, path, record, files.exists(pairs_fd, f"{name}/{CERTIFICATE}"))
    except StoreError as error:
        return Listed(name, path, error)
    except OSError as error:
        at_fault = os.path.join(os.path.dirname(path), os.fsdecode(error.filename or name))
        return Listed(name, path, pair_refusal(at_fault, error))


def _read(folder: int, name: str, path: str) -> bytes:
    with _naming(path, name):
        demand = PRIVATE_FILE if name == RECORD else PUBLIC_FILE
        return files.read_own(folder, name, f"{path}/{name}", demand)


def _certificate(folder: int, path: str) -> bytes | None:
    with _naming(path, CERTIFICATE):
        if not files.exists(folder, CERTIFICATE):
            return None
        return files.read_own(folder, CERTIFICATE, f"{path}/{CERTIFICATE}", PUBLIC_FILE)


def _earlier(folder: int) -> tuple[str, ...]:
    return tuple(sorted(name for name in os.listdir(folder) if name.startswith(_KEPT)))


@contextmanager
def _naming(path: str, name: str) -> Iterator[None]:
    """Name the very file that cannot be read."""
    try:
        yield
    except OSError as error:
        raise pair_refusal(f"{path}/{name}", error) from error
