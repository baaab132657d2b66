"""Create pairs in hidden folders that are renamed when complete, one pair or many with shared flushes to the disk."""

import errno
import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from csrtui.core.pairs.pair_name import number_of, numbered
from csrtui.store import files
from csrtui.store.permissions import FOLDER, PRIVATE_FILE, PUBLIC_FILE

NEW = ".new-"
"""How the names of such folders begin; 16 hexadecimal digits follow."""

_HIDDEN = re.compile(re.escape(NEW) + "[0-9a-f]{16}")
_FILES = ("key.pem", "request.pem", "pair.json", "certificate.pem")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})
_PROBED = range(2, 6)
"""The numbers that are looked for one by one, before all names are looked at."""
_REMEMBERED = 1024
"""Of so many bases `Names` remembers which numbers are free."""


class PairFiles(NamedTuple):
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


class Unflushed(NamedTuple):
    """A pair in its hidden folder, of which nothing need be on disk yet.

    Attributes:
        hidden: The folder's name.
        files: The descriptors of its files.
        folder: That of the folder.
    """

    hidden: str
    folder: int
    files: list[int]

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that has to be flushed before the folder gets its name; the folder comes last."""
        return (*self.files, self.folder)

    def close(self) -> None:
        """Close everything.

        Raises:
            OSError: What was written may not be there.
        """
        refused = None
        for descriptor in self.files:
            try:
                os.close(descriptor)
            except OSError as error:
                refused = error
        self.files.clear()
        files.release(self.folder)
        if refused is not None:
            raise refused


def write_pair(pairs_fd: int, pair: PairFiles) -> str:
    """Write a pair into a new hidden folder, all of it on disk; return the folder's name.

    Raises:
        OSError: Nothing is left of it.
    """
    written = write_unflushed(pairs_fd, pair)
    try:
        try:
            for descriptor in written.descriptors:
                os.fsync(descriptor)
        finally:
            written.close()
    except BaseException:
        discard(pairs_fd, written.hidden)
        raise
    return written.hidden


def write_unflushed(pairs_fd: int, pair: PairFiles) -> Unflushed:
    """Write a pair into a new hidden folder, for the caller to flush and to close.

    Raises:
        OSError: Nothing is left of it.
    """
    hidden = f"{NEW}{files.random_suffix()}"
    try:
        os.mkdir(hidden, FOLDER.mode, dir_fd=pairs_fd)
        written = Unflushed(hidden, os.open(hidden, _FOLDER_FLAGS, dir_fd=pairs_fd), [])
        try:
            _fill(written, pair)
        except BaseException:
            with suppress(OSError):
                written.close()
            raise
    except BaseException:
        discard(pairs_fd, hidden)
        raise
    return written


def _fill(written: Unflushed, pair: PairFiles) -> None:
    os.fchmod(written.folder, FOLDER.mode)
    contents = (
        ("key.pem", pair.key, PRIVATE_FILE),
        ("request.pem", pair.request, PUBLIC_FILE),
        ("pair.json", pair.record, PRIVATE_FILE),
        ("certificate.pem", pair.certificate, PUBLIC_FILE),
    )
    for name, data, demand in contents:
        if data is not None:
            written.files.append(files.write_unflushed(written.folder, name, data, demand))


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


class Names:
    """The free names that one run has still to give.

    It remembers, so that the thousandth pair of one name in a run does not look at all names again.
    """

    def __init__(self) -> None:
        self._numbers: OrderedDict[str, Iterator[int]] = OrderedDict()

    def free(self, pairs_fd: int, base: str) -> Iterator[str]:
        """Give the base, and its numbered names, that nobody had when they were looked at; without end.

        The race is left to the rename.

        Raises:
            OSError: The names cannot be looked at.
        """
        if base not in self._numbers:
            for name in (base, *(numbered(base, number) for number in _PROBED)):
                if not files.exists(pairs_fd, name):
                    yield name
            taken = {number_of(name, base) for name in os.listdir(pairs_fd)}
            self._numbers[base] = (number for number in count(2) if number not in taken)
            while len(self._numbers) > _REMEMBERED:
                self._numbers.popitem(last=False)
        yield from (numbered(base, number) for number in self._numbers[base])


def give_name(pairs_fd: int, hidden: str, base: str, names: Names) -> str:
    """Rename a hidden folder to the base, or to the next number of it that is free; return that name.

    Raises:
        OSError: It cannot be renamed.
    """
    free = names.free(pairs_fd, base)
    while True:
        name = next(free)  # there is always another number
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


_SIDE_BY_SIDE = 8
"""How many flushes are under way at once."""


def keep_group(pairs_fd: int, pairs: Sequence[tuple[str, PairFiles]], names: Names) -> list[str | OSError]:
    """Write pairs and give them their names; return the name of each, or why nothing of it was kept.

    Args:
        pairs_fd: The folder of all pairs; the caller flushes it.
        pairs: The name that each should have, and its files.
        names: What the run knows of free names.
    """
    kept = _write_all(pairs_fd, [pair for _, pair in pairs])
    try:
        for at, ((base, _), folder) in enumerate(zip(pairs, kept, strict=True)):
            if isinstance(folder, str):
                kept[at] = _named(pairs_fd, folder, base, names)
    except BaseException:
        for folder in [one for one in kept if isinstance(one, str) and one.startswith(NEW)]:
            discard(pairs_fd, folder)  # the others have their names, and stay
        raise
    return kept


def _named(pairs_fd: int, hidden: str, base: str, names: Names) -> str | OSError:
    try:
        return give_name(pairs_fd, hidden, base, names)
    except OSError as error:
        discard(pairs_fd, hidden)
        return error


def _write_all(pairs_fd: int, pairs: Sequence[PairFiles]) -> list[str | OSError]:
    """Write all, then flush all; give the hidden folder of each that is on disk."""
    written: list[Unflushed | OSError] = []
    try:
        for pair in pairs:
            written.append(_written(pairs_fd, pair))  # noqa: PERF401 - those written before an error count
        refused = _flush([one for one in written if isinstance(one, Unflushed)])
    except BaseException:
        for one in [one for one in written if isinstance(one, Unflushed)]:
            with suppress(OSError):
                one.close()
            discard(pairs_fd, one.hidden)
        raise
    return [_closed(pairs_fd, one, refused) if isinstance(one, Unflushed) else one for one in written]


def _written(pairs_fd: int, pair: PairFiles) -> Unflushed | OSError:
    try:
        return write_unflushed(pairs_fd, pair)
    except OSError as error:
        return error


def _closed(pairs_fd: int, written: Unflushed, refused: dict[int, OSError]) -> str | OSError:
    error = next((refused[one] for one in written.descriptors if one in refused), None)
    try:
        written.close()
    except OSError as late:
        error = error or late
    if error is None:
        return written.hidden
    discard(pairs_fd, written.hidden)
    return error


def _flush(written: Sequence[Unflushed]) -> dict[int, OSError]:
    """Flush everything, each once; return what the disk refused, by descriptor."""
    descriptors = [one for pair in written for one in pair.descriptors]
    refused: dict[int, OSError] = {}

    def some(first: int) -> None:
        for descriptor in descriptors[first::_SIDE_BY_SIDE]:
            try:
                os.fsync(descriptor)
            except OSError as error:
                refused[descriptor] = error

    from concurrent.futures import ThreadPoolExecutor  # it imports logging, which one pair does without

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        list(pool.map(some, range(_SIDE_BY_SIDE)))
    return refused
