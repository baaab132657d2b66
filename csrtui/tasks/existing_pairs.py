"""Find existing pairs that match a request, to continue an interrupted run or to suggest a renewal."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, takewhile
from typing import NamedTuple, Self

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, Purpose, worst_first
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.pairs.pair_name import numbered_name, pair_name
from csrtui.core.subject.fields import SubjectFields
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session

_CACHE_SIZE = 1024
"""The maximum number of base names whose pairs are cached."""
_MAX_NUMBER = 16
"""The highest number of a pair name that is read for the advice. The advice is updated after each key press."""


class Identity(NamedTuple):
    """The properties by which an existing pair matches a request: everything except the key itself.

    Attributes:
        subject: The subject of the CSR.
        names: The names of the CSR, in any order.
        key_type: The type of the key.
        encrypted: Whether the key is encrypted.
        ca: The kind of CA.
        platform: The server software.
        purpose: The purpose.
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
    """The pairs in use, by identity.

    Only the name derived from the common name and its numbered forms are searched, from 2 up to the first number that
    does not exist. A retired or renewed pair does not match, because a request for the same names then needs a new
    pair. An unreadable pair does not match either.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cache: OrderedDict[str, dict[Identity, str]] = OrderedDict()

    def find(self, base: str, identity: Identity) -> Pair | None:
        """Return the pair with an identity, or None. `base` is the name of the pair without a number.

        Raises:
            InputError: The pair was removed meanwhile.
            StoreError: The store cannot be used.
        """
        from csrtui.tasks.list import read_pair

        name = self._pairs(base).get(identity)
        return None if name is None else read_pair(self._session, name)[0]

    def add(self, base: str, identity: Identity, name: str) -> None:
        """Remember a new pair."""
        self._pairs(base)[identity] = name

    def _pairs(self, base: str) -> dict[Identity, str]:
        """Return the names of the pairs with a base name, by identity. They come from the cache if possible."""
        pairs = self._cache.pop(base, None)
        if pairs is None:
            pairs = self._read(base)
        self._cache[base] = pairs
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return pairs

    def _read(self, base: str) -> dict[Identity, str]:
        from csrtui.tasks.list import read_pair

        pairs: dict[Identity, str] = {}
        for name in _numbered_names(self._session, base):
            with suppress(StoreError):
                record = read_pair(self._session, name)[0].record
                if _is_in_use(record):
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
        from csrtui.store.summary_reader import parse_listed_pair  # most new pairs do not need it

        for listed in session.store.listing(names):
            with suppress(StoreError):
                pair = parse_listed_pair(listed)
                if pair.record.subject.common_name == common_name and _is_in_use(pair.record):
                    return _finding(pair, common_name)
    except CsrtuiError:
        return None  # creating the pair will raise it again
    return None


def _numbered_names(session: Session, base: str, limit: int | None = None) -> Iterator[str]:
    """Yield ``base``, ``base-2``, ``base-3`` and so on, up to the first pair that does not exist."""
    numbers = count(1) if limit is None else range(1, limit + 1)
    return takewhile(session.store.has_pair, (numbered_name(base, number) for number in numbers))


def _is_in_use(record: PairRecord) -> bool:
    return record.stage is not Stage.RETIRED and not record.renewed_by


def _finding(pair: Pair, common_name: str) -> Finding:
    text = (
        f"The pair {pair.name} for {visible(common_name)} exists (stage: {pair.record.stage.value}). "
        "To replace its certificate, renew that pair; this request makes a further pair."
    )
    fix = Fix(f"renew {pair.name} instead", renews=pair.name)
    return Finding("pair-exists", Level.WARNING, FieldName.COMMON_NAME, common_name, text, fix)
