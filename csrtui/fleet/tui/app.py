"""The app for many hosts: one screen over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.tui.commands_app import CommandsApp

if TYPE_CHECKING:
    from textual.screen import Screen

    from csrtui.core.config.settings import Config
    from csrtui.fleet.tasks.hosts import Reach
    from csrtui.fleet.tui.request import FleetRequestScreen
    from csrtui.tasks.session import Session


class FleetApp(CommandsApp):
    """csrtui's screen over many hosts.

    Args:
        session: Whose store keeps what was last known.
        reach: Which hosts.
        config: The user's settings; None for none.

    Raises:
        InputError: The settings name a theme, a command or a key that there is not.
    """

    def __init__(self, session: Session, reach: Reach, config: Config | None = None) -> None:
        super().__init__(session, config)
        self._reach = reach

    def get_default_screen(self) -> Screen[None]:
        """The screen over all hosts."""
        return FleetScreen(self._session, self._reach, self._commands)

    def action_leave(self) -> None:
        """Leave; hosts that are being asked are left as they are, which is whole. With a request typed, ask once."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        form = self._form
        if isinstance(self.screen, ConfirmScreen):
            self.screen.action_cancel()
        elif form is None or not form.request.form.draft.has_names:
            self.exit()
        else:
            text = "The request you typed is not made yet. What you typed is kept and will be here the next time."
            question = ConfirmScreen("Leave csrtui?", text, "Leave")
            self.push_screen(question, lambda yes: self._keep_and_exit(form) if yes else None)

    def save_state(self) -> None:
        """Keep the half-filled form; called when a signal or a lost terminal ends the app."""
        form = self._form
        if form is not None:
            form.keep()

    def _keep_and_exit(self, form: FleetRequestScreen) -> None:
        form.keep()
        self.exit()

    @property
    def _form(self) -> FleetRequestScreen | None:
        from csrtui.fleet.tui.request import FleetRequestScreen

        return next((one for one in self.screen_stack if isinstance(one, FleetRequestScreen)), None)
