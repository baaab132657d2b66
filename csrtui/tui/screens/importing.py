"""Bringing certificates home: their files or their pasted text."""

from __future__ import annotations

import asyncio
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.store.files import read_foreign
from csrtui.tasks.import_ import Blob
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.batch import Result
    from csrtui.tui.widgets.text_block import Line

    Take = Callable[[Sequence[Blob]], Sequence[Result]]
    """Takes what was given, in a thread, and says what came of it."""

_ABOUT = (
    "Paste what the CA sent, or name its files: PEM in any order, DER, PKCS #7. "
    "Each certificate finds its pair by its public key."
)
_BEGIN = "-----BEGIN"
_NOTES = 4
"""Lines of notes that there is always room for, so that the dialog does not jump."""
_SHORT = 20
"""Lines of a screen below which the dialog has no empty ones."""


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """The answer of the dialog.

    Attributes:
        typed: The text in the field.
        blobs: The files to import; empty if it was cancelled.
        results: What came of it.
    """

    typed: str
    blobs: Sequence[Blob] = ()
    results: Sequence[Result] = ()


class ImportScreen(DoingDialog[ImportAnswer]):
    """Asks for files or pasted text, and imports what is in them; it stays while nothing in them is of a pair.

    A terminal that does not say what is a paste sends it as keys, an Enter after each line: from a line on that
    begins a PEM text, lines are gathered until the field is left empty.

    Args:
        take: Imports it.
        title: What the dialog is called.
        typed: What the field begins with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(self, take: Take, title: str, typed: str = "") -> None:
        super().__init__()
        self._take = take
        self._title = title
        self._typed = typed
        self._gathered: list[str] = []
        self._refused: Sequence[Result] = ()
        self._doing = ""

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from labelled(("Files", TextField(self._typed, "paths, or paste the text", id="files")))
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start behind what is typed."""
        field = self.query_one("#files", TextField)
        field.focus()
        field.cursor_position = len(field.value)

    # Events

    def on_input_changed(self) -> None:
        """What was wrong is being changed."""
        if self.error is not None or self._refused:
            self.error, self._refused = None, ()
            self.draw()

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Import the files, or what was gathered; gather a line of text."""
        text = event.value.strip()
        if _BEGIN in text or (self._gathered and text):
            self._gathered.append(text)
            self.query_one("#files", TextField).load_text("")
            if text.endswith("-----") and text.count(_BEGIN) and "-----END" in text:
                self._take_gathered()  # all of it in one line
        elif self._gathered:
            self._take_gathered()
        elif text:
            self._begin_with(text)
        self.draw()

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Import what was pasted; lines that are paths go into the field."""
        event.stop()
        lines = [line.strip() for line in event.lines]
        if all(line.startswith(("/", "~/")) for line in lines) and not any(len(line) == 64 for line in lines):  # noqa: PLR2004 - a line of PEM may begin with a stroke
            typed = [self.query_one("#files", TextField).value.strip(), *map(_quoted, lines)]
            self.query_one("#files", TextField).replace_text(" ".join(filter(None, typed)))
            return
        self._take_text(event.lines)

    def on_text_field_left_out(self) -> None:
        """Say that something was left out."""
        self.error = InputError("Characters that cannot be in a path were left out.")
        self.draw()

    def action_cancel(self) -> None:
        """Import nothing; what was typed is there the next time."""
        self.when_done(self._give_back)

    def _give_back(self) -> None:
        self.dismiss(ImportAnswer(self._text))

    # How

    @property
    def _text(self) -> str:
        return self.query_one("#files", TextField).value.strip()

    def _take_gathered(self) -> None:
        lines, self._gathered = self._gathered, []
        self._take_text(lines)

    def _take_text(self, lines: Sequence[str]) -> None:
        self._doing = f"reading {plural(len(lines), 'line')} of pasted text …"
        data = "\n".join(lines).encode("utf-8", "replace")
        self.begin(self._import([Blob(data)]))
        self.draw()

    def _begin_with(self, text: str) -> None:
        try:
            paths = [os.path.expanduser(path) for path in shlex.split(text)]
        except ValueError:
            self.error = InputError("A quotation mark is not closed.", "quotes go around a path with blanks")
            return
        self._doing = f"reading {plural(len(paths), 'file')} …"
        self.begin(self._read_and_import(list(dict.fromkeys(paths))))

    async def _read_and_import(self, paths: Sequence[str]) -> None:
        def read() -> list[Blob]:
            return [Blob(read_foreign(path), path) for path in paths]

        await self._import(await asyncio.to_thread(read))

    async def _import(self, blobs: Sequence[Blob]) -> None:
        results = await asyncio.to_thread(self._take, blobs)
        if any(result.ok or result.pair for result in results):
            typed = "" if any(result.ok for result in results) else self._text
            self.dismiss(ImportAnswer(typed, blobs, results))
        else:
            self._refused = results

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        gap: list[Line] = [] if self.app.size.height < _SHORT else [()]
        about = [*self.lines(self._title, "strong"), *gap, *self.lines(_ABOUT, "label"), *gap]
        room = self.app.size.height - len(about) - 2 * len(gap) - 4  # frame, field, keys
        notes = self._notes()
        notes += [()] * (_NOTES - len(notes))
        self.show("#about", about)
        self.show("#notes", [*gap, *notes[: max(room, 1)], *gap])
        self.show("#keys", self.key_lines(("Enter", "Import"), ("Esc", "Cancel")))

    def _notes(self) -> list[Line]:
        if self.error is not None:
            return self.error_lines(self.error)
        if self._refused:
            return [line for result in self._refused for line in self.lines(_refusal(result), "error")]
        if self._is_doing:
            return self.lines(self._doing, "strong")
        if self._gathered:
            last = cut(visible(self._gathered[-1]), self.inner_width)
            count = f"{plural(len(self._gathered), 'line')} of text taken; Enter once more imports them."
            return [*self.lines(count, "strong"), *self.lines(last, "label")]
        return self.lines("Several paths: blanks between them, quotes around one with blanks in it.", "label")


def _refusal(result: Result) -> str:
    """What is wrong, after the file where there is one."""
    return f"{result.file or 'what you pasted'}: {result.text}"


def _quoted(path: str) -> str:
    """A path as the field takes it; the tilde of a home stays one."""
    home, rest = ("~/", path[2:]) if path.startswith("~/") else ("", path)
    return home + (shlex.quote(rest) if rest else "")
