"""The stage, the backup and the next step of pairs, in every combination."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from requests_made import NOW, record
from tables import table

from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import Validity, date_text, time_text, utc_text
from csrtui.core.pairs.facts import Installation
from csrtui.core.pairs.history import (
    NEW_CSR_SUFFIX,
    HistoryEntry,
    lacks_issuer,
    was_installed,
    was_issued_for_request,
)
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, Pair, Stage
from csrtui.core.pairs.summary import urgency_key

DAY = timedelta(days=1)
FRESH = Validity(NOW - 10 * DAY, NOW + 80 * DAY)
DUE = Validity(NOW - 60 * DAY, NOW + 30 * DAY)
GONE = Validity(NOW - 90 * DAY, NOW - 1 * DAY)


def backups(status: BackupStatus) -> tuple[Backup, ...]:
    return () if status is BackupStatus.NONE else (Backup(status, "/b.pem", NOW),)


STAGES: dict[Stage, dict[str, Any]] = {
    Stage.NEW: {},
    Stage.SUBMITTED: {"submitted": NOW},
    Stage.ISSUED: {"submitted": NOW, "validity": FRESH},
    Stage.RETIRED: {"submitted": NOW, "validity": FRESH, "retired": NOW},
}


@table("stage", Stage)
def test_the_stage_is_that_of_the_last_event(stage: Stage) -> None:
    assert record(**STAGES[stage]).stage is stage


@table("status", BackupStatus)
@table("stage", Stage)
def test_the_next_step(stage: Stage, status: BackupStatus) -> None:
    """Before the submission, only a verified backup counts. Later, a missing medium is accepted."""
    step = record(**STAGES[stage], backups=backups(status)).next_step(NOW)
    good = {BackupStatus.VERIFIED} | (set() if stage is Stage.NEW else {BackupStatus.MISSING})
    then = {
        Stage.NEW: NextStep.SUBMIT,
        Stage.SUBMITTED: NextStep.IMPORT,
        Stage.ISSUED: NextStep.INSTALL,
        Stage.RETIRED: NextStep.NONE,
    }[stage]
    expected = then if status in good or stage is Stage.RETIRED else NextStep.BACK_UP
    assert step is expected


def test_an_unverified_backup_to_recipients_delays_no_step_but_any_other_does() -> None:
    backup = Backup(BackupStatus.UNVERIFIED, "/backups/a.com.backup.age", NOW)
    assert record(backups=(backup,)).next_step(NOW) is NextStep.SUBMIT
    plain = backup._replace(path="/backups/a.com.backup.pem")
    missing, damaged = (backup._replace(status=s) for s in (BackupStatus.MISSING, BackupStatus.DAMAGED))
    for other in (plain, missing, damaged):
        assert record(backups=(other,)).next_step(NOW) is NextStep.BACK_UP


def test_a_deleted_backup_does_not_count_but_one_on_a_disconnected_disk_does() -> None:
    made = Backup(BackupStatus.VERIFIED, "/usb/a.pem", NOW, NOW)
    gone, away = made.with_status(BackupStatus.MISSING, NOW), made.with_disk_away()
    assert (gone.is_away, away.is_away, away.with_status(BackupStatus.MISSING, NOW)) == (False, True, gone)
    submitted = {"submitted": NOW, "validity": FRESH}
    assert record(**submitted, backups=(gone,)).next_step(NOW) is NextStep.BACK_UP
    for known in ((away,), (away, gone), (gone, away)):
        assert record(**submitted, backups=known).next_step(NOW) is NextStep.INSTALL
        assert record(backups=known).next_step(NOW) is NextStep.BACK_UP


def test_each_certificate_has_to_be_installed() -> None:
    issued = record(backups=backups(BackupStatus.VERIFIED)).with_certificate(FRESH, NOW, "joe", "imported")
    assert (issued.validity, issued.next_step(NOW)) == (FRESH, NextStep.INSTALL)
    installed = issued.with_installation(NOW + DAY, "ann", "installed files written: /srv", "nginx", "/srv")
    assert (installed.installed, installed.next_step(NOW)) == (NOW + DAY, NextStep.NONE)
    assert installed.server == Installation("nginx", "/srv", NOW + DAY)
    again = installed.with_certificate(FRESH, NOW + 2 * DAY, "joe", "imported again")
    assert (again.installed, again.next_step(NOW)) == (None, NextStep.INSTALL)
    assert [(event.user, event.text) for event in again.history] == [
        ("joe", "imported"),
        ("ann", "installed files written: /srv"),
        ("joe", "imported again"),
    ]


def test_the_server_software_follows_the_installation_and_can_be_changed() -> None:
    pair = record(platform="nginx", validity=FRESH)
    assert pair.with_platform("nginx", NOW, "joe") is pair
    changed = pair.with_platform("apache", NOW + DAY, "joe")
    assert changed._replace(platform="nginx", history=()) == pair._replace(history=())
    event = changed.history[-1]
    assert (event.time, event.text, event.user) == (
        NOW + DAY,
        "server software changed from nginx to apache",
        "joe",
    )
    assert changed.with_installation(NOW + DAY, "joe", "installed", "haproxy", "/srv").platform == "haproxy"


def test_the_kind_of_ca_can_be_changed() -> None:
    pair = record(ca=CaKind.PUBLIC)
    assert pair.with_ca(CaKind.PUBLIC, NOW, "joe") is pair
    changed = pair.with_ca(CaKind.PRIVATE, NOW, "joe")
    assert (changed.ca, changed.history[-1].text) == (CaKind.PRIVATE, "CA changed from public to private")


def test_retirement_records_time_and_user() -> None:
    retired = record(validity=FRESH).with_retirement(NOW + DAY, "joe")
    assert (retired.stage, retired.retired) == (Stage.RETIRED, NOW + DAY)
    assert [(event.text, event.user) for event in retired.history] == [("retired", "joe")]


@table("validity", [DUE, GONE])
@table("status", BackupStatus)
def test_a_due_renewal_comes_first(validity: Validity, status: BackupStatus) -> None:
    issued = record(validity=validity, backups=backups(status))
    assert issued.next_step(NOW) is NextStep.RENEW


@table("change", [{"renewed_by": "a.com-2"}, {"retired": NOW}])
def test_a_replaced_or_retired_pair_has_no_next_step(change: dict[str, object]) -> None:
    assert record(validity=DUE, **change).next_step(NOW) is NextStep.NONE


def test_a_pair_without_backup_has_the_status_none() -> None:
    assert record().backup_status is BackupStatus.NONE
    assert record(backups=backups(BackupStatus.DAMAGED)).backup_status is BackupStatus.DAMAGED


@table(("remaining", "due"), [(DAY * 30 + timedelta(seconds=1), False), (DAY * 30, True), (-DAY, True)])
def test_a_renewal_is_due_with_one_third_of_the_validity_left(remaining: timedelta, due: bool) -> None:
    validity = Validity(NOW + remaining - 90 * DAY, NOW + remaining)
    assert validity.is_due(NOW) is due


@table(
    ("remaining", "days"),
    [(DAY, 1), (DAY - timedelta(seconds=1), 0), (timedelta(0), 0), (timedelta(seconds=-1), -1), (-DAY, -1)],
)
def test_days_left_are_whole_days(remaining: timedelta, days: int) -> None:
    assert Validity(NOW - DAY, NOW + remaining).days_left(NOW) == days


def test_submission_records_time_and_user() -> None:
    before = record()
    after = before.with_submission(NOW + DAY, "joe").with_submission(NOW + 2 * DAY, "ann")
    assert before.submitted is None
    assert after.submitted == NOW + 2 * DAY
    assert [(event.time, event.text, event.user) for event in after.history] == [
        (NOW + DAY, "submitted", "joe"),
        (NOW + 2 * DAY, "submitted", "ann"),
    ]


def test_the_most_urgent_pair_comes_first() -> None:
    verified = backups(BackupStatus.VERIFIED)
    expected = {
        "due-sooner": record(validity=GONE),
        "due-later": record(validity=DUE),
        "bare-newer": record(created=NOW),
        "bare-older": record(created=NOW - DAY),
        "submit": record(backups=verified),
        "install": record(backups=verified, validity=FRESH),
        "import": record(backups=verified, submitted=NOW),
        "installed": record(backups=verified, validity=FRESH, installed=NOW),
        "retired": record(retired=NOW),
        "retired-too": record(retired=NOW),
    }
    pairs = [Pair(name, f"/s/{name}", one) for name, one in reversed(expected.items())]
    assert [pair.name for pair in sorted(pairs, key=lambda pair: urgency_key(pair, NOW))] == list(expected)


def test_a_certificate_is_older_than_a_csr_made_at_adoption_until_the_next_import() -> None:
    adopted = HistoryEntry(NOW, f"key adopted from /etc/key.pem, {NEW_CSR_SUFFIX}", "joe")
    imported = HistoryEntry(NOW, "certificate imported, expires 2027-06-02T23:59:59Z", "joe")
    for history, expected in (((), True), ((imported, adopted), False), ((adopted, imported), True)):
        assert was_issued_for_request(history) is expected


def test_lists_show_that_the_chain_of_the_current_certificate_is_incomplete() -> None:
    certificate = "certificate imported, expires 2 Jun 2027, from Test CA; the chain is "
    incomplete, complete, chain, other = (
        HistoryEntry(NOW, text, "joe")
        for text in (
            f"{certificate}not checkable: the issuer certificate, Test CA, is missing",
            f"{certificate}valid up to Test CA",
            "certificate chain replaced, now 2 certificates; the chain is valid up to Test CA",
            "installed files written: /etc/ssl/a.pem (nginx)",
        )
    )
    issued = record(validity=Validity(NOW, NOW))
    for history, expected in (
        ((), False),
        ((incomplete, other), True),
        ((incomplete, chain), False),
        ((complete, incomplete), True),
        ((incomplete, complete), False),
    ):
        assert lacks_issuer(history) is expected
        stage = issued._replace(history=history).listed_stage
        assert stage == ("no chain" if expected else "issued")
    without_chain = issued._replace(history=(incomplete,))
    assert without_chain._replace(ca=CaKind.PRIVATE).listed_stage == "issued", "clients may have it"
    assert without_chain._replace(retired=NOW).listed_stage == "retired"
    assert without_chain._replace(installed=NOW).visible_stage == "installed"


@table(
    ("time", "text"),
    [
        (NOW, "2026-11-23T09:00:00Z"),
        (NOW.replace(microsecond=999_999), "2026-11-23T09:00:00Z"),
        (datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=-9))), "2026-11-23T18:00:00Z"),
        (datetime(26, 1, 2, tzinfo=UTC), "0026-01-02T00:00:00Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(time: datetime, text: str) -> None:
    assert utc_text(time) == text


def test_people_see_dates_and_times_in_utc() -> None:
    time = datetime(2026, 11, 30, 23, 59, 59, tzinfo=timezone(timedelta(hours=-9)))
    assert (date_text(time), time_text(time)) == ("1 Dec 2026", "1 Dec 2026 08:59 UTC")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_read_back_to_the_second(time: datetime) -> None:
    assert datetime.fromisoformat(utc_text(time)) == time.replace(microsecond=0)


@table(
    ("texts", "expected"),
    [
        ((), False),
        (("created", "marked as installed", "certificate imported"), True),
        (("installed files written: /a.key", "renewed by b.com"), True),
        (("installed files replaced: /a.key", "previous files put back: /a.key"), False),
        (("previous files put back: /a.key", "marked as installed"), True),
    ],
)
def test_a_pair_counts_as_installed_until_the_previous_files_are_put_back(
    texts: tuple[str, ...], expected: bool
) -> None:
    assert was_installed(HistoryEntry(NOW, text, "joe") for text in texts) is expected
