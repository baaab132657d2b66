"""``csrtui backup``: files, output, and errors that are reported before the passphrase prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backup_commands import CANARY, Places
from backups_made import openssl
from command import ROOT, argv, environment, run_process
from pty_session import PtySession
from requests_made import NOW

from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return a folder for backups and a passphrase file."""
    return Places.made_in(tmp_path)


def status(csrtui: Csrtui, name: str) -> str:
    return str(csrtui("show", name, "--json").json["backup"]["status"])


def test_json_has_an_entry_for_every_pair(csrtui: Csrtui, places: Places) -> None:
    csrtui("new", "a.com")
    csrtui("new", "b.com")
    ran = places.back_up(csrtui, "b.com", "a.com", "b.com")
    assert ran.status == 0
    assert (ran.json["schema"], ran.json["ok"]) == (1, True)
    assert [entry.keys() for entry in ran.json["results"]] == [{"ok", "pair", "file", "text"}] * 2
    assert [(entry["pair"], entry["ok"]) for entry in ran.json["results"]] == [
        ("b.com", True),
        ("a.com", True),
    ]
    assert {entry["file"] for entry in ran.json["results"]} == {str(path) for path in places.files}
    assert status(csrtui, "a.com") == status(csrtui, "b.com") == "verified"


def test_without_json_there_is_a_line_for_every_pair(csrtui: Csrtui, places: Places) -> None:
    csrtui("new", "a.com")
    ran = csrtui("backup", "a.com", "--to", str(places.usb), *places.given)
    (file,) = places.files
    assert (ran.status, ran.out) == (0, f"ok  a.com  {file}  backed up and verified\n")
    assert "same" in ran.err  # the folder is on the disk of the store


def test_all_selects_the_pairs_without_a_verified_backup(csrtui: Csrtui, places: Places) -> None:
    for name in ("a.com", "b.com", "c.com"):
        csrtui("new", name)
    places.back_up(csrtui, "b.com")
    ran = places.back_up(csrtui)
    assert {entry["pair"] for entry in ran.json["results"]} == {"a.com", "c.com"}
    ran = places.back_up(csrtui)
    assert (ran.status, ran.json) == (0, {"schema": 1, "ok": True, "results": []})
    assert "every pair has a verified backup" in ran.err
    assert len(places.files) == 3


def test_all_reports_the_pairs_that_cannot_be_read(csrtui: Csrtui, places: Places) -> None:
    for name in ("a.com", "b.com"):
        csrtui("new", name)
    (csrtui.pair("b.com") / "pair.json").write_bytes(b"damaged")
    for expected in ([True, False], [False]):
        ran = places.back_up(csrtui)
        assert (ran.status, ran.json["ok"]) == (1, False)
        assert [entry["ok"] for entry in ran.json["results"]] == expected
        assert ran.json["results"][-1]["pair"] == "b.com"
        assert "every pair has" not in ran.err


def test_a_failed_pair_gives_exit_status_1(csrtui: Csrtui, places: Places) -> None:
    for name in ("a.com", "b.com"):
        csrtui("new", name)
    (csrtui.pair("a.com") / "key.pem").write_bytes(b"damaged")
    ran = places.back_up(csrtui, "a.com", "b.com")
    assert (ran.status, ran.json["ok"]) == (1, False)
    assert [entry["ok"] for entry in ran.json["results"]] == [False, True]
    assert ran.json["results"][0]["file"] is None
    ran = csrtui("backup", "a.com", "--to", str(places.usb), *places.given)
    assert ran.out.startswith("FAILED  a.com  not backed up: the key of a.com is damaged")


def test_a_key_with_another_passphrase_fails(csrtui: Csrtui, places: Places) -> None:
    csrtui("new", "a.com", "--encrypt-key", *places.given)
    places.say("something else entirely")
    ran = places.back_up(csrtui, "a.com")
    assert ran.status == 1
    assert "has a different passphrase" in ran.json["results"][0]["text"]
    assert (places.files, status(csrtui, "a.com")) == ([], "none")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--to", "USB"], 2, "specify the pairs to back up, or use --all"),
        (["a.com", "--all", "--to", "USB"], 2, "specify the pairs to back up, or use --all"),
        (["a.com"], 2, "the following arguments are required: --to"),
        (["b.com", "--to", "USB"], 2, "there is no pair"),
        (["../a.com", "--to", "USB"], 2, "is not a valid pair name"),
        (["a.com", "--to", "USB/missing"], 2, "No such file or directory"),
        (["a.com", "--to", "/dev/null"], 2, "Not a directory|not a folder"),
        (["a.com", "--to", "USB", "--passphrase-fd", "987"], 2, "cannot read the passphrase descriptor 987"),
        (["a.com", "--to", "USB", "--passphrase-file", "/nowhere"], 2, "No such file"),
    ],
)
def test_errors_are_reported_and_nothing_is_made(
    csrtui: Csrtui, places: Places, *, arguments: list[str], code: int, said: str
) -> None:
    import re

    csrtui("new", "a.com")
    ran = csrtui("backup", *(text.replace("USB", str(places.usb)) for text in arguments))
    assert (ran.status, ran.out) == (code, "")
    assert re.search(said, ran.error)
    assert places.files == []


def test_a_store_that_others_can_read_is_refused(csrtui: Csrtui, places: Places) -> None:
    csrtui("new", "a.com")
    csrtui.store.chmod(0o755)
    ran = places.back_up(csrtui, "a.com")
    csrtui.store.chmod(0o700)
    assert (ran.status, places.files) == (3, [])


def test_a_weak_passphrase_causes_a_warning_that_does_not_quote_it(csrtui: Csrtui, places: Places) -> None:
    csrtui("new", "a.com")
    places.say("b1ef")
    ran = places.back_up(csrtui, "a.com")
    assert ran.status == 0
    assert "warning: The passphrase" in ran.err
    assert "b1ef" not in ran.err + ran.out


# On a terminal, with all iterations


def test_the_passphrase_is_asked_for_twice_and_openssl_alone_opens_the_backup(
    tmp_path: Path, places: Places
) -> None:
    store = tmp_path / "store"
    for name in ("a.com", "b.com"):
        run_process("new", name, store=store)
    command = argv("backup", "--all", "--to", str(places.usb))
    with PtySession(command, env={**environment(store), "PYTHONPATH": str(ROOT)}) as terminal:
        terminal.wait_for("Passphrase for the backup:")
        terminal.send(f"{CANARY}\n")
        terminal.wait_for("Repeat it:")
        terminal.send(f"{CANARY}\n")
        assert terminal.wait_exit() == 0
        assert "2 of 2 backups in " in terminal.text
        assert CANARY.encode() not in terminal.raw
        assert b"\x1b" not in terminal.raw
    for file in places.files:
        key = openssl("pkey", "-in", str(file), "-passin", "env:PASSPHRASE")
        assert openssl("pkey", "-pubout", data=key) == openssl("req", "-in", str(file), "-noout", "-pubkey")


def test_different_passphrases_make_no_backup(tmp_path: Path, places: Places) -> None:
    store = tmp_path / "store"
    run_process("new", "a.com", store=store)
    recorded = Backup(BackupStatus.MISSING, "/gone.pem", NOW)
    session = Session(Keystore(str(store)))
    change_record(session, "a.com", lambda record: record.with_backup(recorded))
    command = argv("backup", "a.com", "--to", str(places.usb))
    with PtySession(command, env={**environment(store), "PYTHONPATH": str(ROOT)}) as terminal:
        terminal.wait_for("Passphrase for the backup:")
        assert "Earlier backups of this pair keep their passphrase." in terminal.text
        terminal.send(f"{CANARY}\n")
        terminal.wait_for("Repeat it:")
        terminal.send(f"{CANARY[:-1]}\n")
        assert terminal.wait_exit() == 2
        assert "the two passphrases are not the same" in terminal.text
    assert places.files == []


def test_without_a_terminal_the_options_are_named(tmp_path: Path, places: Places) -> None:
    store = tmp_path / "store"
    run_process("new", "a.com", store=store)
    ran = run_process("backup", "a.com", "--to", str(places.usb), store=store, new_session=True)
    assert (ran.status, ran.hint) == (2, "use --passphrase-file or --passphrase-fd")
    assert places.files == []
