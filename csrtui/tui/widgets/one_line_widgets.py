"""The widgets of one line: the title, rules with messages, the progress, the command bar, and fields with labels."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual import on
from textual.containers import Horizontal, Vertical
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from csrtui.core.base.escaping import plural, visible
from csrtui.tui.commands import HELP_IN_LISTS, LAST_ON_BAR
from csrtui.tui.widgets.text_block import TEXT_STYLES, TextLine, TextView
from csrtui.tui.wrapping import cut, title_line, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line, Part


class TitleBar(TextLine):
    """A line with the program and host on the left and the panes on the right. The focused pane is in brackets."""

    @dataclass(eq=False, repr=False)
    class TabClicked(Message):
        """A tab was clicked."""

        index: int

    _host = ""
    _tabs: Sequence[tuple[str, bool]] = ()

    def show_tabs(self, host: str, tabs: Sequence[tuple[str, bool]]) -> None:
        """Show the host name and the tabs. A tab is the label of a pane, and whether the pane has the focus."""
        self._host, self._tabs = host, tabs
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Report a click on a tab."""
        start = self.size.width - 1 - sum(cell_len(label) + 2 for label, _ in self._tabs)
        for index, (label, _) in enumerate(self._tabs):
            end = start + cell_len(label) + 2
            if start <= event.x < end:
                self.post_message(self.TabClicked(index))
            start = end

    def draw(self) -> None:
        """Draw the line."""
        right: list[Part] = [
            (f"[{label}]" if is_focused else f" {label} ", "strong" if is_focused else "label")
            for label, is_focused in self._tabs
        ]
        right_width = sum(cell_len(text) for text, _ in right) + 1
        title = f" csrtui · {self._host}" if self._host else " csrtui"
        left = cut(title, max(self.size.width - right_width - 1, 0))
        gap = " " * max(self.size.width - cell_len(left) - right_width, 1)
        self.show([((left, ""), (gap, ""), *right)])


_END = "──"
_MESSAGE_FRAME = 5
"""Number of cells around a message: two strokes and a blank before it, a blank and a stroke after it."""
_MAX_MESSAGE_LINES, _LINES_PER_MESSAGE_LINE = 3, 6
"""The maximum number of lines of a message, and the number of lines of the screen for each of them."""


class RuleLine(TextLine):
    """A horizontal line that shows the message of `tell` until `clear` is called. It grows by two lines if necessary.

    Args:
        view: The text above the line. If the text continues below its view, the line shows how many lines follow.
    """

    message = ""

    def __init__(self, view: TextView | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._view = view

    def on_mount(self) -> None:
        """Update the line when the text above is scrolled."""
        if self._view is not None:
            self.watch(self._view, "lines_below", self.draw, init=False)

    def tell(self, text: str) -> None:
        """Show a message in the line."""
        self.message = visible(text)
        self.draw()

    @property
    def is_cut(self) -> bool:
        """Whether the message is longer than the lines for it."""
        return len(wrap(self.message, self._room)) > self._max_lines

    def clear(self) -> None:
        """Remove the message."""
        if self.message:
            self.message = ""
            self.draw()

    def draw(self) -> None:
        """Draw the line."""
        width, suffix = self.size.width - len(self._suffix), (self._suffix, "label")
        texts = wrap(self.message, self._room, self._max_lines)
        self.styles.height = len(texts)
        if not self.message:
            self.show([(("─" * width, "label"), suffix)])
            return
        rest = max(width - len(_END) - 2 - cell_len(texts[-1]), 0)
        lines: list[Line] = [((" " * (len(_END) + 1), ""), (text, "strong")) for text in texts]
        lines[0] = ((f"{_END} ", "label"), lines[0][1])
        lines[-1] = (*lines[-1], (" " + "─" * rest, "label"), suffix)
        self.show(lines)

    @property
    def _suffix(self) -> str:
        """The number of lines below the view, as text. Empty if the message would not fit beside it."""
        count = 0 if self._view is None else self._view.lines_below
        text = f" {plural(count, 'more line')}: PgDn {_END}" if count else ""
        return text if cell_len(self.message) + _MESSAGE_FRAME + len(text) <= self.size.width else ""

    @property
    def _room(self) -> int:
        return max(self.size.width - len(self._suffix) - _MESSAGE_FRAME, 1)

    @property
    def _max_lines(self) -> int:
        return min(max(self.screen.size.height // _LINES_PER_MESSAGE_LINE, 1), _MAX_MESSAGE_LINES)


_AROUND_NOTE = 8
"""The number of cells of a `TitleLine` that its title and its note leave free."""


class TitleLine(TextLine):
    """A rule with a title at its left end and a note at its right end."""

    note = ""

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._title = title
        self._notes: Sequence[str] = ()

    def show_title(self, title: str, *notes: str) -> None:
        """Show a title and the first of the notes that fits beside it. If none fits, cut the last one."""
        self._title, self._notes = title, [visible(note) for note in notes]
        self.draw()

    def draw(self) -> None:
        """Draw the line."""
        room = self.size.width - cell_len(self._title) - _AROUND_NOTE
        fitting = (note for note in self._notes if cell_len(note) <= room)
        self.note = next(fitting, cut(self._notes[-1], room) if self._notes and room > 0 else "")
        self.show([title_line(self._title, self.note, self.size.width)])


_BAR_WIDTH = 20
_MINUTE = 60


class ProgressLine(TextLine):
    """A progress bar that counts finished items. It is hidden while nothing is running."""

    _total = _count = 0
    _start_time = 0.0
    _last_name = ""

    def begin(self, total: int) -> None:
        """Show the bar and start counting to `total`, which must be at least 1."""
        self._total, self._count, self._last_name = total, 0, ""
        self._start_time = monotonic()
        self.display = True
        self.draw()

    def advance(self, name: str) -> None:
        """Count one more finished item."""
        self.reach(self._count + 1, name)

    def reach(self, count: int, name: str = "") -> None:
        """Set the number of finished items, and the name of the last one."""
        self._count = min(count, self._total)
        self._last_name = visible(name)
        self.draw()

    def clear(self) -> None:
        """Hide the bar."""
        self._total = 0
        self.display = False

    def draw(self) -> None:
        """Draw the line."""
        if self._total:
            length = _BAR_WIDTH * self._count // self._total
            bar = f"[{'=' * length}{' ' * (_BAR_WIDTH - length)}] {self._count} of {self._total}"
            text = f"{bar}{self._remaining_time()}  {self._last_name}"
            self.show([((text, ""),)])

    def _remaining_time(self) -> str:
        """Return the estimate as ``, 20 s left``, or an empty string before the first item and after the last one."""
        if not 0 < self._count < self._total:
            return ""
        seconds = (monotonic() - self._start_time) / self._count * (self._total - self._count)
        if seconds < _MINUTE:
            return f", {seconds:.0f} s left"
        return f", {seconds / _MINUTE:.0f} min left"


_GAP = "  "
"""The blanks between two commands."""


class CommandBar(TextLine):
    """One line with the commands that fit, in order. Those of `LAST_ON_BAR` are left out last.

    On the bars of lists and pages, Quit is left out first. While another screen covers the bar's screen, the bar is empty.
    """

    _commands: Sequence[tuple[str, str, str]] = ()  # action, key, label
    _keys: Mapping[str, str] = MappingProxyType({})

    def show_commands(self, commands: Sequence[Command], labels: Mapping[str, str] | None = None) -> None:
        """Show commands. `labels` contains replacement labels by action."""
        labels = labels or {}
        self._keys = {command.action: command.keys.split(",")[0] for command in commands}
        self._commands = [
            (command.action, command.shown_key, labels.get(command.action, command.label))
            for command in commands
        ]
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Do what the key of the clicked command does."""
        end = 1
        for action, key, label in self._fitting_commands():
            end += len(key) + len(label) + 1 + len(_GAP)
            if event.x < end:
                self.app.call_later(self.app.simulate_key, self._keys[action])
                return

    def draw(self) -> None:
        """Draw the line."""
        parts: list[Part] = [(" ", "")]
        for _, key, label in self._fitting_commands() if self.screen.is_active else ():
            parts += [(key, "key"), (f" {label}{_GAP}", "")]
        self.show([tuple(parts)])

    def _fitting_commands(self) -> list[tuple[str, str, str]]:
        commands = list(self._commands)
        while len(commands) > 1 and _width(commands) > self.size.width:
            ranks = [self._rank(action) for action, _, _ in commands]
            first_to_leave = min(ranks)
            del commands[max(index for index, rank in enumerate(ranks) if rank == first_to_leave)]
        return commands

    def _rank(self, action: str) -> int:
        """Return a number for a command. Commands with lower numbers are left out sooner."""
        if action == "guide" or (action == "leave" and self._keys.get("help") == HELP_IN_LISTS.key):
            return -2
        return LAST_ON_BAR.index(action) if action in LAST_ON_BAR else -1


def _width(commands: Sequence[tuple[str, str, str]]) -> int:
    """Return the width of the bar in cells: a blank before each key and label, and a gap between commands."""
    return 1 + sum(len(key) + len(label) + 1 + len(_GAP) for _, key, label in commands) - len(_GAP)


_LABEL_WIDTH = 15
"""The cells before a field: the mark, the label and a gutter."""


class _FieldLabels(Widget):
    """The labels beside fields, with a mark before that of the focused field."""

    ALLOW_SELECT = False

    def __init__(self, fields: Sequence[tuple[str, Widget]]) -> None:
        super().__init__()
        self._fields = fields
        self.styles.width, self.styles.height = _LABEL_WIDTH, len(fields)

    def render_line(self, y: int) -> Strip:
        """Draw the label of one field."""
        label, field = self._fields[y]
        is_current = field.has_focus or any(child.has_focus for child in field.children)
        style = self.rich_style + TEXT_STYLES["strong" if is_current else "label"]
        return Strip([Segment(f"{'>' if is_current else ' '}{label}".ljust(self.size.width), style)])


class LabelledFields(Horizontal):
    """One-line fields, one below the other, each with its label beside it. They can be hidden at first."""

    def __init__(
        self,
        *fields: tuple[str, Widget],
        id: str | None = None,  # noqa: A002 - Textual's name
        is_hidden: bool = False,
    ) -> None:
        super().__init__(_FieldLabels(fields), Vertical(*(field for _, field in fields)), id=id)
        self.display = not is_hidden

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _move_mark(self) -> None:
        """Move the mark to the focused field."""
        self.query_one(_FieldLabels).refresh()
