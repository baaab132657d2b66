"""The app for the keystore on this machine, with one session and one main screen."""

from __future__ import annotations

import contextlib
from asyncio import Event
from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands_app import CommandsApp
from csrtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    from csrtui.core.config.settings import Config
    from csrtui.tasks.session import Session


class CsrtuiApp(CommandsApp):
    """csrtui's app for one keystore. It raises the same errors as `CommandsApp`.

    Args:
        ask_to_create: Whether to start with the question whether to create the missing keystore.
    """

    _warned_dialog: Screen[Any] | None = None
    """The last dialog of whose unfinished work the user was warned."""

    def __init__(
        self, session: Session, config: Config | None = None, *, ask_to_create: bool = False
    ) -> None:
        super().__init__(session, config)
        self._starts = Event()
        if not ask_to_create:
            self._starts.set()

    def on_ready(self) -> None:
        """Show warnings, and ask whether to create the keystore, before the user can type anything."""
        for warning in self.start_warnings:
            self.notify(visible(warning), severity="warning", markup=False)
        if not self._starts.is_set():
            self.run_worker(self._ask_to_create())

    async def _ask_to_create(self) -> None:
        from csrtui.tui.modals.questions import CreateStoreModal

        await self.main.wait_until_ready()  # a screen below a dialog is not completed
        question = CreateStoreModal(self._session.store.path)
        await self.push_screen(question, lambda answer: self._create_or_leave(answer, question.quotation))
        self._starts.set()

    def _create_or_leave(self, answer: bool | None, typed: str) -> None:  # noqa: FBT001 - the result of the dialog
        """Create the keystore and put the typed text into the form, or leave."""
        from textual.events import Paste

        from csrtui.core.base.finding import FieldName
        from csrtui.tui.widgets.text_field import TextField

        path = visible(self._session.store.path)
        if not answer:
            self.exit(
                message=f"csrtui: error: there is no keystore at {path}", return_code=StoreError.exit_code
            )
            return
        try:
            self._session.store.create()
        except StoreError as error:
            self.exit(message=f"csrtui: error: {visible(error.message)}", return_code=error.exit_code)
        else:
            field = self.main.query_one(f"#{FieldName.COMMON_NAME.value}", TextField)
            field.on_paste(Paste(typed))
            self.main.tell(f"created the keystore {path}")

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return MainScreen(self._session)

    @property
    def main(self) -> MainScreen:
        """The main screen."""
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def action_leave(self) -> None:
        """Leave the app from any screen. Ask first if something is unsaved or still running."""
        from csrtui.tui.modals.base import Modal
        from csrtui.tui.modals.questions import ConfirmModal

        dialog = self._busy_dialog()
        if isinstance(self.screen, ConfirmModal):
            self.screen.action_cancel()
        elif dialog is not None and dialog is not self._warned_dialog:
            self._warned_dialog = dialog
            self.notify("Work in progress is being finished. Press the same key again to quit now.")
        else:
            modals = (screen for screen in self.screen_stack if isinstance(screen, Modal))
            self.main.leave(loses_text=any(modal.loses_text(at_quit=True) for modal in modals))

    def _busy_dialog(self) -> Screen[Any] | None:
        """Return the dialog whose work should not be interrupted, or None if there is no such dialog."""
        from csrtui.tui.modals.form_base import FormModal

        dialogs = (screen for screen in self.screen_stack if isinstance(screen, FormModal))
        return next((dialog for dialog in dialogs if dialog.is_busy), None)

    async def wait_until_ready(self) -> None:
        """Wait until the main screen has both of its panes, and the user was asked about a missing keystore."""
        await self.main.wait_until_ready()
        await self._starts.wait()

    def save_state(self) -> None:
        """Save the half-filled form. Called when a signal or the loss of the terminal ends the app."""
        with contextlib.suppress(StoreError):  # there is no screen left to report the error on
            self.main.save_draft()
