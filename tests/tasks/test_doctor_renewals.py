"""The doctor names pairs that would expire unnoticed, because another pair seems to have replaced them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from examined_store import LATER, ExaminedStore

from csrtui.core.base.finding import Level
from csrtui.core.base.validity import Validity
from csrtui.core.doctor.finding import FindingCode
from csrtui.store import file_facts
from csrtui.tasks.doctor import Examination
from csrtui.tasks.list import read_all_pairs
from csrtui.tasks.session import change_record

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.doctor.finding import BackupFacts


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExaminedStore:
    look = file_facts.backup_facts

    def elsewhere(path: str, store: str) -> BackupFacts:
        return replace(look(path, store), with_store=False)

    monkeypatch.setattr(file_facts, "backup_facts", elsewhere)
    return ExaminedStore(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ({"renewed_by": "b.com"}, {"renews": "a.com"}, []),
        ({"retired": LATER}, {"renews": "a.com"}, []),
        ({}, {"renews": "a.com", "retired": LATER}, []),
        ({"renewed_by": "b.com"}, {"renews": "a.com", "retired": LATER}, [FindingCode.RENEWAL_BROKEN]),
        ({"renewed_by": "b.com", "retired": LATER}, {"renews": "a.com", "retired": LATER}, []),
        ({"renewed_by": "c.com"}, {"renews": "a.com"}, [FindingCode.RENEWAL_BROKEN]),
    ],
)
def test_a_pair_that_would_expire_unnoticed_is_named(
    healthy: ExaminedStore, old: dict[str, Any], new: dict[str, Any], codes: list[FindingCode]
) -> None:
    healthy.change(**old)
    healthy.add_another(**new)
    found = healthy.examine()
    assert [(one.code, one.pair, one.remedy) for one in found] == [
        (code, "a.com", "csrtui renew a.com") for code in codes
    ]


def test_pairs_that_replace_each_other_are_in_use_and_named(healthy: ExaminedStore) -> None:
    healthy.change(renewed_by="b.com")
    healthy.add_another(renewed_by="a.com", installed=LATER)
    found = healthy.examine()
    assert [(finding.code, finding.pair) for finding in found] == [
        (FindingCode.RENEWAL_BROKEN, "a.com"),
        (FindingCode.RENEWAL_BROKEN, "b.com"),
    ]
    assert found[0].text.endswith("that pair says the reverse: it is not renewed")
    assert [pair.record.is_unreplaced for pair in read_all_pairs(healthy.session).pairs] == [True, True]


def test_a_missing_predecessor_is_a_note(healthy: ExaminedStore) -> None:
    healthy.change(renews="gone.com")
    (finding,) = healthy.examine()
    assert (finding.code, finding.level) == (FindingCode.PREDECESSOR_MISSING, Level.NOTE)
    assert "gone.com, but that pair does not exist" in finding.text
    assert "csrtui restore" in finding.remedy


def test_a_missing_successor_is_reported_until_another_pair_replaces_it(healthy: ExaminedStore) -> None:
    healthy.change(renewed_by="gone.com", retired=LATER)
    (finding,) = healthy.examine()
    assert (finding.code, finding.pair) == (FindingCode.SUCCESSOR_MISSING, "a.com")
    assert "gone.com replaces it, but that pair does not exist" in finding.text
    (elsewhere,) = Examination(healthy.session, str(healthy.config), store_argument="/keys").run()
    assert "from its backup: csrtui restore --store /keys FILE." in elsewhere.remedy
    healthy.add_another(renews="gone.com")
    assert [finding.code for finding in healthy.examine()] == [FindingCode.PREDECESSOR_MISSING]


def test_an_expired_certificate_is_found_until_the_pair_that_replaces_it_is_installed(
    healthy: ExaminedStore,
) -> None:
    healthy.change(renewed_by="b.com")
    healthy.add_another(renews="a.com")
    healthy.session.clock = lambda: LATER + timedelta(days=100)

    def remedies() -> list[str]:
        findings = [finding for finding in healthy.examine() if finding.pair == "a.com"]
        assert {finding.code for finding in findings} <= {FindingCode.RENEWAL_UNFINISHED}
        return [finding.remedy for finding in findings]

    assert remedies() == ["Complete the renewal: csrtui show b.com names its next step."]
    now = healthy.session.clock()
    change_record(healthy.session, "b.com", lambda record: record._replace(validity=Validity(now, now)))
    export = "csrtui export b.com"
    text = f"Install the new one: {export}. If you already have, record it: {export} --mark-installed."
    assert remedies() == [text]
    change_record(healthy.session, "b.com", lambda record: record._replace(installed=now))
    assert remedies() == []


def test_an_unreadable_successor_is_not_reported_as_missing(healthy: ExaminedStore) -> None:
    healthy.change(renewed_by="b.com")
    healthy.add_another()
    healthy.pair.with_name("b.com").joinpath("pair.json").write_text("{")
    assert [one.code for one in healthy.examine()] == [FindingCode.RECORD_UNREADABLE]


def test_a_third_pair_can_replace_the_second(healthy: ExaminedStore) -> None:
    healthy.change(renewed_by="b.com")
    healthy.add_another(renews="a.com", renewed_by="c.com", retired=LATER)
    assert [(one.code, one.pair) for one in healthy.examine()] == [(FindingCode.SUCCESSOR_MISSING, "b.com")]


def test_an_expired_certificate_is_found_if_the_pair_that_renews_it_is_retired(
    healthy: ExaminedStore,
) -> None:
    healthy.change(renewed_by="b.com")
    healthy.add_another(renews="a.com", retired=LATER)
    healthy.session.clock = lambda: LATER + timedelta(days=100)
    assert [(finding.code, finding.remedy) for finding in healthy.examine()] == [
        (FindingCode.CERTIFICATE_EXPIRED, "csrtui renew a.com"),
        (FindingCode.RENEWAL_BROKEN, "csrtui renew a.com"),
    ]


def test_a_renewed_pair_in_an_unsafe_store_is_examined(healthy: ExaminedStore) -> None:
    healthy.change(renewed_by="b.com")
    healthy.add_another(renews="a.com")
    healthy.path.joinpath("pairs").chmod(0o755)
    assert [finding.code for finding in healthy.examine()] == [FindingCode.OPEN_MODE]


def test_an_expired_certificate_is_found_until_the_next_one_of_its_pair_is_installed(
    healthy: ExaminedStore,
) -> None:
    gone = Validity(LATER - timedelta(days=9), LATER - timedelta(days=8))
    healthy.change(previous=gone)
    (finding,) = healthy.examine()
    assert finding.code is FindingCode.RENEWAL_UNFINISHED
    assert "replaces a certificate that expired " in finding.text
    assert finding.remedy.startswith("Install the new one: csrtui export a.com. If")
