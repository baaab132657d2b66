"""The base of dialogs with fields: drawing, errors, and tasks in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.core.keys.passphrase_quality import guess_reasons, refusal
from csrtui.store.output_folder import MissingFolderError, create_output_folder
from csrtui.tui.modals.base import Modal, ResultT
from csrtui.tui.threads import in_thread, run_in_thread
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextView
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.tui.widgets.text_block import Line

T = TypeVar("T")

NEXT_FIELD = "Next field"
"""The label of Enter in a field that is not the last one."""
CHOICE_KEYS = (("Enter", "List"), ("Tab", NEXT_FIELD))
"""The keys of a choice field, each with its label."""
CREATE_KEY = "F7"
"""The key that creates a missing folder, as in file managers. A printable key would be typed into the field."""


class FormModal(Modal[ResultT]):
    """A dialog with fields. It shows the error of an input or a task, and stays open while a task runs.

    Closing the dialog early would cancel the task. For example, a CSR would be submitted but not recorded as submitted.

    Users often type a passphrase directly after a path, without looking at the screen. So the cursor enters the secret
    field while the path is still being checked in a thread. It never moves by itself from a secret field to a field that
    shows its text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "ask_cancel", "Cancel", show=False, priority=True),
        Binding("f7", "create_folder", "Create the folder", show=False, priority=True),
    ]
    MORE_KEYS: ClassVar[Sequence[tuple[str, str]]] = ()
    """The keys between Enter and Escape in the field for a path, each with its label."""
    NOTES: ClassVar[int] = 0
    """The lines reserved for notes. They keep the height of the dialog constant while the user types."""
    PASTE_REFUSED: ClassVar[str] = "The paste has several lines and was ignored."
    CHARACTERS_REMOVED: ClassVar[str] = "Invalid characters were removed from the paste."

    error: CsrtuiError | None = None
    """The error of the input or of the last task, or None."""
    folder_error: CsrtuiError | None = None
    """The error of the typed folder, or None."""
    _is_busy = False
    _close: Callable[[], object] | None = None
    _continuation: Callable[[], None] | None = None
    """The function to call if the check succeeds."""

    # Drawing

    def content(self) -> Iterable[Widget]:
        """Return the fields, and the block for notes below them."""
        yield from self.fields()
        yield TextView(id="notes", can_focus=False)

    def fields(self) -> Iterable[Widget]:
        """Return the fields, one line each. A dialog that also has other widgets defines `content` and `draw` instead."""
        raise NotImplementedError

    # Class attributes in most dialogs

    @property
    def heading(self) -> str:
        """The title."""
        raise NotImplementedError

    @property
    def about(self) -> str:
        """The text below the title. A short screen leaves it out."""
        return ""

    @property
    def verb(self) -> str:
        """The label of Enter in the focused field, or "" if the dialog defines `keys` or `draw` itself."""
        return ""

    @property
    def cancel(self) -> str:
        """The label of Escape."""
        return "Cancel"

    def notes(self) -> list[Line]:
        """Return the notes on the current input. While a path is completed, or after an error, they are not shown."""
        return []

    def keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys, each with its label."""
        enter = CHOICE_KEYS if isinstance(self.focused, ChoiceField) else (("Enter", self.verb),)
        more = self.MORE_KEYS if isinstance(self.focused, PathField) else ()
        return *enter, *self.create_keys, *more, ("Esc", self.cancel)

    def draw(self) -> None:
        """Redraw the dialog: the title, the lines below it, the notes and the keys."""
        gap = self.gap
        about = [] if self.is_short or not self.about else self.lines(self.about, "label")
        self.show_title(self.heading, about)
        self.show("#keys", self.key_lines(*self.keys()))
        view, notes = self.query_one("#notes", TextView), self.note_lines()
        notes += [()] * (0 if self.is_short else self.NOTES - len(notes))
        notes = [*gap, *notes, *gap] if notes else gap
        view.styles.height = min(len(notes), self.room_for(view))
        view.action_scroll(-len(view.all_text))
        view.show_all(notes)

    def note_lines(self) -> list[Line]:
        """Return the completions of a path, or else the error, or else the notes."""
        if self.candidates:
            return self.candidate_lines()
        return self.notes() if self.error is None else self.error_lines(self.error)

    # Errors

    def fail(self, error: CsrtuiError | None, field: str | None = None) -> None:
        """Show an error, and cancel the action that waits for a check. If `field` is given, move the cursor there."""
        self.error, self._continuation = error, None
        if field is not None:
            self.focus_error(field)
        self.draw()

    def check_passphrase(self, missing: str, *, is_repeated: bool = True) -> bool:
        """Return whether a passphrase is typed that openssl can read, twice if `is_repeated`. If not, show the error.

        `missing` is the error if there is no passphrase. If the second passphrase differs, its field is emptied.
        """
        passphrase = self.secret_of("#passphrase")
        repeated = self.secret_of("#again") if is_repeated else passphrase
        if not passphrase.encoded:
            self.fail(InputError(missing), "#passphrase")
        elif not repeated.encoded:
            self.fail(InputError("Repeat the passphrase."), "#again")
        elif passphrase != repeated:
            with self.prevent(SecretField.Changed):  # which would remove the error
                self.query_one("#again", SecretField).load_text("")
            self.fail(InputError("The passphrases differ. Type the second one again."), "#again")
        elif (weakness := refusal(passphrase)) is not None:
            self.fail(weakness, "#passphrase")
        else:
            return True
        return False

    def ask_if_weak(self, passphrase: Secret, act: Callable[[], object]) -> None:
        """Call `act`. If a new passphrase is easy to guess, ask first, and let the user type another one."""
        from csrtui.tui.modals.questions import ask

        reasons = guess_reasons(passphrase)
        if reasons:
            title, change = "Use this passphrase anyway?", self._change_passphrase
            ask(self.app, title, " ".join(reasons), "Use it", act, no="Change it", decline=change)
        else:
            act()

    def _change_passphrase(self) -> None:
        """Go to the passphrase, so that the next character replaces it."""
        field = self.query_one("#passphrase", SecretField)
        field.focus()
        field.select_text()

    @on(SecretField.Changed)
    @on(ChoiceField.Changed)
    def _handle_input(self) -> None:
        """Remove the error, and redraw the dialog for the new input."""
        self.fail(None)

    @on(TextField.Changed)
    def _handle_text(self) -> None:
        """Also remove the error of the typed folder."""
        self.folder_error = None
        self.fail(None)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Show that the paste was ignored."""
        event.stop()
        self.fail(InputError(self.PASTE_REFUSED))

    def on_text_field_characters_removed(self, event: TextField.CharactersRemoved) -> None:
        """Show that characters were removed."""
        event.stop()
        self.fail(InputError(self.CHARACTERS_REMOVED))

    # Fields

    def text_of(self, field: str) -> str:
        """Return the text of a field without blanks at its ends. `field` is its selector."""
        return self.query_one(field, TextField).value.strip()

    def secret_of(self, field: str) -> Secret:
        """Return the secret in a field. `field` is its selector."""
        return self.query_one(field, SecretField).secret()

    # Tasks

    @property
    def is_busy(self) -> bool:
        """Whether a task is running."""
        return self._is_busy

    @property
    def is_closing(self) -> bool:
        """Whether the dialog will close when the current task ends."""
        return self._close is not None

    def begin(self, task: Coroutine[Any, Any, None]) -> None:
        """Start a task, unless one is running."""
        if self._is_busy:
            task.close()
            return
        self._is_busy = True
        self.error = None
        self.run_worker(self._run(task), group="task")
        self.draw()

    def close_when_idle(self, close: Callable[[], object]) -> None:
        """Call `close` now, or when the running task has succeeded. If the task fails, the dialog stays open."""
        if self._is_busy:
            self._close = close
        else:
            close()

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread as part of a task, and return its result. An error ends the task and is shown."""
        return await in_thread(work)

    async def _run(self, task: Coroutine[Any, Any, None]) -> None:
        try:
            await task
        except CsrtuiError as error:
            self.error = error
        finally:
            self._is_busy = False
        close, self._close = self._close, None
        if not self.app.is_running or self not in self.app.screen_stack:
            return  # the dialog is being removed
        if close is not None and self.error is None and self.is_current:
            close()
        else:
            self.draw()

    def action_ask_cancel(self) -> None:
        """Close without a result. Ask first if typed text would be lost, unless a task is using the text."""
        if self.is_busy:
            self.action_cancel()
        else:
            self.ask_before(self.action_cancel)

    def action_cancel(self) -> None:
        """Close without a result, after the running task."""
        self.close_when_idle(lambda: self.dismiss(None))

    # The cursor

    def on_descendant_focus(self) -> None:
        """Update the hint that tells how to return to the path field, because it depends on the focus."""
        self.draw()

    def focus_error(self, field: str) -> None:
        """Focus the field with the error, but never move from a field that hides its text to one that shows its text."""
        widget = self.query_one(field)
        if isinstance(widget, SecretField) or not self.is_in_secret:
            widget.focus()

    @property
    def is_in_secret(self) -> bool:
        """Whether the cursor is in a secret field."""
        return isinstance(self.focused, SecretField)

    def way_back(self, field: str) -> list[Line]:
        """Return a line that tells how to get from a secret field to the field with a problem, e.g. the folder."""
        return self.lines(f"Press Up for the {field}.", "label") if self.is_in_secret else []

    # A missing folder

    def error_lines(self, error: CsrtuiError) -> list[Line]:
        """Return the lines of an error. For a missing folder, its hint is the key that creates the folder."""
        if isinstance(error, MissingFolderError):
            text = f"{visible(error.path)} does not exist. Press {CREATE_KEY} to create it (mode 0700), or mount it."
            return self.lines(text, "error")
        return super().error_lines(error)

    @property
    def create_keys(self) -> Sequence[tuple[str, str]]:
        """The key that creates the folder, with its label, if the folder is missing."""
        return ((CREATE_KEY, "Create folder"),) if isinstance(self.folder_error, MissingFolderError) else ()

    def check_created_folder(self) -> None:
        """Check the typed folder again, now that it exists."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to create the folder only if it is missing."""
        if action == "create_folder":
            return isinstance(self.folder_error, MissingFolderError)
        return super().check_action(action, parameters)

    def action_create_folder(self) -> None:
        """Create the folder, and the missing folders above it."""
        if isinstance(self.folder_error, MissingFolderError):
            self.run_worker(self._create_folder(self.folder_error.path), group="folder")

    async def _create_folder(self, path: str) -> None:
        error = await run_in_thread(lambda: create_output_folder(path))
        if isinstance(error, CsrtuiError):
            self.fail(error)
        else:
            self.check_created_folder()
