"""The base class of csrtui's apps, with the commands, the user's key bindings and the help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import ModalScreen
from textual.theme import BUILTIN_THEMES

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands import WIDGET_ACTIONS, Command, Scope, bindings, key_of, scopes_at
from csrtui.tui.crash_safe_app import SafeApp
from csrtui.tui.user_keymap import apply_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.dom import DOMNode
    from textual.screen import Screen

    from csrtui.core.config.settings import Config
    from csrtui.tasks.session import Session

DEFAULT_THEME = "ansi-dark"
"""A theme with the terminal's sixteen colours on the terminal's background."""


class CommandsApp(SafeApp[None]):
    """An app that binds its keys to csrtui's commands.

    Raises:
        InputError: The settings contain an unknown theme, command or key.
    """

    TITLE = "csrtui"
    OTHER_SCOPES: ClassVar[frozenset[Scope]] = frozenset({Scope.FLEET, Scope.PLAN})
    """The scopes of the commands of another app, which the help leaves out."""
    BINDINGS = bindings(Scope.ANYWHERE)
    start_warnings: Sequence[str] = ()
    """Warnings about the configuration, to show at the start."""
    CSS_PATH: ClassVar[list[Path]] = [Path(__file__).with_name("styles") / "app.tcss"]  # type: ignore[assignment]

    def __init__(self, session: Session, config: Config | None = None) -> None:
        keys = config.keys if config else {}
        commands = apply_keys(keys)
        super().__init__(_theme(config.screens.theme if config else None))
        self._session = session
        self._commands = commands
        self.kept_texts: dict[tuple[str, str], str] = {}
        self.set_keymap({command.action: command.keys for command in commands if command.action in keys})

    @property
    def commands(self) -> Sequence[Command]:
        """All commands, with the user's key bindings."""
        return self._commands

    def action_help(self) -> None:
        """Open the help for the current screen, or close it if it is open."""
        from csrtui.tui.modals.form_base import FormModal
        from csrtui.tui.modals.questions import CreateStoreModal
        from csrtui.tui.screens.text_pages import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_back()
            return
        if isinstance(self.screen, CreateStoreModal):
            return  # quitting from the help would create the keystore
        here = self._commands_here()
        if isinstance(self.screen, FormModal) and self.screen.verb:
            # The focused field handles Enter, so it is not a key of the dialog.
            here.insert(0, Command("submit", "enter", self.screen.keys()[0][1], "", Scope.SCREEN))
        others = [command for command in self._commands if command.scope not in self.OTHER_SCOPES]
        self.push_screen(HelpScreen(here, [command for command in others if command not in here]))

    async def action_palette(self) -> None:
        """Open the command palette, or close it if it is open."""
        from csrtui.tui.modals.choices_and_palette import PaletteModal
        from csrtui.tui.modals.questions import ConfirmModal
        from csrtui.tui.screens.text_pages import HelpScreen

        if isinstance(self.screen, PaletteModal):
            self.screen.action_cancel()
        elif not isinstance(self.screen, ConfirmModal):
            if isinstance(self.screen, HelpScreen):
                await self.pop_screen()
            here = self._commands_here()
            others = [command for command in self._commands_elsewhere() if command not in here]
            anywhere = [command for command in self._commands if command.scope is Scope.ANYWHERE]
            self.push_screen(PaletteModal([*here, *anywhere, *others]), self._run_command)

    def _commands_here(self) -> list[Command]:
        """Return the commands of the current screen. For a dialog or page, these are its own keys."""
        place = getattr(self.screen, "place", None)
        if place is not None:
            return self._commands_of(place)
        keys: dict[tuple[str, str], list[str]] = {}
        for key, active in self.screen.active_bindings.items():
            if active.node is self.screen and active.binding.description and active.enabled:
                keys.setdefault((active.binding.action, active.binding.description), []).append(key)
        return [
            Command(action, ",".join(names), label, "", Scope.SCREEN)
            for (action, label), names in keys.items()
            if not action.startswith(("app.", "screen."))  # Textual's own
        ]

    def _commands_elsewhere(self) -> list[Command]:
        """Return the commands of the main screen, if the current screen can be left for it."""
        if isinstance(self.screen, ModalScreen):
            return []
        return self._commands_of(*getattr(self._base, "base_places", ()))

    def _commands_of(self, *places: Scope) -> list[Command]:
        scopes = scopes_at(*places)
        return [command for command in self._commands if command.scope in scopes]

    @property
    def _base(self) -> Screen[Any]:
        """The main screen, which all other screens cover."""
        return next((screen for screen in self.screen_stack if hasattr(screen, "base_places")), self.screen)

    async def _run_command(self, command: Command | None) -> None:
        """Run the command that was chosen in the palette, where it works."""
        if command is None:
            return
        namespace: DOMNode = self if command.scope is Scope.ANYWHERE else self.screen
        if command.scope not in {Scope.ANYWHERE, Scope.SCREEN}:
            if command not in self._commands_here():
                while self.screen is not self._base:
                    await self.pop_screen()
            show_place_of = getattr(self.screen, "show_place_of", None)
            if show_place_of is not None:
                show_place_of(command.scope)
            namespace = self.screen
        action = WIDGET_ACTIONS.get(command.action)
        if action is not None:
            namespace = self.screen.focused or self.screen
        self.call_later(self.run_action, action or command.action, namespace)

    def action_help_quit(self) -> None:
        """Show how to quit, because the user has pressed ctrl+c and nothing is selected."""
        from csrtui.tui.screens.base import CommandScreen

        tell = self.screen.tell if isinstance(self.screen, CommandScreen) else self.notify
        tell(f"{key_of('leave', self._commands)} quits csrtui.")

    def action_leave(self) -> None:
        """Leave the app. This action works on every screen."""
        raise NotImplementedError

    async def action_quit(self) -> None:
        """Leave the app when Textual's own quit key is pressed."""
        self.action_leave()


def _theme(name: str | None) -> str:
    if name is None:
        return DEFAULT_THEME
    if name not in BUILTIN_THEMES:
        raise InputError(
            f"[screens] unknown theme {visible(name)!r}",
            f"themes: {', '.join(sorted(BUILTIN_THEMES))}",
        )
    return name
