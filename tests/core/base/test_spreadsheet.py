"""Cells never become formulas, whatever their text is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.escaping import spreadsheet_cell


@table(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20x", "'\uff20x"),
        ("  =1", "'  =1"),
        ("a;=1;b; @x", "a;'=1;b;' @x"),
        ("-", "'-"),
    ],
)
def test_a_formula_gets_an_apostrophe(text: str, safe: str) -> None:
    assert spreadsheet_cell(text) == safe


@table(
    "text",
    ["", "www.example.com", "*.example.com", "a=b", "a-b", "x@y", "-5", "+7", "12", "2026-11-23T09:00:00Z"],
)
def test_names_numbers_and_times_stay_as_they_are(text: str) -> None:
    assert spreadsheet_cell(text) == text


@given(st.text(alphabet="=+-@;' 1a\uff1d"))
def test_no_cell_begins_a_formula(text: str) -> None:
    for part in spreadsheet_cell(text).split(";"):
        assert not re.match(r"\s*[=+\-@\uff1d]", part) or re.fullmatch(r"[+-]?[0-9]+", spreadsheet_cell(text))
