"""The names of pairs: one folder each, so made from an allow-list and from nothing else."""

import re

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

MAX_LENGTH = 64
"""The most characters in a pair's name."""

_ALLOWED = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_NOT_ALLOWED = re.compile(r"[^a-z0-9._-]")
_HINT = "a pair's name has lower-case letters, digits, dots, hyphens and underscores, at most 64"


def check_pair_name(text: str) -> str:
    """Return `text` when it is a name that a pair can have.

    Raises:
        InputError: It is none; a path or a control character never gets any further.
    """
    if not _ALLOWED.fullmatch(text):
        raise InputError(f'"{visible(text[:MAX_LENGTH])}" is not a valid pair name', _HINT)
    return text


def is_pair_name(text: str) -> bool:
    """Whether `text` is a name that a pair can have."""
    return _ALLOWED.fullmatch(text) is not None


def pair_name(common_name: str) -> str:
    """Return the name of the first pair for a common name.

    ``*.`` becomes ``wildcard.``; what the allow-list does not hold, such as the colons of an IPv6
    address, becomes a hyphen; what is too long is cut.

    Args:
        common_name: A canonical host name or address.

    Raises:
        InputError: Nothing of it can be in a name.
    """
    text = common_name.lower()
    if text.startswith("*."):
        text = f"wildcard.{text[2:]}"
    name = _NOT_ALLOWED.sub("-", text).lstrip("._-")[:MAX_LENGTH]
    if not name:
        raise InputError(f'"{visible(common_name[:MAX_LENGTH])}" gives a pair no name', "name it with --as")
    return name


def numbered(base: str, number: int) -> str:
    """Return the name of the pair number `number` (from 1) of one base: the base, then ``base-2``, ``base-3``.

    A base that would become too long is cut at its end.
    """
    if number == 1:
        return base
    suffix = f"-{number}"
    return base[: MAX_LENGTH - len(suffix)] + suffix


def number_of(name: str, base: str) -> int:
    """Return which number `name` has among the pairs of `base`, or 0 when it is none of them."""
    if name == base:
        return 1
    digits = name.rpartition("-")[2]
    if (
        not digits.isdecimal()
        or not digits.isascii()
        or digits.startswith("0")
        or len(digits) > len(str(10**9))
    ):
        return 0
    return int(digits) if numbered(base, int(digits)) == name else 0
