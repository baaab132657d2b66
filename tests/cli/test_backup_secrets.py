"""The passphrase and the key never appear in arguments, variables, output or other files, not even after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from backup_commands import CANARY, Places
from command import DEADLINE, ROOT, argv, environment, run_process
from pairs_made import record_of

from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import BackupStatus
from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session

STORE = "store"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return a folder for backups, a passphrase file, and a pair whose key is stored without a passphrase."""
    run_process("new", "a.com", store=tmp_path / STORE)
    return Places.made_in(tmp_path)


def secrets_of(folder: Path) -> list[bytes]:
    """Return the passphrase and the private number of the key: raw, in hex and in PEM."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = (folder / "key.pem").read_bytes()
    key = load_pem_private_key(pem, None)
    assert isinstance(key, EllipticCurvePrivateKey)
    assert key_types.type_of(key.public_key()) is key_types.KeyType.EC_P256
    number = key.private_numbers().private_value
    raw = number.to_bytes(32)
    lines = [line for line in pem.splitlines() if not line.startswith(b"-")]
    passphrase = CANARY.encode()
    return [
        passphrase, passphrase.hex().encode(), b64encode(passphrase), CANARY.encode("utf-16-le"),
        raw, raw.hex().encode(), str(number).encode(), *lines[:2],
    ]  # fmt: skip


def holding(folder: Path, secrets: list[bytes]) -> set[str]:
    """Return the files below a folder that contain one of the secrets."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
    }


def test_no_output_and_no_other_file_contains_a_secret(tmp_path: Path, places: Places) -> None:
    store, other, home = tmp_path / STORE, tmp_path / "other", tmp_path / "home"
    home.mkdir()
    variables = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_STATE_HOME": str(home),
        "TEXTUAL_LOG": str(home / "l"),
    }
    secrets = secrets_of(store / "pairs" / "a.com")
    said = [
        run_process(*arguments, *places.given, store=store, env=variables, quick=True)
        for arguments in (["backup", "a.com", "--to", str(places.usb)], ["verify"], ["verify", "--json"])
    ]
    (backup,) = places.files
    said.append(run_process("verify", str(backup), *places.given, store=store, env=variables, quick=True))
    said.append(run_process("restore", str(backup), *places.given, store=other, env=variables, quick=True))
    places.say("another one entirely")
    failed = [
        run_process(
            "backup",
            "a.com",
            "--to",
            str(tmp_path / "none"),
            *places.given,
            store=store,
            env=variables,
            quick=True,
        ),
        run_process(
            "restore", str(backup), *places.given, store=tmp_path / "third", env=variables, quick=True
        ),
    ]
    assert [ran.status for ran in said] == [0] * 5
    assert [ran.status for ran in failed] == [2, 1]
    for ran in (*said, *failed):
        assert not any(secret in (ran.out + ran.err).encode() for secret in secrets)
    allowed = {f"{name}/pairs/a.com/key.pem" for name in (STORE, "other")}
    assert holding(tmp_path, secrets) == allowed


def test_arguments_and_environment_of_the_process_contain_no_secret(tmp_path: Path, places: Places) -> None:
    """It waits for the end of the passphrase's line, which is not sent before its process was looked at."""
    store = tmp_path / STORE
    secrets = secrets_of(store / "pairs" / "a.com")
    reading, writing = os.pipe()
    command = argv("backup", "a.com", "--to", str(places.usb), "--passphrase-fd", str(reading))
    with subprocess.Popen(
        command,
        pass_fds=[reading],
        env=environment(store),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(reading)
        assert process.stderr
        os.write(writing, CANARY.encode())
        process.stderr.readline()  # the destination is printed before the passphrase is read
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        if os.geteuid() == 0:  # a process that is not dumpable shows its environment to root only
            shown += Path(f"/proc/{process.pid}/environ").read_bytes()
        os.write(writing, b"\n")
        os.close(writing)
        out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert b"passphrase-fd" in shown
    assert not any(secret in shown + out + err for secret in secrets)


_CRASH = """
import sys
from csrtui.core.keys import {module}
def crash(*arguments, **_):
    local = next(one for one in arguments if type(one).__name__ == "Secret")
    raise {error}
{module}.{function} = crash
from csrtui.__main__ import main
sys.argv = ["csrtui", *sys.argv[1:]]
sys.exit(main())
"""


@pytest.mark.parametrize(
    "error", ["ValueError(str(local), local.revealed)", "RuntimeError(repr(local.encoded))"]
)
@pytest.mark.parametrize(("module", "function"), [("pkcs8", "derive"), ("pkcs8", "decrypt")])
def test_a_forced_crash_reveals_no_secret(
    tmp_path: Path, places: Places, module: str, function: str, error: str
) -> None:
    store = tmp_path / STORE
    secrets = secrets_of(store / "pairs" / "a.com")
    program = _CRASH.format(module=module, function=function, error=error)
    done = subprocess.run(
        [sys.executable, "-c", program, "backup", "a.com", "--to", str(places.usb), *places.given],
        capture_output=True,
        env=environment(store),
        cwd=ROOT,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 3
    assert b"a bug: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in secrets)
    assert holding(tmp_path, secrets) == {"passphrase", f"{STORE}/pairs/a.com/key.pem"}
    assert record_of(Session(Keystore(str(store)))).backup_status is BackupStatus.NONE
