"""Renders only what an update touches.

Textual 8.2.8 renders every widget of the screen for a character typed into one of them, and throws away what
lies elsewhere: with two dozen widgets most of the time from a key to its echo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._compositor import Compositor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.geometry import Region
    from textual.strip import Strip


class NearCompositor(Compositor):
    """A compositor for a screen of many small widgets."""

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            return super()._get_renders()
        every = self.visible_widgets
        self._visible_widgets = {widget: place for widget, place in every.items() if crop.overlaps(place[0])}
        try:
            return list(super()._get_renders(crop))
        finally:
            self._visible_widgets = every
