"""Functions that wrap, cut and pad text to a width in terminal cells, and return it as lines of styled text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from csrtui.core.base.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tui.widgets.text_block import Line

_MIN_NAME = 8
_MIN_TEXT = 8
"""The minimum width in cells for wrapping text beside a head."""
_NUMBER = re.compile(r"-[0-9]{1,5}$", re.ASCII)


def wrap(text: str, width: int, max_lines: int | None = None) -> list[str]:
    """Return `text` as one or more lines of at most `width` cells. With `max_lines`, cut the last of these lines.

    Lines are broken at blanks. A word longer than a line is split, if possible after a slash or a comma. `text` is visible
    text without line breaks.
    """
    if width <= 0:
        return [""]
    if max_lines is not None:
        whole = wrap(text, width)
        kept, left = whole[: max_lines - 1], whole[max_lines - 1 :]
        return [*kept, cut(" ".join(left), width)] if left else whole
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
            head = _prefix(rest, width) or rest[0]
            if (end := max(map(head.rfind, "/,")) + 1) > width // 3:
                head = head[:end]
            lines.append(head)
            rest = rest[len(head) :]
        line = rest
    return [*lines, line]


def cut(text: str, width: int) -> str:
    """Return `text`, cut to at most `width` cells. Text that was cut ends in an ellipsis."""
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
    """Return the longest prefix that fits into `width` cells."""
    cells = 0
    for end, character in enumerate(text):
        cells += cell_len(character)
        if cells > width:
            return text[:end]
    return text


# Lines of styled text


def wrapped(text: str, width: int, style: str = "", margin: str = " ") -> list[Line]:
    """Return a text as lines of at most `width` cells after a margin. The text may be untrusted: it is escaped."""
    return [((f"{margin}{line}", style),) for line in wrap(visible(text), width)]


def hanging(head: str, text: str, width: int, head_style: str = "", style: str = "") -> list[Line]:
    """Return a head and a wrapped text beside it, `width` cells in all. The text may be untrusted: it is escaped.

    The head is a label or a dash.
    """
    indent = cell_len(head)
    first, *rest = wrap(visible(text), max(width - indent, _MIN_TEXT))
    return [
        ((head, head_style), (first, style)),
        *(((" " * indent, ""), (line, style)) for line in rest),
    ]


def cut_lines(lines: Sequence[Line], count: int, width: int) -> list[Line]:
    """Return the first `count` lines. If lines are left out, the last one ends in an ellipsis, within `width` cells."""
    kept = list(lines[:count])
    if len(lines) > count and kept and kept[-1]:
        *parts, (text, style) = kept[-1]
        room = max(width - sum(cell_len(part) for part, _ in parts) - 2, 1)
        kept[-1] = (*parts, (f"{_prefix(text, room)} …", style))
    return kept


def title_line(title: str, note: str, width: int) -> Line:
    """Return a rule with a title at its left end and a note at its right end, if there is room for it."""
    left = f" {cut(title, max(width - 4, 1))} "
    right = f" {note} ──" if note else ""
    if cell_len(left) + cell_len(right) + 2 > width:
        right = ""
    rule = "─" * max(width - 1 - cell_len(left) - cell_len(right), 0)
    return (("─", "label"), (left, "strong"), (f"{rule}{right}", "label"))


def text_lines(text: str, width: int, margin: str = "") -> list[Line]:
    """Return a line of visible text, wrapped to a width. Continuation lines are indented further than the first line.

    Headings, which start at the left edge and end with a colon, are bold. A line of a wrapped sentence is not a heading.
    """
    indent = text[: len(text) - len(text.lstrip(" "))]
    is_heading = text.endswith(":") and text[:1].isupper() and ". " not in text
    style = "strong" if is_heading else ""
    if len(text) <= width:
        return [((f"{margin}{text}", style),)]
    first, *rest = wrap(text[len(indent) :], max(width - len(indent) - 2, 8))
    return [
        ((f"{margin}{indent}{first}", style),),
        *(((f"{margin}{indent}  {line}", style),) for line in rest),
    ]
