"""Create, replace and read files so that no file is ever incomplete, readable by others, or owned by another user.

Every function that writes uses names relative to the descriptor of a checked folder, so that no path is looked up
twice. A failed fsync is never repeated, because the second fsync would report success for data that the kernel has
already discarded.
"""

import errno
import os
import stat
from contextlib import suppress

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.permissions import PRIVATE_FOLDER, Permissions, check_permissions
from csrtui.store.verbose_log import log

MAX_STORE_FILE_BYTES = 16 * 1024 * 1024
"""The maximum size of a file in the store, in bytes. No pair needs nearly as much."""

TEMPORARY = ".tmp-"
"""The prefix of temporary files. Each of them will replace another file."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_STORE_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 64 * 1024


def random_suffix() -> str:
    """Return 16 unpredictable hexadecimal digits."""
    return os.urandom(8).hex()


def release(descriptor: int) -> None:
    """Close a descriptor and ignore errors.

    Such an error loses no data, so it must not make a saved pair look unsaved. For a descriptor with unflushed
    data, call `os.close` and handle its errors.
    """
    with suppress(OSError):
        os.close(descriptor)


def make_folders(path: str) -> None:
    """Create a folder and the missing folders above it, and flush them to disk.

    Each new folder gets mode 0700, regardless of the umask.

    Raises:
        OSError: A folder cannot be created, or the path cannot be examined.
    """
    path = os.path.abspath(path)
    missing = []
    while not exists(None, path):
        missing.append(path)
        path = os.path.dirname(path)
    for folder in reversed(missing):
        parent = os.open(os.path.dirname(folder), _FOLDER_FLAGS)
        try:
            make_folder(os.path.basename(folder), parent)
        finally:
            release(parent)


def existing_folder(path: str) -> str:
    """Return an absolute path if there is a folder at it, or else the nearest folder above it."""
    while path != "/" and not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def require_access(folder: str) -> None:
    """Check that this user can write to a folder, without writing to it.

    Raises:
        OSError: The user cannot write there, or the file system is read-only.
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        code = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(code, os.strerror(code), folder)


def make_folder(name: str, dir_fd: int) -> None:
    """Create a folder with mode 0700, regardless of the umask, unless it exists.

    An existing folder may have been created by another process that has not flushed it yet. Nothing is lost in this
    case, because file systems with a journal write in order: flushing a file in the folder also flushes the folder.

    Raises:
        OSError: The folder cannot be created.
    """
    with suppress(FileExistsError):
        os.mkdir(name, PRIVATE_FOLDER.mode, dir_fd=dir_fd)
        os.chmod(name, PRIVATE_FOLDER.mode, dir_fd=dir_fd)
        os.fsync(dir_fd)


def exists(dir_fd: int | None, name: str) -> bool:
    """Return whether a folder contains a name. It may be a broken link.

    Raises:
        OSError: The name cannot be examined, e.g. because it is too long.
    """
    try:
        os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def remove_temporary_files(dir_fd: int) -> None:
    """Remove the temporary files of interrupted replacements from a folder. The caller must hold the lock.

    Raises:
        OSError: A file cannot be removed.
    """
    for name in os.listdir(dir_fd):
        if name.startswith(TEMPORARY):
            os.unlink(name, dir_fd=dir_fd)


def open_folder(name: str, path: str, dir_fd: int | None = None, *, may_be_link: bool = False) -> int:
    """Check the permissions of a folder and return its descriptor.

    `name` is a name in `dir_fd`, or a path. Only the store itself may be a symbolic link.

    Raises:
        StoreError: The folder is not safe (`check_permissions`).
        OSError: The folder cannot be opened.
    """
    if not may_be_link:
        check_permissions(path, os.stat(name, dir_fd=dir_fd, follow_symlinks=False), PRIVATE_FOLDER)
    flags = _FOLDER_FLAGS | (0 if may_be_link else os.O_NOFOLLOW)
    return _open_checked(name, path, PRIVATE_FOLDER, flags, dir_fd)


def _open_checked(name: str, path: str, permissions: Permissions, flags: int, dir_fd: int | None) -> int:
    descriptor = os.open(name, flags, dir_fd=dir_fd)
    try:
        check_permissions(path, os.fstat(descriptor), permissions)
    except BaseException:
        release(descriptor)
        raise
    return descriptor


def create_file(dir_fd: int, name: str, data: bytes, permissions: Permissions) -> None:
    """Create a file and flush it to disk. After an error, remove it.

    Raises:
        FileExistsError: A file with this name exists. It stays unchanged.
        OSError: The file cannot be written or flushed.
    """
    descriptor = create_unflushed_file(dir_fd, name, data, permissions)
    try:
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=dir_fd)
        raise


def create_unflushed_file(dir_fd: int, name: str, data: bytes, permissions: Permissions) -> int:
    """Create a file and return its descriptor, which the caller must flush and close. After an error, remove the file.

    Raises:
        FileExistsError: A file with this name exists. It stays unchanged.
        OSError: The file cannot be written.
    """
    descriptor = os.open(name, _CREATE_FLAGS, initial_mode(permissions), dir_fd=dir_fd)
    try:
        write_content(descriptor, data, permissions)
    except BaseException:
        release(descriptor)
        with suppress(OSError):
            os.unlink(name, dir_fd=dir_fd)
        raise
    return descriptor


def initial_mode(permissions: Permissions) -> int:
    """Return the mode for creating a file. If its group is set later, only the owner has access until then."""
    return permissions.mode if permissions.gid == -1 else permissions.mode & stat.S_IRWXU


def write_content(descriptor: int, data: bytes, permissions: Permissions) -> None:
    """Set the owner and mode of a new file and write its content. The caller must flush the file.

    Nothing is written if the file system sets mode bits that `permissions` forbids, as FAT does for all files.

    Raises:
        OSError: The content cannot be written, or the owner or mode cannot be set. If `permissions` forbids no bits,
            an error in setting the mode is ignored.
    """
    if (permissions.uid, permissions.gid) != (-1, -1):
        os.fchown(descriptor, permissions.uid, permissions.gid)
    try:
        os.fchmod(descriptor, permissions.mode)
    except OSError:
        if permissions.forbidden:
            raise
    if permissions.forbidden and os.fstat(descriptor).st_mode & permissions.forbidden:
        raise OSError(
            errno.EOPNOTSUPP, "its file system does not support file modes, so others could read the file"
        )
    remaining = memoryview(data)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]


def replace_file(
    dir_fd: int, name: str, data: bytes, permissions: Permissions, temporary: str | None = None
) -> None:
    """Replace or create a file in one step. The old file stays until then.

    The caller must flush the folder (`flush_folder`). The temporary file has a random name unless one is given
    (`remove_temporary_files`).

    Raises:
        OSError: Nothing was replaced.
    """
    temporary = temporary or f"{TEMPORARY}{random_suffix()}"
    create_file(dir_fd, temporary, data, permissions)
    try:
        os.rename(temporary, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=dir_fd)
        raise


def flush_folder(dir_fd: int, saved: str) -> None:
    """Flush the names in a folder to disk after a rename. `saved` names the saved item in the message.

    Raises:
        NotConfirmedError: The disk did not confirm the flush. The rename is visible anyway.
    """
    try:
        os.fsync(dir_fd)
    except OSError as error:
        raise NotConfirmedError(saved) from error


def read_store_file(dir_fd: int, name: str, path: str, permissions: Permissions) -> bytes:
    """Return the content of a file of the store. The arguments and errors are the same as for `open_store_file`.

    Raises:
        StoreError: The file is not safe, or is too large.
    """
    descriptor = open_store_file(dir_fd, name, path, permissions)
    try:
        data = read_up_to(descriptor, MAX_STORE_FILE_BYTES + 1)
    finally:
        release(descriptor)
    log("read", path)
    if len(data) > MAX_STORE_FILE_BYTES:
        raise StoreError(f"{visible(path)} is too large for a file of the store")
    return data


def open_store_file(
    dir_fd: int, name: str, path: str, permissions: Permissions, flags: int = os.O_RDONLY
) -> int:
    """Check the permissions of a file of the store and return its descriptor.

    `name` is a name in the folder, or a path whose folders have been checked. `path` is the full path, for messages.

    Raises:
        StoreError: The file is not safe.
        OSError: The file cannot be opened.
    """
    check_permissions(path, os.stat(name, dir_fd=dir_fd, follow_symlinks=False), permissions)
    return _open_checked(name, path, permissions, flags | _STORE_FLAGS, dir_fd)


def read_up_to(descriptor: int, limit: int) -> bytes:
    """Return the content of a file, but at most `limit` bytes."""
    parts = []
    while limit and (part := os.read(descriptor, min(limit, _CHUNK))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
