"""The progress of the renewal of a pair, which depends on the pair that replaces it (its successor)."""

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
    """The other pair has a certificate. No record says that it is installed, so a server may still use this pair's
    certificate."""
    INSTALLED = auto()


class Successor(NamedTuple):
    """The facts about a pair that replaces another one.

    Attributes:
        is_retired: Whether the pair is retired.
        has_certificate: Whether a certificate was imported for the pair.
        is_installed: Whether that certificate, or an earlier one of the pair, was installed.
        renewed_by: The name of the pair that replaces this pair in turn, or None.
    """

    is_retired: bool
    has_certificate: bool
    is_installed: bool
    renewed_by: str | None


UNREADABLE: Final = Successor(is_retired=False, has_certificate=False, is_installed=False, renewed_by=None)
"""A successor that cannot be read. The certificate that it replaces may still be needed."""


def renewal_state(
    renewed_by: str,
    find_successor: Callable[[str], Successor | None],
    results: dict[str, RenewalState] | None = None,
) -> RenewalState:
    """Return the progress of the renewal of a pair.

    If the successor was itself replaced before it was installed, the pair that replaced it counts too. Pairs that
    replace each other in a circle all count as in use.

    Args:
        renewed_by: The name of the successor.
        find_successor: A function that returns the facts about a pair by its name, or None if it does not exist.
        results: The results so far, by `renewed_by`. New results are added, so that no pair is visited twice.
    """
    results = {} if results is None else results
    chain: dict[str, Successor] = {}
    name: str | None = renewed_by
    while name is not None and name not in results and name not in chain:
        successor = find_successor(name)
        if successor is None:
            results[name] = RenewalState.BROKEN
        else:
            chain[name] = successor
            name = successor.renewed_by
    names = list(chain)
    if name in chain:
        results.update(dict.fromkeys(names[names.index(name) :], RenewalState.BROKEN))
    following = RenewalState.BROKEN if name is None else results[name]
    for name in reversed(names):
        following = results.setdefault(name, _state(chain[name], following))
    return results[renewed_by]


def _state(successor: Successor, following: RenewalState) -> RenewalState:
    """Return the state of the renewal by `successor`. `following` is the state of the successor's own renewal."""
    if successor.is_retired and successor.renewed_by is None:
        return RenewalState.BROKEN
    if successor.is_installed:
        return RenewalState.INSTALLED
    if successor.is_retired or following is RenewalState.INSTALLED:
        return following
    if successor.has_certificate:
        return RenewalState.ISSUED
    return RenewalState.STARTED if following is RenewalState.BROKEN else following
