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
_DATABASES = {"user": "passwd", "group": "group"}
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


DEFAULT_ACCESS = FileAccess()
"""The owner, group and mode of the replaced file, or else access only for the user that runs csrtui."""


def resolve_access(access: FileAccess, existing: os.stat_result | None = None) -> Permissions:
    """Return the permissions of a file with a private key.

    Args:
        access: The values that the user chose.
        existing: The status of the file that it replaces, or None. It gives the values that the user did not choose,
            except that others never get access.

    Raises:
        InputError: The user or group does not exist, or the mode lets a group that is not named, or others, read the
            file.
    """
    uid, gid, mode = -1, -1, PRIVATE_FILE.mode
    if existing is not None:
        uid, gid = existing.st_uid, existing.st_gid
        mode = existing.st_mode & _FOR_KEYS | _READABLE
    if access.mode is not None:
        mode = _parse_mode(access.mode)
        if mode & _GROUP and access.group is None:
            raise InputError(
                f"with mode {mode:04o}, a group can read the key",
                "name the group with --group, or use --mode 600",
            )
    uid = uid if access.owner is None else _find_id("user", access.owner)
    gid = gid if access.group is None else _find_id("group", access.group)
    return Permissions(mode, forbidden=0o077 & ~mode, uid=uid, gid=gid)


def _parse_mode(text: str) -> int:
    mode = int(text, 8) if _MODE.fullmatch(text) else 0
    if mode & ~_FOR_KEYS or not mode & _READABLE:
        raise InputError(
            f'"{visible(text)}" is not a mode for a private key: only its owner and group may read it',
            "use 600, or 640 with --group",
        )
    return mode


def _find_id(kind: str, text: str) -> int:
    try:
        return pwd.getpwnam(text).pw_uid if kind == "user" else grp.getgrnam(text).gr_gid
    except (KeyError, ValueError):
        number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else _MAX_ID + 1
    if number > _MAX_ID:
        raise InputError(f'unknown {kind} "{visible(text)}"', f"getent {_DATABASES[kind]} lists them")
    return number
