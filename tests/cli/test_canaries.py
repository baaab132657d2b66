"""A canary key and a canary passphrase through every command that meets one, and through a crash wherever it is used."""

from __future__ import annotations

import itertools
import subprocess
import sys
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from canary import CANARY, forms_of_key, forms_of_passphrase, found_in, holding
from command import DEADLINE, ROOT, environment
from exports_made import issued_pair
from foreign_made import ec_key, pkcs8
from pairs_made import new_pair, order
from requests_made import NOW
from safety_results import counted

from csrtui.core import request
from csrtui.core.secret import Secret
from csrtui.core.subject import SubjectFields
from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

PROMISE = "No secret is anywhere but where it belongs"
PHRASE = ("--passphrase-file", "{path}/phrase")
FLOWS = {
    "new": ("new", "n.com", "--encrypt-key", *PHRASE),
    "new --from": ("new", "--from", "{path}/rows.csv", "--encrypt-key", *PHRASE),
    "backup": ("backup", "plain.com", "--to", "{path}/usb", *PHRASE),
    "verify": ("verify", "plain.com", *PHRASE),
    "restore": ("restore", "{path}/backup.pem", "--store", "{path}/other", *PHRASE),
    "adopt": (
        "adopt",
        "--key",
        "{path}/sealed.pem",
        "--csr",
        "{path}/sealed.csr",
        "--as",
        "adopted",
        "--encrypt-key",
        *PHRASE,
    ),
    "renew": ("renew", "sealed.com", *PHRASE),
    "renew --reuse": ("renew", "sealed.com", "--reuse", *PHRASE),
    "export": ("export", "plain.com", "--for", "tomcat", "--to", "{path}/out", *PHRASE),
}
"""The commands that meet a passphrase."""
_PROGRAM = """
import sys
from csrtui.core.secret import Secret
crash_at, uses, was = int(sys.argv.pop(1)), [0], Secret.encoded
def encoded(self):
    uses[0] += 1
    if uses[0] == crash_at:
        local = was.fget(self)
        raise RuntimeError(local, self.revealed)
    return was.fget(self)
Secret.encoded = property(encoded)
from csrtui.__main__ import main
status = main()
sys.exit(status if not crash_at or uses[0] >= crash_at else 99)
"""
_NEVER_USED = 99
"""The status of a run in which the passphrase is not used as often as that."""


def make_place(path: Path) -> list[bytes]:
    """Make what all flows find, and return what must be nowhere else."""
    secret = Secret(CANARY)
    session = Session(Keystore(str(path / "store")), clock=lambda: NOW, user="joe")
    for folder in ("usb", "out", "home"):
        (path / folder).mkdir(mode=0o700)
    issued_pair(session, "plain.com")
    new_pair(session, "sealed.com", passphrase=secret)
    (path / "backup.pem").write_bytes(_backed_up(session, path, secret))
    (path / "sealed.pem").write_bytes(pkcs8(ec_key(77), passphrase=CANARY.encode()))
    asked = request.build(SubjectFields(common_name="adopted.com"), ("adopted.com",), ec_key(77))
    (path / "sealed.csr").write_bytes(request.to_pem(asked))
    (path / "rows.csv").write_text("common_name\nrow1.com\nrow2.com\n")
    (path / "phrase").write_text(f"{CANARY}\n")
    for name in ("backup.pem", "sealed.pem", "rows.csv", "phrase"):
        (path / name).chmod(0o600)
    key = (path / "store" / "pairs" / "plain.com" / "key.pem").read_bytes()
    return [*forms_of_passphrase(), *forms_of_key(key), *forms_of_key(pkcs8(ec_key(77)))]


def _backed_up(session: Session, path: Path, secret: Secret) -> bytes:
    from pathlib import Path as FilePath

    from csrtui.tasks.backup import back_up

    return FilePath(back_up(session, "plain.com", order(path / "usb", secret)).path).read_bytes()


def run(path: Path, flow: str, crash_at: int = 0) -> subprocess.CompletedProcess[bytes]:
    words = [word.format(path=path) for word in FLOWS[flow]]
    home = str(path / "home")
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(crash_at), *words],
        env=environment(path / "store", HOME=home, TMPDIR=home, XDG_STATE_HOME=home, TEXTUAL_LOG=f"{home}/log"),
        cwd=ROOT, capture_output=True, timeout=DEADLINE, check=False,
    )  # fmt: skip


def assert_nowhere(path: Path, done: subprocess.CompletedProcess[bytes], secrets: list[bytes]) -> None:
    """Neither in what it said nor in a file, but for the passphrase's own and the keys that are to be plain."""
    assert not found_in(done.stdout + done.stderr, secrets), done.args
    assert b"Traceback" not in done.stderr
    plain = {f"{store}/pairs/plain.com/key.pem" for store in ("store", "other")}
    assert holding(path, secrets) - plain == {"phrase"}, done.args


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("flow", FLOWS)
def test_a_crash_wherever_the_passphrase_is_used_tells_nothing(tmp_path: Path, flow: str) -> None:
    with counted(
        PROMISE, "canaries through every command, and a crash at each use of the passphrase"
    ) as tally:
        for crash_at in itertools.count(0):
            (path := tmp_path / str(crash_at)).mkdir()
            secrets = make_place(path)
            done = run(path, flow, crash_at)
            assert_nowhere(path, done, secrets)
            tally.add()
            if done.returncode == _NEVER_USED:
                break
            assert done.returncode in ({1, 3} if crash_at else {0}), done
    assert crash_at > 1, "the passphrase was used, or this tried nothing"


@pytest.mark.parametrize("plant", [CANARY.encode(), b64encode(CANARY.encode()), CANARY.encode("utf-16-le")])
def test_a_leak_would_be_found(tmp_path: Path, plant: bytes) -> None:
    (tmp_path / "log").write_bytes(b"before " + plant + b" after")
    assert holding(tmp_path, forms_of_passphrase()) == {"log"}
    key = pkcs8(ec_key(78))
    (tmp_path / "log").write_bytes(b"core" + key + b"dump")
    assert holding(tmp_path, forms_of_key(key)) == {"log"}
    assert not holding(tmp_path, forms_of_passphrase())
