"""A one-line field of text: few bytes per key, undo, and a paste that loses nothing silently."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.edit_history import EditHistory, Snapshot

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, surrogates, line and paragraph separators


class TextField(Input, inherit_css=False):
    """A borderless line of text that can be typed in, pasted into and undone.

    A character of a loaded text that does not print is kept and shown as a question mark.

    Keys beyond those of Textual's Input: ctrl+z (and ctrl+_, as in readline) undo, ctrl+y redo. Textual puts
    the terminal in raw mode, so ctrl+z suspends nothing. Assigning `value` or calling `load_text` is no edit
    of the user's: it forgets the history.

    Args:
        value: The text at first.
        placeholder: What is shown, dimmed, while there is no text.
        id: The widget's id.
        classes: Its classes, separated by blanks.
        disabled: Whether it cannot be focused.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z,ctrl+underscore", "undo", "Undo", show=False),
        Binding("ctrl+y", "redo", "Redo", show=False),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = Input.COMPONENT_CLASSES  # inherit_css drops them too

    # Not Input's: the same background with focus and without means fewer bytes, reverse video shows the
    # cursor on every terminal, and a scrollbar would repaint.
    DEFAULT_CSS = """
    TextField {
        width: 1fr;
        height: 1;
        overflow: hidden;
        scrollbar-size: 0 0;
        color: $foreground;
        &>.input--cursor { text-style: reverse; }
        &>.input--selection { text-style: underline; background: $input-selection-background; }
        &>.input--placeholder, &>.input--suggestion { text-style: dim; }
        &:ansi>.input--selection { background: ansi_default; }
    }
    """

    # As Widget's, but without a new layout of the whole screen at every key: how wide a field is does not
    # depend on its text.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0))

    class Pasted(Message):
        """Text of several lines was pasted; nothing of it was put into the field.

        Args:
            field: Where it was pasted.
            lines: The lines that hold more than blanks, as they came; empty for a secret field, whose
                text is not handed around.
        """

        def __init__(self, field: TextField, lines: tuple[str, ...]) -> None:
            super().__init__()
            self.field = field
            self.lines = lines

        @property
        def control(self) -> TextField:
            """The field it was pasted into."""
            return self.field

    class LeftOut(Message):
        r"""Characters of a pasted line that cannot be in a text were left out of the field.

        Args:
            field: Where it was pasted.
            characters: Each as it is shown (``\x1b``, ``\u202e``), in their order, with repeats.
        """

        def __init__(self, field: TextField, characters: tuple[str, ...]) -> None:
            super().__init__()
            self.field = field
            self.characters = characters

        @property
        def control(self) -> TextField:
            """The field it was pasted into."""
            return self.field

    def __init__(
        self,
        value: str = "",
        placeholder: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        self._history = EditHistory()
        self._editing = False
        super().__init__(
            value,
            placeholder,
            select_on_focus=False,  # or a key after Tab would replace what a profile filled in
            id=id,
            classes=classes,
            disabled=disabled,
        )
        self.cursor_blink = False

    def load_text(self, text: str) -> None:
        """Show `text` as the field's own from the start: it cannot be undone."""
        self.value = text
        self.cursor_position = len(text)
        self._history.clear()

    def replace_text(self, text: str) -> None:
        """Replace the whole text, as a step that undo takes back; the cursor goes to its end."""
        if text != self.value:
            self.replace(text, 0, len(self.value))

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters from `start` up to `end` by `text`: the one way of every edit."""
        before = self._snapshot()
        self._editing = True
        self._initial_value = False  # or Input takes the edit for the text at first, and does not scroll
        try:
            super().replace(text, start, end)
        finally:
            self._editing = False
        self._note_origin(text)
        after = self._snapshot()
        if (after.text, after.is_literal) != (before.text, before.is_literal):
            self._note_edit(before)

    def on_focus(self) -> None:
        """Show where the cursor is: Textual scrolls a text that is too long for the field only when it is edited."""
        self._show_cursor()

    def on_resize(self) -> None:
        """Keep the cursor where it is seen."""
        if self.has_focus:
            self._show_cursor()

    def _show_cursor(self) -> None:
        self.scroll_to_region(Region(self._cursor_offset, 0, 1, 1), force=True, animate=False)

    def action_undo(self) -> None:
        """Take the last step back."""
        self._show(self._history.undo(self._snapshot()))

    def action_redo(self) -> None:
        """Do the step again that was taken back."""
        self._show(self._history.redo(self._snapshot()))

    def action_cut(self) -> None:
        """Cut the selected text; with nothing selected the clipboard stays as it is."""
        if self.selected_text:
            super().action_cut()

    def _note_origin(self, text: str) -> None:
        """Note where a text came from that an edit has just inserted; a field that has no use for it does nothing."""

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.value, self.cursor_position)

    def _note_edit(self, before: Snapshot) -> None:
        self._history.record(before, self._snapshot())

    def _show(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            return
        self._editing = True
        try:
            self.value = snapshot.text
        finally:
            self._editing = False
        self.cursor_position = snapshot.cursor

    def _watch_value(self, value: str) -> None:
        if not self._editing:
            self._history.clear()
        super()._watch_value(value)

    @property
    def _value(self) -> Text:
        return Text(_cell_by_cell(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(_cell_by_cell(self.value[:position]))

    def _on_paste(self, event: events.Paste) -> None:
        # Textual's Input keeps the first line and drops the others without a word.
        event.stop()
        event.prevent_default()
        lines = tuple(line for line in event.text.splitlines() if line.strip())
        if len(lines) > 1:
            self.post_message(self.Pasted(self, self._pasted_lines(lines)))
        elif lines:
            self._insert_line(lines[0])

    def _pasted_lines(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        return lines

    def _insert_line(self, line: str) -> None:
        text, left_out = separate(line)
        self.replace(text, *self.selection)
        if left_out:
            self.post_message(self.LeftOut(self, left_out))


def _cell_by_cell(text: str) -> str:
    """`text` with what does not print as a question mark each, so that the cursor can stand on it."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def separate(line: str) -> tuple[str, tuple[str, ...]]:
    """Take out of `line` what cannot be in a text: controls, bidirectional controls, surrogates.

    A tab stands between the cells of a spreadsheet: it becomes a blank, or they would be one word.

    Returns:
        The rest, and each character taken out, in order, as it is shown (see `TextField.LeftOut`).
    """
    line = line.replace("\t", " ")
    left_out = tuple(visible(character) for character in line if _is_no_text(character))
    return "".join(character for character in line if not _is_no_text(character)), left_out


def _is_no_text(character: str) -> bool:
    return character in _BIDI_CONTROLS or unicodedata.category(character) in _NO_TEXT
