"""A row of the cache of pairs: what is kept of one pair, under a check sum, so that damage to the file is noticed."""

import marshal
from typing import Final
from zlib import crc32

from csrtui.core.pair_line import PairLine

Values = tuple[str | int | float | bytes | None, ...]
"""What is kept of a pair: the values of its line, and what else `Row` says."""

_LINE_LENGTH: Final = len(PairLine._fields)
_MAKE_LINE: Final = PairLine._make


class Row:
    """What is kept of a pair, ready to be written.

    Args:
        line: What lists show of it.
        spki_sha256: The fingerprint of its key.
        searched: What words are looked for in (`csrtui.core.pair_query.searched_text`).
        stamp: The stamp under which it was read; empty when it has to be read again.
    """

    __slots__ = ("values",)

    def __init__(self, line: PairLine, spki_sha256: str, searched: str, stamp: bytes) -> None:
        values = (*line, searchable(spki_sha256), searchable(searched), stamp)
        self.values: Values = (*values, seal_of(values))

    @property
    def name(self) -> object:
        """The pair's name."""
        return self.values[0]


def stamp_of(values: Values) -> object:
    """Return the stamp under which a pair was read; None of a row of which nothing is left."""
    return values[-2] if values else None


def line_in(values: Values) -> PairLine:
    """Return what lists show of a pair."""
    return _MAKE_LINE(values[:_LINE_LENGTH])


def searchable(text: str) -> bytes:
    """A text that may hold anything JSON can, lone surrogates among it; what a part of it is stays a part."""
    return text.encode("utf-8", "surrogatepass")


def seal_of(values: Values) -> int:
    """A check sum over all values, the same for the same values in every run (marshal's form 2 is)."""
    return crc32(marshal.dumps(values, 2))
