"""The printed document of a pair is readable on another host."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from requests_made import NOW, record
from tables import table

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.facts import Installation
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.pairs.pair_json import pair_document
from csrtui.fleet.host_states import read_pair_document

DAY = timedelta(days=1)
BACKUP = Backup(BackupStatus.VERIFIED, "/mnt/a.pem", NOW - DAY, NOW)
LONG = Validity(NOW - DAY, NOW + 89 * DAY)
OLD = Validity(NOW - 80 * DAY, NOW + 10 * DAY)
PLAIN = record()._replace(history=())


@table(
    "record",
    [
        PLAIN,
        PLAIN._replace(backups=(BACKUP,)),
        PLAIN._replace(backups=(BACKUP._replace(status=BackupStatus.MISSING, verified=None),), submitted=NOW),
        PLAIN._replace(validity=LONG, backups=(BACKUP,)),
        PLAIN._replace(validity=LONG, backups=(BACKUP,), installed=NOW),
        PLAIN._replace(validity=OLD, backups=(BACKUP,), installed=NOW),
        PLAIN._replace(validity=OLD, backups=(BACKUP,), reused=NOW),
        PLAIN._replace(validity=LONG, server=Installation("nginx", "/tls", NOW)),
        PLAIN._replace(retired=NOW),
        PLAIN._replace(renewed_by="a.com-2", renews="a.com-0"),
    ],
)
@table("issued", [True, False])
def test_a_document_read_back_is_unchanged(record: PairRecord, *, issued: bool) -> None:
    document = pair_document(Pair("a.com", "/srv/keys/pairs/a.com", record, has_certificate=issued), NOW)
    assert pair_document(read_pair_document(document), NOW) == document


def test_a_document_without_the_begin_of_the_validity_is_accepted() -> None:
    document = pair_document(Pair("a.com", "/a.com", PLAIN._replace(validity=LONG)), NOW)
    del document["begins"]
    read = read_pair_document(document).record
    assert read.validity == Validity(PLAIN.created, LONG.not_after)


@table("change", [{"name": 5}, {"stage": "lost"}, {"backup": None}, {"created": "yesterday"}])
def test_a_document_that_is_not_a_pair_is_refused(change: dict[str, Any]) -> None:
    document = pair_document(Pair("a.com", "/a.com", PLAIN), NOW) | change
    with pytest.raises((TypeError, ValueError)):
        read_pair_document(document)
