"""Real servers on loopback, their files, and openssl, which reads their certificates."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from command import run_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NAME = "www.mydomain.com"
PASSPHRASE = "correct horse battery staple"
HARD_FOLDER = "of Jörg; {x} #1 !&()*+,:<=>?@[]^|~"
"""Characters that need quotes in a configuration."""
PLAIN_FOLDER = "of Jörg; it's `x` !&()*+,<=>?@[]^|~"
"""Characters for a server without a quoting syntax."""
BARE_FOLDER = "a+b-c.d:e=f@g_h"
"""Characters that never need quotes."""
DEADLINE = 30.0
"""The time limit for a server's first answer in seconds; usually it takes a tenth of a second."""


def program(name: str) -> str:
    """Return the path of a program, or skip the test if it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@dataclass(frozen=True)
class Issued:
    """A pair with an imported certificate."""

    store: Path
    folder: Path

    def export(self, platform: str, *options: str, into: str = "") -> list[str]:
        """Export the pair into `into` (default: named after the platform), and return the configuration lines."""
        to = self.folder / (into or platform)
        to.mkdir(mode=0o700)
        ran = run_process("export", NAME, "--for", platform, "--to", str(to), *options, store=self.store)
        assert ran.status == 0, ran.err
        return [
            line[2:] for line in ran.out.splitlines() if line.startswith("  ") and "csrtui served" not in line
        ]

    @property
    def passphrase(self) -> str:
        path = self.folder / "passphrase"
        path.write_text(PASSPHRASE)
        path.chmod(0o600)
        return str(path)


def free_port() -> int:
    """Return a free port of loopback."""
    (number,) = free_ports(1)
    return number


def free_ports(count: int) -> list[int]:
    """Return this number of different free ports of loopback."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]


@contextmanager
def running(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """Run a server in the foreground until it answers on a port, and end it after the block."""
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
    """Return openssl's output for a server, after verifying its chain up to this root only."""
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
    """Return the lines that begin with one of `starts`. They must exist."""
    found = [line for line in lines if line.startswith(starts)]
    assert len(found) == len(starts), lines
    return found


def nginx_conf(place: Path, port: int, lines: Sequence[str], *more: str) -> str:
    """Write a configuration for nginx in the foreground with exported directives and `more`, and return its path."""
    return write(
        place / "nginx.conf",
        f"daemon off; pid {place}/pid; error_log stderr; worker_processes 1;",
        "events {}",
        f"http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p;",
        f"fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;",
        f"server {{ listen 127.0.0.1:{port} ssl;",
        *only(lines, "ssl_certificate ", "ssl_certificate_key "),
        *more,
        "} }",
    )
