"""Other programs restore a backup: openssl alone, and Java's keytool from openssl's output."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from backups_made import ENTROPY, PASSPHRASE, csr_of, key_block, openssl
from requests_made import NOW, key_of

from csrtui.core.backups import backup_file
from csrtui.core.backups.header import KeyProtection
from csrtui.core.certificates import csr as request
from csrtui.core.keys import pkcs8
from csrtui.core.keys.key_types import KeyType, private_pem

if TYPE_CHECKING:
    from pathlib import Path

CLASSIC = [key_type for key_type in KeyType if not key_type.startswith("ml-dsa")]
"""The key types of every openssl; ML-DSA exists since 3.5."""
_QUICK_ONES = {KeyType.EC_P256}
JAVA = [
    pytest.param(one, marks=[] if one in _QUICK_ONES else pytest.mark.slow, id=str(one)) for one in CLASSIC
]
"""The key types that keytool reads from openssl's PKCS #12; each takes a second."""


def knows(key_type: KeyType) -> bool:
    if key_type in CLASSIC:
        return True
    listed = subprocess.run(
        ["openssl", "list", "-signature-algorithms"], capture_output=True, text=True, check=False
    )
    return key_type.upper() in listed.stdout.upper()


def written(tmp_path: Path, key_type: KeyType, iterations: int) -> str:
    key_pem = pkcs8.encrypt(key_of(key_type), PASSPHRASE, ENTROPY, iterations)
    path = tmp_path / "a.com.backup.pem"
    text = backup_file.compose(
        "a.com",
        NOW,
        key_protection=KeyProtection.PLAIN,
        key_pem=key_pem,
        csr=csr_of(key_type),
        signer=key_of(key_type),
    )
    path.write_bytes(text)
    return str(path)


@pytest.mark.parametrize("key_type", KeyType)
def test_openssl_alone_restores_a_backup_as_the_file_says(tmp_path: Path, key_type: KeyType) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    if not knows(key_type):
        pytest.skip(f"this openssl does not know {key_type}")
    path = written(tmp_path, key_type, 10)
    key, csr = str(tmp_path / "key.pem"), str(tmp_path / "request.pem")
    openssl("pkey", "-in", path, "-out", key, "-passin", "env:PASSPHRASE")
    openssl("req", "-in", path, "-out", csr)
    assert (tmp_path / "key.pem").read_bytes() == private_pem(key_of(key_type))
    assert (tmp_path / "request.pem").read_bytes() == request.to_pem(csr_of(key_type).der)
    openssl("req", "-in", csr, "-verify", "-noout")
    assert openssl("pkey", "-in", key, "-pubout") == openssl("req", "-in", csr, "-noout", "-pubkey")


def test_openssl_restores_a_backup_with_all_iterations(tmp_path: Path) -> None:
    path = written(tmp_path, KeyType.EC_P256, pkcs8.ITERATIONS)
    text = (tmp_path / "a.com.backup.pem").read_bytes()
    listing = openssl("asn1parse", data=text[text.index(b"-----BEGIN") :]).decode()
    for part in ("PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", ":0F4240"):
        assert part in listing
    key = openssl("pkey", "-in", path, "-passin", "env:PASSPHRASE")
    assert key == private_pem(key_of(KeyType.EC_P256))


def test_openssl_refuses_another_passphrase(tmp_path: Path) -> None:
    path = written(tmp_path, KeyType.EC_P256, 10)
    with pytest.raises(AssertionError, match=r"bad decrypt|Could not"):
        openssl("pkey", "-in", path, "-passin", "pass:something else")


@pytest.mark.parametrize("key_type", JAVA)
def test_keytool_reads_the_output_of_openssl(tmp_path: Path, key_type: KeyType) -> None:
    if shutil.which("keytool") is None:
        pytest.skip("keytool is not installed")
    path = written(tmp_path, key_type, 10)
    key, cert = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    store, java = str(tmp_path / "key.p12"), str(tmp_path / "java.p12")
    openssl("pkey", "-in", path, "-out", key, "-passin", "env:PASSPHRASE")
    openssl("req", "-in", path, "-x509", "-key", key, "-days", "30", "-out", cert)
    openssl("pkcs12", "-export", "-inkey", key, "-in", cert, "-name", "a", "-out", store,
            "-passout", "env:PASSPHRASE")  # fmt: skip
    keytool("-importkeystore", "-srckeystore", store, "-srcstorepass:env", "PASSPHRASE",
            "-destkeystore", java, "-deststorepass:env", "PASSPHRASE")  # fmt: skip
    again = keytool("-certreq", "-keystore", java, "-storepass:env", "PASSPHRASE", "-alias", "a")
    found = request.read_pem(again.replace(b"NEW CERTIFICATE", b"CERTIFICATE"))
    assert found.spki_sha256 == csr_of(key_type).spki_sha256
    assert request.has_valid_signature(found.der)


def keytool(*arguments: str) -> bytes:
    """Run keytool, which must succeed, and return its output."""
    done = subprocess.run(
        ["keytool", *arguments],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "PASSPHRASE": PASSPHRASE.revealed},
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done.stdout


_READ = """
import java.nio.file.*; import java.security.*; import java.security.spec.*; import java.util.*;
import javax.crypto.*; import javax.crypto.spec.*;
public class Read {
    public static void main(String[] arguments) throws Exception {
        byte[] der = Base64.getDecoder().decode(Files.readString(Path.of(arguments[0])).replaceAll("\\\\s", ""));
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
        AlgorithmParameters parameters = info.getAlgParameters();
        String name = parameters.toString();
        SecretKeyFactory factory = SecretKeyFactory.getInstance(name);
        SecretKey secret = factory.generateSecret(new PBEKeySpec(System.getenv("PASSPHRASE").toCharArray()));
        Cipher cipher = Cipher.getInstance(name);
        cipher.init(Cipher.DECRYPT_MODE, secret, parameters);
        PKCS8EncodedKeySpec spec = info.getKeySpec(cipher);
        System.out.print(Base64.getEncoder().encodeToString(spec.getEncoded()));
    }
}
"""


def test_java_opens_the_key_block_itself(tmp_path: Path) -> None:
    """Java calls PBES2 with PBKDF2-HMAC-SHA256 and AES-256 PBEWithHmacSHA256AndAES_256."""
    if shutil.which("java") is None:
        pytest.skip("java is not installed")
    (tmp_path / "Read.java").write_text(_READ)
    block = key_block().splitlines()
    (tmp_path / "key.txt").write_bytes(b"\n".join(block[1:-1]))
    done = subprocess.run(
        ["java", str(tmp_path / "Read.java"), str(tmp_path / "key.txt")],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "PASSPHRASE": PASSPHRASE.revealed},
    )
    if b"compiler" in done.stderr and done.returncode:
        pytest.skip("this java has no compiler")
    assert done.returncode == 0, done.stderr.decode()
    plain = private_pem(key_of(KeyType.EC_P256)).splitlines()
    assert done.stdout == b"".join(plain[1:-1])
