"""A pair with an imported certificate, to export for servers."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem, root
from command import run_here
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from real_servers import NAME, Issued

if TYPE_CHECKING:
    from pathlib import Path

# Programs in Java run for a moment here, and by default they spend more time on compiling themselves.
os.environ["JAVA_TOOL_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session", params=["ec-p256", pytest.param("rsa-2048", marks=pytest.mark.slow)])
def issued_once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Return a store with such a pair, and the root of its chain."""
    folder = tmp_path_factory.mktemp("issued")
    store = folder / "store"
    assert run_here("new", NAME, "--key", request.param, store=store).status == 0
    csr = x509.load_pem_x509_csr((store / "pairs" / NAME / "request.pem").read_bytes())
    authority = intermediate(days=4000)
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    leaf = authority.sign(csr.public_bytes(Encoding.DER), start=yesterday, days=90)
    given = pem(authority.certificate, leaf)
    ran = run_here("import", "-", store=store, stdin=given)
    assert ran.status == 0, ran.err
    (folder / "root.pem").write_bytes(pem(root().certificate))
    return folder


@pytest.fixture
def issued(tmp_path: Path, issued_once: Path) -> Issued:
    """Return a copy of it for one test."""
    shutil.copytree(issued_once, tmp_path, dirs_exist_ok=True)
    return Issued(tmp_path / "store", tmp_path)
