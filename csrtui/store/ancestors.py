"""The folders above a file or folder: whoever can write to one of them can replace everything below it.

The rules are those of sshd's StrictModes: every folder belongs to root or to the user, and nobody else can write to it
unless it is sticky. A group counts as the user where it has no other members (Red Hat's umask of 002 makes folders
writable by the user's private group).
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible

_ROOT = 0
_MAX_LINKS = 40
"""How many symbolic links Linux follows in one path."""
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


class UnsafeFolder(NamedTuple):
    """A folder, or a symbolic link, that lets other users replace what lies below it.

    Attributes:
        path: Its absolute path, as the system has it: untrusted text.
        problem: What is wrong with it, printable, with its owner or its mode.
        words: The words of the shell command that fixes it.
        owner: Whether its owner is the problem; else its mode is.
    """

    path: str
    problem: str
    words: tuple[str, ...]
    owner: bool

    @property
    def fix(self) -> str:
        """The shell command that fixes it, quoted."""
        from csrtui.core.base.escaping import command

        return command(*self.words)


def require_safe_ancestors(path: str) -> None:
    """Refuse a store if other users can write to a folder above it.

    Folders that do not exist yet are not an error.

    Args:
        path: The absolute path of the store, which is not judged itself.

    Raises:
        StoreError: A folder above it is not safe; the hint is the command that fixes it.
    """
    unsafe = next(unsafe_folders(path, itself=False), None)
    if unsafe is not None:
        raise StoreError(
            f"{unsafe.problem}: whoever can write there can replace the keystore {visible(path)}",
            f"{unsafe.fix}, or choose another folder with --store" if unsafe.owner else unsafe.fix,
        )


def unsafe_folders(path: str, *, itself: bool) -> Iterator[UnsafeFolder]:
    """Yield the folders and links on the way to a path that other users can change, from the root down.

    The folders that a link leads through are judged as well. What cannot be looked up ends the walk.

    Args:
        path: An absolute path.
        itself: Whether to judge the folder at the path too, and not only those above it.
    """
    for folder, status, is_last in _walk(path):
        if itself or not is_last or stat.S_ISLNK(status.st_mode):
            unsafe = _judge(folder, status)
            if unsafe is not None:
                yield unsafe


def _walk(path: str) -> Iterator[tuple[str, os.stat_result, bool]]:
    """Yield each folder and link that the system goes through, its status, and whether it is the last."""
    folder, names, links = "/", _names(path), 0
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
            names += _names(target)
            folder = "/" if target.startswith("/") else folder


def _names(path: str) -> list[str]:
    """Return the parts of a path, the first of them last."""
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _judge(path: str, status: os.stat_result) -> UnsafeFolder | None:
    user, mode = os.geteuid(), stat.S_IMODE(status.st_mode)
    is_link = stat.S_ISLNK(status.st_mode)
    if status.st_uid not in {_ROOT, user} and not _is_unmapped(status.st_uid):
        chown = ("chown", "-h") if is_link else ("chown",)
        problem = f"{visible(path)} belongs to user {status.st_uid}, and csrtui runs as {user}"
        return UnsafeFolder(path, problem, (*chown, str(user), path), owner=True)
    if is_link or mode & stat.S_ISVTX:  # in a sticky folder nobody can replace what belongs to others
        return None
    open_bits = mode & _WRITABLE
    if open_bits == stat.S_IWGRP and _is_private_group(status.st_gid, user):
        return None
    if not open_bits:
        return None
    who = ("g" if open_bits & stat.S_IWGRP else "") + ("o" if open_bits & stat.S_IWOTH else "")
    problem = f"others can write to {visible(path)} (owner {status.st_uid}, mode {mode:04o})"
    return UnsafeFolder(path, problem, ("chmod", f"{who}-w", path), owner=False)


def _is_private_group(gid: int, user: int) -> bool:
    """Whether a group has no members but the user and root."""
    import grp
    import pwd

    try:
        names = grp.getgrgid(gid).gr_mem
        members = {pwd.getpwnam(name).pw_uid for name in names}
    except KeyError:  # nobody knows who is in a group, or who a member is, that no list has
        return False
    members |= {entry.pw_uid for entry in pwd.getpwall() if entry.pw_gid == gid}
    return members <= {_ROOT, user}


def _is_unmapped(uid: int) -> bool:
    """Whether an owner has no number in this user namespace, so that root outside cannot be told from others.

    Containers without root, and `unshare --user`, show such owners as the overflow user (user_namespaces(7)).
    """
    try:
        with open("/proc/self/uid_map", encoding="ascii") as lines:
            ranges = [[int(number) for number in line.split()] for line in lines]
    except OSError:
        return False
    return bool(ranges) and not any(first <= uid < first + count for first, _, count in ranges)
