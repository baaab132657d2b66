"""The one request form for many hosts: which hosts, and what each is asked for, variables of the inventory in it."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message

from csrtui.core.advice.advisor import common_name_missing
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName
from csrtui.fleet.tasks.requests import plan
from csrtui.fleet.tui.request_pane import TemplateRequestPane
from csrtui.tasks.draft import keep_for_hosts, recall_for_hosts
from csrtui.tui.commands import COMMANDS, Where, bar, bindings
from csrtui.tui.keeper import Keeper
from csrtui.tui.screens.form_screen import FormScreen
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.pairs.draft import Draft
    from csrtui.fleet.tasks.hosts import HostResult, Reach
    from csrtui.fleet.tasks.requests import Planned
    from csrtui.tasks.request_spec import Asked
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

_NARROW, _SHORT = 60, 20
_KEEP_AFTER = 1.0
"""Seconds after the last key before the form is kept."""
_HOSTS_HELP = (
    "Which hosts: names and groups of the inventory, as Ansible takes them: all, or web1,web2, "
    "or web:!web3 for the group web without web3."
)


class FleetRequestScreen(FormScreen):
    """The form; the next step shows what each host would get.

    Args:
        session: What the advice is based on, and where the form is kept.
        reach: How the hosts are reached.
        hosts: Which, as Ansible takes it; empty for those of the last time, or all.
        commands: All commands, with the keys they have.

    Attributes:
        results: What came of it; empty when nothing was made.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.REQUEST),
        Binding("escape", "back", "Back", show=False),
    ]
    DEFAULT_CSS = """
    FleetRequestScreen #hosts-line { height: 1; }
    FleetRequestScreen #hosts-label { width: 17; }
    FleetRequestScreen #hosts { width: 1fr; }
    """
    AUTO_FOCUS = None

    class PlannedAll(Message):
        """It is worked out what each host would get, or that cannot be.

        Args:
            planned: What, or why not.
        """

        def __init__(self, planned: Sequence[Planned] | CsrtuiError) -> None:
            super().__init__()
            self.planned = planned

    def __init__(
        self, session: Session, reach: Reach, hosts: str, commands: Sequence[Command] = COMMANDS
    ) -> None:
        super().__init__()
        self._session = session
        self._reach = reach
        self._commands = commands
        self._draft, last = recall_for_hosts(session)
        self._hosts = hosts or (last if self._draft.has_names else "") or "all"
        self._stop: Event | None = None
        self._keep_timer_runs = False
        self._keeper = Keeper[tuple["Draft", str]](lambda what: keep_for_hosts(session, *what))
        self.results: Sequence[HostResult] = ()

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine(id="title-rule")
        with Horizontal(id="hosts-line"):
            yield TextBlock(id="hosts-label")
            yield TextField(self._hosts, "all", id="hosts")
        yield TemplateRequestPane(self._session, self._draft, self._commands, id="request")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Start in the common name."""
        # The path comes last: a long one is cut.
        title = visible(f" csrtui · request on many hosts · {self._reach.target.inventory}")
        self.query_one("#title", TextBlock).show([((title, "strong"),)])
        first, *others = (one for one in bar(Where.REQUEST, self._commands) if one.where is not Where.PANES)
        back = [one for one in self._commands if one.action == "back"]
        self.query_one(CommandBar).show_commands([first, *back, *others], {"generate": "Show each host"})
        self.request.form.focus_field(FieldName.COMMON_NAME)
        self.request.update_soon()

    def on_unmount(self) -> None:
        """It was left."""
        if self._stop is not None:
            self._stop.set()

    def on_resize(self) -> None:
        """Choose the shape that fits the screen."""
        self.set_class(self.size.width < _NARROW, "-narrow")
        self.set_class(self.size.height < _SHORT, "-short")

    # The fields

    def on_descendant_focus(self) -> None:
        """Mark the field of the hosts while the cursor is in it, and say what goes in."""
        here = self._in_hosts
        manner = "strong" if here else "label"
        label = ((">" if here else " ", "strong"), ("Hosts", manner))
        self.query_one("#hosts-label", TextBlock).show([label])
        if here:
            lines = wrap(_HOSTS_HELP, max(self.size.width - 2, 1))
            self.query_one("#field-help", TextBlock).show([((f" {line}", "label"),) for line in lines])

    def action_next_field(self) -> None:
        """Go to the next field; the hosts come first."""
        if self._in_hosts:
            self.request.form.focus_field(FieldName.COMMON_NAME)
        elif self.request.form.focused_field is FieldName.CA:
            self.query_one("#hosts").focus()
        else:
            super().action_next_field()

    def action_previous_field(self) -> None:
        """Go to the field before."""
        if self._in_hosts:
            self.request.form.focus_field(FieldName.CA)
        elif self.request.form.focused_field is FieldName.COMMON_NAME:
            self.query_one("#hosts").focus()
        else:
            super().action_previous_field()

    def on_input_submitted(self) -> None:
        """Enter goes on from the hosts to the form."""
        self.action_next_field()

    def on_input_changed(self) -> None:
        """Keep which hosts."""
        self._keep_soon()

    def on_request_pane_draft_changed(self) -> None:
        """Keep the form when the typing pauses."""
        if self._stop is None:
            self.query_one("#message", RuleLine).clear()
        self._keep_soon()

    @property
    def _in_hosts(self) -> bool:
        return self.query_one("#hosts").has_focus

    # Going on and back

    def action_generate(self) -> None:
        """Have it worked out what each host would get, then show it."""
        if self._stop is not None:
            return
        self.request.form.settle()
        asked, hosts = self.request.asked, self.query_one("#hosts", TextField).value.strip()
        if not self.request.form.draft.common_name.strip():
            self.request.point_to(common_name_missing())
            self.tell(common_name_missing().text)
        elif not hosts:
            self.query_one("#hosts").focus()
            self.tell("say which hosts: all of them are all")
        else:
            self.keep()
            self._stop = stop = Event()
            self.tell("working out what each host would get …   Esc stops it")
            self.run_worker(lambda: self._plan(asked, hosts, stop), thread=True, group="plan")

    def _plan(self, asked: Asked, hosts: str, stop: Event) -> None:
        reach = replace(self._reach, stop=stop)
        try:
            planned = list(plan(self._session, reach, asked, counterparts=False, hosts=hosts))
        except CsrtuiError as error:
            self.post_message(self.PlannedAll(error))
        else:
            self.post_message(self.PlannedAll(planned))

    def on_fleet_request_screen_planned_all(self, event: PlannedAll) -> None:
        """Show it."""
        event.stop()
        stopped = self._stop is not None and self._stop.is_set()
        self._stop = None
        message = self.query_one("#message", RuleLine)
        if stopped:
            message.tell("stopped")
        elif isinstance(event.planned, CsrtuiError):
            self._tell_error(event.planned)
        else:
            from csrtui.fleet.tui.plan import FleetPlanScreen

            message.clear()
            screen = FleetPlanScreen(self._session, self._reach, event.planned, self._commands)
            self.app.push_screen(screen, self._made)

    def _made(self, results: Sequence[HostResult] | None) -> None:
        """Go back to the list; where all is done the form is ready for the next request."""
        if results is None:
            return
        self.results = results
        if all(one.failure is None for one in results):
            self.request.form.load(self.request.form.draft.carried_over())
        self.action_back()

    def action_back(self) -> None:
        """Stop what is being worked out; else go back to the list. What was typed is kept."""
        if self._stop is not None:
            self._stop.set()
        else:
            self.keep()
            self.dismiss()

    # Keeping

    def keep(self) -> None:
        """Keep the form for the next time."""
        self._note()
        self._keeper.keep()

    def _note(self) -> None:
        self._keeper.note((self.request.form.draft, self.query_one("#hosts", TextField).value))

    def _keep_soon(self) -> None:
        if not self._keep_timer_runs:
            self._keep_timer_runs = True
            self.set_timer(_KEEP_AFTER, self._keep_now)

    def _keep_now(self) -> None:
        self._keep_timer_runs = False
        self._note()
        self.run_worker(self._keeper.keep, thread=True, group="draft")

    # Telling

    def tell(self, text: str) -> None:
        """Tell the user something in a line."""
        self.query_one("#message", RuleLine).tell(text)

    def _tell_error(self, error: CsrtuiError) -> None:
        line = self.query_one("#message", RuleLine)
        line.tell(f"{error.what}{f' — {error.hint}' if error.hint else ''}")
        if line.is_cut:
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen("That did not work.", [error.what, error.hint or ""]))
