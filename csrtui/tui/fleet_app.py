"""The app for many hosts: one screen over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.tui.commands_app import CommandsApp
from csrtui.tui.screens.fleet import FleetScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    from csrtui.core.config import Config
    from csrtui.tasks.fleet import Reach
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
        """Leave; hosts that are being asked are left as they are, which is whole."""
        self.exit()
