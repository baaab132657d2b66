"""List rows of the fleet's screens: pairs of hosts, findings of their doctors, and what each host would get."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import Level
from csrtui.core.pairs.summary import summarize
from csrtui.tui.panes.finding_rows import FindingRows
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import datetime

    from csrtui.fleet.host_finding import HostFinding
    from csrtui.fleet.model import HostPair
    from csrtui.fleet.tasks.requests import Planned


@dataclass(frozen=True, slots=True)
class HostGroup:
    """Pairs that a dialog can work on together.

    Attributes:
        label: What they are called.
        pairs: At least one.
    """

    label: str
    pairs: tuple[HostPair, ...]

    @property
    def counted(self) -> str:
        """How many they are: the one by its name and host, or ``12 pairs on 5 hosts``."""
        if len(self.pairs) == 1:
            return named(self.pairs[0])
        hosts = len({one.host for one in self.pairs})
        return f"{plural(len(self.pairs), 'pair')} on {plural(hosts, 'host')}"


def named(one: HostPair) -> str:
    """Return what a pair on a host is called: ``www.mydomain.com on web1``."""
    return f"{visible(one.pair.name)} on {visible(one.host)}"


def host_groups(
    marked: Sequence[HostPair], current: HostPair | None, needy: Sequence[HostPair], what: str
) -> list[HostGroup]:
    """Return the groups there are, the likeliest first; none of the same pairs twice.

    Args:
        marked: The marked pairs.
        current: The one under the cursor, or None.
        needy: All that are in need of it.
        what: What those are called after ``all 12``.
    """
    found = [HostGroup(f"the {len(marked)} marked", tuple(marked))] if marked else []
    if current is not None:
        found.append(HostGroup(named(current), (current,)))
    if len(needy) > 1:
        found.append(HostGroup(f"all {len(needy)} {what}", tuple(needy)))
    elif needy:
        found.append(HostGroup(named(needy[0]), tuple(needy)))
    known: dict[frozenset[tuple[str, str]], HostGroup] = {}
    for group in found:
        known.setdefault(frozenset((one.host, one.pair.name) for one in group.pairs), group)
    return list(known.values())


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


_HOST_MOST: Final = 20
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
