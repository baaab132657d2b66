"""Check the folder for new files outside the store before anything is written to it."""

import os
from dataclasses import dataclass

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.files import release
from csrtui.store.new_files import absolute_path, folder_error, open_output_folder
from csrtui.store.permissions import UnsafeFolder, unsafe_folders


@dataclass(frozen=True, slots=True)
class Destination:
    """Facts about a folder for backups.

    Attributes:
        path: The folder, absolute.
        free: The number of bytes available to this user.
        mount_point: The mount point of its file system.
        on_disk_of_store: Whether the store is on the same file system. If so, one disk failure loses both.
        unsafe: Those of the folder and the folders above it that other users can change.
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
        device == _device_of(store),
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
    release(open_output_folder(path))
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(f"cannot write to {visible(path)}: permission denied", "choose another folder")
    return path


def _mount_point(path: str) -> str:
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def _device_of(store: str) -> int | None:
    """Return the device number of the file system on which the store is, or will be created."""
    path = os.path.abspath(store)
    while True:
        try:
            return os.stat(path).st_dev
        except OSError:
            if path == os.path.dirname(path):
                return None
            path = os.path.dirname(path)
