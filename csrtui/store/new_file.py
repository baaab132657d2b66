"""Write new files outside the store, on any file system: complete or absent, and never over another file."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quote, visible
from csrtui.store import files
from csrtui.store.disk_errors import NotConfirmedError, refusal
from csrtui.store.permissions import Demand

_NOT_KNOWN = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""What a file system says that knows no such step."""
_NOT_NAMELESS = _NOT_KNOWN | {errno.EISDIR, errno.ENOENT}
"""What it says that knows no files without a name, or a system without ``/proc``."""
_NO_REPLACE = 1
_NAMELESS_FLAGS = os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC


class WholeFile:
    """A file that is whole and on the disk, and waits for its name; `close` lets go of it.

    Args:
        dir_fd: The folder it will be in.
        data: All of it.
        demand: Its mode.

    Raises:
        OSError: It cannot be written; nothing of it is left.
    """

    def __init__(self, dir_fd: int, data: bytes, demand: Demand) -> None:
        self._folder = dir_fd
        self._data = data
        self._demand = demand
        self._hidden: str | None = None
        self._descriptor = self._write_nameless()
        if self._descriptor is None:
            self._write_hidden()

    @property
    def mode(self) -> int:
        """The permission bits that the file system gave it.

        Raises:
            OSError: It cannot be looked at.
        """
        if self._descriptor is not None:
            return stat.S_IMODE(os.fstat(self._descriptor).st_mode)
        return stat.S_IMODE(os.stat(self._hidden or "", dir_fd=self._folder, follow_symlinks=False).st_mode)

    def give_name(self, name: str) -> None:
        """Give it its name, at once and whole.

        Raises:
            FileExistsError: The name is taken.
            OSError: The disk refuses.
        """
        if self._descriptor is not None:
            try:
                # Only /proc lets a process without rights link what it has open (open(2), O_TMPFILE).
                os.link(f"/proc/self/fd/{self._descriptor}", name, dst_dir_fd=self._folder)
            except OSError as error:
                if error.errno not in _NOT_NAMELESS:
                    raise
            else:
                return
        if not _name_hidden(self._folder, self._hidden or self._write_hidden(), name):
            files.write_new(self._folder, name, self._data, self._demand)

    def close(self) -> None:
        """Let go of it; where it got no name, nothing of it is left.

        What was written was flushed, so that this loses nothing, whatever the system says.
        """
        if self._descriptor is not None:
            files.release(self._descriptor)
        if self._hidden is not None:
            with suppress(OSError):
                os.unlink(self._hidden, dir_fd=self._folder)

    def _write_nameless(self) -> int | None:
        try:
            descriptor = os.open(".", _NAMELESS_FLAGS, self._demand.mode, dir_fd=self._folder)
        except OSError as error:
            if error.errno not in _NOT_NAMELESS:
                raise
            return None
        try:
            files.fill(descriptor, self._data, self._demand)
            os.fsync(descriptor)
        except BaseException:
            files.release(descriptor)
            raise
        return descriptor

    def _write_hidden(self) -> str:
        hidden = f"{files.TEMPORARY}{files.random_suffix()}"
        files.write_new(self._folder, hidden, self._data, self._demand)
        self._hidden = hidden
        return hidden


def write_whole(dir_fd: int, names: Iterable[str], data: bytes, demand: Demand) -> str | None:
    """Write a file under the first name that is free, and see it to the disk; return that name.

    The caller flushes the folder. None of the names is free: None is returned and nothing is left.

    Args:
        dir_fd: The folder.
        names: What the file may be called.
        data: All of it.
        demand: Its mode.

    Raises:
        OSError: It cannot be written; nothing of it is left.
    """
    file = WholeFile(dir_fd, data, demand)
    try:
        for name in names:
            with suppress(FileExistsError):
                file.give_name(name)
                return name
    finally:
        file.close()
    return None


def _name_hidden(dir_fd: int, hidden: str, name: str) -> bool:
    """Give a hidden file its name; False where the file system knows no way that replaces nothing.

    Raises:
        FileExistsError: The name is taken.
        OSError: The disk refuses.
    """
    for way in (_link, _rename):
        try:
            way(dir_fd, hidden, name)
        except OSError as error:
            if error.errno not in _NOT_KNOWN:
                raise
        else:
            return True
    return False


def _link(dir_fd: int, hidden: str, name: str) -> None:
    os.link(hidden, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd, follow_symlinks=False)


def _rename(dir_fd: int, hidden: str, name: str) -> None:
    """Python's own rename replaces what is there."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.renameat2(dir_fd, os.fsencode(hidden), dir_fd, os.fsencode(name), _NO_REPLACE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


HANDED_OUT = Demand("file", folder=False, mode=0o644, forbidden=0)
"""It holds nothing secret; a medium that knows no modes will do."""


def write(path: str, data: bytes) -> str:
    """Write a new file, see it to the disk, and return its absolute path.

    Args:
        path: Where to; its folder has to be there.
        data: All of it; nothing secret, since everybody may read it.

    Raises:
        InputError: Something lies there already, or the folder cannot be opened.
        StoreError: It cannot be written; nothing of it is left.
        NotConfirmedError: It is there, but might not survive a power cut.
    """
    whole = absolute_path(path)
    folder, name = os.path.split(whole)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _no_folder(folder, error) from error
    try:
        written = write_whole(descriptor, (name,), data, HANDED_OUT)
        if written is not None:
            _confirm(descriptor, whole)
    except OSError as error:
        raise refusal("cannot write", whole, error) from error
    finally:
        files.release(descriptor)
    if written is None:
        raise InputError(
            f"{visible(whole)} is there already, and csrtui overwrites nothing", "choose another name"
        )
    return whole


def absolute_path(path: str) -> str:
    """Return the absolute path of a file that may be made.

    Raises:
        InputError: It is empty, no path, or a folder.
    """
    if not path or "\0" in path:
        raise InputError(f'"{visible(path)}" is not a valid path', "name a file, such as /tmp/request.csr")
    try:
        whole = os.path.abspath(path)
    except FileNotFoundError as error:
        raise InputError(f"{visible(path)} is relative to a folder that is gone") from error
    if path.endswith("/") or os.path.isdir(whole):
        raise InputError(f"{visible(path)} is a folder", "name the file in it too")
    return whole


def _no_folder(folder: str, error: OSError) -> InputError:
    hint = f"mkdir -p {quote(folder)}" if isinstance(error, FileNotFoundError) else None
    return InputError(f"cannot write into {visible(folder)}: {error.strerror}", hint)


def _confirm(descriptor: int, path: str) -> None:
    try:
        files.flush_folder(descriptor)
    except OSError as error:
        raise NotConfirmedError(visible(path)) from error
