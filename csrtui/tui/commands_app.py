"""The base class of csrtui's apps, with the commands, the user's own keys and the help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.theme import BUILTIN_THEMES

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands import Scope, bindings
from csrtui.tui.keymap import apply_keys
from csrtui.tui.safe_app import SafeApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from csrtui.core.config.settings import Config
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

DEFAULT_THEME = "ansi-dark"
"""A theme with the terminal's sixteen colours on the terminal's background."""


class CommandsApp(SafeApp[None]):
    """An app that binds its keys to csrtui's commands.

    Args:
        session: The session that the screens use.
        config: The user's settings, or None without a configuration file.

    Raises:
        InputError: The settings contain an unknown theme, command or key.
    """

    TITLE = "csrtui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.ANYWHERE)]
    CSS_PATH: ClassVar[list[Path]] = [Path(__file__).with_name("styles") / "app.tcss"]  # type: ignore[assignment]

    def __init__(self, session: Session, config: Config | None = None) -> None:
        keys = config.keys if config else {}
        commands = apply_keys(keys)
        super().__init__(_theme(config.screens.theme if config else None))
        self._session = session
        self._commands = commands
        self.set_keymap({command.action: command.keys for command in commands if command.action in keys})

    @property
    def commands(self) -> Sequence[Command]:
        """All commands, with the user's keys."""
        return self._commands

    def action_help(self) -> None:
        """Open the help, or close it if it is open."""
        from csrtui.tui.screens.confirm import ConfirmScreen
        from csrtui.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_back()
        elif not isinstance(self.screen, ConfirmScreen):
            self.push_screen(HelpScreen(self._commands))

    def action_leave(self) -> None:
        """Leave the app. This action works on every screen."""
        raise NotImplementedError

    async def action_quit(self) -> None:
        """Leave the app when Textual's own quit key is pressed."""
        self.action_leave()

    def action_help_quit(self) -> None:
        """Do nothing: Ctrl+C copies in a field and has no other effect."""


def _theme(name: str | None) -> str:
    if name is None:
        return DEFAULT_THEME
    if name not in BUILTIN_THEMES:
        raise InputError(
            f"[screens] unknown theme {visible(name)!r}",
            f"themes: {', '.join(sorted(BUILTIN_THEMES))}",
        )
    return name
