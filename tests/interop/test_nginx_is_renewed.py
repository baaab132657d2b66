"""Eight renewals of a real nginx: its configuration does not change, and no handshake fails."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from socket import create_connection
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Self

import pytest
from certificates_made import intermediate, pem
from command import run_here
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from real_servers import DEADLINE, NAME, Issued, free_port, nginx_conf, program, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RENEWALS = 8


class Client:
    """A client that connects continuously, and verifies chain and name.

    Args:
        port: The port of the server on loopback.
        root: The file with the root that it trusts.
    """

    def __init__(self, port: int, root: Path) -> None:
        self._port = port
        self._context = ssl.create_default_context(cafile=str(root))
        self._end = Event()
        self._thread = Thread(target=self._connect_all_the_time)
        self.errors: list[str] = []
        self.serials: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _connect_all_the_time(self) -> None:
        while not self._end.is_set():
            try:
                with (
                    create_connection(("127.0.0.1", self._port), timeout=DEADLINE) as plain,
                    self._context.wrap_socket(plain, server_hostname=NAME) as connection,
                ):
                    found = connection.getpeercert()
                    assert found is not None
                    self.serials.append(str(found["serialNumber"]))
            except (OSError, AssertionError) as error:
                self.errors.append(repr(error))

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        until = monotonic() + DEADLINE
        while not holds():
            assert monotonic() < until, f"not seen: {what}; {self.errors[:3]}"
            Event().wait(0.01)


@pytest.mark.slow
def test_nginx_is_renewed_eight_times_without_a_change_and_without_a_failed_handshake(issued: Issued) -> None:
    nginx, port, place = program("nginx"), free_port(), issued.folder
    lines = issued.export("nginx", into="tls")
    conf = nginx_conf(place, port, lines)
    names = {path.name for path in (place / "tls").iterdir()}
    pair = NAME
    with (
        running([nginx, "-c", conf, "-e", "stderr"], port, place / "log"),
        Client(port, place / "root.pem") as client,
    ):
        client.wait_until(lambda: bool(client.serials), "the first certificate")
        for number in range(1, RENEWALS + 1):
            pair, serial = renew(issued.store, pair, number)
            ran = run_here("export", pair, "--replace", store=issued.store)
            assert ran.status == 0, ran.err
            tested = subprocess.run(
                [nginx, "-t", "-c", conf, "-e", "stderr"], capture_output=True, check=False
            )
            assert tested.returncode == 0, tested.stderr.decode()
            subprocess.run(
                [nginx, "-s", "reload", "-c", conf, "-e", "stderr"], capture_output=True, check=True
            )
            client.wait_until(lambda serial=serial: serial in client.serials, f"certificate {number}")  # type: ignore[misc]
    assert client.errors == []
    assert len(set(client.serials)) == RENEWALS + 1
    assert len(client.serials) > RENEWALS * 2
    assert {path.name for path in (place / "tls").iterdir()} == names | {".csrtui-previous"}


def renew(store: Path, pair: str, number: int) -> tuple[str, str]:
    """Renew a pair and import its certificate. Return the new pair's name and the certificate's serial number."""
    ran = run_here("renew", pair, store=store)
    assert ran.status == 0, ran.err
    new = ran.out.strip()
    csr = x509.load_pem_x509_csr((store / "pairs" / new / "request.pem").read_bytes())
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    authority = intermediate(days=4000)
    leaf = authority.sign(csr.public_bytes(Encoding.DER), start=start, days=90, serial=0x1000 + number)
    ran = run_here("import", "-", store=store, stdin=pem(authority.certificate, leaf))
    assert ran.status == 0, ran.err
    return new, f"{leaf.serial_number:X}"
