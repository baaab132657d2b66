"""What each host would get, as rows of a list."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Level
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from csrtui.fleet.tasks.requests import Planned

_HOST_MOST: Final = 20
_HOST_SHARE: Final = 4
"""A host has at most so many-th of the width."""
_ADVICE: Final = 10
_STYLES: Final = {Level.ERROR: "bold $error", Level.WARNING: "$warning", Level.NOTE: ""}
LEFT_OUT = "left out"
"""What is said of a host that gets nothing."""


class PlanRows:
    """Rows for a `LineList`.

    Args:
        planned: What each host would get, in the order of the rows.
    """

    def __init__(self, planned: Sequence[Planned]) -> None:
        self._planned = planned
        self._places = {one.host: at for at, one in enumerate(planned)}
        self._longest = max((cell_len(visible(one.host)) for one in planned), default=0)

    def __len__(self) -> int:
        return len(self._planned)

    def item(self, index: int) -> Planned:
        """Return what the host of row `index` would get."""
        return self._planned[index]

    def key(self, index: int) -> Hashable:
        """The host, which no other row has."""
        return self._planned[index].host

    def find(self, key: Hashable) -> int | None:
        """Where that host is."""
        return self._places.get(key) if isinstance(key, str) else None

    def header(self, width: int) -> str:
        """The columns' names."""
        return f"{pad('Host', self._host_width(width))} {pad('Advice', _ADVICE)} Covers"

    def row(self, index: int, width: int) -> Content:
        """One host."""
        one = self._planned[index]
        host = self._host_width(width)
        room = max(width - host - _ADVICE - 2, 1)
        said, style = _advice(one)
        covers = one.failure.text if one.failure else "  ".join(one.advice.covers if one.advice else ())
        return Content.assemble(
            f"{pad(visible(one.host), host)} ", (pad(said, _ADVICE), style), f" {cut(visible(covers), room)}"
        )

    def _host_width(self, width: int) -> int:
        return max(min(self._longest, _HOST_MOST, width // _HOST_SHARE), len("Host"))


def worst(one: Planned) -> int:
    """Return how far up what a host would get belongs: 0 for one that gets nothing."""
    if one.failure is not None:
        return 0
    return 1 + min((finding.level.rank for finding in one.advice.findings), default=9) if one.advice else 0


def _advice(one: Planned) -> tuple[str, str]:
    """How many findings there are of the worst level: ``2 warnings``; and its style."""
    if one.failure is not None:
        return LEFT_OUT, _STYLES[Level.ERROR]
    counted = Counter(finding.level for finding in (one.advice.findings if one.advice else ()))
    for level in Level:
        if counted[level]:
            return f"{counted[level]} {level.value}{'s' if counted[level] != 1 else ''}", _STYLES[level]
    return "", ""
