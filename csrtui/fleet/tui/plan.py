"""What each host would get, with the advice on it, before anything is made; then the making."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.fleet.tasks.requests import blocked, make, with_twins
from csrtui.fleet.tui.rows import PlanRows, worst
from csrtui.fleet.tui.work import HostWorkScreen, Job
from csrtui.tasks.new import Blocking
from csrtui.tasks.request_spec import preview
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Where, bar, bindings
from csrtui.tui.screens.confirm import ConfirmScreen
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.fleet.tasks.hosts import HostResult, Reach
    from csrtui.fleet.tasks.requests import Planned
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_LABEL = 10
_SHORT = 20
"""Lines of a screen below which the host in full has fewer lines."""
_KEY_STAYS = "Each host makes a key of its own, which stays there. A host that has such a pair keeps it."


class FleetPlanScreen(Screen["Sequence[HostResult] | None"]):
    """Shows what was worked out for each host; gives what came of the making, or None.

    Args:
        session: What the advice is based on.
        reach: How the hosts are reached.
        planned: What each would get.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.PLAN),
        *(binding for binding in bindings(Where.PAIR) if binding.action == "back"),
        HELP_IN_LISTS,
    ]
    DEFAULT_CSS = """
    FleetPlanScreen #host { height: 10; }
    FleetPlanScreen.-short #host { height: 4; }
    """

    def __init__(
        self,
        session: Session,
        reach: Reach,
        planned: Sequence[Planned],
        commands: Sequence[Command] = COMMANDS,
    ) -> None:
        super().__init__()
        self._session = session
        self._reach = reach
        self._commands = commands
        self._rows = _sorted(planned)

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield LineList(self._rows, id="plan")
        yield RuleLine(id="message")
        yield TextBlock(id="host")
        yield RuleLine()
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one("#plan").focus()
        back = [command for command in self._commands if command.action == "back"]
        first, *others = bar(Where.PLAN, self._commands)
        self.query_one(CommandBar).show_commands([first, *back, *others])

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.set_class(self.size.height < _SHORT, "-short")
        self._draw()

    # Events

    def on_line_list_highlighted(self) -> None:
        """Show in full what the host under the cursor would get."""
        self._draw_host()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Enter makes nothing: it is the key for more of the row, and all of it stands there."""
        event.stop()

    # Commands

    def action_back(self) -> None:
        """Go back to the form; nothing was made."""
        self.dismiss(None)

    def action_cover_twins(self) -> None:
        """Cover the www or bare twins, too, and show what comes of it."""
        before = self._planned
        try:
            planned = with_twins(self._session, before)
        except CsrtuiError as error:
            self._tell(error.what)
            return
        added = sum(len(one.asked.names) for one in planned) - sum(len(one.asked.names) for one in before)
        self._rows = _sorted(planned)
        self.query_one("#plan", LineList).set_rows(self._rows)
        self._draw()
        self._tell(f"{plural(added, 'name')} added" if added else "there is no www or bare name to add")

    def action_make_on_hosts(self) -> None:
        """Ask once, then make the pairs."""
        hosts = len(self._good)
        found = blocked(self._planned, Blocking.STOPS)
        if not hosts:
            self._tell("there is no host that could get a pair")
        elif found is None:
            title = f"Make a pair on {plural(hosts, 'host')}?"
            question = ConfirmScreen(title, _KEY_STAYS, "Make")
            self.app.push_screen(question, lambda yes: self._make(Blocking.STOPS) if yes else None)
        elif blocked(self._planned, Blocking.OVERRULED) is None:
            text = f"{found[0].host}: {found[1].text}"
            question = ConfirmScreen("Make them although a CA will refuse it?", text, "Make them")
            self.app.push_screen(question, lambda yes: self._make(Blocking.OVERRULED) if yes else None)
        else:
            worst_of_all = blocked(self._planned, Blocking.OVERRULED) or found
            self._go_to(worst_of_all[0])
            self._tell(f"nothing is made while {visible(worst_of_all[0].host)} has this error")

    def _make(self, blocking: Blocking) -> None:
        good = self._good

        def work(reach: Reach) -> Iterator[HostResult]:
            return make(reach, good, blocking)

        title = f"Making a pair on {plural(len(good), 'host')}"
        job = Job(title, work, len(good), "Next: back them up with b.")
        self.app.push_screen(HostWorkScreen(self._reach, job), self.dismiss)

    # How

    @property
    def _planned(self) -> list[Planned]:
        return [self._rows.item(at) for at in range(len(self._rows))]

    @property
    def _good(self) -> list[Planned]:
        return [one for one in self._planned if one.failure is None]

    def _go_to(self, one: Planned) -> None:
        place = self._rows.find(one.host)
        if place is not None:
            self.query_one("#plan", LineList).move_to(place)

    def _tell(self, text: str) -> None:
        self.query_one("#message", RuleLine).tell(text)

    # Drawing

    def _draw(self) -> None:
        left_out = len(self._rows) - len(self._good)
        title = f" What {plural(len(self._good), 'host')} would get"
        more = f", {left_out} left out" if left_out else ""
        self.query_one("#title", TextBlock).show([((f"{title}{more}", "strong"),)])
        self._draw_host()

    def _draw_host(self) -> None:
        cursor = self.query_one("#plan", LineList).cursor
        lines = [] if cursor is None else _in_full(self._rows.item(cursor), self.size.width)
        self.query_one("#host", TextBlock).show(lines)


def _sorted(planned: Sequence[Planned]) -> PlanRows:
    return PlanRows(sorted(planned, key=lambda one: (worst(one), one.host)))


def _in_full(one: Planned, width: int) -> list[Line]:
    """Return all that is to be said of what a host would get: what is signed, and the advice."""
    if one.failure is not None:
        return [
            *_labelled("Left out", one.failure.text, width, "error"),
            *_labelled("", one.failure.remedy, width),
        ]
    if one.advice is None:
        return []
    request = preview(one.advice)
    lines = _labelled("Subject", request.subject_text if request else "– (fix the errors below)", width)
    lines += _labelled("Covers", ", ".join(one.advice.covers), width)
    for finding in one.advice.findings:
        lines += _labelled(finding.level.value.capitalize(), finding.text, width, finding.level.value)
    return lines


def _labelled(label: str, text: str, width: int, manner: str = "label") -> list[Line]:
    texts = wrap(visible(text), max(width - _LABEL - 2, 8))
    return [
        ((f" {label if at == 0 else ''}".ljust(_LABEL), manner), (line, "")) for at, line in enumerate(texts)
    ]
