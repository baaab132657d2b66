"""openssl issues certificates for the requested purposes and signs mail; openssl and certtool verify them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command import run_here
from real_authorities import PrivateCa, certtool_accepts

from csrtui.core.certificates import extensions

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

_OIDS = {
    "sslserver": extensions.SERVER_AUTHENTICATION,
    "sslclient": extensions.CLIENT_AUTHENTICATION,
    "smimesign": extensions.EMAIL_PROTECTION,
}


@pytest.mark.parametrize(
    ("purpose", "name", "check", "others"),
    [
        ("server", "www.mydomain.com", "sslserver", "sslclient"),
        ("client", "Jane Doe", "sslclient", "sslserver"),
        ("email", "jane@mydomain.com", "smimesign", "sslclient"),
    ],
)
def test_a_certificate_is_valid_for_its_purpose_only(
    tmp_path: Path, purpose: str, name: str, check: str, others: str
) -> None:
    store = tmp_path / "store"
    made = run_here("new", name, "--purpose", purpose, "--ca", "private", "--json", store=store)
    assert made.status == 0, made.err
    pair, ca = Path(made.json["path"]), PrivateCa(tmp_path / "ca")
    leaf = str(ca.sign(pair / "request.pem"))
    assert "leaf-1.pem: OK" in ca.openssl("verify", "-CAfile", "ca.pem", "-purpose", check, leaf)
    wrong = subprocess.run(
        ["openssl", "verify", "-CAfile", ca.root, "-purpose", others, leaf], capture_output=True, check=False
    )
    assert wrong.returncode != 0
    assert certtool_accepts(ca.root, Path(leaf), _OIDS[check])
    assert not certtool_accepts(ca.root, Path(leaf), _OIDS[others])
    imported = run_here("import", leaf, "--json", store=store).json["results"][0]
    assert not any(finding["code"] == "other-purpose" for finding in imported.get("findings", []))
    if purpose == "email":
        mail = tmp_path / "mail.txt"
        mail.write_text("hello\n")
        ca.openssl(
            "cms",
            "-sign",
            "-in",
            str(mail),
            "-signer",
            leaf,
            "-inkey",
            f"{pair}/key.pem",
            "-out",
            "signed.eml",
        )
        assert "hello" in ca.openssl("cms", "-verify", "-in", "signed.eml", "-CAfile", "ca.pem")
