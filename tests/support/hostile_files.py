"""Hostile files, either made in a folder or always present."""

from __future__ import annotations

import os
import random
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NESTED_DER: Final = b"".join(b"\x30\x84" + length.to_bytes(4) for length in range(600_000, 0, -6))


def _written(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)
        path.chmod(0o600)

    return write


def _enormous(path: Path) -> None:
    """Make a sparse file of 8 GiB."""
    with path.open("wb") as file:
        file.truncate(8 << 30)
    path.chmod(0o600)


def _socket(path: Path) -> None:
    """Make a socket, bound by its name alone, because paths of sockets are short."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def _foreign(path: Path) -> None:
    _written(b"another's\n")(path)
    path.chmod(0o640)


def _anothers(path: Path) -> None:
    """Make a file of another user, if this user can."""
    _written(b"another's\n")(path)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)


MADE: Final[dict[str, Callable[[Path], None]]] = {
    "missing": lambda _: None,
    "empty": _written(b""),
    "garbage": _written(b"\xff\xfe\0" + random.Random(1).randbytes(20_000)),  # noqa: S311 - the same every time
    "zeros": _written(bytes(100_000)),
    "one-line": _written(b"A" * 900_000),
    "begins-only": _written(b"-----BEGIN CERTIFICATE-----\n" * 30_000),
    "cut-short": _written(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n"),
    "nested-der": _written(_NESTED_DER),
    "nested-brackets": _written(b"[" * 60_000),
    "escapes": _written(b"\x1b]52;c;eA==\x07\x1b[2J\x9b31m\n" * 100),
    "enormous": _enormous,
    "folder": lambda path: path.mkdir(0o700),
    "fifo": lambda path: os.mkfifo(path, 0o600),
    "socket": _socket,
    "loop": lambda path: path.symlink_to(path),
    "link-to-nowhere": lambda path: path.symlink_to(path.parent / "nowhere"),
    "link-to-device": lambda path: path.symlink_to("/dev/zero"),
    "open-to-others": _foreign,
    "of-another-user": _anothers,
    "\x1b[31mred": _written(b"\x1b[2J"),
}
"""The function that makes each file."""

ALWAYS_THERE: Final = (
    "/dev/zero",
    "/dev/full",
    "/dev/null",
    "/dev/tty",
    "/proc/self/mem",
    "/proc/self",
    "/" + "x" * 5000,
)


def make(folder: Path) -> list[str]:
    """Make all files, and return their paths and those of the files that are always present."""
    paths = []
    for name, how in MADE.items():
        how(folder / name)
        paths.append(str(folder / name))
    return [*paths, *ALWAYS_THERE]
