"""The app: one session, one main screen."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, ClassVar

from textual.theme import BUILTIN_THEMES

from csrtui.core.errors import InputError, StoreError
from csrtui.core.visible import visible
from csrtui.tui.commands import Where, bindings
from csrtui.tui.key_names import configured
from csrtui.tui.safe_app import SafeApp
from csrtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.screen import Screen

    from csrtui.core.config import Config
    from csrtui.tasks.session import Session

DEFAULT_THEME = "ansi-dark"
"""The terminal's own sixteen colours, on the terminal's own background."""


class CsrtuiApp(SafeApp[None]):
    """csrtui's screens.

    Args:
        session: What they work on.
        config: The user's settings; None for none.

    Raises:
        InputError: The settings name a theme, a command or a key that there is not.
    """

    TITLE = "csrtui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.ANYWHERE)]
    CSS_PATH: ClassVar[list[str]] = ["styles/app.tcss"]  # type: ignore[assignment]

    def __init__(self, session: Session, config: Config | None = None) -> None:
        keys = config.keys if config else {}
        commands = configured(keys)
        super().__init__(_theme(config.screens.theme if config else None))
        self._session = session
        self._commands = commands
        self.set_keymap({command.action: command.keys for command in commands if command.action in keys})

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        return MainScreen(self._session, self._commands)

    @property
    def main(self) -> MainScreen:
        """The main screen."""
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def action_help(self) -> None:
        """Show all commands, or go back where they are shown already."""
        from csrtui.tui.screens.confirm import ConfirmScreen
        from csrtui.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_back()
        elif not isinstance(self.screen, ConfirmScreen):
            self.push_screen(HelpScreen(self._commands))

    async def action_quit(self) -> None:
        """Leave, as Textual's own key for it would have it."""
        self.action_leave()

    def action_leave(self) -> None:
        """Leave, from whatever screen; the question whether to is asked there."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        if isinstance(self.screen, ConfirmScreen):
            self.screen.action_cancel()
        else:
            self.main.leave()

    def action_help_quit(self) -> None:
        """Nothing: Ctrl+C copies in a field, and leaves nothing else."""

    async def until_complete(self) -> None:
        """Wait until the main screen has both its panes."""
        await self.main.until_complete()

    def save_state(self) -> None:
        """Keep the half-filled form; called when a signal or a lost terminal ends the app."""
        with contextlib.suppress(StoreError):  # there is nobody left to tell
            self.main.keep_draft()


def _theme(name: str | None) -> str:
    if name is None:
        return DEFAULT_THEME
    if name not in BUILTIN_THEMES:
        raise InputError(
            f"[screens] names the theme {visible(name)!r}, which there is not",
            f"themes: {', '.join(sorted(BUILTIN_THEMES))}",
        )
    return name
