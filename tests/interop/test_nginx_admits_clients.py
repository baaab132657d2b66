"""nginx with ``ssl_verify_client on`` accepts the certificate that was requested for a client, and no other."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import run_here
from real_authorities import PrivateCa
from real_servers import DEADLINE, NAME, free_port, nginx_conf, program, running

CLIENT = "Jane Doe"


@dataclass(frozen=True)
class Files:
    """The files that `csrtui export` wrote for a pair, and the lines for the configuration."""

    certificate: Path
    key: Path
    lines: list[str]


def issue(folder: Path, ca: PrivateCa, name: str, purpose: str) -> Files:
    """Make a pair, have the CA sign exactly what its CSR requests, import the certificate and export the files."""
    store = folder / "store"
    made = run_here("new", name, "--purpose", purpose, "--ca", "private", "--json", store=store)
    assert made.status == 0, made.err
    pair = made.json["name"]
    imported = run_here("import", str(ca.sign(Path(made.json["path"]) / "request.pem")), store=store)
    assert imported.status == 0, imported.err
    to = folder / purpose
    to.mkdir(mode=0o700)
    platform = "nginx" if purpose == "server" else "other"
    exported = run_here("export", pair, "--for", platform, "--to", str(to), store=store)
    assert exported.status == 0, exported.err
    lines = [line[2:] for line in exported.out.splitlines() if line.startswith("  ssl_")]
    return Files(to / f"{pair}.crt", to / f"{pair}.key", lines)


def answer(port: int, ca: PrivateCa, *client: str) -> str:
    """Return what nginx answers to a client."""
    done = subprocess.run(
        [program("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-servername", NAME,
         "-CAfile", str(ca.root), "-verify_return_error", "-verify_hostname", NAME, *client],
        input=f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode(), capture_output=True, check=False, timeout=DEADLINE,
    )  # fmt: skip
    return done.stdout.decode()


@pytest.mark.slow
def test_nginx_admits_only_a_client_certificate(tmp_path: Path) -> None:
    nginx, port, ca = program("nginx"), free_port(), PrivateCa(tmp_path / "ca")
    server, client = issue(tmp_path, ca, NAME, "server"), issue(tmp_path, ca, CLIENT, "client")
    conf = nginx_conf(
        tmp_path,
        port,
        server.lines,
        f"ssl_client_certificate {ca.root};",
        "ssl_verify_client on;",
        'location / { return 200 "hello $ssl_client_s_dn"; }',
        "error_log stderr info;",
    )
    with running([nginx, "-c", conf, "-e", "stderr"], port, tmp_path / "log"):
        assert "hello CN=Jane Doe" in answer(
            port, ca, "-cert", str(client.certificate), "-key", str(client.key)
        )
        refused = answer(port, ca, "-cert", str(server.certificate), "-key", str(server.key))
        assert "The SSL certificate error" in refused
        assert "No required SSL certificate was sent" in answer(port, ca)
    assert "unsuitable certificate purpose" in (tmp_path / "log").read_text()
