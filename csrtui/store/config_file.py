"""The configuration file on the disk.

It holds no secret, so anybody may read it. Whoever can write to it could put words into requests, so a file
that others can write to is refused, as ssh refuses its own configuration: it belongs to this user or to root.
"""

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import quote, visible
from csrtui.store import files, locks
from csrtui.store.disk_errors import NotConfirmedError, ReadOnlyError, foreign_refusal
from csrtui.store.permissions import PRIVATE_FILE

VARIABLE = "CSRTUI_CONFIG"
"""The environment variable that names the file."""

MAX_BYTES = 64 * 1024
"""The most bytes that a configuration may have."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OTHERS_WRITE = 0o022
_ELSEWHERE = f"see to it that you can write there, or name another file in ${VARIABLE}"


def config_path(environ: Mapping[str, str]) -> str:
    """Return the file's absolute path: `VARIABLE`, else ``config.toml`` in the user's configuration folder.

    Raises:
        InputError: The variable is empty or holds a NUL.
    """
    text = environ.get(VARIABLE)
    if text is None:
        from platformdirs import user_config_dir

        return os.path.abspath(os.path.join(user_config_dir("csrtui", appauthor=False), "config.toml"))
    if not text or "\0" in text:
        raise InputError(f'${VARIABLE} is "{visible(text)}", which is not a file', "give the path of a file")
    return os.path.abspath(text)


def read_config_text(path: str) -> str:
    """Return the text of the configuration; empty when there is none.

    Args:
        path: The file, UTF-8; links are followed.

    Raises:
        InputError: It cannot be read, others can write to it, or it is not a text.
    """
    return _read(path)[0]


def update_config_text(path: str, edit: Callable[[str], str]) -> None:
    """Change the configuration under its lock: all of the change is made or none of it.

    The file and its folders are made if need be; a link stays, what it leads to is replaced.

    Args:
        path: The file.
        edit: Gets the text as it is now and returns what it shall be; what it raises leaves the file alone.

    Raises:
        InputError: As for `read_config_text`.
        BusyError: Another process has it, or changed it meanwhile.
        StoreError: It cannot be written.
        NotConfirmedError: It is written, but might not survive a power cut.
    """
    folder, name = os.path.split(os.path.realpath(path))
    try:
        files.make_folders(folder)
        descriptor = os.open(folder, _FOLDER_FLAGS)
        try:
            with locks.hold(descriptor, f".{name}.lock", "the configuration", locks.Sharing.EXCLUSIVE):
                _update(path, descriptor, name, edit)
        finally:
            files.release(descriptor)
    except ReadOnlyError as error:
        raise ReadOnlyError(error.what, _ELSEWHERE) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"cannot write {visible(path)}: {reason}", _ELSEWHERE) from error


def _update(path: str, folder: int, name: str, edit: Callable[[str], str]) -> None:
    before, found = _read(path)
    after = edit(before)
    if after == before:
        return
    if _identity(_look(path)) != _identity(found):  # an editor takes no lock
        raise locks.BusyError(f"{visible(path)} was changed by somebody else meanwhile", "try again")
    # Others may have files in this folder, so that what a crash left is known by its whole name; the lock is held.
    temporary = f".{name}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    files.replace(folder, name, after.encode(), PRIVATE_FILE, temporary)
    try:
        files.flush_folder(folder)
    except OSError as error:
        raise NotConfirmedError("the configuration") from error


def _read(path: str) -> tuple[str, os.stat_result | None]:
    """The text, and what was found of the file; None when there is none."""
    try:
        found = _look(path)
        if found is None:
            return "", None
        _judge(path, found)
        descriptor = os.open(path, _FLAGS)
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            _judge(path, found)
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise foreign_refusal(path, error) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{visible(path)} has more than {MAX_BYTES} bytes, too many for a configuration")
    try:
        return data.decode(), found
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{visible(path)}, line {line}: this is not UTF-8") from error


def _look(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _identity(found: os.stat_result | None) -> tuple[int, ...] | None:
    """What is another after every change: none of it is read from the content."""
    return None if found is None else (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _judge(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{visible(path)} is not a regular file, where the configuration should be")
    if found.st_uid not in {os.geteuid(), 0}:
        raise InputError(
            f"{visible(path)} belongs to user {found.st_uid}, who could change it at any time",
            f"use a file of your own, or name one in ${VARIABLE}",
        )
    if found.st_mode & _OTHERS_WRITE:
        raise InputError(
            f"others can write to {visible(path)} (mode {stat.S_IMODE(found.st_mode):04o})",
            f"chmod go-w {quote(path)}",
        )
