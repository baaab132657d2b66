"""The screens over many hosts."""

from typing import TYPE_CHECKING

from csrtui.tui import run_app

if TYPE_CHECKING:
    from csrtui.core.config.settings import Config
    from csrtui.fleet.tasks.hosts import Reach
    from csrtui.fleet.tui.app import FleetApp
    from csrtui.tasks.session import Session


def open_fleet(session: "Session", reach: "Reach") -> int:
    """Open the screen over many hosts, and return the exit status when it is left.

    Raises:
        InputError: There is no terminal to draw it on, or the configuration has unknown settings.
    """

    def make(config: "Config | None") -> "FleetApp":
        from csrtui.fleet.tui.app import FleetApp

        return FleetApp(session, reach, config)

    return run_app(make)
