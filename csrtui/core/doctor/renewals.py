"""Check renewals: that both pairs of a renewal refer to each other and the new one is in use."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from csrtui.core.base.escaping import visible
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.remedy import command, csrtui
from csrtui.core.pairs.pair import PairRecord, Stage


@dataclass(frozen=True, slots=True)
class Tie:
    """What a pair's record says about its predecessor and its successor.

    Attributes:
        name: The pair's name.
        path: Its folder.
        renews: The pair that it replaces, or None.
        renewed_by: The pair that replaces it, or None.
        is_retired: Whether it is no longer used.
    """

    name: str
    path: str
    renews: str | None
    renewed_by: str | None
    is_retired: bool


def tie_of(name: str, path: str, record: PairRecord) -> Tie:
    """Return what a pair's record says about other pairs."""
    return Tie(name, path, record.renews, record.renewed_by, record.stage is Stage.RETIRED)


def judge_renewals(ties: Iterable[Tie], names: Container[str]) -> dict[str, Ailment]:
    """Return the findings, by the name of the pair that would expire without a reminder.

    Args:
        ties: Of the pairs of the store that can be read.
        names: Of all pairs of the store.
    """
    by_name = {tie.name: tie for tie in ties}
    followers = {tie.renews: tie.name for tie in by_name.values() if not tie.is_retired}
    found = {}
    for tie in by_name.values():
        if tie.is_retired:
            continue
        if tie.renewed_by is not None:
            lost = _lost(tie.renewed_by, by_name, names)
            if lost is not None:
                text = f"says that {visible(tie.renewed_by)} replaces it, but {lost}: you will not be reminded to renew it"
                found[tie.name] = _ailment(Code.RENEWAL_BROKEN, tie, text)
        elif tie.name in followers:
            text = (
                f"does not say that {followers[tie.name]} was made to replace it: the renewal was interrupted"
            )
            found[tie.name] = _ailment(Code.RENEWAL_NOT_NOTED, tie, text)
    return found


def _lost(name: str, by_name: Mapping[str, Tie], names: Container[str]) -> str | None:
    """Return why a pair does not replace another, or None if it does or that is not known."""
    tie = by_name.get(name)
    if tie is None:
        return None if name in names else "that pair does not exist"
    # A successor that was itself renewed and then retired did replace the pair.
    return "that pair is retired" if tie.is_retired and tie.renewed_by is None else None


def _ailment(code: Code, old: Tie, text: str) -> Ailment:
    path = f"{old.path}/pair.json"
    return Ailment(code, path, f"{visible(path)} {text}", command(*csrtui("renew", old.name)), old.name)
