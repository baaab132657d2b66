"""Cells of a CSV file that a spreadsheet shows as text and never evaluates (OWASP, CSV Injection)."""

import re

_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a formula could begin: at the start of the cell, or after a semicolon, which separates cells where the
comma is the decimal sign. The last four characters are the full-width forms of the first four, which some
spreadsheets convert."""
_NUMBER = re.compile(r"[+-]?[0-9]+")


def cell(text: str) -> str:
    """Return `text` as a cell: with an apostrophe wherever a spreadsheet would start a formula.

    A number keeps its sign. No other text changes, so that programs read names as they are.

    Args:
        text: The content, without line breaks and tabs.
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)
