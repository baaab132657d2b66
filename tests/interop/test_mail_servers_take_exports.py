"""Real mail servers on loopback, with the files from ``csrtui export``, serve a chain that openssl verifies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

import pytest
from real_servers import (
    BARE_FOLDER,
    DEADLINE,
    NAME,
    PLAIN_FOLDER,
    Issued,
    free_port,
    handshake,
    only,
    program,
    running,
    write,
)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root only")
@pytest.mark.parametrize("settings", ["smtpd_tls_chain_files", "smtpd_tls_cert_file smtpd_tls_key_file"])
def test_postfix_serves_the_exported_chain(issued: Issued, settings: str) -> None:
    """With the setting of 3.4, and with the two settings that the guide names for earlier versions."""
    postfix, port, place = program("postfix"), free_port(), issued.folder
    chain, level = only(
        issued.export("postfix", into=BARE_FOLDER), "smtpd_tls_chain_files ", "smtpd_tls_security_level "
    )
    lines = [level, *(chain.replace("smtpd_tls_chain_files", setting) for setting in settings.split())]
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
        checked = subprocess.run([postfix, "-c", str(home), "check"], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr.decode()
        try:
            with running([postfix, "-c", str(home), "start-fg"], port, place / "log"):
                handshake(issued, port, "-starttls", "smtp")
        finally:
            end_postfix(queue / "pid" / "master.pid")


def end_postfix(pid_file: Path) -> None:
    """End Postfix's master, which has its own session, and all of its daemons."""
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


@pytest.mark.slow
def test_dovecot_serves_the_exported_chain(issued: Issued) -> None:
    dovecot, port, place = program("dovecot"), free_port(), issued.folder
    version = subprocess.run([dovecot, "--version"], capture_output=True, check=True).stdout.decode()
    if not version.startswith("2.3."):
        pytest.skip(f"this Dovecot is {version.split()[0]}, not 2.3")
    lines = issued.export("dovecot", into=BARE_FOLDER)
    with TemporaryDirectory(prefix="csrtui-dovecot-") as top:  # the path of a socket must be short
        conf = write(
            place / "dovecot.conf",
            f"base_dir = {top}",
            f"log_path = {place}/dovecot.log",
            "protocols = imap",
            "ssl = yes",
            *only(lines, "ssl_cert ", "ssl_key "),
            "passdb {\n driver = static\n}",
            "service imap-login {",
            f"inet_listener imap {{\n address = 127.0.0.1\n port = {port}\n }}",
            "inet_listener imaps {\n port = 0\n }",
            "}",
        )
        checked = subprocess.run([program("doveconf"), "-n", "-c", conf], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr.decode()
        with running([dovecot, "-F", "-c", conf], port, place / "log"):
            handshake(issued, port, "-starttls", "imap")


@pytest.mark.skipif(os.geteuid() != 0, reason="Exim gives up root's rights, which only root has")
@pytest.mark.parametrize("into", ["exim", PLAIN_FOLDER], ids=["plain", "hard"])
def test_exim_serves_the_exported_chain(issued: Issued, into: str) -> None:
    """As the guide says, the key is readable for Exim's own user, which is not root."""
    exim, port = program("exim4"), free_port()
    with TemporaryDirectory(prefix="csrtui-exim-") as top:
        base = Path(top)
        base.chmod(0o755)
        lines = replace(issued, folder=base).export("exim", into=into)
        (base / into).chmod(0o755)
        (key,) = (base / into).glob("*.key")
        shutil.chown(key, "root", "nogroup")
        key.chmod(0o640)
        for folder in ("spool", "log"):
            (base / folder).mkdir()
            shutil.chown(base / folder, "nobody", "nogroup")
        conf = write(
            base / "exim.conf",
            *(
                "exim_user = nobody",
                "exim_group = nogroup",
                f"spool_directory = {base}/spool",
                "keep_environment =",
            ),
            *(
                f"log_file_path = {base}/log/%slog",
                f"pid_file_path = {base}/pid",
                f"primary_hostname = {NAME}",
            ),
            *only(lines, "tls_advertise_hosts ", "tls_certificate ", "tls_privatekey "),
        )
        checked = subprocess.run([exim, "-C", conf, "-bV"], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr.decode()
        command = [exim, "-C", conf, "-bdf", "-oX", f"127.0.0.1.{port}"]
        with running(command, port, issued.folder / "log"):
            handshake(issued, port, "-starttls", "smtp")
