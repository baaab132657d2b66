"""Handing out a pair's CSR: a backup first, then the ways it can go, then the mark that it went."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError, RefusedError, StoreError
from csrtui.core.certificates.public_text import PublicText
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tasks.submit import CsrForm, HandOut, HandOutWay, fetch_lines, hand_out, lacks_backup, this_host
from csrtui.tui import clipboard
from csrtui.tui.plain_view import show_plain
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.screens.submit_forms import FileAnswer, FileScreen, MarkAnswer, MarkScreen
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.certificates.csr import Request
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line


class Wants(Enum):
    """What the user wants after the dialog."""

    NOTHING = auto()
    BACK_UP = auto()
    """Back the pair up first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the dialog.

    Attributes:
        pair: The pair as it is now.
        wants: What is wanted next.
        told: What has been done last, in a line; empty for nothing.
    """

    pair: Pair
    wants: Wants = Wants.NOTHING
    told: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the dialog's list.

    Attributes:
        key: The key that does it at once.
        action: The name of the action.
        label: What it does, in a line.
        about: More of it, a sentence or two.
    """

    key: str
    action: str
    label: str
    about: str


_FIRST = (
    Choice(
        "b",
        "back_up",
        "Back up first",
        "An encrypted backup on another disk or machine, proved by restoring it. Then submit.",
    ),
    Choice(
        "o",
        "overrule",
        "Go on without a verified backup",
        "If this machine loses the key, the certificate is lost with it. That the CSR went out "
        "although no backup is verified is written into the pair's history.",
    ),
)
_WAYS = (
    Choice(
        "c",
        "clipboard",
        "Send to your terminal's clipboard",
        "To paste it into the CA's form. Nobody can tell whether it arrives: not every terminal takes it.",
    ),
    Choice(
        "v",
        "plain",
        "Show it plain, to select it",
        "Leaves the screens for a moment: the CSR stands in the terminal alone, from the left edge.",
    ),
    Choice("f", "file", "Write a file", "As PEM, the form that CAs ask for; never over another file."),
    Choice("d", "der_file", "Write a file in DER", "The binary form, for the few programs that want it."),
    Choice(
        "s",
        "fetch",
        "Fetch it with scp",
        "Shows what to type on your laptop to fetch the CSR, and the encrypted backup if there is one.",
    ),
    Choice("m", "mark", "Mark as submitted", "It went to the CA: keeps when, to whom, and a note."),
)


class ChoiceRows:
    """Choices as rows.

    Args:
        header: What stands over them.
        choices: In order.
    """

    def __init__(self, header: str, choices: Sequence[Choice]) -> None:
        self._header = header
        self.choices = choices

    def __len__(self) -> int:
        return len(self.choices)

    def header(self, width: int) -> str:
        """What stands over the choices."""
        return cut(self._header, width)

    def row(self, index: int, width: int) -> str:
        """One choice with its key."""
        choice = self.choices[index]
        return cut(f"{choice.key}  {choice.label}", width)

    def key(self, index: int) -> Hashable:
        """The choice's action."""
        return self.choices[index].action

    def find(self, key: Hashable) -> int | None:
        """Where the choice of that action is."""
        return next((at for at, choice in enumerate(self.choices) if choice.action == key), None)


class SubmitScreen(DoingDialog["Outcome | None"]):
    """Hands a CSR out; gives what came of it, None when nothing was done.

    Args:
        session: Whose store.
        pair: The pair, as it was read just now.
        asked: Its CSR.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", show=False, priority=True),
        *(Binding(choice.key, choice.action, choice.label, show=False) for choice in (*_FIRST, *_WAYS)),
    ]

    def __init__(self, session: Session, pair: Pair, asked: Request) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._asked = asked
        self._told = ""
        self._more = ""
        self._typed_path = f"~/{pair.name}.csr"
        self._typed_mark = MarkAnswer("", "")
        self._rows = (
            ChoiceRows("No backup of this key is verified", _FIRST)
            if lacks_backup(pair.record)
            else ChoiceRows("Ways", _WAYS)
        )

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield LineList(self._rows, id="ways")
            yield TextBlock(id="more")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one("#ways").focus()

    # Events

    async def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Do what is under the cursor."""
        event.stop()
        await self.run_action(self._rows.choices[event.index].action)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """Say more about what is under the cursor; what was told before is read by now."""
        event.stop()
        self._more = ""
        self.error = None
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's interface
        """Only what the list shows can be done."""
        is_choice = any(choice.action == action for choice in (*_FIRST, *_WAYS))
        return not is_choice or self._rows.find(action) is not None

    # What can be chosen

    def action_close(self) -> None:
        """Close."""
        self.when_done(self._give)

    def _give(self) -> None:
        self.dismiss(Outcome(self._pair, told=self._told) if self._told else None)

    def action_back_up(self) -> None:
        """Close, to back up first."""
        self.dismiss(Outcome(self._pair, Wants.BACK_UP))

    def action_overrule(self) -> None:
        """Show the ways although no backup is verified."""
        self._rows = ChoiceRows("Ways, although no backup of this key is verified", _WAYS)
        ways = self.query_one("#ways", LineList)
        ways.set_rows(self._rows)
        ways.action_first()

    def action_clipboard(self) -> None:
        """Send it to the clipboard."""
        self.begin(self._send())

    def action_plain(self) -> None:
        """Show it plain."""
        self.begin(self._show_plain())

    def action_file(self) -> None:
        """Ask for a file, and write PEM."""
        self._ask_file(CsrForm.PEM)

    def action_der_file(self) -> None:
        """Ask for a file, and write DER."""
        self._ask_file(CsrForm.DER)

    def action_fetch(self) -> None:
        """Show the lines for the laptop."""
        self.begin(self._show_fetching())

    def action_mark(self) -> None:
        """Ask whom it went to, and mark it."""
        screen = MarkScreen(self._session, self._pair, self._typed_mark)
        self.app.push_screen(screen, self._marked)

    # How it is done

    async def _send(self) -> None:
        way = await clipboard.send(self.app, PublicText.of_request(self._asked), os.environ)
        await self._gone(HandOut(HandOutWay.CLIPBOARD), "sent to your terminal's clipboard", way.value)

    async def _show_plain(self) -> None:
        try:
            await show_plain(self.app, PublicText.of_request(self._asked).text)
        except SuspendNotSupported:
            from csrtui.tui.screens.csr import CsrScreen

            self.app.push_screen(CsrScreen(self._pair, self._asked))
        await self._gone(
            HandOut(HandOutWay.SCREEN), "shown plain", "Once it is with the CA: m marks it as submitted."
        )

    async def _show_fetching(self) -> None:
        lines = fetch_lines(self._pair, this_host(self._session, os.environ))
        text = "\n\n".join(f"To fetch {label}, on your laptop:\n{line}" for label, line in lines)
        if not text:
            raise RefusedError("the keystore's path cannot be typed", "write a file instead")
        try:
            await show_plain(self.app, text)
        except SuspendNotSupported:
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen("On your laptop:", [line for _, line in lines]))

    async def _gone(self, how: HandOut, told: str, more: str) -> None:
        self._tell(told, more)
        try:
            self._pair = await asyncio.to_thread(hand_out, self._session, self._pair, how)
        except CsrtuiError as error:
            raise StoreError(f"{told}; noting that went wrong: {error.what}", error.hint) from error

    def _ask_file(self, form: CsrForm) -> None:
        self.app.push_screen(FileScreen(self._session, self._pair, form, self._typed_path), self._filed)

    def _filed(self, answer: FileAnswer | None) -> None:
        if answer is None:
            return
        self._typed_path = answer.typed
        if answer.pair is not None:
            self._pair = answer.pair
            self._tell(f"written: {answer.path}", "Once it is with the CA: m marks it as submitted.")

    def _marked(self, answer: MarkAnswer | None) -> None:
        if answer is None:
            return
        self._typed_mark = answer
        if answer.pair is not None:
            step = NEXT_STEPS[answer.pair.record.next_step(self._session.clock())]
            self.dismiss(
                Outcome(answer.pair, told=f"{answer.pair.name} is marked as submitted. Next: {step}")
            )

    def _tell(self, told: str, more: str) -> None:
        self._told, self._more = told, more
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        self.show("#about", [*self.lines(f"Submit {self._pair.name}", "strong"), ()])
        ways = self.query_one("#ways", LineList)
        ways.styles.height = len(self._rows) + 1
        self.show("#more", [(), *self._said(self._rows.choices[ways.cursor or 0]), ()])
        self.show("#keys", self.key_lines(("Enter", "Do it"), ("Esc", "Close")))

    def _said(self, choice: Choice) -> list[Line]:
        """What was done just now, or else more about the choice under the cursor."""
        if self.error is not None:
            return self.error_lines(self.error)
        if self._more:
            return [*self.lines(self._told, "good"), *self.lines(self._more, "label")]
        return self.lines(choice.about, "label")
