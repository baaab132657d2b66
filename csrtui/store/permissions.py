"""Check owners and modes of files and of the folders above them, as ssh checks its keys.

What is unsafe is refused and never silently fixed. Whoever can write to a folder above a file can replace the file.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import quote, visible


class Demand(NamedTuple):
    """What a file or folder of the store has to be.

    Attributes:
        noun: What it is, in words.
        is_kind: Tells from ``st_mode`` whether it is of that kind.
        mode: The mode csrtui gives it.
        forbidden: The permission bits that must not be set.
    """

    noun: str
    folder: bool
    mode: int
    forbidden: int

    def is_kind(self, mode: int) -> bool:
        """Whether ``st_mode`` says that it is of the kind it has to be."""
        return stat.S_ISDIR(mode) if self.folder else stat.S_ISREG(mode)


FOLDER: Final = Demand("folder", folder=True, mode=0o700, forbidden=0o077)
PRIVATE_FILE: Final = Demand("file", folder=False, mode=0o600, forbidden=0o077)
PUBLIC_FILE: Final = Demand("file", folder=False, mode=0o644, forbidden=0o022)


def judge(path: str, found: os.stat_result, demand: Demand) -> None:
    """Refuse a file or folder that is not what it should be.

    Args:
        path: Where it is, for the message.
        found: What `os.fstat` or `os.lstat` said of it.
        demand: What it has to be.

    Raises:
        StoreError: It is a link or something else, another user owns it, or others may read or write it;
            the hint is the command that mends it.
    """
    shown = visible(path)
    if not demand.is_kind(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "something else"
        raise StoreError(f"{shown} is {kind}, where a {demand.noun} should be", "look at who put it there")
    if found.st_uid != os.geteuid():
        raise StoreError(
            f"{shown} belongs to user {found.st_uid}, and csrtui runs as {os.geteuid()}",
            f"run csrtui as its owner, or: chown {os.geteuid()} {quote(path)}",
        )
    if found.st_mode & demand.forbidden:
        verb = "write to" if found.st_mode & demand.forbidden & 0o022 else "read"
        raise StoreError(
            f"others can {verb} {shown} (mode {stat.S_IMODE(found.st_mode):04o})",
            f"chmod {demand.mode:o} {quote(path)}",
        )


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
