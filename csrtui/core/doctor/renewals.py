"""Judging what pairs say of each other: that a pair which another one takes the place of knows it, and has it."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from csrtui.core.doctor.ailment import Ailment, Code
from csrtui.core.pair import PairRecord, Stage
from csrtui.core.shell import command
from csrtui.core.visible import visible


@dataclass(frozen=True, slots=True)
class Tie:
    """What a pair says of the one before it and of the one after it.

    Attributes:
        name: The pair's name.
        path: Its folder.
        renews: The pair that it takes the place of, or None.
        renewed_by: The pair that takes its place, or None.
        is_retired: Whether it is no longer used.
    """

    name: str
    path: str
    renews: str | None
    renewed_by: str | None
    is_retired: bool


def tie_of(name: str, path: str, record: PairRecord) -> Tie:
    """Return what a pair's record says of other pairs."""
    return Tie(name, path, record.renews, record.renewed_by, record.stage is Stage.RETIRED)


def judge_renewals(ties: Iterable[Tie], names: Container[str]) -> dict[str, Ailment]:
    """Return what is wrong, by the name of the pair that would be overlooked: nobody is told when it expires.

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
                text = f"says that {visible(tie.renewed_by)} takes its place, and {lost}: nobody is told when it expires"
                found[tie.name] = _ailment(Code.RENEWAL_BROKEN, tie, text)
        elif tie.name in followers:
            text = f"does not say that {followers[tie.name]} was made to take its place: noting it broke off"
            found[tie.name] = _ailment(Code.RENEWAL_NOT_NOTED, tie, text)
    return found


def _lost(name: str, by_name: Mapping[str, Tie], names: Container[str]) -> str | None:
    """Why a pair takes the place of none, or None where it does, or where that cannot be told."""
    tie = by_name.get(name)
    if tie is None:
        return None if name in names else "there is no such pair"
    # One that is retired since a third took its place has done its part.
    return "that one is retired" if tie.is_retired and tie.renewed_by is None else None


def _ailment(code: Code, old: Tie, text: str) -> Ailment:
    path = f"{old.path}/pair.json"
    return Ailment(code, path, f"{visible(path)} {text}", command("csrtui", "renew", old.name), old.name)
