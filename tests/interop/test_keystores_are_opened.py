"""openssl and Java's keytool open the PKCS #12 files that ``csrtui export`` wrote."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from cryptography import x509
from real_servers import DEADLINE, NAME, Issued, program

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.mark.parametrize("legacy", [True, False])
def test_openssl_opens_the_pfx_and_says_how_it_is_encrypted(issued: Issued, legacy: bool) -> None:
    issued.export("iis", "--passphrase-file", issued.passphrase, *(("--legacy",) if legacy else ()))
    done = subprocess.run(
        ["openssl", "pkcs12", "-in", str(issued.folder / "iis" / f"{NAME}.pfx"), "-info", "-nodes",
         "-passin", f"file:{issued.passphrase}"],
        capture_output=True, check=False, timeout=DEADLINE,
    )  # fmt: skip
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert ("MAC: sha1" if legacy else "MAC: sha256") in said
    scheme = "pbeWithSHA1And3-KeyTripleDES-CBC" if legacy else "PBES2, PBKDF2, AES-256-CBC"
    assert said.count(scheme) == 2  # the key, and the certificates
    text = done.stdout.decode()
    assert text.count("BEGIN CERTIFICATE") == 2
    assert text.count("BEGIN PRIVATE KEY") == 1
    assert f"friendlyName: {NAME}" in text


@pytest.mark.parametrize("options", [(), pytest.param(("--legacy",), marks=pytest.mark.slow)])
def test_keytool_reads_the_keystore(issued: Issued, options: tuple[str, ...]) -> None:
    keytool = program("keytool")
    issued.export("tomcat", "--passphrase-file", issued.passphrase, *options)
    done = subprocess.run(
        [keytool, "-J-Duser.language=en", "-list", "-v", "-storetype", "PKCS12", "-keystore",
         str(issued.folder / "tomcat" / f"{NAME}.p12"), "-storepass:file", issued.passphrase],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    text = done.stdout.decode()
    assert done.returncode == 0, text + done.stderr.decode()
    assert f"Alias name: {NAME}" in text
    assert "Entry type: PrivateKeyEntry" in text
    assert "Certificate chain length: 2" in text


def test_java_opens_weblogics_key_by_the_alias_that_the_guide_names(issued: Issued) -> None:
    """As WebLogic does it: one passphrase for store and key, and the alias of the SSL tab."""
    keytool = program("keytool")
    lines = issued.export("weblogic", "--passphrase-file", issued.passphrase)
    said = {label.strip(): value.strip() for label, _, value in (line.partition(":") for line in lines)}
    done = subprocess.run(
        [keytool, "-certreq", "-alias", said["Private Key Alias"], "-storetype", said["Custom Identity Keystore Type"],
         "-keystore", said["Custom Identity Keystore"], "-storepass:file", issued.passphrase,
         "-keypass:file", issued.passphrase],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    again = x509.load_pem_x509_csr(done.stdout)
    asked = x509.load_pem_x509_csr((issued.store / "pairs" / NAME / "request.pem").read_bytes())
    assert again.is_signature_valid
    assert again.public_key() == asked.public_key()
