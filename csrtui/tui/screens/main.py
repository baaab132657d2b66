"""The main screen: the request form and the keystore, side by side or one at a time."""

from __future__ import annotations

from asyncio import Event
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.process import settle_collecting
from csrtui.tasks.draft import OwnDraft
from csrtui.tui.commands import COMMANDS, Where, bar, bindings, key_of
from csrtui.tui.keeper import Keeper
from csrtui.tui.panes.request import RequestPane
from csrtui.tui.screens.request_screen import RequestScreen
from csrtui.tui.terminal import hostname
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from csrtui.core.pairs.draft import Draft
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.groups import AtHand
    from csrtui.tui.panes.keystore import KeystorePane

_WIDE = 120
_NARROW = 60
_SHORT = 20
_KEEP_AFTER = 1.0
"""Seconds after the last key before the draft is kept."""


class PaneName(StrEnum):
    """The two panes."""

    REQUEST = "request"
    KEYSTORE = "keystore"


class MainScreen(RequestScreen):
    """Where a session begins and ends.

    Args:
        session: What it works on.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.PANES, Where.REQUEST, Where.KEYSTORE, Where.LISTS, Where.PAIRS, Where.STEPS)
    ]
    AUTO_FOCUS = None

    def __init__(self, session: Session, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__(session, commands)
        self._pane = PaneName.REQUEST
        self._own_draft = OwnDraft(session)
        self._keeper = Keeper["Draft"](self._own_draft.keep)
        self._told_of: Draft | None = None
        self._counted = ""
        self._keep_timer_runs = False
        self._complete = Event()

    def compose(self) -> ComposeResult:
        """Build the screen."""
        draft = self._own_draft.restore()
        self._keeper = Keeper(self._own_draft.keep, draft)
        yield TitleBar(id="title")
        yield RuleLine(id="title-rule")
        with Horizontal(id="panes"):
            yield RequestPane(self._session, draft, self._commands, own=self._own_draft, id="request")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Start in the common name."""
        self._show_pane(PaneName.REQUEST)
        if self._own_draft.left_over:
            from csrtui.core.base.escaping import plural

            forms = plural(len(self._own_draft.left_over), "more form")
            self.tell(f"{forms} of sessions that ended: {key_of('start_from', self._commands)} shows which")
        self.call_after_refresh(self._bring_keystore)

    def on_unmount(self) -> None:
        """Let the next session have the form."""
        self._own_draft.close()

    async def _bring_keystore(self) -> None:
        """Bring what the first picture does without: the other pane, and all that it needs."""
        from csrtui.tui.panes.keystore import KeystorePane

        await self.query_one("#panes").mount(KeystorePane(self._session, self._commands, id="keystore"))
        self._complete.set()
        self.run_worker(self._warm_up, thread=True)

    async def until_complete(self) -> None:
        """Wait until both panes are there; no key is handled before."""
        await self._complete.wait()

    def _warm_up(self) -> None:
        """Load what the first preview needs while the user reads, and clear away what a crash left."""
        from cryptography import x509  # noqa: F401 - loaded for later

        _ = self._session.suffixes
        if not self.app.is_headless:
            settle_collecting()
        try:
            self._session.store.sweep()
        except StoreError:
            return  # the keystore pane says what is wrong

    # What the user sees of the two panes

    @property
    def keystore(self) -> KeystorePane:
        """The keystore pane."""
        from csrtui.tui.panes.keystore import KeystorePane

        return self.query_one(KeystorePane)

    def on_resize(self, event: Resize) -> None:
        """Choose the shape that fits the screen."""
        self.set_class(event.size.width >= _WIDE, "-wide")
        self.set_class(event.size.width < _NARROW, "-narrow")
        self.set_class(event.size.height < _SHORT, "-short")
        self._draw_title()

    def on_descendant_focus(self) -> None:
        """Follow the cursor from pane to pane."""
        # Not the event's widget: one that lies deeper tells later, and may have lost the cursor since.
        if self.focused is None:
            return
        inside = PaneName.REQUEST if self.request in self.focused.ancestors else PaneName.KEYSTORE
        if inside is not self._pane:
            self._pane = inside
            self._draw_title()
        self._draw_bar()

    def _show_pane(self, pane: PaneName) -> None:
        self._pane = pane
        self.set_class(pane is PaneName.KEYSTORE, "-keystore")
        if pane is PaneName.KEYSTORE:
            self.keystore.focus_list()
        else:
            self.request.form.focus_field(self.request.form.focused_field)
        self._draw_title()
        self._draw_bar()

    def show_request(self) -> None:
        """Show the form."""
        if self._pane is PaneName.KEYSTORE:
            self._show_pane(PaneName.REQUEST)

    def show_keystore(self) -> None:
        """Show the list of pairs."""
        self._show_pane(PaneName.KEYSTORE)

    def _draw_title(self) -> None:
        counted = self._counted if self.size.width >= _NARROW else ""
        tabs = ((PaneName.REQUEST, "Request"), (PaneName.KEYSTORE, f"Keystore {counted}".strip()))
        self.query_one(TitleBar).show_tabs(hostname(), [(label, pane is self._pane) for pane, label in tabs])

    def _draw_bar(self) -> None:
        if self._pane is PaneName.KEYSTORE:
            labels = {"switch_pane": "Request", "next_step": self.step_label(self.keystore.current)}
            self.query_one(CommandBar).show_commands(bar(Where.KEYSTORE, self._commands), labels)
        else:
            self.query_one(CommandBar).show_commands(bar(Where.REQUEST, self._commands))

    def tell(self, text: str) -> None:
        """Tell the user something in a line, until the form is changed."""
        self._told_of = self.request.form.draft
        self.query_one("#message", RuleLine).tell(text)

    def at_hand(self) -> AtHand:
        """The pair under the cursor, the marked ones, and all."""
        return self.keystore.at_hand()

    def pairs_changed(self, want: str | None = None) -> None:
        """Show the keystore as it is now."""
        self.keystore.look(want=want)

    def clear_marks(self) -> None:
        """Take the marks away in the keystore."""
        self.keystore.pairs.clear_marks()

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's interface
        """Commands of one pane do nothing in the other."""
        in_keystore = self._pane is PaneName.KEYSTORE
        where = next((command.where for command in COMMANDS if command.action == action), Where.ANYWHERE)
        if where in {Where.KEYSTORE, Where.LISTS, Where.PAIRS, Where.STEPS}:
            return in_keystore and not self.keystore.filter.has_focus
        return where is not Where.REQUEST or action == "generate" or not in_keystore

    def key_escape(self) -> None:
        """Clear the filter; in the form it does nothing, and nothing typed is lost."""
        if self._pane is PaneName.KEYSTORE:
            self.keystore.clear_filter()

    def action_switch_pane(self) -> None:
        """Go to the other pane."""
        self.query_one("#message", RuleLine).clear()
        self._show_pane(PaneName.REQUEST if self._pane is PaneName.KEYSTORE else PaneName.KEYSTORE)

    def action_new_request(self) -> None:
        """Go to the form."""
        self._show_pane(PaneName.REQUEST)

    def action_filter(self) -> None:
        """Go to the filter."""
        self.keystore.focus_filter()

    def action_sort(self) -> None:
        """Sort in the next way."""
        self.tell(f"sorted: {self.keystore.sort().value}")

    def leave(self) -> None:
        """Leave; with a request typed, ask once."""
        if self._making:
            self.tell("a pair is being made; wait a moment")
            return
        if not self.request.form.draft.has_names:
            self._leave()
            return
        from csrtui.tui.screens.confirm import ConfirmScreen

        fate = "What you typed is kept and will be here at the next start."
        try:
            self.keep_draft()
        except StoreError as error:
            fate = f"What you typed will be lost: {error.what}."
        question = ConfirmScreen(
            "Leave csrtui?", f"The request you typed is not generated yet. {fate}", "Leave"
        )
        self.app.push_screen(question, lambda yes: self._leave() if yes else None)

    def _leave(self) -> None:
        try:
            self.keep_draft()
        except StoreError as error:
            # Nothing typed is worth a screen that cannot be left.
            self.app.exit(message=f"csrtui: error: {error.what}", return_code=error.exit_code)
            return
        self.app.exit(return_code=0)

    def tell_error(self, error: CsrtuiError) -> None:
        """Tell the user what is wrong in a line, or in whole sentences where a line is too short."""
        line = self.query_one("#message", RuleLine)
        self.tell(f"{error.what}{f' — {error.hint}' if error.hint else ''}")
        if line.is_cut and error is not self.keystore.error:  # that one stands in the pane
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen("That did not work.", [error.what, error.hint or ""]))

    def action_show_retired(self) -> None:
        """Show retired pairs, or hide them again."""
        self.tell(f"retired pairs are {self.keystore.show_retired().name.lower()}")

    # What the panes say

    def on_line_list_moved(self) -> None:
        """What was told is read by who goes on."""
        self.query_one("#message", RuleLine).clear()

    def on_keystore_pane_filtered(self) -> None:
        """What was told is read by who goes on."""
        self.query_one("#message", RuleLine).clear()

    def on_line_list_highlighted(self) -> None:
        """Say what the next step of the pair under the cursor is."""
        self._draw_bar()

    def on_request_pane_draft_changed(self) -> None:
        """Keep the draft when the typing pauses."""
        # What a fix or a paste changed is told after the change, whose message comes later still.
        if not self._making and self.request.form.draft != self._told_of:
            self.query_one("#message", RuleLine).clear()
        self.keep_soon()

    def on_keystore_pane_summed(self, event: KeystorePane.Summed) -> None:
        """Say in the title what the keystore holds."""
        self._counted = (
            visible(event.text.replace(" pairs", "").replace(" pair", "")) if event.text != "no pairs" else ""
        )
        self._draw_title()
        self._draw_bar()  # another session may have taken the step

    def on_keystore_pane_recovered(self) -> None:
        """Take away what was wrong with the store."""
        self.query_one("#message", RuleLine).clear()

    def on_keystore_pane_failed(self, event: KeystorePane.Failed) -> None:
        """Say what is wrong with the store."""
        self.tell_error(event.error)

    def on_keystore_pane_opened(self, event: KeystorePane.Opened) -> None:
        """Show a pair in full, read anew."""
        from csrtui.tui.screens.pair import PairScreen

        try:
            screen = PairScreen.of(self._session, event.pair.name, self._commands)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.app.push_screen(screen, lambda _: self.keystore.look())

    # The draft

    def keep_soon(self) -> None:
        """Keep the draft when the typing pauses."""
        if not self._keep_timer_runs:
            self._keep_timer_runs = True
            self.set_timer(_KEEP_AFTER, self._keep_in_background)

    def _keep_in_background(self) -> None:
        self._keep_timer_runs = False
        self._keeper.note(self.request.form.draft)
        self.run_worker(self._keep_quietly, thread=True, group="draft", exclusive=True)

    def _keep_quietly(self) -> None:
        try:
            self._keeper.keep()
        except StoreError as error:
            self.app.call_from_thread(self.tell, f"the form cannot be kept: {error.what}")

    def keep_draft(self) -> None:
        """Keep the form for the next start, if it is not kept already.

        Raises:
            StoreError: The store cannot be written to.
        """
        self._keeper.note(self.request.form.draft)
        self._keeper.keep()
