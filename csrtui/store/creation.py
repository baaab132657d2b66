"""The hidden folder in which a pair is made before it gets its name."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass

from csrtui.store import files
from csrtui.store.modes import FOLDER, PRIVATE_FILE, PUBLIC_FILE

NEW = ".new-"
"""How the names of such folders begin."""


@dataclass(frozen=True, slots=True)
class PairFiles:
    """The files of a new pair.

    Attributes:
        key: The private key, PKCS #8 in PEM.
        request: The CSR in PEM.
        record: pair.json.
    """

    key: bytes
    request: bytes
    record: bytes

    def __repr__(self) -> str:
        return "PairFiles()"


def write_pair(pairs_fd: int, pair: PairFiles) -> str:
    """Write a pair into a new hidden folder, all of it on disk; return the folder's name.

    Raises:
        OSError: Nothing is left of it.
    """
    hidden = f"{NEW}{files.random_suffix()}"
    try:
        os.mkdir(hidden, FOLDER.mode, dir_fd=pairs_fd)
        folder = os.open(hidden, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=pairs_fd)
        try:
            os.fchmod(folder, FOLDER.mode)
            files.write_new(folder, "key.pem", pair.key, PRIVATE_FILE)
            files.write_new(folder, "request.pem", pair.request, PUBLIC_FILE)
            files.write_new(folder, "pair.json", pair.record, PRIVATE_FILE)
            files.flush_folder(folder)
        finally:
            os.close(folder)
    except BaseException:
        discard(pairs_fd, hidden)
        raise
    return hidden


def leftovers(pairs_fd: int) -> list[str]:
    """Return the names of the hidden folders there are."""
    return sorted(name for name in os.listdir(pairs_fd) if name.startswith(NEW))


def discard(pairs_fd: int, hidden: str) -> None:
    """Remove a hidden folder and the files in it; links in it are removed, never followed.

    What cannot be removed stays, for the next sweep.
    """
    with suppress(OSError):
        found = os.stat(hidden, dir_fd=pairs_fd, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            return
        folder = os.open(hidden, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=pairs_fd)
        try:
            for name in os.listdir(folder):
                os.unlink(name, dir_fd=folder)
        finally:
            os.close(folder)
        os.rmdir(hidden, dir_fd=pairs_fd)
