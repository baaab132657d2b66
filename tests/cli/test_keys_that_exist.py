"""Pairs from an existing key: `new --key-file`, `adopt --names`, `renew --same-key`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from foreign_made import ec_key, pkcs8, rsa_key
from throwaway_ca import issue

from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import spki_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NAMES = ("www.mydomain.com", "mydomain.com")
KEY = ec.generate_private_key(ec.SECP256R1())


def written(folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, word: str = "") -> Path:
    protection = BestAvailableEncryption(word.encode()) if word else NoEncryption()
    file = folder / "old.key"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    file.chmod(0o600)
    return file


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


def passphrase_file(place: Path) -> str:
    file = place / "word"
    file.write_text("correct horse battery staple\n")
    file.chmod(0o600)
    return str(file)


def test_no_key_is_chosen_among_several(csrtui: Csrtui, place: Path) -> None:
    file = written(place, KEY)
    one = file.read_bytes()
    file.write_bytes(one + written(place, ec.generate_private_key(ec.SECP256R1())).read_bytes())
    ran = csrtui("new", *NAMES, "--key-file", str(file))
    assert (ran.status, "old.key contains 2 different private keys" in ran.err) == (2, True)
    assert not csrtui.pair(NAMES[0]).exists()
    file.write_bytes(one * 2)
    assert csrtui("new", *NAMES, "--key-file", str(file)).status == 0


@pytest.mark.parametrize("command", ["new", "adopt"])
def test_a_key_alone_becomes_a_pair_and_its_file_stays_unchanged(
    csrtui: Csrtui, place: Path, command: str
) -> None:
    file = written(place, KEY)
    before = file.read_bytes()
    if command == "new":
        made = csrtui("new", *NAMES, "--key-file", str(file), "-O", "My Ltd", "-C", "GB", "-L", "X", "--json")
        assert made.json["subject"].endswith("O=My Ltd,L=X,C=GB")
    else:
        made = csrtui("adopt", "--key", str(file), "--make-csr", "--names", *NAMES)
    assert made.status == 0, made.err
    pair = csrtui("show", "www.mydomain.com", "--json").json
    assert (pair["names"], pair["key"]["type"]) == (list(NAMES), "ec-p256")
    assert pair["key"]["spki_sha256"] == spki_sha256(KEY.public_key())
    request = csr.read_pem((csrtui.pair("www.mydomain.com") / "request.pem").read_bytes())
    assert csr.has_valid_signature(request.der)
    assert file.read_bytes() == before
    again = csrtui("new", "b.mydomain.com", "--key-file", str(file))
    assert (again.status, csrtui.pairs) == (2, ["www.mydomain.com"])
    assert "www.mydomain.com" in again.error


def test_an_encrypted_key_stays_encrypted(csrtui: Csrtui, place: Path) -> None:
    file, word = written(place, KEY, "correct horse battery staple"), passphrase_file(place)
    assert csrtui("new", *NAMES, "--key-file", str(file)).status == 2
    made = csrtui("new", *NAMES, "--key-file", str(file), "--passphrase-file", word, "--json")
    assert made.json["key"]["encrypted"] is True
    (place / "word").write_text("another one entirely\n")
    wrong = csrtui("new", *NAMES, "--key-file", str(file), "--passphrase-file", word)
    assert (wrong.status, wrong.out) == (2, "")


def test_a_plain_key_is_encrypted_on_request(csrtui: Csrtui, place: Path) -> None:
    file, word = written(place, KEY), passphrase_file(place)
    made = csrtui(
        "new", *NAMES, "--key-file", str(file), "--encrypt-key", "--passphrase-file", word, "--json"
    )
    assert made.json["key"]["encrypted"] is True


def test_no_request_to_a_public_ca_is_made_for_a_weak_key(csrtui: Csrtui, place: Path) -> None:
    subprocess.run(
        ["openssl", "genrsa", "-out", str(place / "old.key"), "1024"], check=True, capture_output=True
    )
    (place / "old.key").chmod(0o600)
    weak = csrtui("new", *NAMES, "--key-file", str(place / "old.key"))
    assert (weak.status, csrtui.pairs) == (2, [])


def test_adopting_a_key_for_new_names_checks_them_and_the_key(csrtui: Csrtui, tmp_path: Path) -> None:
    number = int.from_bytes(b"short")  # so few bits that the certificate reveals them
    file = written(tmp_path, ec.derive_private_key(number, ec.SECP256R1()))
    adopt = ("adopt", "--key", str(file), "--make-csr", "--names")
    weak = csrtui(*adopt, *NAMES)
    assert (weak.status, "override with --force" in weak.out, csrtui.pairs) == (1, True, [])
    assert "can be computed from the certificate" in weak.out
    forced = csrtui(*adopt, "www.example.com", "--force")
    assert forced.status == 0
    assert "warning: www.example.com is reserved for documentation" in forced.err
    assert "error: The private number of this EC P-256 key" in forced.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", *NAMES, "--key-file", "{}", "--key", "ec-p256"), "cannot be combined"),
        (("new", "--from", "-", "--key-file", "{}"), "cannot be combined"),
        (("new", *NAMES, "--key-file", "{}.gone"), "old.key.gone"),
        (("adopt", "--key", "{}", "--csr", "{}", "--names", "a.com"), ""),
        (("new", *NAMES, "--key-file", "{}", "--force", "--as", "A B"), "not a valid pair name"),
    ],
)
def test_invalid_options_for_an_existing_key_are_refused(
    csrtui: Csrtui, place: Path, arguments: tuple[str, ...], said: str
) -> None:
    file = str(written(place, KEY))
    ran = csrtui(*(text.replace("{}", file) for text in arguments))
    assert ran.status == 2
    assert said in ran.error
    assert csrtui.pairs == []


def test_a_key_on_an_unsupported_curve_gets_no_csr(csrtui: Csrtui, place: Path) -> None:
    file = written(place, ec.generate_private_key(ec.SECP256K1()))
    ran = csrtui("new", *NAMES, "--ca", "private", "--key-file", str(file))
    assert ran.status == 2
    assert "csrtui does not make one" in ran.error


def test_same_key_makes_a_csr_for_other_names_and_its_certificate_is_matched(csrtui: Csrtui) -> None:
    old = csrtui("new", *NAMES, "--json").json
    renewed = csrtui(
        "renew", "www.mydomain.com", "--same-key", "--names", *NAMES, "shop.mydomain.com", "--json"
    )
    new = renewed.json
    assert new["key"]["spki_sha256"] == old["key"]["spki_sha256"]
    assert (new["names"], new["renews"]) == ([*NAMES, "shop.mydomain.com"], "www.mydomain.com")
    assert new["created"] == old["created"]
    assert "Anyone who has a copy of the old key" in renewed.err
    request = csr.read_pem((csrtui.pair(new["name"]) / "request.pem").read_bytes())
    certificate = csrtui.store.parent / "certificate.pem"
    certificate.write_bytes(issue(request.der))
    assert csrtui("import", str(certificate), "--json").json["results"][0]["pair"] == new["name"]
    assert csrtui("show", "www.mydomain.com", "--json").json["renewed_by"] == new["name"]
    codes = {finding["code"] for finding in csrtui("doctor", "--json").json["findings"]}
    assert "same-key" not in codes


def test_with_same_key_the_key_stays_encrypted_and_is_restored_beside_the_old_pair(
    csrtui: Csrtui, place: Path
) -> None:
    word = passphrase_file(place)
    csrtui("new", *NAMES, "--encrypt-key", "--passphrase-file", word)
    assert csrtui("renew", "www.mydomain.com", "--same-key").status == 2
    new = csrtui("renew", "www.mydomain.com", "--same-key", "--passphrase-file", word, "--json").json
    assert new["key"]["encrypted"] is True
    saved = csrtui("backup", new["name"], "--to", str(place), "--passphrase-file", word, "--json")
    csrtui.pair(new["name"]).rename(place / "gone")
    restored = csrtui("restore", saved.json["results"][0]["file"], "--passphrase-file", word)
    assert restored.status == 0, restored.err


@pytest.mark.parametrize(
    "options", [("--same-key", "--reuse"), ("--same-key", "--key", "ec-p384"), ("--names", "a.mydomain.com")]
)
def test_ways_to_renew_exclude_each_other(csrtui: Csrtui, options: tuple[str, ...]) -> None:
    csrtui("new", *NAMES)
    assert csrtui("renew", "www.mydomain.com", *options).status == 2
    assert csrtui.pairs == ["www.mydomain.com"]


def test_an_adopted_key_of_an_unsupported_type_is_not_reused(csrtui: Csrtui, place: Path) -> None:
    file, request = written(place, ec.generate_private_key(ec.SECP256K1())), place / "old.csr"
    subprocess.run(
        ["openssl", "req", "-new", "-key", str(file), "-subj", "/CN=intranet", "-out", str(request)],
        check=True,
        capture_output=True,
    )
    csrtui("adopt", "--key", str(file), "--csr", str(request), "--ca", "private")
    ran = csrtui("renew", "intranet", "--same-key")
    assert ran.status == 2
    assert "makes no CSR for" in ran.error


def test_names_are_for_one_key(csrtui: Csrtui, tmp_path: Path) -> None:
    file = tmp_path / "keys.pem"
    file.write_bytes(pkcs8(ec_key()) + pkcs8(rsa_key()))
    ran = csrtui("adopt", "--key", str(file), "--make-csr", "--names", *NAMES)
    assert (ran.status, ran.error) == (2, f"--names is for one key, but {file} contains 2")
    assert csrtui.pairs == []


def test_the_reason_why_a_key_cannot_be_opened_is_not_the_passphrase(csrtui: Csrtui, tmp_path: Path) -> None:
    file, secret = tmp_path / "key.pem", tmp_path / "secret"
    secret.write_text("x\n")
    secret.chmod(0o600)
    arguments = [
        "openssl",
        "pkcs8",
        "-topk8",
        "-v2",
        "aria256",
        "-passout",
        f"file:{secret}",
        "-out",
        str(file),
    ]
    subprocess.run(arguments, input=pkcs8(ec_key()), check=True)
    ran = csrtui("new", *NAMES, "--key-file", str(file), "--passphrase-file", str(secret))
    assert ran.error.startswith(
        f"{file}: the key is encrypted with ARIA-256-CBC, which csrtui does not support; "
    )
    assert ran.hint is None
