"""A Textual app that reveals no secret when it crashes, restores the terminal, and sends only printable text.

It corrects these behaviours of Textual 8.2.8: a crash screen with local variables, a screenshot command, untrusted text
passed to the terminal, grey instead of no colour under NO_COLOR, and a hang after the terminal is lost.
"""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import constants
from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from csrtui.core.base.escaping import is_visible
from csrtui.tui.patches.crashes import CrashSafeApp
from csrtui.tui.patches.drawing import PaintedApp
from csrtui.tui.patches.driver import SafeDriver
from csrtui.tui.patches.key_order import KeyOrderApp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import SystemCommand
    from textual.color import Color
    from textual.driver import Driver
    from textual.screen import Screen

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


ReturnType = TypeVar("ReturnType")

COLOURLESS_THEME: Final = "ansi-dark"
"""The theme under NO_COLOR. It uses the terminal's own colours, and `AttributesOnly` removes all others."""


class SafeApp(PaintedApp[ReturnType], CrashSafeApp[ReturnType], KeyOrderApp[ReturnType]):
    """The base class of csrtui's apps. Start the app with `run`, then exit the process with `exit_status`.

    Args:
        theme: The name of the theme, or None for Textual's default. NO_COLOR, if set and not empty, overrides it.
    """

    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = set()

    def __init__(self, theme: str | None = None) -> None:
        self._wants_colour = not os.environ.get("NO_COLOR")
        if not self._wants_colour:
            theme = COLOURLESS_THEME
        if theme is not None:
            # Set before Textual builds its style sheet, so that it is built only once.
            self.set_reactive(App.theme, theme)
        super().__init__()
        self._printable_only = PrintableOnly()
        self._attributes_only = AttributesOnly()
        self.no_color = not self._wants_colour  # Textual also treats an empty NO_COLOR as set
        self.animation_level = "none"  # every step of an animation costs bytes
        if constants.LOG_FILE is not None:
            raise RuntimeError("Textual was imported before its environment variables were removed")

    # Drawing

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters for every line that is sent to the terminal."""
        filters = [
            line_filter
            for line_filter in super().get_line_filters()
            if not isinstance(line_filter, NoColor | Monochrome)  # those filters turn colours into grey
        ]
        return [*filters, *([self._attributes_only] if self.no_color else []), self._printable_only]

    def validate_theme(self, theme: str) -> str:
        """Return the theme. Under NO_COLOR, it is always the colourless one."""
        return theme if self._wants_colour else COLOURLESS_THEME

    # Disabled features of Textual

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's interface
        """Return none of Textual's own commands (its *Screenshot* writes the screen to a file)."""
        return ()

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Do nothing, so that no action writes the screen to a file."""

    def notify(self, message: str, **options: Any) -> None:
        """Show a toast. Markup in its text is never interpreted."""
        options["markup"] = False
        super().notify(message, **options)

    def copy_to_clipboard(self, text: str) -> None:
        """Send `text` to the terminal's clipboard (OSC 52).

        Raises:
            TypeError: `text` is not a string (a `Secret` is not one).
        """
        if not isinstance(text, str):
            raise TypeError("only text can be copied")
        super().copy_to_clipboard(text)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver class that survives a lost terminal."""
        return SafeDriver
