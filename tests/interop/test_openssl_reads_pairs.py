"""The real openssl accepts every CSR, reads the same subject, and opens every key."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import run_process
from requests_made import HARD_ORGANIZATION

from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from command import Csrtui

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
PASSPHRASE = "correct horse battery staple"
NAMES = ("www.mydomain.com", "mydomain.com", "*.mydomain.com", "10.0.0.1", "2001:db8::1")


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout + (b"" if b"verif" not in done.stderr else b"\n" + done.stderr)


def knows(key_type: KeyType) -> bool:
    if not key_type.startswith("ml-dsa"):
        return True
    listed = subprocess.run(
        ["openssl", "list", "-signature-algorithms"], capture_output=True, check=False
    ).stdout
    return key_type.upper().encode() in listed.upper()


def made(csrtui: Csrtui, *arguments: str) -> Path:
    """Return the folder of a new pair."""
    ran = csrtui("new", *arguments, "--json")
    assert ran.status == 0, ran.err
    return Path(ran.json["path"])


@pytest.mark.parametrize(
    "key_type",
    [
        pytest.param(kind, marks=pytest.mark.slow if kind is KeyType.RSA_4096 else (), id=str(kind))
        for kind in KeyType
    ],
)
def test_openssl_verifies_the_csr_and_finds_the_public_key(csrtui: Csrtui, key_type: KeyType) -> None:
    if not knows(key_type):
        pytest.skip(f"this openssl does not know {key_type.label}")
    pair = made(csrtui, *NAMES, "--ca", "private", "--key", key_type, "-O", HARD_ORGANIZATION)
    request, key = str(pair / "request.pem"), str(pair / "key.pem")
    text = openssl("req", "-in", request, "-verify", "-noout", "-text").decode()
    assert "verify OK" in text
    assert re.search(r"Version: 1 \(0x0\)", text)
    names = ", ".join(f"DNS:{name}" for name in NAMES[:3])
    assert f"{names}, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1" in text
    assert openssl("req", "-in", request, "-noout", "-pubkey") == openssl("pkey", "-in", key, "-pubout")
    if not key_type.startswith(("ed", "ml")):  # this openssl cannot check other types
        assert b"is valid" in openssl("pkey", "-in", key, "-check", "-noout")


def test_openssl_shows_the_same_subject_as_csrtui(csrtui: Csrtui) -> None:
    options = ("-O", HARD_ORGANIZATION, "-U", "R&D", "-C", "GB", "-S", "Greater London", "-L", "London")
    pair = made(csrtui, "mydomain.com", *options, "--ca", "private")
    shown = csrtui("show", "mydomain.com", "--json").json
    text = openssl(
        "req", "-in", str(pair / "request.pem"), "-noout", "-subject", "-nameopt", "RFC2253,utf8,-esc_msb"
    )
    assert text.decode().strip().removeprefix("subject=").strip() == shown["subject"]
    lines = openssl(
        "req", "-in", str(pair / "request.pem"), "-noout", "-subject",
        "-nameopt", "sep_multiline,utf8,lname",
    ).decode().splitlines()  # fmt: skip
    assert f"organizationName={HARD_ORGANIZATION}" in [line.strip() for line in lines]
    assert shown["subject_fields"]["organization"] == HARD_ORGANIZATION


@pytest.mark.parametrize(
    "organization",
    [
        "#first",
        " inner  blanks",
        "a+b=c",
        "日本 株式会社",
        "\\",
        '"',
        "<a>;b",
        "[@click=app.quit]x[/]",
        "/CN=evil.com",
        ",CN=evil.com",
    ],
)
def test_no_organization_becomes_another_attribute(csrtui: Csrtui, organization: str) -> None:
    pair = made(csrtui, "mydomain.com", "-O", organization, "--ca", "private", "-C", "GB", "--force")
    shown = csrtui("show", "mydomain.com", "--json").json
    text = openssl(
        "req", "-in", str(pair / "request.pem"), "-noout", "-subject", "-nameopt", "RFC2253,utf8,-esc_msb"
    )
    assert text.decode().strip().removeprefix("subject=").strip() == shown["subject"]
    assert shown["subject_fields"]["organization"] == organization.strip()


def test_order_and_string_types_follow_the_baseline_requirements(csrtui: Csrtui) -> None:
    options = ("-O", "O", "-U", "OU", "-C", "GB", "-S", "ST", "-L", "L")
    pair = made(csrtui, "mydomain.com", *options, "--ca", "private")
    listing = openssl("asn1parse", "-in", str(pair / "request.pem")).decode().splitlines()
    values = [re.split(r": *", line.split("prim:")[1].strip()) for line in listing if "prim:" in line]
    subject = [
        (oid[1], value[0].strip(), value[1])
        for oid, value in zip(values[1:13:2], values[2:14:2], strict=True)
    ]
    assert subject == [
        ("countryName", "PRINTABLESTRING", "GB"),
        ("stateOrProvinceName", "UTF8STRING", "ST"),
        ("localityName", "UTF8STRING", "L"),
        ("organizationName", "UTF8STRING", "O"),
        ("organizationalUnitName", "UTF8STRING", "OU"),
        ("commonName", "UTF8STRING", "mydomain.com"),
    ]
    assert all("emailAddress" not in line and "challengePassword" not in line for line in listing)


@pytest.mark.parametrize(
    "key_type", ["ec-p256", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("rsa-2048", "ed25519"))]
)
def test_openssl_opens_an_encrypted_key_with_the_strength_of_the_contract(
    tmp_path: Path, key_type: str
) -> None:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE)
    file.chmod(0o600)
    options = ("--ca", "private", "--key", key_type, "--passphrase-file", str(file))
    ran = run_process("new", "mydomain.com", *options, "--json", store=tmp_path / "store")
    pair = Path(ran.json["path"])
    key = str(pair / "key.pem")
    public = openssl("pkey", "-in", key, "-passin", f"file:{file}", "-pubout")
    assert public == openssl("req", "-in", str(pair / "request.pem"), "-noout", "-pubkey")
    wrong = subprocess.run(
        ["openssl", "pkey", "-in", key, "-passin", "pass:wrong"], capture_output=True, check=False
    )
    assert wrong.returncode != 0
    listing = openssl("asn1parse", "-in", key).decode()
    primitives = [line.split("prim:")[1].split() for line in listing.splitlines() if "prim:" in line]
    assert primitives[:2] == [["OBJECT", ":PBES2"], ["OBJECT", ":PBKDF2"]]
    assert ["INTEGER", ":0F4240"] in primitives  # 1,000,000
    assert ["OBJECT", ":hmacWithSHA256"] in primitives
    assert ["OBJECT", ":aes-256-cbc"] in primitives
    octets = [line for line in listing.splitlines() if "OCTET STRING" in line]
    assert [re.search(r" l= *(\d+)", line)[1] for line in octets[:2]] == ["16", "16"]  # type: ignore[index]


def test_openssl_reads_the_output_of_csr_from_a_pipe(csrtui: Csrtui) -> None:
    made(csrtui, "mydomain.com")
    pem = csrtui("csr", "mydomain.com").out
    assert b"verify OK" in openssl("req", "-verify", "-noout", stdin=pem.encode())
