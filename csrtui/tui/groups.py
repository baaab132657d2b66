"""Which pairs a command is for: the one under the cursor, the marked ones, or all that need it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.query import Need


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that a dialog can work on together.

    Attributes:
        label: What they are called.
        pairs: At least one. Of a store of many they are read when they are gone through.
    """

    label: str
    pairs: Sequence[Pair]

    @property
    def names(self) -> Sequence[str]:
        """Their names."""
        return self.pairs.names if isinstance(self.pairs, Named) else [pair.name for pair in self.pairs]


@runtime_checkable
class Named(Protocol):
    """Pairs whose names are known before they are read."""

    names: Sequence[str]


def _none(_need: Need) -> Sequence[Pair]:
    return ()


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a command can be for, where the cursor is.

    Attributes:
        current: The pair under the cursor, or the one that is shown.
        marked: The marked pairs.
        needing: Gives, of all pairs that can be chosen there, those with a need.
    """

    current: Pair | None
    marked: Sequence[Pair] = ()
    needing: Callable[[Need], Sequence[Pair]] = _none

    def groups(self, need: Need, what: str) -> list[Group]:
        """Return the groups there are, the likeliest first; none of the same pairs twice.

        Args:
            need: What the group of all is in need of.
            what: What those are called after ``all 12``.
        """
        needy = self.needing(need)
        found = []
        if self.marked:
            found.append(Group(f"the {len(self.marked)} marked", self.marked))
        if self.current:
            found.append(Group(self.current.name, (self.current,)))
        if needy:
            group = Group(f"all {len(needy)} {what}", needy)
            found.append(group if len(needy) > 1 else Group(group.names[0], needy))
        known: set[frozenset[str]] = set()
        groups = []
        for group in found:
            names = frozenset(group.names)
            if names not in known:
                known.add(names)
                groups.append(group)
        return groups


class Labelled(Protocol):
    """A group, of whatever pairs."""

    @property
    def label(self) -> str:
        """What they are called."""


def choices(groups: Sequence[Labelled]) -> list[tuple[str, str]]:
    """Return a choice for each group, its place in `groups` as the value; each text names the next one too."""
    following = [*groups[1:], *groups[:1]]
    return [
        (str(at), f"{group.label}   (or {other.label})")
        for at, (group, other) in enumerate(zip(groups, following, strict=True))
    ]
