"""Owners and modes, judged as ssh judges its keys: what is unsafe is refused, never silently mended."""

import os
import stat
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
