"""For thousands of forged backups, openssl and csrtui read the same contents, or csrtui refuses the file."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from backup_forgeries import foreign_key_blocks, forgeries, originals
from backups_made import PASSPHRASE, backup, csr_of, key_block
from requests_made import NOW, key_of
from safety_results import counted, every

from csrtui.core.backups import backup_file, integrity
from csrtui.core.backups.header import KeyProtection
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.keys.key_types import KeyType, private_pem
from csrtui.tasks.backup_contents import open_key

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.backups.backup_file import BackupFile

ADVERSARY = "Write access to the backup medium is useless without the passphrase"
SAMPLE = 12


@pytest.fixture(autouse=True)
def _openssl() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")


def taken(path: Path, tool: str, *options: str) -> bytes | None:
    """Return the DER that an openssl tool reads from a file, or None."""
    done = subprocess.run(
        ["openssl", tool, "-in", str(path), "-outform", "DER", *options],
        capture_output=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "PASSPHRASE": PASSPHRASE.revealed},
    )
    return done.stdout if done.returncode == 0 else None


def read(data: bytes) -> BackupFile | None:
    """Return what csrtui reads from a file whose key opens and matches, or None if it refuses the file."""
    try:
        found = backup_file.parse(data)
        open_key(found, PASSPHRASE)
    except CsrtuiError:
        return None
    return found


@pytest.mark.safety
def test_openssl_and_csrtui_read_the_same_or_csrtui_refuses(tmp_path: Path) -> None:
    path, own_key = tmp_path / "forged.pem", key_in_der()
    forged = [data for number, data in enumerate(forgeries()) if not number % every(SAMPLE)]
    accepted = other_keys = 0
    with counted(ADVERSARY, "forged files: comparison of what openssl and csrtui read") as tally:
        for data in [*originals(), *forged]:
            tally.add()
            path.write_bytes(data)
            key = taken(path, "pkey", "-passin", "env:PASSPHRASE")
            found = read(data)
            if found is None:
                other_keys += key not in {None, own_key}
                continue
            accepted += 1
            assert key == own_key
            assert taken(path, "req") == found.csr.der == csr_of().der
    assert accepted >= len(originals())
    assert other_keys > len(forged) // 20, "the forgeries are real: openssl would have restored another key"


def test_openssl_reads_a_block_after_254_characters(tmp_path: Path) -> None:
    """This is why csrtui refuses long lines."""
    path = tmp_path / "forged.pem"
    path.write_bytes(b"x" * 254 + foreign_key_blocks()[0] + backup())
    assert taken(path, "pkey", "-passin", "env:PASSPHRASE") not in {None, key_in_der()}


def key_in_der() -> bytes:
    return subprocess.run(
        ["openssl", "pkey", "-outform", "DER"],
        input=private_pem(key_of(KeyType.EC_P256)),
        capture_output=True,
        check=True,
    ).stdout


RECIPE = re.compile(r"^    (\{ echo.*?public\.pem)\n", re.MULTILINE | re.DOTALL)
VERIFY = {
    KeyType.EC_P256: "openssl dgst -sha256 -verify public.pem -signature signature signed",
    KeyType.EC_P384: "openssl dgst -sha384 -verify public.pem -signature signature signed",
    KeyType.EC_P521: "openssl dgst -sha512 -verify public.pem -signature signature signed",
    KeyType.RSA_2048: "openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 "
    "-verify public.pem -signature signature signed",
    KeyType.ED25519: "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature",
}


@pytest.mark.parametrize("key_type", VERIFY)
def test_openssl_checks_the_signature_as_the_documentation_says(tmp_path: Path, key_type: KeyType) -> None:
    documented = integrity.__doc__ or ""
    found = RECIPE.search(documented)
    assert found
    command = VERIFY[key_type]
    if key_type in {KeyType.EC_P256, KeyType.RSA_2048, KeyType.ED25519}:
        assert command in re.sub(r"\s+\\?\s*", " ", documented)
    key_pem = key_block(key_type)
    text = backup_file.compose(
        "a.com",
        NOW,
        key_protection=KeyProtection.PLAIN,
        key_pem=key_pem,
        csr=csr_of(key_type),
        signer=key_of(key_type),
    )
    (tmp_path / "FILE").write_bytes(text)
    script = f"set -e\n{found[1]}\n{command}\n"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    (tmp_path / "FILE").write_bytes(text.replace(b"Pair:       a.com", b"Pair:       b.com"))
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode != 0
