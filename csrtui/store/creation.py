"""The hidden folder in which a pair is made before it gets its name."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from csrtui.core.pairname import number_of, numbered
from csrtui.store import files
from csrtui.store.modes import FOLDER, PRIVATE_FILE, PUBLIC_FILE

NEW = ".new-"
"""How the names of such folders begin; 16 hexadecimal digits follow."""

_HIDDEN = re.compile(re.escape(NEW) + "[0-9a-f]{16}")
_FILES = ("key.pem", "request.pem", "pair.json", "certificate.pem")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})


@dataclass(frozen=True, slots=True)
class PairFiles:
    """The files of a new pair.

    Attributes:
        key: The private key, PKCS #8 in PEM.
        request: The CSR in PEM.
        record: pair.json.
        certificate: The certificate and its chain in PEM, or None.
    """

    key: bytes
    request: bytes
    record: bytes
    certificate: bytes | None = None

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
        folder = os.open(hidden, _FOLDER_FLAGS, dir_fd=pairs_fd)
        try:
            os.fchmod(folder, FOLDER.mode)
            files.write_new(folder, "key.pem", pair.key, PRIVATE_FILE)
            files.write_new(folder, "request.pem", pair.request, PUBLIC_FILE)
            files.write_new(folder, "pair.json", pair.record, PRIVATE_FILE)
            if pair.certificate is not None:
                files.write_new(folder, "certificate.pem", pair.certificate, PUBLIC_FILE)
            files.flush_folder(folder)
        finally:
            files.release(folder)
    except BaseException:
        discard(pairs_fd, hidden)
        raise
    return hidden


def leftovers(pairs_fd: int) -> list[str]:
    """Return the names of the hidden folders there are."""
    return sorted(name for name in os.listdir(pairs_fd) if _HIDDEN.fullmatch(name))


def discard(pairs_fd: int, hidden: str) -> None:
    """Remove a hidden folder and the files of a pair in it; links are never followed.

    What csrtui did not put there, and what cannot be removed, stays, and the folder with it.
    """
    with suppress(OSError):
        folder = os.open(hidden, _FOLDER_FLAGS, dir_fd=pairs_fd)
        try:
            for name in _FILES:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
        finally:
            files.release(folder)
        os.rmdir(hidden, dir_fd=pairs_fd)


def give_name(pairs_fd: int, hidden: str, base: str) -> str:
    """Rename a hidden folder to the base, or to the next number of it that is free; return that name.

    Raises:
        OSError: It cannot be renamed.
    """
    names = _free_names(pairs_fd, base)
    while True:
        name = next(names)  # there is always another number
        # rename(2) would replace an empty folder, so what is there already is looked for first; csrtui
        # never makes an empty folder here, and a full one, or a file, makes rename fail.
        if not files.exists(pairs_fd, name):
            try:
                os.rename(hidden, name, src_dir_fd=pairs_fd, dst_dir_fd=pairs_fd)
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
            else:
                return name


def _free_names(pairs_fd: int, base: str) -> Iterator[str]:
    """The base, and the numbered names that nobody had when they were looked at, all at once, from 2 on.

    So the thousandth pair of a name does not ask a thousand times, and the race is left to the rename.
    """
    if not files.exists(pairs_fd, base):
        yield base
    taken = {number_of(name, base) for name in os.listdir(pairs_fd)}
    yield from (numbered(base, number) for number in count(2) if number not in taken)
