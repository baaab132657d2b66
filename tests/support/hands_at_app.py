"""A user at the app itself, without a terminal, who checks that everything is displayed as it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.cells import cell_len
from screen_openings import F2
from screen_text import unwrapped
from textual import events
from textual._xterm_parser import XTermParser

from csrtui.core.base.escaping import is_visible
from csrtui.tui.screens.main import MainScreen, PaneName

if TYPE_CHECKING:
    from screens_user import User
    from textual.widget import Widget

MOST_PAGES = 50


class AtTheApp:
    """A user at the app itself, without a terminal."""

    def __init__(self, user: User) -> None:
        self.user = user

    async def type(self, keys: str) -> None:
        """Type keys as a terminal sends them."""
        if keys == "\x1b":
            await self.user.press("escape")
            return
        for event in XTermParser().feed(keys):
            assert isinstance(event, (events.Key, events.Paste))
            (self.user.app if isinstance(event, events.Key) else self.focused).post_message(event)
            await self.user.settle()

    @property
    def focused(self) -> Widget:
        """The focused widget."""
        assert self.user.app.focused is not None
        return self.user.app.focused

    async def see(self, text: str) -> None:
        """Wait for a text."""
        await self.user.until(lambda: text in unwrapped(self.user.screen_text), repr(text))

    async def back(self) -> None:
        """Go back to the form, through all open dialogs."""
        for _ in range(300):  # a dialog may open late, and one at work closes when its work ends
            if not isinstance(screen := self.user.app.screen, MainScreen):
                await self.user.press("escape")
                if self.user.app.screen is screen:
                    await asyncio.sleep(0.01)
                if self.user.question.startswith("Close the dialog?"):  # a typed text is lost
                    await self.user.press("tab", "enter")
            elif self.user.main._pane is PaneName.KEYSTORE:
                await self.type(F2)
            else:
                break
        assert isinstance(self.user.app.screen, MainScreen), self.user.screen_text


def assert_shown_as_it_is(user: User, where: object) -> list[str]:
    """Assert that each line displays its content and fits, and return the lines."""
    assert user.app.is_running
    assert not user.app._exit, where
    lines = user.screen_lines
    for line in lines:
        assert is_visible(line), (where, ascii(line))
        assert cell_len(line) <= user.app.size.width, (where, line)
    return lines


async def look_through(user: User, where: object) -> None:
    """Check a screen, page by page."""
    seen: list[str] = []
    for _ in range(MOST_PAGES):
        lines = assert_shown_as_it_is(user, where)
        if lines == seen:
            return
        seen = lines
        await user.press("pagedown")
