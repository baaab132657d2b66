"""Text that a view has not escaped does not reach the terminal unfiltered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import ControlType, Segment
from rich.style import Style
from tables import table
from textual.color import Color

from csrtui.tui.crash_safe_app import AttributesOnly, PrintableOnly

BACKGROUND = Color(0, 0, 0)


def filtered(text: str) -> str:
    return "".join(s.text for s in PrintableOnly().apply([Segment(text)], BACKGROUND))


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_printable_text_of_the_same_width(text: str) -> None:
    result = filtered(text)
    assert result.isprintable()
    assert cell_len(result) == cell_len(text)
    result.encode()  # and no surrogate, which cannot be encoded for the terminal


@table(
    ("text", "shown"),
    [
        ("\x1b[31mred", "[31mred"),
        ("a\x9b31mb", "a31mb"),
        ("gpj\u202eexe", "gpjexe"),
        ("pay\u200bpal", "paypal"),
        ("no\u00a0break", "no break"),
        ("Söhne & 株式会社", "Söhne & 株式会社"),
        ("\ue000", "?"),
    ],
)
def test_known_tricks_have_no_effect(text: str, shown: str) -> None:
    assert filtered(text) == shown


@pytest.mark.parametrize("text", ["\x1b[2J", "[2J"])
def test_a_control_segment_becomes_text(text: str) -> None:
    [segment] = PrintableOnly().apply([Segment(text, None, [(ControlType.CLEAR,)])], BACKGROUND)
    assert segment.control is None
    assert segment.text == "[2J"


def test_harmless_segments_stay_unchanged() -> None:
    segment = Segment("plain", Style(bold=True))
    assert PrintableOnly().apply([segment], BACKGROUND)[0] is segment


@table(
    ("style", "expected"),
    [
        (None, None),
        (Style.parse("bold red"), Style(bold=True)),
        (Style.parse("white on blue"), Style(reverse=True)),
        (Style.parse("underline red on default"), Style(underline=True)),
    ],
)
def test_colours_are_removed_and_a_coloured_background_becomes_reverse_video(
    style: Style | None, expected: Style | None
) -> None:
    [segment] = AttributesOnly().apply([Segment("x", style)], BACKGROUND)
    assert segment.style == expected
