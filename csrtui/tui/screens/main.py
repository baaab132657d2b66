"""The main screen: the request form and the keystore, side by side or one at a time."""

from __future__ import annotations

from asyncio import Event
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.process_protection import exclude_loaded_from_collection
from csrtui.tasks.draft import SessionDraft
from csrtui.tui.commands import (
    COMMANDS,
    Scope,
    bar,
    bar_in_filter,
    bindings,
    commands_for_marks,
    scopes_at,
)
from csrtui.tui.messages import error_text
from csrtui.tui.panes.count_line import first_commands
from csrtui.tui.panes.request import RequestPane
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.screens.form_screen import DraftWriter
from csrtui.tui.screens.pairs_screen import NO_SELECTION
from csrtui.tui.screens.request_screen import RequestScreen
from csrtui.tui.terminal import hostname
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine, TitleBar

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from csrtui.tasks.draft import Draft
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import PairSelection
    from csrtui.tui.panes.keystore import KeystorePane
    from csrtui.tui.panes.pair_rows import PairRows

_WIDE, _NARROW = 120, 60
_MAX_ROWS = 10_000
"""In a longer list, looking up the words of a message would delay keys."""


class PaneName(StrEnum):
    """The two panes."""

    REQUEST = "request"
    KEYSTORE = "keystore"


class MessageCheck:
    """A check whether the message in the line is out of date, because a pair that it names is no longer listed."""

    def __init__(self) -> None:
        self._message = ""
        self._listed: frozenset[str] = frozenset()

    def clear_stale(self, line: RuleLine, rows: PairRows) -> None:
        """Remove a message that is out of date, such as "no pair is selected" when there are pairs again."""
        if line.message and self._is_stale(line.message, rows):
            line.clear()

    def _is_stale(self, message: str, rows: PairRows) -> bool:
        if message == NO_SELECTION:
            return len(rows) > 0
        if len(rows) > _MAX_ROWS:
            return False
        words = {word.rstrip(".:,") for word in message.split()}
        listed = frozenset(word for word in words if rows.find(word) is not None)
        is_stale = message == self._message and not self._listed <= listed
        self._message, self._listed = message, listed
        return is_stale


class MainScreen(RequestScreen):
    """The main screen, which is open during the whole session."""

    base_places: ClassVar[tuple[Scope, ...]] = (Scope.REQUEST, Scope.KEYSTORE)
    BINDINGS = bindings(Scope.REQUEST, Scope.KEYSTORE)
    AUTO_FOCUS = None

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._pane, self._pending_switches = PaneName.REQUEST, 0
        self._session_draft = SessionDraft(session)
        self._draft_writer = DraftWriter["Draft"](self._session_draft.save)
        self._message_draft: Draft | None = None
        self._message_check = MessageCheck()
        self._counts = self._month = ""
        self._ready = Event()

    def compose(self) -> ComposeResult:
        """Build the screen."""
        draft = self._session_draft.restore()
        self._draft_writer = DraftWriter(self._session_draft.save, draft)
        yield TitleBar(id="title")
        yield RuleLine(id="title-rule")
        with Horizontal(id="panes"):
            yield RequestPane(self._session, draft, id="request")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Show the form with the cursor in the common name."""
        self._show_pane(PaneName.REQUEST)
        self.show_options()
        messages = []
        if self.request.form.draft.has_passphrase:
            messages.append(
                f"The form's passphrase was not saved. {self.key_of('key_options')}: type it again."
            )
        if self._session_draft.others:
            from csrtui.core.base.escaping import plural

            forms = plural(self._session_draft.others, "more saved form")
            messages.append(f"{forms}. To open another at the next start, generate or clear this one.")
        if messages:
            self.tell(" ".join(messages))
        self.call_after_refresh(self._mount_keystore)

    def on_unmount(self) -> None:
        """Release the saved form, so that the next session can restore it."""
        self._session_draft.close()

    async def _mount_keystore(self) -> None:
        """Load the modules of the keystore pane and mount it. Called after the first frame is drawn."""
        from csrtui.tui.panes.keystore import KeystorePane

        await self.query_one("#panes").mount(KeystorePane(self._session, id="keystore"))
        self._ready.set()
        self.run_worker(self._warm_up, thread=True)

    async def wait_until_ready(self) -> None:
        """Wait until both panes are mounted. No key is handled until then."""
        await self._ready.wait()

    def _warm_up(self) -> None:
        """In the background, load the modules for the first preview and remove the leftovers of a crash."""
        from cryptography import x509  # noqa: F401 - loaded for later

        _ = self._session.suffixes
        if not self.app.is_headless:
            exclude_loaded_from_collection()
        with suppress(StoreError):  # the keystore pane shows the error
            self._session.store.remove_leftovers()

    # Panes

    @property
    def place(self) -> Scope:
        """The pane with the focus."""
        return Scope.KEYSTORE if self._pane is PaneName.KEYSTORE else Scope.REQUEST

    @property
    def pane_width(self) -> int:
        """The width of the list if details are beside it, or else of the screen, because the form can be too narrow."""
        if self.size.width >= _WIDE and self._pane is PaneName.KEYSTORE:
            return self.keystore.pairs.outer_size.width
        return super().pane_width

    def show_place_of(self, scope: Scope) -> None:
        """Show the pane in which the commands of `scope` work."""
        if scope is Scope.REQUEST:
            self.show_request()
        elif scope in scopes_at(Scope.KEYSTORE) - {Scope.PANES}:
            self.show_keystore()

    @property
    def keystore(self) -> KeystorePane:
        """The keystore pane."""
        from csrtui.tui.panes.keystore import KeystorePane

        return self.query_one(KeystorePane)

    def draw(self) -> None:
        """Show both panes if there is room."""
        super().draw()
        self.set_class(self.size.width >= _WIDE, "-wide")
        self.show_options()
        self._draw_title()

    def on_descendant_focus(self) -> None:
        """Update the title and the command bar when the focus moves to the other pane."""
        # Use the focused widget, not the event's: events of nested widgets can arrive after the focus has moved on.
        if self.focused is None or self._pending_switches:
            return
        pane = PaneName.REQUEST if self.request in self.focused.ancestors else PaneName.KEYSTORE
        if pane is not self._pane:
            self._pane = pane
            self.set_class(pane is PaneName.KEYSTORE, "-keystore")
            self._draw_title()
        self._draw_bar()

    def _show_pane(self, pane: PaneName) -> None:
        self._pane = pane
        self.set_class(pane is PaneName.KEYSTORE, "-keystore")
        if pane is PaneName.KEYSTORE:
            self.keystore.focus_list()
        else:
            self.request.form.focus_field(self.request.form.focused_field)
        # Textual moves the focus later. Until then, an event of the widget that still has it must not switch back.
        self._pending_switches += 1
        self.app.call_later(self._end_switch)
        self._draw_title()
        self._draw_bar()

    def _end_switch(self) -> None:
        self._pending_switches -= 1
        self.on_descendant_focus()

    def show_request(self) -> None:
        """Show the form."""
        if self._pane is PaneName.KEYSTORE:
            self._show_pane(PaneName.REQUEST)

    def show_keystore(self) -> None:
        """Show the list of pairs."""
        self._show_pane(PaneName.KEYSTORE)

    def _draw_title(self) -> None:
        counts = self._counts if self.size.width >= _NARROW else ""
        if self._pane is PaneName.KEYSTORE or self.size.width >= _WIDE:
            counts = counts.partition(" · ")[0]  # the line above the list shows the counts
        tabs = ((PaneName.REQUEST, "Request"), (PaneName.KEYSTORE, f"Keystore {counts}".strip()))
        self.query_one(TitleBar).show_tabs(hostname(), [(label, pane is self._pane) for pane, label in tabs])

    def _draw_bar(self) -> None:
        if self._pane is PaneName.KEYSTORE:
            pair = self.keystore.current
            labels = {"switch_pane": "Request", "next_step": self.step_label(pair)}
            if self.keystore.filter.has_focus:
                labels["open_pair"] = "To the list"
                commands = bar_in_filter(Scope.KEYSTORE, self.commands)
            elif self.keystore.is_empty:
                commands = [*first_commands(self.commands), *bar(Scope.PANES, self.commands)]
            else:
                commands = self.possible(bar(Scope.KEYSTORE, self.commands), pair)
                if self.keystore.pairs.cursor is None:
                    commands = [
                        command for command in commands if command.action not in {"open_pair", "mark"}
                    ]
                if self.keystore.pairs.marks:
                    commands = commands_for_marks(commands, self.commands)
                    labels |= {"back_up": "Back up marked", "verify": "Verify marked"}
            self.query_one(CommandBar).show_commands(commands, labels)
        else:
            commands = self.possible_now(bar(Scope.REQUEST, self.commands))
            # Commands that come and go are at the end of the line, so that the others stay in their places.
            ends = ("guide", "fix", "next_advice")
            commands.sort(key=lambda command: command.action in ends and ends.index(command.action) + 1)
            self.query_one(CommandBar).show_commands(commands)

    def tell(self, text: str) -> None:
        """Show a message in the message line until the form changes."""
        self._message_draft = self.request.form.draft
        super().tell(text)

    @property
    def current_name(self) -> str | None:
        """The name of the pair under the cursor, or None if the list is empty."""
        item = self.keystore.pairs.current
        return None if item is None else str(item.name)

    def selection(self) -> PairSelection:
        """Return the pair under the cursor, the marked pairs, and all pairs."""
        return self.keystore.selection()

    def refresh_pairs(self, want: str | None = None) -> None:
        """Show the current state of the keystore."""
        self.keystore.check_for_changes(select=want)

    def clear_marks(self) -> None:
        """Remove all marks in the keystore."""
        self.keystore.pairs.clear_marks()

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's interface
        """Disable the commands of the other pane."""
        in_keystore = self._pane is PaneName.KEYSTORE
        scope = next((command.scope for command in COMMANDS if command.action == action), Scope.PANES)
        if scope in scopes_at(Scope.KEYSTORE) - {Scope.PANES}:
            return in_keystore and not self.keystore.filter.has_focus
        return scope is not Scope.REQUEST or action == "generate" or not in_keystore

    def key_escape(self, event: events.Key) -> None:
        """Clear the filter if the keystore has the focus. In the form, do nothing, so that no input is lost.

        From the pairs of a month, go back to the months.
        """
        if self._pane is PaneName.KEYSTORE:
            month, self._month = self._month, ""
            is_month = month and self.keystore.filter.value == month
            self.keystore.set_filter("")
            if is_month:
                event.stop()  # the key would close the months
                self.action_months(month)

    def action_switch_pane(self) -> None:
        """Switch to the other pane."""
        self.clear_message()
        self._show_pane(PaneName.REQUEST if self._pane is PaneName.KEYSTORE else PaneName.KEYSTORE)

    def action_new_request(self) -> None:
        """Show the form."""
        self.clear_message()
        self._show_pane(PaneName.REQUEST)

    def action_filter(self) -> None:
        """Focus the filter."""
        self.keystore.filter.focus()

    def filter_by(self, text: str | None) -> None:
        """List only the pairs that match a query. With None, change nothing."""
        if text is not None:
            self._month = text
            self.keystore.set_filter(text)

    def action_sort(self) -> None:
        """Switch to the next sort order."""
        self.tell(f"sorted: {self.keystore.sort().value}")

    def tell_error(self, error: CsrtuiError) -> None:
        """Show an error. The keystore pane itself shows its own error in full."""
        if error is self.keystore.error:
            self.tell(error_text(error, self.commands))
        else:
            super().tell_error(error)

    def action_show_retired(self) -> None:
        """Show or hide retired pairs."""
        self.tell(f"retired pairs are {self.keystore.show_retired().name.lower()}")

    # Events of the panes

    def on_title_bar_tab_clicked(self, event: TitleBar.TabClicked) -> None:
        """Show the pane whose tab was clicked."""
        self._show_pane(list(PaneName)[event.index])

    def on_line_list_header_clicked(self) -> None:
        """Sort by the next column."""
        self.action_sort()

    on_line_list_highlighted = on_line_list_marked = on_request_pane_commands_changed = _draw_bar
    on_keystore_pane_outdated = CommandScreen.clear_message

    def on_request_form_changed(self) -> None:
        """Remove the message. Save the draft as soon as the user stops typing."""
        # This event can arrive after a message about the change that caused it. That message must stay.
        if not self._is_generating and self.request.form.draft != self._message_draft:
            self.clear_message()
        self.show_options()
        self.save_draft_soon()

    def on_keystore_pane_counts_changed(self, event: KeystorePane.CountsChanged) -> None:
        """Show the counts of the keystore in the title."""
        counts = event.text.replace(" pairs", "").replace(" pair", "")
        self._counts = "" if counts == "no" else visible(counts)
        self._draw_title()
        self._draw_bar()  # another session may have done the next step
        self._message_check.clear_stale(self.query_one("#message", RuleLine), self.keystore.rows)

    def on_keystore_pane_failed(self, event: KeystorePane.Failed) -> None:
        """Show why the store or a pair cannot be read."""
        self.tell_error(event.error)

    def on_keystore_pane_opened(self, event: KeystorePane.Opened) -> None:
        """Read a pair again, and show its details."""
        from csrtui.tui.screens.pair import PairScreen

        self.clear_message()
        try:
            screen = PairScreen.of(self._session, event.name, self.keystore.rows)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.app.push_screen(screen, lambda _: self._return_to(screen.pair.name))

    def _return_to(self, name: str) -> None:
        """Move the cursor to the pair that was shown last, and read the store if it has changed."""
        if (index := self.keystore.rows.find(name)) is not None:
            self.keystore.pairs.move_to(index)
        self.keystore.check_for_changes()
