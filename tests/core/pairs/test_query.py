"""The selection and the order of pairs."""

from __future__ import annotations

from datetime import datetime, timedelta

from many_pairs import pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep
from csrtui.core.pairs.query import Need, Query, Retired, SortOrder, retired_filter, sort_key
from csrtui.core.pairs.summary import PairSummary, summarize, to_microseconds

BARE = summarize(pair_of_record("www.example.com", record()))
SAFE = summarize(pair_of_record("safe", record(backups=(Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),))))
GONE = summarize(pair_of_record("gone", record(retired=NOW)))


@table(
    ("query", "met"),
    [
        (Query(), [BARE, SAFE, GONE]),
        (Query.parse("  "), [BARE, SAFE, GONE]),
        (Query.parse("WWW example"), [BARE]),
        (Query.parse("www safe"), []),
        (Query.parse("", retired=Retired.HIDDEN), [BARE, SAFE]),
        (Query.parse("retired"), [GONE]),
        (Query.parse("", NextStep.BACK_UP), [BARE]),
    ],
)
def test_a_query_selects_the_pairs_that_meet_it(query: Query, met: list[PairSummary]) -> None:
    assert query.select((BARE, SAFE, GONE), NOW) == met


DAY = timedelta(days=1)
PAST = Validity(NOW - 90 * DAY, NOW - DAY)
RECORDS = {
    "bare": record(),
    "expired": record(validity=PAST),
    "due": record(validity=Validity(NOW - 60 * DAY, NOW + 29 * DAY)),
    "fresh": record(validity=Validity(NOW - DAY, NOW + 89 * DAY), platform="apache", ca=CaKind.PRIVATE),
    "replaced": record(validity=PAST, renewed_by="bare"),
    "retired": record(validity=PAST, retired=NOW),
}
PAIRS = {name: summarize(pair_of_record(name, one)) for name, one in RECORDS.items()}


@table(
    ("text", "names"),
    [
        ("due", ["due"]),
        ("expired", ["expired"]),
        ("overdue", ["expired", "due"]),
        ("renew", ["expired", "due"]),
        ("not backed up", ["bare", "expired", "due", "fresh", "replaced"]),
        ("back-up", ["bare", "fresh"]),
        ("back up renew", ["expired", "due"]),
        ("new", ["bare"]),
        ("apache httpd", ["fresh"]),
        ("private ca", ["fresh"]),
        ("Jan-2027", ["fresh"]),
        ("feb-2027", ["fresh"]),
        ("dec-2026", ["due"]),
        (">nov-2026", ["due", "fresh"]),
        ("nov-2026", []),
        ("NGINX issued", ["expired", "due", "replaced"]),
        ("next:", ["bare", "expired", "due", "fresh", "replaced"]),
        ("NEXT:re", ["expired", "due", "replaced"]),
        ("next:renew next:re", ["expired", "due"]),
        ("next:none", ["retired"]),
        ("next:nothing", []),
    ],
)
def test_status_words_select_the_pairs_that_lists_and_counts_describe_by_them(
    text: str, names: list[str]
) -> None:
    selected = Query.parse(text).select(list(PAIRS.values()), NOW)
    expected = set(names) | {name for name in PAIRS if text in name}  # a word also matches names
    assert {summary.name for summary in selected} == expected


@table(("need", "pairs"), [(Need.BACKUP, [BARE]), (Need.VERIFICATION, [SAFE])])
def test_a_need_applies_to_some_pairs(need: Need, pairs: list[PairSummary]) -> None:
    assert [summary for summary in (BARE, SAFE, GONE) if need.applies_to(summary)] == pairs


def test_pairs_are_sorted_by_each_order() -> None:
    old = pair_of_record("old", record(created=NOW - timedelta(days=9), validity=Validity(NOW, NOW)))
    new = pair_of_record("a-new", record(created=NOW))
    summaries = [summarize(new), summarize(old), SAFE]
    names = {
        order: [summary.name for summary in sorted(summaries, key=sort_key(order, NOW))]
        for order in SortOrder
    }
    assert names[SortOrder.NAME] == ["a-new", "old", "safe"]
    assert names[SortOrder.DAYS_LEFT] == ["old", "a-new", "safe"]
    assert names[SortOrder.CREATED][-1] == "old"
    assert names[SortOrder.URGENCY] == ["old", "a-new", "safe"], "due, not backed up, to submit"


@table(
    ("text", "is_found"),
    [("MÜNCHEN", True), ("xn--mnchen", True), ("EC p-256", True), ("ec-p256", True), ("münster", False)],
)
def test_names_and_key_types_are_found_in_both_spellings(text: str, *, is_found: bool) -> None:
    names = ("xn--mnchen-3ya.de", "xn--invalid-.de", "www.example.com")
    summary = summarize(pair_of_record("xn--mnchen-3ya.de", record()._replace(names=names)))
    assert bool(Query.parse(text).select([summary], NOW)) is is_found


@table(
    ("text", "is_found"),
    [
        ("stranger", True),
        ("issuing ca", True),
        ("4711", True),
        ("acme", False),
        ("older", False),
        ("verified", False),
    ],
)
def test_a_pair_is_found_by_its_ca(text: str, *, is_found: bool) -> None:
    """The last recipient of the CSR and the last issuer count."""
    texts = (
        "submitted to Acme",
        "certificate adopted, expires 1 Nov 2026, from CN=Older; the chain is valid",
        "submitted to Big CA: 4711",
        "certificate imported, expires 1 Dec 2026, from O=Stranger,CN=A; B, from C Issuing CA; the chain is verified",
        "the old CSR handed out again",
    )
    history = tuple(HistoryEntry(NOW, entry, "joe") for entry in texts)
    summary = summarize(pair_of_record("a", record(history=history)))
    assert bool(Query.parse(text).select([summary], NOW)) is is_found


def test_the_last_order_is_followed_by_the_first() -> None:
    order = SortOrder.URGENCY
    for _ in SortOrder:
        order = order.next_order
    assert order is SortOrder.URGENCY


@table(
    ("text", "shown"),
    [("", False), ("retired", True), ("a RETIRED", True), ("retire", False), ("retired.example.com", False)],
)
def test_the_word_retired_shows_retired_pairs(text: str, shown: bool) -> None:
    assert (retired_filter(text, Retired.HIDDEN) is Retired.SHOWN) is shown
    assert retired_filter(text, Retired.SHOWN) is Retired.SHOWN


def test_a_pair_whose_certificate_must_be_revoked_comes_first_and_is_never_hidden() -> None:
    validity = Validity(NOW - timedelta(days=1), NOW + timedelta(days=90))
    due = Validity(NOW - timedelta(days=90), NOW + timedelta(days=1))
    lost = record(validity=validity, retired=NOW, compromised=NOW)
    pairs = [
        summarize(pair_of_record(name, one))
        for name, one in {
            "due": record(validity=due),
            "lost": lost,
            "revoked": lost._replace(revoked=NOW),
            "retired": lost._replace(compromised=None),
        }.items()
    ]

    def listed(now: datetime, retired: Retired) -> list[str]:
        shown = Query(retired=retired).select(pairs, now)
        return [summary.name for summary in sorted(shown, key=sort_key(SortOrder.URGENCY, now))]

    assert listed(NOW, Retired.HIDDEN) == ["lost", "due"]
    assert listed(NOW, Retired.SHOWN) == ["lost", "due", "retired", "revoked"]
    assert listed(validity.not_after, Retired.HIDDEN) == ["lost", "due"]
    later = validity.not_after + timedelta(microseconds=1)
    assert listed(later, Retired.HIDDEN) == ["due"]
    assert listed(later, Retired.SHOWN) == ["due", "lost", "retired", "revoked"]
    assert [pairs[1].step_at(to_microseconds(now)) for now in (NOW, later)] == [
        NextStep.REVOKE,
        NextStep.NONE,
    ]
    replaced = summarize(pair_of_record("replaced", lost._replace(previous=due)))
    assert replaced.needs_revocation(to_microseconds(validity.not_after)), "the newest certificate counts"
    last = validity.not_after
    steps = [lost.visible_step(now) for now in (last, last + timedelta(microseconds=1))]
    assert steps == [NextStep.REVOKE, NextStep.NONE]
    for step in (NextStep.REVOKE, NextStep.NONE):  # `none` is what programs see
        assert pairs[1] in Query(next_step=step).select(pairs, NOW)


def test_a_backup_stays_verified_after_the_import_and_people_see_and_find_a_compromised_key() -> None:
    validity = Validity(NOW, NOW + timedelta(days=90))
    backup = Backup(BackupStatus.VERIFIED, "/b.pem", NOW - timedelta(days=1), NOW)
    used = summarize(pair_of_record("a", record(validity=validity, backups=(backup,))))
    lost = summarize(pair_of_record("b", record(retired=NOW, compromised=NOW)))
    assert (used.backup, used.backup_since, used.lacks_backup) == ("verified", to_microseconds(NOW), False)
    assert (lost.stage, lost.is_retired) == ("compromised", True)
    for word, found in {"verified": used, "compromised": lost, "retired": lost}.items():
        assert Query.parse(word).select([used, lost], NOW) == [found]
    assert Query(retired=Retired.HIDDEN).select([used, lost], NOW) == [used]
    assert retired_filter("compromised", Retired.HIDDEN) is Retired.SHOWN
