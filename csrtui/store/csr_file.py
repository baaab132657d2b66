"""Files handed out of the store, such as the CSR for the CA: for all to read, and never over another file."""

import os

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quote, visible
from csrtui.store import files
from csrtui.store.disk_errors import NotConfirmedError, refusal
from csrtui.store.new_file import write_whole
from csrtui.store.permissions import Demand

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
