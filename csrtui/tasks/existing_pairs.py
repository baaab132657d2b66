"""Find pairs that exist for a request, so that an interrupted run continues and a renewal can be advised."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count, takewhile
from typing import Self

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, worst_first
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.pairs.pair_name import numbered, pair_name
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.summary_reader import pair_of
from csrtui.tasks.list import read_pair
from csrtui.tasks.request_spec import Asked
from csrtui.tasks.session import Session

_REMEMBERED = 1024
"""Of so many names at most it is remembered which pairs have them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What two pairs that were asked for alike have in common: everything but the key.

    Attributes:
        subject: The subject of the CSR.
        names: Its names, in any order.
        key_type: The type of the key.
        encrypted: Whether the key is under a passphrase.
        ca: The kind of CA it is for.
        platform: The server software.
    """

    subject: SubjectFields
    names: frozenset[str]
    key_type: str
    encrypted: bool
    ca: CaKind
    platform: str

    @classmethod
    def of(cls, asked: Asked, advice: Advice, *, encrypted: bool) -> Self:
        """The identity of the pair that will be made."""
        return cls(
            advice.subject,
            frozenset(advice.covers),
            asked.effective_key_type.value,
            encrypted,
            asked.ca,
            asked.platform,
        )

    @classmethod
    def of_record(cls, record: PairRecord) -> Self:
        """The identity of a pair that is there."""
        return cls(
            record.subject,
            frozenset(record.names),
            record.key.type,
            record.key.encrypted,
            record.ca,
            record.platform,
        )


def find_asked(session: Session, asked: Asked, advice: Advice) -> Pair | None:
    """Return the pair in use that is already as asked for, its key under a passphrase or not; or None.

    Args:
        session: Whose store.
        asked: What for.
        advice: The advice on it.

    Raises:
        InputError: It has gone meanwhile.
        StoreError: The store cannot be used.
    """
    if not advice.covers:
        return None
    known, base = KnownPairs(session), pair_name(advice.covers[0])
    plain = Identity.of(asked, advice, encrypted=False)
    return known.find(base, plain) or known.find(base, replace(plain, encrypted=True))


class KnownPairs:
    """The pairs that are in use, found by what was asked for.

    They are looked for under the name that the common name gives, and its numbers from 2 on without a gap. A pair
    that was retired or renewed is none: who asks for its like wants a new one. Nor is one that cannot be read.

    Args:
        session: Whose store.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: OrderedDict[str, dict[Identity, str]] = OrderedDict()

    def find(self, base: str, identity: Identity) -> Pair | None:
        """Return the pair that was asked for like this, if there is one.

        Args:
            base: The name that it has, or that it has with a number.
            identity: What was asked for.

        Raises:
            InputError: It has gone meanwhile.
            StoreError: The store cannot be used.
        """
        name = self._of(base).get(identity)
        return None if name is None else read_pair(self._session, name)[0]

    def add(self, base: str, identity: Identity, name: str) -> None:
        """Remember a pair that was made."""
        self._of(base)[identity] = name

    def _of(self, base: str) -> dict[Identity, str]:
        """The pairs of a base; those of the bases that were used last are remembered."""
        found = self._found.pop(base, None)
        if found is None:
            found = self._read(base)
        self._found[base] = found
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        return found

    def _read(self, base: str) -> dict[Identity, str]:
        found: dict[Identity, str] = {}
        names = (numbered(base, number) for number in count(1))
        for name in takewhile(self._session.store.has, names):
            try:
                record = read_pair(self._session, name)[0].record
            except StoreError:
                continue
            if record.stage is not Stage.RETIRED and not record.renewed_by:
                found.setdefault(Identity.of_record(record), name)
        return found


_MAX_NUMBER = 16
"""Up to which number pairs of one name are read: the advice is given at each key that is typed."""


def with_pair_exists(session: Session, advice: Advice) -> Advice:
    """Return the advice with the finding `pair-exists`, if it applies."""
    finding = pair_exists(session, advice)
    if finding is None:
        return advice
    return advice._replace(findings=tuple(worst_first([*advice.findings, finding])))


def pair_exists(session: Session, advice: Advice) -> Finding | None:
    """Return the finding that a pair in use has this common name; None as well where the store cannot be read.

    A pair that is retired, or has been renewed, is not in use.
    """
    common_name = advice.subject.common_name
    if not common_name:
        return None
    try:
        base = pair_name(common_name)
        numbers = range(1, _MAX_NUMBER + 1)
        names = list(takewhile(session.store.has, (numbered(base, number) for number in numbers)))
        for listed in session.store.listing(names) if names else ():
            with suppress(StoreError):
                pair = pair_of(listed)
                if _is_in_use(pair.record, common_name):
                    return _finding(pair, common_name)
    except CsrtuiError:
        return None  # whoever makes the pair is told
    return None


def _is_in_use(record: PairRecord, common_name: str) -> bool:
    return (
        record.subject.common_name == common_name
        and record.stage is not Stage.RETIRED
        and not record.renewed_by
    )


def _finding(pair: Pair, common_name: str) -> Finding:
    text = (
        f"The pair {pair.name} for {visible(common_name)} exists (stage: {pair.record.stage.value}). "
        "To replace its certificate, renew that pair; this request makes a further pair."
    )
    fix = Fix(f"renew {pair.name} instead", renews=pair.name)
    return Finding("pair-exists", Level.WARNING, FieldName.COMMON_NAME, common_name, text, fix)
