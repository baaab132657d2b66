"""The line that counts the pairs, in the room there is for it."""

from typing import Final

BETWEEN: Final = " · "
"""Between its parts."""
UNREADABLE: Final = "cannot be read"
"""What its last part ends with, where there are such pairs."""


def as_fits(counted: str, width: int) -> str:
    """Leave out what counts least where not all fits with a blank on each side; no number is cut in two."""
    parts = counted.split(BETWEEN)
    while len(parts) > 1 and 0 < width < len(BETWEEN.join(parts)) + 2:
        least = -2 if parts[-1].endswith(UNREADABLE) and len(parts) > 2 else -1  # noqa: PLR2004 - the first says how many
        parts.pop(least)
    return BETWEEN.join(parts)
