"""What every app of csrtui has: the one list of commands, with the user's own keys, and its help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.theme import BUILTIN_THEMES

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands import Where, bindings
from csrtui.tui.key_names import configured
from csrtui.tui.safe_app import SafeApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from csrtui.core.config.settings import Config
    from csrtui.tasks.session import Session
    from csrtui.tui.command import Command

DEFAULT_THEME = "ansi-dark"
"""The terminal's own sixteen colours, on the terminal's own background."""


class CommandsApp(SafeApp[None]):
    """An app whose keys are csrtui's commands.

    Args:
        session: What its screens work on.
        config: The user's settings; None for none.

    Raises:
        InputError: The settings name a theme, a command or a key that there is not.
    """

    TITLE = "csrtui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.ANYWHERE)]
    CSS_PATH: ClassVar[list[Path]] = [Path(__file__).with_name("styles") / "app.tcss"]  # type: ignore[assignment]

    def __init__(self, session: Session, config: Config | None = None) -> None:
        keys = config.keys if config else {}
        commands = configured(keys)
        super().__init__(_theme(config.screens.theme if config else None))
        self._session = session
        self._commands = commands
        self.set_keymap({command.action: command.keys for command in commands if command.action in keys})

    @property
    def commands(self) -> Sequence[Command]:
        """All commands, with the keys they have."""
        return self._commands

    def action_help(self) -> None:
        """Show all commands, or go back where they are shown already."""
        from csrtui.tui.screens.confirm import ConfirmScreen
        from csrtui.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_back()
        elif not isinstance(self.screen, ConfirmScreen):
            self.push_screen(HelpScreen(self._commands))

    def action_leave(self) -> None:
        """Leave, from whatever screen."""
        raise NotImplementedError

    async def action_quit(self) -> None:
        """Leave, as Textual's own key for it would have it."""
        self.action_leave()

    def action_help_quit(self) -> None:
        """Nothing: Ctrl+C copies in a field, and leaves nothing else."""


def _theme(name: str | None) -> str:
    if name is None:
        return DEFAULT_THEME
    if name not in BUILTIN_THEMES:
        raise InputError(
            f"[screens] names the theme {visible(name)!r}, which there is not",
            f"themes: {', '.join(sorted(BUILTIN_THEMES))}",
        )
    return name
