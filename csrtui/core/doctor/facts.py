"""What a look at a store gives: plain facts about folders and files, none of them judged."""

from dataclasses import dataclass
from enum import Enum


class FileKind(Enum):
    """What lies at a place."""

    FOLDER = "a folder"
    FILE = "a file"
    LINK = "a symbolic link"
    FIFO = "a FIFO"
    OTHER = "a device or socket"


@dataclass(frozen=True, slots=True)
class Seen:
    """One file or folder of a store, links not followed.

    Attributes:
        path: Where it is, absolute, as the system has it.
        kind: What it is; None when it could not be looked at.
        mode: Its permission bits.
        owner: The user's number.
        fault: Why it could not be looked at, listed or read, as the system says; or None.
        data: Its content, where it is a file that was to be read and could be.
        entries: What is in it, by name, where it is a folder that was to be listed.
    """

    path: str
    kind: FileKind | None = None
    mode: int = 0
    owner: int = 0
    fault: str | None = None
    data: bytes | None = None
    entries: "tuple[Seen, ...]" = ()

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


class CopyState(Enum):
    """How the file of a backup was found."""

    THERE = "there"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class CopySeen:
    """The file of a backup as it was found.

    Attributes:
        state: Whether it is there.
        sha256: Of its content, 64 hex digits; empty unless it could be read.
        fault: Why it could not be read, or nothing.
        with_store: Whether it lies on the file system of the store.
    """

    state: CopyState
    sha256: str = ""
    fault: str = ""
    with_store: bool = False
