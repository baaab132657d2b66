"""Every remedy of the doctor, run to the letter in a shell: nothing is worse afterwards, and what it fixes is gone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE, QUICK
from broken_stores import BREAKAGES
from command import ROOT, environment
from examined_store import LATER, ExaminedStore

from csrtui.core import pkcs8
from csrtui.core.doctor.ailment import Code
from csrtui.core.finding import Level
from csrtui.store import survey
from csrtui.tasks.backup import Order, back_up
from csrtui.tasks.review import list_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from csrtui.core.doctor.ailment import Ailment
    from csrtui.core.doctor.seen import CopySeen

PROGRAM = """#!{python}
import sys
from datetime import datetime
from csrtui.tasks.session import Session
Session.__init__.__kwdefaults__["clock"] = lambda: datetime.fromisoformat({time!r})
if {{"restore", "backup", "--restore-test"}} & set(sys.argv):  # what a user types on the terminal
    sys.argv += ["--passphrase-file", {passphrase!r}]
from csrtui.__main__ import main
sys.exit(main())
"""
"""csrtui, when the doctor comes."""
SHOWS_ONLY = {
    Code.UNREADABLE,
    Code.LINK,
    Code.WRONG_KIND,
    Code.UNEXPECTED,
    Code.UNKNOWN_HIDDEN,
    Code.NAME_NOT_ALLOWED,
    Code.RECORD_SCHEMA,
    Code.KEY_NOT_OPENED,
    Code.CERTIFICATE_NOT_YET_VALID,
    Code.SAME_KEY,
    Code.CREATED_IN_FUTURE,
    Code.TIME_IN_FUTURE,
    Code.BEFORE_CREATED,
    Code.CONFIG_UNUSABLE,
    Code.BACKUP_MISSING,
}
"""What a person has to decide on: the remedy shows it, and changes nothing."""
STAYS = {
    Code.BACKUP_DAMAGED,  # the damaged file is still there; the new backup is beside it
    Code.BACKUP_SAME_DISK,  # every folder of a test is on one disk
    Code.CERTIFICATE_EXPIRED,  # until the new pair has its certificate
    Code.RENEWAL_BROKEN,
}
LOSES_SIGHT = {Code.MISSING_FILE: {Code.BACKUP_NONE}, Code.RECORD_UNREADABLE: {Code.BACKUP_NONE}}
"""Backups that only a record knew of which is lost: that is said, since csrtui knew of none before either."""


@pytest.fixture(autouse=True)
def _backups_are_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    look = survey.look_at_copy

    def elsewhere(path: str, store: str) -> CopySeen:
        return replace(look(path, store), with_store="same-disk" in path)

    monkeypatch.setattr(survey, "look_at_copy", elsewhere)


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExaminedStore:
    """Give a store in health whose backup really restores."""
    monkeypatch.setattr(pkcs8, "ROUNDS", QUICK)
    store = ExaminedStore(tmp_path)
    (tmp_path / "usb").mkdir()
    store.change(backups=())
    made = back_up(store.session, "a.com", Order(str(tmp_path / "usb"), PASSPHRASE, PASSPHRASE))
    store.copy.write_bytes((tmp_path / "usb" / made.path.rpartition("/")[2]).read_bytes())
    store.change(backups=(made._replace(path=str(store.copy)),))
    assert store.examine() == ()
    return store


def run(
    store: ExaminedStore, remedy: str, passphrase: bytes = PASSPHRASE.encoded
) -> subprocess.CompletedProcess[bytes]:
    """Run a remedy as a user does, who puts in the names that are left open and types the passphrase."""
    folder = store.path.parent
    for name in ("bin", "new"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "passphrase").write_bytes(passphrase)
    (folder / "passphrase").chmod(0o600)
    (folder / "certificate").write_bytes(store.files.certificate or b"")
    program = folder / "bin" / "csrtui"
    text = PROGRAM.format(
        python=sys.executable, time=LATER.isoformat(), passphrase=str(folder / "passphrase")
    )
    program.write_text(text)
    program.chmod(0o755)
    shell = remedy.replace("--to DIR", f"--to {folder}/new").replace(" CERTIFICATE", f" {folder}/certificate")
    return subprocess.run(
        ["/bin/bash", "-c", shell],
        env=environment(store.path)
        | {
            "PATH": f"{folder}/bin:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "CSRTUI_CONFIG": str(store.config),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )


def keys_in(store: ExaminedStore) -> set[str]:
    """Return the digests of all files that may hold a key, in the store and beside it, as far as they can be read."""
    return {
        sha256(path.read_bytes()).hexdigest()
        for path in (*store.path.parent.glob("store*/**/key.pem"), *store.path.parent.glob("*backup.pem"))
        if path.is_file()
    }


def weight(found: tuple[Ailment, ...]) -> dict[tuple[Code, str | None], Level]:
    return {(one.code, one.pair): one.level for one in found}


@pytest.mark.parametrize(("code", "damage"), BREAKAGES)
def test_after_a_remedy_nothing_is_worse_and_what_it_fixes_is_gone(
    healthy: ExaminedStore, code: Code, damage: Callable[[ExaminedStore], object]
) -> None:
    damage(healthy)
    before = healthy.examine()
    ailment = next(one for one in before if one.code is code)
    can_be_listed = bool(list_pairs(healthy.session).pairs) if code in LOSES_SIGHT else True
    keys, pairs = keys_in(healthy), set(healthy.path.glob("pairs/[!.]*"))
    ended = run(healthy, ailment.remedy)
    after = healthy.examine()
    assert keys <= keys_in(healthy), "a key is lost"
    assert pairs <= set(healthy.path.glob("pairs/[!.]*")), ended.stderr
    worse = {
        what: level
        for what, level in weight(after).items()
        if level is not Level.NOTE and what not in weight(before) and what[1] in {"a.com", None}
    }
    if not can_be_listed:
        worse = {what: level for what, level in worse.items() if what[0] not in LOSES_SIGHT.get(code, ())}
    assert not worse, ended.stderr
    if code in SHOWS_ONLY:
        assert weight(after).keys() <= weight(before).keys()
    elif code not in STAYS:
        assert code not in {one.code for one in after if one.pair == ailment.pair}, (ailment.remedy, ended)


@pytest.mark.parametrize("name", ["key.pem", "request.pem"])
@pytest.mark.parametrize("copy", ["missing", "damaged", "other passphrase"])
def test_a_restoration_that_cannot_be_moves_nothing_away(
    healthy: ExaminedStore, name: str, copy: str
) -> None:
    (healthy.pair / name).unlink()
    files = {path.name: path.read_bytes() for path in healthy.pair.iterdir()}
    remedy = next(one.remedy for one in healthy.examine() if one.code is Code.MISSING_FILE)
    passphrase = b"another one, which does not open it" if copy == "other passphrase" else PASSPHRASE.encoded
    if copy == "missing":
        healthy.copy.unlink()
    elif copy == "damaged":
        healthy.copy.write_text("other")
    for shell in (remedy, next(one.remedy for one in healthy.examine() if one.code is Code.MISSING_FILE)):
        assert run(healthy, shell, passphrase).returncode != 0
        assert {path.name: path.read_bytes() for path in healthy.pair.iterdir()} == files


def test_an_adoption_that_cannot_be_moves_nothing_away(healthy: ExaminedStore) -> None:
    (healthy.pair / "pair.json").unlink()
    (healthy.pair / "key.pem").unlink()
    files = {path.name: path.read_bytes() for path in healthy.pair.iterdir()}
    remedy = next(one.remedy for one in healthy.examine() if " adopt " in one.remedy)
    assert run(healthy, remedy).returncode != 0
    assert {path.name: path.read_bytes() for path in healthy.pair.iterdir()} == files
