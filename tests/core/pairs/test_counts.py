"""The counts of pairs, in a line."""

from __future__ import annotations

from datetime import timedelta

from many_pairs import pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.counts import PairCounts, count_pairs
from csrtui.core.pairs.pair import Backup, BackupStatus, PairRecord
from csrtui.core.pairs.query import Retired
from csrtui.core.pairs.summary import summarize


@table(
    ("counts", "shown", "hidden"),
    [
        (PairCounts(), "no pairs", "no pairs"),
        (PairCounts(1), "1 pair", "1 pair"),
        (
            PairCounts(15, 2, 1, 3, 4),
            "15 pairs · 4 expired · 1 due · 2 not backed up",
            "12 pairs · 4 expired · 1 due · 2 not backed up · 3 retired hidden",
        ),
        (
            PairCounts(3, retired=1, to_revoke=1),
            "3 pairs · 1 to revoke",
            "2 pairs · 1 to revoke · 1 retired hidden",
        ),
        (PairCounts(3, 0, 0, 3), "3 pairs", "0 pairs · 3 retired hidden"),
    ],
)
def test_the_line_says_how_many_are_hidden(counts: PairCounts, shown: str, hidden: str) -> None:
    assert str(counts) == counts.line(Retired.SHOWN) == shown
    assert counts.line(Retired.HIDDEN) == hidden


DAY = timedelta(days=1)
COMPROMISED = record(validity=Validity(NOW, NOW + DAY), retired=NOW, compromised=NOW)
VERIFIED = (Backup(BackupStatus.VERIFIED, "/b", NOW, NOW),)


@table(
    ("pairs", "text"),
    [
        ([], "no pairs"),
        ([record()], "1 pair · 1 not backed up"),
        ([record(), record(retired=NOW)], "2 pairs · 1 not backed up"),
        ([record(backups=VERIFIED)], "1 pair"),
        ([COMPROMISED, COMPROMISED._replace(revoked=NOW)], "2 pairs · 1 to revoke"),
        ([record(validity=Validity(NOW - 9 * DAY, NOW))], "1 pair · 1 due · 1 not backed up"),
        ([record(validity=Validity(NOW - 9 * DAY, NOW - DAY))], "1 pair · 1 expired · 1 not backed up"),
        ([record(validity=Validity(NOW - 9 * DAY, NOW - DAY), renewed_by="b")], "1 pair · 1 not backed up"),
    ],
)
def test_pairs_are_counted_by_status(pairs: list[PairRecord], text: str) -> None:
    assert str(count_pairs([summarize(pair_of_record("a.com", one)) for one in pairs], NOW)) == text
