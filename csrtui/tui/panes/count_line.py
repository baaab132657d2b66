"""The line with the counts of pairs, shortened to the available width, and the text in place of an empty list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal

from csrtui.core.base.escaping import plural
from csrtui.tui.widgets.text_block import TextBlock, TextLine
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import hanging, pad, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from csrtui.core.pairs.counts import PairCounts
    from csrtui.core.pairs.query import SortOrder
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

SEPARATOR: Final = " · "
"""The text between two counts."""
UNREADABLE: Final = "cannot be read"
"""The end of the last count if some pairs cannot be read."""
_NO_PAIRS: Final = "No pairs yet. A pair is a private key and the CSR made from it."
_FIRST_ACTIONS: Final = ("new_request", "adopt", "restore")
_LABEL: Final = 10
_FILTER: Final = "/ filter"
_FILTER_EXAMPLES: Final = "words, due, next:renew"
_FILTER_WORDS: Final = (
    "The filter finds words of names, subjects, keys, CAs, server software, backups and stages; {next} (any next step) "
    "or {next}renew; due, expired, overdue, not backed up, retired; a month such as feb-2027."
)


class CountText(TextLine):
    """The counts of pairs, shortened to the width that the filter leaves."""

    counts = ""

    def draw(self) -> None:
        """Draw as many counts as fit."""
        self.show([((f" {shorten_counts(self.counts, self.size.width)}", ""),)])


class CountLine(Horizontal):
    """The line above the list of pairs: the counts, the order, and the filter."""

    def compose(self) -> ComposeResult:
        """Build the line."""
        yield CountText(id="summary")
        yield TextBlock(id="order")
        yield TextField(placeholder=_FILTER, id="filter")

    def on_descendant_focus(self) -> None:
        """Show examples of words in the empty filter."""
        self.query_one("#filter", TextField).placeholder = _FILTER_EXAMPLES

    def on_descendant_blur(self) -> None:
        """Show the key of the filter."""
        self.query_one("#filter", TextField).placeholder = _FILTER

    def show(self, counts: str, order: SortOrder) -> None:
        """Show the counts and the order. The filter is as wide as its text needs."""
        text = self.query_one(CountText)
        text.counts = counts
        text.draw()
        self.query_one("#order", TextBlock).show([((f"sort: {order.value} ▼", "label"),)])
        field = self.query_one("#filter", TextField)
        field.set_class(bool(field.value), "-filled")


def shorten_counts(line: str, width: int) -> str:
    """Return `line`. If it does not fit into `width` cells, omit its least important counts, but never part of a count.

    One cell is left blank on each side. A `width` of 0 means that the width is not known yet.
    """
    counts = line.split(SEPARATOR)
    while len(counts) > 1 and 0 < width < len(SEPARATOR.join(counts)) + 2:
        # The most important counts are the first one (all pairs) and the count of unreadable pairs.
        is_last_important = counts[-1].endswith(UNREADABLE) and len(counts) > 2  # noqa: PLR2004 - first and last
        counts.pop(-2 if is_last_important else -1)
    return SEPARATOR.join(counts)


def with_unreadable(counts: str, unreadable: int) -> str:
    """Return the counts with the number of pairs that cannot be read."""
    return f"{counts}{SEPARATOR}{unreadable} {UNREADABLE}" if unreadable else counts


def filtered_text(counts: PairCounts, total: int) -> str:
    """Return the counts of the pairs that a filter shows: ``3 of 12 pairs · 1 due``."""
    return SEPARATOR.join([f"{counts.total} of {plural(total, 'pair')}", *counts.statuses])


def summary_text(counts: str, marked: int, progress: str) -> str:
    """Return the line above the list: ``checking 10% · 2 marked · 3 of 12 pairs · 1 due``."""
    return SEPARATOR.join(filter(None, (progress, f"{marked} marked" if marked else "", counts)))


def empty_texts(filter_text: str, hidden: int, retired_key: str) -> list[str]:
    """Return the reason why none of the pairs is listed, and what to do, with the words of the filter.

    Args:
        hidden: The number of retired pairs that match the filter.
    """
    from csrtui.core.pairs.query import ANY_STEP

    if not filter_text:
        return [f"All pairs are retired and hidden: {retired_key} shows them."]
    texts = [f'No pair matches "{filter_text}". Esc clears the filter.']
    if hidden:
        texts.append(f"{plural(hidden, 'retired pair')} would match. {retired_key} shows retired pairs.")
    if "due" in filter_text.casefold().split():
        texts.append(
            f'"due" finds certificates whose renewal is due. For pairs with any next step, type {ANY_STEP}'
        )
    return [*texts, _FILTER_WORDS.format(next=ANY_STEP)]


def first_commands(commands: Sequence[Command]) -> list[Command]:
    """Return the commands that can add the first pair to an empty keystore."""
    return [command for command in commands if command.action in _FIRST_ACTIONS]


def first_lines(commands: Sequence[Command], width: int) -> list[Line]:
    """Return the text of an empty keystore, with the commands that add the first pair, wrapped to `width` cells."""
    lines: list[Line] = [*wrapped(_NO_PAIRS, max(width - 2, 8)), ()]
    for command in first_commands(commands):
        head = f"   {command.shown_key}  {pad(command.label, _LABEL)}"
        lines += hanging(head, command.help, width - 1, "key", "label")
    return lines
