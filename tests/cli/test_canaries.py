"""A canary key and a canary passphrase in every command: strace shows where the data goes."""

from __future__ import annotations

import builtins
import io
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from canary import CANARY, forms_of_key, forms_of_passphrase, found_in, holding
from canary_flows import FLOWS, Flow, Secrets, make_place, use_canary_keys
from command import DEADLINE, ROOT, environment
from cryptography.hazmat.primitives.asymmetric import ec
from foreign_made import ec_key, pkcs8
from safety_results import counted

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

PROMISE = "A secret appears only where it belongs"
_PROGRAM = """
import sys
sys.path[:0] = sys.argv.pop(1).split(":")
from canary_flows import use_canary_keys
use_canary_keys()
from csrtui.__main__ import main
sys.exit(main())
"""
_TRACED = "trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,execve,execveat,memfd_create"
"""The system calls that write data."""
_HEXADECIMAL = re.compile(rb"(?:\\x[0-9a-f]{2})+")
_WRITTEN_TO = re.compile(rb"\w+\(\d+<([^>]*)>")
WITH_PASSPHRASE = (
    "new --encrypt-key", "backup", "verify", "restore", "adopt --encrypt-key", "renew, sealed",
    "export PKCS #12, sealed", "export, sealed",
)  # fmt: skip
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def traced(path: Path, flow: Flow) -> tuple[subprocess.CompletedProcess[bytes], list[bytes]]:
    """Run a flow under strace, and return its system calls, one per line."""
    home, log = str(path / "home"), path.with_suffix(".log")
    words = [word.format(path=path) for word in flow.words]
    strace = ["strace", "-f", "-y", "-v", "-xx", "-qq", "-s", "1000000", "-o", str(log), "-e", _TRACED]
    done = subprocess.run(
        [*strace, sys.executable, "-B", "-c", _PROGRAM, f"{ROOT}:{ROOT}/tests/support", *words],
        env=environment(path / "store", HOME=home, TMPDIR=home, XDG_STATE_HOME=home, TEXTUAL_LOG=f"{home}/log"),
        cwd=home, capture_output=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    return done, [_HEXADECIMAL.sub(_decoded, line) for line in log.read_bytes().splitlines()]


def _decoded(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[0].replace(b"\\x", b"").decode())


def told(lines: list[bytes], path: Path, flow: Flow, secrets: Secrets) -> list[bytes]:
    """Return the calls that pass a secret to a place where it does not belong."""
    wrong = []
    for line in lines:
        to = _WRITTEN_TO.search(line)
        name = to[1].decode().removeprefix(f"{path}/") if to else ""
        if found_in(line, secrets.passphrases) or (
            found_in(line, secrets.keys) and not flow.may_be_plain(name)
        ):
            wrong.append(line)
    return wrong


@pytest.mark.slow
@pytest.mark.safety
@needs_strace
@pytest.mark.parametrize("name", FLOWS)
def test_no_system_call_passes_a_secret_to_the_wrong_place(tmp_path: Path, name: str) -> None:
    path, flow = tmp_path / "place", FLOWS[name]
    secrets = make_place(path)
    with counted(PROMISE, "canary secrets in every command: all data passed to the kernel") as tally:
        done, lines = traced(path, flow)
        assert done.returncode == flow.status, done
        assert any(b"write(" in line for line in lines)
        assert not found_in(done.stdout + done.stderr, secrets.all)
        assert told(lines, path, flow, secrets) == []
        assert secrets.misplaced(path, flow) == []
        tally.add()


@needs_strace
@pytest.mark.usefixtures("few_rounds")
def test_a_passphrase_is_written_nowhere_and_a_key_only_where_it_belongs(
    tmp_path: Path, csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without strace, for flows that are given a passphrase: csrtui writes only through `os.write`."""
    secrets = make_place(tmp_path)
    monkeypatch.setattr(ec, "generate_private_key", ec.generate_private_key)  # restores it after the test
    use_canary_keys()
    written: list[tuple[str, bytes]] = []
    write, open_file = os.write, open

    def record(descriptor: int, data: bytes) -> int:
        written.append((os.readlink(f"/proc/self/fd/{descriptor}").removeprefix(f"{tmp_path}/"), bytes(data)))
        return write(descriptor, data)

    def read_only(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        assert mode in {"r", "rb"}, f"{file} is opened to be written, not with os.open"
        return open_file(file, mode, *arguments, **options)

    monkeypatch.setattr(os, "write", record)
    monkeypatch.setattr(io, "open", read_only)  # also that of tempfile, os.fdopen and pathlib
    monkeypatch.setattr(builtins, "open", read_only)
    plain: set[str] = set()
    for name in WITH_PASSPHRASE:
        flow = FLOWS[name]
        written.clear()
        ran = csrtui(*(word.format(path=tmp_path) for word in flow.words))
        assert ran.status == flow.status, ran
        assert not [to for to, data in written if found_in(data, secrets.passphrases)], name
        plain = {to for to, data in written if found_in(data, secrets.keys)}
        assert [to for to in plain if not flow.may_be_plain(to)] == [], name
    assert plain, "the last flow writes a plain key"


def test_a_key_in_the_wrong_place_would_be_noticed(tmp_path: Path) -> None:
    path, flow = tmp_path / "place", FLOWS["new"]
    secrets = make_place(path)
    _, lines = traced(path, flow)
    assert told(lines, path, flow, secrets) == []
    assert len(told(lines, path, FLOWS["new --encrypt-key"], secrets)) == 1, "the one file that it is in"


@pytest.mark.parametrize("plant", [CANARY.encode(), b64encode(CANARY.encode()), CANARY.encode("utf-16-le")])
def test_a_leak_would_be_noticed(tmp_path: Path, plant: bytes) -> None:
    (tmp_path / "log").write_bytes(b"before " + plant + b" after")
    assert holding(tmp_path, forms_of_passphrase()) == {"log"}
    key = pkcs8(ec_key(78))
    (tmp_path / "log").write_bytes(b"core" + key + b"dump")
    assert holding(tmp_path, forms_of_key(key)) == {"log"}
    assert not holding(tmp_path, forms_of_passphrase())
