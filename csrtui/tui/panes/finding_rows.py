"""The rows of a list of the doctor's findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

from rich.cells import cell_len
from textual.content import Content

from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import Level
from csrtui.tui.widgets.line_list import ItemRows
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

_LEVEL_WIDTH: Final = 7
_PAIR_WIDTH: Final = 24
_MIN_TEXT_WIDTH: Final = 30
"""If the text would have fewer cells, the column of the pair is narrowed or left out."""
_STYLES: Final = {Level.ERROR: "bold $error", Level.WARNING: "$warning", Level.NOTE: ""}


class DisplayedFinding(Protocol):
    """A finding of the doctor whose texts are escaped for display."""

    @property
    def level(self) -> Level:
        """The level of the finding."""

    @property
    def pair(self) -> str | None:
        """The name of the pair, or None if the finding concerns the store."""

    @property
    def text(self) -> str:
        """The problem, in one sentence."""

    @property
    def remedy(self) -> str:
        """The fix: a command or an instruction."""

    @property
    def pasteable(self) -> str:
        """The fix as shell input. An instruction becomes a comment."""


class FindingRows(ItemRows[DisplayedFinding]):
    """The rows of a `LineList` of findings."""

    def heading(self, index: int) -> str:
        """Return the level and the text of finding `index` as the heading of its remedy."""
        finding = self.item(index)
        return visible(f"{finding.level.value}: {finding.text}")

    def key(self, index: int) -> Hashable:
        """Return the index itself as the key, because findings are never reordered."""
        return index

    def header(self, width: int) -> str:
        """Return the names of the columns, or an empty string if there are no findings."""
        pair_width = _pair_width(width)
        names = [pad("Level", _LEVEL_WIDTH), *([pad("Pair", pair_width)] if pair_width else []), "Finding"]
        return " ".join(names) if len(self) else ""

    def name_width(self, width: int) -> int:
        """Return the width in cells of the level and the pair."""
        return _LEVEL_WIDTH + (1 + _pair_width(width) if _pair_width(width) else 0)

    def row(self, index: int, width: int) -> Content:
        """Return the line that shows finding `index`."""
        finding = self.item(index)
        pair_width = _pair_width(width)
        level = (pad(finding.level.value, _LEVEL_WIDTH), _STYLES[finding.level])
        pair = f" {pad(visible(finding.pair or ''), pair_width)} " if pair_width else " "
        text_width = max(width - _LEVEL_WIDTH - cell_len(pair), 1)
        return Content.assemble(level, pair, cut(self._displayed_text(index), text_width))

    def _displayed_text(self, index: int) -> str:
        """Return the text of finding `index` that is shown beside its pair."""
        return short_text(self.item(index).text, self.item(index).pair)


def count_levels(levels: Iterable[Level]) -> str:
    """Return the number of findings of each level, most severe first, such as ``2 errors, 1 warning``."""
    counts = Counter(levels)
    return ", ".join(plural(counts[level], level.value) for level in Level if counts[level])


def short_text(text: str, pair: str | None) -> str:
    """Return the text of a finding without the name and the folder of its pair. The name is shown beside the text."""
    if pair is not None:
        folder, separator, rest = text.partition(f"/pairs/{pair}/")
        if separator and "/" in folder:
            return folder[: folder.index("/")] + rest
        text = text.replace(f" of {pair} ", " ", 1)
    return text


def _pair_width(width: int) -> int:
    """Return the width of the column of the pair in cells, or 0 if there is no room for it."""
    room = width - _LEVEL_WIDTH - 2 - _MIN_TEXT_WIDTH
    return min(room, _PAIR_WIDTH) if room >= _PAIR_WIDTH // 2 else 0
