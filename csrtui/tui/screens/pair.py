"""The screen with all details of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.charts import Tone
from csrtui.tasks.pair_groups import pair_groups, status_text, step_text
from csrtui.tasks.show import PairDetails, certificate_warnings, read_pair_details, timeline
from csrtui.tui.commands import Scope, bar, bindings
from csrtui.tui.groups import PairSelection
from csrtui.tui.messages import with_keys
from csrtui.tui.panes.keystore import CHECK_INTERVAL
from csrtui.tui.panes.pair_detail import LABEL
from csrtui.tui.screens.pairs_screen import PairsScreen
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.wrapping import cut, hanging, pad, wrap, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from csrtui.core.pairs.charts import TimelineRow
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tui.panes.pair_rows import PairRows
    from csrtui.tui.widgets.text_block import Line

_LINES_AROUND = 4
"""The title, two rules and the command bar."""
_FOLDABLE = ("Backup", "Where it is", "History")
_FAR = 1_000_000
_STYLES = {Tone.PAST: "", Tone.TODAY: "strong", Tone.COMING: "label"}


class PairScreen(PairsScreen):
    """A screen with all details of one pair.

    Args:
        rows: The list of pairs from which the screen was opened, for the previous and the next pair, or None.
    """

    place: ClassVar[Scope] = Scope.PAIR
    BINDINGS = bindings(Scope.PAIR)

    def __init__(self, session: Session, details: PairDetails, rows: PairRows | None = None) -> None:
        super().__init__(session)
        self._details = details
        self._listed = rows
        self._is_unfolded = False
        self._generation = session.store.generation()

    @classmethod
    def of(cls, session: Session, name: str, rows: PairRows | None = None) -> PairScreen:
        """Read the pair `name`, and return a screen that shows it.

        Raises:
            InputError: The pair does not exist.
            StoreError: The pair is damaged or unsafe.
        """
        return cls(session, read_pair_details(session, name), rows)

    @property
    def pair(self) -> Pair:
        """The pair as it was last read."""
        return self._details.pair

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="pair"))
        yield RuleLine(view, id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Focus the text, and show changes by dialogs and by other sessions as soon as they are made."""
        self.query_one("#pair").focus()
        self.set_interval(CHECK_INTERVAL, self._check_for_changes)

    def _check_for_changes(self) -> None:
        generation = self._session.store.generation()
        if generation != self._generation:
            self._generation = generation
            self.refresh_pairs()

    def draw(self) -> None:
        """Draw the lines for the current size."""
        commands = self.possible(bar(Scope.PAIR, self.commands), self.pair)
        labels = {"next_step": self.step_label(self.pair).strip()}
        self.query_one(CommandBar).show_commands(commands, labels)
        title, position = f" Keystore · {visible(self.pair.name)}", self._position
        keys = f"{self.key_of('previous_pair')} previous  {self.key_of('next_pair')} next  "
        if position and cell_len(title) + len(keys) + len(position) < self.size.width:
            position = keys + position
        title = pad(title, max(self.size.width - len(position), 1))
        self.query_one("#title", TextBlock).show([((title, "strong"), (position, "label"))])
        self.query_one("#pair", TextView).show_all(self._lines())

    @property
    def _position(self) -> str:
        """The position of the pair in the list, or an empty string if it is not in a list of several pairs."""
        index = None if self._listed is None else self._listed.find(self.pair.name)
        if self._listed is None or index is None or len(self._listed) == 1:
            return ""
        return f" {index + 1} of {len(self._listed)} "

    def _lines(self) -> list[Line]:
        """Return the status, the timeline and the groups. The last groups are folded if there is no room for them."""
        now, width = self._session.clock(), max(self.size.width - 2, 8)
        record = self.pair.record
        step = self.step_label(self.pair).strip()
        next_step = f"{self.key_of('next_step')} {step}" if step else ""
        reason = step_text(record, now, self.key_of)
        if self._details.replaced:
            reason += (
                f" Retire {self._details.replaced}, which it replaces ({self.key_of('retire')} in the list)."
            )
        lines = _status_lines(status_text(record, now), next_step, reason, width)
        for warning in certificate_warnings(self._details):
            lines += wrapped(f"Warning: {warning}", width, "error")
        lines += _timeline_lines(timeline(record, now, width, prefer_one_line=True))
        groups = pair_groups(self.pair, now, self._details)
        room = max(self.size.height - _LINES_AROUND - 1, 0)
        folded: list[str] = []
        for group in groups:
            body = [
                line
                for label, text in group.lines
                for line in hanging(f" {label:<{LABEL}}", self._worded(label, text), width + 1, "label")
            ]
            is_late = group.title.startswith(_FOLDABLE)
            if is_late and not self._is_unfolded and (folded or len(lines) + len(body) + 1 > room):
                folded.append(group.title)
            else:
                hint = self._request_hint if group.title == "Request" else ""
                lines += [_heading([group.title], self.size.width, hint), *body]
        if folded:
            lines.append(_heading(folded, self.size.width, f"{self.key_of('history')} opens"))
        return lines

    @property
    def _request_hint(self) -> str:
        """The keys that copy the lines of a request and change its server software."""
        keys = (self.key_of(action) for action in ("copy", "change_server", "change_ca"))
        return "{} copies · {} changes server · {} changes CA".format(*keys)

    def action_history(self) -> None:
        """Unfold all groups, or fold again those for which there is no room."""
        view = self.query_one("#pair", TextView)
        folded_titles = len(self._lines()) - 1
        self._is_unfolded = not self._is_unfolded
        self.draw()
        view.action_scroll(-_FAR)
        if self._is_unfolded:
            view.action_scroll(folded_titles)

    def _worded(self, label: str, text: str) -> str:
        """Return the text of a line with keys in place of commands. Only a damaged certificate's line names a command."""
        return with_keys(text, self.commands) if label == "Certificate" else text

    def action_previous_pair(self) -> None:
        """Show the previous pair of the list."""
        self._show_neighbour(-1)

    def action_next_pair(self) -> None:
        """Show the next pair of the list."""
        self._show_neighbour(1)

    def _show_neighbour(self, step: int) -> None:
        """Show the pair that is `step` rows further on in the list."""
        index = None if self._listed is None else self._listed.find(self.pair.name)
        if self._listed is None or index is None or not 0 <= index + step < len(self._listed):
            self.tell("No more pairs in the list.")
            return
        name = self._listed.item(index + step).name
        try:
            self._details = read_pair_details(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
            return
        self.clear_message()
        self.query_one("#pair", TextView).action_scroll(-_FAR)
        self.draw()

    @property
    def only_pair(self) -> str:
        """The name of the pair. This screen imports only certificates of this pair."""
        return self.pair.name

    def selection(self) -> PairSelection:
        """Return the pair on this screen as the only choice."""
        return PairSelection(self.pair)

    def refresh_pairs(self, want: str | None = None) -> None:  # noqa: ARG002 - this screen has one pair
        """Show the current state of the pair."""
        try:
            self._details = read_pair_details(self._session, self.pair.name)
        except CsrtuiError as error:
            self.tell(error.message)
        else:
            self.draw()

    def action_view_csr(self) -> None:
        """Show only the CSR."""
        from csrtui.tui.screens.text_pages import CsrScreen

        self.app.push_screen(CsrScreen(self._details.csr))


def _heading(titles: Sequence[str], width: int, hint: str = "") -> Line:
    """Return a rule with titles, and at its end as many parts of a hint as fit."""
    text = "".join(f"─ {title} " for title in titles)
    parts = hint.split(" · ")
    while len(text) + len(" · ".join(parts)) + 3 > width and len(parts) > 1:
        parts.pop()
    end = f" {' · '.join(parts)} ─" if hint else ""
    text = cut(text, width - len(end))
    return ((text + "─" * (width - len(text) - len(end)), "label"), (end, "label"))


def _status_lines(status: str, next_step: str, reason: str, width: int) -> list[Line]:
    """Return the status with the next step at the right edge, then the reason for that step."""
    room = max(width - len(next_step) - 2, 8) if next_step else width
    first, *rest = wrap(visible(status), room)
    lines: list[Line] = [((f" {pad(first, room)}  ", "strong"), (next_step, "key"))]
    lines += [((f" {line}", "strong"),) for line in rest]
    return lines + wrapped(reason, width)


def _timeline_lines(rows: Sequence[TimelineRow]) -> list[Line]:
    return [((" ", ""), *((piece.text, _STYLES[piece.tone]) for piece in row)) for row in rows]
