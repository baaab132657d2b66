"""The doctor's findings as rows of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from rich.cells import cell_len
from textual.content import Content

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Level
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_LEVEL: Final = 7
_PAIR: Final = 24
_TEXT_WANTS: Final = 30
"""Below so many columns for the text, the pair's has to give way."""
_STYLES: Final = {Level.ERROR: "bold $error", Level.WARNING: "$warning", Level.NOTE: ""}


class Told(Protocol):
    """A finding as it is shown; its texts are visible."""

    @property
    def level(self) -> Level:
        """Its level."""

    @property
    def pair(self) -> str | None:
        """The pair's name, or None."""

    @property
    def text(self) -> str:
        """One sentence."""

    @property
    def remedy(self) -> str:
        """What fixes it."""

    @property
    def pasteable(self) -> str:
        """What fixes it, for a shell: an instruction is a comment."""


class FindingRows:
    """Rows for a `LineList`.

    Args:
        findings: In their order.
    """

    def __init__(self, findings: Sequence[Told]) -> None:
        self._findings = findings

    def __len__(self) -> int:
        return len(self._findings)

    def item(self, index: int) -> Told:
        """Return the finding of row `index`."""
        return self._findings[index]

    def heading(self, index: int) -> str:
        """Return the level and the text of finding `index`, a heading for its remedy."""
        one = self._findings[index]
        return visible(f"{one.level.value}: {one.text}")

    def key(self, index: int) -> Hashable:
        """The row's number: findings do not move."""
        return index

    def find(self, key: Hashable) -> int | None:
        """Where that row is."""
        return key if isinstance(key, int) and key < len(self._findings) else None

    def header(self, width: int) -> str:
        """The columns' names, where there is something under them."""
        pair = _pair_width(width)
        names = [pad("Level", _LEVEL), *([pad("Pair", pair)] if pair else []), "Finding"]
        return " ".join(names) if self._findings else ""

    def row(self, index: int, width: int) -> Content:
        """One finding."""
        one = self._findings[index]
        pair = _pair_width(width)
        level = (pad(one.level.value, _LEVEL), _STYLES[one.level])
        name = f" {pad(visible(one.pair or ''), pair)} " if pair else " "
        room = max(width - _LEVEL - cell_len(name), 1)
        return Content.assemble(level, name, cut(self._text_shown(index), room))

    def _text_shown(self, index: int) -> str:
        """What finding `index` says, beside its pair."""
        return short_text(self._findings[index])


def short_text(finding: Told) -> str:
    """Return what a finding says without the folder of its pair, which stands beside it."""
    _, within, rest = finding.text.partition(f"/pairs/{finding.pair}/")
    return rest if within and finding.text.startswith("/") else finding.text


def _pair_width(width: int) -> int:
    room = width - _LEVEL - 2 - _TEXT_WANTS
    return min(room, _PAIR) if room >= _PAIR // 2 else 0
