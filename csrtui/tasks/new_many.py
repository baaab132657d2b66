"""Making many pairs: keys on all cores, flushes shared, rows in and answers out one by one.

At no time is more than one group of rows in hand, so that memory does not grow with their number. A row is
answered only when its pair is on the disk. A row whose pair is there already makes none: so a run that broke off
is simply run again, and the second of two rows alike is the first.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from os import cpu_count
from threading import Event
from typing import TYPE_CHECKING

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.keys.batch_encryption import Sealer
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.core.pairs.pair_name import pair_name
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import Names, PairFiles
from csrtui.tasks.existing_pairs import Identity, KnownPairs
from csrtui.tasks.new import Blocking, advise_to_make, files_of, request_for
from csrtui.tasks.request_spec import Asked
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

GROUP = 32
"""So many pairs share their flushes; each has four descriptors open meanwhile."""
_PATIENCE = 0.25
"""Seconds after which what is made is kept and answered, however small the group."""
_SLOW = frozenset({KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096})
"""Keys that take long enough to be worth another core."""


@dataclass(frozen=True, slots=True)
class Row:
    """One pair that is asked for.

    Attributes:
        number: Of the row, from 1.
        asked: What for; or why that cannot be told.
    """

    number: int
    asked: Asked | CsrtuiError


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of one row.

    Attributes:
        number: Of the row.
        outcome: The pair, or why there is none.
        skipped: Whether the pair was there already.
    """

    number: int
    outcome: Pair | CsrtuiError
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class _Begun:
    """A row whose key is being made."""

    number: int
    base: str
    asked: Asked
    advice: Advice
    identity: Identity
    key: "Future[PrivateKey]"


def create_many(
    session: Session,
    rows: Iterable[Row | None],
    *,
    passphrase: Secret | None = None,
    blocking: Blocking = Blocking.STOPS,
    stop: Event | None = None,
) -> Iterator[RowResult]:
    """Make a pair for each row, and answer each in its order, once its pair is on the disk.

    A row that fails keeps no other from being made.

    Args:
        session: Where, when and by whom.
        rows: What is asked for, one by one. None among them means that there is nothing to read for now: what is
            in hand is then finished and answered first.
        passphrase: What all keys are encrypted under; None leaves them plain.
        blocking: Whether errors that X.509 could hold are overruled.
        stop: Once set, no further row is begun; those under way are finished and answered.

    Raises:
        CsrtuiError: What `rows` raises, after what was read before it is answered.
    """
    stop = stop or Event()
    with ThreadPoolExecutor(cpu_count()) as pool:
        run = _Run(session, pool, None if passphrase is None else Sealer(passphrase, session.entropy))
        source = iter(rows)
        try:
            while not stop.is_set():
                try:
                    row = next(source)
                except StopIteration:
                    break
                except CsrtuiError:
                    yield from run.finish(stop)
                    raise
                if row is None:
                    yield from run.finish(stop)
                else:
                    yield from run.take(row, blocking, stop)
            yield from run.finish(stop)
        finally:
            pool.shutdown(cancel_futures=True)


class _Run:
    """The rows in hand: those answered but for their turn, and those begun."""

    def __init__(self, session: Session, pool: ThreadPoolExecutor, sealer: Sealer | None) -> None:
        self._session = session
        self._pool = pool
        self._sealer = sealer
        self._names = Names()
        self._known = KnownPairs(session)
        self._waiting: deque[_Begun | RowResult] = deque()
        self._kept_at = time.monotonic()

    def take(self, row: Row, blocking: Blocking, stop: Event) -> Iterator[RowResult]:
        """Begin a row, and give the answers that are due meanwhile."""
        try:
            if isinstance(row.asked, CsrtuiError):
                raise row.asked
            advice = advise_to_make(self._session, row.asked, blocking)
            identity = Identity.of(row.asked, advice, encrypted=self._sealer is not None)
            base = pair_name(advice.covers[0])
            if any(isinstance(one, _Begun) and one.identity == identity for one in self._waiting):
                yield from self.finish(stop)
            known = self._known.find(base, identity)
        except CsrtuiError as error:
            self._waiting.append(RowResult(row.number, error))
        else:
            self._waiting.append(
                self._begun(row.number, base, row.asked, advice, identity)
                if known is None
                else RowResult(row.number, known, skipped=True)
            )
        while self._waiting and isinstance(answer := self._waiting[0], RowResult):
            self._waiting.popleft()
            yield answer
        if len(self._waiting) >= GROUP:
            yield from self._keep()

    def finish(self, stop: Event) -> Iterator[RowResult]:
        """Give the answers to all that is in hand; after a stop, only to what is begun in earnest."""
        if stop.is_set():
            self._waiting = deque(
                one for one in self._waiting if isinstance(one, RowResult) or not one.key.cancel()
            )
        while self._waiting:
            yield from self._keep()

    def _begun(self, number: int, base: str, asked: Asked, advice: Advice, identity: Identity) -> _Begun:
        key_type = asked.effective_key_type
        key: Future[PrivateKey] = Future()
        if key_type in _SLOW:
            key = self._pool.submit(self._session.generate_key, key_type)
        else:
            key.set_result(self._session.generate_key(key_type))
        return _Begun(number, base, asked, advice, identity, key)

    def _keep(self) -> Iterator[RowResult]:
        """Keep the pairs whose turn it is and whose keys are made, one at least; answer their rows."""
        self._wait()
        turn: list[_Begun | RowResult] = []
        while self._waiting and _is_ready(self._waiting[0]):
            turn.append(self._waiting.popleft())
        yield from self._stored([self._made(one) if isinstance(one, _Begun) else one for one in turn])
        self._kept_at = time.monotonic()

    def _wait(self) -> None:
        """Wait for the key whose turn it is, and a little for others that can be flushed with it."""
        keys = [one.key for one in self._waiting if isinstance(one, _Begun)]
        wait(keys[:1])
        wait(keys, max(self._kept_at + _PATIENCE - time.monotonic(), 0))

    def _made(self, begun: _Begun) -> "_Made | RowResult":
        try:
            key = begun.key.result()
            made = request_for(begun.advice, key)
            record, files = files_of(self._session, begun.asked, made, key, self._sealer)
        except CsrtuiError as error:
            return RowResult(begun.number, error)
        return _Made(begun, record, files)

    def _stored(self, made: "list[_Made | RowResult]") -> Iterator[RowResult]:
        group = [one for one in made if isinstance(one, _Made)]
        outcomes = iter(self._added(group))
        for one in made:
            yield self._answer(one, next(outcomes)) if isinstance(one, _Made) else one

    def _added(self, group: "Sequence[_Made]") -> "Sequence[str | CsrtuiError]":
        try:
            return self._session.store.add_many([(one.begun.base, one.files) for one in group], self._names)
        except StoreError as error:
            return [error] * len(group)

    def _answer(self, made: "_Made", outcome: str | CsrtuiError) -> RowResult:
        begun = made.begun
        if isinstance(outcome, NotConfirmedError):
            self._known.add(begun.base, begun.identity, outcome.saved)
        if isinstance(outcome, CsrtuiError):
            return RowResult(begun.number, outcome)
        self._known.add(begun.base, begun.identity, outcome)
        return RowResult(begun.number, Pair(outcome, self._session.store.pair_path(outcome), made.record))


@dataclass(frozen=True, slots=True)
class _Made:
    """A pair that is to be kept."""

    begun: _Begun
    record: PairRecord
    files: PairFiles


def _is_ready(one: _Begun | RowResult) -> bool:
    return isinstance(one, RowResult) or one.key.done()
