"""The base class of dialogs: their frame, labelled fields, and text wrapped to their width."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from rich.cells import cell_len
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen

from csrtui.core.base.escaping import visible
from csrtui.tui.commands import key_of
from csrtui.tui.commands_app import CommandsApp
from csrtui.tui.sentences import error_text
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.tui.widgets.path_field import PathField
    from csrtui.tui.widgets.text_block import Line

ResultT = TypeVar("ResultT")

SHORT = 18
"""On screens with fewer lines, a dialog has no blank lines and shows its keys on one line."""
_WIDTH = 74
_LABEL = 13
_BETWEEN_KEYS = "   "


class Modal(ModalScreen[ResultT]):
    """A dialog with a frame in the middle of the screen. Its height fits its content."""

    DEFAULT_CSS = """
    Modal { align: center middle; }
    Modal .dialog { height: auto; max-height: 100%; }
    Modal .fields, Modal .fields Vertical { height: auto; }
    Modal .labels { width: 14; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
    ]

    candidates: tuple[str, ...] = ()
    """The names that the path in the focused field can continue with."""
    _dismissed_with: tuple[ResultT | None, ...] = ()
    _was_dismissed = False

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close the dialog with its result. If another screen covers the dialog, close it when that screen has closed.

        Textual would close the top screen, even if it is not this dialog, and raise an error for a second result.
        """
        self._dismissed_with = self._dismissed_with or (result,)
        if self._was_dismissed or not self.is_active:
            return AwaitComplete()
        self._was_dismissed = True
        return super().dismiss(self._dismissed_with[0])

    def on_screen_resume(self) -> None:
        """Close the dialog if it was dismissed while another screen covered it."""
        if self._dismissed_with:
            self.dismiss()

    def on_mount(self) -> None:
        """Set the size before the first frame is drawn, because the first resize event arrives after that frame."""
        self._fit()

    def on_resize(self) -> None:
        """Fit the dialog to the screen."""
        self._fit()

    def _fit(self) -> None:
        self.query_one(".dialog").styles.width = self.inner_width + 4
        self.draw()

    def draw(self) -> None:
        """Redraw the dialog. This method is also called when the screen is resized."""

    @property
    def inner_width(self) -> int:
        """The number of cells in a line of the dialog."""
        return max(min(_WIDTH, self.app.size.width) - 4, 8)

    def lines(self, text: str, manner: str = "") -> list[Line]:
        """Return the lines of a text, escaped and wrapped to the width of the dialog. The text may be untrusted."""
        return [((line, manner),) for line in wrap(visible(text), self.inner_width)]

    def error_lines(self, error: CsrtuiError) -> list[Line]:
        """Return the lines of an error and its hint, wrapped to the width of the dialog."""
        return self.lines(error_text(error), "error")

    def on_path_field_candidates(self, event: PathField.Candidates) -> None:
        """Show the names that a path can continue with, or hide them."""
        event.stop()
        self.candidates = event.names
        self.draw()

    def candidate_lines(self) -> list[Line]:
        """Return two lines at most with the names that the path in the focused field can continue with."""
        lines = wrap(visible("  ".join(self.candidates)), self.inner_width) if self.candidates else []
        if len(lines) > 2:  # noqa: PLR2004 - two lines, as documented
            lines[1:] = [f"{lines[1][: self.inner_width - 2]} …"]
        return [((line, "label"),) for line in lines]

    def key_of(self, action: str) -> str:
        """Return the first key of a command as displayed text."""
        return key_of(action, self.app.commands) if isinstance(self.app, CommandsApp) else key_of(action)

    def key_lines(self, *keys: tuple[str, str]) -> list[Line]:
        """Return two lines with the keys and labels that fit, or one line if the screen is short."""
        rows: list[list[tuple[str, str]]] = [[]]
        for key in keys:
            if rows[-1] and _key_width([*rows[-1], key]) > self.inner_width:
                rows.append([])
            rows[-1].append(key)
        return [key_line(*row) for row in rows[: 1 if self.app.size.height < SHORT else 2]]

    def show(self, block: str, lines: Sequence[Line]) -> None:
        """Show lines in the block with the selector `block`, and set its height to their number."""
        widget = self.query_one(block, TextBlock)
        widget.styles.height = len(lines)
        widget.show(lines)


def labelled(*fields: tuple[str, Widget]) -> ComposeResult:
    """Yield one-line fields, one below the other, each with its label beside it."""
    with Horizontal(classes="fields"):
        labels = TextBlock(classes="labels")
        labels.styles.height = len(fields)
        labels.show([((label.ljust(_LABEL), "label"),) for label, _ in fields])
        yield labels
        with Vertical():
            for _, field in fields:
                yield field


def key_line(*keys: tuple[str, str]) -> Line:
    """Return a line with keys and their labels."""
    return tuple(part for key, label in keys for part in ((key, "key"), (f" {label}{_BETWEEN_KEYS}", "")))


def _key_width(keys: Sequence[tuple[str, str]]) -> int:
    text = "".join(part for part, _ in key_line(*keys))
    return cell_len(text) - len(_BETWEEN_KEYS)
