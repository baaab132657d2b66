"""A user at the screen for many hosts, with a fake Ansible."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from screen_text import title_of
from screens_user import User, quick_screens

from csrtui.fleet.ansible import Target
from csrtui.fleet.tasks.run_on_hosts import Reach
from csrtui.fleet.tui.app import FleetApp
from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.fleet.tui.work import HostWorkModal
from csrtui.tui.screens.text_pages import PageScreen
from csrtui.tui.widgets.one_line_widgets import RuleLine
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fake_ansible import FakeAnsible
    from textual.screen import Screen

    from csrtui.core.config.settings import Config
    from csrtui.tasks.session import Session


def reach(fake: FakeAnsible, limit: str | None = None) -> Reach:
    """Return the fake's hosts, as the screen reaches them."""
    return Reach(Target((str(fake.inventory),), limit, has_terminal=False))


class FleetUser(User):
    """A user at the screen for many hosts."""

    @property
    def fleet(self) -> FleetScreen:
        """The list, even if other screens cover it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, FleetScreen))

    @property
    def said(self) -> str:
        """The message below the list."""
        return self.fleet.query_one("#message", RuleLine).message

    @property
    def pairs_of_hosts(self) -> list[tuple[str, str]]:
        """Return the host and the name in each row."""
        rows = self.fleet._rows
        return [(rows.item(at).host, rows.item(at).pair.name) for at in range(len(rows))]

    @property
    def results_of_work(self) -> str:
        """Return the results of work on hosts."""
        assert isinstance(self.app.screen, HostWorkModal), self.screen_text
        return f"{title_of(self.app.screen)}\n{self.app.screen.query_one('#about', TextBlock).text}\n{self.read_text}"

    @property
    def page(self) -> str:
        """The text of the page."""
        assert isinstance(self.app.screen, PageScreen), self.screen_text
        return "\n".join(self.app.screen._pages[0].lines(78))

    def at(self, kind: type[Screen[Any]]) -> bool:
        """Return whether the top screen is of this class."""
        return isinstance(self.app.screen, kind)

    def line(self, block: str) -> str:
        """Return the text of a block of the list screen."""
        return self.fleet.query_one(block, TextBlock).text

    async def read(self) -> None:
        """Wait until all hosts have answered."""
        await self.until(lambda: not self.fleet._is_reading, "the end of the reading")

    async def see(self, text: str) -> None:
        """Wait for a text on the screen, regardless of line breaks."""
        plain = text.replace(" ", "")

        def seen() -> bool:
            shown = self.screen_text.replace("│", " ")
            return plain in "".join(shown.split())

        await self.until(seen, repr(text))

    async def worked(self) -> str:
        """Wait for the end of the work on hosts, and return the results."""
        await self.until(
            lambda: isinstance(self.app.screen, HostWorkModal) and self.app.screen._results is not None,
            "the work",
        )
        return self.results_of_work


@asynccontextmanager
async def at_fleet(
    session: Session,
    fake: FakeAnsible,
    size: tuple[int, int] = (80, 24),
    config: Config | None = None,
    limit: str | None = None,
) -> AsyncIterator[FleetUser]:
    """Open the screen for the fake's hosts, with this number of columns and rows."""
    app = FleetApp(session, reach(fake, limit), config)
    with quick_screens():
        async with app.run_test(size=size) as pilot:
            yield FleetUser(app, pilot)  # type: ignore[arg-type] # the keys are the same
