"""The summary of a pair gives the same answers as the pair at any time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from many_pairs import RECORDS, TIMES, pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.counts import count_pairs
from csrtui.core.pairs.pair import (
    Backup,
    BackupStatus,
    NextStep,
    PairRecord,
    Stage,
)
from csrtui.core.pairs.query import Query, SortOrder, sort_key
from csrtui.core.pairs.renewal_state import RenewalState, Successor, renewal_state
from csrtui.core.pairs.summary import (
    OVERDUE,
    deadlines,
    from_microseconds,
    summarize,
    summarize_alone,
    to_microseconds,
    urgency_key,
    with_renewal_states,
    with_renewals,
)

DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)


@given(RECORDS, st.sampled_from(RenewalState), TIMES)
@example(  # the newest certificate is due, but not the previous one, which the server uses
    record(validity=Validity(NOW - 90 * DAY, NOW + DAY), previous=Validity(NOW, NOW + 90 * DAY)),
    RenewalState.BROKEN,
    NOW,
)
def test_a_summary_has_step_and_urgency_at_any_time(
    pair_record: PairRecord, renewal: RenewalState, now: datetime
) -> None:
    pair_record = pair_record._replace(renewal=renewal)
    pair = pair_of_record("a", pair_record)
    summary = summarize(pair)
    moment = to_microseconds(now)
    assert summary.step_at(moment) == pair_record.visible_step(now)
    assert sort_key(SortOrder.URGENCY, now)(summary) == urgency_key(pair, now)
    assert summary.is_retired == (pair_record.stage is Stage.RETIRED)
    counts = count_pairs([summary], now)
    due, expired = counts.due, counts.expired
    is_expired = summary.is_expired_at(moment)
    assert (due, expired) == (summary.is_due_at(moment) and not is_expired, is_expired)
    assert summary.is_due_at(moment) == pair_record.is_due(now)
    assert deadlines(summary, now).count(OVERDUE) == due + expired
    assert summary.is_in_use == pair_record.is_in_use


@given(st.builds(Validity, TIMES, TIMES), st.integers(-2, 2))
def test_a_summary_becomes_due_at_the_exact_moment(validity: Validity, offset: int) -> None:
    now = validity.not_after - (validity.not_after - validity.not_before) / 3 + offset * MICROSECOND
    pair_record = record()._replace(validity=validity)
    assert summarize(pair_of_record("a", pair_record)).step_at(to_microseconds(now)) == pair_record.next_step(
        now
    )


@given(TIMES)
def test_times_are_converted_back_exactly(time: datetime) -> None:
    assert from_microseconds(to_microseconds(time)) == time


@table("end", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_validity_at_the_end_of_time_has_a_summary(end: datetime) -> None:
    pair_record = record()._replace(validity=Validity(end, end))
    assert summarize(pair_of_record("a", pair_record)).step_at(to_microseconds(NOW)) == pair_record.next_step(
        NOW
    )


def test_a_summary_has_plain_values_only() -> None:
    summary = summarize(pair_of_record("a.com", record()._replace(retired=NOW)))
    assert (summary.name, summary.stage, summary.backup, summary.step) == (
        "a.com",
        Stage.RETIRED,
        BackupStatus.NONE,
        NextStep.NONE,
    )
    assert {type(value) for value in summary} <= {str, int, float, bool, type(None)}
    assert summary.due is None


@table(
    ("changes", "lacks"),
    [
        ({}, True),
        ({"backups": (Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),)}, False),
        ({"backups": (Backup(BackupStatus.MISSING, "/b.pem", NOW, NOW),)}, True),
        ({"retired": NOW}, False),
    ],
)
def test_a_pair_in_use_without_a_verified_backup_lacks_one(changes: dict[str, object], lacks: bool) -> None:
    pair = pair_of_record("a.com", record()._replace(**changes))  # type: ignore[arg-type]
    assert summarize(pair).lacks_backup is lacks


VALID = Validity(NOW - timedelta(days=60), NOW + timedelta(days=20))
"""The validity of a certificate that is due for renewal."""
RENEWALS = {
    "old": (record(validity=VALID, renewed_by="new"), NextStep.FINISH),
    "new": (record(renews="old"), NextStep.BACK_UP),
    "issued": (record(validity=VALID, renewed_by="issued-2"), NextStep.FINISH),
    "issued-2": (record(validity=VALID, renewed_by="new"), NextStep.FINISH),
    "used": (record(validity=VALID, renewed_by="used-2"), NextStep.RETIRE),
    "used-2": (record(validity=VALID, installed=NOW, retired=NOW, renewed_by="new"), NextStep.NONE),
    "installed": (record(validity=VALID, renewed_by="installed-2"), NextStep.RETIRE),
    "installed-2": (record(validity=VALID, installed=NOW), NextStep.RENEW),
    "again": (record(validity=VALID, renewed_by="again-2"), NextStep.RETIRE),
    "again-2": (record(retired=NOW, renewed_by="installed-2"), NextStep.NONE),
    "given-up": (record(validity=VALID, renewed_by="given-up-2"), NextStep.RENEW),
    "given-up-2": (record(retired=NOW), NextStep.NONE),
    "lost": (record(validity=VALID, renewed_by="gone"), NextStep.RENEW),
    "circle": (record(validity=None, renewed_by="circle"), NextStep.BACK_UP),
    "ring": (record(validity=VALID, renewed_by="ring-2"), NextStep.RENEW),
    "ring-2": (record(validity=VALID, renewed_by="ring"), NextStep.RENEW),
    "to-ring": (record(validity=VALID, renewed_by="ring"), NextStep.RENEW),
    "unreadable": (record(validity=VALID, renewed_by="damaged"), NextStep.FINISH),
    "retired": (record(validity=VALID, retired=NOW, renewed_by="new"), NextStep.NONE),
}
"""Records, with the next step of each."""


def test_a_certificate_is_due_until_the_pair_that_replaces_it_is_installed() -> None:
    pairs = [pair_of_record(name, one) for name, (one, _) in RENEWALS.items()]
    resolved = with_renewal_states(pairs, ["damaged"])
    summaries = with_renewals([summarize_alone(pair) for pair in pairs], ["damaged"])
    assert summaries == [summarize(pair) for pair in resolved]
    steps = {summary.name: summary.step_at(to_microseconds(NOW)) for summary in summaries}
    assert steps == {name: step for name, (_, step) in RENEWALS.items()}
    due = {summary.name for summary in summaries if summary.is_due_at(to_microseconds(NOW))}
    assert due == {
        "old", "issued", "issued-2", "installed-2", "given-up", "lost", "ring", "ring-2", "to-ring", "unreadable",
    }  # fmt: skip
    by_urgency = sorted(summaries, key=sort_key(SortOrder.URGENCY, NOW))
    assert {summary.name for summary in by_urgency[: len(due)]} == due
    for pair, summary in zip(resolved, summaries, strict=True):
        assert sort_key(SortOrder.URGENCY, NOW)(summary) == urgency_key(pair, NOW)
        assert (pair.record.is_due(NOW), pair.record.is_in_use) == (
            summary.is_due_at(to_microseconds(NOW)),
            summary.is_in_use,
        )


@table("last", ["9", "0", "gone"])
def test_each_pair_of_a_long_chain_of_renewals_is_visited_once(last: str) -> None:
    visited: list[str] = []

    def find(name: str) -> Successor | None:
        visited.append(name)
        following = str(int(name) + 1) if name.isdecimal() and name != "9" else last
        return (
            Successor(False, False, False, following if following != name else None)
            if name != "gone"
            else None
        )

    known: dict[str, RenewalState] = {}
    states = {renewal_state(str(number), find, known) for number in range(10)}
    assert states == {RenewalState.BROKEN if last == "0" else RenewalState.STARTED}
    assert len(visited) == len(set(visited))


@table("step", NextStep)
def test_a_step_selects_the_pairs_that_have_it_for_people_or_programs(step: NextStep) -> None:
    resolved = with_renewal_states(
        [pair_of_record(name, one) for name, (one, _) in RENEWALS.items()], ["damaged"]
    )
    selected = {found.name for found in Query(next_step=step).select([*map(summarize, resolved)], NOW)}
    seen = {pair.name: (pair.record.next_step(NOW), pair.record.visible_step(NOW)) for pair in resolved}
    assert selected == {name for name, steps in seen.items() if step in steps}


def test_programs_get_no_step_for_a_pair_that_is_replaced() -> None:
    old, *_ = with_renewal_states([pair_of_record(name, RENEWALS[name][0]) for name in ("old", "new")])
    assert old.record.next_step(NOW) is NextStep.NONE
    assert with_renewals([summarize_alone(old)])[0].step_at(to_microseconds(NOW)) == NextStep.RENEW
    bare = [summarize(pair_of_record("a", record()))]
    assert with_renewals(bare) is bare
