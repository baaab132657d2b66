"""Screens that show text: the help, pages, which can also be viewed as plain text, and a CSR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding

from csrtui.core.base.escaping import visible
from csrtui.core.certificates import csr
from csrtui.core.servers.guide import guide_lines
from csrtui.core.servers.platforms import PLATFORMS, Platform
from csrtui.store.package_data import servers
from csrtui.tui.commands import HELP_IN_LISTS, Scope, search
from csrtui.tui.messages import server_with_keys, with_keys
from csrtui.tui.modals.base import key_line
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.terminal import show_plain
from csrtui.tui.widgets.one_line_widgets import RuleLine
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import pad, text_lines, wrap, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_KEYS, _NARROW_KEYS = 22, 11
_NARROW = 60
"""On narrower screens, long keys are above their text, not beside it."""
_MORE = (
    "In lists: arrows or j and k, Page Up and Page Down, g and G. To change a choice: Space for its "
    "list, Left/Right or its first letter. Tab goes to the next field. The private key is never shown or put in a clipboard. It leaves this machine only inside an encrypted backup."
)


class HelpScreen(CommandScreen[None]):
    """A screen with the keys and their commands, those of the current screen first. Typing filters them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "back", "Back", show=False, priority=True),
        Binding("escape", "clear_or_back", "Back", show=False, priority=True),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down,enter", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen TextField { margin: 0 1; }
    """

    def __init__(self, here: Sequence[Command], others: Sequence[Command]) -> None:
        super().__init__()
        self._here, self._others = here, others

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield TextField(placeholder="type to search", id="help-text")
        yield RuleLine()
        yield (view := TextView(id="help", can_focus=False))
        yield RuleLine(view)
        yield TextBlock(id="bar")

    def on_mount(self) -> None:
        """Show the commands."""
        self.show_title("Help")
        self.query_one(TextField).focus()

    def on_input_changed(self) -> None:
        """Show the commands that contain the typed words."""
        self.draw()
        self.action_scroll(-1_000_000)

    def action_clear_or_back(self) -> None:
        """Clear the search, or go back if it is empty."""
        field = self.query_one(TextField)
        if field.value:
            field.value = ""
        else:
            self.dismiss()

    def action_scroll(self, step: int) -> None:
        """Scroll by `step` lines."""
        self.query_one(TextView).action_scroll(step)

    def action_page(self, step: int) -> None:
        """Scroll by `step` pages."""
        self.query_one(TextView).action_page(step)

    def draw(self) -> None:
        """Draw the lines for the current size."""
        text, width = self.query_one(TextField).value, self.size.width
        here = search(self._here, text)
        own = _section("This screen", here, width) if here else []
        lines = own + _lines(search(self._others, text), width)
        if not lines:
            lines = [((f' Nothing matches "{visible(text)}". Esc clears the search.', ""),)]
        elif not text:
            lines += wrapped(_MORE, max(width - 3, 8), "label")
        self.query_one(TextView).show_all(lines)
        keys = key_line(
            ("Esc", "Clear search" if text else "Back"), ("Up, Down", "Scroll"), ("a-z", "Search")
        )
        self.query_one("#bar", TextBlock).show([((" ", ""), *keys)])


def _lines(commands: Sequence[Command], width: int) -> list[Line]:
    """Return the lines of commands by scope, those that work anywhere first."""
    lines: list[Line] = []
    for scope in sorted(Scope, key=lambda scope: scope is not Scope.ANYWHERE):
        of_scope = [command for command in commands if command.scope is scope]
        if of_scope:
            lines += _section(scope.value, of_scope, width)
    return lines


def _section(title: str, commands: Sequence[Command], width: int) -> list[Line]:
    lines: list[Line] = [((f" {title}", "strong"),)]
    indent = _KEYS if width >= _NARROW else _NARROW_KEYS
    for command in commands:
        keys = f"   {command.shown_keys}"
        if len(keys) >= indent:
            lines.append(((keys, "key"),))
            keys = ""
        label = "" if command.help.startswith(command.label) else command.label
        for text in wrap(": ".join(filter(None, (label, command.help))), max(width - indent - 4, 8)):
            lines.append(((keys.ljust(indent), "key"), (text, "")))
            keys = ""
    return [*lines, ()]


_PLAIN_WIDTH = 79
"""The line width of the plain view, in columns."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of text.

    Attributes:
        lines: A function that returns the lines for a width in columns. Lines meant for copying may be longer.
    """

    title: str
    lines: Callable[[int], Sequence[str]]


class PageScreen(CommandScreen[None]):
    """A screen that shows one page at a time. Left and Right switch pages."""

    MARGIN: ClassVar[str] = " "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace", "back", "Back", show=False),
        Binding("v", "plain", "Plain", show=False),
        Binding("left,h", "turn(-1)", "Previous page", show=False),
        Binding("right,l", "turn(1)", "Next page", show=False),
        HELP_IN_LISTS,
    ]

    def __init__(self, pages: Sequence[Page], index: int = 0) -> None:
        super().__init__()
        self._pages = pages
        self._index = index

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="text"))
        yield RuleLine(view, id="message")
        yield TextBlock(id="bar")

    def on_mount(self) -> None:
        """Set the focus."""
        self.query_one("#text").focus()

    def action_turn(self, step: int) -> None:
        """Show the top of the page that is `step` pages further on."""
        if len(self._pages) > 1:
            self._index = (self._index + step) % len(self._pages)
            self.query_one("#text", TextView).action_scroll(-len(self._lines()))
            self.draw()

    def action_plain(self) -> None:
        """Show only the current page, as plain text in the terminal."""
        self.run_worker(self._show_plain(), group="plain", exclusive=True)

    async def _show_plain(self) -> None:
        text = "\n".join(visible(line) for line in self._pages[self._index].lines(_PLAIN_WIDTH))
        try:
            await show_plain(self.app, text)
        except SuspendNotSupported:
            self.tell("this terminal cannot show plain text")

    def draw(self) -> None:
        """Draw the lines for the current size."""
        has_others = len(self._pages) > 1
        count = f"  {self._index + 1} of {len(self._pages)} " if has_others else ""
        title = pad(visible(self._pages[self._index].title), max(self.size.width - len(count) - 1, 1))
        self.query_one("#title", TextBlock).show([((f" {title}", "strong"), (count, "label"))])
        self.query_one("#text", TextView).show_all(self._lines())
        turn = [("Left, Right", "Other pages")] if has_others else []
        keys = key_line(("Esc", "Back"), ("v", "Plain"), *turn)
        self.query_one("#bar", TextBlock).show([((" ", ""), *keys)])

    def _lines(self) -> list[Line]:
        width = max(self.size.width - 2, 8)
        return [
            part
            for line in self._pages[self._index].lines(width)
            for part in text_lines(visible(line), width, self.MARGIN)
        ]


def guide_pages(commands: Sequence[Command]) -> dict[str, Page]:
    """Return the guide of each server software, by platform id."""
    return {platform.id: _guide_page(platform, commands) for platform in PLATFORMS.values()}


def _guide_page(platform: Platform, commands: Sequence[Command]) -> Page:
    def lines(width: int) -> list[str]:
        server = server_with_keys(servers()[platform.id], commands)
        return [with_keys(line, commands) for line in guide_lines(server, width=width)[2:]]

    return Page(f"Guide · {platform.label}", lines)


class CsrScreen(PageScreen):
    """A screen that shows a CSR as PEM, without a margin, so that it can be selected."""

    MARGIN = ""

    def __init__(self, request: csr.Request) -> None:
        lines = csr.to_pem(request.der).decode("ascii").splitlines()
        super().__init__([Page("CSR", lambda _: lines)])
