"""Files that have their name only once they are whole, in a folder of any file system; never over another.

A file that is written under its own name is half there when the process is killed. So it is written under a
hidden name, and gets its own in one step that fails where that is taken: by a second link, or where links are
not known, as on FAT, by a rename that replaces nothing (renameat2, Linux 3.15).
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress

from csrtui.store import files
from csrtui.store.modes import Demand

_NOT_KNOWN = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""What a file system says that knows no such step."""
_NO_REPLACE = 1


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
    hidden = f"{files.TEMPORARY}{files.random_suffix()}"
    files.write_new(dir_fd, hidden, data, demand)
    try:
        for name in names:
            with suppress(FileExistsError):
                if not _give_name(dir_fd, hidden, name):
                    files.write_new(dir_fd, name, data, demand)
                return name
    finally:
        with suppress(OSError):
            os.unlink(hidden, dir_fd=dir_fd)
    return None


def _give_name(dir_fd: int, hidden: str, name: str) -> bool:
    """Give the hidden file its name; False where the file system knows no way that replaces nothing.

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
