"""Text broken into lines of a width in terminal cells."""

from rich.cells import cell_len, set_cell_size


def wrap(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` cells, broken at blanks, or within a word that is longer.

    There is always at least one line. `text` is visible text, without line breaks.
    """
    if width <= 0:
        return [""]
    lines, line = [], ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if cell_len(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        rest = word
        while cell_len(rest) > width:
            head = _fitting(rest, width)
            lines.append(head)
            rest = rest[len(head) :]
        line = rest
    return [*lines, line]


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, with an ellipsis where something is left out."""
    if cell_len(text) <= width:
        return text
    return _fitting(text, width - 1) + "…" if width > 0 else ""


def pad(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells."""
    return set_cell_size(cut(text, width), width)


def _fitting(text: str, width: int) -> str:
    """The longest beginning that fits; at least one character, so that a loop over the rest ends."""
    end = 0
    used = 0
    while end < len(text):
        used += cell_len(text[end])
        if used > width:
            break
        end += 1
    return text[: max(end, 1)]
