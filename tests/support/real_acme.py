"""certbot gets a CSR signed by pebble, Let's Encrypt's server for tests, all on loopback."""

from __future__ import annotations

import json
import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.request import urlopen

from real_authorities import Answer, call
from real_servers import free_ports, program, running

if TYPE_CHECKING:
    from pathlib import Path


def certbot(csr: Path, folder: Path) -> Answer:
    """Have certbot prove the names over HTTP, as it does on a server, and fetch certificate and chain.

    Every name leads to loopback; what pebble asks there, certbot answers.

    Args:
        csr: What to sign; it is given as it is, and certbot sees no key.
        folder: An empty one for all that they keep.
    """
    acme, management, names, names_management, proof = free_ports(5)
    program("certbot")
    call(folder, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
         "-keyout", "pebble.key", "-out", "pebble.crt", "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost")  # fmt: skip
    settings = {
        "listenAddress": f"127.0.0.1:{acme}", "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(folder / "pebble.crt"), "privateKey": str(folder / "pebble.key"),
        "httpPort": proof, "tlsPort": 0, "certificateValidityPeriod": 90 * 86_400,
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    resolver = [program("pebble-challtestsrv"), "-dns01", f"127.0.0.1:{names}", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
                "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{names_management}"]  # fmt: skip
    server = ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", program("pebble"), "-config",
              str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{names}"]  # fmt: skip
    with ExitStack() as servers:
        servers.enter_context(running(resolver, names, folder / "names.log"))
        servers.enter_context(running(server, acme, folder / "pebble.log"))
        call(
            folder, "certbot", "certonly", "--csr", str(csr), "--standalone", "--http-01-port", str(proof),
            "--http-01-address", "127.0.0.1", "--non-interactive", "--agree-tos", "--register-unsafely-without-email",
            "--server", f"https://localhost:{acme}/dir", "--config-dir", "config", "--work-dir", "work", "--logs-dir", "logs",
            "--cert-path", "cert.pem", "--chain-path", "chain.pem", "--fullchain-path", "fullchain.pem",
            env={"REQUESTS_CA_BUNDLE": str(folder / "pebble.crt")},
        )  # fmt: skip
        trust = ssl.create_default_context(cafile=str(folder / "pebble.crt"))
        with urlopen(f"https://localhost:{management}/roots/0", context=trust) as root:
            (folder / "root.pem").write_bytes(root.read())
    return Answer((folder / "fullchain.pem",), folder / "root.pem")
