"""Many pairs: keys on several cores, results in order and only for stored pairs, and no duplicates."""

from __future__ import annotations

import os
import runpy
import threading
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from backups_made import derivation
from requests_made import key_of

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import load_record
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks import existing_pairs
from csrtui.tasks import new_many as module
from csrtui.tasks.new import create_pair
from csrtui.tasks.new_many import GROUP, Row, RowResult, create_many
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.retire import retire
from csrtui.tasks.session import change_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.core.pairs.pair import PairRecord
    from csrtui.store.keystore import FreeNames, PairFiles
    from csrtui.tasks.session import Session


def rows(*names: str, key_type: KeyType | None = None) -> list[Row]:
    return [Row(at, RequestSpec((name,), key_type=key_type)) for at, name in enumerate(names, start=1)]


def said(answers: Sequence[RowResult]) -> list[tuple[int, str, bool]]:
    return [(one.number, outcome(one), one.skipped) for one in answers]


def outcome(answer: RowResult) -> str:
    return answer.outcome.name if isinstance(answer.outcome, Pair) else "failed"


def hosts(count: int) -> list[str]:
    return [f"h{number}.com" for number in range(count)]


class Groups:
    """A record of the groups that the store receives."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        add_many = session.store.add_many

        def recording(pairs: Sequence[tuple[str, PairFiles]], names: FreeNames) -> list[str | StoreError]:
            self.sizes.append(len(pairs))
            return add_many(pairs, names)

        monkeypatch.setattr(session.store, "add_many", recording)


def test_a_pair_of_a_batch_is_the_same_as_a_single_one(session: Session) -> None:
    (answer,) = create_many(session, [Row(1, RequestSpec(("www.a.com", "a.com")))])
    assert isinstance(answer.outcome, Pair)
    single = create_pair(session, RequestSpec(("www.a.com", "a.com"))).record
    folder = Path(answer.outcome.path)
    record = load_record((folder / "pair.json").read_bytes())
    assert record == answer.outcome.record
    made = csr.read_pem((folder / "request.pem").read_bytes())
    assert made.sha256 == record.request.sha256
    assert (record.subject_text, record.names, record.history) == (
        single.subject_text,
        single.names,
        single.history,
    )


def test_results_are_in_order_and_only_for_stored_pairs(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = Groups(session, monkeypatch)
    names = hosts(2 * GROUP + 5)
    for answer in create_many(session, rows(*names)):
        assert isinstance(answer.outcome, Pair)
        assert answer.outcome.name in session.store.names()
    assert groups.sizes == [GROUP, GROUP, 5]


def test_a_group_needs_half_of_the_files_that_the_process_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = []
    for limit in (1024, 256, 4):
        monkeypatch.setattr(os, "sysconf", {"SC_OPEN_MAX": limit}.__getitem__)
        groups.append(runpy.run_path(module.__file__)["GROUP"])
    assert groups == [100, 32, 1]


def test_pending_rows_are_completed_while_no_row_is_available(session: Session) -> None:
    first, second = rows("a.com", "b.com")
    answers = create_many(session, iter([first, None, second, None, None]))
    assert outcome(next(answers)) == "a.com"
    assert session.store.names() == ["a.com"]
    assert said(list(answers)) == [(2, "b.com", False)]


def test_a_failed_row_has_its_result_in_order(session: Session) -> None:
    wrong = Row(2, InputError("wrong"))
    asked = [rows("a.com")[0], wrong, Row(3, RequestSpec(("a..b",))), Row(4, RequestSpec(("c.com",)))]
    answers = list(create_many(session, asked))
    assert [outcome(one) for one in answers] == ["a.com", "failed", "failed", "c.com"]
    assert answers[1].outcome is wrong.spec


def test_slow_keys_are_made_on_several_cores(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2)
    makers: set[int] = set()

    def meeting(key_type: KeyType) -> PrivateKey:
        together.wait(20)
        makers.add(threading.get_ident())
        return key_of(key_type)

    monkeypatch.setattr(module, "cpu_count", lambda: 2)
    monkeypatch.setattr(session, "generate_key", meeting)
    answers = list(create_many(session, rows(*hosts(4), key_type=KeyType.RSA_2048)))
    assert [outcome(one) for one in answers] == hosts(4)
    assert len(makers) == 2
    assert threading.get_ident() not in makers


def test_the_order_stays_when_a_later_key_is_made_first(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = Event()

    def late(key_type: KeyType) -> PrivateKey:
        if key_type is KeyType.RSA_2048:
            ready.wait(20)
        else:
            ready.set()
        return key_of(key_type)

    monkeypatch.setattr(session, "generate_key", late)
    asked = [*rows("a.com", key_type=KeyType.RSA_2048), Row(2, RequestSpec(("b.com",)))]
    assert said(list(create_many(session, asked))) == [(1, "a.com", False), (2, "b.com", False)]


# Cancelled runs


def test_after_a_stop_running_rows_are_completed_and_no_row_is_started(session: Session) -> None:
    stop = Event()

    def stopping() -> Iterator[Row]:
        yield from rows(*hosts(3))
        stop.set()
        yield Row(4, RequestSpec(("late.com",)))

    answers = list(create_many(session, stopping(), cancel=stop))
    assert [outcome(one) for one in answers] == [*hosts(3), "late.com"]
    assert list(create_many(session, rows("x.com"), cancel=stop)) == []


def test_keys_that_were_not_started_are_dropped_after_a_stop(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, begun = Event(), Event()
    made: list[KeyType] = []

    def slowly(key_type: KeyType) -> PrivateKey:
        begun.set()
        stop.wait(20)
        made.append(key_type)
        return key_of(key_type)

    def stopping() -> Iterator[Row]:
        yield from rows(*hosts(5), key_type=KeyType.RSA_2048)
        begun.wait(20)
        stop.set()

    monkeypatch.setattr(module, "cpu_count", lambda: 1)
    monkeypatch.setattr(session, "generate_key", slowly)
    answers = list(create_many(session, stopping(), cancel=stop))
    assert [outcome(one) for one in answers] == hosts(5)[: len(answers)]
    assert 1 <= len(answers) == len(made) < 5
    assert session.store.names() == hosts(5)[: len(answers)]


def test_after_the_longest_wait_only_keys_that_are_ready_are_stored_together(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[float | None] = []
    monkeypatch.setattr(module, "_MAX_WAIT", 0)
    monkeypatch.setattr(module, "wait", lambda _, timeout=None: timeouts.append(timeout))
    assert len(list(create_many(session, rows("a.com", "b.com")))) == 2
    assert set(timeouts) == {None, 0}


def test_an_abandoned_batch_leaves_no_key_to_generate(session: Session) -> None:
    answers = create_many(session, iter([*rows("a.com"), None, *rows("b.com")]))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert session.store.names() == ["a.com"]


def test_rows_before_an_error_are_completed_before_it_is_raised(session: Session) -> None:
    def breaking() -> Iterator[Row]:
        yield from rows("a.com", "b.com")
        raise InputError("line 3 is not CSV")

    answers = create_many(session, breaking())
    assert [outcome(next(answers)), outcome(next(answers))] == ["a.com", "b.com"]
    with pytest.raises(InputError, match="line 3"):
        next(answers)


# Errors of the store


def test_a_store_that_cannot_be_used_fails_every_row(session: Session) -> None:
    Path(session.store.path).mkdir(mode=0o700)
    Path(session.store.path).chmod(0o755)
    answers = list(create_many(session, rows("a.com", "b.com")))
    assert all(isinstance(one.outcome, StoreError) for one in answers)
    assert len(answers) == 2


def test_an_unconfirmed_pair_is_not_made_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add_many = session.store.add_many

    def unconfirmed(pairs: Sequence[tuple[str, PairFiles]], names: FreeNames) -> list[str | StoreError]:
        return [NotConfirmedError(str(one)) for one in add_many(pairs, names)]

    monkeypatch.setattr(session.store, "add_many", unconfirmed)
    answers = list(create_many(session, rows("a.com", "a.com")))
    assert isinstance(answers[0].outcome, NotConfirmedError)
    assert said(answers) == [(1, "failed", False), (2, "a.com", True)]


def test_a_csr_that_differs_from_the_request_is_not_stored(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csr, "has_valid_signature", lambda _: False)
    (answer,) = create_many(session, rows("a.com"))
    assert isinstance(answer.outcome, CsrtuiError)
    assert "nothing was stored" in answer.outcome.message
    assert session.store.names() == []


# Existing pairs


def test_an_existing_pair_is_not_made_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    before = create_pair(session, RequestSpec(("a.com", "www.a.com")))
    groups = Groups(session, monkeypatch)
    (answer,) = create_many(session, [Row(1, RequestSpec(("A.com", "www.a.com")))])
    assert (answer.skipped, answer.outcome) == (True, before)
    assert groups.sizes == []


def test_equal_rows_make_one_pair(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing_pairs, "_CACHE_SIZE", 2)
    answers = list(create_many(session, rows("a.com", "a.com", *hosts(5), "a.com")))
    assert said(answers)[:2] == [(1, "a.com", False), (2, "a.com", True)]
    assert said(answers)[-1] == (8, "a.com", True)
    assert len(session.store.names()) == 6


def test_a_second_pair_of_a_name_is_recognized(session: Session) -> None:
    asked = [
        Row(1, RequestSpec(("a.com",))),
        Row(2, RequestSpec(("a.com", "b.com"))),
        Row(3, RequestSpec(("a.com", "c.com"))),
    ]
    made = [outcome(one) for one in create_many(session, asked)]
    assert made == ["a.com", "a.com-2", "a.com-3"]
    again = list(create_many(session, asked))
    assert said(again) == [(at, name, True) for at, name in enumerate(made, start=1)]


def test_retired_renewed_and_damaged_pairs_are_made_again(session: Session) -> None:
    for name in ("a.com", "b.com", "c.com", "d.com"):
        create_pair(session, RequestSpec((name,)))
    retire(session, "a.com")
    change_record(session, "b.com", _renewed)
    Path(session.store.pair_path("c.com"), "pair.json").write_bytes(b"damaged")
    answers = list(create_many(session, rows("a.com", "b.com", "c.com", "d.com")))
    assert said(answers) == [
        (1, "a.com-2", False), (2, "b.com-2", False), (3, "c.com-2", False), (4, "d.com", True),
    ]  # fmt: skip


def _renewed(record: PairRecord) -> PairRecord:
    return record._replace(renewed_by="other")


def test_one_passphrase_is_derived_once_for_all(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", 10)
    passphrase = Secret("correct horse battery staple")
    answers = list(create_many(session, rows("a.com", "b.com"), passphrase=passphrase))
    salts = set()
    for one in answers:
        assert isinstance(one.outcome, Pair)
        assert one.outcome.record.key.encrypted
        der = pkcs8.to_der(Path(one.outcome.path, "key.pem").read_bytes())
        salts.add(derivation(der))
        opened = key_types.spki_sha256(pkcs8.decrypt(der, passphrase).public_key())
        assert opened == one.outcome.record.key.spki_sha256
    assert len(salts) == 1
    plain = list(create_many(session, rows("a.com")))
    assert said(plain) == [(1, "a.com-2", False)]
