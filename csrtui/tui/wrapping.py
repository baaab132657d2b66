"""Functions that wrap, cut and pad text to a width in terminal cells."""

import re

from rich.cells import cell_len, set_cell_size

_MIN_NAME = 8
_NUMBER = re.compile(r"-[0-9]{1,5}$", re.ASCII)


def wrap(text: str, width: int) -> list[str]:
    """Return `text` as one or more lines of at most `width` cells.

    Lines are broken at blanks. A word longer than a line is split. `text` is visible text without line breaks.
    """
    if width <= 0:
        return [""]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if cell_len(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        rest = word
        while cell_len(rest) > width:
            head = _prefix(rest, width)
            lines.append(head)
            rest = rest[len(head) :]
        line = rest
    return [*lines, line]


def cut(text: str, width: int) -> str:
    """Return `text`, cut to at most `width` cells. A text that was cut ends in an ellipsis."""
    if cell_len(text) <= width:
        return text
    return _prefix(text, width - 1) + "…" if width > 0 else ""


def cut_name(name: str, width: int) -> str:
    """Return the name of a pair, cut in the middle to at most `width` cells.

    The number at the end of the name, which distinguishes it from pairs for the same common name, is always kept.
    """
    if cell_len(name) <= width or width < _MIN_NAME:
        return cut(name, width)
    number = _NUMBER.search(name)
    tail = max(len(number.group()) if number else 0, width // 3)
    end = name[len(name) - tail :]
    while cell_len(end) > tail:
        end = end[1:]
    return f"{_prefix(name, width - 1 - cell_len(end))}…{end}"


def pad(text: str, width: int) -> str:
    """Return `text` cut or padded to exactly `width` cells."""
    return set_cell_size(cut(text, width), width)


def _prefix(text: str, width: int) -> str:
    """Return the longest prefix that fits.

    It has at least one character, so that a loop over the rest ends.
    """
    cells = 0
    for end, character in enumerate(text):
        cells += cell_len(character)
        if cells > width:
            return text[: max(end, 1)]
    return text
