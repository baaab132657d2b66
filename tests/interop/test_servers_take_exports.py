"""Real servers, started on loopback with exactly what ``csrtui export`` wrote, serve a chain that openssl verifies.

keytool and openssl open the PKCS #12 files.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem, root
from command import run_process
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME = "www.mydomain.com"
PASSPHRASE = "correct horse battery staple"
HARD_FOLDER = "of Jörg; {x} #1"
"""What a configuration can only hold between quotes."""
DEADLINE = 30.0
"""Seconds that a server has until it answers; it takes a tenth of one."""

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def program(name: str) -> str:
    """The path of a program; the test is skipped where it is not there."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@dataclass(frozen=True)
class Issued:
    """A pair whose certificate came home."""

    store: Path
    folder: Path

    def export(self, platform: str, *options: str, into: str = "") -> list[str]:
        """Export it, into a folder called `into` or as the platform; the lines for the configuration."""
        to = self.folder / (into or platform)
        to.mkdir(mode=0o700)
        ran = run_process("export", NAME, "--for", platform, "--to", str(to), *options, store=self.store)
        assert ran.status == 0, ran.err
        return [line[2:] for line in ran.err.splitlines() if line.startswith("  ")]

    @property
    def passphrase(self) -> str:
        path = self.folder / "passphrase"
        path.write_text(PASSPHRASE)
        path.chmod(0o600)
        return str(path)


@pytest.fixture(params=["ec-p256", pytest.param("rsa-2048", marks=pytest.mark.slow)])
def issued(tmp_path: Path, request: pytest.FixtureRequest) -> Issued:
    store = tmp_path / "store"
    assert run_process("new", NAME, "--key", request.param, store=store).status == 0
    csr = x509.load_pem_x509_csr((store / "pairs" / NAME / "request.pem").read_bytes())
    authority = intermediate(days=4000)
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    leaf = authority.sign(csr.public_bytes(Encoding.DER), start=yesterday, days=90)
    given = pem(authority.certificate, leaf)
    ran = run_process("import", "-", store=store, stdin=given)
    assert ran.status == 0, ran.err
    (tmp_path / "root.pem").write_bytes(pem(root().certificate))
    return Issued(store, tmp_path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@contextmanager
def running(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """Run a server in the foreground until it answers on a port, and end it afterwards."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_for(port, server, log)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(DEADLINE)


def wait_for(port: int, server: subprocess.Popen[bytes] | None, log: Path) -> None:
    until = monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server is None or server.poll() is None, log.read_text(errors="replace")
            assert monotonic() < until, log.read_text(errors="replace")
            Event().wait(0.02)
        else:
            return


def handshake(issued: Issued, port: int, *options: str) -> str:
    """What openssl says of a server, having verified its chain up to the root and nothing but the root."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-verify_return_error",
         "-verify_hostname", NAME, "-CAfile", str(issued.folder / "root.pem"), "-no-CApath", "-no-CAstore",
         *options],
        input=b"QUIT\r\n" if options else b"", capture_output=True, check=False, timeout=DEADLINE,
    )  # fmt: skip
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, done.stderr.decode(errors="replace") + text
    assert "Verify return code: 0 (ok)" in text
    assert "Verified peername: www.mydomain.com" in text or "Verification: OK" in text
    assert " 0 s:CN = www.mydomain.com" in text
    assert " 1 s:CN = Test CA 1" in text
    return text


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join([*lines, ""]))
    return str(path)


def only(lines: Sequence[str], *starts: str) -> list[str]:
    """The lines that begin with one of `starts`, which have to be there."""
    found = [line for line in lines if line.startswith(starts)]
    assert len(found) == len(starts), lines
    return found


def test_nginx(issued: Issued) -> None:
    nginx, port, place = program("nginx"), free_port(), issued.folder
    lines = issued.export("nginx", into=HARD_FOLDER)
    only(lines, "listen 443 ssl;")
    conf = write(
        place / "nginx.conf",
        f"daemon off; pid {place}/pid; error_log stderr; worker_processes 1;",
        "events {}",
        f"http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p;",
        f"fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;",
        f"server {{ listen 127.0.0.1:{port} ssl;",
        *only(lines, "ssl_certificate ", "ssl_certificate_key "),
        "} }",
    )
    tested = subprocess.run([nginx, "-t", "-c", conf, "-e", "stderr"], capture_output=True, check=False)
    assert tested.returncode == 0, tested.stderr.decode()
    with running([nginx, "-c", conf, "-e", "stderr"], port, place / "log"):
        handshake(issued, port)


@pytest.mark.slow
def test_apache(issued: Issued) -> None:
    apache, port, place = program("apache2"), free_port(), issued.folder
    lines = issued.export("apache", into=HARD_FOLDER)
    modules = "/usr/lib/apache2/modules"
    conf = write(
        place / "apache.conf",
        f"ServerRoot {place}",
        f"ServerName {NAME}",
        f"PidFile {place}/pid",
        f"ErrorLog {place}/error.log",
        f"DefaultRuntimeDir {place}",
        f"Listen 127.0.0.1:{port}",
        f"LoadModule mpm_event_module {modules}/mod_mpm_event.so",
        f"LoadModule authz_core_module {modules}/mod_authz_core.so",
        f"LoadModule ssl_module {modules}/mod_ssl.so",
        f"<VirtualHost 127.0.0.1:{port}>",
        *only(lines, "SSLEngine on", "SSLCertificateFile ", "SSLCertificateKeyFile "),
        "</VirtualHost>",
    )
    with running([apache, "-f", conf, "-DFOREGROUND"], port, place / "log"):
        handshake(issued, port)


@pytest.mark.slow
def test_haproxy(issued: Issued) -> None:
    haproxy, port, place = program("haproxy"), free_port(), issued.folder
    (bind,) = only(issued.export("haproxy", into=HARD_FOLDER), "bind ")
    conf = write(
        place / "haproxy.cfg",
        "defaults",
        " mode http",
        " timeout client 10s",
        " timeout server 10s",
        " timeout connect 10s",
        "frontend f",
        " " + bind.replace(":443", f"127.0.0.1:{port}"),
    )
    checked = subprocess.run([haproxy, "-c", "-f", conf], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()
    with running([haproxy, "-db", "-f", conf], port, place / "log"):
        handshake(issued, port)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root only")
def test_postfix(issued: Issued) -> None:
    postfix, port, place = program("postfix"), free_port(), issued.folder
    lines = only(issued.export("postfix"), "smtpd_tls_chain_files ", "smtpd_tls_security_level ")
    with TemporaryDirectory(prefix="csrtui-postfix-") as top:
        base = Path(top)
        base.chmod(0o755)
        home, queue, data = base / "etc", base / "queue", base / "data"
        for folder in (home, queue, data):
            folder.mkdir(mode=0o755)
        shutil.chown(data, "postfix")
        log = base / "mail.log"
        write(home / "main.cf", "compatibility_level = 3.6", f"queue_directory = {queue}", f"data_directory = {data}",
              f"maillog_file = {log}", f"maillog_file_prefixes = {base}", "inet_interfaces = loopback-only",
              f"myhostname = {NAME}", "mydestination =", "alias_maps =", "alias_database =", *lines)  # fmt: skip
        write(home / "master.cf", f"127.0.0.1:{port} inet n - n - - smtpd", *_POSTFIX_SERVICES)
        try:
            with running([postfix, "-c", str(home), "start-fg"], port, place / "log"):
                handshake(issued, port, "-starttls", "smtp")
        finally:
            end_postfix(queue / "pid" / "master.pid")


def end_postfix(pid_file: Path) -> None:
    """End Postfix's master, which makes a session of its own, and with it all of its daemons."""
    if not pid_file.exists():
        return
    number = int(pid_file.read_text())
    until = monotonic() + DEADLINE
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
        while monotonic() < until:
            os.kill(number, 0)
            Event().wait(0.02)
        pytest.fail(f"Postfix's master {number} does not end")


_POSTFIX_SERVICES = (
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "anvil unix - - n - 1 anvil",
    "rewrite unix - - n - - trivial-rewrite",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "pickup unix n - n 60 1 pickup",
    "bounce unix - - n - 0 bounce",
    "proxymap unix - - n - - proxymap",
    "postlog unix-dgram n - n - 1 postlogd",
)


@pytest.mark.parametrize("legacy", [True, False])
def test_openssl_opens_the_pfx_and_says_how_it_is_encrypted(issued: Issued, legacy: bool) -> None:
    issued.export("iis", "--passphrase-file", issued.passphrase, *(("--legacy",) if legacy else ()))
    done = subprocess.run(
        ["openssl", "pkcs12", "-in", str(issued.folder / "iis" / f"{NAME}.pfx"), "-info", "-nodes",
         "-passin", f"file:{issued.passphrase}"],
        capture_output=True, check=False, timeout=DEADLINE,
    )  # fmt: skip
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert ("MAC: sha1" if legacy else "MAC: sha256") in said
    scheme = "pbeWithSHA1And3-KeyTripleDES-CBC" if legacy else "PBES2, PBKDF2, AES-256-CBC"
    assert said.count(scheme) == 2  # the key, and the certificates
    text = done.stdout.decode()
    assert text.count("BEGIN CERTIFICATE") == 2
    assert text.count("BEGIN PRIVATE KEY") == 1
    assert f"friendlyName: {NAME}" in text


@pytest.mark.parametrize("options", [(), pytest.param(("--legacy",), marks=pytest.mark.slow)])
def test_keytool_reads_the_keystore(issued: Issued, options: tuple[str, ...]) -> None:
    keytool = program("keytool")
    issued.export("tomcat", "--passphrase-file", issued.passphrase, *options)
    done = subprocess.run(
        [keytool, "-J-Duser.language=en", "-list", "-v", "-storetype", "PKCS12", "-keystore",
         str(issued.folder / "tomcat" / f"{NAME}.p12"), "-storepass:file", issued.passphrase],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    text = done.stdout.decode()
    assert done.returncode == 0, text + done.stderr.decode()
    assert f"Alias name: {NAME}" in text
    assert "Entry type: PrivateKeyEntry" in text
    assert "Certificate chain length: 2" in text
