"""Canary secrets in every dialog that uses a key, on a real terminal, also if the screens crash."""

from __future__ import annotations

import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from canary import CANARY, found_in
from canary_flows import BARE, PLAIN, SEALED, Flow, Secrets, make_place
from command import ROOT
from pty_session import PtySession
from safety_results import counted
from screen_openings import CTRL_G, CTRL_U, F2

if TYPE_CHECKING:
    from collections.abc import Sequence

PROMISE = "A secret appears only where it belongs"
PROGRAM = ROOT / "tests" / "support" / "crashing_screens.py"
BACK_TAB, DOWN = "\x1b[Z", "\x1b[B"


def _pasted(text: str) -> str:
    return f"{CTRL_U}\x1b[200~{text}\x1b[201~"


def _at(pair: str, key: str, title: str) -> tuple[tuple[str, str], ...]:
    return ((F2, "Next"), (f"/{_pasted(pair)}\r", f"> {pair}"), (key, title))


@dataclass(frozen=True, slots=True)
class Dialog:
    """A way through the screens.

    Attributes:
        steps: Keys, and what shows after them; ``{path}`` stands for the place.
        plain: A regular expression for new files that may contain a key without a passphrase.
        works_at: The step that starts work in a thread.
    """

    steps: Sequence[tuple[str, str]]
    plain: str = "$^"
    works_at: int = -1

    @property
    def flow(self) -> Flow:
        """The same as a command flow."""
        return Flow((), self.plain)


_TWICE = f"{_pasted(CANARY)}\r{_pasted(CANARY)}"
DIALOGS = {
    "make": Dialog(
        (("www.n.com", ">Common name *   www.n.com"), (CTRL_G, "open warning"), ("\t\r", "made www.n.com")),
        r"store/pairs/(\.new-\w+|www\.n\.com)/key\.pem",
    ),
    "back up": Dialog(
        (
            *_at(PLAIN, "b", f"Back up {PLAIN}"),
            (_pasted("{path}/usb") + f"\r{_TWICE}", "Both passphrases match"),
            ("\r", "backed up and verified"),
        )
    ),
    "restore": Dialog(
        (
            (F2, "Next"),
            ("r", "Restore a pair"),
            (_pasted("{path}/backup.pem") + f"\r{_pasted(CANARY)}\r", "is in the keystore"),
        )
    ),
    "import": Dialog(
        (*_at(BARE, "i", "Import certificates"), (_pasted("{path}/bare.crt") + "\r", "imported, expires"))
    ),
    "install": Dialog(
        (*_at(PLAIN, "I", "Install"), (_pasted("{path}/out"), "Will be written"), ("\r", "Written:")),
        r"out/.*",
    ),
    "install, sealed": Dialog(
        (
            *_at(SEALED, "I", "Install"),
            (_pasted("{path}/out") + "\r", "Stored key"),
            (_pasted(CANARY) + "\r", "Written:"),
        ),
        r"out/.*",
    ),
    "install PKCS #12": Dialog(
        (
            *_at(PLAIN, "I", "Install"),
            (f"{_pasted('{path}/out')}{BACK_TAB}m", "Passphrase"),
            (f"{DOWN * 3}{_TWICE}", "Long enough"),
            ("\r", "Written:"),
        )
    ),
    "renew": Dialog(
        (
            *_at(PLAIN, "w", f"Renew {PLAIN}"),
            ("\r", "renews plain.com"),
            (CTRL_G, "open warning"),
            ("\t\r", "made plain.com-2"),
        ),
        r"store/pairs/(\.new-\w+|plain\.com-2)/key\.pem",
    ),
    "renew with the old CSR, sealed": Dialog(
        (
            *_at(SEALED, "w", f"Renew {SEALED}"),
            (DOWN, "Check the key"),
            (_pasted(CANARY) + "\r", "Checked"),
            ("\r", "Submit"),
        ),
        works_at=-2,
    ),
    "adopt": Dialog(
        (
            (F2, "Next"),
            ("a", "Adopt keys"),
            (_pasted("{path}/elsewhere") + "\r", "1 encrypted key found"),
            (_pasted(CANARY) + "\r", "1 key found"),
            ("\r", "1 pair adopted"),
        )
    ),
    "retire": Dialog((*_at(SEALED, "t", f"Retire {SEALED}?"), ("\t\r", "nothing is deleted"))),
    "doctor": Dialog(((F2, "Next"), ("D", "examined"))),
}
"""All of them."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """The screens on a place with canaries.

    Attributes:
        path: The place.
        secrets: The secrets to search for.
        session: The terminal.
    """

    path: Path
    secrets: Secrets
    session: PtySession

    def go(self, steps: Sequence[tuple[str, str]]) -> None:
        """Take some steps from the form."""
        self.session.wait_for("Common name")
        for keys, text in steps:
            self.session.send(keys.format(path=self.path))
            self.session.wait_for(text)

    def shows(self) -> bytes:
        """Return its arguments, its environment, and everything that was sent to the terminal."""
        known = (f"/proc/{self.session.pid}/{name}" for name in ("cmdline", "environ"))
        return b"".join(Path(name).read_bytes() for name in known) + bytes(self.session.raw)


@pytest.fixture
def work(tmp_path: Path) -> AtWork:
    """Yield the screens, and end them after the test."""
    path = tmp_path / "place"
    secrets = make_place(path)
    (path / "elsewhere").mkdir()
    for name in ("closed.pem", "closed.csr"):
        shutil.copy(path / name, path / "elsewhere")
    home = str(path / "home")
    variables = {"HOME": home, "TMPDIR": home, "XDG_STATE_HOME": home, "TEXTUAL_LOG": f"{home}/log"}
    argv = [sys.executable, "-B", str(PROGRAM), "--store", str(path / "store")]
    session = PtySession(argv, env={**variables, "CSRTUI_CONFIG": f"{home}/none"})
    return AtWork(path, secrets, session)


def assert_nowhere(work: AtWork, dialog: Dialog, shown: bytes) -> None:
    """Assert that no secret was displayed or is in a file that must not contain it."""
    assert not found_in(shown, work.secrets.all)
    assert b"\x1b]52" not in shown
    assert b"Traceback" not in shown
    assert work.secrets.misplaced(work.path, dialog.flow) == []


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_reveals_no_secret(work: AtWork, name: str) -> None:
    with (
        counted(PROMISE, "canary secrets in every dialog: all bytes sent to the terminal") as tally,
        work.session,
    ):
        work.go(DIALOGS[name].steps)
        shown = work.shows()
        work.session.kill(signal.SIGTERM)
        assert work.session.wait_exit() == 128 + signal.SIGTERM
        assert_nowhere(work, DIALOGS[name], shown + bytes(work.session.raw))
        tally.add()


def each_crash() -> list[tuple[str, int, signal.Signals]]:
    """Yield each dialog with each of its steps, for a crash while drawing and for one at the start of the next work."""
    return [
        (name, taken, how)
        for name, dialog in DIALOGS.items()
        for taken in range(1, len(dialog.steps) + 1)
        for how in (signal.SIGUSR1, signal.SIGUSR2)
        if how is signal.SIGUSR1 or taken == len(dialog.steps) + dialog.works_at
    ]


CRASHES = each_crash()


@pytest.mark.parametrize(
    ("name", "taken", "how"),
    [
        pytest.param(*one, marks=() if one == ("adopt", 4, signal.SIGUSR1) else pytest.mark.slow)
        for one in CRASHES
    ],
)
@pytest.mark.safety
def test_crashing_screens_reveal_no_secret(work: AtWork, name: str, taken: int, how: signal.Signals) -> None:
    dialog = DIALOGS[name]
    with (
        counted(PROMISE, "canary secrets in screens that crash after each step of every dialog") as tally,
        work.session,
    ):
        work.go(dialog.steps[:taken])
        shown = work.shows()
        work.session.kill(how)
        if how is signal.SIGUSR2:
            work.session.send(dialog.steps[taken][0].format(path=work.path))
        else:
            work.session.resize(90, 30)
        assert work.session.wait_exit() == 3
        assert "a bug: ValueError" in work.session.after_screens
        assert work.session.terminal_is_whole
        assert_nowhere(work, dialog, shown + bytes(work.session.raw))
        tally.add()
