"""Faults at a chosen call of a program, from a library that is loaded before the C library (``LD_PRELOAD``).

It is hundreds of times as fast as strace, so that every call of every action can have every fault. A test compares
its count with that of strace. If a program that was started with the library imports this module, it
controls the library; otherwise it builds it.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

SOURCE = Path(__file__).with_name("fault_shim.c")
EVERY = -1
"""Every call, not a chosen one."""


LOOKING = frozenset(
    [
        "access",
        "close",
        "closedir",
        "faccessat",
        "fdopendir",
        "fstat64",
        "fstatat64",
        "fstatvfs",
        "lstat64",
        "opendir",
        "pread64",
        "read",
        "readdir64",
        "readlink",
        "stat64",
        "statvfs",
        "statvfs64",
    ]
)
"""The calls that only read."""


class Fault(Enum):
    """The fault of a call. The values are those of the library."""

    KILL = -1
    """The process ends immediately, as with kill -9."""
    STOP = -2
    """The process stops until it is continued, and then makes the call."""
    SHORT = -3
    """A write writes half of the data."""
    EIO = errno.EIO
    ENOSPC = errno.ENOSPC
    EDQUOT = errno.EDQUOT
    EROFS = errno.EROFS
    EINTR = errno.EINTR


@functools.cache
def built() -> str:
    """Build the library and return its path. Skip the test if there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        import pytest  # imported here, because programs with the library import this module

        pytest.skip("gcc is not installed")
    path = Path(tempfile.mkdtemp(prefix="csrtui-shim.")) / "shim.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-o", str(path), str(SOURCE), "-ldl"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return str(path)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that touched the folder: its number from 1, its function and the path."""

    number: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Mode:
    """The mode of a file or folder when it was created, or when its mode was changed."""

    mode: int
    path: str


class _Shared(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int),
        ("fired", ctypes.c_int),
        ("used", ctypes.c_int),
        ("notes", ctypes.c_char * (1 << 20)),
    )


class Shim:
    """The library in this process.

    Its memory is shared with later forks, so that their calls can be read here.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.csrtui_share.restype = ctypes.POINTER(_Shared)
        self._shared = self._library.csrtui_share().contents

    def arm(self, folder: str, when: int, fault: Fault) -> None:
        """Start to count the calls below a folder. The call number `when` has the fault."""
        self._library.csrtui_arm(os.fsencode(folder), when, fault.value)

    def disarm(self) -> None:
        """Stop counting."""
        self._library.csrtui_disarm()

    def clear(self) -> None:
        """Discard the counts."""
        self._shared.count = self._shared.fired = self._shared.used = 0

    @property
    def count(self) -> int:
        """The number of calls."""
        return int(self._shared.count)

    @property
    def fired(self) -> bool:
        """Whether the fault occurred."""
        return bool(self._shared.fired)

    def notes(self) -> list[Call | Mode]:
        """Return the calls and the modes that they set, in order."""
        used = self._shared.used
        assert used < ctypes.sizeof(self._shared) - 64, "too many calls to be noted"
        start = ctypes.addressof(self._shared) + _Shared.notes.offset
        found: list[Call | Mode] = []
        for line in os.fsdecode(ctypes.string_at(start, used)).splitlines():
            first, second, path = line.split(" ", 2)
            found.append(Mode(int(second, 8), path) if first == "mode" else Call(int(first), second, path))
        return found
