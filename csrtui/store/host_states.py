"""What was last known of other hosts: one file for each host, so that none is lost because of another.

The files may be removed at any time. Their names are digests: the name of a host is never part of a path.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from csrtui.core.base.errors import StoreError
from csrtui.store import files
from csrtui.store.permissions import PRIVATE_FILE

_NAME = re.compile(r"(?P<inventory>[0-9a-f]{16})-(?P<host>[0-9a-f]{64})\.json")


def read_each(folder_fd: int, path: str, inventory: str) -> Iterator[tuple[str, bytes]]:
    """Give the digest of each host of an inventory and the content of its file.

    A file that cannot be read (its mode, its owner, its size, the disk) is left out: its host is asked again.

    Args:
        folder_fd: The folder.
        path: Its path, for messages.
        inventory: The digest of the inventory, 16 hex digits.

    Raises:
        OSError: The folder cannot be listed.
    """
    for name in sorted(os.listdir(folder_fd)):
        match = _NAME.fullmatch(name)
        if match is None or match["inventory"] != inventory:
            continue
        try:
            data = files.read_own(folder_fd, name, os.path.join(path, name), PRIVATE_FILE)
        except (OSError, StoreError):
            continue
        yield match["host"], data


def replace(folder_fd: int, inventory: str, host: str, data: bytes) -> None:
    """Put a new file in the place of that of a host; the old one stays until the new one is on disk.

    Args:
        folder_fd: The folder; the caller holds the lock and flushes the folder.
        inventory: The digest of the inventory, 16 hex digits.
        host: The digest of the host's name, 64 hex digits.
        data: All of it.

    Raises:
        OSError: Nothing was replaced.
    """
    files.drop_temporary(folder_fd)
    files.replace(folder_fd, f"{inventory}-{host}.json", data, PRIVATE_FILE)


def drop_old(store_fd: int, inventory: str) -> None:
    """Remove the one file for all hosts of an inventory that an earlier csrtui wrote; it is not read any more.

    Raises:
        OSError: It cannot be removed.
    """
    with suppress(FileNotFoundError):
        os.unlink(f".fleet-{inventory}.json", dir_fd=store_fd)
