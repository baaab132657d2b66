"""The screens for key pairs on many hosts."""

from typing import TYPE_CHECKING

from csrtui.tui import run_app

if TYPE_CHECKING:
    from csrtui.core.config.settings import Config
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.fleet.tui.app import FleetApp
    from csrtui.tasks.session import Session


def open_fleet(session: "Session", reach: "Reach") -> int:
    """Open the screen for many hosts, and return the exit status after the user quits.

    Raises:
        InputError: There is no terminal, or the configuration has unknown settings.
    """

    def create_app(config: "Config | None") -> "FleetApp":
        from csrtui.fleet.tui.app import FleetApp

        return FleetApp(session, reach, config)

    return run_app(create_app)
