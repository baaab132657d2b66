"""The pairs that a command can work on: the one under the cursor, the marked ones, or all that need it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.query import Need


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that a dialog can work on together.

    Attributes:
        label: The name of the group on the screen.
        pairs: One or more pairs. In a large store they are read only when they are iterated.
    """

    label: str
    pairs: Sequence[Pair]

    @property
    def names(self) -> Sequence[str]:
        """The names of the pairs."""
        return self.pairs.names if isinstance(self.pairs, HasNames) else [pair.name for pair in self.pairs]


@runtime_checkable
class HasNames(Protocol):
    """A sequence of pairs whose names are known before the pairs are read."""

    names: Sequence[str]


def _no_pairs(_need: Need) -> Sequence[Pair]:
    return ()


@dataclass(frozen=True, slots=True)
class PairSelection:
    """The pairs that can be chosen on the current screen.

    Attributes:
        current: The pair under the cursor, or the one on the screen.
        marked: The marked pairs.
        with_need: Returns those of the screen's pairs that have a need.
    """

    current: Pair | None
    marked: Sequence[Pair] = ()
    with_need: Callable[[Need], Sequence[Pair]] = _no_pairs

    def groups(self, need: Need, description: str) -> list[Group]:
        """Return the groups of pairs, most likely choice first, without groups of the same pairs.

        Args:
            need: The need of the pairs in the group of all.
            description: The rest of that group's label after ``all 12``.
        """
        groups = []
        if self.marked:
            groups.append(Group(f"the {len(self.marked)} marked", self.marked))
        if self.current:
            groups.append(Group(self.current.name, (self.current,)))
        pairs = self.with_need(need)
        if pairs:
            group = Group(f"all {len(pairs)} {description}", pairs)
            groups.append(group if len(pairs) > 1 else Group(group.names[0], pairs))
        distinct: dict[frozenset[str], Group] = {}
        for group in groups:
            distinct.setdefault(frozenset(group.names), group)
        return list(distinct.values())


class HasLabel(Protocol):
    """A group of pairs of any kind."""

    @property
    def label(self) -> str:
        """The name of the group on the screen."""


def choices(groups: Sequence[HasLabel]) -> list[tuple[str, str]]:
    """Return a (value, text) choice for each group: its index, and its label with that of the next group."""
    next_groups = [*groups[1:], *groups[:1]]
    return [
        (str(index), f"{group.label}   (or {next_group.label})")
        for index, (group, next_group) in enumerate(zip(groups, next_groups, strict=True))
    ]
