"""The pairs that the chart of expiries counts, and those that it reports as not counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pairs_made import new_pair
from requests_made import NOW

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.store import summary_reader
from csrtui.tasks.list import count_expiries

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

LIFE = Validity(NOW - timedelta(days=1), NOW + timedelta(days=89))


def made(session: Session, name: str, **changes: object) -> str:
    """Make a pair, and change its record."""
    pair = new_pair(session, name)
    with session.store.change(pair) as change:
        record = load_record(change.record)
        change.replace_record(dump_record(record._replace(**changes)))  # type: ignore[arg-type]
    return pair


def test_an_empty_store_has_nothing_to_count(session: Session) -> None:
    counted = count_expiries(session)
    assert (counted.expiries.total, counted.without_certificate, counted.not_in_use, counted.unreadable) == (
        0,
        0,
        0,
        0,
    )


@pytest.mark.parametrize("cache_from", [1, 250], ids=["from the cache", "from the folders"])
def test_only_certificates_in_use_are_counted_and_the_others_are_reported(
    session: Session, monkeypatch: pytest.MonkeyPatch, cache_from: int
) -> None:
    monkeypatch.setattr(summary_reader, "CACHE_FROM", cache_from)
    made(session, "used.com", validity=LIFE, installed=NOW)
    made(session, "new.com")
    made(session, "retired.com", validity=LIFE, retired=NOW)
    made(session, "replaced.com", validity=LIFE, renewed_by="used.com")
    damaged = made(session, "damaged.com", validity=LIFE)
    Path(session.store.pair_path(damaged), "pair.json").write_text("no")
    counted = count_expiries(session)
    assert (counted.expiries.total, counted.without_certificate, counted.not_in_use, counted.unreadable) == (
        1,
        1,
        2,
        1,
    )
    assert counted.expiries.months[3].expiring == 1
