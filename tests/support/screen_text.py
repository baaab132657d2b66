"""The text of a screen as a reader sees it."""

from __future__ import annotations


def unwrapped(shown: str) -> str:
    """Return the text of a screen as one line, without the frames of dialogs."""
    return " ".join(shown.replace("│", " ").split())
