"""A compositor that renders only the widgets inside the region of an update.

When a character is typed into one widget, Textual 8.2.8 renders every widget of the screen, and then discards the
output outside that widget. With two dozen widgets, this takes most of the time between a key press and its echo.

It can be deleted once Textual's own `_get_renders` tests the region (``docs/upstream-reports.md``). Then
``tests/bench/typing_keys.py`` measures the same time from a key to its echo without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._compositor import Compositor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.geometry import Region
    from textual.strip import Strip


class CroppedCompositor(Compositor):
    """A compositor for a screen with many small widgets."""

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            return super()._get_renders()
        all_widgets = self.visible_widgets
        self._visible_widgets = {
            widget: regions for widget, regions in all_widgets.items() if crop.overlaps(regions[0])
        }
        try:
            return list(super()._get_renders(crop))
        finally:
            self._visible_widgets = all_widgets
