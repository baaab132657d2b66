"""The names of pairs. A pair's name is also its folder name, so only characters on an allow-list are permitted."""

import re
from collections.abc import Sequence

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

MAX_LENGTH = 64
"""The maximum length of a pair's name, in characters."""

PAIR_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Matches the name of a pair."""
_NOT_ALLOWED = re.compile(r"[^a-z0-9._-]")
_HINT = "a pair name consists of lower-case letters, digits, dots, hyphens and underscores, at most 64"


def check_pair_name(text: str) -> str:
    """Return `text` if it is a valid pair name.

    Raises:
        InputError: The text is not a valid pair name. This also refuses paths and control characters.
    """
    if not PAIR_NAME.fullmatch(text):
        raise InputError(f'"{visible(text[:MAX_LENGTH])}" is not a valid pair name', _HINT)
    return text


def is_pair_name(text: str) -> bool:
    """Return whether `text` is a valid pair name."""
    return PAIR_NAME.fullmatch(text) is not None


def pair_name(common_name: str) -> str:
    """Return the pair name for the first pair with a common name.

    ``*.`` becomes ``wildcard.``. Characters that are not on the allow-list, such as the colons of an IPv6 address,
    become hyphens. A long name is truncated.

    Raises:
        InputError: The common name has no character that is permitted in a pair name.
    """
    text = common_name.lower()
    if text.startswith("*."):
        text = f"wildcard.{text[2:]}"
    name = _NOT_ALLOWED.sub("-", text).lstrip("._-")[:MAX_LENGTH]
    if not name:
        raise InputError(
            f'"{visible(common_name[:MAX_LENGTH])}" has no character that a pair name can contain',
            "name the pair (--as)",
        )
    return name


def numbered_name(base: str, number: int) -> str:
    """Return the pair name for a base and a number from 1: ``base``, ``base-2``, ``base-3``.

    A base that is too long is truncated.
    """
    if number == 1:
        return base
    suffix = f"-{number}"
    return base[: MAX_LENGTH - len(suffix)] + suffix


def file_bases(names: Sequence[str], pair: str, key_types: Sequence[str]) -> list[str]:
    """Return the names, without suffixes, that files for server software may have, the preferred one first.

    The preferred name is the first name in the CSR. A renewal has the same first name, so it writes the same files, and
    the server's configuration does not change. If that name has no character that is permitted in a file name, the
    pair's name is used. The names with a key type are used if another pair has the preferred name in the folder.
    """
    try:
        base = pair_name(names[0]) if names else pair
    except InputError:
        base = pair
    # A record that was changed by hand can contain any text as its key type.
    return [base, *(f"{base}-{key_type}" for key_type in key_types if is_pair_name(key_type))]


def name_number(name: str, base: str) -> int:
    """Return the number in a pair name that `numbered_name` made from this base, or 0 for any other name."""
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
    return int(digits) if numbered_name(base, int(digits)) == name else 0
