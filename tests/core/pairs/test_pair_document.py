"""A pair of another host is the one that its csrtui described."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from requests_made import NOW, record

from csrtui.core.base.times import Validity
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.pairs.pair_json import describe
from csrtui.fleet.remote_pair import read_described

DAY = timedelta(days=1)
BACKUP = Backup(BackupStatus.VERIFIED, "/mnt/a.pem", NOW - DAY, NOW)
LONG = Validity(NOW - DAY, NOW + 89 * DAY)
OLD = Validity(NOW - 80 * DAY, NOW + 10 * DAY)
PLAIN = record()._replace(history=())


@pytest.mark.parametrize(
    "told",
    [
        PLAIN,
        PLAIN._replace(backups=(BACKUP,)),
        PLAIN._replace(backups=(BACKUP._replace(status=BackupStatus.MISSING, verified=None),), submitted=NOW),
        PLAIN._replace(validity=LONG, backups=(BACKUP,)),
        PLAIN._replace(validity=LONG, backups=(BACKUP,), installed=NOW),
        PLAIN._replace(validity=OLD, backups=(BACKUP,), installed=NOW),
        PLAIN._replace(validity=OLD, backups=(BACKUP,), reused=NOW),
        PLAIN._replace(retired=NOW),
        PLAIN._replace(renewed_by="a.com-2", renews="a.com-0"),
    ],
)
@pytest.mark.parametrize("issued", [True, False])
def test_what_was_described_is_described_the_same(told: PairRecord, *, issued: bool) -> None:
    document = describe(Pair("a.com", "/srv/keys/pairs/a.com", told, has_certificate=issued), NOW)
    assert describe(read_described(document), NOW) == document


def test_a_csrtui_that_does_not_say_when_a_certificate_began_is_understood() -> None:
    document = describe(Pair("a.com", "/a.com", PLAIN._replace(validity=LONG)), NOW)
    del document["begins"]
    read = read_described(document).record
    assert read.validity == Validity(PLAIN.created, LONG.not_after)


@pytest.mark.parametrize(
    "change", [{"name": 5}, {"stage": "lost"}, {"backup": None}, {"created": "yesterday"}]
)
def test_what_is_no_pair_is_refused(change: dict[str, Any]) -> None:
    document = describe(Pair("a.com", "/a.com", PLAIN), NOW) | change
    with pytest.raises((TypeError, ValueError)):
        read_described(document)
