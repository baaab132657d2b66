"""The text of a screen as a reader sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

if TYPE_CHECKING:
    from textual.screen import Screen


def title_of(dialog: Screen[Any]) -> str:
    """Return the title in the frame of a dialog, or ""."""
    title = dialog.query_one(".dialog").border_title
    return Content.from_markup(title).plain if title else ""


def unwrapped(shown: str) -> str:
    """Return the text of a screen as one line, without the frames of dialogs."""
    return " ".join(shown.replace("│", " ").split())
