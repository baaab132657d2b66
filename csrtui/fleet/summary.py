"""The state of many hosts in a line: counts, and the age of what is known."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.summary import summarize
from csrtui.fleet.model import Fleet, Reason
from csrtui.tasks.pair_counts import count_pairs


def fleet_summary(fleet: Fleet, pairs: Sequence[Pair], now: datetime) -> str:
    """Return the line that counts: ``52 hosts · 310 pairs · 4 not backed up · 7 due · 1 unreachable``."""
    hosts = len(fleet.hosts)
    reasons = Counter(state.failure.reason for state in fleet.hosts.values() if state.failure)
    away = reasons.pop(Reason.UNREACHABLE, 0)
    parts = [
        f"{hosts} host{'s' if hosts != 1 else ''}",
        str(count_pairs([summarize(pair) for pair in pairs], now)),
    ]
    parts += [f"{away} unreachable"] if away else []
    parts += [f"{reasons.total()} failed"] if reasons else []
    return " · ".join(parts)


def fleet_age(fleet: Fleet, now: datetime) -> str:
    """Return how old the oldest is that is known of hosts: ``as of 5 min ago``."""
    if fleet.oldest is None:
        return "no host was read yet"
    seconds = max(int((now - fleet.oldest).total_seconds()), 0)
    units = (("d", 86400), ("h", 3600), ("min", 60))
    name, worth = next((one for one in units if seconds >= one[1]), ("", 0))
    return f"as of {seconds // worth} {name} ago" if worth else "as of just now"
