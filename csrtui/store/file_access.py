"""Resolve the owner, group and mode of files that contain a private key."""

import grp
import os
import pwd
import re
import stat
from dataclasses import dataclass

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.permissions import PRIVATE_FILE, Permissions

_MODE = re.compile(r"0?[0-7]{3}")
_MAX_ID = 2**32 - 2
_READABLE = stat.S_IRUSR
_FOR_KEYS = 0o660
"""The mode bits that a file with a key may have: none for others, and none for execution."""
_DATABASES = {"owner": ("user", "passwd"), "group": ("group", "group")}
_GROUP = stat.S_IRGRP | stat.S_IWGRP


@dataclass(frozen=True, slots=True)
class FileAccess:
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
    """The user or group does not exist, or the mode is not one for a private key.

    Args:
        option: The part of `FileAccess` that is wrong.
        message: The problem.
        hint: What to do.
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
        existing: The status of the file that it replaces, or None. It gives the values that the user did not choose,
            except that others never get access.

    Raises:
        AccessError: The user or group does not exist, or the mode lets a group that is not named, or others, read the
            file.
    """
    uid, gid, mode = -1, -1, PRIVATE_FILE.mode
    if existing is not None:
        uid, gid = existing.st_uid, existing.st_gid
        mode = existing.st_mode & _FOR_KEYS | _READABLE
    if access.mode is not None:
        mode = _parse_mode(access.mode)
        if mode & _GROUP and access.group is None:
            raise AccessError(
                "group", f"with mode {mode:04o}, a group can read the key", "name the group, or use mode 600"
            )
    uid = uid if access.owner is None else _find_id("owner", access.owner)
    gid = gid if access.group is None else _find_id("group", access.group)
    return Permissions(mode, forbidden=0o077 & ~mode, uid=uid, gid=gid)


def _parse_mode(text: str) -> int:
    mode = int(text, 8) if _MODE.fullmatch(text) else 0
    if mode & ~_FOR_KEYS or not mode & _READABLE:
        raise AccessError(
            "mode",
            f'"{visible(text)}" is not a mode for a private key: only its owner and group may read it',
            "use 600, or 640 with a group",
        )
    return mode


def assignable_owner(owner: str | None) -> str:
    """Return `owner` if this process can give files to that user, or else an empty text."""
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
        raise AccessError(option, f'unknown {kind} "{visible(text)}"', f"getent {database} lists them")
    return number
