"""Write new files outside the store: CSRs, backups, and files for servers.

All functions follow the same rules:
- A file gets its name only when it is complete and on disk. It never replaces another file.
- Either all files of a call are written or none. If the disk does not confirm their names, they are removed again.
- A file system without modes, hard links, unnamed files or fsync for folders (FAT, NFS, CIFS) is accepted. Only an
  unencrypted private key requires modes.
"""

import errno
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.store import foreign_files, safe_files
from csrtui.store.disk_errors import DISK_HINTS, reason_of
from csrtui.store.output_folder import FolderIdentity, absolute_path, open_output_folder
from csrtui.store.permissions import Permissions
from csrtui.store.verbose_log import log

WORLD_READABLE: Final = Permissions(0o644, forbidden=0)
OWNER_ONLY: Final = Permissions(0o600, forbidden=0)
"""Permissions for encrypted files, which may be on a file system without modes. A plain key needs `PRIVATE_FILE`."""

_UNSUPPORTED = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""Errors of a file system that does not support an operation."""
_NO_UNNAMED_FILES = _UNSUPPORTED | {errno.EISDIR, errno.ENOENT}
"""Errors of a file system that does not support unnamed files, or of a system without ``/proc``."""
_TARGET_HINTS = {
    **dict.fromkeys((errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ), "choose another name"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.ENOENT), "choose another folder"),
}
"""Hints for errors about the user's choice: a name that the file system cannot represent, or a folder without new files,
such as ``/proc``."""
_NO_FOLDER_FLUSH = frozenset({errno.EOPNOTSUPP, errno.EINVAL})
"""Errors of a file system that does not support fsync for folders, such as CIFS."""
_RENAME_NOREPLACE = 1
_UNNAMED_FLAGS = os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file to write.

    Attributes:
        names: The names to try. The first one that does not exist is used.
        data: The content.
        permissions: The mode.
    """

    names: Iterable[str]
    data: bytes = field(repr=False)
    permissions: Permissions


def write_new_file(path: str, data: bytes, *, dry_run: bool = False) -> str:
    """Write a new file that everybody may read, and return its absolute path.

    Options and errors are the same as for `write_new_files`.
    """
    absolute = absolute_path(path)
    if path.endswith("/") or os.path.isdir(absolute):
        raise InputError(f"{visible(path)} is a folder", "add the file name")
    folder, name = os.path.split(absolute)
    return write_new_files(folder, [OutputFile((name,), data, WORLD_READABLE)], dry_run=dry_run)[0]


def replace_public_file(path: str, data: bytes, beginning: bytes, *, dry_run: bool = False) -> str:
    """Replace or create a file that everybody may read, in one step, and return its absolute path.

    A mistyped path must never cost a key or a backup. So a file is replaced only if it is empty or of the same kind,
    i.e. if it begins with the bytes in `beginning`.

    Raises:
        InputError: The path is a folder, a special file or a file of another kind, or its folder cannot be opened.
        StoreError: The file cannot be written. The old file is unchanged.
    """
    absolute = absolute_path(path)
    folder, name = os.path.split(absolute)
    if path.endswith("/") or (os.path.lexists(absolute) and not os.path.isfile(absolute)):
        raise InputError(f"{visible(path)} is not a regular file", "choose another file name")
    if os.path.lexists(absolute):
        content = foreign_files.read_beginning(absolute, len(beginning))
        if content and content != beginning:
            message = f"{visible(path)} is a file of another kind and is never overwritten"
            raise InputError(message, "choose another file name")
    dir_fd = open_output_folder(folder)
    try:
        if dry_run:
            safe_files.require_access(folder)
        else:
            safe_files.replace_file(dir_fd, name, data, WORLD_READABLE)
    except OSError as error:
        raise _write_error(folder, error, []) from error
    finally:
        os.close(dir_fd)
    return absolute


def write_new_files(
    folder: str,
    outputs: Sequence[OutputFile],
    *,
    dry_run: bool = False,
    identity: FolderIdentity | None = None,
) -> list[str]:
    """Write either all files or none into a folder, and return their absolute paths.

    The folder must exist, and its identity must be `identity` unless that is None. A file whose permissions forbid mode
    bits is written only to a file system that supports modes.

    Raises:
        InputError: The folder cannot be opened or accepts no new files, or all names of a file exist. Nothing was
            written.
        StoreError: A file cannot be written or flushed. The files are removed, and the message names any that remain.
    """
    folder = absolute_path(folder)
    dir_fd = open_output_folder(folder, identity)
    pending: list[_PendingFile] = []
    names: list[str] = []
    try:
        if dry_run:
            safe_files.require_access(folder)
            return [os.path.join(folder, _free_name(dir_fd, output)) for output in outputs]
        # All files are completed before the first one gets its name, so that a kill leaves no incomplete file.
        for output in outputs:
            pending.append(_PendingFile(dir_fd, output))  # noqa: PERF401 - those before an error must be closed
        for file in pending:
            names.append(file.publish())  # noqa: PERF401 - those before an error must be removed
        flush_names(dir_fd)
    except BaseException as error:
        remaining = [name for name in names if not _remove(dir_fd, name)]
        if isinstance(error, OSError):
            raise _write_error(folder, error, remaining) from error
        raise
    finally:
        for file in pending:
            file.close()
        safe_files.release(dir_fd)
    paths = [os.path.join(folder, name) for name in names]
    for path in paths:
        log("written", path)
    return paths


def _free_name(dir_fd: int, output: OutputFile) -> str:
    """Return the first name of a file that does not exist.

    Raises:
        FileExistsError: All names exist. Its `filename` is the last of them.
    """
    name = None
    for name in output.names:
        if not safe_files.exists(dir_fd, name):
            return name
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


class _PendingFile:
    """A file that is complete and on disk, but has no name yet."""

    def __init__(self, dir_fd: int, output: OutputFile) -> None:
        self._folder = dir_fd
        self._output = output
        self._hidden_name: str | None = None
        self._descriptor = self._create_unnamed()
        if self._descriptor is None:
            self._create_hidden()

    def publish(self) -> str:
        """Give the file the first of its names that does not exist, in one step, and return that name.

        Raises:
            FileExistsError: All names exist. Its `filename` is the last of them.
            OSError: The disk reports an error.
        """
        last_name = None
        for last_name in self._output.names:
            with suppress(FileExistsError):
                self._link_as(last_name)
                return last_name
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), last_name)

    def _link_as(self, name: str) -> None:
        if self._descriptor is not None:
            try:
                # An unprivileged process can link its open file only through /proc (open(2), O_TMPFILE).
                os.link(f"/proc/self/fd/{self._descriptor}", name, dst_dir_fd=self._folder)
            except OSError as error:
                if error.errno not in _NO_UNNAMED_FILES:
                    raise
            else:
                return
        hidden_name = self._hidden_name or self._create_hidden()
        for move in (_link, _rename):
            try:
                move(self._folder, hidden_name, name)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
            else:
                return
        safe_files.create_file(self._folder, name, self._output.data, self._output.permissions)

    def close(self) -> None:
        """Close the file. A file without a name then disappears.

        Its content has been flushed, so an error here loses no data and is ignored.
        """
        if self._descriptor is not None:
            safe_files.release(self._descriptor)
        if self._hidden_name is not None:
            with suppress(OSError):
                os.unlink(self._hidden_name, dir_fd=self._folder)

    def _create_unnamed(self) -> int | None:
        permissions = self._output.permissions
        try:
            descriptor = os.open(
                ".", _UNNAMED_FLAGS, safe_files.initial_mode(permissions), dir_fd=self._folder
            )
        except OSError as error:
            if error.errno not in _NO_UNNAMED_FILES:
                raise
            return None
        try:
            safe_files.write_content(descriptor, self._output.data, permissions)
            os.fsync(descriptor)
        except BaseException:
            safe_files.release(descriptor)
            raise
        return descriptor

    def _create_hidden(self) -> str:
        name = f"{safe_files.TEMPORARY}{safe_files.random_suffix()}"
        safe_files.create_file(self._folder, name, self._output.data, self._output.permissions)
        self._hidden_name = name
        return name


def _link(dir_fd: int, old_name: str, new_name: str) -> None:
    os.link(old_name, new_name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd, follow_symlinks=False)


def _rename(dir_fd: int, old_name: str, new_name: str) -> None:
    """Rename a file without replacing another file. Python's own rename would replace it."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.renameat2(dir_fd, os.fsencode(old_name), dir_fd, os.fsencode(new_name), _RENAME_NOREPLACE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def flush_names(dir_fd: int) -> None:
    """Flush the names in a folder to disk, if the file system supports this."""
    try:
        os.fsync(dir_fd)
    except OSError as error:
        if error.errno not in _NO_FOLDER_FLUSH:
            raise


def _remove(dir_fd: int, name: str) -> bool:
    """Remove a file that this process has just written, and return whether it no longer exists."""
    try:
        os.unlink(name, dir_fd=dir_fd)
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return True


def _write_error(folder: str, error: OSError, remaining: Sequence[str]) -> InputError | StoreError:
    if remaining:
        paths = ", ".join(visible(os.path.join(folder, name)) for name in remaining)
        message = f"cannot write to {visible(folder)}: {reason_of(error)}; these files could not be removed: {paths}"
        return StoreError(message, "remove them")
    if isinstance(error, FileExistsError):
        path = visible(os.path.join(folder, error.filename))
        return InputError(
            f"{path} already exists and is never overwritten", "move it away, or choose another path"
        )
    message = f"cannot write to {visible(folder)}: {reason_of(error)}"
    if error.errno in _TARGET_HINTS:
        return InputError(message, _TARGET_HINTS[error.errno])
    return StoreError(message, DISK_HINTS.get(error.errno or 0, "choose another folder"))
