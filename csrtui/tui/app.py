"""The app: one session, one main screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from csrtui.core.errors import StoreError
from csrtui.tui.safe_app import SafeApp
from csrtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    from csrtui.tasks.session import Session

DEFAULT_THEME = "ansi-dark"
"""The terminal's own sixteen colours, on the terminal's own background."""


class CsrtuiApp(SafeApp[None]):
    """csrtui's screens.

    Args:
        session: What they work on.
        theme: The name of a theme of Textual's.
    """

    TITLE = "csrtui"
    CSS_PATH: ClassVar[list[str]] = ["styles/app.tcss"]  # type: ignore[assignment]

    def __init__(self, session: Session, theme: str = DEFAULT_THEME) -> None:
        super().__init__(theme)
        self._session = session

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        return MainScreen(self._session)

    def save_state(self) -> None:
        """Keep the half-filled form; called when a signal or a lost terminal ends the app."""
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                try:
                    screen.keep_draft()
                except StoreError:
                    return  # there is nobody left to tell
