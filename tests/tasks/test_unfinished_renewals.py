"""A certificate stays due until the pair that replaces it is installed."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pairs_made import new_pair, record_of
from requests_made import NOW

from csrtui.core.base.errors import RefusedError
from csrtui.core.base.validity import Validity
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.history import FILES_PUT_BACK
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep
from csrtui.core.pairs.query import Query, SortOrder
from csrtui.core.pairs.renewal_state import RenewalState
from csrtui.core.pairs.summary import to_microseconds
from csrtui.store import file_facts
from csrtui.store.keystore import Keystore
from csrtui.tasks.doctor import Examination
from csrtui.tasks.installation import mark_installed
from csrtui.tasks.list import Pairs, count_expiries, read_all_pairs, read_pair, read_pair_list
from csrtui.tasks.new import create_pair
from csrtui.tasks.pair_groups import pair_groups, relation_text, status_text, step_text
from csrtui.tasks.renew import check_renewable, plan_renewal, renew_with_same_key, reuse_csr
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.retire import CompromiseResult, mark_compromised, retire, retirement_warning
from csrtui.tasks.session import change_record, dry_run_session
from csrtui.tasks.show import pair_lines
from csrtui.tasks.submit import mark_submitted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csrtui.core.doctor.finding import FileFacts
    from csrtui.store.stored_pair import ListedPair
    from csrtui.tasks.session import Session

DUE = Validity(NOW - timedelta(days=60), NOW + timedelta(days=19))
OLD, NEW = "a.com", "b.com"


@pytest.fixture(name="renewal")
def _renewal(session: Session) -> Session:
    """Return a session with a pair that is due, and a pair without a certificate that is to replace it."""
    for name in (OLD, NEW):
        new_pair(session, name)
    change(session, OLD, validity=DUE, renewed_by=NEW)
    change(session, NEW, renews=OLD)
    return session


def change(session: Session, name: str, **values: object) -> None:
    change_record(session, name, lambda record: record._replace(**values))  # type: ignore[arg-type]


def step(session: Session) -> NextStep:
    """Return the next step of the old pair, which is the same everywhere."""
    pair_list, now = read_pair_list(session), session.clock()
    [summary] = (summary for summary in pair_list.summaries if summary.name == OLD)
    records = [read_pair(session, OLD)[0].record, Pairs(session, [OLD])[0].record]
    records += [pair.record for pair in read_all_pairs(session).pairs if pair.name == OLD]
    steps = {
        NextStep(summary.step_at(to_microseconds(now))),
        *(record.visible_step(now) for record in records),
    }
    assert len(steps) == 1
    is_due = OLD in [found.name for found in pair_list.select(Query(("due",)), SortOrder.URGENCY, now)]
    assert {is_due} == {record.is_due(now) for record in records} == {bool(pair_list.count(now).due)}
    assert is_due == bool(count_expiries(session).expiries.overdue.due)
    return steps.pop()


def reason(session: Session, now: datetime = NOW) -> str:
    """Return the reason for the next step of the old pair, with commands instead of keys."""
    return step_text(read_pair(session, OLD)[0].record, now, "<{}>".format)


def test_a_started_renewal_hides_nothing(renewal: Session) -> None:
    assert step(renewal) is NextStep.FINISH
    assert read_pair(renewal, OLD)[0].record.next_step(NOW) is NextStep.NONE
    assert reason(renewal) == "Finish b.com before 12 Dec 2026, when this one expires."


def test_a_retired_pair_names_its_successor_that_is_missing(renewal: Session) -> None:
    retire(renewal, OLD)
    assert reason(renewal) == "Retired 23 Nov 2026. <retire> takes it back into use."
    assert read_pair_list(renewal).missing_successors == frozenset()
    Path(renewal.store.pair_path(NEW)).rename(Path(renewal.store.path) / "moved")
    assert reason(renewal) == (
        "Retired 23 Nov 2026. b.com, which replaced it, is missing: restore it from its backup (<restore>)."
    )
    assert read_pair_list(renewal).missing_successors == {NEW}
    change(renewal, OLD, renewed_by="../moved")
    assert "../moved, which replaced it, is missing" in reason(renewal)


def test_a_certificate_that_is_not_installed_hides_nothing(renewal: Session) -> None:
    change(renewal, NEW, validity=Validity(NOW, NOW + timedelta(days=90)))
    assert step(renewal) is NextStep.FINISH
    assert reason(renewal) == "Install b.com before 12 Dec 2026, when this one expires."
    expired = NOW + timedelta(days=21)
    assert reason(renewal, expired) == "The certificate expired 2 days ago. Install b.com now."
    assert mark_installed(renewal, NEW).text == "marked as installed"
    assert step(renewal) is NextStep.RETIRE
    assert mark_installed(renewal, NEW).text == "is on record as installed since 23 Nov 2026"
    assert [event.text for event in record_of(renewal, NEW).history].count("marked as installed") == 1


def test_a_pair_stays_replaced_when_its_successor_gets_another_certificate(renewal: Session) -> None:
    change(renewal, NEW, validity=Validity(NOW, NOW + timedelta(days=90)))
    mark_installed(renewal, NEW)
    later = Validity(NOW, NOW + timedelta(days=120))
    change_record(renewal, NEW, lambda record: record.with_certificate(later, NOW, "joe", "imported"))
    assert step(renewal) is NextStep.RETIRE
    change_record(renewal, NEW, lambda record: record.with_event(NOW, f"{FILES_PUT_BACK}/tls/a.key", "joe"))
    assert step(renewal) is NextStep.FINISH


def test_a_pair_without_a_certificate_is_not_marked_as_installed(renewal: Session) -> None:
    with pytest.raises(RefusedError, match=r"b\.com has no certificate yet"):
        mark_installed(renewal, NEW)
    change(renewal, OLD, validity=None)
    assert reason(renewal) == "Finish b.com, which replaces this pair."


def test_a_renewal_that_cannot_be_read_hides_nothing(renewal: Session) -> None:
    Path(renewal.store.pair_path(NEW), "pair.json").write_text("no")
    assert step(renewal) is NextStep.FINISH


@pytest.mark.parametrize("successor", ["gone.com", "../b.com"])
def test_a_pair_whose_successor_does_not_exist_is_due(renewal: Session, successor: str) -> None:
    change(renewal, OLD, renewed_by=successor)
    assert step(renewal) is NextStep.RENEW


def test_retiring_the_new_pair_says_that_the_old_one_is_due_again(renewal: Session) -> None:
    new, old = Pairs(renewal, [NEW, OLD])
    warning = " a.com then has no renewal (19 days left): renew it again."
    assert retirement_warning(renewal, new) == warning
    assert retirement_warning(renewal, old) == (
        " Its certificate expires 12 Dec 2026 (19 days left), and b.com, which replaces it, is not on record as "
        "installed. You will not be reminded to install that."
    )
    assert retire(renewal, NEW).text.endswith(f"stay where they are.{warning}")
    (old,) = Pairs(renewal, [OLD])
    warning = " Its certificate expires 12 Dec 2026 (19 days left). You will not be reminded to renew it."
    assert retirement_warning(renewal, old) == warning
    assert retirement_warning(renewal, new).startswith(" a.com then")
    assert step(renewal) is NextStep.RENEW
    change(renewal, NEW, retired=None, renews=None)
    assert "no renewal" not in retire(renewal, NEW).text


def test_a_dry_run_says_that_the_old_pair_would_have_no_renewal(renewal: Session) -> None:
    text = retire(dry_run_session(renewal.store.path), NEW).text
    assert text.startswith("would be retired; ")
    assert "a.com then has no renewal (" in text
    assert step(renewal) is NextStep.FINISH


def test_a_pair_whose_renewal_was_given_up_waits_for_a_certificate_after_its_csr_is_used_again(
    renewal: Session,
) -> None:
    retire(renewal, NEW)
    pair = reuse_csr(renewal, plan_renewal(renewal, OLD))
    assert pair.record.next_step(NOW) is NextStep.IMPORT
    assert mark_submitted(renewal, pair).record.next_step(NOW) is NextStep.IMPORT


def test_a_pair_with_the_key_of_another_does_not_claim_that_the_key_has_no_backup(session: Session) -> None:
    old = new_pair(session)
    new, _ = renew_with_same_key(session, plan_renewal(session, old))
    assert dict(pair_lines(new, session.clock()))["Backup"] == "none; the key may be in the backups of a.com"
    assert step_text(new.record, session.clock(), str) == "No backup: the key may be in the backups of a.com."
    texts = [finding.text for finding in Examination(session).run() if finding.pair == new.name]
    assert "a.com-2 has no backup. It has the same key as a.com, whose backups may contain it" in texts
    assert record_of(session, old).key_origin is None


def test_a_lost_link_is_recorded_and_reported(session: Session) -> None:
    old = new_pair(session)
    renew_with_same_key(session, plan_renewal(session, old))
    change_record(session, old, lambda record: record._replace(renewed_by=None))
    with pytest.raises(RefusedError, match=r"a.com now records that it is renewed by a.com-2"):
        check_renewable(session, read_pair(session, old)[0])


def test_the_first_step_of_a_revocation_is_that_of_the_pair_with_a_new_key(session: Session) -> None:
    for name, key_type in ((OLD, KeyType.EC_P256), (NEW, KeyType.EC_P384)):
        create_pair(session, RequestSpec(names=(name,), key_type=key_type))
    change(session, OLD, renewed_by=NEW)

    def first_step() -> str:
        (result,) = mark_compromised(session, OLD)
        assert isinstance(result, CompromiseResult)
        return result.steps[0].replace(f" --store {session.store.path}", "")

    assert first_step() == "1. b.com has a new key. Its next step is back up: csrtui backup --to DIR b.com"
    backup = Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW)
    change(session, NEW, validity=Validity(NOW, NOW + timedelta(days=90)), installed=NOW, backups=(backup,))
    assert first_step() == "1. b.com has a new key. Make sure that the server uses it, not this one."
    retire(session, NEW)
    assert first_step().endswith("new key and install its certificate: csrtui renew a.com")
    create_pair(session, RequestSpec(names=(OLD,), key_type=KeyType.EC_P384))
    assert first_step().endswith("csrtui backup --to DIR a.com-2")


def test_what_to_do_after_submitting_fits_on_a_line_of_60_columns(session: Session) -> None:
    create_pair(session, RequestSpec(names=(OLD,)))
    change(session, OLD, backups=(Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),), submitted=NOW)
    assert reason(session) == "Submitted 23 Nov 2026. Import the certificate when issued."
    assert len(reason(session)) <= 58


def test_what_to_do_for_a_compromised_key_fits_on_a_line(session: Session) -> None:
    for name in (OLD, NEW):
        create_pair(session, RequestSpec(names=(name,)))
    change(session, OLD, renewed_by=NEW, validity=Validity(NOW, NOW + timedelta(days=90)))
    mark_compromised(session, OLD)
    assert reason(session) == "Key compromised: use b.com. <retire> shows how to revoke."


def test_an_earlier_or_unfinished_pair_does_not_have_the_new_key_of_a_revocation(session: Session) -> None:
    for key_type in (KeyType.EC_P256, KeyType.EC_P384, KeyType.EC_P521):
        create_pair(session, RequestSpec(names=(OLD,), key_type=key_type))
    change(session, OLD, renewed_by="a.com-2")
    change(session, "a.com-2", renews=OLD, renewed_by="a.com-3", created=NOW + timedelta(days=1))
    change(session, "a.com-3", renews="a.com-2", created=NOW + timedelta(days=2))

    def first_step(name: str) -> str:
        (result,) = mark_compromised(session, name)
        assert isinstance(result, CompromiseResult)
        return result.steps[0].replace(f" --store {session.store.path}", "")

    assert first_step(OLD).endswith("csrtui backup --to DIR a.com-3")
    assert first_step("a.com-2").endswith("csrtui backup --to DIR a.com-3")
    change(session, OLD, retired=None, renewed_by=None)
    assert first_step("a.com-3").endswith("install its certificate: csrtui renew a.com-3")


def test_a_certificate_is_due_until_the_next_one_of_its_pair_is_installed(session: Session) -> None:
    def is_due() -> bool:
        pair_list = read_pair_list(session)
        (summary,) = pair_list.summaries
        counts = {pair_list.count(NOW).due, count_expiries(session).expiries.overdue.due}
        assert counts == {
            summary.is_due_at(to_microseconds(NOW)),
            len(pair_list.select(Query(("due",)), SortOrder.NAME, NOW)),
        }
        assert counts == {read_pair(session, OLD)[0].record.is_due(NOW)}
        return bool(counts.pop())

    new_pair(session, OLD)
    backup = Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW)
    change(session, OLD, validity=DUE, installed=NOW, backups=(backup,))
    reuse_csr(session, plan_renewal(session, OLD))
    record = record_of(session, OLD)
    assert (record.next_step(NOW), is_due()) == (NextStep.IMPORT, True)
    later = Validity(NOW, NOW + timedelta(days=90))
    change_record(session, OLD, lambda record: record.with_certificate(later, NOW, "joe", "imported"))
    record = record_of(session, OLD)
    assert (record.next_step(NOW), record.previous, is_due()) == (NextStep.INSTALL, DUE, True)
    text = "Install it before 12 Dec 2026, or press mark_installed if that is done."
    assert step_text(record, NOW, str) == text
    pair = read_pair(session, OLD)[0]
    # Everywhere, the days left are those of the certificate in use, as in the list.
    assert "19 days left" in status_text(record, NOW)
    assert "19 days left" in relation_text(record, NOW)
    assert "expires 12 Dec 2026 (19 days left)" in retirement_warning(session, pair)
    assert step_text(record._replace(renewed_by=NEW, renewal=RenewalState.STARTED), NOW, str) == (
        f"Finish {NEW} before 12 Dec 2026, when this one expires."
    )
    previous = "expires 12 Dec 2026 (19 days left); a server may still use it: the new one is not on record as installed"
    assert dict(pair_lines(pair, NOW))["Previous"] == previous
    assert ("Previous", previous) in pair_groups(pair, NOW)[1].lines
    assert record.with_installation(NOW, "joe", "", "nginx", "/").previous is None
    assert record.with_certificate(DUE, NOW, "joe", "an older one").previous is None
    mark_installed(session, OLD)
    assert (record_of(session, OLD).next_step(NOW), is_due()) == (NextStep.NONE, False)


def test_a_long_series_of_renewals_is_read_only_twice(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number}.com" for number in range(8)]
    for name in names:
        new_pair(session, name)
    for old, new in pairwise(names):
        change(session, old, renewed_by=new)
    reads: list[str] = []

    def listing(store: Keystore, chosen: Sequence[str]) -> Iterator[ListedPair]:
        reads.extend(chosen)
        return original_listing(store, chosen)

    def facts(store: str, name: str) -> FileFacts | None:
        reads.append(name)
        return original_facts(store, name)

    original_listing, original_facts = Keystore.listing, file_facts.pair_facts
    monkeypatch.setattr(Keystore, "listing", listing)
    monkeypatch.setattr(file_facts, "pair_facts", facts)
    assert {pair.record.renewal for pair in Pairs(session, names[:-1])} == {RenewalState.STARTED}
    assert len(reads) < 2 * len(names)
    reads.clear()
    Examination(session, config=None).run()
    assert len(reads) < 2 * len(names)
