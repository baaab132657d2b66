"""The commands of the request form, for every screen that shows the form, and the writer of its draft."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from csrtui.core.base.errors import CsrtuiError
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csrtui.tui.commands import Command
    from csrtui.tui.panes.request import RequestPane
    from csrtui.tui.widgets.request_form import RequestForm

T = TypeVar("T")

_NARROW, _MEDIUM, _LOW, _SHORT = 60, 80, 24, 20
"""A screen with fewer columns is narrow, or has medium width. A screen with fewer lines is low, or even short."""
_SAVE_DELAY = 1.0
"""Seconds between a change of the form and its automatic save."""


class DraftWriter(Generic[T]):
    """A writer that saves drafts in the background while the user types, and immediately when the app ends.

    Several threads can use it. It never overwrites a newer value with an older one.

    Args:
        saved: The value that is already stored, or None.
    """

    def __init__(self, save: Callable[[T], object], saved: T | None = None) -> None:
        self._save = save
        self._saved = self._latest = saved
        self._lock = RLock()  # reentrant: a signal may call `write` in a thread that is already writing

    def update(self, value: T) -> None:
        """Set the value for the next `write`."""
        self._latest = value

    def write(self) -> None:
        """Save the latest value, unless it is already saved.

        Raises:
            Exception: Any error of the `save` function. The value then counts as not saved.
        """
        with self._lock:
            latest = self._latest
            if latest is not None and latest != self._saved:
                self._save(latest)
                self._saved = latest


class FormScreen(CommandScreen[None]):
    """A screen with a `RequestPane`. It saves the form for the next start."""

    _draft_writer: DraftWriter[Any]
    _is_save_pending = False

    def draw(self) -> None:
        """Choose the layout of the form for the screen size."""
        # Textual's own breakpoints are set after the layout, so that the screen would be drawn twice.
        self.set_class(self.size.width < _NARROW, "-narrow")
        self.set_class(_NARROW <= self.size.width < _MEDIUM, "-medium")
        self.set_class(self.size.height < _LOW, "-low")
        self.set_class(self.size.height < _SHORT, "-short")

    @property
    def request(self) -> RequestPane:
        """The request pane."""
        return cast("RequestPane", self.query_one("RequestPane"))

    def possible_now(self, commands: Sequence[Command]) -> list[Command]:
        """Return those of `commands` that can be used on the current advice."""
        return [command for command in commands if command.action not in self.request.impossible_commands]

    def on_request_form_notice(self, event: RequestForm.Notice) -> None:
        """Show a message of the form."""
        self.tell(event.text)

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.request.form.focus_step(1)

    def action_previous_field(self) -> None:
        """Go to the previous field."""
        self.request.form.focus_step(-1)

    def action_fix(self) -> None:
        """Apply the fix of the current finding."""
        fix = self.request.fix()
        failure = "this advice has no automatic fix" if self.request.has_advice else "no advice to fix"
        self.tell(f"applied: {fix}   ctrl+z undoes it" if fix else failure)

    def action_fix_all(self) -> None:
        """Apply all safe fixes."""
        count = self.request.fix_all()
        self.tell(f"{count} fix{'es' if count != 1 else ''} applied" if count else "no safe fixes to apply")

    def action_next_advice(self) -> None:
        """Show the next finding."""
        self.request.next_advice()

    def action_key_options(self) -> None:
        """Show the message that the names and passphrases of pairs on other hosts cannot be set here."""
        self.tell("The name and the passphrase of a pair cannot be set for other hosts.")

    def action_profiles(self) -> None:
        """Load a profile into the form, or save the form as one."""
        self.request.choose_profile()

    def action_start_from(self) -> None:
        """Copy names and subject from an existing pair, CSR or certificate."""
        self.request.choose_start()

    def action_clear_form(self) -> None:
        """Empty the form."""
        self.request.clear()
        self.tell("form cleared   ctrl+z undoes it")

    def action_guide(self) -> None:
        """Show the guide for the selected server software."""
        from csrtui.tui.screens.text_pages import PageScreen, guide_pages

        pages = guide_pages(self.commands)
        platform = self.request.form.draft.platform
        self.app.push_screen(PageScreen(list(pages.values()), list(pages).index(platform)))

    # The draft

    def draft_to_save(self) -> object:
        """Return the value for the `DraftWriter` to save."""
        return self.request.form.draft

    def save_draft(self) -> None:
        """Save the form for the next start, unless it is already saved.

        Raises:
            StoreError: The store cannot be written.
        """
        self._draft_writer.update(self.draft_to_save())
        self._draft_writer.write()

    def save_draft_soon(self) -> None:
        """Save the form as soon as the user stops typing."""
        if not self._is_save_pending:
            self._is_save_pending = True
            self.set_timer(_SAVE_DELAY, self._save_in_background)

    def _save_in_background(self) -> None:
        self._is_save_pending = False
        self._draft_writer.update(self.draft_to_save())
        self.run_worker(self._save_in_thread(), group="draft", exclusive=True)

    async def _save_in_thread(self) -> None:
        error = await run_in_thread(self._draft_writer.write)
        if isinstance(error, CsrtuiError):
            self.tell(f"the form cannot be saved: {error.message}")
