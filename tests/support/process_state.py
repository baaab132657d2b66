"""Whether a process runs, told without signals."""

from __future__ import annotations


def is_running(number: int) -> bool:
    """Whether a process has not ended; one that only waits for its parent to look (a zombie) has."""
    try:
        with open(f"/proc/{number}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in {b"Z", b"X"}
    except (FileNotFoundError, ProcessLookupError):
        return False
