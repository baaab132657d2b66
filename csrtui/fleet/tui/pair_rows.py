"""The pairs of many hosts as rows of a list: the host, then what the keystore's list says of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.summary import summarize
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import datetime

    from csrtui.fleet.model import HostPair

_HOST_MOST: Final = 20
_HOST_SHARE: Final = 4
"""The host has at most so many-th of the width."""


class FleetRows:
    """Rows for a `LineList`.

    Args:
        found: The pairs in their order.
        now: What ages and days left are counted to.
    """

    def __init__(self, found: Sequence[HostPair], now: datetime) -> None:
        self._found = found
        self._places = {(one.host, one.pair.name): at for at, one in enumerate(found)}
        self._longest = max((len(visible(one.host)) for one in found), default=0)
        self._pairs = PairRows([summarize(pair.pair) for pair in found], (), now)

    def __len__(self) -> int:
        return len(self._found)

    def item(self, index: int) -> HostPair:
        """Return the pair of row `index`."""
        return self._found[index]

    def key(self, index: int) -> Hashable:
        """The host and the pair's name, which no other row has."""
        one = self._found[index]
        return one.host, one.pair.name

    def find(self, key: Hashable) -> int | None:
        """Where that pair is."""
        return self._places.get(key) if isinstance(key, tuple) else None

    def header(self, width: int) -> str:
        """The columns' names."""
        host = self._host_width(width)
        return f"{pad('Host', host)} {self._pairs.header(max(width - host - 1, 1))}"

    def row(self, index: int, width: int) -> Content:
        """One pair."""
        host = self._host_width(width)
        name = pad(visible(self._found[index].host), host)
        return Content.assemble(name, " ", self._pairs.row(index, max(width - host - 1, 1)))

    def _host_width(self, width: int) -> int:
        return max(min(self._longest, _HOST_MOST, width // _HOST_SHARE), len("Host"))
