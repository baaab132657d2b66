"""``csrtui inspect`` shows the same as the real openssl, for files made by openssl and by other programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64decode
from functools import cache
from hashlib import sha1, sha256
from typing import TYPE_CHECKING

import pytest
from command import ROOT

from csrtui.core.base.secret import Secret
from csrtui.store.keystore import Keystore
from csrtui.tasks.inspect.inspection import Inspection, InspectSource, inspect
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.tasks.inspect.csr_and_key_item import InspectedItem

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
    pytest.mark.slow,
]

FILES = ROOT / "tests" / "data" / "files"
PASSPHRASE = "changeit and more"
KEYS = {
    "rsa-2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa-1024": ("RSA", "rsa_keygen_bits:1024"),
    "p256": ("EC", "ec_paramgen_curve:P-256"),
    "p384": ("EC", "ec_paramgen_curve:P-384"),
    "p521": ("EC", "ec_paramgen_curve:P-521"),
    "secp256k1": ("EC", "ec_paramgen_curve:secp256k1"),
    "ed25519": ("ED25519", ""),
    "ed448": ("ED448", ""),
}
SUBJECT = '/C=GB/L=London/O=Zoë, "Ltd" <x> + Co/CN=www.a-shop.com'
NAMES = (
    "DNS:www.a-shop.com,DNS:*.a-shop.com,IP:192.0.2.1,IP:2001:db8::1,email:a@b.example,URI:https://a.example/"
)
PREFIXES = {"DNS": "", "IP Address": "", "email": "email:", "URI": "uri:"}


@cache  # the same certificate is in several files
def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make_files(kind: str, folder: Path) -> None:
    """Have openssl write its files for a kind of key into a folder."""

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=120)

    algorithm, option = KEYS[kind]
    run("genpkey", "-algorithm", algorithm, *(["-pkeyopt", option] if option else []), "-out", "key.pem")
    (folder / "extensions").write_text(
        f"subjectAltName={NAMES}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
    )
    run(
        *("req", "-new", "-utf8", "-key", "key.pem", "-subj", SUBJECT, "-out", "request.csr"),
        *("-addext", f"subjectAltName={NAMES}", "-addext", "extendedKeyUsage=serverAuth"),
    )
    run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ca.key")
    run(
        *("req", "-x509", "-key", "ca.key", "-subj", "/CN=Root", "-days", "3650", "-out", "ca.crt"),
        *("-addext", "keyUsage=critical,keyCertSign"),
    )
    sign = (
        "x509",
        "-req",
        "-in",
        "request.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-extfile",
        "extensions",
    )
    run(*sign, "-days", "90", "-out", "leaf.crt")
    run(*sign, "-days", "-1", "-set_serial", "0x1234567890ABCDEF", "-out", "expired.crt")
    for name in ("leaf.crt", "expired.crt"):
        run("x509", "-in", name, "-outform", "DER", "-out", f"{name}.der")
        run("x509", "-in", name, "-text", "-out", f"{name}.txt")
    run("req", "-in", "request.csr", "-outform", "DER", "-out", "request.der")
    run("req", "-in", "request.csr", "-text", "-out", "request.txt")
    run("pkey", "-in", "key.pem", "-outform", "DER", "-out", "key.der")
    run("pkey", "-in", "key.pem", "-text", "-out", "key.txt")
    run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    run("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "public.der")
    if algorithm in {"RSA", "EC"}:
        run("pkey", "-in", "key.pem", "-traditional", "-out", "traditional.pem")
    secret = f"pass:{PASSPHRASE}"
    run("pkcs8", "-topk8", "-in", "key.pem", "-passout", secret, "-out", "encrypted.pem")
    run(
        *("pkcs8", "-topk8", "-in", "key.pem", "-passout", secret, "-scrypt", "-outform", "DER"),
        *("-out", "encrypted.der"),
    )
    chain = ("crl2pkcs7", "-nocrl", "-certfile", "leaf.crt", "-certfile", "ca.crt")
    run(*chain, "-out", "chain.p7b")
    run(*chain, "-outform", "DER", "-out", "chain.p7c")
    run(
        *("pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.crt", "-certfile", "ca.crt"),
        *("-passout", secret, "-out", "store.pfx"),
    )
    read = {path.name: path.read_bytes() for path in folder.iterdir()}
    mail = (
        b"Dear all,\r\n\r\n> see below\r\n" + read["request.csr"].replace(b"\n", b"\r\n") + b"\r\nRegards\r\n"
    )
    (folder / "mail.txt").write_bytes(mail)
    (folder / "wrong-order.pem").write_bytes(read["ca.crt"] + read["leaf.crt"])
    (folder / "all.pem").write_bytes(
        read["key.pem"] + read["request.csr"] + read["leaf.crt"] + read["ca.crt"]
    )
    (folder / "broken.pem").write_bytes(read["leaf.crt"][:200] + b"\n" + read["ca.crt"])


FORMS = {
    "request.csr request.der request.txt mail.txt": "request",
    "leaf.crt leaf.crt.der leaf.crt.txt expired.crt expired.crt.der expired.crt.txt": "certificate",
    "key.pem key.der key.txt public.pem public.der traditional.pem encrypted.pem encrypted.der": "key",
    "chain.p7b chain.p7c wrong-order.pem": "certificate certificate",
    "store.pfx": "key certificate certificate",
    "all.pem": "key request certificate certificate",
    "broken.pem": "certificate",
}
CASES = [(form, kinds.split()) for forms, kinds in FORMS.items() for form in forms.split()]


def inspected(name: str, data: bytes, passphrase: str | None = PASSPHRASE) -> Inspection:
    secret = Secret(passphrase) if passphrase is not None else None
    return inspect(Session(Keystore("/nonexistent/store")), [InspectSource(name, data)], secret)


@pytest.mark.parametrize("kind", KEYS)
def test_inspect_agrees_with_openssl_on_files_made_by_openssl(kind: str, tmp_path: Path) -> None:
    make_files(kind, tmp_path)
    public = (tmp_path / "public.der").read_bytes()
    for form, kinds in CASES:
        if form == "traditional.pem" and not (tmp_path / form).exists():
            continue  # openssl writes no such form of this key
        result = inspected(form, (tmp_path / form).read_bytes())
        assert [item.kind.value for item in result.items] == kinds, form
        for item in result.items:
            agrees(item)
            if item.subject != "CN=Root":
                assert item.spki_sha256 == sha256(public).hexdigest(), form
        codes = {finding.code for item in result.items for finding in item.findings}
        assert ("expired" in codes) is form.startswith("expired"), form
        assert ("chain-order" in codes) is (form == "wrong-order.pem"), form
        assert bool(result.problems) is (form == "broken.pem"), form
        if form == "broken.pem":
            assert result.exit_code == 1


OTHERS = sorted(path for path in FILES.rglob("*") if path.is_file() and path.suffix not in {".csv", ".md"})


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(FILES)))
def test_inspect_agrees_with_openssl_on_files_made_by_other_programs(path: Path) -> None:
    passphrases = {"programs": "Passw0rd-interop", "adopt-p12": "changeit", "adopt-key": ""}
    passphrase = passphrases.get(path.relative_to(FILES).parts[0])
    if path.parent.name == "adopt-key":
        passphrase = (path.parent / "passphrase").read_text().splitlines()[0]
    result = inspected(path.name, path.read_bytes(), passphrase)
    assert result.exit_code in {0, 1, 2}
    assert result.items or result.problems
    for item in result.items:
        agrees(item)


def agrees(item: InspectedItem) -> None:
    """Compare an item with openssl's output for the same octets."""
    if item.certificate is not None:
        der = item.certificate.der
        certificate_agrees(item, der)
    elif item.request is not None:
        der = item.request.der
        text = openssl(
            "req", "-inform", "DER", "-noout", "-subject", "-pubkey", "-nameopt", OPTIONS, stdin=der
        )
        (subject,) = re.findall(r"^subject=(.*)$", text.decode(), re.MULTILINE)
        assert values(item.subject) == values(subject)
        if "encoding" not in {finding.code for finding in item.findings}:
            assert spki(text) == item.spki_sha256


OPTIONS = "RFC2253,-esc_msb,utf8"


def certificate_agrees(item: InspectedItem, der: bytes) -> None:
    output = openssl(
        *(
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-subject",
            "-issuer",
            "-serial",
            "-dates",
            "-nameopt",
            OPTIONS,
        ),
        *("-dateopt", "iso_8601", "-fingerprint", "-sha256", "-pubkey", "-ext", "subjectAltName"),
        stdin=der,
    )
    text = output.decode("utf-8", "replace")
    facts = dict(re.findall(r"^([A-Za-z0-9 ]+)=(.*)$", text, re.MULTILINE))
    members = item.members
    assert int(str(members["serial"]), 16) == int(facts["serial"], 16)
    assert facts["notBefore"].replace(" ", "T") == members["not_before"]
    assert facts["notAfter"].replace(" ", "T") == members["not_after"]
    fingerprints = members["fingerprints"]
    assert isinstance(fingerprints, dict)
    assert facts["sha256 Fingerprint"].replace(":", "").lower() == fingerprints["sha256"]
    assert sha1(der, usedforsecurity=False).hexdigest() == fingerprints["sha1"]
    if "encoding" in {finding.code for finding in item.findings}:
        return  # names and subject come from a repaired copy
    assert values(item.subject) == values(facts["subject"])
    assert values(str(members["issuer"] or "")) == values(facts["issuer"])
    printed = re.findall(r"(DNS|IP Address|email|URI):([^,\n]+)", text.partition("Alternative Name")[2])
    known = [
        name for name in item.names if not name.startswith(("upn:", "srv:", "other:", "directory:", "rid:"))
    ]
    assert [normal(PREFIXES[kind] + name.strip()) for kind, name in printed] == [
        normal(name) for name in known
    ]
    assert item.spki_sha256 == spki(output)


def normal(name: str) -> str:
    from ipaddress import ip_address

    try:
        return str(ip_address(name))
    except ValueError:
        return name


def values(name: str) -> list[str]:
    """Return the values in a distinguished name, without type names and escapes, which differ between programs."""
    parts = re.split(r"(?<!\\)[,+]", name)
    texts = [re.sub(r"\\([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), part) for part in parts]
    return [text.partition("=")[2].replace("\\", "").strip() for text in texts if "=" in text]


def spki(output: bytes) -> str:
    """Return the SHA-256 of the public key that openssl printed as PEM."""
    _, _, rest = output.partition(b"-----BEGIN PUBLIC KEY-----\n")
    return sha256(b64decode(rest.partition(b"-----END")[0])).hexdigest()
