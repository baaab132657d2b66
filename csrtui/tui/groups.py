"""The groups of pairs that a command can apply to: the current pair, the marked pairs, or all that need it."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.query import Need
from csrtui.tasks.list import Pairs

PairT = TypeVar("PairT")


@dataclass(frozen=True, slots=True)
class Group(Generic[PairT]):
    """A group of pairs that a dialog can process together.

    Attributes:
        pairs: One or more pairs. For a large store, each pair is read only when the sequence is iterated.
    """

    label: str
    pairs: Sequence[PairT]


def names_of(pairs: Sequence[Pair]) -> Sequence[str]:
    """Return the names of pairs, without reading the pairs of a large store."""
    return pairs.names if isinstance(pairs, Pairs) else [pair.name for pair in pairs]


def distinct_groups(
    marked: Sequence[PairT],
    current: Sequence[PairT],
    needing: Sequence[PairT],
    description: str,
    *,
    keys_of: Callable[[Sequence[PairT]], Sequence[Hashable]],
    label_of: Callable[[PairT], str],
) -> list[Group[PairT]]:
    """Return the groups of pairs to choose from, most likely choice first. No two groups contain the same pairs.

    The last label consists of ``all 12`` and `description`.
    """
    label = "the marked pair" if len(marked) == 1 else f"the {len(marked)} marked"
    groups = [Group(label, marked)] if marked else []
    groups += [Group(label_of(pair), [pair]) for pair in current]
    if len(needing) > 1:
        groups.append(Group(f"all {len(needing)} {description}", needing))
    else:
        groups += [Group(label_of(pair), [pair]) for pair in needing]
    distinct: dict[frozenset[Hashable], Group[PairT]] = {}
    for group in groups:
        distinct.setdefault(frozenset(keys_of(group.pairs)), group)
    return list(distinct.values())


@dataclass(frozen=True, slots=True)
class PairSelection:
    """The pairs that can be chosen on the current screen.

    Attributes:
        current: The pair under the cursor, or the only pair on the screen.
    """

    current: Pair | None
    marked: Sequence[Pair] = ()
    with_need: Callable[[Need], Sequence[Pair]] = lambda _need: ()

    def groups(self, need: Need, description: str) -> list[Group[Pair]]:
        """Return the groups of pairs to choose from, most likely choice first. No two groups contain the same pairs.

        The last label consists of ``all 12`` and `description`.
        """
        current = [self.current] if self.current else []
        needing = self.with_need(need)
        return distinct_groups(
            self.marked, current, needing, description, keys_of=names_of, label_of=lambda pair: pair.name
        )
