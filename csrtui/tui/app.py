"""The app: one session, one main screen."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands_app import CommandsApp
from csrtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    from csrtui.core.config.settings import Config
    from csrtui.tasks.session import Session


class CsrtuiApp(CommandsApp):
    """csrtui's screens; what it raises is what every `CommandsApp` raises.

    Args:
        session: What its screens work on.
        config: The user's settings; None for none.
        asks_to_create: Whether to ask first whether the keystore, which does not exist, is to be created.
    """

    _waited_for: Screen[Any] | None = None

    def __init__(
        self, session: Session, config: Config | None = None, *, asks_to_create: bool = False
    ) -> None:
        super().__init__(session, config)
        self._asks_to_create = asks_to_create

    def on_ready(self) -> None:
        """Ask whether to create the keystore, before anything can be typed."""
        if not self._asks_to_create:
            return
        from csrtui.tui.screens.confirm import ConfirmScreen

        path = self._session.store.path
        text = f"There is no keystore at {path}. Check the path, or create it now."
        self.push_screen(ConfirmScreen("Create a keystore?", text, "Create"), self._create_or_leave)

    async def _create_or_leave(self, answer: bool | None) -> None:  # noqa: FBT001 - the result of the dialog
        await self.until_complete()  # an app that ends while its screen is being built fails
        path = visible(self._session.store.path)
        if not answer:
            self.exit(
                message=f"csrtui: error: there is no keystore at {path}", return_code=StoreError.exit_code
            )
            return
        try:
            self._session.store.create()
        except StoreError as error:
            self.exit(message=f"csrtui: error: {visible(error.what)}", return_code=error.exit_code)
        else:
            self.main.tell(f"created the keystore {path}")

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
