"""The app for the pairs of many hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.tui.commands import Scope
from csrtui.tui.commands_app import CommandsApp

if TYPE_CHECKING:
    from textual.screen import Screen

    from csrtui.core.config.settings import Config
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.fleet.tui.request import FleetRequestScreen
    from csrtui.tasks.session import Session


class FleetApp(CommandsApp):
    """csrtui's app for many hosts."""

    OTHER_SCOPES = frozenset({Scope.PANES, Scope.KEYSTORE, Scope.PAIRS, Scope.PAIR, Scope.MONTHS})

    def __init__(self, session: Session, reach: Reach, config: Config | None = None) -> None:
        super().__init__(session, config)
        self._reach = reach

    def get_default_screen(self) -> Screen[None]:
        """Return the list of the pairs of all hosts."""
        return FleetScreen(self._session, self._reach)

    def action_leave(self) -> None:
        """Leave the app; if a request was typed, ask first. Stopping a read does not harm the hosts."""
        from csrtui.tui.modals.questions import ConfirmModal, ask

        form = self._form
        if isinstance(self.screen, ConfirmModal):
            self.screen.action_cancel()
        elif form is None or not form.request.form.draft.has_names:
            self.exit()
        else:
            text = "This request has not been generated. The form is saved and restored at the next start."
            ask(self, "Quit csrtui?", text, "Quit", lambda: self._save_and_exit(form))

    def save_state(self) -> None:
        """Save the half-filled form. This is called when a signal or a lost terminal ends the app."""
        form = self._form
        if form is not None:
            form.save_draft()

    def _save_and_exit(self, form: FleetRequestScreen) -> None:
        form.save_draft()
        self.exit()

    @property
    def _form(self) -> FleetRequestScreen | None:
        from csrtui.fleet.tui.request import FleetRequestScreen

        return next((screen for screen in self.screen_stack if isinstance(screen, FleetRequestScreen)), None)
