"""certbot gets a CSR signed by pebble, Let's Encrypt's test server, on loopback."""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import urlopen

from real_authorities import Answer, call
from real_servers import free_ports, program, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Pebble:
    """A running pebble. Every name resolves to loopback, and accounts can require an account key of the CA.

    Attributes:
        directory: The URL of its directory.
        proof_port: The port on which it asks for proofs over HTTP.
        certificate: The file with the certificate of its own server.
    """

    directory: str
    proof_port: int
    certificate: Path
    _management: int

    def root(self) -> bytes:
        """Return the root of its certificates as PEM."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        with urlopen(f"https://localhost:{self._management}/roots/0", context=trust) as root:
            content: bytes = root.read()
            return content


@contextmanager
def running_pebble(folder: Path, account_keys: Mapping[str, str] | None = None) -> Iterator[Pebble]:
    """Run pebble and its DNS server.

    Args:
        folder: A folder for all of their files.
        account_keys: MAC keys by their ids. If given, an account is registered only with one of them.
    """
    acme, management, names, names_management, proof = free_ports(5)
    call(folder, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
         "-keyout", "pebble.key", "-out", "pebble.crt", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost")  # fmt: skip
    settings = {
        "listenAddress": f"127.0.0.1:{acme}", "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(folder / "pebble.crt"), "privateKey": str(folder / "pebble.key"),
        "httpPort": proof, "tlsPort": 0, "certificateValidityPeriod": 90 * 86_400,
        "externalAccountBindingRequired": bool(account_keys), "externalAccountMACKeys": account_keys or {},
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    resolver = [program("pebble-challtestsrv"), "-dns01", f"127.0.0.1:{names}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
                "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{names_management}"]  # fmt: skip
    server = ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", program("pebble"), "-config",
              str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{names}"]  # fmt: skip
    with (
        running(resolver, names, folder / "names.log"),
        running(server, acme, folder / "pebble.log"),
    ):
        yield Pebble(f"https://localhost:{acme}/dir", proof, folder / "pebble.crt", management)


def certbot(csr: Path, folder: Path) -> Answer:
    """Have certbot prove the names over HTTP, as on a server, and fetch certificate and chain.

    Args:
        csr: The CSR, which is passed unchanged. certbot sees no key.
        folder: An empty folder for all of their files.
    """
    program("certbot")
    with running_pebble(folder) as pebble:
        call(
            folder, "certbot", "certonly", "--csr", str(csr), "--standalone", "--http-01-port", str(pebble.proof_port),
            "--http-01-address", "127.0.0.1", "--non-interactive", "--agree-tos", "--register-unsafely-without-email",
            "--server", pebble.directory, "--config-dir", "config", "--work-dir", "work", "--logs-dir", "logs",
            "--cert-path", "cert.pem", "--chain-path", "chain.pem", "--fullchain-path", "fullchain.pem",
            env={"REQUESTS_CA_BUNDLE": str(pebble.certificate)},
        )  # fmt: skip
        (folder / "root.pem").write_bytes(pebble.root())
    return Answer((folder / "fullchain.pem",), folder / "root.pem")
