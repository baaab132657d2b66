"""A one-line text field with undo. It sends few bytes per key, and a paste never drops text silently."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widgets import Input

from csrtui.core.base.escaping import plural, visible
from csrtui.tui.widgets.edit_history import EditHistory
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROL_CATEGORIES: Final = frozenset(
    {"Cc", "Cs", "Zl", "Zp"}
)  # controls, surrogates, line and paragraph separators

_FILL: Final = "_"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The text of a field with its cursor.

    Attributes:
        cursor: The cursor position, in characters from the start.
        is_literal: Whether the text contains a brace that was not typed. See `csrtui.tui.widgets.form_field`.
    """

    text: str
    cursor: int
    is_literal: bool = False


class TextField(Input, inherit_css=False):
    """A borderless text field with undo and redo. Its free cells are filled with a dim line.

    An unprintable character in a loaded text is kept and shown as a question mark.

    In addition to the keys of Textual's Input, ctrl+z (and ctrl+_, as in readline) undoes and ctrl+y redoes. Textual
    sets the terminal to raw mode, so ctrl+z does not suspend the program. Assigning `value` or calling `load_text`
    clears the history, because neither is an edit by the user.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z,ctrl+underscore", "undo", "Undo", show=False),
        Binding("ctrl+y", "redo", "Redo", show=False),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = (
        Input.COMPONENT_CLASSES
    )  # inherit_css=False also drops these classes

    # Replaces the CSS of Input: the same background with and without focus costs fewer bytes, reverse video shows
    # the cursor on every terminal, and a scrollbar would be repainted.
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

    # Overrides the reactive of Widget, because that one causes a new layout of the whole screen at every key. The
    # width of the field does not depend on its text, so no layout is needed.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0))

    @dataclass(eq=False, repr=False)
    class Pasted(Message):
        """Several lines were pasted. Nothing was inserted into the field.

        Attributes:
            lines: The lines that are not blank, unchanged. Empty for a `SecretField`, whose text must not leave it.
        """

        field: TextField
        lines: tuple[str, ...]

    @dataclass(eq=False, repr=False)
    class CharactersRemoved(Message):
        r"""Control characters were removed from a pasted line.

        Attributes:
            characters: Each removed character, escaped for display (``\x1b``, ``\u202e``), in order. Empty for a
                `SecretField`, which does not insert such a line.
        """

        characters: tuple[str, ...]

        @property
        def text(self) -> str:
            """The message for the user. It shows only the first of the removed characters."""
            return f"removed {plural(len(self.characters), 'character')}: {' '.join(self.characters[:5])}"

    def __init__(
        self,
        value: str = "",
        placeholder: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        self._history = EditHistory[Snapshot]()
        self._last_edit: tuple[int, Snapshot] | None = None
        self._editing = False
        self._loaded = value
        super().__init__(
            value,
            placeholder,
            select_on_focus=False,  # otherwise, a key typed after Tab would replace a text filled in from a profile
            id=id,
        )
        self.cursor_blink = False

    def load_text(self, text: str) -> None:
        """Show `text` and clear the history, so that undo cannot remove the text."""
        self.value = self._loaded = text
        self.cursor_position = len(text)
        self._history.clear()

    @property
    def is_typed(self) -> bool:
        """Whether the user typed the text: it is neither empty nor the loaded text."""
        return self.value.strip() not in {"", self._loaded.strip()}

    def replace_text(self, text: str) -> None:
        """Replace the whole text as one undo step and move the cursor to its end."""
        if text != self.value:
            self.replace(text, 0, len(self.value))

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters from `start` to `end` (exclusive) with `text`. Every edit calls this method."""
        before = self._snapshot()
        self._editing = True
        self._initial_value = (
            False  # otherwise, Input treats the edit as the initial text and does not scroll
        )
        try:
            super().replace(text, start, end)
        finally:
            self._editing = False
        self._note_origin(text)
        after = self._snapshot()
        if (after.text, after.is_literal) != (before.text, before.is_literal):
            self._note_edit(before)

    def on_focus(self) -> None:
        """Scroll to the cursor. If the text does not fit in the field, Textual itself scrolls only on an edit."""
        self._show_cursor()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        if self.has_focus:
            self._show_cursor()

    def _show_cursor(self) -> None:
        offset = self._position_to_cell(self.cursor_position) + (self.cursor_position == len(self.value))
        self.scroll_to_region(Region(offset, 0, 1, 1), force=True, animate=False)

    def render_line(self, y: int) -> Strip:
        """Draw the text, and fill the rest of the line, so that an empty field can be seen."""
        strip, width = super().render_line(y), self.size.width
        dim = self.get_component_rich_style("input--placeholder")
        if y:
            return strip
        if not self.value and width > 0:  # Textual would cut or wrap a long placeholder without a mark
            at = int(self.has_focus)
            text = cut(self.placeholder, width).ljust(at)
            text += _FILL * (width - cell_len(text))
            cursor = [Segment(text[:at], self.get_component_rich_style("input--cursor"))] if at else []
            return Strip([*cursor, Segment(text[at:], dim)], width)
        end = self._value.cell_len - self.scroll_offset.x + (self.has_focus and self.cursor_at_end)
        end = min(max(end, 0), width)
        return Strip([*strip.crop(0, end), Segment(_FILL * (width - end), dim)], width)

    def action_undo(self) -> None:
        """Undo the last step."""
        self._show(self._history.undo(self._snapshot()))

    def action_redo(self) -> None:
        """Redo the last undone step."""
        self._show(self._history.redo(self._snapshot()))

    def action_cut(self) -> None:
        """Cut the selected text. Without a selection, leave the clipboard unchanged."""
        if self.selected_text:
            super().action_cut()

    def _note_origin(self, text: str) -> None:
        """Do nothing. A subclass can override this method to record the origin of text that was just inserted."""

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.value, self.cursor_position)

    def _note_edit(self, before: Snapshot) -> None:
        """Record an edit. Characters deleted one after the other are one undo step, and so are the characters of a word.

        A word begins with a letter or digit after any other character. So a host name is undone label by label.
        """
        after = self._snapshot()
        growth = len(after.text) - len(before.text)
        continues_word = (
            growth == 1
            and after.cursor == before.cursor + 1
            and before.text[before.cursor - 1 :][:1].isalnum()
        )
        continues = self._last_edit == (growth, before) and (continues_word or growth == -1)
        self._last_edit = (growth, after)
        self._record(before, continues=continues)

    def _record(self, before: Snapshot, *, continues: bool) -> None:
        """Record the state before an edit. With `continues`, the edit is a part of the last undo step."""
        self._history.record(before, continues=continues)

    def _show(self, snapshot: Snapshot | None) -> None:
        self._last_edit = None
        if snapshot is None:
            return
        self._editing = True
        try:
            self.value = snapshot.text
        finally:
            self._editing = False
        self.cursor_position = snapshot.cursor

    def watch_value(self, value: str) -> None:  # noqa: ARG002 - for subclasses
        """Discard the history if the text was assigned and not edited."""
        if not self._editing:
            self._history.clear()

    @property
    def _value(self) -> Text:
        return Text(_cell_by_cell(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(_cell_by_cell(self.value[:position]))

    def on_paste(self, event: events.Paste) -> None:
        """Insert one line, or post several. Textual's Input inserts the first one and drops the others silently."""
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
        text, removed = remove_controls(line)
        self.replace(text, *self.selection)
        if removed:
            self.post_message(self.CharactersRemoved(removed))


def _cell_by_cell(text: str) -> str:
    """Return `text` with a question mark for each unprintable character, so that the cursor can be placed on it."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def remove_controls(line: str) -> tuple[str, tuple[str, ...]]:
    """Remove control characters, bidirectional controls and surrogates from `line`.

    A tab separates the cells of a spreadsheet. It becomes a blank, so that the cells are not joined into one word.

    Returns:
        The remaining text, and each removed character, in order, escaped for display.
    """
    line = line.replace("\t", " ")
    removed = tuple(visible(character) for character in line if _is_control(character))
    return "".join(character for character in line if not _is_control(character)), removed


def _is_control(character: str) -> bool:
    return character in _BIDI_CONTROLS or unicodedata.category(character) in _CONTROL_CATEGORIES
