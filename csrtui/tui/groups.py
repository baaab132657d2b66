"""The groups of pairs that a command can apply to: the current pair, the marked pairs, or all that need it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.query import Need


@dataclass(frozen=True, slots=True)
class Group:
    """A group of pairs that a dialog can process together.

    Attributes:
        label: The name of the group on the screen.
        pairs: One or more pairs. For a large store, each pair is read only when the sequence is iterated.
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
        current: The pair under the cursor, or the only pair on the screen.
        marked: The marked pairs.
        with_need: A function that returns the pairs of the screen that have a given need.
    """

    current: Pair | None
    marked: Sequence[Pair] = ()
    with_need: Callable[[Need], Sequence[Pair]] = _no_pairs

    def groups(self, need: Need, description: str) -> list[Group]:
        """Return the groups of pairs to choose from, most likely choice first. No two groups contain the same pairs.

        Args:
            need: The last group contains all pairs that have this need.
            description: The end of the label of that group, such as the words after ``all 12``.
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
    """A group of pairs, of any class, that has a label."""

    @property
    def label(self) -> str:
        """The name of the group on the screen."""


def choices(groups: Sequence[HasLabel]) -> list[tuple[str, str]]:
    """Return a (value, text) choice for each group.

    The value is the index of the group. The text is its label, followed by the label of the next group.
    """
    next_groups = [*groups[1:], *groups[:1]]
    return [
        (str(index), f"{group.label}   (or {next_group.label})")
        for index, (group, next_group) in enumerate(zip(groups, next_groups, strict=True))
    ]
