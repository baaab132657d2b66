"""The documented ACME commands, to the letter: certbot and lego with pebble, over one or two renewals."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from command import ROOT, environment
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from real_acme import Pebble, running_pebble
from real_servers import program, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAIR = "www.mydomain.com"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
FOLDERS = ("/mnt/backup", "/var/www/html", "/etc/nginx/tls", "/var/lib/lego", "/root", "/usr/local/sbin")
"""Folders of the documentation that the test replaces with its own."""
_CSRTUI = """#!{python}
# Days pass until a certificate is due, but the CA lives in the present: time goes back when a certificate is imported.
import os, sys
from datetime import timedelta
sys.path.insert(0, {root!r})
later = os.environ["LATER"]
if sys.argv[1] == "import" and os.path.exists(later):
    os.unlink(later)
from csrtui.tasks import session
now, shift = session.utc_now, timedelta(days=61 if os.path.exists(later) else 0)
session.Session.__init__.__kwdefaults__["clock"] = lambda: now() + shift
if sys.argv[1] == "backup" and "--passphrase-file" not in sys.argv:  # typed at the terminal
    sys.argv += ["--passphrase-file", os.environ["TYPED"]]
from csrtui.cli.main import run
sys.exit(run(sys.argv[1:], open_screens=None))
"""


def blocks(language: str) -> list[str]:
    """Return the blocks of the documentation in a language, with each continued command on one line."""
    text = re.sub(r" \\\n +", " ", (ROOT / "csrtui/docs/acme.md").read_text())
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


REGISTRATION, CREATION, SCRIPT, LEGO, NEW_KEY = blocks("sh")


class Host:
    """A host on which an administrator follows the documentation."""

    def __init__(self, folder: Path, pebble: Pebble) -> None:
        self.folder, self._pebble = folder, pebble
        for path in FOLDERS:
            self.at(path).mkdir(parents=True, mode=0o700)
        self.at("/var/www/html").chmod(0o755)
        for name in ("typed", "root/backup-passphrase"):
            (folder / name).write_text("correct horse battery staple\n")
            (folder / name).chmod(0o600)
        self._add_program("csrtui", _CSRTUI.format(python=sys.executable, root=str(ROOT)))
        for name in ("nginx", "systemctl"):
            self._add_program(name, f'#!/bin/sh\necho "{name} $*" >> {folder}/reloads\n')
        settings = folder / ".config" / "letsencrypt"
        settings.mkdir(parents=True)
        lines = [f"{name}-dir = {folder}/certbot-{name}" for name in ("config", "work", "logs")]
        (settings / "cli.ini").write_text("\n".join([f"server = {pebble.directory}", *lines, ""]))
        self.days_later = folder / "later"

    def _add_program(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def at(self, path: str) -> Path:
        """Return the test's own folder for a folder that the documentation names."""
        return self.folder / path.lstrip("/")

    def save(self, script: str) -> None:
        """Save the script as the documentation says."""
        path = self.at("/usr/local/sbin/renew-tls")
        path.write_text(self._translated(script))
        path.chmod(0o755)

    def _translated(self, text: str) -> str:
        for path in FOLDERS:
            text = text.replace(path, str(self.at(path)))
        text = re.sub(r"https://\S+/directory", self._pebble.directory, text)
        return text.replace(" KID", " kid-1").replace(" HMAC", f" {MAC_KEY}")

    def runs(self, line: str, *, status: int = 0) -> str:
        """Run a line in a shell and return what it prints."""
        trust = str(self._pebble.certificate)
        env = environment(self.folder / "store", HOME=str(self.folder), TYPED=str(self.folder / "typed"))
        env |= {"LATER": str(self.days_later), "REQUESTS_CA_BUNDLE": trust, "LEGO_CA_CERTIFICATES": trust}
        env["PATH"] = f"{self.folder}/bin:{self.at('/usr/local/sbin')}:{env['PATH']}"
        done = subprocess.run(
            ["sh", "-c", self._translated(line)], cwd=self.folder, env=env, check=False, timeout=120,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def installed(self) -> tuple[int, bytes, list[str]]:
        """Return the serial number and SPKI of the installed certificate, which fits its key, and its names."""
        tls = self.at("/etc/nginx/tls")
        leaf = x509.load_pem_x509_certificates((tls / f"{PAIR}.crt").read_bytes())[0]
        key = load_pem_private_key((tls / f"{PAIR}.key").read_bytes(), None)
        assert key.public_key() == leaf.public_key()
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        spki = x509.SubjectKeyIdentifier.from_public_key(leaf.public_key()).digest
        return leaf.serial_number, spki, names.get_values_for_type(x509.DNSName)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    for name in ("certbot", "jq"):
        program(name)
    (tmp_path / "pebble").mkdir()
    with running_pebble(tmp_path / "pebble", {"kid-1": MAC_KEY}) as pebble:
        host = Host(tmp_path, pebble)
        web = [sys.executable, "-m", "http.server", str(pebble.proof_port), "--bind", "127.0.0.1",
               "--directory", str(host.at("/var/www/html"))]  # fmt: skip
        with running(web, pebble.proof_port, tmp_path / "web.log"):
            yield host


def with_lego() -> str:
    """Return the script with the lines for lego."""
    program("lego")
    lines = [line for line in SCRIPT.splitlines(keepends=True) if not line.startswith("    certbot ")]
    (imports,) = (index for index, line in enumerate(lines) if line.startswith("    csrtui import "))
    account = LEGO.replace("lego --accept-tos", "lego --accept-tos --eab --kid KID --hmac HMAC")
    return "".join([*lines[:imports], account, *lines[imports + 1 :]])


def with_new_key() -> str:
    """Return the script with the lines for a new key."""
    before, first, after = SCRIPT.partition("if next_is submit")
    return before + NEW_KEY + first + after


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["certbot", "lego", "new key"])
def test_the_script_fetches_the_first_certificate_and_its_renewals(host: Host, variant: str) -> None:
    rounds = 3 if variant == "certbot" else 2
    if variant != "lego":
        host.runs(REGISTRATION)
    script = {"certbot": lambda: SCRIPT, "lego": with_lego, "new key": with_new_key}[variant]()
    host.save(script)
    for line in CREATION.splitlines():
        host.runs(line)
    seen = []
    for round_number in range(rounds):
        if round_number:
            host.days_later.touch()
        output = host.runs(f"renew-tls {PAIR}")
        assert "imported" in output
        seen.append(host.installed())
        assert host.runs(f"renew-tls {PAIR}") == "", "nothing is due any more"
    assert len({serial for serial, _, _ in seen}) == rounds
    assert len({spki for _, spki, _ in seen}) == (rounds if variant == "new key" else 1)
    assert all(sorted(names) == ["mydomain.com", PAIR] for _, _, names in seen)
    assert (host.folder / "reloads").read_text().splitlines() == [
        "nginx -t",
        "systemctl reload nginx",
    ] * rounds
    doctor = host.runs("csrtui list --next none --json")
    assert doctor.count('"status": "verified"') == (rounds if variant == "new key" else 1)


@pytest.mark.slow
def test_after_a_failure_the_script_continues_where_it_stopped(host: Host) -> None:
    host.save(SCRIPT)
    new, backup = CREATION.splitlines()
    host.runs(new)
    assert "needs a backup" in host.runs(f"renew-tls {PAIR}", status=1)
    host.runs(backup)
    host.runs(f"renew-tls {PAIR}", status=1)  # no account yet
    host.runs(REGISTRATION)
    host.runs(f"renew-tls {PAIR}")
    host.days_later.touch()
    tls = host.at("/etc/nginx/tls")
    serial, _, _ = host.installed()
    tls.rename(tls.with_name("away"))
    assert "hint: mkdir -p" in host.runs(f"renew-tls {PAIR}", status=2)
    tls.with_name("away").rename(tls)
    host.runs(f"renew-tls {PAIR}")
    assert host.installed()[0] != serial


def test_the_units_and_the_cron_line_run_the_script(tmp_path: Path) -> None:
    units = blocks("ini")
    assert [unit.splitlines()[0] for unit in units] == [
        "# /etc/systemd/system/renew-tls.service",
        "# /etc/systemd/system/renew-tls.timer",
    ]
    text = (ROOT / "csrtui/docs/acme.md").read_text()
    assert re.findall(r"^\d+ \d+ \* \* \* +(\w+) +(.*)$", text, re.MULTILINE) == [
        ("root", f"renew-tls {PAIR}")
    ]
    if (verifier := shutil.which("systemd-analyze")) is None:
        pytest.skip("systemd is not installed")
    script = tmp_path / "renew-tls"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    for unit in units:
        name = unit.splitlines()[0].rpartition("/")[2]
        (tmp_path / name).write_text(unit.replace("/usr/local/sbin/renew-tls", str(script)))
    timer = str(tmp_path / "renew-tls.timer")
    done = subprocess.run([verifier, "verify", timer], capture_output=True, check=False, text=True)
    assert str(tmp_path) not in done.stderr, done.stderr
