"""The dialog for submitting a CSR. It asks for a backup first, then offers ways to send the CSR to the CA."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError, RefusedError, StoreError
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tasks.submit import CsrForm, HandOutWay, fetch_lines, lacks_backup, record_handout, ssh_host
from csrtui.tui import clipboard
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.modals.submit_forms import FileModal, MarkModal
from csrtui.tui.terminal import show_plain
from csrtui.tui.widgets.line_list import LineList, TextRows
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.certificates.csr import Request
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tasks.submit import WrittenCsr
    from csrtui.tui.widgets.text_block import Line


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """The result of the dialog.

    Attributes:
        message: A one-line summary of the last action. Empty if there was no action.
        backs_up: Whether to back up the pair before its CSR is submitted.
    """

    pair: Pair
    message: str = ""
    backs_up: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry in the dialog's list of actions. Its action runs when its key is pressed."""

    key: str
    action: str
    label: str
    about: str


_ONLY_CSR = "Only the CSR goes to the CA. Never send the private key."
_MARK_HINT = "When the CA has it, press m to mark it as submitted."
_LEAST_WAYS = 2
"""The minimum number of lines of the list, for its header and the current way."""
_FIRST = (
    Choice("b", "back_up", "Back up first",
           "An encrypted backup on another disk or machine, verified by a test restore. Then submit."),
    Choice("o", "overrule", "Continue without a verified backup",
           "If the key is lost, so is the certificate. The history of the pair records that the CSR was submitted "
           "without a verified backup."),
)  # fmt: skip
_WAYS = (
    Choice("c", "clipboard", "Send to your terminal's clipboard",
           "To paste it into the CA's form. Some terminals ignore this."),
    Choice("v", "plain", "Show as plain text",
           "Shows only the CSR in the terminal, from the left edge, for selection with the mouse."),
    Choice("f", "file", "Write a file", "As PEM, the format that CAs ask for. An existing file is never overwritten."),
    Choice("d", "der_file", "Write a file in DER", "The binary format, for the few programs that need it."),
    Choice("s", "fetch", "Fetch it with scp",
           "Shows the commands that copy the CSR, and the encrypted backup if one exists, to your computer."),
    Choice("m", "mark", "Mark as submitted", "Records the time, the recipient and a note."),
)  # fmt: skip


def choice_rows(header: str, choices: Sequence[Choice]) -> TextRows[Choice]:
    """Return the rows of a list of choices: the key and the label of each."""
    return TextRows(
        header, choices, lambda choice: f"{choice.key}  {choice.label}", lambda choice: choice.action
    )


class SubmitModal(FormModal["SubmitAnswer | None"]):
    """A dialog for submitting a CSR. It returns None if the user did nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", show=False, priority=True),
        *(
            Binding(choice.key, f"choose('{choice.action}')", choice.label, show=False)
            for choice in (*_FIRST, *_WAYS)
        ),
    ]

    def __init__(self, session: Session, pair: Pair, csr: Request) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._csr = csr
        self._message = ""
        self._result: tuple[str, str] | None = None
        self._explained = 0
        self._rows = (
            choice_rows("No backup of this key is verified", _FIRST)
            if lacks_backup(pair.record)
            else choice_rows("How to hand over the CSR", _WAYS)
        )

    def content(self) -> Iterable[Widget]:
        """Return the list, and the block for notes below it."""
        return (LineList(self._rows, id="ways"), TextBlock(id="more"))

    # Events

    async def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Run the action under the cursor."""
        event.stop()
        await self.run_action(self._rows.items[event.index].action)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """Explain the action under the cursor, and remove the last message."""
        event.stop()
        if (
            event.index != self._explained
        ):  # otherwise, the letter of an action moved the cursor, and the result of the action is being shown
            self._explained = event.index or 0
            self._result = None
            self.error = None
            self.draw()

    # Actions

    async def action_choose(self, action: str) -> None:
        """Move the cursor to an action, and run it. Do nothing if the list does not show it."""
        index = self._rows.find(action)
        if index is not None:
            self._explained, self._result = index, None
            self.query_one("#ways", LineList).move_to(index)
            self.draw()
            await self.run_action(action)

    def action_close(self) -> None:
        """Close the dialog."""
        self.close_when_idle(self._close_with_answer)

    def _close_with_answer(self) -> None:
        self.dismiss(SubmitAnswer(self._pair, self._message) if self._message else None)

    def action_back_up(self) -> None:
        """Close the dialog, and back up the pair before its CSR is submitted."""
        self.dismiss(SubmitAnswer(self._pair, backs_up=True))

    def action_overrule(self) -> None:
        """Show the ways to send the CSR to the CA, although the key has no verified backup."""
        self._rows = choice_rows("How to hand over the CSR (no verified backup)", _WAYS)
        self._explained = 0
        ways = self.query_one("#ways", LineList)
        ways.set_rows(self._rows)
        ways.action_first()
        self.draw()

    def action_clipboard(self) -> None:
        """Send the CSR to the clipboard."""
        self.begin(self._send())

    def action_plain(self) -> None:
        """Show the CSR as plain text."""
        self.begin(self._show_plain())

    def action_file(self) -> None:
        """Ask for a path, and write the CSR there as PEM."""
        self._ask_file(CsrForm.PEM)

    def action_der_file(self) -> None:
        """Ask for a path, and write the CSR there as DER."""
        self._ask_file(CsrForm.DER)

    def action_fetch(self) -> None:
        """Show the commands that copy the CSR, and the backup if there is one, to the user's computer."""
        self.begin(self._show_fetch_commands())

    def action_mark(self) -> None:
        """Ask for the recipient and a note, and mark the CSR as submitted."""
        self.app.push_screen(MarkModal(self._session, self._pair), self._handle_mark)

    # Work

    async def _send(self) -> None:
        way = await clipboard.send(self.app, clipboard.PublicText.from_csr(self._csr), os.environ)
        await self._record(
            HandOutWay.CLIPBOARD, "sent to your terminal's clipboard", f"{_MARK_HINT} {way.value}"
        )

    async def _show_plain(self) -> None:
        try:
            await show_plain(self.app, clipboard.PublicText.from_csr(self._csr).text)
        except SuspendNotSupported:
            from csrtui.tui.screens.text_pages import CsrScreen

            self.app.push_screen(CsrScreen(self._csr))
        await self._record(HandOutWay.SCREEN, "shown as plain text", _MARK_HINT)

    async def _show_fetch_commands(self) -> None:
        lines = fetch_lines(self._pair, ssh_host(self._session, os.environ))
        text = "\n\n".join(f"To fetch {label}, run on your computer:\n{line}" for label, line in lines)
        if not text:
            raise RefusedError(
                "the path of the keystore contains characters that cannot be typed", "write a file instead"
            )
        try:
            await show_plain(self.app, text)
        except SuspendNotSupported:
            from csrtui.tui.modals.questions import NoticeModal

            self.app.push_screen(NoticeModal("Run on your computer:", [line for _, line in lines]))
        self._result = "shown: the commands to run on your computer", _MARK_HINT

    async def _record(self, way: HandOutWay, message: str, details: str) -> None:
        self._show_message(message, details)
        try:
            self._pair = await self.in_thread(lambda: record_handout(self._session, self._pair, way))
        except CsrtuiError as error:
            raise StoreError(f"{message}, but that was not recorded: {error.message}", error.hint) from error

    def _ask_file(self, form: CsrForm) -> None:
        self.app.push_screen(FileModal(self._session, self._pair, form), self._handle_file)

    def _handle_file(self, written: WrittenCsr | None) -> None:
        if written is not None:
            self._pair = written.pair
            self._show_message(f"written: {written.path}", _MARK_HINT)

    def _handle_mark(self, pair: Pair | None) -> None:
        if pair is not None:
            step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
            self.dismiss(SubmitAnswer(pair, f"{pair.name} is marked as submitted. Next: {step}"))

    def _show_message(self, message: str, details: str) -> None:
        self._message, self._result = message, (message, details)
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Redraw the dialog."""
        gap = self.gap
        warning = self.lines(_ONLY_CSR, "warning") if self._rows.items is _WAYS else []
        self.show_title(f"Submit {self._pair.name}", warning)
        ways = self.query_one("#ways", LineList)
        notes = self._note_lines(self._rows.items[ways.cursor or 0])
        if gap:  # there is room for the longest explanation: the dialog keeps its size when the cursor moves
            longest = max(len(self.lines(choice.about, "label")) for choice in self._rows.items)
            notes += [()] * (longest - len(notes))
        self.show("#keys", self.key_lines(("Enter", "Run"), ("Esc", "Close")))
        room = self.room_for(ways, self.query_one("#more"))
        notes = cut_lines(notes, max(room - _LEAST_WAYS - 2 * len(gap), 1), self.inner_width)
        ways.styles.height = max(min(len(self._rows) + 1, room - len(notes) - 2 * len(gap)), _LEAST_WAYS)
        self.show("#more", [*gap, *notes, *gap])

    def _note_lines(self, choice: Choice) -> list[Line]:
        """Return the lines of the error, of the last message, or of the explanation of the choice under the cursor."""
        if self.error is not None:
            return self.error_lines(self.error)
        if self._result is not None:
            message, details = self._result
            return [*self.lines(message, "good"), *self.lines(details, "label")]
        return self.lines(choice.about, "label")
