"""What can be read of many hosts: a pair of theirs in full, and every host with what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from csrtui.core.base.escaping import visible
from csrtui.fleet.model import fleet_age
from csrtui.tasks.pair_text import pair_lines
from csrtui.tasks.show import timeline
from csrtui.tui.screens.reading import Page, ReadingScreen
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from csrtui.fleet.model import Fleet, HostPair, HostState

_LABEL = 12
"""Columns of a label and the blank behind it."""


def pair_page(one: HostPair, now: datetime) -> ReadingScreen:
    """Return the screen that shows a pair on a host in full, with its life on a line."""

    def lines(width: int) -> Sequence[str]:
        shown: list[str] = []
        for label, text in pair_lines(one.pair, now):
            if label == "Subject":  # before what the pair is stands what it went through
                rows = timeline(one.pair.record, now, width)
                life = ["".join(piece.text for piece in row) for row in rows]
                shown += ["", *life, ""] if life else []
            shown += _labelled(label, visible(text), width)
        return shown

    return ReadingScreen([Page(f"{one.host} · {one.pair.name}", lines)])


def _labelled(label: str, text: str, width: int) -> list[str]:
    """A text beside its label, what goes on below its beginning; one with a longer word, such as a path, stays whole."""
    room = max(width - _LABEL, 8)
    whole = any(cell_len(word) > room for word in text.split(" "))
    first, *rest = [text] if whole else wrap(text, room)
    return [f"{label:<{_LABEL}}{first}", *(f"{'':{_LABEL}}{part}" for part in rest)]


def hosts_page(fleet: Fleet, now: datetime) -> ReadingScreen:
    """Return the screen that shows every host: those that failed first, with what mends it."""
    states = sorted(fleet.hosts.values(), key=lambda one: (one.failure is None, one.name))
    lines = [
        line for state in states for line in _host_lines(state, fleet_age(fleet.only([state.name]), now))
    ]
    return ReadingScreen([Page("Hosts", lambda _width: lines or ["No host was read yet."])])


def _host_lines(state: HostState, age: str) -> list[str]:
    """What is said of a host: its pairs and their age, or what went wrong and what mends it."""
    pairs = f"{len(state.documents)} pair{'s' if len(state.documents) != 1 else ''}, {age}"
    if state.failure is None:
        return [f"{state.name}  {pairs}"]
    return [
        f"{state.name}  {state.failure.reason.value}: {state.failure.text}",
        f"    {state.failure.remedy}",
        *([f"    {pairs}"] if state.read is not None else []),
    ]
