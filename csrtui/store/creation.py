"""Create pairs in hidden folders, which are renamed when complete. Several pairs are flushed at the same time."""

import errno
import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from csrtui.core.pairs.pair_name import name_number, numbered_name
from csrtui.store import safe_files
from csrtui.store.permissions import PRIVATE_FILE, PRIVATE_FOLDER, PUBLIC_FILE
from csrtui.store.stored_pair import CERTIFICATE_FILE, CSR_FILE, KEY_FILE, PAIR_FILES, RECORD_FILE

_NEW = ".new-"
"""The prefix of the names of hidden folders. 16 hexadecimal digits follow."""
_HIDDEN = re.escape(_NEW) + "[0-9a-f]{16}"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})
_PROBED_NUMBERS = range(2, 6)
"""The numbers to try one by one before listing the whole folder."""
_MAX_REMEMBERED = 1024
"""The maximum number of base names for which `FreeNames` remembers the free numbers."""
_PARALLEL_FLUSHES = 8


class PairFiles(NamedTuple):
    """The files of a new pair.

    Attributes:
        key: The private key, PKCS #8 in PEM.
        csr: The CSR in PEM.
        record: The content of pair.json.
        certificate: The certificate and its chain in PEM, or None.
    """

    key: bytes
    csr: bytes
    record: bytes
    certificate: bytes | None = None

    def __repr__(self) -> str:
        return "PairFiles()"


class _UnflushedPair(NamedTuple):
    """A pair in its hidden folder, which is not necessarily on disk yet.

    Attributes:
        hidden: The folder's name.
        folder: The folder's descriptor.
        files: The descriptors of its files.
    """

    hidden: str
    folder: int
    files: list[int]

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors to flush before the folder is renamed: first the files, then the folder."""
        return (*self.files, self.folder)

    def close(self) -> OSError | None:
        """Close all descriptors. Return the last error from closing a file, which may mean lost data, or None."""
        last_error = None
        while self.files:
            try:
                os.close(self.files.pop())
            except OSError as error:
                last_error = error
        safe_files.release(self.folder)
        return last_error


def leftovers(pairs_fd: int) -> list[str]:
    """Return the names of the hidden folders."""
    return sorted(name for name in os.listdir(pairs_fd) if re.fullmatch(_HIDDEN, name))


def discard(pairs_fd: int, hidden: str) -> None:
    """Remove a hidden folder and the files of a pair in it. Links are never followed.

    If a file cannot be removed or was not created by csrtui, the file and the folder stay.
    """
    with suppress(OSError):
        folder = os.open(hidden, _FOLDER_FLAGS, dir_fd=pairs_fd)
        try:
            for name in PAIR_FILES:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
        finally:
            safe_files.release(folder)
        os.rmdir(hidden, dir_fd=pairs_fd)


class FreeNames:
    """The free pair names that a run can still use.

    Free numbers are remembered. Otherwise, a run that creates a thousand pairs of one name would list all pairs a
    thousand times.
    """

    def __init__(self) -> None:
        self._numbers: OrderedDict[str, Iterator[int]] = OrderedDict()

    def free(self, pairs_fd: int, base: str) -> Iterator[str]:
        """Yield the base name and then its numbered forms, without end. Names that exist are left out.

        Another process may take a name after it was checked. `_rename` handles this.

        Raises:
            OSError: The names cannot be examined.
        """
        if base not in self._numbers:
            for name in (base, *(numbered_name(base, number) for number in _PROBED_NUMBERS)):
                if not safe_files.exists(pairs_fd, name):
                    yield name
            used = {name_number(name, base) for name in os.listdir(pairs_fd)}
            self._numbers[base] = (number for number in count(2) if number not in used)
            while len(self._numbers) > _MAX_REMEMBERED:
                self._numbers.popitem(last=False)
        yield from (numbered_name(base, number) for number in self._numbers[base])


def create_pairs(
    pairs_fd: int, pairs: Sequence[tuple[str, PairFiles]], names: FreeNames
) -> list[str | OSError]:
    """Create pairs and return the name of each, or the error if it was not created. A failed pair leaves nothing behind.

    Args:
        pairs_fd: The descriptor of the folder of all pairs. The caller flushes it.
        pairs: The preferred name and the files of each pair.
        names: The free names of the run.
    """
    results: list[str | OSError] = []
    try:
        _write_all(pairs_fd, [pair for _, pair in pairs], results)
        for index, ((base, _), hidden) in enumerate(zip(pairs, results, strict=True)):
            if isinstance(hidden, str):
                results[index] = _rename(pairs_fd, hidden, base, names)
    except BaseException:
        for name in results:
            if isinstance(name, str) and name.startswith(_NEW):  # the others are already renamed, and stay
                discard(pairs_fd, name)
        raise
    return results


def _rename(pairs_fd: int, hidden: str, base: str, names: FreeNames) -> str | OSError:
    """Rename a hidden folder to the base name or its next free number, and return the name.

    After an error, discard the folder and return the error.
    """
    free_names = names.free(pairs_fd, base)
    try:
        while True:
            name = next(free_names)  # there is always another number
            # rename(2) would replace an empty folder, so existing names are skipped. csrtui never creates an empty
            # folder here, and a file or a folder with files makes the rename fail.
            if safe_files.exists(pairs_fd, name):
                continue
            try:
                os.rename(hidden, name, src_dir_fd=pairs_fd, dst_dir_fd=pairs_fd)
            except OSError as error:
                if error.errno not in _NAME_TAKEN:
                    raise
            else:
                return name
    except OSError as error:
        discard(pairs_fd, hidden)
        return error


def _write_all(pairs_fd: int, pairs: Sequence[PairFiles], results: list[str | OSError]) -> None:
    """Write all pairs and then flush them all.

    For each pair, append to `results` the name of its hidden folder, or the error if the pair is not on disk.
    """
    written: list[_UnflushedPair | OSError] = []
    try:
        for pair in pairs:
            written.append(_write(pairs_fd, pair))  # noqa: PERF401 - those before an error must be discarded
        errors = _flush([result for result in written if isinstance(result, _UnflushedPair)])
        for result in written:
            outcome = result if isinstance(result, OSError) else _close(pairs_fd, result, errors)
            results.append(outcome)  # appended one by one, so that an interrupt discards them
    except BaseException:
        for unflushed in [result for result in written[len(results) :] if isinstance(result, _UnflushedPair)]:
            unflushed.close()
            discard(pairs_fd, unflushed.hidden)
        raise


def _write(pairs_fd: int, pair: PairFiles) -> _UnflushedPair | OSError:
    """Write a pair into a new hidden folder, and return the pair, which is not flushed to disk yet.

    After an error, discard the folder and return the error.
    """
    hidden = f"{_NEW}{safe_files.random_suffix()}"
    try:
        os.mkdir(hidden, PRIVATE_FOLDER.mode, dir_fd=pairs_fd)
        written = _UnflushedPair(hidden, os.open(hidden, _FOLDER_FLAGS, dir_fd=pairs_fd), [])
        try:
            _fill(written, pair)
        except BaseException:
            written.close()
            raise
    except BaseException as error:
        discard(pairs_fd, hidden)
        if isinstance(error, OSError):
            return error
        raise
    return written


def _fill(written: _UnflushedPair, pair: PairFiles) -> None:
    os.fchmod(written.folder, PRIVATE_FOLDER.mode)
    contents = (
        (KEY_FILE, pair.key, PRIVATE_FILE),
        (CSR_FILE, pair.csr, PUBLIC_FILE),
        (RECORD_FILE, pair.record, PRIVATE_FILE),
        (CERTIFICATE_FILE, pair.certificate, PUBLIC_FILE),
    )
    for name, data, permissions in contents:
        if data is not None:
            written.files.append(safe_files.create_unflushed_file(written.folder, name, data, permissions))


def _flush(written: Sequence[_UnflushedPair]) -> dict[int, OSError]:
    """Flush each descriptor once, and return the errors by descriptor."""
    descriptors = [descriptor for pair in written for descriptor in pair.descriptors]
    errors: dict[int, OSError] = {}

    def flush_each(part: Sequence[int]) -> None:
        for descriptor in part:
            try:
                os.fsync(descriptor)
            except OSError as error:
                errors[descriptor] = error

    if len(written) == 1:
        flush_each(descriptors)
    else:
        from concurrent.futures import ThreadPoolExecutor  # loads logging, not needed for one pair

        _start_writing([file for pair in written for file in pair.files])
        with ThreadPoolExecutor(_PARALLEL_FLUSHES) as pool:
            list(
                pool.map(
                    flush_each, (descriptors[first::_PARALLEL_FLUSHES] for first in range(_PARALLEL_FLUSHES))
                )
            )
    return errors


def _start_writing(descriptors: Sequence[int]) -> None:
    """Start writing files to disk, so that all of them are in the same commit of the file system's journal.

    Each file must still be flushed. The flush also reports write errors.
    """
    for descriptor in descriptors:
        with suppress(OSError):  # only a hint
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _close(pairs_fd: int, written: _UnflushedPair, errors: dict[int, OSError]) -> str | OSError:
    flush_error = next(
        (errors[descriptor] for descriptor in written.descriptors if descriptor in errors), None
    )
    close_error = written.close()
    error = flush_error or close_error
    if error is None:
        return written.hidden
    discard(pairs_fd, written.hidden)
    return error
