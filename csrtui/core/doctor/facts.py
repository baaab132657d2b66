"""Facts about the folders and files of a store. `csrtui.store.survey` collects them without judging them."""

from dataclasses import dataclass
from enum import Enum


class FileKind(Enum):
    """The kind of a directory entry. The value is the text to display."""

    FOLDER = "a folder"
    FILE = "a file"
    LINK = "a symbolic link"
    FIFO = "a FIFO"
    OTHER = "a device or socket"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts about a file or folder of a store. Links are not followed.

    Attributes:
        path: The absolute path, unescaped.
        kind: The kind, or None if stat(2) failed.
        mode: The permission bits.
        owner: The user ID of the owner.
        fault: The system's reason why the file could not be examined, listed or read, or None.
        data: The contents of a file, or None if the file is not read or could not be read.
        entries: The facts about the entries of a folder, by name. It is empty if the folder is not listed.
    """

    path: str
    kind: FileKind | None = None
    mode: int = 0
    owner: int = 0
    fault: str | None = None
    data: bytes | None = None
    entries: "tuple[FileFacts, ...]" = ()

    @property
    def name(self) -> str:
        """The last component of the path."""
        return self.path.rpartition("/")[2]


class BackupFileState(Enum):
    """Whether a backup file exists and can be read."""

    PRESENT = "present"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """Facts about a backup file.

    Attributes:
        state: Whether the file exists and can be read.
        sha256: SHA-256 of the contents, 64 hex digits, or "" if the file could not be read.
        fault: The reason why the file could not be read, or "".
        with_store: Whether the file is on the same file system as the store.
    """

    state: BackupFileState
    sha256: str = ""
    fault: str = ""
    with_store: bool = False
