"""Find existing pairs that match a request: to continue an interrupted run, suggest a renewal, or manage a pair.

A configuration management tool manages the pair in use that has the name of its request. If the subject, names, key
type or server software in the request have changed, a new pair replaces that pair.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import count, takewhile
from typing import NamedTuple, Self

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, Purpose, worst_first
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.pairs.pair_name import check_pair_name, numbered_name, pair_name
from csrtui.core.subject.fields import SubjectFields
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session

_CACHE_SIZE = 1024
"""The maximum number of base names whose pairs are cached."""
_MAX_NUMBER = 16
"""The highest number in the names of the pairs that the advice reads, because it is updated after each key press."""


class Identity(NamedTuple):
    """The properties by which an existing pair matches a request: everything except the key itself.

    Attributes:
        names: The names of the CSR, in any order.
    """

    subject: SubjectFields
    names: frozenset[str]
    key_type: str
    encrypted: bool
    ca: CaKind
    platform: str
    purpose: Purpose

    @classmethod
    def of(cls, spec: RequestSpec, advice: Advice, *, encrypted: bool) -> Self:
        """Return the identity of the pair that a request creates."""
        key_type = spec.effective_key_type.value
        names = frozenset(advice.covered_names)
        return cls(advice.subject, names, key_type, encrypted, spec.ca, spec.platform, spec.purpose)

    @classmethod
    def of_record(cls, record: PairRecord) -> Self:
        """Return the identity of an existing pair."""
        key = record.key
        names = frozenset(record.names)
        return cls(record.subject, names, key.type, key.encrypted, record.ca, record.platform, record.purpose)


class KnownPairs:
    """The pairs in use, for a search by identity.

    Only the name derived from the common name and its numbered forms are searched, from 2 up to the first number that
    does not exist. A retired or renewed pair does not match, because a request for the same names then needs a new
    pair. An unreadable pair does not match either.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pairs = lru_cache(_CACHE_SIZE)(self._read)

    def find(self, base: str, identity: Identity) -> Pair | None:
        """Return the pair with this identity, or None. `base` is the pair's name without its number, if it has one.

        Raises:
            InputError: The pair has since been removed.
            StoreError: The store cannot be used.
        """
        name = self._pairs(base).get(identity)
        return None if name is None else _read_pair(self._session, name)

    def add(self, base: str, identity: Identity, name: str) -> None:
        """Remember a new pair."""
        self._pairs(base)[identity] = name

    def _read(self, base: str) -> dict[Identity, str]:
        """Return the names of the pairs with a base name, by identity."""
        pairs: dict[Identity, str] = {}
        for name in _numbered_names(self._session, base):
            with suppress(StoreError):
                record = _read_pair(self._session, name).record
                if not (record.retired or record.renewed_by):
                    pairs.setdefault(Identity.of_record(record), name)
        return pairs


def with_pair_exists(session: Session, advice: Advice) -> Advice:
    """Return the advice with the finding `pair-exists`, if it applies."""
    finding = pair_exists(session, advice)
    if finding is None:
        return advice
    return advice._replace(findings=tuple(worst_first([*advice.findings, finding])))


def pair_exists(session: Session, advice: Advice) -> Finding | None:
    """Return a finding if a pair in use has this common name, or None if none has it or the store cannot be read."""
    common_name = advice.subject.common_name
    if not common_name:
        return None
    try:
        names = list(_numbered_names(session, pair_name(common_name), _MAX_NUMBER))
        if not names:
            return None
        from csrtui.tasks.list import Pairs  # most new pairs do not need it

        for pair in Pairs(session, names):
            if pair.record.subject.common_name == common_name and pair.record.is_unreplaced:
                return _finding(pair, common_name)
    except CsrtuiError:
        return None  # creating the pair will raise it again
    return None


def _numbered_names(session: Session, base: str, limit: int | None = None) -> Iterator[str]:
    """Yield ``base``, ``base-2``, ``base-3`` and so on, up to the first pair that does not exist."""
    numbers = count(1) if limit is None else range(1, limit + 1)
    return takewhile(session.store.has_pair, (numbered_name(base, number) for number in numbers))


def _finding(pair: Pair, common_name: str) -> Finding:
    text = (
        f"The pair {pair.name} for {visible(common_name)} exists (stage: {pair.record.visible_stage}). "
        "To replace its certificate, renew that pair; this request creates another pair."
    )
    fix = Fix(f"renew {pair.name} instead", renews=pair.name)
    return Finding("pair-exists", Level.WARNING, FieldName.COMMON_NAME, common_name, text, fix)


def _read_pair(session: Session, name: str) -> Pair:
    from csrtui.tasks.list import read_pair  # most new pairs do not need it

    return read_pair(session, name)[0]


class ManagedPair(NamedTuple):
    """The pair of a request.

    Attributes:
        new_name: The name that a new pair for the request would get.
        match: The pair in use that matches the request, or None.
        replaces: The pair in use that a new pair for the request would replace, or None. Set only without a match.
        former: A replaced pair that matches the request, or None. If set, two requests may keep replacing each other's pair.
    """

    new_name: str
    match: Pair | None = None
    replaces: Pair | None = None
    former: Pair | None = None


def find_managed_pair(
    session: Session, spec: RequestSpec, advice: Advice, *, name: str | None = None, same_key: bool = False
) -> ManagedPair:
    """Return the pair of a request.

    Args:
        name: The name of the pair, or None for the name derived from the first name of the request.
        same_key: Whether a new pair would keep the key, so that its type does not matter.

    Raises:
        InputError: `name` is not a valid pair name.
        RefusedError: Several pairs in use match the request equally well.
        StoreError: The store cannot be used, or no pair in use was found but an unreadable pair could be the one.
    """
    if name is None and not advice.title:
        return ManagedPair("")
    base = check_pair_name(name) if name is not None else pair_name(advice.title)
    wanted = Identity.of(spec, advice, encrypted=False)
    errors: list[StoreError] = []
    known = _with_successors(session, base, errors)
    candidates = _in_use(known)
    if not candidates and name is None:
        candidates = _in_use(_reordered(session, advice, errors))
    if not candidates and errors:
        raise errors[0]  # the unreadable pair could be the one in use

    def matches(pair: Pair) -> bool:
        return _differences(pair, wanted, same_key=same_key) == 0

    numbered = (numbered_name(base, number) for number in count(1))
    new_name = next(free for free in numbered if not session.store.has_pair(free))
    match = next(filter(matches, candidates), None)
    if match is not None:
        return ManagedPair(new_name, match)
    former = next((pair for pair in known if pair.record.stage is not Stage.RETIRED and matches(pair)), None)
    return ManagedPair(new_name, None, _closest(candidates, wanted, same_key=same_key), former)


def _closest(candidates: list[Pair], wanted: Identity, *, same_key: bool) -> Pair | None:
    """Return the pair with the fewest differences from a request, or None if there are no pairs."""
    by_difference: dict[int, list[Pair]] = {}
    for pair in candidates:
        by_difference.setdefault(_differences(pair, wanted, same_key=same_key), []).append(pair)
    closest = by_difference[min(by_difference)] if by_difference else []
    if len(closest) > 1:
        names = ", ".join(sorted(pair.name for pair in closest))
        raise RefusedError(
            f"several pairs in use could be the one to replace: {names}",
            "retire those that are no longer used, or specify the pair",
        )
    return closest[0] if closest else None


def _differences(pair: Pair, wanted: Identity, *, same_key: bool) -> int:
    """Return the number of properties in which a pair differs from a request, apart from the key's encryption."""
    identity = Identity.of_record(pair.record)._replace(encrypted=wanted.encrypted)
    if same_key:
        identity = identity._replace(key_type=wanted.key_type)
    return sum(own != other for own, other in zip(identity, wanted, strict=True))


def _with_successors(session: Session, base: str, errors: list[StoreError]) -> list[Pair]:
    """Return the pairs that have a name or its numbered form, and the pairs that replace them under any name.

    The errors of unreadable pairs are added to `errors`.
    """
    pending = list(_numbered_names(session, base))
    pairs: dict[str, Pair] = {}
    for name in pending:  # grows with each successor
        if name in pairs:
            continue
        try:
            pair = pairs[name] = _read_pair(session, name)
        except StoreError as error:
            errors.append(error)
        except InputError:
            continue  # has since been removed
        else:
            pending += [pair.record.renewed_by] if pair.record.renewed_by else []
    return list(pairs.values())


def _reordered(session: Session, advice: Advice, errors: list[StoreError]) -> list[Pair]:
    """Return the pairs that cover the first name of the request but are named after another, because the order changed."""
    return [
        pair
        for name in advice.covered_names[1:]
        for pair in _with_successors(session, pair_name(name), errors)
        if advice.title in pair.record.names
    ]


def _in_use(pairs: list[Pair]) -> list[Pair]:
    """Return the pairs that are neither retired nor replaced. A link in only one of two records counts as a replacement."""
    current = [pair for pair in pairs if pair.record.stage is not Stage.RETIRED]
    replaced = {pair.record.renews for pair in current}
    return [pair for pair in current if not pair.record.renewed_by and pair.name not in replaced]
