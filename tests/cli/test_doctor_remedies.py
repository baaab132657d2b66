"""Run every remedy of the doctor on a store with that problem: it fixes the problem and harms nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from damaged_stores import COMMANDS, INSTRUCTIONS, NEW, TEMPLATES, Case, unsigned_backup
from examined_store import snapshot
from in_memory import on_another_disk
from remedied_store import HOSTILE_NAME, UNPRINTABLE_NAME, Found, RemediedStore

from csrtui.core.base.finding import CaKind
from csrtui.core.doctor.finding import FindingCode, Remedy, RemedyKind
from csrtui.store import locks

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
ELSEWHERE = {FindingCode.FOREIGN_OWNER, FindingCode.CREATION_UNDER_WAY, FindingCode.BACKUP_SAME_DISK}
"""Findings whose remedies have their own tests."""


def first_of_each_kind(cases: dict[str, Case]) -> list[ParameterSet]:
    """Return the cases. Those with the finding and the number of questions of an earlier one are slow."""
    seen: set[tuple[FindingCode, int]] = set()
    rows = []
    for name, case in cases.items():
        marks = [pytest.mark.slow] if (case.code, case.prompts) in seen else []
        seen.add((case.code, case.prompts))
        rows.append(pytest.param(case, id=name, marks=marks))
    return rows


def finding_of(found: list[Found], code: FindingCode) -> Found:
    return next(one for one in found if one.code == code)


def identities(found: list[Found], *levels: str) -> set[tuple[str, str]]:
    return {one.identity for one in found if one.level in levels}


def assert_fixed(store: RemediedStore, before: list[Found], fixed: Found, treasures: set[bytes]) -> None:
    """Assert that the finding is gone, without a new error and without a lost key, CSR, certificate or backup."""
    after = store.examine()
    assert fixed.identity not in identities(after, "error", "warning")
    assert identities(after, "error") <= identities(before, "error")
    assert treasures <= store.treasures()


@pytest.mark.parametrize("case", first_of_each_kind(COMMANDS))
def test_a_command_fixes_its_finding(tmp_path: Path, case: Case) -> None:
    store = RemediedStore(tmp_path)
    case.breaking(store)
    before, treasures = store.examine(), store.treasures()
    finding = finding_of(before, case.code)
    assert finding.kind == "command"
    store.run(finding.remedy, case.prompts)
    assert_fixed(store, before, finding, treasures)


@pytest.mark.parametrize("name", ["no record", "open configuration"])
def test_a_command_works_on_a_path_with_unprintable_characters(tmp_path: Path, name: str) -> None:
    store, case = RemediedStore(tmp_path, UNPRINTABLE_NAME), COMMANDS[name]
    case.breaking(store)
    before, treasures = store.examine_as_command(), store.treasures()
    finding = finding_of(before, case.code)
    assert finding.remedy.isprintable()
    assert store.run(finding.remedy, case.prompts) == 0
    assert_fixed(store, before, finding, treasures)


@pytest.mark.parametrize("case", first_of_each_kind(TEMPLATES))
def test_a_filled_in_template_fixes_its_finding(tmp_path: Path, case: Case) -> None:
    store = RemediedStore(tmp_path)
    case.breaking(store)
    before, treasures = store.examine(), store.treasures()
    finding = finding_of(before, case.code)
    assert finding.kind == "template"
    assert store.filled_in(finding.remedy) != finding.remedy
    assert store.run(store.filled_in(finding.remedy), case.prompts) == 0
    assert_fixed(store, before, finding, treasures)


@pytest.mark.parametrize("name", list(TEMPLATES)[::6])
def test_an_unfilled_template_changes_nothing(tmp_path: Path, name: str) -> None:
    store = RemediedStore(tmp_path)
    TEMPLATES[name].breaking(store)
    before = store.examine()
    assert store.run(finding_of(before, TEMPLATES[name].code).remedy) != 0, (
        "its words in capitals name nothing"
    )
    assert [one.identity for one in store.examine()] == [one.identity for one in before]


@pytest.mark.parametrize(("code", "breaking", "reason"), INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_an_instruction_consists_of_sentences_and_is_not_a_command(
    tmp_path: Path, code: FindingCode, breaking: Callable[[RemediedStore], object], reason: str
) -> None:
    store = RemediedStore(tmp_path)
    breaking(store)
    finding = finding_of(store.examine(), code)
    assert finding.kind == "instruction", reason
    assert_is_instruction(store, finding)


def assert_is_instruction(store: RemediedStore, finding: Found) -> None:
    assert finding.remedy[0].isupper()
    assert finding.remedy.endswith(".")
    assert finding.remedy.isprintable()
    assert shutil.which(finding.remedy.split()[0]) is None
    treasures = store.treasures()
    assert store.run(Remedy(RemedyKind(finding.kind), finding.remedy).pasteable) == 0
    assert finding.identity in identities(store.examine(), finding.level)
    assert treasures == store.treasures()


def test_every_finding_of_the_doctor_has_a_tested_remedy() -> None:
    tested = {case.code for case in (*COMMANDS.values(), *TEMPLATES.values())}
    assert tested | {code for code, _, _ in INSTRUCTIONS.values()} | ELSEWHERE == set(FindingCode)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("no key", "\x03"), ("damaged record, encrypted key", "a wrong passphrase\n")],
)
def test_a_command_that_is_interrupted_or_fails_changes_nothing(
    tmp_path: Path, name: str, answer: str
) -> None:
    store, case = RemediedStore(tmp_path), COMMANDS[name]
    case.breaking(store)
    before, files = store.examine(), snapshot(store.path / "pairs")
    assert store.run(finding_of(before, case.code).remedy, 1, answer) != 0
    assert snapshot(store.path / "pairs") == files
    assert [one.identity for one in store.examine()] == [one.identity for one in before]


def test_a_backup_that_is_not_signed_is_restored_only_with_consent(tmp_path: Path) -> None:
    store = RemediedStore(tmp_path)
    unsigned_backup(store)
    (store.pair / "key.pem").unlink()
    before, treasures, files = store.examine(), store.treasures(), snapshot(store.path / "pairs")
    finding = finding_of(before, FindingCode.MISSING_FILE)
    assert store.run(finding.remedy, consent="n\n") != 0
    assert snapshot(store.path / "pairs") == files
    assert store.run(finding.remedy, 1, consent="y\n") == 0
    assert_fixed(store, before, finding, treasures)


def test_all_commands_of_a_report_can_be_run_one_after_the_other(tmp_path: Path) -> None:
    store = RemediedStore(tmp_path)
    (store.pair / "key.pem").write_text("no")
    (store.pair / "request.pem").write_text("no")
    before, treasures = store.examine(), store.treasures()
    first, second = (one for one in before if one.level == "error")
    assert first.remedy == second.remedy
    assert store.run(first.remedy, 1) == 0
    restored = snapshot(store.path / "pairs")
    assert store.run(second.remedy, 1) != 0
    assert snapshot(store.path / "pairs") == restored
    assert_fixed(store, before, first, treasures)


def test_an_adoption_keeps_the_values_found_only_in_the_record(tmp_path: Path) -> None:
    store = RemediedStore(tmp_path)
    store.change(names=("a.com", "b.com"), ca=CaKind.PRIVATE, platform="haproxy", retired=store.now)
    finding = finding_of(store.examine(), FindingCode.NAMES_DISAGREE)
    assert store.run(finding.remedy, 1) == 0
    pair = json.loads(store.call("show", "a.com", "--json"))
    assert (pair["ca"], pair["platform"], pair["stage"]) == ("private", "haproxy", "retired")
    assert (pair["backup"]["status"], pair["backup"]["path"]) == ("verified", str(store.backup))


@ONLY_ROOT
def test_a_file_of_another_user_gets_its_owner_back(tmp_path: Path) -> None:
    store = RemediedStore(tmp_path)
    os.chown(store.pair / "key.pem", 12345, -1)
    before, treasures = store.examine_as_command(), store.treasures()
    finding = finding_of(before, FindingCode.FOREIGN_OWNER)
    assert finding.kind == "command"
    assert store.run(finding.remedy) == 0
    assert_fixed(store, before, finding, treasures)


@ONLY_ROOT
def test_the_store_of_another_user_keeps_its_owner(tmp_path: Path) -> None:
    store = RemediedStore(tmp_path)
    for path in (store.path, *store.path.rglob("*")):
        os.chown(path, 12345, -1)
    (finding,) = (one for one in store.examine() if one.level == "error")
    assert (finding.identity, finding.kind) == ((FindingCode.FOREIGN_OWNER, str(store.path)), "instruction")
    assert "Run csrtui as user 12345" in finding.remedy
    assert_is_instruction(store, finding)


@ONLY_ROOT
@pytest.mark.parametrize("name", [HOSTILE_NAME, UNPRINTABLE_NAME])
def test_a_folder_above_of_another_user_gets_its_owner_back(tmp_path: Path, name: str) -> None:
    store = RemediedStore(tmp_path, name)
    os.chown(store.path.parent, 12345, -1)
    before, treasures = store.examine_as_command(), store.treasures()
    finding = finding_of(before, FindingCode.FOREIGN_OWNER)
    assert (finding.path, finding.kind) == (str(store.path.parent), "command")
    assert store.run(finding.remedy) == 0
    assert_fixed(store, before, finding, treasures)


def test_the_remedy_for_a_creation_in_progress_is_to_wait(tmp_path: Path) -> None:
    store = RemediedStore(tmp_path)
    (store.path / "pairs" / NEW).mkdir(mode=0o700)
    folder = os.open(store.path / ".locks", os.O_RDONLY)
    try:
        with locks.hold(folder, "creating", "the store", locks.Sharing.SHARED):
            finding = finding_of(store.examine(), FindingCode.CREATION_UNDER_WAY)
            assert finding.kind == "instruction"
            assert_is_instruction(store, finding)
    finally:
        os.close(folder)


def test_a_backup_on_another_disk_ends_the_note_about_the_keystores_disk(tmp_path: Path) -> None:
    other_disk = on_another_disk(tmp_path)
    if other_disk is None:
        pytest.skip("there is no second file system")
    store = RemediedStore(tmp_path)
    before, treasures = store.examine_as_command(), store.treasures()
    finding = finding_of(before, FindingCode.BACKUP_SAME_DISK)
    with TemporaryDirectory(dir=other_disk) as folder:
        store.other_usb = Path(folder)
        assert store.run(store.filled_in(finding.remedy), 2) == 0
        assert finding.identity not in identities(store.examine(), "note")
    assert treasures <= store.treasures()
