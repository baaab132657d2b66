"""The screens: csrtui's terminal user interface.

Importing this package removes Textual's own variables from the environment first (see
`csrtui.tui.terminal.drop_textual_environment`), before any module below it can import Textual.
"""

from typing import TYPE_CHECKING

from csrtui.process_protection import share_heaps
from csrtui.tui.terminal import drop_textual_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from csrtui.core.config.settings import Config
    from csrtui.tui.commands_app import CommandsApp

drop_textual_environment()


def open_screens(store: str, *, mouse: bool = False) -> int:
    """Open the screens for the store at the path `store`. Return the exit status after the user quits.

    With `mouse`, use the mouse even if the settings do not enable it.
    """

    def create_app(config: "Config | None") -> "CommandsApp":
        from csrtui.store.keystore import Keystore
        from csrtui.store.store_location import store_argument
        from csrtui.tasks.session import Session
        from csrtui.tui.app import CsrtuiApp

        keystore = Keystore(store)
        session = Session(keystore, defaults=config.defaults if config else None)
        # The default store is created without asking, as soon as there is something to save.
        ask_to_create = bool(store_argument(store)) and not keystore.exists()
        return CsrtuiApp(session, config, ask_to_create=ask_to_create)

    return run_app(create_app, mouse=mouse)


def run_app(create_app: "Callable[[Config | None], CommandsApp]", *, mouse: bool = False) -> int:
    """Run an app on the terminal with the user's settings, and return its exit status.

    With `mouse`, use the mouse even if the settings do not enable it.

    Raises:
        InputError: There is no terminal, or the configuration has unknown settings.
    """
    import os

    from csrtui.tui.terminal import refuse_without_terminal

    refuse_without_terminal(os.environ)
    share_heaps()
    from csrtui.tasks.settings import add_config_path_to_errors, load_settings

    settings = load_settings(os.environ)
    config = settings.config
    with add_config_path_to_errors(settings, os.environ):
        app = create_app(config)
    app.start_warnings = [problem.error.message for problem in settings.problems]
    app.run(mouse=mouse or (config is not None and config.screens.mouse))
    return app.exit_status
