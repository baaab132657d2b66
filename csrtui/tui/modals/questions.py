"""Questions with two answers, and notices that the user closes."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding

from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.wrapping import hanging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual import events
    from textual.app import App
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.tui.widgets.text_block import Line


class ConfirmModal(Modal[bool]):
    """A dialog with a question. Enter gives the selected answer (at first the safe one), and Escape gives the safe one.

    Args:
        text: The consequence, in one or two sentences.
        no: The label of the safe answer.
        other: The label of a third answer, or "". It gives False; `is_other` distinguishes it from the safe answer.
    """

    is_other = False
    quotation = ""
    """A text on lines of its own below the question."""
    MAX_WIDTH = 60
    MARGIN = 4
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up,shift+tab,h", "select(-1)", "Other answer", show=False, priority=True),
        Binding("right,down,tab,l", "select(1)", "Other answer", show=False, priority=True),
        Binding("enter,space", "answer", "Answer", show=False, priority=True),
        Binding("escape,q", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(self, title: str, text: str, yes: str, no: str = "Cancel", *, other: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._no = no
        self._answers = [no, yes, *filter(None, [other])]
        self._index = 0

    def content(self) -> Iterable[Widget]:
        """Return the question, and the block for its answers."""
        return TextView(id="question", can_focus=False), TextBlock(id="answers")

    @property
    def is_yes(self) -> bool:
        """Whether the second answer is selected."""
        return self._index == 1

    def action_select(self, step: int) -> None:
        """Move the selection by `step` answers. After the last answer, it continues with the first."""
        self._index = (self._index + step) % len(self._answers)
        self.draw()

    def action_answer(self) -> None:
        """Return the selected answer."""
        self.is_other = self._index > 1
        self.dismiss(self.is_yes)

    def action_cancel(self) -> None:
        """Return the safe answer."""
        self.dismiss(False)  # noqa: FBT003 - the result of the dialog

    def draw(self) -> None:
        """Show the question and its answers. A short screen has no blank lines and no keys, and scrolls a long text."""
        self.show_title(self._title)
        text = [*self.lines(self._text), *(self.lines(self.quotation) if self.quotation else [])]
        answers = self._answer_lines()
        keys = [(), *self.key_lines(("Left/Right", "Choose"), ("Enter", "Answer"), ("Esc", self._no))]
        question = self.query_one("#question", TextView)
        for lines, key_lines in (([(), *answers], keys), ([(), *answers], []), (answers, [])):
            self.show("#answers", lines)
            self.show("#keys", key_lines)
            if len(text) <= self.room_for(question):
                break
        question.styles.height = min(len(text), self.room_for(question))
        question.show_all(text)

    def _answer_lines(self) -> list[Line]:
        """Return the answers on one line or, if there is no room, below each other."""
        answers: list[Line] = []
        for index, label in enumerate(self._answers):
            is_current = index == self._index
            text = f"{'>' if is_current else ' '} {label}  "
            answers.append(((text, "current" if is_current else ""), ("  ", "")))
        width = sum(len(label) + 6 for label in self._answers) - 4
        return answers if width > self.inner_width else [tuple(chain(*answers))]


class CreateStoreModal(ConfirmModal, inherit_bindings=False):
    """The question whether to create the keystore. It opens by itself, while the user may already be typing a name.

    Typed and pasted text is shown as the `quotation` and kept for the form. It also removes the selection from the
    answers, so that an Enter typed together with the text has no effect.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up,shift+tab", "select(-1)", "Other answer", show=False, priority=True),
        Binding("right,down,tab", "select(1)", "Other answer", show=False, priority=True),
        Binding("enter", "answer", "Answer", show=False, priority=True),
        Binding("escape", "cancel", "Quit", show=False, priority=True),
        Binding("ctrl+c", "app.help_quit", "Quit", show=False),
    ]

    def __init__(self, path: str) -> None:
        self._question = f"There is no keystore at {path}. Check the path, or create it now."
        super().__init__("Create a keystore?", self._question, "Create", "Quit")

    def on_key(self, event: events.Key) -> None:
        """Keep a typed character, or delete the last one."""
        if event.is_printable and event.character:
            self._keep(self.quotation + event.character)
        elif event.key == "backspace":
            self._keep(self.quotation[:-1])

    def on_paste(self, event: events.Paste) -> None:
        """Keep the pasted text."""
        event.stop()
        self._keep(self.quotation + event.text)

    def _keep(self, text: str) -> None:
        self.quotation = text
        self._index = -1
        self._text = f"{self._question} Create puts this into the form:" if text else self._question
        self.draw()

    def action_select(self, step: int) -> None:
        """Move the selection. If no answer is selected, select the safe one."""
        super().action_select(step if self._index >= 0 else 1)

    def action_answer(self) -> None:
        """Return the selected answer. Do nothing if none is selected."""
        if self._index >= 0:
            super().action_answer()


class TextModal(Modal[bool]):
    """A dialog with text that scrolls. It returns whether the user chose the next step, if it offers one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,q", "close", "Close", show=False, priority=True),
        Binding("full_stop", "follow_up", "Next", show=False, priority=True),
    ]
    FIRST_FOCUS = "#results"

    next_step = ""
    """The label of the key that closes the dialog and does the next step, or an empty string."""

    @property
    def heading(self) -> str:
        """The title."""
        raise NotImplementedError

    def text_lines(self) -> list[Line]:
        """Return the lines of the text."""
        raise NotImplementedError

    def content(self) -> Iterable[Widget]:
        """Return the text."""
        return (TextView(id="results"),)

    def action_close(self) -> None:
        """Close the dialog."""
        self.dismiss(False)  # noqa: FBT003 - the result of the dialog

    def action_follow_up(self) -> None:
        """Close the dialog and choose the next step, if it offers one."""
        if self.next_step:
            self.dismiss(True)  # noqa: FBT003 - the result of the dialog

    def draw(self) -> None:
        """Redraw the dialog."""
        self.show_title(self.heading)
        next_step = [(".", self.next_step)] if self.next_step else []
        self.show_list(self.text_lines(), *next_step, ("Enter", "Close"))


class NoticeModal(TextModal):
    """A dialog with a list of texts."""

    MARGIN = 4
    heading = ""

    def __init__(self, title: str, texts: Sequence[str]) -> None:
        super().__init__()
        self.heading = title
        self._texts = [text for text in texts if text]

    def text_lines(self) -> list[Line]:
        """Return the texts as a list."""
        return [line for text in self._texts for line in hanging("- ", text, self.inner_width)]


def ask(
    app: App[Any],
    title: str,
    text: str,
    yes: str,
    act: Callable[[], object],
    *,
    no: str = "Cancel",
    decline: Callable[[], object] | None = None,
) -> None:
    """Ask a question in a `ConfirmModal`. Call `act` if the answer is `yes`, or `decline` if it is `no`, the safe one."""

    def handle(answer: bool | None) -> None:  # noqa: FBT001 - the result of the dialog
        if answer:
            act()
        elif decline is not None:
            decline()

    app.push_screen(ConfirmModal(title, text, yes, no), handle)
