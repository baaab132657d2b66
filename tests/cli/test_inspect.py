"""``csrtui inspect`` describes any file, groups items with the same key, and compares them with the keystore."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import intermediate, pem, root
from chains_made import START, ca, key, make, names
from command import ROOT
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from csrtui.core.certificates.csr import read_pem

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

FILES = ROOT / "tests" / "data" / "files"
NAME = "www.a-shop.com"


@pytest.fixture
def made(csrtui: Csrtui) -> Csrtui:
    assert csrtui("new", NAME, "a-shop.com", "--as", "shop").status == 0
    return csrtui


def inspected(csrtui: Csrtui, *arguments: str, stdin: bytes = b"") -> tuple[int, Any]:
    ran = csrtui("inspect", *arguments, "--json", stdin=stdin)
    return ran.status, ran.json


def codes(item: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in item["findings"]]


def certificate(made: Csrtui, **changes: Any) -> x509.Certificate:
    csr = read_pem((made.pair("shop") / "request.pem").read_bytes())
    return intermediate().sign(csr.der, **changes)


def test_a_key_a_csr_and_a_certificate_belong_together(made: Csrtui, tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_bytes(pem(certificate(made), intermediate().certificate))
    folder = made.pair("shop")
    files = [str(folder / "key.pem"), str(folder / "request.pem"), str(chain)]
    status, document = inspected(made, *files)
    items = document["items"]
    assert status == 0
    assert document["ok"]
    assert [item["kind"] for item in items] == ["key", "request", "certificate", "certificate"]
    assert len({item["spki_sha256"] for item in items[:3]}) == 1
    assert [item["pair"] for item in items] == ["shop", "shop", "shop", None]
    assert document["groups"] == [{"spki_sha256": items[0]["spki_sha256"], "items": [0, 1, 2]}]
    ran = made("inspect", *files)
    assert "the CSR of this pair" in ran.out
    assert "the pair has no certificate yet: csrtui import FILE adds this one" in ran.out
    assert f"{files[0]} (key) + {files[1]} (CSR) + {chain} (certificate)" in ran.out
    assert "PRIVATE" not in ran.out
    assert not made.pair("shop").joinpath("certificate.pem").exists()


def test_the_matching_pair_and_the_differences_from_it_are_shown(made: Csrtui, tmp_path: Path) -> None:
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    old.write_bytes(pem(certificate(made, days=30)))
    new.write_bytes(pem(certificate(made, names=[NAME, "b-shop.com"])))
    assert made("import", str(new)).status == 0
    _, document = inspected(made, str(old), str(new), str(made.pair("shop") / "certificate.pem"))
    texts = [" ".join(item["comparison"]) for item in document["items"]]
    assert "another certificate for the key of this pair" in texts[0]
    assert "the certificate of this pair" in texts[1]
    assert "b-shop.com was not requested" in texts[1]
    assert "the certificate of this pair" in texts[2]


def test_another_csr_of_the_same_key_is_compared(made: Csrtui, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private: Any = load_pem_private_key((made.pair("shop") / "key.pem").read_bytes(), None)
    other = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("c-shop.com")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    path = tmp_path / "other.csr"
    path.write_bytes(other.public_bytes(Encoding.DER))
    _, document = inspected(made, str(path))
    (item,) = document["items"]
    assert item["comparison"] == [
        "another CSR with the key of this pair",
        "it has c-shop.com, which the CSR of the pair does not have",
        "it does not have a-shop.com, which the CSR of the pair has",
        f"it does not have {NAME}, which the CSR of the pair has",
        f"the subject of the pair's CSR is CN={NAME}",
    ]
    ran = made("inspect", str(path), str(FILES / "pair/www.csr"))
    assert (
        " Pair         shop: another CSR with the key of this pair\n              it has c-shop.com, "
        in ran.out
    )
    assert f" Unmatched    {path} (CSR): no other item has its key\n" in ran.out
    assert " Unmatched " not in made("inspect", str(path)).out


def test_the_chain_is_drawn_and_its_order_is_checked(csrtui: Csrtui, tmp_path: Path) -> None:
    authority = make("Root", None, key("ec", 1), (ca(),))
    leaf = make("www.a.com", authority, key("ec", 2), (names("www.a.com"),))
    right, wrong = tmp_path / "right.pem", tmp_path / "wrong.pem"
    right.write_bytes(pem(leaf.certificate, authority.certificate))
    wrong.write_bytes(pem(authority.certificate, leaf.certificate))
    ran = csrtui("inspect", str(right))
    assert ran.status == 0
    assert "   Root          root, until 1 Jan 2040\n   └─ www.a.com  until 1 Jan 2040\n" in ran.out
    assert "Chain        valid up to CN=Root" in ran.out
    _, document = inspected(csrtui, str(wrong))
    assert "chain-order" in codes(document["items"][1])
    _, document = inspected(csrtui, str(right))
    assert "chain-order" not in codes(document["items"][0])
    assert [item["title"] for item in document["items"]] == ["certificate", "root certificate"]


@pytest.mark.parametrize(
    ("name", "shown", "code"),
    [
        (x509.DNSName(""), '""', "empty-label"),
        (x509.DNSName(" a.com "), '" a.com "', "space"),
        (x509.RFC822Name("a@b.com"), "email:a@b.com", "not-a-hostname"),
        (x509.IPAddress(ip_network("10.0.0.0/8")), "10.0.0.0/8", "address-invalid"),
        (x509.IPAddress(ip_network("fd00::/8")), "fd00::/8", "address-invalid"),
        (x509.IPAddress(ip_network("10.0.0.1/32")), "10.0.0.1/32", "address-invalid"),
    ],
)
def test_the_advice_covers_every_name_of_a_csr(
    csrtui: Csrtui, tmp_path: Path, name: x509.GeneralName, shown: str, code: str
) -> None:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    builder = x509.CertificateSigningRequestBuilder(subject).add_extension(
        x509.SubjectAlternativeName([name]), critical=False
    )
    (tmp_path / "csr").write_bytes(builder.sign(key("ec", 3), SHA256()).public_bytes(Encoding.PEM))
    ran = csrtui("inspect", str(tmp_path / "csr"))
    assert f"              {shown}\n" in ran.out
    status, document = inspected(csrtui, str(tmp_path / "csr"))
    assert (codes(document["items"][0]).count(code), status) == (1, 1)


@pytest.mark.parametrize("command", ["inspect", "verify", "restore", "import"])
def test_an_error_names_its_file_once(csrtui: Csrtui, tmp_path: Path, command: str) -> None:
    csrtui("new", NAME, "a-shop.com")
    path = str(tmp_path)
    ran = csrtui(command, path)
    assert f"{path} is a folder, not a file" in ran.out + ran.err
    assert all(line.count(path) <= 1 for line in (ran.out + ran.err).splitlines())


@pytest.mark.parametrize(
    ("name", "is_ca", "warns"),
    [
        ("www.a.com", True, True),
        ("www.a.com", False, True),
        ("Company Root", True, False),
        ("Jane", False, True),
    ],
)
def test_a_self_signed_certificate_without_names_is_warned_about(
    csrtui: Csrtui, tmp_path: Path, name: str, *, is_ca: bool, warns: bool
) -> None:
    path = tmp_path / "own.pem"
    path.write_bytes(pem(make(name, None, key("ec", 3), (ca(),) if is_ca else ()).certificate))
    _, document = inspected(csrtui, str(path))
    assert ("no-alternative-names" in codes(document["items"][0])) is warns


def test_a_problem_in_a_file_gives_exit_1(csrtui: Csrtui, tmp_path: Path) -> None:
    expired = make("old.a.com", None, key("ec", 3), (names("old.a.com"),), end=START.replace(year=2021))
    path = tmp_path / "expired.pem"
    path.write_bytes(pem(expired.certificate))
    status, document = inspected(csrtui, str(path))
    assert (status, document["ok"], codes(document["items"][0])) == (1, False, ["expired"])
    assert document["items"][0]["title"] == "self-signed certificate"
    weak = make("weak.a.com", None, ec.derive_private_key(5, ec.SECP256K1()), (names("weak.a.com"),))
    path.write_bytes(pem(weak.certificate))
    assert "key-weak" in codes(inspected(csrtui, str(path))[1]["items"][0])
    csr = x509.load_pem_x509_csr((FILES / "pair/www.csr").read_bytes()).public_bytes(Encoding.DER)
    path.write_bytes(csr.replace(b"www.example-shop.com", b"www.examplo-shop.com"))
    status, document = inspected(csrtui, str(path))
    assert (status, codes(document["items"][0])[0]) == (1, "request-signature")


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_described(
    csrtui: Csrtui, tmp_path: Path
) -> None:
    csr = str(FILES / "pair/www.csr")
    ran: Ran = csrtui("inspect", csr, str(tmp_path / "missing"), str(FILES / "import/51-deflated.zip"))
    assert ran.status == 1
    assert "certificate request (CSR)" in ran.out
    assert f"csrtui: error: cannot read {tmp_path / 'missing'}: " in ran.err
    assert "this is a ZIP archive" in ran.err


@pytest.mark.parametrize("data", [b"", b"hello", b"\x1b[2J", bytes(5000), b"0\x82\xff\xff"])
def test_nothing_readable_gives_exit_2(data: bytes, csrtui: Csrtui) -> None:
    ran = csrtui("inspect", "-", stdin=data)
    assert ran.status == 2
    assert ran.error
    assert "\x1b" not in ran.out + ran.err
    assert inspected(csrtui, "-", stdin=data)[1]["items"] == []


def test_encrypted_items_are_reported_and_open_with_the_passphrase(csrtui: Csrtui, tmp_path: Path) -> None:
    path, phrase = tmp_path / "key.pem", tmp_path / "phrase"
    private = key("ec", 4)
    path.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret phrase"))
    )
    phrase.write_text("secret phrase\n")
    phrase.chmod(0o600)
    status, document = inspected(csrtui, str(path))
    (item,) = document["items"]
    assert (status, item["encrypted"], item["spki_sha256"], codes(item)) == (0, True, None, ["encrypted"])
    status, document = inspected(csrtui, str(path), "--passphrase-file", str(phrase))
    (item,) = document["items"]
    assert (status, item["encrypted"], item["key"]["type"]) == (0, True, "ec-p256")
    phrase.write_text("wrong\n")
    status, document = inspected(csrtui, str(path), "--passphrase-file", str(phrase))
    assert (status, document["items"]) == (2, [])
    assert "passphrase" in document["problems"][0]["text"]


def test_a_backup_is_described_without_its_passphrase(made: Csrtui, tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text("correct horse battery staple\n")
    phrase.chmod(0o600)
    target = tmp_path / "backups"
    target.mkdir()
    assert made("backup", "shop", "--to", str(target), "--passphrase-file", str(phrase)).status == 0
    (path,) = target.iterdir()
    status, document = inspected(made, str(path))
    (item,) = document["items"]
    assert (status, item["kind"], item["names"]) == (0, "backup", [NAME, "a-shop.com"])
    assert (item["pair"], item["comparison"], item["backup"]["signed"]) == (
        "shop",
        ["contains its CSR"],
        True,
    )
    ran = made("inspect", str(path), "--passphrase-file", str(phrase))
    assert "the passphrase opens the key, and the key matches the CSR" in ran.out
    phrase.write_text("wrong\n")
    assert made("inspect", str(path), "--passphrase-file", str(phrase)).status == 1
    path.write_bytes(path.read_bytes().replace(b"Backed up:", b"Backed on:"))
    status, document = inspected(made, str(path))
    assert (status, codes(document["items"][0])) == (1, ["backup-damaged"])
    path.write_bytes(b"age-encryption.org/v1\n-> X25519 abc\n")
    status, document = inspected(made, str(path))
    assert (status, document["items"][0]["kind"], codes(document["items"][0])) == (0, "backup", ["encrypted"])


def test_public_keys_and_keys_of_openssh_are_described(csrtui: Csrtui) -> None:
    private = key("ec", 5)
    spki = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    status, document = inspected(csrtui, "-", stdin=spki)
    assert (status, document["items"][0]["private"]) == (0, False)
    openssh = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    status, again = inspected(csrtui, "-", stdin=openssh)
    (item,) = again["items"]
    assert (status, item["private"], item["title"]) == (0, True, "private key, OpenSSH")
    assert item["spki_sha256"] == document["items"][0]["spki_sha256"]
    encrypted = str(FILES / "programs/13-ssh-ed25519-passphrase")
    assert (
        " SSH          SHA256:5KwPAtMLnnITrBRJzlSt5jA1oXsggezA+Z0pbLct6vs\n"
        in csrtui("inspect", encrypted).out
    )
    status, document = inspected(csrtui, encrypted)
    (item,) = document["items"]
    assert (status, item["encrypted"], item["key"]["type"]) == (0, True, "ed25519")
    assert codes(item) == ["encrypted"], "no CA issues for a key of SSH"
    spki = key("ed25519", 5).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert codes(inspected(csrtui, "-", stdin=spki)[1]["items"][0]) == ["key-not-public"]
    status, document = inspected(csrtui, "-", stdin=b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0")
    assert (status, codes(document["items"][0])) == (0, ["key-weak"])


def test_the_fingerprint_of_an_rsa_pss_key_is_the_one_that_openssl_computes(csrtui: Csrtui) -> None:
    files = [str(FILES / f"programs/06-rsapss.{end}") for end in ("full.pem", "csr")]
    items = inspected(csrtui, *files)[1]["items"]
    spki = "d3d4ebb9d7313a4e1d6c85448985881a72990b450c03a87f349190b8598b9bb7"
    assert [items[0]["spki_sha256"], items[-1]["spki_sha256"]] == [spki, spki]


def test_a_faulty_csr_is_described_with_its_fault(csrtui: Csrtui) -> None:
    status, document = inspected(csrtui, str(FILES / "adopt-csr/07-teletex-umlaut.csr"))
    (item,) = document["items"]
    assert (status, item["subject"]) == (1, "CN=www.example.com,O=Müller AG")
    assert codes(item)[0] == "encoding"


def test_the_findings_of_a_csr_have_the_members_of_check(csrtui: Csrtui) -> None:
    _, document = inspected(csrtui, str(FILES / "programs/17-exts.csr"))
    (staple,) = (item for item in document["items"][0]["findings"] if item["code"] == "must-staple")
    assert set(staple) == {"code", "level", "field", "value", "text", "fix"}
    assert staple["fix"] == {
        "label": "a new CSR without it: csrtui renew PAIR --drop-must-staple",
        "must_staple": False,
    }


def test_no_keystore_is_needed_and_an_unusable_one_is_only_noted(csrtui: Csrtui, tmp_path: Path) -> None:
    csr = str(FILES / "pair/www.csr")
    assert csrtui("inspect", csr, "--store", str(tmp_path / "none")).status == 0
    assert not (tmp_path / "none").exists()
    csrtui.make_store()
    csrtui.store.chmod(0o755)
    ran = csrtui("inspect", csr)
    assert ran.status == 0
    assert ran.err.startswith("note: not compared with the keystore: ")


def test_text_from_a_file_does_not_control_the_terminal(csrtui: Csrtui) -> None:
    evil = make("\x1b]0;x\x07www.a.com", root_like(), key("ec", 6), (names("www.a.com"),))
    ran = csrtui("inspect", "-", stdin=pem(evil.certificate))
    assert "\x1b" not in ran.out + ran.err
    assert "\\x1b]0;x" in ran.out


def root_like() -> Any:
    return make("Root \x1b[31m", None, key("ec", 1), (ca(),))


def test_it_fits_80_columns_on_a_terminal(csrtui: Csrtui) -> None:
    from csrtui.store.keystore import Keystore
    from csrtui.tasks.inspect.inspection import InspectSource, inspect
    from csrtui.tasks.inspect.text import sections
    from csrtui.tasks.session import Session

    data = pem(intermediate().certificate, root().certificate) + (FILES / "pair/www.csr").read_bytes()
    result = inspect(Session(Keystore(str(csrtui.store))), [InspectSource("a", data)])
    lines = [line for section in sections(result) for line in section.lines(80)]
    assert max(map(len, lines)) <= 80
    assert len(lines) > 20


def test_the_csr_of_a_pair_is_judged_by_the_kind_of_ca_of_its_pair(csrtui: Csrtui) -> None:
    csrtui("new", "intranet", "--ca", "private")
    request = str(csrtui.pair("intranet") / "request.pem")
    _, document = inspected(csrtui, request)
    assert "public" not in str(document["items"][0]["findings"])
    _, document = inspected(csrtui, request, "--ca", "public")
    assert "public CA" in str(document["items"][0]["findings"])
