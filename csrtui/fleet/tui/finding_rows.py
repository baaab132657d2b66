"""The doctor's findings on many hosts as rows of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from csrtui.core.base.escaping import visible
from csrtui.tui.panes.finding_rows import FindingRows
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.fleet.host_finding import HostFinding

_HOST: Final = 20
_HOST_SHARE: Final = 4
"""A host has at most one part in so many of the width."""


class HostFindingRows(FindingRows):
    """Findings of many hosts: the host, then what is shown of a finding.

    Args:
        found: In their order.
    """

    def __init__(self, found: Sequence[HostFinding]) -> None:
        super().__init__(found)
        self._quotes = [one.quote for one in found]
        self._hosts = [visible(one.host) for one in found]
        self._longest = max(map(cell_len, self._hosts), default=0)

    def header(self, width: int) -> str:
        """The columns' names."""
        host = self._host_width(width)
        return f"{pad('Host', host)} {super().header(max(width - host - 1, 1))}"

    def row(self, index: int, width: int) -> Content:
        """One finding."""
        host = self._host_width(width)
        return Content.assemble(
            pad(self._hosts[index], host), " ", super().row(index, max(width - host - 1, 1))
        )

    def heading(self, index: int) -> str:
        """The host, and what finding `index` says: the command is for that host."""
        return f"{self._hosts[index]}: {super().heading(index)}"

    def _text_shown(self, index: int) -> str:
        """The host's own text in quotation marks, since the host stands before it."""
        quote = self._quotes[index]
        return f'"{quote}"' if quote else super()._text_shown(index)

    def _host_width(self, width: int) -> int:
        return max(min(self._longest, _HOST, width // _HOST_SHARE), len("Host"))
