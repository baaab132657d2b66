"""Check, open and create folders for new files outside the store, before anything is written to them."""

import os
from dataclasses import dataclass
from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quote, visible
from csrtui.store import safe_files
from csrtui.store.disk_errors import reason_of
from csrtui.store.permissions import UnsafeFolder, unsafe_folders


class MissingFolderError(InputError):
    """A folder for new files does not exist. `create_output_folder` can create it."""

    def __init__(self, path: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.path = path


class FolderIdentity(NamedTuple):
    """The device and inode numbers of a folder. Another folder at the same path has other numbers."""

    device: int
    inode: int

    @classmethod
    def read(cls, dir_fd: int) -> "FolderIdentity":
        """Return the identity of an open folder."""
        status = os.fstat(dir_fd)
        return cls(status.st_dev, status.st_ino)


def absolute_path(path: str) -> str:
    """Return the absolute form of a path.

    Raises:
        InputError: The path is empty or contains a NUL, or it is relative and the current folder no longer exists.
    """
    if not path or "\0" in path:
        raise InputError(f'"{visible(path)}" is not a valid path', "enter a path, such as /tmp/example")
    try:
        return os.path.abspath(path)
    except FileNotFoundError as error:
        raise InputError(f"{visible(path)} is relative to a folder that no longer exists") from error


def open_output_folder(path: str, identity: FolderIdentity | None = None) -> int:
    """Return the descriptor of a folder for new files.

    `identity` is the identity of the folder when it was checked, or None.

    Raises:
        InputError: The folder cannot be opened, or another folder or a link is in its place.
    """
    try:
        dir_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise folder_error(path, error) from error
    if identity is not None and FolderIdentity.read(dir_fd) != identity:
        safe_files.release(dir_fd)
        raise InputError(
            f"{visible(path)} was replaced by another folder after the check; nothing was written",
            "find out who did this, then repeat the command",
        )
    return dir_fd


def folder_error(path: str, error: OSError) -> InputError:
    """Return the error to raise when a folder for new files cannot be opened or examined."""
    message = f"cannot write to {visible(path)}: {reason_of(error)}"
    if isinstance(error, FileNotFoundError):
        return MissingFolderError(path, message, f"mkdir -p -m 700 {quote(path)}, or mount it")
    return InputError(message, "choose another folder")


def create_output_folder(path: str) -> None:
    """Create a folder for new files, and the missing folders above it, each with mode 0700.

    Raises:
        InputError: A folder cannot be created, or other users can change a folder above it and so replace the new one.
    """
    unsafe = next(unsafe_folders(safe_files.existing_folder(path), itself=True), None)
    if unsafe is not None:
        raise InputError(f"{unsafe.problem}: anyone who can write there can replace a new folder", unsafe.fix)
    try:
        safe_files.make_folders(path)
    except OSError as error:
        message = f"cannot create {visible(path)}: {reason_of(error)}"
        raise InputError(message, "choose another folder") from error


@dataclass(frozen=True, slots=True)
class Destination:
    """Facts about a folder for backups.

    Attributes:
        path: The folder, absolute.
        free: The number of bytes available to this user.
        mount_point: The mount point of its file system.
        on_disk_of_store: Whether the store is on the same file system. If so, one disk failure loses both.
        unsafe: The folders that other users can change: this folder, or folders above it.
    """

    path: str
    free: int
    mount_point: str
    on_disk_of_store: bool
    unsafe: tuple[UnsafeFolder, ...] = ()


def examine_backup_folder(folder: str, store: str) -> Destination:
    """Return the facts about a folder for backups. The store's folder need not exist.

    Raises:
        InputError: The folder cannot be opened or written to.
    """
    path = _writable_folder(folder)
    try:
        space, device = os.statvfs(path), os.stat(path).st_dev
    except OSError as error:
        raise folder_error(path, error) from error
    return Destination(
        path,
        space.f_bavail * space.f_frsize,
        _mount_point(path),
        device == os.stat(safe_files.existing_folder(os.path.abspath(store))).st_dev,
        tuple(unsafe_folders(path, itself=True)),
    )


def check_export_folder(folder: str, store: str) -> str:
    """Return the absolute path of a folder for exported files.

    Raises:
        InputError: The folder cannot be opened or written to, or is within the store.
    """
    path = _writable_folder(folder)
    real_path, real_store = os.path.realpath(path), os.path.realpath(store)
    if os.path.commonpath([real_path, real_store]) == real_store:
        raise InputError(
            f"{visible(path)} is within the keystore, which is reserved for pairs", "choose another folder"
        )
    return path


def _writable_folder(folder: str) -> str:
    path = absolute_path(folder)
    safe_files.release(open_output_folder(path))
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"cannot write to {visible(path)}: permission denied", "choose another folder")
    return path


def _mount_point(path: str) -> str:
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path
