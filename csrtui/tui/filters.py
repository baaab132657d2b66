"""The last net under everything drawn: line filters that the whole app's text passes through.

Text from outside is made visible where it enters a view (`csrtui.core.base.escaping`). Should a view forget it,
these filters still keep control characters, C1, bidirectional controls and zero-width characters from
the terminal. A line filter may not change the number of cells, so it cannot write an escape out.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

from csrtui.core.base.escaping import shows

if TYPE_CHECKING:
    from textual.color import Color

_REVERSE = Style(reverse=True)


class PrintableOnly(LineFilter):
    """Replace what does not print by as many cells of something harmless.

    A separator becomes blanks, a character of one or two cells as many question marks, and a character of
    no cell (every C0 and C1 control, the bidirectional and zero-width ones, variation selectors) nothing.
    Control segments, which Textual would pass to the terminal as they are, become text.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's interface
        """Return `segments` with only printable text, the same cells wide."""
        return [
            segment
            if segment.control is None and shows(segment.text)
            else Segment("".join(map(_harmless, segment.text)), segment.style)
            for segment in segments
        ]


class AttributesOnly(LineFilter):
    """Take every colour away and keep what it said: a coloured background becomes reverse video.

    For NO_COLOR (https://no-color.org), under a theme whose ordinary background is the terminal's own, so
    that any other background marks a cursor, a selection or a focused control.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's interface
        """Return `segments` without colours."""
        return [Segment(text, _colourless(style), control) for text, style, control in segments]


@lru_cache(1024)
def _harmless(character: str) -> str:
    if shows(character):
        return character
    filler = " " if unicodedata.category(character) == "Zs" else "?"
    return filler * get_character_cell_size(character)


@lru_cache(1024)
def _colourless(style: Style | None) -> Style | None:
    if style is None:
        return None
    marked = style.bgcolor is not None and not style.bgcolor.is_default
    plain = style.without_color
    return plain + _REVERSE if marked else plain
