"""Many backups: on several cores, stopped without loss, and a failure does not stop the others."""

from __future__ import annotations

import concurrent.futures
import os
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE
from pairs_made import new_pair, order, record_of

from csrtui.core.backups import backup_file
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.parallel import Result, run_for_each

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.core.keys.pkcs8 import DerivedKey
    from csrtui.tasks.session import Session

NAMES = [f"{letter}.com" for letter in "abcdef"]

pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def full(session: Session) -> Session:
    """Return a store with some pairs, each with its own key."""
    session.generate_key = key_types.generate
    for name in NAMES:
        new_pair(session, name)
    return session


def test_ctrl_c_starts_no_further_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    started, cancel = Event(), Event()

    def interrupted(_futures: object) -> None:
        started.wait(10)
        raise KeyboardInterrupt

    def task(name: str) -> list[Result]:
        started.set()
        cancel.wait(10)
        return [Result(ok=True, text=name)]

    monkeypatch.setattr(concurrent.futures, "wait", interrupted)
    results = run_for_each(
        ["a", "b"], task, failure_label="not done", on_result=lambda _: None, cancel=cancel, max_workers=1
    )
    assert [(result.ok, result.text) for result in results] == [
        (True, "a"),
        (False, "not done: stopped before"),
    ]


def statuses(session: Session) -> dict[str, BackupStatus]:
    return {name: record_of(session, name).backup_status for name in NAMES}


def test_all_backups_are_verified_and_reported_in_order(full: Session, place: Path) -> None:
    told: list[Result] = []
    names = NAMES[::-1]
    results = back_up_many(full, names, order(place), on_result=told.append)
    assert [result.pair for result in results] == names
    assert all(result.ok for result in results)
    assert {result.pair for result in told} == set(names)
    assert set(statuses(full).values()) == {BackupStatus.VERIFIED}
    for result in results:
        assert result.pair
        found = backup_file.parse(Path(str(result.file)).read_bytes())
        key = pkcs8.decrypt(found.key, PASSPHRASE)
        assert key_types.spki_sha256(key.public_key()) == record_of(full, result.pair).key.spki_sha256


def test_two_backups_are_made_at_once(full: Session, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each backup waits during the encryption of its key until another one is at the same place."""
    seal = pkcs8.encrypt_with
    together = Barrier(2)

    def meeting(key: PrivateKey, derived: DerivedKey, iv: bytes) -> bytes:
        together.wait(20)
        return seal(key, derived, iv)

    monkeypatch.setattr(pkcs8, "encrypt_with", meeting)
    try:
        results = back_up_many(full, NAMES, order(place))
    except BrokenBarrierError:
        pytest.fail("one was made after the other")
    assert all(result.ok for result in results)


def test_the_key_derivation_lets_other_threads_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise, several threads would use one core."""
    from threading import Thread

    monkeypatch.undo()
    ended = Event()

    def derive() -> None:
        pkcs8.derive(PASSPHRASE, bytes(16), 2_000_000)
        ended.set()

    thread = Thread(target=derive)
    thread.start()
    turns = 0
    while not ended.is_set():
        turns += 1
    thread.join()
    assert turns > 100


def test_after_a_stop_completed_backups_stay_and_the_others_are_named(full: Session, place: Path) -> None:
    stop = Event()
    results = back_up_many(
        full, NAMES, order(place), on_result=lambda _: stop.set(), cancel=stop, max_workers=1
    )
    assert [result.ok for result in results] == [True, False, False, False, False, False]
    assert {result.text for result in results[1:]} == {"not backed up: stopped before"}
    assert list(statuses(full).values()).count(BackupStatus.VERIFIED) == 1
    assert len(os.listdir(place)) == 1
    again = back_up_many(full, NAMES[1:], order(place))
    assert all(result.ok for result in again)
    assert set(statuses(full).values()) == {BackupStatus.VERIFIED}


def test_a_running_backup_is_completed(full: Session, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Event()
    seal = pkcs8.encrypt_with

    def stopping(key: PrivateKey, derived: DerivedKey, iv: bytes) -> bytes:
        stop.set()
        return seal(key, derived, iv)

    monkeypatch.setattr(pkcs8, "encrypt_with", stopping)
    results = back_up_many(full, NAMES, order(place), cancel=stop, max_workers=1)
    assert [result.ok for result in results] == [True] + [False] * 5


def test_failed_backups_do_not_stop_the_others(full: Session, place: Path) -> None:
    Path(full.store.pair_path("b.com"), "key.pem").write_bytes(b"damaged")
    Path(full.store.pair_path("c.com"), "pair.json").write_bytes(b"damaged")
    names = [*NAMES, "missing.com"]
    results = {result.pair: result for result in back_up_many(full, names, order(place))}
    assert {name for name, result in results.items() if not result.ok} == {"b.com", "c.com", "missing.com"}
    assert all(results[name].text.startswith("not backed up: ") for name in ("b.com", "c.com", "missing.com"))
    assert "the key of b.com is damaged" in results["b.com"].text
    assert len(os.listdir(place)) == 4


def test_an_unexpected_error_is_raised_and_starts_no_further_backup(
    full: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(pkcs8, "encrypt_with", fails)
    with pytest.raises(ZeroDivisionError):
        back_up_many(full, NAMES, order(place), max_workers=1)
    assert set(statuses(full).values()) == {BackupStatus.NONE}
    assert os.listdir(place) == []


def test_an_empty_list_backs_up_nothing(session: Session, place: Path) -> None:
    assert back_up_many(session, [], order(place)) == []
