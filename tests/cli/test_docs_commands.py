"""The block of commands in the documentation: each line works on the results of the lines before it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from certificates_made import bundle, intermediate, pem
from command import DEADLINE, QUICK, ROOT, environment
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from csrtui.core.certificates import csr as request
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

_AT_TERMINAL = """#!/bin/sh
# What a person types at the terminal stands in options here.
case " $* " in
    *" --encrypt-key "* | *" backup "* | *" restore "*) set -- "$@" --passphrase-file "$TYPED" ;;
    *" adopt /"*) set -- "$@" --yes ;;
esac
case " $* " in
    *" --passphrase-file "*) exec "$PYTHON" -c "$QUICK" "$@" ;;
esac
exec "$PYTHON" -m csrtui "$@"
"""
_ELSEWHERE = ("/mnt/usb", "/srv/keys", "/etc/nginx/tls", "/etc/letsencrypt/live")
"""Folders of the block that the test replaces with its own."""


def block() -> list[str]:
    """Return the documented commands, without those for many hosts."""
    text = (ROOT / "csrtui/docs/command-line.md").read_text()
    (lines,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for line in lines.splitlines() if not line.startswith("csrtui fleet ")]


class Reader:
    """A reader who types the commands of the documentation, in a folder with the files that they name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pairs = folder / "store" / "pairs"
        for path in _ELSEWHERE:
            self.at(path).mkdir(parents=True, mode=0o700)
        (folder / "bin").mkdir()
        (folder / "bin" / "csrtui").write_text(_AT_TERMINAL)
        (folder / "bin" / "csrtui").chmod(0o755)
        (folder / "typed").write_text("correct horse battery staple\n")
        (folder / "typed").chmod(0o600)
        (folder / "hosts.csv").write_text("common_name,platform\nmail.mydomain.com,postfix\n")
        self._make_elsewhere()

    def at(self, path: str) -> Path:
        """Return the test's own folder for a folder that the documentation names."""
        return self.folder / path.lstrip("/")

    def _make_elsewhere(self) -> None:
        """Make two keys without csrtui: one with its CSR, and one as certbot stores it, behind links."""
        live = self.at("/etc/letsencrypt/live/old.mydomain.com")
        archive = self.at("/etc/letsencrypt/archive/old.mydomain.com")
        live.mkdir()
        archive.mkdir(parents=True)
        for name in ("privkey", "fullchain"):
            (live / f"{name}.pem").symlink_to(f"../../archive/old.mydomain.com/{name}1.pem")
        for key_file, chain_file, name in (
            (self.folder / "server.key", self.folder / "fullchain.pem", "server.mydomain.com"),
            (archive / "privkey1.pem", archive / "fullchain1.pem", "old.mydomain.com"),
        ):
            key = key_types.generate(KeyType.EC_P256)
            der = request.build(SubjectFields(common_name=name), [name], key)
            key_file.write_bytes(key_types.private_pem(key))
            key_file.chmod(0o600)
            chain_file.write_bytes(pem(intermediate().sign(der), intermediate().certificate))
            if key_file.parent == self.folder:
                (self.folder / "server.csr").write_bytes(request.to_pem(der))

    def gets_an_answer(self) -> None:
        """Write the CA's answer to www.csr."""
        csr = x509.load_pem_x509_csr((self.folder / "www.csr").read_bytes())
        leaf = intermediate().sign(csr.public_bytes(Encoding.DER))
        (self.folder / "answer.pem").write_bytes(pem(leaf))
        (self.folder / "s_client.txt").write_bytes(pem(leaf, intermediate().certificate))
        (self.folder / "chain.p7b").write_bytes(bundle(intermediate().certificate))

    def types(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line in a shell."""
        for path in _ELSEWHERE:
            line = line.replace(path, str(self.at(path)))
        env = environment(
            self.folder / "store", TYPED=str(self.folder / "typed"), PYTHON=sys.executable, QUICK=QUICK
        )
        env |= {"PATH": f"{self.folder}/bin:{env['PATH']}", "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=env, timeout=DEADLINE, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip


@pytest.mark.slow
def test_every_documented_line_works(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    lines = block()
    assert len(lines) > 20
    for line in lines:
        if line.startswith("csrtui import "):
            reader.gets_an_answer()
        done = reader.types(line)
        may_say_no = line.startswith("csrtui doctor ")
        assert done.returncode in ({0, 1} if may_say_no else {0}), f"{line}\n{done.stdout}{done.stderr}"
    assert {path.name for path in reader.pairs.iterdir() if not path.name.startswith(".")} == {
        "www.mydomain.com",
        "www.mydomain.com-2",
        "intranet",
        "mail.mydomain.com",
        "server.mydomain.com",
        "old.mydomain.com",
    }
    assert (reader.at("/srv/keys") / "pairs" / "www.mydomain.com" / "key.pem").exists()
    assert (reader.at("/etc/nginx/tls") / "www.mydomain.com.key").exists()
