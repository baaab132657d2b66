"""Which pairs of many hosts a command is for: the marked ones, the one under the cursor, or all that need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import plural, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.fleet.model import HostPair


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
