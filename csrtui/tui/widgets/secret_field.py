"""A masked field for a passphrase. It returns its text only as a `Secret`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.actions import SkipAction
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

from csrtui.core.base.secret import Secret
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.selection import Selection as ScreenSelection

    from csrtui.tui.widgets.text_field import Snapshot


class SecretField(TextField, inherit_css=True):
    """A masked `TextField`. Its text is never copied, cut, recorded for undo or included in messages.

    It posts its own `Changed` and `Submitted`, and no `Blurred`. The messages of Textual's Input with these names
    contain the text and are never posted. A paste of several lines, or with unprintable characters, inserts
    nothing: a passphrase that differs from the pasted text would be worse than no passphrase.
    """

    @dataclass(eq=False, repr=False)
    class _FieldMessage(Message):
        """A message from the field."""

        field: SecretField

    class Changed(_FieldMessage):  # replaces the message of Input, which contains the text
        """The passphrase has changed."""

    class Submitted(_FieldMessage):  # replaces the message of Input, which contains the text
        """Enter was pressed."""

    def __init__(
        self,
        placeholder: str = "",
        *,
        secret: Secret | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(secret.revealed if secret else "", placeholder, id=id)
        self._initial_secret = secret
        self.password = True

    def secret(self) -> Secret:
        """Return the current passphrase, which may be empty."""
        return Secret(self.value)

    @property
    def is_typed(self) -> bool:
        """Whether the field contains a passphrase, typed or generated, that it did not contain at first."""
        return bool(self.value) and self.secret() != self._initial_secret

    def on_focus(self) -> None:
        """Select a passphrase that was there at first, so that typing replaces it: nobody can edit masked text."""
        if self.secret() == self._initial_secret:
            self.select_text()
        super().on_focus()

    def get_selection(self, selection: ScreenSelection) -> tuple[str, str] | None:  # noqa: ARG002 - Textual's interface
        """Return None: the text cannot be selected with the mouse."""
        return None

    def action_copy(self) -> None:
        """Copy nothing: a passphrase is not copied to the clipboard. The app says how to quit instead."""
        raise SkipAction

    def action_cut(self) -> None:
        """Do nothing: a passphrase is not copied to the clipboard."""

    async def action_submit(self) -> None:
        """Post `Submitted` when Enter is pressed."""
        self.post_message(self.Submitted(self))

    def select_text(self) -> None:
        """Select the whole text, so that the next attempt replaces it."""
        self.selection = Selection(0, len(self.value))

    @property
    def _value(self) -> Text:
        return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return position  # one star for each character, of any width

    def _note_edit(self, before: Snapshot) -> None:
        """Do nothing: the history would contain copies of the passphrase."""

    def _watch_value(self, value: str) -> None:
        self.virtual_size = Size(len(value) + 1, 1)
        self.selection = self.selection  # the setter limits it to the text, which may be shorter now
        self.post_message(self.Changed(self))

    def post_message(self, message: Message) -> bool:
        """Post `message`, unless it is a message of Input that contains the text."""
        if isinstance(message, (Input.Changed, Input.Submitted, Input.Blurred)):
            return False
        return super().post_message(message)

    def _pasted_lines(self, lines: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - must not leave the field
        return ()

    def _insert_line(self, line: str) -> None:
        if line.isprintable():
            self.replace(line, *self.selection)
        else:
            self.post_message(self.CharactersRemoved(()))
