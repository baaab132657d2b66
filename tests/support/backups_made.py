"""Backups for tests, from csrtui and from other programs."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from requests_made import NOW, der_of, key_of

from csrtui.core.backups import backup_file
from csrtui.core.backups.header import Details, KeyProtection
from csrtui.core.base import asn1
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Stage
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE = Secret("correct horse battery staple")
QUICK = 10
"""PBKDF2 iterations for tests of other things."""
DETAILS = Details(NOW, CaKind.PUBLIC, "nginx", "server", Stage.NEW)
ENTROPY = bytes(range(pkcs8.ENTROPY_BYTES))


@cache
def key_block(key_type: KeyType = KeyType.EC_P256) -> bytes:
    """Return an encrypted key in PEM."""
    return pkcs8.encrypt(key_of(key_type), PASSPHRASE, ENTROPY, QUICK)


def derivation(der: bytes) -> tuple[bytes, int]:
    """Return the salt and the iterations of an encrypted key."""
    scheme = asn1.read_node(der).child(0, asn1.SEQUENCE).child(1, asn1.SEQUENCE)
    salt, iterations, *_ = scheme.child(0, asn1.SEQUENCE).child(1, asn1.SEQUENCE).children()
    return salt.content, iterations.integer


@cache
def csr_of(key_type: KeyType = KeyType.EC_P256) -> csr.Request:
    """Return a CSR for a key."""
    return csr.read_der(der_of(SubjectFields(common_name="a.com"), "a.com", key_type=key_type))


@cache
def backup(key_protection: KeyProtection = KeyProtection.PLAIN, certificates: bytes = b"") -> bytes:
    """Return the text of a backup as csrtui makes it."""
    return backup_file.compose(
        "a.com",
        NOW,
        key_protection=key_protection,
        key_pem=key_block(),
        csr=csr_of(),
        certificates=certificates,
        details=DETAILS,
        signer=key_of(KeyType.EC_P256),
    )


@cache
def unsigned(key_protection: KeyProtection = KeyProtection.PLAIN, certificates: bytes = b"") -> bytes:
    """Return the text of a backup as earlier versions made it, with only a checksum."""
    signed = backup(key_protection, certificates).split(b"\n")
    gone = (b"Created:", b"CA:", b"Software:", b"Purpose:", b"Stage:", b"Signed", b"Signature:", b" " * 12)
    lines = [line for line in signed if not line.startswith(gone) or b"openssl req" in line]
    at = lines.index(b"To bring it back into a keystore:  csrtui restore FILE") - 1
    lines[at] = b"SHA-256 of all but this line: "
    lines[at] += sha256(b"\n".join(lines)).hexdigest().encode()
    return b"\n".join(lines)


def openssl(*arguments: str, data: bytes = b"", passphrase: Secret = PASSPHRASE) -> bytes:
    """Run openssl and return its output. It must succeed; ``env:PASSPHRASE`` in its arguments is the passphrase."""
    if shutil.which("openssl") is None:
        import pytest  # imported here, because programs that run under strace import this module

        pytest.skip("openssl is not installed")
    done = subprocess.run(
        ["openssl", *arguments],
        input=data,
        capture_output=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "PASSPHRASE": passphrase.revealed},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def foreign_key(path: Path, *scheme: str) -> bytes:
    """Return the EC key of the tests, encrypted with `scheme` by ``openssl pkcs8 -topk8``."""
    path.write_bytes(key_types.private_pem(key_of(KeyType.EC_P256)))
    return openssl("pkcs8", "-topk8", "-in", str(path), "-passout", "env:PASSPHRASE", *scheme)
