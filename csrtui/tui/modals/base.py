"""The base of all dialogs: a frame with a title, texts and keys. See also `form_base` and `work_base`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from rich.cells import cell_len
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen

from csrtui.core.base.escaping import plural, visible
from csrtui.core.bundle.pem import names_private_key
from csrtui.tui.commands import commands_of, key_of
from csrtui.tui.messages import error_text, with_keys
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import cut_lines, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.tui.widgets.choice_field import ChoiceField
    from csrtui.tui.widgets.path_field import PathField
    from csrtui.tui.widgets.text_block import Line

ResultT = TypeVar("ResultT")

SHORT = 20
"""On screens with fewer lines, a dialog has no blank lines and shows its keys on one line."""
_BETWEEN_KEYS = "   "
_FRAME = 2
"""The lines of the border of a dialog."""


class Modal(ModalScreen[ResultT]):
    """A dialog with a frame in the middle of the screen, or of the list if details are beside it.

    Its height fits its content.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]
    MAX_WIDTH: ClassVar[int] = 74
    """The width of the frame on a screen that is wide enough."""
    MARGIN: ClassVar[int] = 0
    """The number of cells beside the frame on a narrow screen."""

    FIRST_FOCUS: ClassVar[str] = ""
    """The selector of the widget that has the focus at first, or "" for the first one."""

    KEPT_FIELDS: ClassVar[frozenset[str]] = frozenset()
    """The ids of the fields whose text the dialog offers again the next time it opens."""

    LIST_LINES: ClassVar[int] = 1
    """The list of `show_list` has at least this many lines, if the screen permits."""

    SCROLL_KEY: ClassVar[str] = "PgDn"
    """The key that scrolls that list."""

    candidates: tuple[str, ...] = ()
    """The completions of the path in the focused field."""
    _frame_title = _frame_note = ""
    _dismissed_with: tuple[ResultT | None, ...] = ()
    _was_dismissed = False

    def compose(self) -> ComposeResult:
        """Build the frame: the text of `show_title` above the widgets of `content`, and the keys below them."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from self.content()
            yield TextBlock(id="keys")

    def content(self) -> Iterable[Widget]:
        """Return the widgets between the text below the title and the keys."""
        return ()

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close the dialog with its result. If another screen covers the dialog, close it when that screen has closed.

        Textual would close the top screen, even if it is not this dialog, and raise an error for a second result.
        """
        self._dismissed_with = self._dismissed_with or (result,)
        if self._was_dismissed or not self.is_active:
            return AwaitComplete()
        self._was_dismissed = True
        for field, text in self.texts_to_keep().items():
            kept_texts(self.app)[self.kept_as, field] = text
        return super().dismiss(self._dismissed_with[0])

    # Texts for the next time

    @property
    def kept_as(self) -> str:
        """The name under which the texts are kept. A dialog with texts for one pair adds the name of the pair."""
        return type(self).__name__

    def kept_text(self, field: str, default: str = "") -> str:
        """Return the text that the field had when this dialog was last closed, or else `default`."""
        return kept_texts(self.app).get((self.kept_as, field), default)

    def texts_to_keep(self) -> dict[str, str]:
        """Return the texts of `KEPT_FIELDS` by field id. A text with a private key is not kept."""
        texts = {field: self.query_one(f"#{field}", TextField).value for field in self.KEPT_FIELDS}
        return {field: "" if names_private_key(text) else text for field, text in texts.items()}

    # Fields

    def display_fields(self, rows: Mapping[str, bool]) -> None:
        """Show the fields in the rows with these selectors, or hide them if the value is False.

        If this hides the focused field, focus the next visible field, or else the one before it.
        """
        for row, is_shown in rows.items():
            self.query_one(row).display = is_shown
        fields = list(self.query("TextField, ChoiceField"))
        if self.focused in fields and not _is_displayed(self.focused):
            at = fields.index(self.focused)
            order = (*fields[at + 1 :], *reversed(fields[:at]))
            self.set_focus(next(filter(_is_displayed, order), None))

    # Unsaved text

    def loses_text(self, *, at_quit: bool = False) -> bool:
        """Return whether closing the dialog loses typed text or a new passphrase.

        A new passphrase is one that the dialog asks for twice. The user knows any other passphrase and can type it again.

        Args:
            at_quit: Whether csrtui quits, so that the texts of `KEPT_FIELDS` are lost too.
        """
        has_new_passphrase = bool(self.query("#again"))
        return any(
            field.is_typed
            for field in self.query(TextField)
            if (at_quit or field.id not in self.KEPT_FIELDS) and (has_new_passphrase or not field.password)
        )

    def ask_before(self, close: Callable[[], object]) -> None:
        """Call `close`. Ask first if typed text would be lost."""
        if not self.loses_text():
            close()
            return
        from csrtui.tui.modals.questions import ask

        ask(self.app, "Close the dialog?", "What you typed in it will be lost.", "Close", close, no="Stay")

    def on_screen_resume(self) -> None:
        """Close the dialog if it was dismissed while another screen covered it."""
        if self._dismissed_with:
            self.dismiss()

    def on_mount(self) -> None:
        """Set focus and size before the first frame is drawn: the first resize event arrives after that frame."""
        if self.FIRST_FOCUS:
            self.set_focus(self.query_one(self.FIRST_FOCUS))
        for view in self.query(TextView):
            self.watch(view, "lines_below", self._show_lines_below, init=False)
        self._fit()

    def on_resize(self) -> None:
        """Fit the dialog to the screen, and place it again when the pane behind it has its new width."""
        self._fit()
        self.call_after_refresh(self._place)

    def _fit(self) -> None:
        self.query_one(".dialog").styles.width = self.inner_width + 4
        self._place()
        self.draw()

    def _place(self) -> None:
        """Put the frame in the middle of the pane behind it."""
        from csrtui.tui.screens.base import CommandScreen

        page = next(
            (screen for screen in reversed(self.app.screen_stack) if not isinstance(screen, Modal)), None
        )
        width = self.app.size.width
        if isinstance(page, CommandScreen):
            width = min(page.pane_width, width)
        for frame in self.query(".dialog"):  # none if the dialog has been closed since
            frame.styles.margin = (0, 0, 0, max(width - self.inner_width - 4, 0) // 2)

    def draw(self) -> None:
        """Redraw the dialog. This method is also called when the screen is resized."""

    @property
    def inner_width(self) -> int:
        """The number of cells in a line of the dialog."""
        return max(min(self.MAX_WIDTH, self.app.size.width - self.MARGIN) - 4, 8)

    @property
    def is_short(self) -> bool:
        """Whether the screen is so short that the dialog has no blank lines."""
        return self.app.size.height < SHORT

    @property
    def gap(self) -> list[Line]:
        """A blank line, or no line on a short screen."""
        return [] if self.is_short else [()]

    def room_for(self, *widgets: Widget) -> int:
        """Return the number of lines that all other widgets of the dialog leave for `widgets`, at least 1."""
        others = (child for child in self.query_one(".dialog").children if child not in widgets)
        return max(self.app.size.height - _FRAME - sum(map(_height, others)), 1)

    def lines(self, text: str, style: str = "") -> list[Line]:
        """Return the lines of a text, escaped and wrapped to the width of the dialog. The text may be untrusted."""
        return wrapped(text, self.inner_width, style, "")

    def error_lines(self, error: CsrtuiError) -> list[Line]:
        """Return the lines of an error and its hint, wrapped to the width of the dialog."""
        return self.lines(error_text(error, commands_of(self.app)), "error")

    def with_keys(self, text: str) -> str:
        """Return a message in which a key of the screens replaces each csrtui command."""
        return with_keys(text, commands_of(self.app))

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """Go to the next field."""
        event.stop()
        self.focus_next()

    def on_path_field_candidates(self, event: PathField.Candidates) -> None:
        """Show the completions of a path, or hide them."""
        event.stop()
        self.candidates = event.names
        self.draw()

    def candidate_lines(self) -> list[Line]:
        """Return at most two lines with the completions of the path in the focused field."""
        lines = self.lines("  ".join(self.candidates), "label") if self.candidates else []
        return cut_lines(lines, 2, self.inner_width)

    def key_of(self, action: str) -> str:
        """Return the first key of a command as displayed text."""
        return key_of(action, commands_of(self.app))

    def key_lines(self, *keys: tuple[str, str]) -> list[Line]:
        """Return two lines with the keys and labels that fit, or one line on a short screen. Esc is always among them."""
        max_lines = 1 if self.is_short else 2
        while len(rows := self._key_rows(keys)) > max_lines:
            dispensable = [key for key in keys[1:] if key[0] != "Esc"]
            if not dispensable:
                break
            keys = tuple(key for key in keys if key is not dispensable[-1])
        return [key_line(*row) for row in rows[:max_lines]]

    def _key_rows(self, keys: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
        """Return the keys in rows that are not wider than the dialog."""
        rows: list[list[tuple[str, str]]] = [[]]
        for key in keys:
            if rows[-1] and _key_width([*rows[-1], key]) > self.inner_width:
                rows.append([])
            rows[-1].append(key)
        return rows

    def show_title(self, title: str, lines: Sequence[Line] = ()) -> None:
        """Show a title, which may be untrusted, in the frame, and lines below it, followed by a blank line.

        If the title is wider than the frame, show it above the lines.
        """
        is_wide = cell_len(visible(title)) > self.inner_width - 2
        if is_wide:
            lines = [*self.lines(title, "strong"), *lines]
        self.show("#about", [*lines, *self.gap] if lines else [])
        title = "" if is_wide else visible(title)
        if title != self._frame_title:
            self._frame_title = title
            self.query_one(".dialog").border_title = Content(title)

    def show(self, block: str, lines: Sequence[Line]) -> None:
        """Show lines in the block with the selector `block`, and set its height to their number."""
        widget = self.query_one(block, TextBlock)
        widget.styles.height = len(lines)
        widget.show(lines)

    def show_list(self, lines: Sequence[Line], *keys: tuple[str, str]) -> None:
        """Show lines in the dialog's `TextView`, as high as the screen permits, and the keys."""
        view = self.query_one(TextView)
        self.show("#keys", [*self.gap, *self.key_lines(*keys)])
        view.styles.height = min(max(len(lines), self.LIST_LINES), self.room_for(view))
        view.show_all(lines)

    def _show_lines_below(self) -> None:
        """Show in the frame how many lines are below the view of a text, and the key that scrolls."""
        count = max(view.lines_below for view in self.query(TextView))
        note = f"{plural(count, 'more line')}: {self.SCROLL_KEY}" if count else ""
        if note != self._frame_note:
            self._frame_note = note
            self.query_one(".dialog").border_subtitle = note

    def action_page(self, step: int) -> None:
        """Scroll the text by `step` pages."""
        for view in self.query(TextView):
            view.action_page(step)

    def action_cancel(self) -> None:
        """Close without a result."""
        self.dismiss(None)


def _is_displayed(widget: Widget) -> bool:
    """Return whether a widget and all containers around it are shown."""
    return all(node.display for node in widget.ancestors_with_self)


def _height(widget: Widget) -> int:
    """Return the number of lines of a widget of a dialog, by default one."""
    if not widget.display:
        return 0
    if isinstance(widget, Vertical):
        return sum(map(_height, widget.children))
    if isinstance(widget, Horizontal):
        return max(map(_height, widget.children), default=0) + widget.styles.margin.height
    height = widget.styles.height
    return int(height.value) if height is not None and height.is_cells else 1


def kept_texts(app: object) -> dict[tuple[str, str], str]:
    """Return the texts that the dialogs of an app keep, by dialog name and field id."""
    texts: dict[tuple[str, str], str] = getattr(app, "kept_texts", {})
    return texts


def key_line(*keys: tuple[str, str]) -> Line:
    """Return a line with keys and their labels."""
    return tuple(part for key, label in keys for part in ((key, "key"), (f" {label}{_BETWEEN_KEYS}", "")))


def _key_width(keys: Sequence[tuple[str, str]]) -> int:
    text = "".join(part for part, _ in key_line(*keys))
    return cell_len(text) - len(_BETWEEN_KEYS)
