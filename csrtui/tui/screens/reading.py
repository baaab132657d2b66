"""Pages of text to be read, and shown plain in the terminal to be selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding
from textual.screen import Screen

from csrtui.core.base.escaping import visible
from csrtui.core.servers.guide import guide_lines
from csrtui.core.servers.platforms import PLATFORMS, Platform
from csrtui.tui.commands import HELP_IN_LISTS
from csrtui.tui.plain_view import show_plain
from csrtui.tui.screens.dialog import key_line
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import pad, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.widgets.text_block import Line

_PLAIN_WIDTH = 79
"""Columns of a line of text in the plain view."""


@dataclass(frozen=True, slots=True)
class Page:
    """Something to be read.

    Attributes:
        title: What it is about.
        lines: Gives its lines for a number of columns; one that is to be copied may be longer.
    """

    title: str
    lines: Callable[[int], Sequence[str]]


class ReadingScreen(Screen[None]):
    """Shows a page; left and right go to the others.

    Args:
        pages: At least one.
        at: Which of them is shown first, from 0.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace", "back", "Back", show=False),
        Binding("v", "plain", "Plain", show=False),
        Binding("left,h", "turn(-1)", "Page before", show=False),
        Binding("right,l", "turn(1)", "Next page", show=False),
        HELP_IN_LISTS,
    ]

    def __init__(self, pages: Sequence[Page], at: int = 0) -> None:
        super().__init__()
        self._pages = pages
        self._at = at

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="text"))
        yield RuleLine(view, id="message")
        yield TextBlock(id="bar")

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one("#text").focus()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()

    def action_turn(self, step: int) -> None:
        """Show another page, from its top."""
        if len(self._pages) > 1:
            self._at = (self._at + step) % len(self._pages)
            self.query_one("#text", TextView).action_scroll(-len(self._drawn()))
            self._draw()

    def action_plain(self) -> None:
        """Show the page alone in the terminal."""
        self.run_worker(self._show_plain(), group="plain", exclusive=True)

    async def _show_plain(self) -> None:
        text = "\n".join(visible(line) for line in self._pages[self._at].lines(_PLAIN_WIDTH))
        try:
            await show_plain(self.app, text)
        except SuspendNotSupported:
            self.query_one("#message", RuleLine).tell("this terminal cannot show it plain")

    def _draw(self) -> None:
        many = len(self._pages) > 1
        count = f"  {self._at + 1} of {len(self._pages)} " if many else ""
        title = pad(visible(self._pages[self._at].title), max(self.size.width - len(count) - 1, 1))
        self.query_one("#title", TextBlock).show([((f" {title}", "strong"), (count, "label"))])
        self.query_one("#text", TextView).show_all(self._drawn())
        turn = [("Left, Right", "Others")] if many else []
        keys = key_line(("Esc", "Back"), ("v", "Plain"), *turn)
        self.query_one("#bar", TextBlock).show([((" ", ""), *keys)])

    def _drawn(self) -> list[Line]:
        width = max(self.size.width - 2, 8)
        return [
            drawn
            for line in self._pages[self._at].lines(width)
            for drawn in text_lines(visible(line), width, " ")
        ]


def text_lines(text: str, width: int, before: str = "") -> list[Line]:
    """Return a visible line of text in lines of a width; what goes on is indented like its beginning, and more.

    Headings stand out: lines that begin at the left edge and end with a colon.
    """
    indent = text[: len(text) - len(text.lstrip(" "))]
    manner = "strong" if text.endswith(":") and not indent else ""
    if len(text) <= width:
        return [((f"{before}{text}", manner),)]
    first, *rest = wrap(text[len(indent) :], max(width - len(indent) - 2, 8))
    return [
        ((f"{before}{indent}{first}", manner),),
        *(((f"{before}{indent}  {line}", manner),) for line in rest),
    ]


def guide_pages() -> dict[str, Page]:
    """Return the guide of every server software, by its id."""
    return {one.id: _guide_page(one) for one in PLATFORMS.values()}


def _guide_page(platform: Platform) -> Page:
    return Page(f"Guide · {platform.label}", lambda width: guide_lines(platform, width=width)[2:])
