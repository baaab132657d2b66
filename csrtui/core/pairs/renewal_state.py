"""The progress of the renewal of a pair, which depends on the pairs that replace it."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple


class RenewalState(Enum):
    """The progress of the renewal of a pair by another pair."""

    BROKEN = auto()
    """The other pair does not exist or is retired. This pair is in use as if it had not been renewed."""
    STARTED = auto()
    """The other pair has no certificate yet, so this pair's certificate is still needed."""
    ISSUED = auto()
    INSTALLED = auto()


class Successor(NamedTuple):
    """The facts about a pair that replaces another one.

    Attributes:
        is_retired: Whether it is retired.
        has_certificate: Whether a certificate was imported for it.
        is_installed: Whether that certificate was installed.
        renewed_by: The name of the pair that replaces it, or None.
    """

    is_retired: bool
    has_certificate: bool
    is_installed: bool
    renewed_by: str | None


UNREADABLE: Final = Successor(is_retired=False, has_certificate=False, is_installed=False, renewed_by=None)
"""A pair that cannot be read. The certificate that it replaces may still be needed."""


def renewal_state(
    renewed_by: str, find: Callable[[str], Successor | None], known: dict[str, RenewalState] | None = None
) -> RenewalState:
    """Return the progress of the renewal of a pair.

    If the successor was itself replaced before it had a certificate, the pair that replaced it counts instead.

    Args:
        renewed_by: The name of the pair that replaces it.
        find: Returns a pair by its name, or None if it does not exist.
        known: The results by `renewed_by`, to which this one is added. With them, no pair of a long chain is visited twice.
    """
    known = {} if known is None else known
    name, names = renewed_by, list[str]()
    while name not in known:
        names.append(name)
        known[name] = RenewalState.BROKEN  # the result if the pair does not exist, or if it replaces itself
        successor = find(name)
        if successor is None or (successor.is_retired and successor.renewed_by is None):
            break
        if successor.has_certificate:
            is_installed = successor.is_installed and not successor.is_retired
            known[name] = RenewalState.INSTALLED if is_installed else RenewalState.ISSUED
        elif successor.renewed_by is None:
            known[name] = RenewalState.STARTED
        else:
            name = successor.renewed_by
            continue
        break
    known.update(dict.fromkeys(names, known[name]))
    return known[name]


SAME_KEY: Final = ", with the same key"
"""The end of the event text for a pair that was created with the key of the pair that it renews."""
