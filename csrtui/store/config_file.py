"""Read and change the configuration file.

The file does not contain secrets, so anybody may read it. A user who can write to it could change requests, so csrtui
refuses a file that other users can write to, as ssh does. The file must belong to this user or to root.
"""

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import quote, visible
from csrtui.store import locks, safe_files
from csrtui.store.disk_errors import ReadOnlyError, foreign_file_error, reason_of
from csrtui.store.permissions import PRIVATE_FILE
from csrtui.store.verbose_log import log

CONFIG_VARIABLE = "CSRTUI_CONFIG"
"""The environment variable that names the file."""

SITE_FILE = "/etc/csrtui/config.toml"
"""The configuration file of this machine, and the only file that may contain a policy."""

MAX_BYTES = 64 * 1024
"""The maximum size of a configuration file."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OTHERS_WRITE = 0o022
_WRITE_HINT = f"make sure that you can write there, or choose another file with ${CONFIG_VARIABLE}"


def config_path(environ: Mapping[str, str]) -> str:
    """Return the absolute path of the file.

    This is the value of `CONFIG_VARIABLE`, or else the path of ``config.toml`` in the user's configuration folder.

    Raises:
        InputError: The variable is empty or contains a NUL.
    """
    text = environ.get(CONFIG_VARIABLE)
    if text is None:
        # As platformdirs does on Linux, but without its import, which takes as long as the rest of a short command.
        folder = environ.get("XDG_CONFIG_HOME", "").strip() or os.path.expanduser("~/.config")
        return os.path.abspath(os.path.join(folder, "csrtui", "config.toml"))
    if not text or "\0" in text:
        raise InputError(
            f'${CONFIG_VARIABLE} is "{visible(text)}", which is not a file', "set it to the path of a file"
        )
    return os.path.abspath(text)


def site_paths(environ: Mapping[str, str]) -> list[str]:
    """Return the paths of the site-wide files, the most important first.

    They are in the folders of ``$XDG_CONFIG_DIRS`` (by default ``/etc/xdg``), as in the XDG base directory
    specification, and `SITE_FILE` comes last. Relative folders are ignored.
    """
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    paths = [os.path.join(folder, "csrtui", "config.toml") for folder in folders if folder.startswith("/")]
    return list(dict.fromkeys([*paths, SITE_FILE]))


def read_site_text(path: str) -> tuple[str, bool]:
    """Return the text of a site-wide file, or an empty string if there is none, and whether root owns the file.

    The errors are the same as for `read_config_text`.
    """
    text, status = _read(path, is_site_wide=True)
    return text, status is not None and status.st_uid == 0


def read_config_text(path: str) -> str:
    """Return the text of the configuration file, which must be UTF-8, or an empty string if there is no file.

    Links are followed.

    Raises:
        InputError: The file cannot be read, other users can write to it, or it is not text.
    """
    return _read(path)[0]


def update_config_text(path: str, edit: Callable[[str], str]) -> None:
    """Change the configuration file under its lock, in one step.

    The file and its folders are created if necessary. If the path is a link, the link stays and its target is replaced.

    Args:
        path: The path of the file.
        edit: Called with the current text. It returns the new text. If it raises an error, the file stays unchanged.

    Raises:
        InputError: The file cannot be read (`read_config_text`).
        BusyError: Another process holds the lock, or has changed the file in the meantime.
        StoreError: The file cannot be written.
        NotConfirmedError: The file is written, but might not survive a power cut.
    """
    folder, name = os.path.split(os.path.realpath(path))
    try:
        safe_files.make_folders(folder)
        descriptor = os.open(folder, _FOLDER_FLAGS)
        try:
            with locks.hold(descriptor, f".{name}.lock", "the configuration", locks.Sharing.EXCLUSIVE):
                _update(path, descriptor, name, edit)
            log("replaced", path)
        finally:
            safe_files.release(descriptor)
    except ReadOnlyError as error:
        raise ReadOnlyError(error.message, _WRITE_HINT) from error
    except OSError as error:
        raise StoreError(f"cannot write {visible(path)}: {reason_of(error)}", _WRITE_HINT) from error


def _update(path: str, folder: int, name: str, edit: Callable[[str], str]) -> None:
    text, status = _read(path)
    new_text = edit(text)
    if new_text == text:
        return
    if _identity(_status(path)) != _identity(status):  # an editor does not use the lock
        raise locks.BusyError(f"{visible(path)} was changed by another program in the meantime", "try again")
    # This folder may contain temporary files of other programs, so csrtui does not remove them all, as it does in the
    # store. Its own temporary file has a fixed name, which the lock protects.
    temporary = f".{name}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    safe_files.replace_file(folder, name, new_text.encode(), PRIVATE_FILE, temporary)
    safe_files.flush_folder(folder, "the configuration")


def _read(path: str, *, is_site_wide: bool = False) -> tuple[str, os.stat_result | None]:
    """Return the text and the status of the file, or an empty string and None if there is no file."""
    try:
        status = _status(path)
        if status is None:
            return "", None
        _require_safe(path, status, is_site_wide=is_site_wide)
        with open(os.open(path, _FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            _require_safe(path, status, is_site_wide=is_site_wide)
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise foreign_file_error(path, error) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{visible(path)} has more than {MAX_BYTES} bytes: too large for a configuration")
    try:
        return data.decode("utf-8-sig"), status  # editors of Windows write a byte-order mark
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{visible(path)}, line {line}: not UTF-8", "save it as UTF-8") from error


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _identity(status: os.stat_result | None) -> tuple[int, ...] | None:
    """Return values that identify the version of the file: each change of the file changes at least one of them."""
    return None if status is None else (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _require_safe(path: str, status: os.stat_result, *, is_site_wide: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{visible(path)} is not a regular file, so it cannot be the configuration")
    if status.st_uid not in {os.geteuid(), 0}:
        raise InputError(
            f"{visible(path)} belongs to user {status.st_uid}, who could change it at any time",
            f"chown root {quote(path)}"
            if is_site_wide
            else f"use a file of your own, or choose one with ${CONFIG_VARIABLE}",
        )
    if status.st_mode & _OTHERS_WRITE:
        raise InputError(
            f"others can write to {visible(path)} (mode {stat.S_IMODE(status.st_mode):04o})",
            f"chmod go-w {quote(path)}",
        )
