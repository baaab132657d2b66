"""A pair in the cache of pairs: what is kept of it, under check sums, so that damage to the file is noticed.

It is in two tables. One has what is searched and sorted by. The other has what a list shows, as JSON, so that ten
thousand lines are a few large pieces of text to read and not a hundred thousand small values; it has a sum of its
own, since most lists read nothing else.
"""

import json
import marshal
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from zlib import crc32

from csrtui.core.pair_line import PairLine

Values = tuple[str | int | float | bytes | None, ...]
"""Values of a row of a table."""

SEARCHED: Final = (
    "name", "created", "backup", "stage", "expires", "step", "due", "rank", "due_rank", "weight", "spki", "searched",
)  # fmt: skip
"""What is kept of a pair in the table ``pairs``, but for its seal: of its line what is sorted by, and `Row`'s rest."""
SHOWN: Final = ("line", "stamp", "mark")
"""What is kept of it in the table ``lines``, under its name."""

_OF_LINE: Final = SEARCHED[:-2]
_STAMP, _LINE = SHOWN.index("stamp"), SHOWN.index("line")
_MAKE_LINE: Final = PairLine._make


class Row:
    """What is kept of a pair, ready to be written.

    Args:
        line: What lists show of it.
        spki_sha256: The fingerprint of its key.
        searched: What words are looked for in (`csrtui.core.pair_query.searched_text`).
        stamp: The stamp under which it was read; empty when it has to be read again.

    Attributes:
        line: The line.
        shown: The values of `SHOWN`.
        searched: Those of `SEARCHED`, and the seal over all.
    """

    __slots__ = ("line", "searched", "shown")

    def __init__(self, line: PairLine, spki_sha256: str, searched: str, stamp: bytes) -> None:
        self.line = line
        text = json.dumps(line, separators=(",", ":")).encode()
        self.shown: Values = (text, stamp, _mark(stamp, text))
        values = (*(getattr(line, of) for of in _OF_LINE), searchable(spki_sha256), searchable(searched))
        self.searched: Values = (*values, _seal(values, self.shown))

    @property
    def name(self) -> str:
        """The pair's name."""
        return self.line.name


class Kept:
    """What is kept of a pair, as it was found.

    Args:
        searched: The values of `SEARCHED`, and the seal.
        shown: Those of `SHOWN`.
    """

    __slots__ = ("_shown", "is_whole")

    def __init__(self, searched: Values, shown: Values) -> None:
        self.is_whole = _seal(searched[:-1], shown) == searched[-1]
        self._shown = shown

    @property
    def stamp(self) -> object:
        """The stamp under which the pair was read; None where what is kept is not what was written."""
        return self._shown[_STAMP] if self.is_whole else None

    @property
    def line(self) -> PairLine:
        """What lists show of the pair.

        Raises:
            ValueError: It is not what was written.
        """
        return line_in(self._shown[_LINE])


def line_in(text: object) -> PairLine:
    """Return the line of a pair as it is kept.

    Raises:
        ValueError: It is none.
    """
    try:
        return _MAKE_LINE(json.loads(text))  # type: ignore[arg-type]
    except TypeError as error:
        raise ValueError("no line of a pair") from error


def lines_of(rows: Sequence[Values]) -> tuple[list[PairLine], list[bytes]] | None:
    """Return the lines of pairs and the stamps under which they were read, when all are what was written; or None.

    Args:
        rows: The values of `SHOWN`, a pair each.
    """
    if not rows:
        return [], []
    texts, stamps, marks = zip(*rows, strict=True)
    with suppress(TypeError, ValueError):
        if tuple(map(_mark, stamps, texts)) == marks:
            return list(map(_MAKE_LINE, json.loads(b"[%b]" % b",".join(texts)))), list(stamps)
    return None


def lines_if_as(rows: Sequence[Values], stamps: Sequence[bytes | None]) -> list[PairLine] | None:
    """Return the lines of pairs when all of them were read under these stamps, and are what was written; or None.

    Args:
        rows: The values of `SHOWN`, a pair each.
        stamps: The stamps of as many pairs.
    """
    if not rows or [row[_STAMP] for row in rows] != stamps:
        return None
    found = lines_of(rows)
    return None if found is None else found[0]


def searchable(text: str) -> bytes:
    """A text that may hold anything JSON can, lone surrogates among it; what a part of it is stays a part."""
    return text.encode("utf-8", "surrogatepass")


def _mark(stamp: bytes, line: bytes) -> int:
    return crc32(line, crc32(stamp))


def _seal(searched: Values, shown: Values) -> int:
    """A check sum over all values, the same for the same values in every run (marshal's form 2 is)."""
    return crc32(marshal.dumps((searched, shown), 2))
