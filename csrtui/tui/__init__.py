"""The screens: what a user sees and types in a terminal.

Importing this package first removes Textual's own variables from the environment (see
`csrtui.tui.terminal.drop_textual_environment`), so that no module below can import Textual before.
"""

from typing import TYPE_CHECKING

from csrtui.process import share_heaps
from csrtui.tui.terminal import drop_textual_environment

if TYPE_CHECKING:
    from csrtui.tasks.fleet import Reach
    from csrtui.tasks.session import Session

drop_textual_environment()


def open_screens(store: str) -> int:
    """Open the screens on the store at a path, and return the exit status when they are left.

    Raises:
        InputError: There is no terminal to draw them on, or the configuration says something unknown.
    """
    import os

    from csrtui.tui.terminal import refuse_without_terminal

    refuse_without_terminal(os.environ)
    share_heaps()
    from csrtui.store.keystore import Keystore
    from csrtui.tasks.session import Session
    from csrtui.tasks.settings import load_settings
    from csrtui.tui.app import CsrtuiApp

    config = load_settings(os.environ)
    app = CsrtuiApp(Session(Keystore(store)), config)
    app.run(mouse=config is not None and config.screens.mouse)
    return app.exit_status


def open_fleet(session: "Session", reach: "Reach") -> int:
    """Open the screen over many hosts, and return the exit status when it is left.

    Raises:
        InputError: There is no terminal to draw it on, or the configuration says something unknown.
    """
    import os

    from csrtui.tui.terminal import refuse_without_terminal

    refuse_without_terminal(os.environ)
    share_heaps()
    from csrtui.tasks.settings import load_settings
    from csrtui.tui.fleet_app import FleetApp

    config = load_settings(os.environ)
    app = FleetApp(session, reach, config)
    app.run(mouse=config is not None and config.screens.mouse)
    return app.exit_status
