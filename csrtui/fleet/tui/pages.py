"""Text pages about many hosts: all details of a pair, and the list of the hosts with their state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from csrtui.core.base.escaping import plural, visible
from csrtui.fleet.host_states import fleet_age_text
from csrtui.tasks.show import pair_lines, timeline
from csrtui.tui.screens.text_pages import Page, PageScreen
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from csrtui.fleet.host_states import Fleet, HostPair, HostState

_LABEL = 12
"""The width of a label with the blank after it, in columns."""


def pair_page(host_pair: HostPair, now: datetime) -> PageScreen:
    """Return the screen that shows all details of a pair on a host, with its timeline."""

    def format_page(width: int) -> Sequence[str]:
        lines: list[str] = []
        for label, text in pair_lines(host_pair.pair, now):
            if label == "Subject":  # the timeline comes before the details
                rows = [
                    "".join(piece.text for piece in row)
                    for row in timeline(host_pair.pair.record, now, width)
                ]
                lines += ["", *rows, ""] if rows else []
            lines += _labelled_lines(label, visible(text), width)
        return lines

    return PageScreen([Page(f"{host_pair.host} · {host_pair.pair.name}", format_page)])


def _labelled_lines(label: str, text: str, width: int) -> list[str]:
    """Return the lines of a label and its text. The text is not wrapped if a word, such as a path, is too long."""
    room = max(width - _LABEL, 8)
    has_long_word = any(cell_len(word) > room for word in text.split(" "))
    first, *others = [text] if has_long_word else wrap(text, room)
    return [f"{label:<{_LABEL}}{first}", *(f"{'':{_LABEL}}{line}" for line in others)]


def hosts_page(fleet: Fleet, now: datetime) -> PageScreen:
    """Return the screen that shows every host: first the failed hosts, each with its fix."""
    states = sorted(fleet.hosts.values(), key=lambda state: (state.failure is None, state.name))
    lines = [
        line
        for state in states
        for line in _host_lines(state, fleet_age_text(fleet.restricted_to([state.name]), now))
    ]
    return PageScreen([Page("Hosts", lambda _width: lines or ["No host has been read yet."])])


def _host_lines(state: HostState, age: str) -> list[str]:
    """Return the lines about a host: its pairs and their age, and the failure with its fix."""
    pairs = f"{plural(len(state.documents), 'pair')}, {age}"
    if state.failure is None:
        return [f"{state.name}  {pairs}"]
    return [
        f"{state.name}  {state.failure.reason.value}: {state.failure.text}",
        f"    {state.failure.remedy}",
        *([f"    {pairs}"] if state.read is not None else []),
    ]
