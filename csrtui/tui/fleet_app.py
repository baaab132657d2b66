"""The app for many hosts: one screen over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from csrtui.tui.app import DEFAULT_THEME
from csrtui.tui.safe_app import SafeApp
from csrtui.tui.screens.fleet import FleetScreen

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.screen import Screen

    from csrtui.tasks.fleet import Reach
    from csrtui.tasks.session import Session


class FleetApp(SafeApp[None]):
    """csrtui's screen over many hosts.

    Args:
        session: Whose store keeps what was last known.
        reach: Which hosts.
    """

    TITLE = "csrtui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,f10", "leave", "Leave", show=False, priority=True)
    ]
    CSS_PATH: ClassVar[list[str]] = ["styles/app.tcss"]  # type: ignore[assignment]

    def __init__(self, session: Session, reach: Reach) -> None:
        super().__init__(DEFAULT_THEME)
        self._session = session
        self._reach = reach

    def get_default_screen(self) -> Screen[None]:
        """The screen over all hosts."""
        return FleetScreen(self._session, self._reach)

    async def action_quit(self) -> None:
        """Leave, as Textual's own key for it would have it."""
        self.action_leave()

    def action_leave(self) -> None:
        """Leave; hosts that are being asked are left as they are, which is whole."""
        self.exit()

    def action_help_quit(self) -> None:
        """Nothing: Ctrl+C copies in a field, and leaves nothing else."""
