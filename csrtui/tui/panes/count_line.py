"""The line with the counts of pairs. It is shortened to the available width."""

from typing import Final

SEPARATOR: Final = " · "
"""The text between two counts."""
UNREADABLE: Final = "cannot be read"
"""The end of the last count if some pairs cannot be read."""


def shorten_counts(line: str, width: int) -> str:
    """Return `line`. If it does not fit into `width` cells, omit its least important counts, but never part of a count.

    One blank is left free on each side. A `width` of 0 means that the width is not known yet.
    """
    counts = line.split(SEPARATOR)
    while len(counts) > 1 and 0 < width < len(SEPARATOR.join(counts)) + 2:
        # The most important counts are the first one (all pairs) and the count of unreadable pairs.
        is_last_important = counts[-1].endswith(UNREADABLE) and len(counts) > 2  # noqa: PLR2004 - first and last
        counts.pop(-2 if is_last_important else -1)
    return SEPARATOR.join(counts)
