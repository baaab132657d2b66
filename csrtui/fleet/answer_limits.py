"""Limits for the answers of hosts. Each limit is checked before a larger answer can cause more work.

An attacker who controls a host also controls its answers. Their size, depth and text lengths are therefore limited.
"""

import json
from collections.abc import Iterator, Mapping

from csrtui.core.base.escaping import visible
from csrtui.core.base.json_members import MemberError

MAX_BYTES = 16 * 1024 * 1024
"""The maximum number of bytes in an answer."""
MAX_STATE = MAX_BYTES - 64 * 1024
"""The maximum number of bytes in a stored host state. A short failure that is added later still fits `MAX_BYTES`."""
MAX_VALUES = 1_000_000
"""The maximum number of JSON values in an answer. A value of two bytes takes 64 bytes of memory when decoded."""
MAX_PAIRS = 10_000
"""The maximum number of pairs on a host."""
MAX_TEXT = 4096
"""The maximum number of characters of a text in a pair's JSON. A path can be this long (Linux, PATH_MAX)."""
MAX_ITEMS = 1000
"""The maximum number of items in a list or an object in a pair's JSON, such as its names."""
MAX_DEPTH = 8
"""The maximum number of nested lists and objects in a pair's JSON."""
MAX_QUOTE = 400
"""The maximum number of characters of a host's text in a message."""
_SEPARATORS = (",", "[", "{")
_MAX_NAME = 40


class TooLargeError(MemberError):
    """An error about an answer, or a part of it, that exceeds a limit. The message names the part."""


def has_too_many_values(text: str) -> bool:
    """Return whether a JSON text may have more than `MAX_VALUES` values. Separators in strings are counted too."""
    return sum(map(text.count, _SEPARATORS)) > MAX_VALUES


def decode(text: str | bytes) -> object:
    """Return the value of a JSON text, or None if it is not JSON; NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def check_document(document: Mapping[str, object]) -> None:
    """Check that a pair's JSON is within the limits.

    Raises:
        TooLargeError: A text, a list or the nesting exceeds its limit. The message names the member.
    """
    for name, value in document.items():
        shown = visible(name[:_MAX_NAME])
        for depth, item in _walk(name, value):
            if depth > MAX_DEPTH:
                raise TooLargeError(f"{shown} is nested deeper than {MAX_DEPTH} levels")
            if isinstance(item, str) and len(item) > MAX_TEXT:
                raise TooLargeError(f"{shown} has a text of {len(item)} characters, more than {MAX_TEXT}")
            if isinstance(item, dict | list) and len(item) > MAX_ITEMS:
                raise TooLargeError(f"{shown} has {len(item)} items, more than {MAX_ITEMS}")


def _walk(name: str, value: object) -> Iterator[tuple[int, object]]:
    """Yield a member's name, its value and everything in the value, each with its depth."""
    pending: list[tuple[int, object]] = [(0, name), (0, value)]
    while pending:
        depth, item = pending.pop()
        yield depth, item
        if isinstance(item, dict):
            pending += [(depth + 1, part) for member in item.items() for part in member]
        elif isinstance(item, list):
            pending += [(depth + 1, part) for part in item]


def cut(text: str, limit: int = MAX_QUOTE) -> str:
    """Return a text as one visible line of at most `limit` characters; ``…`` at the end marks omitted text."""
    line = visible(" ".join(text[: limit * 8].split()))
    return line if len(line) <= limit and len(text) <= limit * 8 else f"{line[: limit - 1]}…"


def quoted(speaker: str, text: str) -> str:
    """Return text from another source as a quotation with its speaker: ``web1 says: "disk full"``."""
    return f'{speaker} says: "{cut(text).replace(chr(34), chr(39))}"'
