"""Drawing through `Painter`, which sends only changed cells.

It can be deleted once Textual has a renderer that compares cells (the report of that name in
``docs/upstream-reports.md``). Until then, ``tests/bench/typing_keys.py`` measures 166 bytes or more for a typed character
without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from rich.console import COLOR_SYSTEMS
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App

from csrtui.tui.patches.painter import Painter

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.events import Resize
    from textual.screen import Screen

ReturnType = TypeVar("ReturnType")

_MIN_SYNCHRONIZED: Final = (
    512  # shorter output arrives in one piece in any case, and the two marks cost 16 bytes
)
_SYNC_START: Final = "\x1b[?2026h"
_SYNC_END: Final = "\x1b[?2026l"


class PaintedApp(App[ReturnType]):
    """An app that draws through `Painter`."""

    def __init__(self) -> None:
        super().__init__()
        self._painter = Painter(COLOR_SYSTEMS[self.console.color_system or "standard"])

    def redraw_all(self) -> None:
        """Draw the whole screen again, because the contents of the terminal are unknown."""
        self._painter.forget()
        if self.screen_stack:
            self.call_later(self.refresh, layout=True)

    def action_redraw(self) -> None:
        """Draw the whole screen again, over the output of other programs."""
        self.redraw_all()

    def on_resize(self, event: Resize) -> None:
        """Draw the screen again if the terminal briefly had another size, because it may have cut off its contents.

        Textual sees no change when the old size is back.
        """
        if event.size == self._painter.size:
            self.redraw_all()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if (
            not isinstance(renderable, (ChopsUpdate, LayoutUpdate))
            or self._driver is None
            or self.is_headless
        ):
            super()._display(screen, renderable)
            return
        try:
            if self.is_running and not self._closed and not self._batch_count:
                self._paint(renderable, self._driver)
        except Exception as error:  # noqa: BLE001 - like Textual: no caller would handle it
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _paint(self, update: ChopsUpdate | LayoutUpdate, driver: Driver) -> None:
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        output = self._painter.paint(update, self.size, cursor)
        if len(output) > _MIN_SYNCHRONIZED and self._sync_available:
            output = f"{_SYNC_START}{output}{_SYNC_END}"
        if output:
            driver.write(output)
            driver.flush()
