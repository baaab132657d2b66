"""The app: one session, one main screen."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from csrtui.core.errors import StoreError
from csrtui.tui.commands_app import CommandsApp
from csrtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.screen import Screen


class CsrtuiApp(CommandsApp):
    """csrtui's screens; its arguments and what it raises are those of every `CommandsApp`."""

    _waited_for: Screen[Any] | None = None

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        return MainScreen(self._session, self._commands)

    @property
    def main(self) -> MainScreen:
        """The main screen."""
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def action_leave(self) -> None:
        """Leave, from whatever screen; the question whether to is asked there."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        doing = self._doing()
        if isinstance(self.screen, ConfirmScreen):
            self.screen.action_cancel()
        elif doing is not None and doing is not self._waited_for:
            self._waited_for = doing
            self.notify("what was begun is being finished; the same key again leaves now")
        else:
            self.main.leave()

    def _doing(self) -> Screen[Any] | None:
        """The dialog that is doing something which is not to be broken off, if there is one."""
        from csrtui.tui.screens.doing import DoingDialog

        dialogs = (screen for screen in self.screen_stack if isinstance(screen, DoingDialog))
        return next((dialog for dialog in dialogs if dialog.is_doing), None)

    async def until_complete(self) -> None:
        """Wait until the main screen has both its panes."""
        await self.main.until_complete()

    def save_state(self) -> None:
        """Keep the half-filled form; called when a signal or a lost terminal ends the app."""
        with contextlib.suppress(StoreError):  # there is nobody left to tell
            self.main.keep_draft()
