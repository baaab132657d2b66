"""Line filters for all text of the app. They are the last defence against control characters in untrusted text.

Views escape text from outside (`csrtui.core.base.escaping`). If a view fails to do so, these filters still keep control
characters (C0 and C1), bidirectional controls and zero-width characters from reaching the terminal. A line filter must
not change the number of cells, so it replaces or removes such characters instead of escaping them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

from csrtui.core.base.escaping import is_visible

if TYPE_CHECKING:
    from textual.color import Color

_REVERSE = Style(reverse=True)


class PrintableOnly(LineFilter):
    """A filter that replaces unprintable characters with printable ones of the same width.

    A space separator becomes blanks, and other characters of one or two cells become question marks. Characters of
    zero width (C0 and C1 controls, bidirectional and zero-width characters, variation selectors) are removed.
    Control segments, which Textual would pass to the terminal unchanged, become text.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's interface
        """Return `segments` with only printable text. The width in cells is unchanged."""
        return [
            segment
            if segment.control is None and is_visible(segment.text)
            else Segment("".join(map(_make_printable, segment.text)), segment.style)
            for segment in segments
        ]


class AttributesOnly(LineFilter):
    """A filter that removes all colours and turns a coloured background into reverse video.

    It implements NO_COLOR (https://no-color.org). The theme uses the terminal's own background as its ordinary one,
    so any other background marks a cursor, a selection or a focused control.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's interface
        """Return `segments` without colours."""
        return [Segment(text, _without_colour(style), control) for text, style, control in segments]


@lru_cache(1024)
def _make_printable(character: str) -> str:
    if is_visible(character):
        return character
    filler = " " if unicodedata.category(character) == "Zs" else "?"
    return filler * get_character_cell_size(character)


@lru_cache(1024)
def _without_colour(style: Style | None) -> Style | None:
    if style is None:
        return None
    has_background = style.bgcolor is not None and not style.bgcolor.is_default
    plain = style.without_color
    return plain + _REVERSE if has_background else plain
