"""Find out whether a message in the message line still matches the list below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from csrtui.tui.panes.pair_rows import PairRows
    from csrtui.tui.widgets.rule_line import RuleLine

NO_SELECTION: Final = "No pair selected."
"""The message of a command that needs a pair, if there is none under the cursor."""
_MAX_ROWS: Final = 10_000
"""In a longer list, looking up the words of a message would delay keys."""


class MessageCheck:
    """The pairs that the message in the line names and that the list has contained since then."""

    def __init__(self) -> None:
        self._message = ""
        self._listed: frozenset[str] = frozenset()

    def clear_stale(self, line: RuleLine, rows: PairRows) -> None:
        """Remove a message about a pair that is no longer listed, or one that asks for a selection that exists now."""
        if line.message and self._is_stale(line.message, rows):
            line.clear()

    def _is_stale(self, message: str, rows: PairRows) -> bool:
        if message == NO_SELECTION:
            return len(rows) > 0
        if len(rows) > _MAX_ROWS:
            return False
        words = {word.rstrip(".:,") for word in message.split()}
        listed = frozenset(word for word in words if rows.find(word) is not None)
        is_stale = message == self._message and not self._listed <= listed
        self._message, self._listed = message, listed
        return is_stale
