"""Check owners and modes of files and of the folders above them, as ssh checks its keys.

Anything unsafe is refused and never silently fixed. A user who can write to a folder above a file can replace the file.
The module also checks the owner, group and mode that the user chose for exported files with a private key.
"""

import grp
import os
import pwd
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import command, quote, visible
from csrtui.store.disk_errors import reason_of


class Permissions(NamedTuple):
    """The mode and owner that csrtui gives to a file or folder, and the mode bits that it refuses.

    Attributes:
        mode: The mode of a new file or folder.
        forbidden: The mode bits that must not be set.
        is_folder: Whether the permissions are for a folder rather than a regular file.
        uid: The user ID of the owner, or -1 for the user that runs csrtui.
        gid: The group ID, or -1 for the system's default.
    """

    mode: int
    forbidden: int
    is_folder: bool = False
    uid: int = -1
    gid: int = -1


PRIVATE_FOLDER: Final = Permissions(0o700, forbidden=0o077, is_folder=True)
PRIVATE_FILE: Final = Permissions(0o600, forbidden=0o077)
PUBLIC_FILE: Final = Permissions(0o644, forbidden=0o022)


def check_permissions(path: str, status: os.stat_result, permissions: Permissions) -> None:
    """Refuse an unsafe file or folder. `status` is the result of `os.fstat` or `os.lstat`.

    Raises:
        StoreError: The file or folder is a link or of another kind, another user owns it, or others may read or write
            it. The hint is the command that fixes the problem.
    """
    mode, shown = status.st_mode, visible(path)
    if not (stat.S_ISDIR(mode) if permissions.is_folder else stat.S_ISREG(mode)):
        expected = "folder" if permissions.is_folder else "file"
        actual = "a symbolic link" if stat.S_ISLNK(mode) else "something else"
        raise StoreError(f"{shown} should be a {expected} but is {actual}", "find out who put it there")
    if status.st_uid != os.geteuid():
        raise StoreError(
            f"{shown} belongs to user {status.st_uid}, and csrtui runs as {os.geteuid()}",
            f"run csrtui as its owner, or: chown {os.geteuid()} {quote(path)}",
        )
    if mode & permissions.forbidden:
        verb = "write to" if mode & permissions.forbidden & _WRITABLE else "read"
        raise StoreError(
            f"others can {verb} {shown} (mode {stat.S_IMODE(mode):04o})",
            f"chmod {permissions.mode:o} {quote(path)}",
        )


def restrict_mode(path: str, mode: int) -> None:
    """Remove the mode bits of a file or folder that are not in `mode`. Never add one: others may have replaced the file.

    Raises:
        StoreError: The path is a link or does not exist, or another user owns it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & mode)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"cannot change the mode of {visible(path)}: {reason_of(error)}") from error


_ROOT = 0
_MAX_LINKS = 40
"""The maximum number of symbolic links that Linux follows in one path."""
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


class UnsafeFolder(NamedTuple):
    """A folder or symbolic link that lets other users replace the files below it.

    Attributes:
        path: The absolute path, which is untrusted text and not escaped.
        problem: A printable description of the problem, with the owner or the mode.
        words: The words of the shell command that fixes the problem.
        is_owner_wrong: Whether the problem is the owner rather than the mode.
    """

    path: str
    problem: str
    words: tuple[str, ...]
    is_owner_wrong: bool

    @property
    def fix(self) -> str:
        """The shell command that fixes the problem, quoted."""
        return command(*self.words)


def require_safe_ancestors(path: str) -> None:
    """Refuse a store if other users can write to a folder above it.

    Folders that do not exist yet are not an error. The store itself is not checked.

    Raises:
        StoreError: A folder above the store is not safe. The hint is the command that fixes the problem.
    """
    unsafe = next(unsafe_folders(path, itself=False), None)
    if unsafe is not None:
        raise StoreError(
            f"{unsafe.problem}: anyone who can write there can replace the keystore {visible(path)}",
            f"{unsafe.fix}, or choose another folder with --store" if unsafe.is_owner_wrong else unsafe.fix,
        )


def unsafe_folders(path: str, *, itself: bool) -> Iterator[UnsafeFolder]:
    """Yield each folder and link on the way to a path, from the root down, if other users can change it.

    The folders in the target of a link are checked as well. The check ends at the first path that cannot be examined.
    With `itself`, the folder at the path is checked too.
    """
    for folder, status, is_last in _walk(path):
        if itself or not is_last or stat.S_ISLNK(status.st_mode):
            unsafe = _check_folder(folder, status)
            if unsafe is not None:
                yield unsafe


def _walk(path: str) -> Iterator[tuple[str, os.stat_result, bool]]:
    """Yield each folder and link on the way to a path, with its status, and whether it is the last one."""
    folder, names, links = "/", _reversed_parts(path), 0
    with suppress(OSError):
        yield folder, os.lstat(folder), not names
        while names:
            name = names.pop()
            if name == "..":
                folder = os.path.dirname(folder)
                continue
            entry = os.path.join(folder, name)
            status = os.lstat(entry)
            yield entry, status, not names
            if not stat.S_ISLNK(status.st_mode):
                folder = entry
                continue
            links += 1
            if links > _MAX_LINKS:
                return
            target = os.readlink(entry)
            names += _reversed_parts(target)
            folder = "/" if target.startswith("/") else folder


def _reversed_parts(path: str) -> list[str]:
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _check_folder(path: str, status: os.stat_result) -> UnsafeFolder | None:
    user, mode = os.geteuid(), stat.S_IMODE(status.st_mode)
    is_link = stat.S_ISLNK(status.st_mode)
    if status.st_uid not in {_ROOT, user} and not _is_unmapped(status.st_uid):
        chown = ("chown", "-h") if is_link else ("chown",)
        problem = f"{visible(path)} belongs to user {status.st_uid}, and csrtui runs as {user}"
        return UnsafeFolder(path, problem, (*chown, str(user), path), is_owner_wrong=True)
    if is_link or mode & stat.S_ISVTX:  # in a sticky folder, nobody can replace the files of others
        return None
    write_bits = mode & _WRITABLE
    if not write_bits or (write_bits == stat.S_IWGRP and _is_private_group(status.st_gid, user)):
        return None
    classes = ("g" if write_bits & stat.S_IWGRP else "") + ("o" if write_bits & stat.S_IWOTH else "")
    problem = f"others can write to {visible(path)} (owner {status.st_uid}, mode {mode:04o})"
    return UnsafeFolder(path, problem, ("chmod", f"{classes}-w", path), is_owner_wrong=False)


def _is_private_group(gid: int, user: int) -> bool:
    """Return whether a group has no members other than the user and root."""
    try:
        names = grp.getgrgid(gid).gr_mem
        members = {pwd.getpwnam(name).pw_uid for name in names}
    except KeyError:  # without an entry, the members of a group are unknown
        return False
    members |= {entry.pw_uid for entry in pwd.getpwall() if entry.pw_gid == gid}
    return members <= {_ROOT, user}


def _is_unmapped(uid: int) -> bool:
    """Return whether the owner of a file has no user ID of its own in this user namespace.

    Rootless containers and `unshare --user` show every such owner, including root outside the namespace, as the
    overflow user (user_namespaces(7)).
    """
    try:
        with open("/proc/self/uid_map", encoding="ascii") as lines:
            ranges = [[int(number) for number in line.split()] for line in lines]
    except OSError:
        return False
    return bool(ranges) and not any(first <= uid < first + count for first, _, count in ranges)


_MODE = r"0?[0-7]{3}"
_MAX_ID = 2**32 - 2
_READABLE = stat.S_IRUSR
_FOR_KEYS = 0o660
"""The mode bits that a file with a key may have: none for others, and none for execution."""
_DATABASES = {"owner": ("user", "passwd"), "group": ("group", "group")}
_GROUP = stat.S_IRGRP | stat.S_IWGRP


class FileAccess(NamedTuple):
    """The owner, group and mode of files with a private key. None means the default.

    Attributes:
        owner: The name or number of the owner, or None.
        group: The name or number of the group, or None.
        mode: The mode in octal digits, or None.
    """

    owner: str | None = None
    group: str | None = None
    mode: str | None = None


class AccessError(InputError):
    """The user or group does not exist, or the mode is not suitable for a private key.

    `option` is the part of `FileAccess` that is wrong.
    """

    def __init__(self, option: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.option = option


DEFAULT_ACCESS = FileAccess()
"""The owner, group and mode of the replaced file, or else access only for the user that runs csrtui."""


def resolve_access(access: FileAccess, existing: os.stat_result | None = None) -> Permissions:
    """Return the permissions of a file with a private key.

    Args:
        access: The values that the user chose.
        existing: The status of the file to replace, or None. Its owner, group and mode are used where the user chose
            none, but others never get access.

    Raises:
        AccessError: The user or group does not exist, the mode gives access to others, or it gives access to a group
            that has other members although `access` names no group.
    """
    uid, gid, mode = -1, -1, PRIVATE_FILE.mode
    if existing is not None:
        uid, gid = existing.st_uid, existing.st_gid
        mode = existing.st_mode & _FOR_KEYS | _READABLE
    if access.mode is not None:
        mode = _parse_mode(access.mode)
        if mode & _GROUP and access.group is None:
            gid = (
                os.getegid() if existing is None else existing.st_gid
            )  # not the group of a folder with setgid
            if not _is_private_group(gid, os.geteuid()):
                raise AccessError(
                    "group",
                    f"with mode {mode:04o}, a group can read the key",
                    "specify the group, or use mode 600",
                )
    uid = uid if access.owner is None else _find_id("owner", access.owner)
    gid = gid if access.group is None else _find_id("group", access.group)
    return Permissions(mode, forbidden=0o077 & ~mode, uid=uid, gid=gid)


def _parse_mode(text: str) -> int:
    mode = int(text, 8) if re.fullmatch(_MODE, text) else 0
    if mode & ~_FOR_KEYS or not mode & _READABLE:
        raise AccessError(
            "mode",
            f'"{visible(text)}" is not a mode for a private key: only its owner and group may read it',
            "use 600, or 640 with a group",
        )
    return mode


def assignable_owner(owner: str | None) -> str:
    """Return `owner` if this process can give files to that user, or else an empty string."""
    if owner is None or os.geteuid() != 0:
        return ""
    try:
        pwd.getpwnam(owner)
    except KeyError:
        return ""
    return owner


def _find_id(option: str, text: str) -> int:
    kind, database = _DATABASES[option]
    try:
        return pwd.getpwnam(text).pw_uid if option == "owner" else grp.getgrnam(text).gr_gid
    except (KeyError, ValueError):
        number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else _MAX_ID + 1
    if number > _MAX_ID:
        raise AccessError(option, f'unknown {kind} "{visible(text)}"', f"list them with getent {database}")
    return number
