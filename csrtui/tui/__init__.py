"""The screens: what a user sees and types in a terminal.

Importing this package first removes Textual's own variables from the environment (see
`csrtui.tui.terminal.drop_textual_environment`), so that no module below can import Textual before.
"""

from typing import TYPE_CHECKING

from csrtui.process import share_heaps
from csrtui.tui.terminal import drop_textual_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from csrtui.core.config.settings import Config
    from csrtui.tui.commands_app import CommandsApp

drop_textual_environment()


def open_screens(store: str) -> int:
    """Open the screens on the store at a path, and return the exit status when they are left.

    Raises:
        InputError: There is no terminal to draw them on, or the configuration says something unknown.
    """

    def make(config: "Config | None") -> "CommandsApp":
        from csrtui.store.keystore import Keystore
        from csrtui.store.location import store_to_name
        from csrtui.tasks.session import Session
        from csrtui.tui.app import CsrtuiApp

        keystore = Keystore(store)
        # The default store is made without a question, when there is something to keep.
        asks = bool(store_to_name(store)) and not keystore.exists()
        return CsrtuiApp(Session(keystore), config, asks_to_create=asks)

    return run_app(make)


def run_app(make: "Callable[[Config | None], CommandsApp]") -> int:
    """Run an app on the terminal with the user's settings, and return its exit status.

    Args:
        make: Makes the app, from the settings.

    Raises:
        InputError: There is no terminal, or the configuration has unknown settings.
    """
    import os

    from csrtui.tui.terminal import refuse_without_terminal

    refuse_without_terminal(os.environ)
    share_heaps()
    from csrtui.tasks.settings import in_settings, load_settings

    config = load_settings(os.environ)
    with in_settings(os.environ):
        app = make(config)
    app.run(mouse=config is not None and config.screens.mouse)
    return app.exit_status
