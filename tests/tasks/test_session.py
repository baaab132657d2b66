"""The base of every task: the clock, the user, and the public suffix list."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest

from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session, utc_now


@pytest.fixture
def plain() -> Session:
    return Session(Keystore("/nowhere"))


def test_the_clock_is_utc_to_the_second(plain: Session) -> None:
    now = plain.clock()
    assert now == now.replace(microsecond=0)
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
    assert utc_now().utcoffset() == timedelta(0)


def test_the_user_has_a_name_or_a_number(plain: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain.user == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    assert Session(plain.store).user == "987654321"


def test_the_suffix_list_is_read_once(plain: Session) -> None:
    assert plain.suffixes is plain.suffixes
