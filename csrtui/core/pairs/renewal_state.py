"""The progress of the renewal of a pair. It depends on the pair that replaces it, the successor."""

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
        is_retired: Whether the pair is retired.
        has_certificate: Whether a certificate was imported for the pair.
        is_installed: Whether that certificate was installed.
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

    If the successor was itself replaced before it had a certificate, the pair that replaced it counts instead.

    Args:
        renewed_by: The name of the successor.
        find_successor: A function that returns the facts about a pair by its name, or None if it does not exist.
        results: The results so far, by `renewed_by`. The new ones are added, so that no pair is visited twice.
    """
    results = {} if results is None else results
    name, names = renewed_by, list[str]()
    while name not in results:
        names.append(name)
        results[name] = RenewalState.BROKEN  # the result if the pair does not exist, or if it replaces itself
        successor = find_successor(name)
        if successor is None or (successor.is_retired and successor.renewed_by is None):
            break
        if successor.has_certificate:
            is_installed = successor.is_installed and not successor.is_retired
            results[name] = RenewalState.INSTALLED if is_installed else RenewalState.ISSUED
        elif successor.renewed_by is None:
            results[name] = RenewalState.STARTED
        else:
            name = successor.renewed_by
            continue
        break
    results.update(dict.fromkeys(names, results[name]))
    return results[name]


SAME_KEY: Final = ", with the same key"
"""The end of the event text for a pair that was created with the key of the pair that it renews."""
