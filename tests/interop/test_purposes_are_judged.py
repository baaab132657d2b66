"""openssl as the CA and the verifier: it issues certificates for the requested purposes, verifies them, and signs mail."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from command import run_process

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
CONFIGURATION = """
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
copy_extensions = copy
policy = any
unique_subject = no
[any]
commonName = optional
"""


def openssl(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    folder = tmp_path / "ca"
    folder.mkdir()
    (folder / "ca.cnf").write_text(CONFIGURATION)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    new_ca = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=Own"
    openssl(folder, *new_ca.split())
    return folder


@pytest.mark.parametrize(
    ("purpose", "name", "check", "others"),
    [
        ("server", "www.mydomain.com", "sslserver", "sslclient"),
        ("client", "Jane Doe", "sslclient", "sslserver"),
        ("email", "jane@mydomain.com", "smimesign", "sslclient"),
    ],
)
def test_a_certificate_is_for_its_purpose_and_no_other(  # noqa: PLR0917 - the columns of the table
    authority: Path, tmp_path: Path, purpose: str, name: str, check: str, others: str
) -> None:
    store = tmp_path / "store"
    made = run_process("new", name, "--purpose", purpose, "--ca", "private", "--json", store=store)
    assert made.status == 0, made.err
    pair = made.json["path"]
    openssl(authority, *f"ca -batch -notext -config ca.cnf -in {pair}/request.pem -out leaf.pem".split())
    assert "leaf.pem: OK" in openssl(authority, *f"verify -CAfile ca.pem -purpose {check} leaf.pem".split())
    wrong = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.pem", "-purpose", others, "leaf.pem"],
        cwd=authority,
        capture_output=True,
        check=False,
    )
    assert wrong.returncode != 0
    imported = run_process("import", str(authority / "leaf.pem"), "--json", store=store).json["results"][0]
    assert not any(finding["code"] == "other-purpose" for finding in imported.get("findings", []))
    if purpose == "email":
        (authority / "mail.txt").write_text("hello\n")
        sign = f"cms -sign -in mail.txt -signer leaf.pem -inkey {pair}/key.pem -out signed.eml"
        openssl(authority, *sign.split())
        assert "hello" in openssl(authority, *["cms", "-verify", "-in", "signed.eml", "-CAfile", "ca.pem"])
