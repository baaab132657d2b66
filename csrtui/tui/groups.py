"""Which pairs a command is for: the one under the cursor, the marked ones, or all that need it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from csrtui.core.pair import BackupStatus, Pair, Stage


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that a dialog can work on together.

    Attributes:
        label: What they are called.
        pairs: At least one.
    """

    label: str
    pairs: tuple[Pair, ...]

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [pair.name for pair in self.pairs]


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a command can be for, where the cursor is.

    Attributes:
        current: The pair under the cursor, or the one that is shown.
        marked: The marked pairs.
        every: All pairs that can be chosen there.
    """

    current: Pair | None
    marked: tuple[Pair, ...] = ()
    every: tuple[Pair, ...] = ()

    @classmethod
    def among(cls, every: Iterable[Pair], current: Pair | None, marks: Collection[object]) -> "AtHand":
        """What is at hand in a list whose marks are names."""
        pairs = tuple(every)
        return cls(current, tuple(pair for pair in pairs if pair.name in marks) if marks else (), pairs)

    def groups(self, needing: Callable[[Pair], bool], what: str) -> list[Group]:
        """Return the groups there are, the likeliest first; none of the same pairs twice.

        Args:
            needing: Whether a pair is among all that need it.
            what: What those are called after ``all 12``.
        """
        needy = tuple(pair for pair in self.every if needing(pair))
        found = []
        if self.marked:
            found.append(Group(f"the {len(self.marked)} marked", self.marked))
        if self.current:
            found.append(Group(self.current.name, (self.current,)))
        if needy:
            found.append(Group(f"all {len(needy)} {what}" if len(needy) > 1 else needy[0].name, needy))
        known: set[frozenset[str]] = set()
        groups = []
        for group in found:
            names = frozenset(group.names)
            if names not in known:
                known.add(names)
                groups.append(group)
        return groups


def is_bare(pair: Pair) -> bool:
    """Whether a pair is in use and has no verified backup."""
    return pair.record.backup_status is not BackupStatus.VERIFIED and pair.record.stage is not Stage.RETIRED


def has_backup(pair: Pair) -> bool:
    """Whether any backup of a pair is known."""
    return bool(pair.record.backups)


def choices(groups: Sequence[Group]) -> list[tuple[str, str]]:
    """Return a choice for each group, its place in `groups` as the value; each text names the next one too."""
    following = [*groups[1:], *groups[:1]]
    return [
        (str(at), f"{group.label}   (or {other.label})")
        for at, (group, other) in enumerate(zip(groups, following, strict=True))
    ]
