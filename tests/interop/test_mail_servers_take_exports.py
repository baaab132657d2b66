"""Real mail servers, started on loopback with exactly what ``csrtui export`` wrote, serve a chain that openssl verifies."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

import pytest
from real_servers import DEADLINE, NAME, Issued, free_port, handshake, only, program, running, write

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


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
