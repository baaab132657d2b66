"""The last known states of hosts: the pairs of their keystores, and their failures. Together they are the fleet."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from csrtui.core.base.json_members import MemberError, Members
from csrtui.core.base.validity import Validity, utc_text
from csrtui.core.pairs.counts import count_pairs
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, Pair, Stage
from csrtui.core.pairs.pair_json import read_common_members
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.pairs.query import Query, SortOrder, sort_key
from csrtui.core.pairs.summary import summarize, with_renewal_states
from csrtui.fleet.host_answer import MAX_PAIRS, SCHEMA, Failure, Reason, TooLargeError, check_document, decode

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class HostState:
    """The last known state of a host.

    Attributes:
        read: The time when its keystore was last read, or None.
        documents: The pairs at that time, each as ``csrtui list --json`` prints it.
        failure: The failure of the last reading, or None.
    """

    name: str
    read: datetime | None = None
    documents: tuple[Mapping[str, object], ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class HostPair:
    """A pair, its host, and the document that the host printed."""

    host: str
    pair: Pair
    document: Mapping[str, object]

    def as_json(self) -> Json:
        """Return the pair and its host as the JSON that commands print."""
        return {"host": self.host, **self.document}


@dataclass(frozen=True, slots=True)
class Fleet:
    """The states of many hosts, by name."""

    hosts: Mapping[str, HostState]

    @classmethod
    def from_states(cls, states: Iterable[HostState]) -> "Fleet":
        """Build a fleet from the states of its hosts."""
        return cls({state.name: state for state in states})

    def with_state(self, state: HostState) -> "Fleet":
        """Return the fleet with this host's state updated. If reading failed, its last known pairs are kept."""
        known = self.hosts.get(state.name)
        if state.read is None and known is not None:
            state = replace(known, failure=state.failure)
        return Fleet({**self.hosts, state.name: state})

    def restricted_to(self, names: Iterable[str]) -> "Fleet":
        """Return the fleet of the hosts with these names, including hosts without a known state."""
        return Fleet({name: self.hosts.get(name, HostState(name)) for name in names})

    @property
    def failed(self) -> list[HostState]:
        """The hosts whose last reading failed, by name."""
        return [state for _, state in sorted(self.hosts.items()) if state.failure is not None]

    @property
    def oldest_reading(self) -> datetime | None:
        """The time of the oldest reading among the hosts, or None if no host was read."""
        return min((state.read for state in self.hosts.values() if state.read is not None), default=None)

    def pairs(self) -> Iterator[HostPair]:
        """Yield all pairs of all hosts."""
        for state in self.hosts.values():
            pairs = list(map(read_pair_document, state.documents))
            unlisted: set[str] = set()
            if state.failure is not None:  # the host can have other pairs, which csrtui cannot read there
                successors = {pair.record.renewed_by for pair in pairs if pair.record.renewed_by}
                unlisted = successors - {pair.name for pair in pairs}
            for pair, document in zip(with_renewal_states(pairs, unlisted), state.documents, strict=True):
                yield HostPair(state.name, pair, document)


def select_pairs(
    pairs: Iterable[HostPair], query: Query, now: datetime, order: SortOrder = SortOrder.URGENCY
) -> list[HostPair]:
    """Return the pairs that match a query, sorted. Words of the query can also match the name of the host."""
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
        document: The document that ``csrtui list --json`` printed there; no part of it is trusted.

    Raises:
        TooLargeError: The document exceeds a limit of `csrtui.fleet.host_answer`.
        MemberError: The document does not come from csrtui.
    """
    if not isinstance(document, dict):
        raise MemberError("it is not an object")
    documents = tuple(Members(document).get("pairs", list))
    if len(documents) > MAX_PAIRS:
        raise TooLargeError(f"pairs has {len(documents)} items, more than {MAX_PAIRS}")
    names = set()
    for pair_document in documents:
        if not isinstance(pair_document, dict):
            raise MemberError("pairs is not a list of objects")
        check_document(pair_document)
        name = read_pair_document(pair_document).name
        if not is_pair_name(name):
            raise MemberError("a pair has a name that is not valid in csrtui")
        if name in names:
            raise MemberError(f"the pair {name} is listed twice")
        names.add(name)
    return HostState(host, now, documents)


def dump_state(state: HostState) -> bytes:
    """Return a host state as JSON for the store."""
    failure = state.failure
    document = {
        "schema": SCHEMA,
        "name": state.name,
        "read": None if state.read is None else utc_text(state.read),
        "pairs": list(state.documents),
        "failure": None
        if failure is None
        else {"reason": failure.reason.value, "text": failure.text, "remedy": failure.remedy},
    }
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def load_state(data: bytes) -> HostState | None:
    """Return the state that `dump_state` wrote, or None if it cannot be read. The host is then read again."""
    document = decode(data)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    members = Members(document)
    try:
        name, read = members.text("name"), members.optional_time("read")
        pairs = {"pairs": members.get("pairs", list)}
        documents = () if read is None else read_list(name, pairs, read).documents
        failure = members.optional_object("failure")
        return HostState(
            name,
            read,
            documents,
            None
            if failure is None
            else Failure(failure.choice("reason", Reason), failure.text("text"), failure.text("remedy")),
        )
    except MemberError:
        return None


def load_early_states(data: bytes) -> list[HostState]:
    """Return the states in the one file that release 0.1.0 kept for all hosts. A state that cannot be read is left out."""
    document = decode(data)
    hosts = document.get("hosts") if isinstance(document, dict) else None
    if not isinstance(hosts, list):
        return []
    states = [
        load_state(json.dumps({"schema": SCHEMA, **host}).encode())
        for host in hosts
        if isinstance(host, dict)
    ]
    return [state for state in states if state is not None]


def fleet_summary(fleet: Fleet, pairs: Sequence[Pair], now: datetime) -> str:
    """Return the counts in one line: ``52 hosts · 310 pairs · 4 not backed up · 7 due · 1 unreachable``."""
    hosts = len(fleet.hosts)
    reasons = Counter(state.failure.reason for state in fleet.hosts.values() if state.failure)
    unreachable = reasons.pop(Reason.UNREACHABLE, 0)
    parts = [
        f"{hosts} host{'s' if hosts != 1 else ''}",
        str(count_pairs([summarize(pair) for pair in pairs], now)),
    ]
    parts += [f"{unreachable} unreachable"] if unreachable else []
    parts += [f"{reasons.total()} failed"] if reasons else []
    return " · ".join(parts)


def fleet_age_text(fleet: Fleet, now: datetime) -> str:
    """Return the age of the oldest reading: ``as of 5 min ago``."""
    if fleet.oldest_reading is None:
        return "no host has been read yet"
    seconds = max(int((now - fleet.oldest_reading).total_seconds()), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"as of {seconds // length} {unit} ago"
    return "as of just now"


def read_pair_document(document: Mapping[str, object]) -> Pair:
    """Return the pair in a document of `csrtui.core.pairs.pair_json.pair_document`, without its history.

    The document does not contain the time when a pair was retired. The time of creation is used instead.

    Args:
        document: The document that ``csrtui show --json`` prints; no part of it is trusted.

    Raises:
        MemberError: A member is missing, has another type, or has a value that is not valid.
    """
    members = Members(document)
    record, stage = read_common_members(members), members.choice("stage", Stage)
    return Pair(
        members.text("name"),
        members.text("path"),
        record._replace(
            backups=_read_backups(members, record.created),
            validity=_read_validity(members, record.created),
            retired=record.created if stage is Stage.RETIRED else None,
        ),
        has_certificate=members.object("files").optional_text("certificate") is not None,
    )


def _read_validity(members: Members, created: datetime) -> Validity | None:
    """Return the validity of the certificate, or None if there is no certificate.

    Early releases of csrtui did not print the start of the validity. The time of creation is used instead.
    """
    expires = members.optional_time("expires")
    return None if expires is None else Validity(members.optional_time("begins") or created, expires)


def _read_backups(members: Members, created: datetime) -> tuple[Backup, ...]:
    """Return the best backup. Only the next step shows whether a missing one is lost or its disk is not connected."""
    backup = members.object("backup")
    status = backup.choice("status", BackupStatus)
    if status is BackupStatus.NONE:
        return ()
    time = backup.optional_time("created") or created
    is_lost = members.optional_text("next") == NextStep.BACK_UP
    return (
        Backup(
            status,
            backup.text("path"),
            time,
            backup.optional_time("verified"),
            since=time if is_lost else None,
        ),
    )
