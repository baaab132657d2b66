"""A field for a passphrase: masked, and its text leaves it only as a `Secret`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

from csrtui.core.base.secret import Secret
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.selection import Selection as ScreenSelection

    from csrtui.tui.widgets.edit_history import Snapshot


class SecretField(TextField, inherit_css=True):
    """A masked `TextField` that neither copies, cuts, remembers nor announces its text.

    It posts its own `Changed`, `Submitted` and no `Blurred`; Textual's messages of these names, which carry
    the text, are never posted. A paste of several lines, or of one with characters that cannot be in a text,
    puts nothing in: a passphrase that is not what was pasted would be worse than none.

    Args:
        placeholder: What is shown, dimmed, while there is no text.
        id: The widget's id.
        classes: Its classes, separated by blanks.
        disabled: Whether it cannot be focused.
    """

    class Changed(Message):  # not the Input's, which holds the text
        """The passphrase changed; ask `field.secret()` for it.

        Args:
            field: The field.
        """

        def __init__(self, field: SecretField) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> SecretField:
            """The field."""
            return self.field

    class Submitted(Message):  # not the Input's, which holds the text
        """Enter was pressed.

        Args:
            field: The field.
        """

        def __init__(self, field: SecretField) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> SecretField:
            """The field."""
            return self.field

    def __init__(
        self,
        placeholder: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__("", placeholder, id=id, classes=classes, disabled=disabled)
        self.password = True

    def secret(self) -> Secret:
        """The passphrase as typed so far; empty at first."""
        return Secret(self.value)

    def get_selection(self, selection: ScreenSelection) -> tuple[str, str] | None:  # noqa: ARG002 - Textual's interface
        """Nothing of it can be selected with the mouse."""
        return None

    def action_copy(self) -> None:
        """Nothing: a passphrase is not copied."""

    def action_cut(self) -> None:
        """Nothing: a passphrase is not copied."""

    async def action_submit(self) -> None:
        """Say that Enter was pressed."""
        self.post_message(self.Submitted(self))

    def select_text(self) -> None:
        """Select the whole text, so that what is typed next replaces it: a second try is not appended."""
        self.selection = Selection(0, len(self.value))

    @property
    def _value(self) -> Text:
        return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return position  # a star for each character, however wide it is

    def _note_edit(self, before: Snapshot) -> None:
        """Nothing: no other copy of the text is kept."""

    def _watch_value(self, value: str) -> None:
        self.virtual_size = Size(len(value) + 1, 1)
        self.selection = self.selection  # may lie behind the text's end now
        self.post_message(self.Changed(self))

    def post_message(self, message: Message) -> bool:
        """Post `message`, unless it is one of Textual's that carry the text."""
        if isinstance(message, (Input.Changed, Input.Submitted, Input.Blurred)):
            return False
        return super().post_message(message)

    def _pasted_lines(self, lines: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - not handed around
        return ()

    def _insert_line(self, line: str) -> None:
        if line.isprintable():
            self.replace(line, *self.selection)
        else:
            self.post_message(self.LeftOut(self, ()))
