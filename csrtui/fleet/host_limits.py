"""How large an answer of a host may be: each bound is checked before the work that a larger answer would cause.

Whoever controls a host chooses what it answers, so size, depth and the length of every text are bounded.
"""

import json
from collections.abc import Iterator, Mapping

from csrtui.core.base.escaping import visible
from csrtui.core.base.json_members import MemberError

MAX_BYTES = 16 * 1024 * 1024
"""The most bytes of one answer."""
MAX_STATE = MAX_BYTES - 64 * 1024
"""The most bytes of the state of one host when it is kept; a later failure, which is short, still fits into `MAX_BYTES`."""
MAX_VALUES = 1_000_000
"""The most JSON values in one answer: a value of two bytes takes 64 bytes of memory once it is decoded."""
MAX_PAIRS = 10_000
"""The most pairs of one host."""
MAX_TEXT = 4096
"""The most characters of a text in a pair's JSON; a path may have that many (Linux, PATH_MAX)."""
MAX_ITEMS = 1000
"""The most items of a list or an object in a pair's JSON, such as its names."""
MAX_DEPTH = 8
"""How deep lists and objects in a pair's JSON may be nested."""
MAX_QUOTE = 400
"""The most characters of a host's text that are shown in a message."""
_SEPARATORS = (",", "[", "{")
_NAME_SHOWN = 40


class TooLargeError(MemberError):
    """An answer, or a part of it, is larger than its bound. It names what is too large, and can be told."""


def has_too_many_values(text: str) -> bool:
    """Return whether a JSON text may have more than `MAX_VALUES` values; a separator within a text counts too."""
    return sum(map(text.count, _SEPARATORS)) > MAX_VALUES


def decode(text: str | bytes) -> object:
    """Return the JSON value in a text, or None where it is not JSON; NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def check_document(document: Mapping[str, object]) -> None:
    """Check that a pair's JSON is within the bounds.

    Raises:
        TooLargeError: A text, a list or the nesting is too large; names the member.
    """
    for name, value in document.items():
        shown = visible(name[:_NAME_SHOWN])
        for depth, item in _walk(name, value):
            if depth > MAX_DEPTH:
                raise TooLargeError(f"{shown} is nested deeper than {MAX_DEPTH} levels")
            if isinstance(item, str) and len(item) > MAX_TEXT:
                raise TooLargeError(f"{shown} has a text of {len(item)} characters, more than {MAX_TEXT}")
            if isinstance(item, dict | list) and len(item) > MAX_ITEMS:
                raise TooLargeError(f"{shown} has {len(item)} items, more than {MAX_ITEMS}")


def _walk(name: str, value: object) -> Iterator[tuple[int, object]]:
    """Give a member's name and value, and all that is within the value, each with its depth."""
    waiting: list[tuple[int, object]] = [(0, name), (0, value)]
    while waiting:
        depth, item = waiting.pop()
        yield depth, item
        if isinstance(item, dict):
            waiting += [(depth + 1, each) for member in item.items() for each in member]
        elif isinstance(item, list):
            waiting += [(depth + 1, each) for each in item]


def cut(text: str, limit: int = MAX_QUOTE) -> str:
    """Return a text as one visible line of at most `limit` characters; ``…`` at its end shows that more followed."""
    line = visible(" ".join(text[: limit * 8].split()))
    return line if len(line) <= limit and len(text) <= limit * 8 else f"{line[: limit - 1]}…"


def quoted(speaker: str, text: str) -> str:
    """Return a text that somebody else wrote as a quotation that names who wrote it: ``web1 says: "disk full"``."""
    return f'{speaker} says: "{cut(text).replace(chr(34), chr(39))}"'
