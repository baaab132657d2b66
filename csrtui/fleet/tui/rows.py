"""The list rows of the fleet screens: the key pairs on the hosts, doctor findings, and planned requests."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import Level
from csrtui.core.pairs.query import SortOrder
from csrtui.core.pairs.summary import summarize
from csrtui.tui.groups import Group, distinct_groups
from csrtui.tui.panes.finding_rows import FindingRows, short_text
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.widgets.line_list import ItemRows
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from datetime import datetime

    from csrtui.fleet.host_states import HostPair
    from csrtui.fleet.tasks.doctor import HostFinding
    from csrtui.fleet.tasks.requests import PlannedRequest


def pair_label(host_pair: HostPair) -> str:
    """Return the name of a pair with its host: ``www.mydomain.com on web1``."""
    return f"{visible(host_pair.pair.name)} on {visible(host_pair.host)}"


def describe_pairs(pairs: Sequence[HostPair]) -> str:
    """Return the label of a single pair, or the number of pairs and hosts: ``12 pairs on 5 hosts``."""
    if len(pairs) == 1:
        return pair_label(pairs[0])
    return f"{plural(len(pairs), 'pair')} on {plural(count_hosts(pairs), 'host')}"


def count_hosts(pairs: Sequence[HostPair]) -> int:
    """Return the number of different hosts that the pairs are on."""
    return len({host_pair.host for host_pair in pairs})


def host_groups(
    marked: Sequence[HostPair], current: Sequence[HostPair], needing: Sequence[HostPair], description: str
) -> list[Group[HostPair]]:
    """Return the groups of pairs to choose from. The arguments are those of `distinct_groups`."""
    return distinct_groups(marked, current, needing, description, keys_of=_keys_of, label_of=pair_label)


def _keys_of(pairs: Sequence[HostPair]) -> list[tuple[str, str]]:
    return [(host_pair.host, host_pair.pair.name) for host_pair in pairs]


class _HostColumn:
    """The first column of a list, with the host of each row."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = [visible(host) for host in hosts]
        self._longest = max(map(cell_len, self._hosts), default=0)

    def __getitem__(self, index: int) -> str:
        return self._hosts[index]

    def width(self, width: int) -> int:
        """Return the width of the host column, and of the blank after it, in a list of `width` columns."""
        return max(min(self._longest, _MAX_HOST, width // _HOST_SHARE), len("Host")) + 1

    def remaining(self, width: int) -> int:
        """Return the width of the other columns in a list of `width` columns."""
        return max(width - self.width(width), 1)

    def heading(self, width: int) -> str:
        """Return the heading of the column, padded to its width."""
        return pad("Host", self.width(width))

    def cell(self, index: int, width: int) -> str:
        """Return the host of a row, padded to the width of the column."""
        return f"{pad(self._hosts[index], self.width(width) - 1)} "


_MAX_HOST: Final = 20
_HOST_SHARE: Final = 4
"""The host column is no wider than the list's width divided by `_HOST_SHARE`."""


class HostFindingRows(FindingRows):
    """Rows for the findings of many hosts. Each row contains the host, then the finding."""

    def __init__(self, findings: Sequence[HostFinding]) -> None:
        super().__init__(findings)
        self._quotes = [finding.quote for finding in findings]
        self._hosts = _HostColumn(finding.host for finding in findings)

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        return self._hosts.heading(width) + super().header(self._hosts.remaining(width))

    def name_width(self, width: int) -> int:
        """Return the width in cells of the host, the level and the pair."""
        return self._hosts.width(width) + super().name_width(self._hosts.remaining(width))

    def row(self, index: int, width: int) -> Content:
        """Return the row of a finding."""
        others = super().row(index, self._hosts.remaining(width))
        return Content.assemble(self._hosts.cell(index, width), others)

    def heading(self, index: int) -> str:
        """Return the heading of a finding, with the host on which the command must be run."""
        return f"{self._hosts[index]}: {super().heading(index)}"

    def _displayed_text(self, index: int) -> str:
        """Return the host's own text in quotation marks, or csrtui's text. The row shows the host before it."""
        quote = self._quotes[index]
        return f'"{short_text(quote, self.item(index).pair)}"' if quote else super()._displayed_text(index)


class FleetRows(ItemRows["HostPair"]):
    """Rows of a `LineList` for the pairs of many hosts."""

    def __init__(
        self, host_pairs: Sequence[HostPair], now: datetime, order: SortOrder = SortOrder.URGENCY
    ) -> None:
        super().__init__(host_pairs)
        self._hosts = _HostColumn(pair.host for pair in host_pairs)
        self._pairs = PairRows([summarize(pair.pair) for pair in host_pairs], (), now, order)

    def key(self, index: int) -> Hashable:
        """Return the host and the pair's name, which identify the row."""
        host_pair = self.item(index)
        return host_pair.host, host_pair.pair.name

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        return self._hosts.heading(width) + self._pairs.header(self._hosts.remaining(width))

    def name_width(self, width: int) -> int:
        """Return the width in cells of the host and the pair's name."""
        return self._hosts.width(width) + self._pairs.name_width(self._hosts.remaining(width))

    def row(self, index: int, width: int) -> Content:
        """Return the row of a pair."""
        others = self._pairs.row(index, self._hosts.remaining(width))
        return Content.assemble(self._hosts.cell(index, width), others)


_ADVICE: Final = 10
"""The width of the column with the advice."""
_STYLES: Final = {Level.ERROR: "bold $error", Level.WARNING: "$warning", Level.NOTE: ""}
LEFT_OUT = "left out"
"""The mark of a host that gets no pair."""


class PlanRows(ItemRows["PlannedRequest"]):
    """Rows of a `LineList` for the planned requests of many hosts."""

    def __init__(self, requests: Sequence[PlannedRequest]) -> None:
        super().__init__(requests)
        self._hosts = _HostColumn(request.host for request in requests)

    def key(self, index: int) -> Hashable:
        """Return the host, which identifies the row."""
        return self.item(index).host

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        return f"{self._hosts.heading(width)}{pad('Advice', _ADVICE)} Covers"

    def row(self, index: int, width: int) -> Content:
        """Return the row of a host."""
        request = self.item(index)
        room = max(self._hosts.remaining(width) - _ADVICE - 1, 1)
        advice, style = _advice(request)
        names = request.advice.covered_names if request.advice else ()
        covers = cut(visible(request.failure.text if request.failure else "  ".join(names)), room)
        return Content.assemble(self._hosts.cell(index, width), (pad(advice, _ADVICE), style), f" {covers}")


def severity_rank(request: PlannedRequest) -> int:
    """Return the sort rank of a planned request: 0 if the host gets no pair, or else by its most severe finding."""
    if request.failure is not None or not request.advice:
        return 0
    return 1 + min((finding.level.rank for finding in request.advice.findings), default=9)


def _advice(request: PlannedRequest) -> tuple[str, str]:
    """Return the number of findings of the most severe level (``2 warnings``) and its style."""
    if request.failure is not None:
        return LEFT_OUT, _STYLES[Level.ERROR]
    counts = Counter(finding.level for finding in (request.advice.findings if request.advice else ()))
    for level in Level:
        if counts[level]:
            return plural(counts[level], level.value), _STYLES[level]
    return "", ""
