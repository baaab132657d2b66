"""Real CA programs: each signs a CSR and returns its usual answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

DEADLINE = 120.0
EASY_RSA = "/usr/share/easy-rsa/easyrsa"
"""The path of Debian, outside of the PATH."""


@dataclass(frozen=True)
class Answer:
    """The answer of a CA: its files, in a mixed order, and its root, which clients have."""

    files: tuple[Path, ...]
    root: Path


def call(
    folder: Path, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a folder, or skip the test if it is not installed."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0].rpartition('/')[2]} is not installed")
    done = subprocess.run(
        command, input=stdin, capture_output=True, cwd=folder, env={**os.environ, **(env or {})}, check=False,
        timeout=DEADLINE,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    return done


def certtool_accepts(root: Path, chain: Path, purpose: str) -> bool:
    """Return whether GnuTLS accepts a chain for a purpose (an OID), or skip the test without certtool."""
    command = ["certtool", "--verify", "--load-ca-certificate", str(root), "--infile", str(chain)]
    if shutil.which(command[0]) is None:
        pytest.skip("certtool is not installed")
    done = subprocess.run(
        [*command, f"--verify-purpose={purpose}"], capture_output=True, check=False, timeout=DEADLINE
    )
    verified = b"Chain verification output: Verified. The certificate is trusted." in done.stdout
    assert verified == (done.returncode == 0), done.stdout + done.stderr
    return verified


_OPENSSL_CA = """
[ca]
default_ca = {name}
[{name}]
database = {name}.txt
new_certs_dir = .
rand_serial = yes
private_key = {name}.key
certificate = {name}.pem
default_md = sha256
default_days = 90
unique_subject = no
policy = policy
x509_extensions = {extensions}
copy_extensions = {copied}
[policy]
{policy}
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
"""
EVERYTHING = ("countryName", "stateOrProvinceName", "localityName", "organizationName",
              "organizationalUnitName", "commonName")  # fmt: skip


class OpensslCa:
    """``openssl ca`` twice, each with a database of its own: the root signs an intermediate, that signs CSRs.

    Args:
        folder: An empty folder for all of its files.
        policy: The fields of the subject that it copies.
        copied: Whether it copies the extensions of a CSR.
    """

    def __init__(self, folder: Path, *, policy: tuple[str, ...] = EVERYTHING, copied: str = "copy") -> None:
        self._folder = folder
        for name, extensions, kept, taken in (
            ("root", "intermediate", EVERYTHING, "none"),
            ("issuing", "server", policy, copied),
        ):
            (folder / f"{name}.txt").touch()
            fields = "\n".join(f"{field} = optional" for field in kept)
            config = _OPENSSL_CA.format(name=name, extensions=extensions, copied=taken, policy=fields)
            (folder / f"{name}.cnf").write_text(config)
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
        call(folder, "openssl", "req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-days", "3650",
             "-subj", "/CN=OpenSSL Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
        call(folder, "openssl", "req", *new, "-keyout", "issuing.key", "-out", "issuing.csr",
             "-subj", "/CN=OpenSSL Issuing CA")  # fmt: skip
        self._sign("root", "issuing.csr", "issuing.pem", "-notext", "-days", "3000")
        call(folder, "openssl", "crl2pkcs7", "-nocrl", "-certfile", "issuing.pem", "-certfile", "root.pem",
             "-outform", "DER", "-out", "chain.p7b")  # fmt: skip

    def answer(self, csr: Path, *, start: datetime | None = None, days: int = 90) -> Answer:
        """Sign a CSR. The certificate has text before the PEM, and the chain is PKCS #7 in DER.

        Args:
            csr: The CSR.
            start: The start of validity, by default now.
            days: The validity in days.
        """
        life = ("-days", str(days)) if start is None else (
            "-startdate", f"{start:%Y%m%d%H%M%SZ}", "-enddate", f"{start + timedelta(days=days):%Y%m%d%H%M%SZ}",
        )  # fmt: skip
        self._signed += 1
        name = f"server-{self._signed}.crt"
        self._sign("issuing", str(csr), name, *life)
        return Answer((self._folder / "chain.p7b", self._folder / name), self._folder / "root.pem")

    _signed = 0

    def _sign(self, by: str, csr: str, out: str, *more: str) -> None:
        signing = ("openssl", "ca", "-batch", "-utf8", "-config", f"{by}.cnf")
        call(self._folder, *signing, "-in", csr, "-out", out, *more)


def openssl_ca(
    csr: Path, folder: Path, *, policy: tuple[str, ...] = EVERYTHING, copied: str = "copy"
) -> Answer:
    """Have an `OpensslCa` of its own sign a CSR.

    Args:
        csr: The CSR.
        folder: An empty folder for all of its files.
        policy: The fields of the subject that it copies.
        copied: Whether it copies the extensions of the CSR.
    """
    return OpensslCa(folder, policy=policy, copied=copied).answer(csr)


_CERTTOOL_CA = "ca\ncert_signing_key\nexpiration_days = 3650\n"


def certtool(csr: Path, folder: Path, *, wanted: str = "honor_crq_extensions\n") -> Answer:
    """Sign with GnuTLS: root, intermediate and certificate, each from a template, in one PKCS #7.

    Args:
        csr: The CSR.
        folder: An empty folder for all of its files.
        wanted: Further lines for the template of the certificate.
    """
    for name, template in (
        ("root", 'cn = "GnuTLS Root"\n' + _CERTTOOL_CA),
        ("issuing", 'cn = "GnuTLS Issuing CA"\n' + _CERTTOOL_CA),
        ("server", "tls_www_server\nsigning_key\nexpiration_days = 90\n" + wanted),
    ):
        (folder / f"{name}.cfg").write_text(template)
        if name != "server":
            call(folder, "certtool", "--generate-privkey", "--key-type", "ecdsa", "--outfile", f"{name}.key")
    call(folder, "certtool", "--generate-self-signed", "--load-privkey", "root.key", "--template", "root.cfg",
         "--outfile", "root.pem")  # fmt: skip
    by_root = ("--load-ca-certificate", "root.pem", "--load-ca-privkey", "root.key")
    call(folder, "certtool", "--generate-certificate", "--load-privkey", "issuing.key", *by_root,
         "--template", "issuing.cfg", "--outfile", "issuing.pem")  # fmt: skip
    by_issuing = ("--load-ca-certificate", "issuing.pem", "--load-ca-privkey", "issuing.key")
    call(folder, "certtool", "--generate-certificate", "--load-request", str(csr), *by_issuing,
         "--template", "server.cfg", "--outfile", "server.pem")  # fmt: skip
    all_of_it = b"".join((folder / f"{name}.pem").read_bytes() for name in ("root", "server", "issuing"))
    (folder / "all.pem").write_bytes(all_of_it)
    bundle = call(
        folder, "certtool", "--p7-generate", "--load-certificate", "all.pem", "--outfile", "all.p7b"
    )
    assert bundle.returncode == 0
    return Answer((folder / "all.p7b",), folder / "root.pem")


def easy_rsa(csr: Path, folder: Path, *options: str) -> Answer:
    """Sign with easy-rsa: import-req, sign-req and export-p7, directly under a root."""
    env = {
        "EASYRSA_PKI": str(folder / "pki"),
        "EASYRSA_BATCH": "1",
        "EASYRSA_ALGO": "ec",
        "EASYRSA_CURVE": "prime256v1",
    }
    for command in (
        ("init-pki",),
        ("--req-cn=Easy Root", "build-ca", "nopass"),
        ("import-req", str(csr), "server"),
        (*options, "--days=90", "sign-req", "server", "server"),
        ("export-p7", "server"),
    ):
        call(folder, EASY_RSA, *command, env=env)
    (bundle,) = (folder / "pki").rglob("server.p7b")
    return Answer((bundle,), folder / "pki" / "ca.crt")


_CFSSL_CONFIG = {
    "signing": {
        "default": {"usages": ["digital signature", "server auth"], "expiry": "2160h"},
        "profiles": {"intermediate": {"usages": ["cert sign"], "expiry": "43800h", "ca_constraint": {"is_ca": True}}},
    }
}  # fmt: skip


def cfssl(csr: Path, folder: Path) -> Answer:
    """Sign with CFSSL: gencert for root and intermediate, then sign. The answer stays JSON."""
    (folder / "config.json").write_text(json.dumps(_CFSSL_CONFIG))
    key = {"algo": "ecdsa", "size": 256}
    for name, signed in (
        ("root", ("-initca",)),
        ("issuing", ("-ca=root.pem", "-ca-key=root.key", "-config=config.json", "-profile=intermediate")),
    ):
        (folder / f"{name}.json").write_text(json.dumps({"CN": f"CFSSL {name}", "key": key}))
        made = json.loads(call(folder, "cfssl", "gencert", *signed, f"{name}.json").stdout)
        (folder / f"{name}.pem").write_text(made["cert"])
        (folder / f"{name}.key").write_text(made["key"])
    done = call(
        folder, "cfssl", "sign", "-ca=issuing.pem", "-ca-key=issuing.key", "-config=config.json", str(csr)
    )
    (folder / "answer.json").write_bytes(done.stdout)
    return Answer((folder / "issuing.pem", folder / "answer.json"), folder / "root.pem")


_PRIVATE_CA = """
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
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


class PrivateCa:
    """``openssl ca`` without an intermediate, which issues every extension that a CSR requests and no other.

    Args:
        folder: A new folder for all of its files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "ca.pem"
        folder.mkdir()
        (folder / "ca.cnf").write_text(_PRIVATE_CA)
        (folder / "index.txt").touch()
        self.openssl(*["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem"],
                     "-subj", "/CN=Own")  # fmt: skip

    def openssl(self, *arguments: str) -> str:
        """Run openssl in the folder of the CA and return its output."""
        return call(self._folder, "openssl", *arguments).stdout.decode()

    def sign(self, csr: Path) -> Path:
        """Return the file with a new certificate for a CSR."""
        self._signed += 1
        leaf = self._folder / f"leaf-{self._signed}.pem"
        self.openssl(*["ca", "-batch", "-notext", "-config", "ca.cnf"], "-in", str(csr), "-out", str(leaf))
        return leaf

    _signed = 0
