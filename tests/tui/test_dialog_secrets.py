"""After the backup dialogs on a real terminal, the typed passphrase is nowhere on the disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, session_with
from pty_session import PtySession
from screens_user import User

from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.tasks.list import read_pair
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.modals.results import BackupProgressModal
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message

CANARY = "Kanarienvogel-im-Bergwerk-17"
TYPED_OVER = 6
"""The length of parts of the passphrase that must not be found either."""
ROOT = Path(__file__).parents[2]


def parts(secret: str) -> Iterator[bytes]:
    for at in range(len(secret) - TYPED_OVER + 1):
        yield secret[at : at + TYPED_OVER].encode()


def files_with(secret: str, folder: Path) -> list[str]:
    """Return the files below a folder whose content or name contains a part of it."""
    found = []
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if any(part in data or part in os.fsencode(path.name) for part in parts(secret)):
            found.append(str(path))
    return found


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return a home that contains every folder that a program may write to by default."""
    for name in ("home", "tmp", "usb"):
        (tmp_path / name).mkdir()
    return {
        "HOME": f"{tmp_path}/home",
        "TMPDIR": f"{tmp_path}/tmp",
        "PYTHONPATH": str(ROOT),
        "TEXTUAL_LOG": "log",
    }


def test_backup_verify_and_restore_leave_no_passphrase_behind(tmp_path: Path, home: dict[str, str]) -> None:
    session_with(tmp_path / "store", "a.example.com")
    argv = [sys.executable, "-m", "csrtui", "--store", str(tmp_path / "store")]
    with PtySession(argv, env=home) as user:
        user.wait_for("Common name")
        user.send("\x1bOQ")
        user.wait_for("> a.example.com")
        user.send("b")
        user.wait_for("Back up a.example.com")
        user.send(f"{tmp_path}/usb\r")
        user.wait_for("free on /")
        user.send(f"{CANARY}\r{CANARY}x\r")
        user.wait_for("passphrases differ")
        user.send("\x1b[1;2H\x03\x18\x15" + f"\x1b[200~{CANARY}\x1b[201~")
        user.wait_for("Both passphrases match")
        user.send("\r")
        user.wait_for("backed up and verified")
        command = (
            Path(f"/proc/{user.pid}/cmdline").read_bytes() + Path(f"/proc/{user.pid}/environ").read_bytes()
        )
        user.send("\r")
        user.wait_for("verified now")
        user.send("V")
        user.wait_for("exists and is unchanged")
        user.send(f"{CANARY}\r")
        user.wait_for("is restorable")
        user.send("\x1b")
        user.wait_for("F2 Request")
        user.send("r")
        user.wait_for("Restore a pair")
        (backup,) = (tmp_path / "usb").iterdir()
        user.send(f"\x15{backup}\r{CANARY}\r")
        user.wait_for("is in the keystore")
        user.send("\x1b")
        user.wait_for("F2 Request")
        user.send("\x11")
        assert user.wait_exit() == 0
        seen = bytes(user.raw)
    assert b"\x1b]52" not in seen
    assert not [part for part in parts(CANARY) if part in seen or part in command]
    assert files_with(CANARY, tmp_path) == []
    assert files_with(str(backup.name), tmp_path) != [], "the search would find it"


def test_a_forced_end_leaves_no_passphrase_behind(tmp_path: Path, home: dict[str, str]) -> None:
    session_with(tmp_path / "store", "a.example.com")
    argv = [sys.executable, "-m", "csrtui", "--store", str(tmp_path / "store")]
    with PtySession(argv, env=home) as user:
        user.wait_for("Common name")
        user.send("\x1bOQ")
        user.wait_for("> a.example.com")
        user.send("b")
        user.wait_for("Back up a.example.com")
        user.send(f"{tmp_path}/usb\r{CANARY}\r{CANARY}")
        user.wait_for("Both passphrases match")
        user.hang_up()
        user.wait_exit()
        assert not [part for part in parts(CANARY) if part in user.raw]
    assert files_with(CANARY, tmp_path) == []


def test_quitting_during_work_leaves_no_unrecorded_backup(tmp_path: Path, home: dict[str, str]) -> None:
    names = [
        f"n{number}.example.com" for number in range(200)
    ]  # long enough to be still running when the key arrives
    session = session_with(tmp_path / "store", *names)
    argv = [sys.executable, "-m", "csrtui", "--store", str(tmp_path / "store")]
    with PtySession(argv, env=home) as user:
        user.wait_for("Common name")
        user.send("\x1bOQ")
        user.wait_for("example.com")
        user.send("b")
        user.wait_for("Back up n")
        user.send("\x1b[Z\x1b[C")  # the previous field, whose other choice is all pairs
        user.wait_for("Back up 200 pairs")
        user.send("\t")
        user.send(f"{tmp_path}/usb\r{CANARY}\r{CANARY}")
        user.wait_for("Both passphrases match")
        user.send("\r")
        user.wait_for("of 200")
        user.send("\x11")
        assert user.wait_exit() == 0
    known = [backup for name in names for backup in read_pair(session, name)[0].record.backups]
    assert {backup.path for backup in known} == {str(path) for path in (tmp_path / "usb").iterdir()}
    assert {backup.status for backup in known} == {BackupStatus.VERIFIED}
    assert len(known) < len(names)


async def test_no_message_and_no_worker_contains_the_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)
    session = session_with(tmp_path / "store", "a.example.com")
    backed_up(session, "a.example.com", tmp_path / "usb")
    told: list[str] = []

    def hook(message: Message) -> None:
        if type(message).__name__ not in {"Paste", "Key"}:
            told.append(repr(message) + repr(getattr(message, "__dict__", {})))

    app = CsrtuiApp(session)
    async with app.run_test(size=(80, 24), message_hook=hook) as pilot:
        user = User(app, pilot)
        await app.wait_until_ready()
        await user.until(lambda: user.pairs, "the pairs")
        await user.press("f2", "b")
        await user.paste(str(tmp_path / "usb"))
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        workers = repr([(worker, worker.name, worker.description) for worker in user.app.workers])
        await user.until(lambda: "backed up and verified" in user.screen_text, "the end")
        assert isinstance(user.app.screen, BackupProgressModal)
        shown = [block.text for block in user.app.screen.query(TextBlock)]
        kept = repr(vars(user.app.screen))
    assert told
    for text in (*told, *shown, workers, kept):
        assert PASSPHRASE not in text
