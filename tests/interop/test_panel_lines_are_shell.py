"""The command lines for devices and panels, whose software is not installed here: a shell runs them with recorders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from real_servers import Issued

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
HARD_FOLDER = 'of Jörg; $HOME `x` "y" #1 &|'
FAIR_FOLDER = "of Jörg; `x` & Co"
"""Placeholders that can also be in a line that is not for a shell."""
RECORDER = """#!/bin/sh
printf '%s\\n' "${0##*/}" "$@" '' >>"$RECORDED"
[ -t 0 ] || cat >"$RECORDED.stdin"
"""


def run(folder: Path, lines: list[str]) -> list[list[str]]:
    """Run lines in bash with a recorder for every program of a vendor, and return the recorded calls."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("plesk", "uapi", "tmsh", "scp", "rm", "kyrtool"):
        (programs / name).write_text(RECORDER)
        (programs / name).chmod(0o755)
    recorded = folder / "recorded"
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(lines)],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "RECORDED": str(recorded)},
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return [call.splitlines() for call in recorded.read_text().strip().split("\n\n")]


def test_plesk_receives_the_files(issued: Issued) -> None:
    lines = issued.export("plesk", into=HARD_FOLDER)
    folder = issued.folder / HARD_FOLDER
    create, update = run(issued.folder, lines)
    files = {option: folder / f"www.mydomain.com{ending}" for option, ending in
             (("-cert-file", ".crt"), ("-key-file", ".key"), ("-cacert-file", ".chain.crt"))}  # fmt: skip
    assert create[:5] == ["plesk", "bin", "certificate", "--create", "www.mydomain.com"]
    given = dict(zip(create[5::2], create[6::2], strict=True))
    assert given == {"-domain": "mydomain.com", **{option: str(path) for option, path in files.items()}}
    assert all(path.is_file() for path in files.values())
    assert update == ["plesk", "bin", "site", "--update", "mydomain.com", "-ssl", "true", "-certificate-name",
                      "www.mydomain.com"]  # fmt: skip


def test_cpanel_receives_the_key_through_a_pipe(issued: Issued) -> None:
    if subprocess.run(["perl", "-MJSON::PP", "-e", "1"], capture_output=True, check=False).returncode:
        pytest.skip("perl with JSON::PP is not installed")
    lines = issued.export("cpanel", into=FAIR_FOLDER)
    folder = issued.folder / FAIR_FOLDER
    start = next(number for number, line in enumerate(lines) if line.startswith("as_json()"))
    (call,) = run(issued.folder, lines[start:])
    assert call == ["uapi", "--input=json", "SSL", "install_ssl"]
    files = {"cert": ".crt", "key": ".key", "cabundle": ".chain.crt"}
    assert json.loads((issued.folder / "recorded.stdin").read_text()) == {
        "domain": "mydomain.com",
        **{name: (folder / f"www.mydomain.com{ending}").read_text() for name, ending in files.items()},
    }


def test_a_big_ip_receives_three_objects_and_a_profile_with_them(issued: Issued) -> None:
    lines = issued.export("f5", into=HARD_FOLDER)
    folder = issued.folder / HARD_FOLDER
    name, there = "www.mydomain.com", "/var/tmp"
    copied, *commands = run(issued.folder, lines)
    files = [folder / f"{name}{ending}" for ending in (".crt", ".chain.crt", ".key")]
    assert copied == ["scp", *map(str, files), f"root@BIG-IP:{there}/"]
    install = "tmsh install sys crypto {} {} from-local-file /var/tmp/{}"
    profile = f"default {{ cert {name} key {name} chain {name}.chain }}"
    assert [" ".join(command) for command in commands] == [
        install.format("key", name, f"{name}.key"),
        install.format("cert", name, f"{name}.crt"),
        install.format("cert", f"{name}.chain", f"{name}.chain.crt"),
        f"tmsh modify ltm profile client-ssl PROFILE cert-key-chain replace-all-with {{ {profile} }}",
        f"rm {there}/{name}.key",
        "tmsh save sys config",
    ]


def test_kyrtool_receives_key_and_certificates_in_its_order(issued: Issued) -> None:
    lines = issued.export("domino", into="of Jörg; x & Co")
    calls = run(issued.folder, [line for line in lines if line.startswith("kyrtool ")])
    bundle = issued.folder / "of Jörg; x & Co" / "www.mydomain.com.pem"
    assert calls == [
        ["kyrtool", "create", "-k", "KEYRING.kyr", "-p", "PASSWORD"],
        ["kyrtool", "import", "all", "-k", "KEYRING.kyr", "-i", str(bundle)],
    ]
    blocks = [line for line in bundle.read_text().splitlines() if line.startswith("-----BEGIN ")]
    assert blocks == ["-----BEGIN PRIVATE KEY-----", *["-----BEGIN CERTIFICATE-----"] * 2]
