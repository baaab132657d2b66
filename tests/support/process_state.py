"""Find out without signals whether a process is running."""

from __future__ import annotations


def is_running(number: int) -> bool:
    """Return whether a process is running. A zombie, which only waits for its parent, is not."""
    try:
        with open(f"/proc/{number}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in {b"Z", b"X"}
    except (FileNotFoundError, ProcessLookupError):
        return False
