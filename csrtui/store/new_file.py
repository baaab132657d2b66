"""Files that have their name only once they are whole, in a folder of any file system; never over another.

A file that is written under its own name is half there when the process is killed. So it is written without any
name, and gets its own in one step that fails where that is taken; a kill before leaves nothing at all. Where the
file system knows no files without a name (FAT, NFS), it is written under a hidden name, which a kill can leave
behind, and gets its own by a second link, or where links are not known either, by a rename that replaces nothing
(renameat2, Linux 3.15).
"""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from csrtui.store import files
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
