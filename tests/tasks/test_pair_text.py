"""The texts about pairs, which are the same on the screens and on the command line."""

from __future__ import annotations

from datetime import datetime, timedelta

from many_pairs import pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.validity import Validity
from csrtui.core.keys.key_types import KeyType, label_of_name
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, Pair, PairRecord
from csrtui.core.pairs.summary import summarize
from csrtui.tasks import pair_text
from csrtui.tasks.show import pair_lines

DAY = timedelta(days=1)


def pair(**changes: object) -> Pair:
    return Pair("a.com", "/s/pairs/a.com", record(**changes))


NEW = pair()
LOCKED = pair(key=NEW.record.key._replace(encrypted=True))
BACKED_UP, TO_RECIPIENTS = (
    pair(backups=(Backup(BackupStatus.VERIFIED, path, NOW),)) for path in ("/b.pem", "/b.age")
)


def test_every_next_step_and_key_type_has_a_word() -> None:
    assert set(pair_text.NEXT_STEPS) == set(NextStep)
    assert all(label_of_name(kind.value) == kind.label for kind in KeyType)
    assert label_of_name("dsa-1024") == "DSA 1024"
    assert label_of_name("other") == "other"


@table(
    ("before", "text"),
    [
        (timedelta(0), "today"),
        (timedelta(hours=9), "today"),
        (timedelta(hours=10), "22 Nov"),
        (DAY * 299, "28 Jan"),
        (DAY * 301, "26 Jan 2026"),
        (-DAY, "24 Nov"),
    ],
)
def test_days_are_short(before: timedelta, text: str) -> None:
    assert pair_text.day_text(NOW - before, NOW) == text


@table(
    ("span", "text"),
    [
        (-DAY, "now"),
        (DAY / 2, "now"),
        (DAY, "1 d"),
        (DAY * 13, "13 d"),
        (DAY * 14, "2 w"),
        (DAY * 120, "17 w"),
    ],
)
def test_spans_have_one_unit(span: timedelta, text: str) -> None:
    assert pair_text.age_text(span) == text


def backup_cell(pair_record: PairRecord) -> str:
    """Return the cell of the list's backup column."""
    row = pair_text.list_row(summarize(pair_of_record("a", pair_record)), NOW)
    return row[pair_text.LIST_HEADER.index("Backup")]


@table("status", BackupStatus)
def test_only_a_verified_backup_has_an_age(status: BackupStatus) -> None:
    one = record(backups=(Backup(status, "/b", NOW, NOW - 3 * DAY),))
    assert backup_cell(one) == ("verified 3 d" if status == "verified" else status.value)
    assert backup_cell(record()) == "none"


def lines(one: PairRecord, *, has_certificate: bool = False) -> dict[str, str]:
    shown = pair_lines(Pair("a.com", "/s/pairs/a.com", one, has_certificate), NOW)
    return {label: text for label, text in shown if label}


def test_a_new_pair_is_described_in_full() -> None:
    history = (HistoryEntry(NOW, "created", "joe"), HistoryEntry(NOW, "which clients must trust", "operator"))
    shown = lines(record(names=("a.com", "b.com"), history=history))
    assert list(shown) == [
        "Name", "Stage", "Next", "Subject", "Covers", "Key", "SPKI", "CSR", "For", "Purpose", "Backup", "Made",
        "Files", "History",
    ]  # fmt: skip
    assert shown["For"] == "nginx, public CA"
    assert shown["SPKI"].split() == ["abab"] * 16
    assert shown["History"] == "23 Nov 2026 09:00 UTC  joe       created"
    assert pair_lines(pair(history=history), NOW)[-1] == (
        "",
        "23 Nov 2026 09:00 UTC  operator  which clients must trust",
    )
    assert shown["Backup"].startswith("none. If the key is lost")
    assert shown["Key"] == "EC P-256, mode 0600, no passphrase"


def test_a_pair_with_a_history_is_described_in_full() -> None:
    from csrtui.core.pairs.facts import KeyFacts

    one = record(
        platform="from-a-later-version",
        key=KeyFacts("rsa-2048", encrypted=True, spki_sha256="00" * 32),
        backups=(Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),),
        submitted=NOW,
        validity=Validity(NOW - DAY, NOW + 40 * DAY),
        installed=NOW,
        retired=NOW,
        renews="a.com-0",
        renewed_by="a.com-2",
    )
    shown = lines(one, has_certificate=True)
    assert shown["For"].startswith("from-a-later-version, ")
    assert shown["Key"] == "RSA 2048, with a passphrase"
    assert shown["Backup"] == "verified 23 Nov 2026: /b.pem"
    assert shown["Submitted"] == "23 Nov 2026"
    assert shown["Valid from"] == "22 Nov 2026"
    assert shown["Renewal due"] == "19 Dec 2026"
    assert shown["Expires"] == "2 Jan 2027 (40 days left)"
    assert (shown["Installed"], shown["Retired"]) == ("23 Nov 2026", "23 Nov 2026")
    assert (shown["Renews"], shown["Renewed by"]) == ("a.com-0", "a.com-2")
    everything = pair_lines(Pair("a.com", "/s/pairs/a.com", one, has_certificate=True), NOW)
    assert ("", "/s/pairs/a.com/certificate.pem") in everything


@table(
    ("left", "note"),
    [
        (DAY, "1 day left"),
        (DAY / 2, "0 days left"),
        (-DAY / 2, "expired 1 day ago"),
        (-30 * DAY, "expired 30 days ago"),
    ],
)
def test_the_validity_is_shown_in_days(left: timedelta, note: str) -> None:
    assert lines(record(validity=Validity(NOW - 90 * DAY, NOW + left)))["Expires"].endswith(f"({note})")


def test_a_backup_shows_its_file_and_the_last_test() -> None:
    one = record(backups=(Backup(BackupStatus.UNVERIFIED, "/b.pem", NOW),))
    assert lines(one)["Backup"] == "unverified: /b.pem"
    one = record(backups=(Backup(BackupStatus.MISSING, "/b.pem", NOW, NOW),))
    assert lines(one)["Backup"] == "missing, last verified 23 Nov 2026: /b.pem"


def test_all_backups_are_listed_with_the_best_first() -> None:
    since = NOW - 3 * DAY
    backups = (
        Backup(BackupStatus.DAMAGED, "/a.pem", NOW, since=since),
        Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),
        Backup(BackupStatus.MISSING, "/c.pem", NOW, NOW, since=since),
    )
    shown = pair_lines(pair(backups=backups), NOW)
    at = [label for label, _ in shown].index("Backup")
    assert shown[at : at + 4] == [
        ("Backup", "verified 23 Nov 2026: /b.pem"),
        ("", "missing since 20 Nov 2026, last verified 23 Nov 2026: /c.pem"),
        ("", "damaged since 20 Nov 2026: /a.pem"),
        ("Made", "23 Nov 2026"),
    ]


@table(
    ("status", "since", "cell"),
    [
        (BackupStatus.MISSING, NOW - 3 * DAY, "missing 3 d"),
        (BackupStatus.DAMAGED, NOW, "damaged today"),
        (BackupStatus.MISSING, None, "missing"),
        (BackupStatus.UNVERIFIED, None, "unverified"),
    ],
)
def test_the_cell_shows_since_when_a_backup_is_missing(
    status: BackupStatus, since: datetime | None, cell: str
) -> None:
    backup = Backup(status, "/b.pem", NOW - 9 * DAY, NOW - 9 * DAY, since=since)
    assert backup_cell(record(backups=(backup,))) == cell


@table(
    ("pairs", "lines"),
    [
        ([NEW], []),
        ([NEW, NEW], []),
        ([LOCKED], ["Type the passphrase of this key. Its backup uses the same one."]),
        ([BACKED_UP], ["Earlier backups of this pair keep their passphrase."]),
        (
            [NEW, BACKED_UP, TO_RECIPIENTS],
            ["All 3 new backups get this passphrase. Earlier backups of 1 pair keep theirs."],
        ),
        (
            [LOCKED, NEW],
            ["1 of the 2 keys has a passphrase. Type that passphrase: all of these backups get it."],
        ),
        (
            [LOCKED, LOCKED],
            ["2 of the 2 keys have a passphrase. Type that passphrase: all of these backups get it."],
        ),
    ],
)
def test_it_is_clear_which_backups_a_passphrase_is_for(pairs: list[Pair], lines: list[str]) -> None:
    assert pair_text.passphrase_facts(pairs).lines == lines
