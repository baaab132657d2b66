"""Create many pairs. Keys are generated on all cores, and several pairs are flushed to disk together.

Rows are read and results returned one by one, so only one group of rows is in memory at a time. The result of a row is
returned only when its pair is on disk. A row whose pair exists is skipped, so an interrupted run can simply be
repeated. If two rows are equal, only the first creates a pair.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from os import cpu_count, sysconf
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import CsrtuiError, StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import KeyType
from csrtui.core.keys.pkcs8 import BatchEncryptor
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.core.pairs.pair_name import pair_name
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import FreeNames, PairFiles
from csrtui.tasks.existing_pairs import Identity, KnownPairs
from csrtui.tasks.new import build_csr, build_files, check_request
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

GROUP = min(100, max(1, sysconf("SC_OPEN_MAX") // 8))
"""The number of pairs that are flushed together, because a flush takes about as long for one pair as for many.

Until then, each pair needs four open files. All pairs together use at most half of the files that the process may open.
"""
_MAX_WAIT = 0.25
"""The number of seconds after which finished pairs are stored even if the group is not full."""
_SLOW_KEY_TYPES = frozenset({KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096})
"""The key types that take so long to generate that another thread is worthwhile."""


class Row(NamedTuple):
    """One requested pair.

    Attributes:
        number: The number of the row, from 1.
        spec: The request, or the error in the row.
    """

    number: int
    spec: RequestSpec | CsrtuiError


class RowResult(NamedTuple):
    """The result of one row."""

    number: int
    outcome: Pair | CsrtuiError
    skipped: bool = False


class _PendingRow(NamedTuple):
    """A row whose key is being generated."""

    number: int
    base: str
    spec: RequestSpec
    advice: Advice
    identity: Identity
    key: "Future[PrivateKey]"


class _NewPair(NamedTuple):
    """A pair that is ready to be stored."""

    row: _PendingRow
    record: PairRecord
    files: PairFiles


def create_many(
    session: Session,
    rows: Iterable[Row | None],
    *,
    passphrase: Secret | None = None,
    force: bool = False,
    cancel: Event | None = None,
) -> Iterator[RowResult]:
    """Create a pair for each row, and yield the results in input order.

    A result is yielded only when its pair is on disk. A failed row does not stop the others.

    Args:
        rows: The rows. None means that no further row is available at present, so all pending rows are completed first.
        cancel: Once set, no further row is started. Running rows are completed.

    Raises:
        CsrtuiError: Reading the rows failed. The results of all earlier rows are yielded first.
    """
    cancel = cancel or Event()
    with ThreadPoolExecutor(cpu_count()) as pool:
        encryptor = None if passphrase is None else BatchEncryptor(passphrase, session.entropy)
        run = _Run(session, pool, encryptor)
        source = iter(rows)
        try:
            while not cancel.is_set():
                try:
                    row = next(source)
                except StopIteration:
                    break
                except CsrtuiError:
                    yield from run.finish(cancel)
                    raise
                if row is None:
                    yield from run.finish(cancel)
                else:
                    yield from run.start(row, cancel, force=force)
            yield from run.finish(cancel)
        finally:
            pool.shutdown(cancel_futures=True)


class _Run:
    """One run: the rows whose keys are being generated, and the results that wait for earlier rows."""

    def __init__(self, session: Session, pool: ThreadPoolExecutor, encryptor: BatchEncryptor | None) -> None:
        self._session = session
        self._pool = pool
        self._encryptor = encryptor
        self._names = FreeNames()
        self._known = KnownPairs(session)
        self._queue: deque[_PendingRow | RowResult] = deque()
        self._stored_at = time.monotonic()

    def start(self, row: Row, cancel: Event, *, force: bool) -> Iterator[RowResult]:
        """Start a row, and yield the results that are ready."""
        try:
            if isinstance(row.spec, CsrtuiError):
                raise row.spec
            advice = check_request(self._session, row.spec, force=force)
            identity = Identity.of(row.spec, advice, encrypted=self._encryptor is not None)
            base = pair_name(advice.title)
            if any(isinstance(item, _PendingRow) and item.identity == identity for item in self._queue):
                yield from self.finish(cancel)
            known = self._known.find(base, identity)
        except CsrtuiError as error:
            self._queue.append(RowResult(row.number, error))
        else:
            if known is None:
                key = self._generate_key(row.spec.effective_key_type)
                self._queue.append(_PendingRow(row.number, base, row.spec, advice, identity, key))
            else:
                self._queue.append(RowResult(row.number, known, skipped=True))
        while self._queue and isinstance(result := self._queue[0], RowResult):
            self._queue.popleft()
            yield result
        if len(self._queue) >= GROUP:
            yield from self._store_group()

    def finish(self, cancel: Event) -> Iterator[RowResult]:
        """Yield the results of all rows in the queue.

        If `cancel` is set, drop the rows whose keys are not yet being generated.
        """
        if cancel.is_set():
            self._queue = deque(
                item for item in self._queue if isinstance(item, RowResult) or not item.key.cancel()
            )
        while self._queue:
            yield from self._store_group()

    def _generate_key(self, key_type: KeyType) -> "Future[PrivateKey]":
        if key_type in _SLOW_KEY_TYPES:
            return self._pool.submit(self._session.generate_key, key_type)
        key: Future[PrivateKey] = Future()
        key.set_result(self._session.generate_key(key_type))
        return key

    def _store_group(self) -> Iterator[RowResult]:
        """Store the pairs at the start of the queue whose keys are ready, and yield their results.

        At least the first pair is stored, after its key has been generated.
        """
        # Wait for the first key, and then a little for further keys whose pairs can be flushed together with its pair.
        keys = [item.key for item in self._queue if isinstance(item, _PendingRow)]
        wait(keys[:1])
        wait(keys, max(self._stored_at + _MAX_WAIT - time.monotonic(), 0))
        items: list[_NewPair | RowResult] = []
        while self._queue and (isinstance(first := self._queue[0], RowResult) or first.key.done()):
            self._queue.popleft()
            items.append(self._build(first) if isinstance(first, _PendingRow) else first)
        outcomes = iter(self._add([item for item in items if isinstance(item, _NewPair)]))
        for item in items:
            yield self._result(item, next(outcomes)) if isinstance(item, _NewPair) else item
        self._stored_at = time.monotonic()

    def _build(self, row: _PendingRow) -> _NewPair | RowResult:
        try:
            key = row.key.result()
            csr = build_csr(row.advice, key)
            record, files = build_files(self._session, row.spec, csr, key, self._encryptor)
        except CsrtuiError as error:
            return RowResult(row.number, error)
        return _NewPair(row, record, files)

    def _add(self, pairs: Sequence[_NewPair]) -> Sequence[str | CsrtuiError]:
        try:
            return self._session.store.add_many([(pair.row.base, pair.files) for pair in pairs], self._names)
        except StoreError as error:
            return [error] * len(pairs)

    def _result(self, pair: _NewPair, outcome: str | CsrtuiError) -> RowResult:
        row = pair.row
        if isinstance(outcome, NotConfirmedError):
            self._known.add(row.base, row.identity, outcome.saved)
        if isinstance(outcome, CsrtuiError):
            return RowResult(row.number, outcome)
        self._known.add(row.base, row.identity, outcome)
        return RowResult(row.number, Pair(outcome, self._session.store.pair_path(outcome), pair.record))
