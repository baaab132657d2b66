"""A text field for paths. Tab completes the path, as in a shell, and an absolute path replaces the initial one."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.actions import SkipAction
from textual.binding import Binding
from textual.message import Message

from csrtui.core.bundle.pem import names_private_key
from csrtui.store.path_completion import PathKind, complete_path
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.binding import BindingType

    from csrtui.store.path_completion import Completion

_WAIT = 0.25
"""Seconds that Tab waits for a folder. A network drive that does not respond must not stop the app."""


class PathField(TextField, inherit_css=True):
    """A `TextField` in which Tab completes the path before the cursor. If there is nothing to complete, Tab moves on.

    An absolute path that is typed or pasted after the initial path replaces it. Any other text continues it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    @dataclass(eq=False, repr=False)
    class Candidates(Message):
        """The completions of the path. They are shown until the text changes or the cursor leaves.

        Attributes:
            names: The names, untrusted and not escaped. Empty if none are shown any more.
        """

        names: tuple[str, ...]

    def __init__(
        self,
        value: str = "",
        placeholder: str = "",
        kind: PathKind = PathKind.FILE,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        self._kind = kind
        self._candidates: tuple[str, ...] = ()
        super().__init__(value, placeholder, id=id)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace characters. The beginning of an absolute path at the end of the initial path replaces that path."""
        if text.startswith(("/", "~")) and self.value == self._loaded and start == len(self.value):
            start = 0
        super().replace(text, start, end)

    def action_complete(self) -> None:
        """Complete the path, or show its possible completions. Otherwise, leave Tab to the screen."""
        word, start = self._word()
        is_at_end = self.cursor_position == len(self.value)
        completion = self._complete(word) if is_at_end else None
        if completion is None or (completion.text == word and completion.candidates == self._candidates):
            raise SkipAction
        if completion.text != word:
            self.replace_text(self.value[:start] + self._quoted(completion.text))
        self._show_candidates(completion.candidates)

    def on_blur(self) -> None:
        """Hide the completions of the path."""
        self._show_candidates(())

    async def action_submit(self) -> None:
        """Hide the names, so that the result of the input can be seen, and post `Submitted`."""
        self._show_candidates(())
        await super().action_submit()

    def _word(self) -> tuple[str, int]:
        """Return the path to complete, and its start in the text."""
        return self.value, 0

    def _quoted(self, path: str) -> str:
        """Return a path as it is typed into the field."""
        return path

    def _complete(self, word: str) -> Completion | None:
        results: list[Completion | None] = []
        thread = Thread(target=lambda: results.append(complete_path(word, self._kind)), daemon=True)
        thread.start()
        thread.join(_WAIT)
        return results[0] if results else None

    def _show_candidates(self, names: tuple[str, ...]) -> None:
        if names != self._candidates:
            self._candidates = names
            self.post_message(self.Candidates(names))

    def watch_value(self, value: str) -> None:
        """Hide the completions of the path."""
        super().watch_value(value)
        if self.is_mounted:
            self._show_candidates(())


class FilesField(PathField, inherit_css=True):
    """A `PathField` for several files, separated by spaces and quoted as in a shell.

    A private key never appears in it. If it is pasted, it is posted as `Pasted`, even if it is a single line. If the
    terminal sends it as keys, the text is masked once it contains the label, and while `is_hidden` is set.
    """

    is_hidden = False
    """Whether the text is masked, because a private key is being typed."""

    def _word(self) -> tuple[str, int]:
        start = _word_start(self.value)
        for end in ("", "'", '"'):  # a quotation mark may not be closed yet
            with suppress(ValueError):
                return "".join(shlex.split(self.value[start:] + end)), start
        return "", start

    def _quoted(self, path: str) -> str:
        return quote_path(path)

    def _insert_line(self, line: str) -> None:
        if names_private_key(line):
            self.post_message(self.Pasted(self, (line,)))
        else:
            super()._insert_line(line)

    @property
    def _value(self) -> Text:
        if not (self.is_hidden or names_private_key(self.value)):
            return super()._value
        return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")


def quote_path(path: str) -> str:
    """Return a path quoted for the field. A leading ``~/`` stays unquoted."""
    home, rest = ("~/", path[2:]) if path.startswith("~/") else ("", path)
    return home + (shlex.quote(rest) if rest else "")


def _word_start(text: str) -> int:
    """Return the index of the first character of the last word. Spaces in quotation marks do not separate words."""
    start, quote, is_escaped = 0, "", False
    for index, character in enumerate(text):
        if is_escaped or (character == "\\" and quote != "'"):
            is_escaped = not is_escaped
        elif quote:
            quote = "" if character == quote else quote
        elif character in {"'", '"'}:
            quote = character
        elif character == " ":
            start = index + 1
    return start
