"""Files for a server software, written into a folder outside the store: all of them or none, over nothing."""

import errno
import os
from collections.abc import Sequence

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import quote, visible
from csrtui.core.servers.deployment import NewFile, Secrecy
from csrtui.store import files
from csrtui.store.disk_errors import refusal
from csrtui.store.new_file import WholeFile
from csrtui.store.permissions import PRIVATE_FILE, Demand

_DEMANDS = {
    Secrecy.PUBLIC: Demand("file", folder=False, mode=0o644, forbidden=0),
    Secrecy.SEALED: Demand("file", folder=False, mode=0o600, forbidden=0),
    Secrecy.PRIVATE: PRIVATE_FILE,
}


def folder_path(folder: str, store: str) -> str:
    """Return the absolute path of a folder that files can go to.

    Args:
        folder: As given.
        store: The keystore's folder, in which nothing but its own files may lie.

    Raises:
        InputError: It is not there, no folder, not to be written to, or within the keystore.
    """
    path = _absolute(folder)
    descriptor = _open(path)
    files.release(descriptor)
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"cannot write files into {visible(path)}: you may not write there")
    real, own = os.path.realpath(path), os.path.realpath(store)
    if os.path.commonpath([real, own]) == own:
        raise InputError(
            f"{visible(path)} is within the keystore, which holds pairs only", "choose a folder outside"
        )
    return path


def write_all(folder: str, wanted: Sequence[NewFile]) -> list[str]:
    """Write files that are not there yet, and see them to the disk; return their paths.

    Files that hold a plain key go only where a mode keeps others from reading them.

    Args:
        folder: Where to, as `folder_path` gives it.
        wanted: The files.

    Raises:
        InputError: The folder cannot be opened, or a file of such a name is there; nothing was written.
        StoreError: One cannot be written or flushed; none of them is left.
    """
    descriptor = _open(folder)
    try:
        if any(file.secrecy is Secrecy.PRIVATE for file in wanted):
            _demand_modes(descriptor, folder)
        _write(descriptor, folder, wanted)
    except FileExistsError as error:
        raise InputError(
            f"{visible(os.path.join(folder, error.filename))} is there already, and csrtui overwrites nothing",
            "move it away, or choose another folder; nothing was written",
        ) from error
    except OSError as error:
        raise refusal("cannot write files into", folder, error) from error
    finally:
        files.release(descriptor)
    return [os.path.join(folder, file.name) for file in wanted]


def _write(descriptor: int, folder: str, wanted: Sequence[NewFile]) -> None:
    """Write all of them whole before the first gets its name, so that a kill leaves no half of one."""
    ready: list[WholeFile] = []
    named: list[str] = []
    try:
        for file in wanted:
            ready.append(WholeFile(descriptor, file.data, _DEMANDS[file.secrecy]))  # noqa: PERF401 - those before an error are closed
        for whole, file in zip(ready, wanted, strict=True):
            _give_name(whole, file.name)
            named.append(file.name)
        _flush(descriptor)
    except BaseException as error:
        left = [name for name in named if not _removed(descriptor, name)]
        if left and isinstance(error, Exception):
            paths = ", ".join(visible(os.path.join(folder, name)) for name in left)
            raise StoreError(f"writing failed, and these could not be removed again: {paths}") from error
        raise
    finally:
        for whole in ready:
            whole.close()


def _give_name(whole: WholeFile, name: str) -> None:
    try:
        whole.give_name(name)
    except FileExistsError as error:
        error.filename = name  # not that of what was to get the name
        raise


def _removed(descriptor: int, name: str) -> bool:
    try:
        os.unlink(name, dir_fd=descriptor)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _flush(descriptor: int) -> None:
    """See the names to the disk, where the file system can: cifs, for one, knows no fsync of folders."""
    try:
        files.flush_folder(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
            raise


def _demand_modes(descriptor: int, folder: str) -> None:
    """Refuse a medium that keeps no modes, such as a FAT stick, before a byte of a key is on it."""
    # Not as strict as for the key itself: what is wrong is to be said in words of its own.
    probe = WholeFile(descriptor, b"", _DEMANDS[Secrecy.SEALED])
    try:
        mode = probe.mode
    finally:
        probe.close()
    if mode & PRIVATE_FILE.forbidden:
        raise StoreError(
            f"{visible(folder)} keeps no file modes: others could read the key there",
            "choose a folder on a file system of Linux",
        )


def _absolute(folder: str) -> str:
    if not folder or "\0" in folder:
        raise InputError(f'"{visible(folder)}" is not a valid path', "name a folder")
    try:
        return os.path.abspath(folder)
    except FileNotFoundError as error:
        raise InputError(f"{visible(folder)} is relative to a folder that is gone") from error


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(
            f"cannot write files into {visible(path)}: {error.strerror}", f"mkdir -p -m 700 {quote(path)}"
        ) from error
