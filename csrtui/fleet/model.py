"""The fleet: hosts with a keystore each, their last known state in full and in one line, and why a host failed."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from csrtui.core.base.json_members import MemberError, Members
from csrtui.core.base.times import utc_text
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.pairs.query import Query, SortOrder, sort_key
from csrtui.core.pairs.summary import summarize
from csrtui.fleet.host_limits import MAX_PAIRS, TooLargeError, check_document, decode
from csrtui.fleet.remote_pair import read_described
from csrtui.tasks.list import count_pairs

SCHEMA = 1
"""Of the JSON that csrtui prints on a host, and of the files with what was last known."""
Json = dict[str, object]


class Reason(StrEnum):
    """Why a host did not do what it was asked to: the reasons of the collection's modules, and csrtui's own."""

    UNREACHABLE = "unreachable"
    MISSING = "missing"
    SCHEMA = "schema"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    INPUT = "input"
    STORE = "store"
    UNEXPECTED = "unexpected"
    TOO_LARGE = "too-large"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a host did not do.

    Attributes:
        reason: Of which kind it is.
        text: What happened, one line; it may quote a text of the host.
        remedy: What fixes it; never a text of the host.
    """

    reason: Reason
    text: str
    remedy: str

    def as_json(self, host: str) -> Json:
        """The failure as commands print it."""
        return {
            "host": host,
            "ok": False,
            "reason": self.reason.value,
            "error": self.text,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class HostState:
    """What is known of a host.

    Attributes:
        name: As the inventory has it.
        read: When its keystore was last read, or None.
        documents: The pairs as they were then, as ``csrtui list --json`` prints each.
        failure: Why the last reading came to nothing, or None.
    """

    name: str
    read: datetime | None = None
    documents: tuple[Mapping[str, object], ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class HostPair:
    """A pair, the host that has it, and what that said of it."""

    host: str
    pair: Pair
    document: Mapping[str, object]

    def as_json(self) -> Json:
        """The pair as commands print it: with its host before the rest."""
        return {"host": self.host, **self.document}


@dataclass(frozen=True, slots=True)
class Fleet:
    """Many hosts, by name."""

    hosts: Mapping[str, HostState]

    @classmethod
    def of(cls, states: Iterable[HostState]) -> "Fleet":
        """The fleet of these hosts."""
        return cls({state.name: state for state in states})

    def after(self, news: HostState) -> "Fleet":
        """The fleet after a host was read, or was not: then what was known of it stays known."""
        before = self.hosts.get(news.name)
        if news.read is None and before is not None:
            news = replace(before, failure=news.failure)
        return Fleet({**self.hosts, news.name: news})

    def only(self, names: Iterable[str]) -> "Fleet":
        """The fleet with the hosts of these names alone; those of which nothing is known are among them."""
        return Fleet({name: self.hosts.get(name, HostState(name)) for name in names})

    @property
    def failed(self) -> list[HostState]:
        """The hosts whose last reading came to nothing, by name."""
        return [state for _, state in sorted(self.hosts.items()) if state.failure is not None]

    @property
    def oldest(self) -> datetime | None:
        """When the host was read that has gone longest without; None where there is none."""
        return min((state.read for state in self.hosts.values() if state.read is not None), default=None)

    def pairs(self) -> Iterator[HostPair]:
        """All pairs of all hosts."""
        for state in self.hosts.values():
            for document in state.documents:
                yield HostPair(state.name, read_described(document), document)


def selected(
    pairs: Iterable[HostPair], query: Query, now: datetime, order: SortOrder = SortOrder.URGENCY
) -> list[HostPair]:
    """Return the pairs that meet a query in an order; a word may be one of the host's name."""
    key = sort_key(order, now)
    matches = []
    for pair in pairs:
        host = pair.host.casefold()
        summary = summarize(pair.pair)
        words = tuple(word for word in query.words if word not in host)
        if query._replace(words=words).select([summary], now):
            matches.append((key(summary), pair.host, pair))
    return [pair for _, _, pair in sorted(matches, key=lambda match: match[:2])]


def read_list(host: str, document: object, now: datetime) -> HostState:
    """Return the state of a host from its list of pairs.

    Args:
        host: Its name.
        document: What ``csrtui list --json`` printed there; nothing in it is trusted.
        now: When.

    Raises:
        TooLargeError: It is larger than `csrtui.fleet.host_answer` allows.
        MemberError: It is not what csrtui prints.
    """
    if not isinstance(document, dict):
        raise MemberError("it is not an object")
    documents = tuple(Members(document).get("pairs", list))
    if len(documents) > MAX_PAIRS:
        raise TooLargeError(f"pairs has {len(documents)} items, more than {MAX_PAIRS}")
    names = set()
    for one in documents:
        if not isinstance(one, dict):
            raise MemberError("pairs is not a list of objects")
        check_document(one)
        name = read_described(one).name
        if not is_pair_name(name):
            raise MemberError("a pair has a name that csrtui gives none")
        if name in names:
            raise MemberError(f"the pair {name} is listed twice")
        names.add(name)
    return HostState(host, now, documents)


def dump_state(state: HostState) -> bytes:
    """Return what is known of a host as JSON, to be kept."""
    document = {
        "schema": SCHEMA,
        "name": state.name,
        "read": None if state.read is None else utc_text(state.read),
        "pairs": list(state.documents),
        "failure": None
        if state.failure is None
        else {
            "reason": state.failure.reason.value,
            "text": state.failure.text,
            "remedy": state.failure.remedy,
        },
    }
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def load_state(data: bytes) -> HostState | None:
    """Return the state that `dump_state` wrote; None where it cannot be read: the host is asked again then."""
    document = decode(data)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    try:
        return _state(Members(document))
    except MemberError:
        return None


def _state(members: Members) -> HostState:
    pairs = {"pairs": members.get("pairs", list)}
    read = members.optional_time("read")
    failure = members.optional_object("failure")
    name = members.text("name")
    return HostState(
        name,
        read,
        read_list(name, pairs, read).documents if read is not None else (),
        None
        if failure is None
        else Failure(failure.choice("reason", Reason), failure.text("text"), failure.text("remedy")),
    )


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
