"""Complete a path that is being typed, as a shell does."""

import os
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

MAX_ENTRIES = 20_000
"""The maximum number of entries of a folder that are compared with the typed text."""


class PathKind(Enum):
    """The kind of path that a field expects. A path is complete if an entry of this kind exists there."""

    FOLDER = auto()
    FILE = auto()
    ANY = auto()


@dataclass(frozen=True, slots=True)
class Completion:
    """A completed text, and the candidates for its continuation.

    Attributes:
        text: The text, completed with all characters that the candidates share.
        candidates: The possible completions, sorted. The names of folders end with a slash.
    """

    text: str
    candidates: tuple[str, ...] = ()


def complete_path(text: str, kind: PathKind) -> Completion | None:
    """Return the completion of a path, or None if there is nothing to complete.

    ``~`` is the user's home. Hidden names are completed only if the typed name begins with a dot. Names that cannot be
    typed are left out.
    """
    if text == "~":
        return Completion("~/", tuple(_names("~/", "", kind)))
    if not text or _is_complete(text, kind):
        return None
    slash = text.rfind("/") + 1
    head, prefix = text[:slash], text[slash:]
    names = _names(head, prefix, kind)
    if not names:
        return None
    if len(names) > 1:
        return Completion(head + os.path.commonprefix(names), tuple(names))  # noqa: RUF071 - characters, as typed
    completed = head + names[0]
    return Completion(completed, tuple(_names(completed, "", kind)) if completed.endswith("/") else ())


def _is_complete(text: str, kind: PathKind) -> bool:
    path = os.path.expanduser(text)
    if os.path.basename(text) in {".", ".."}:
        return False  # the beginning of a hidden name
    if kind is PathKind.FOLDER:
        return os.path.isdir(path)
    return os.path.isfile(path) or (kind is PathKind.ANY and os.path.isdir(path))


def _names(head: str, prefix: str, kind: PathKind) -> list[str]:
    """Return the names in a folder that begin with `prefix`, sorted. Return none if the folder cannot be read."""
    names = []
    try:
        with os.scandir(os.path.expanduser(head) or ".") as entries:
            for entry in islice(entries, MAX_ENTRIES):
                name = entry.name
                if (
                    name.startswith(prefix)
                    and name.isprintable()
                    and name.startswith(".") <= prefix.startswith(".")
                ):
                    is_folder = _is_folder(entry)
                    if is_folder or kind is not PathKind.FOLDER:
                        names.append(f"{name}/" if is_folder else name)
    except (OSError, ValueError):  # a NUL in the path is a ValueError
        return []
    return sorted(names)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
