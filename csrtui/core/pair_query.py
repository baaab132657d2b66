"""Which pairs a list shows, and in which order: what the user types, and the sorts there are."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from csrtui.core.keys import label_of_name
from csrtui.core.pair import BackupStatus, NextStep, Pair, Stage, urgency

SortKey = tuple[int, float, str]
"""What pairs are sorted by: a rank, a time or none, the name."""


class Retired(Enum):
    """Whether pairs that are no longer used are among those selected."""

    SHOWN = auto()
    HIDDEN = auto()


class Order(Enum):
    """How the pairs are sorted."""

    URGENCY = "what wants attention first"
    NAME = "by name"
    MADE = "newest first"
    LEFT = "days left"

    @property
    def following(self) -> "Order":
        """The next order, round the end."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


class Need(Enum):
    """What pairs can be in need of."""

    BACKUP = auto()
    """They are in use and have no verified backup."""
    VERIFICATION = auto()
    """They have backups, which may be looked at again."""

    def is_of(self, pair: Pair) -> bool:
        """Whether a pair has this need."""
        record = pair.record
        if self is Need.VERIFICATION:
            return record.backup_status is not BackupStatus.NONE
        return record.backup_status is not BackupStatus.VERIFIED and record.stage is not Stage.RETIRED


class Query(NamedTuple):
    """What pairs have to be to be shown.

    Attributes:
        words: What they hold, every one of them, in lower case (`str.casefold`).
        next_step: The step that is before them, or None for any.
        retired: Whether retired ones are shown.
        need: What they are in need of, or None for any.
    """

    words: tuple[str, ...] = ()
    next_step: NextStep | None = None
    retired: Retired = Retired.SHOWN
    need: Need | None = None

    @classmethod
    def typed(cls, text: str, next_step: NextStep | None = None, retired: Retired = Retired.SHOWN) -> "Query":
        """The query for a text as it was typed: its words, in any case."""
        return cls(tuple(text.casefold().split()), next_step, retired)

    def is_met(self, pair: Pair, now: datetime) -> bool:
        """Whether a pair is to be shown."""
        if self.retired is Retired.HIDDEN and pair.record.stage is Stage.RETIRED:
            return False
        if self.next_step is not None and pair.record.next_step(now) is not self.next_step:
            return False
        if self.need is not None and not self.need.is_of(pair):
            return False
        if not self.words:
            return True
        text = searched_text(pair)
        return all(word in text for word in self.words)


def shown_for(text: str, retired: Retired) -> Retired:
    """Return whether retired pairs are shown for a text as it was typed: one that asks for them shows them."""
    return Retired.SHOWN if Stage.RETIRED in text.casefold().split() else retired


def searched_text(pair: Pair) -> str:
    """Return what words are looked for in: name, names, subject, key, fingerprint, backup, stage, platform.

    International names and the key are there as people write them too.
    """
    record = pair.record
    parts = (
        pair.name,
        *record.names,
        *_in_letters(record.names),
        record.subject_text,
        record.key.type,
        label_of_name(record.key.type),
        record.key.spki_sha256,
        record.backup_status,
        record.stage,
        record.platform,
    )
    return " ".join(parts).casefold()


def _in_letters(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if "xn--" in name:
            from csrtui.core.international import to_unicode

            yield ".".join(map(to_unicode, name.split(".")))


def sort_key(order: Order, now: datetime) -> Callable[[Pair], SortKey]:
    """Return what to sort pairs by."""

    def by_left(pair: Pair) -> SortKey:
        validity = pair.record.validity
        return (0, validity.not_after.timestamp(), pair.name) if validity else (1, 0, pair.name)

    keys: dict[Order, Callable[[Pair], SortKey]] = {
        Order.URGENCY: lambda pair: urgency(pair, now),
        Order.NAME: lambda pair: (0, 0, pair.name),
        Order.MADE: lambda pair: (0, -pair.record.created.timestamp(), pair.name),
        Order.LEFT: by_left,
    }
    return keys[order]
