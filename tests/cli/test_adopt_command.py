"""``csrtui adopt``: the question before an adoption, the output and the exit status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import build, intermediate, named, pem
from command import ROOT, Csrtui, argv, environment
from cryptography import x509
from foreign_made import (
    PHRASE,
    PKCS9_EXTENSIONS,
    alternative,
    attribute,
    bare_csr,
    csr,
    ec_key,
    pkcs8,
    rsa_key,
    traditional,
)
from pty_session import PtySession

from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import StoreError
from csrtui.core.keys import pkcs8 as own_pkcs8
from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "www.mydomain.com"
CSR = csr(attributes=(attribute(PKCS9_EXTENSIONS, alternative(NAME)),))
CERTIFICATE = pem(intermediate().sign(CSR), intermediate().certificate)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use few iterations, because these tests do not depend on their number."""
    monkeypatch.setattr(own_pkcs8, "ITERATIONS", 1000)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., str]:
    """Write files into a folder outside the store, and return the folder."""
    folder = tmp_path / "elsewhere"

    def write(**files: bytes) -> str:
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
            (folder / name).chmod(0o600)
        return str(folder)

    return write


@pytest.fixture
def phrase(tmp_path: Path) -> str:
    """Return the path of a passphrase file."""
    path = tmp_path / "phrase"
    path.write_bytes(PHRASE + b"\n")
    path.chmod(0o600)
    return str(path)


def test_named_files_become_a_pair(csrtui: Csrtui, put: Callable[..., str]) -> None:
    folder = put(key=traditional(rsa_key()), csr=wrap("NEW CERTIFICATE REQUEST", CSR), cert=CERTIFICATE)
    ran = csrtui(
        *("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr", "--cert", f"{folder}/cert"),
        *("--for", "nginx", "--as", "mine", "--ca", "private"),
    )
    assert (ran.status, ran.out) == (
        0,
        f"ok  mine  {folder}/key  adopted: RSA 2048 key, CSR and certificate\n",
    )
    assert "note:" in ran.err
    shown = csrtui("show", "mine", "--json").json
    assert (shown["platform"], shown["ca"], shown["stage"]) == ("nginx", "private", "issued")
    assert csrtui("adopt", f"{folder}/key", "--csr", f"{folder}/csr").status == 1


def test_json_results_contain_the_keys_found(csrtui: Csrtui, put: Callable[..., str]) -> None:
    weak = rsa_key(1024)
    folder = put(key=pkcs8(weak), csr=csr(weak, hash_name="sha1"))
    document = csrtui("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr", "--json").json
    assert (document["schema"], document["ok"]) == (1, True)
    (result,) = document["results"]
    assert (result["ok"], result["pair"], result["file"]) == (True, NAME, f"{folder}/key")
    assert [(one["code"], one["level"]) for one in result["findings"]] == [
        ("key-weak", "error"),
        ("old-hash", "error"),
        ("no-alternative-names", "warning"),
    ]
    again = csrtui("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr", "--json")
    assert (again.status, again.json["ok"]) == (1, False)
    assert again.json["results"][0]["pair"] == NAME


def test_a_certificate_with_only_a_common_name_is_reported_everywhere(
    csrtui: Csrtui, put: Callable[..., str]
) -> None:
    key = rsa_key()
    bare = build(named(NAME), key.public_key(), intermediate(), [])
    folder = put(key=pkcs8(key), csr=csr(key), cert=pem(bare, intermediate().certificate))
    files = ("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr")
    (rehearsed,) = csrtui(*files, "--dry-run", "--json").json["results"]
    assert [finding["code"] for finding in rehearsed["findings"]] == ["no-alternative-names"]
    ran = csrtui(*files, "--cert", f"{folder}/cert")
    assert ran.err.count("no subject alternative names") == 1
    assert "the certificate has no subject alternative names" in ran.err
    assert "Covers      no host names\n" in csrtui("show", NAME).out
    assert (
        "warning: the certificate has no subject alternative names" in csrtui("import", f"{folder}/cert").err
    )
    found = csrtui("inspect", f"{folder}/cert", f"{folder}/csr", "--json").json["items"]
    codes = [[finding["code"] for finding in item["findings"]] for item in found]
    assert ["no-alternative-names" in one for one in codes[:1] + codes[-1:]] == [True, True]


def test_a_csr_of_another_key_is_named_and_nothing_is_adopted(
    csrtui: Csrtui, put: Callable[..., str]
) -> None:
    folder = put(key=pkcs8(ec_key()), csr=CSR)
    ran = csrtui("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr")
    assert ran.status == 1
    assert ran.out.splitlines() == [
        f"FAILED  {folder}/csr  does not match the key: it is the CSR of CN={NAME}, whose key is missing",
        f"FAILED  {folder}/key  not adopted: another named file cannot be used",
    ]
    assert csrtui.pairs == []


def test_a_search_leaves_out_backups_of_csrtui(csrtui: Csrtui, put: Callable[..., str]) -> None:
    folder = put(key=pkcs8(rsa_key()), csr=CSR, backup=b"csrtui backup: a private key\n" + pkcs8(ec_key()))
    ran = csrtui("adopt", folder, "--yes")
    assert (ran.status, csrtui.pairs) == (0, [NAME])
    assert f"skipped  {folder}/backup  is a csrtui backup: csrtui restore FILE restores its pair" in ran.err


def test_a_search_makes_a_missing_csr_only_with_make_csr(csrtui: Csrtui, put: Callable[..., str]) -> None:
    folder = put(key=pkcs8(rsa_key()), cert=CERTIFICATE)
    ran = csrtui("adopt", folder, "--yes")
    assert (ran.status, csrtui.pairs) == (1, [])
    assert "--make-csr" in ran.out
    assert "and a new CSR" not in ran.out
    ran = csrtui("adopt", folder, "--yes", "--make-csr")
    assert (ran.status, csrtui.pairs) == (0, [NAME])


def test_a_key_and_its_certificate_get_a_new_csr(csrtui: Csrtui, put: Callable[..., str]) -> None:
    folder = put(key=pkcs8(rsa_key()), cert=CERTIFICATE)
    ran = csrtui("adopt", "--key", f"{folder}/key", "--cert", f"{folder}/cert", "--json")
    assert (ran.status, ran.json["results"][0]["pair"]) == (0, NAME)
    assert "a new CSR" in ran.json["results"][0]["text"]
    pair = csrtui("show", NAME, "--json").json
    assert (pair["stage"], pair["names"]) == ("issued", [NAME])


def test_a_search_shows_its_results_and_adopts_nothing_without_a_confirmation(
    csrtui: Csrtui, put: Callable[..., str]
) -> None:
    folder = put(key=pkcs8(rsa_key()), csr=CSR, lone=pkcs8(ec_key()), stray=bare_csr(ec_key(7)))
    rehearsed = csrtui("adopt", folder, "--dry-run")
    assert rehearsed.status == 1
    assert f"  key          {folder}/key  RSA 2048" in rehearsed.out
    assert f"ok  {NAME}  {folder}/key  would be adopted: RSA 2048 key and CSR" in rehearsed.out
    assert f"skipped  {folder}/stray  is the CSR of CN=proof.invalid" in rehearsed.out
    ran = csrtui("adopt", "--from", folder, stdin=b"y\n")
    assert (ran.status, ran.hint) == (2, "check the list, then use --yes")
    assert csrtui("adopt", folder, stdin=None).status == 2
    assert csrtui.pairs == []
    ran = csrtui("adopt", folder, "--yes")
    assert ran.status == 1, "the lone key"
    assert ran.out.splitlines()[0] == f"ok  {NAME}  {folder}/key  adopted: RSA 2048 key and CSR"
    assert csrtui.pairs == [NAME]
    document = csrtui("adopt", folder, "--dry-run", "--json").json
    assert [one["ok"] for one in document["results"]] == [False, False]


def test_each_line_names_its_own_pair(csrtui: Csrtui, put: Callable[..., str]) -> None:
    weak = rsa_key(1024)
    folder = put(a=pkcs8(rsa_key()), b=CSR, c=CERTIFICATE, d=pkcs8(weak), e=csr(weak))
    ran = csrtui("adopt", folder, "--yes")
    assert ran.status == 0
    assert f"{NAME}-2: error: RSA 1024" in ran.err or f"{NAME}: error: RSA 1024" in ran.err
    assert "note: the certificate ends" not in ran.err
    assert csrtui.pairs == [NAME, f"{NAME}-2"]


def test_differences_of_the_certificate_are_reported(csrtui: Csrtui, put: Callable[..., str]) -> None:
    leaf = intermediate().sign(CSR, names=["other.com"])
    folder = put(key=pkcs8(rsa_key()), csr=CSR, cert=pem(leaf))
    ran = csrtui("adopt", folder, "--yes", "--ca", "public")
    assert f"differs from the request: {NAME} was requested" in ran.err
    assert "warning: the chain is incomplete" in ran.err


@pytest.mark.parametrize(
    ("policy", "start", "ca"),
    [
        ("2.23.140.1.2.1", {}, "public"),
        ("1.3.6.1.4.1.1.1", {}, "private"),
        (None, {}, "private"),
        (None, {"start": datetime(2020, 9, 29, tzinfo=UTC)}, "public"),
    ],
)
def test_the_kind_of_ca_follows_from_the_certificate(
    csrtui: Csrtui, put: Callable[..., str], policy: str | None, start: dict[str, Any], ca: str
) -> None:
    information = x509.PolicyInformation(x509.ObjectIdentifier(policy or "1.1"), None)
    extensions = [x509.CertificatePolicies([information])] if policy else []
    asked = x509.load_der_x509_csr(CSR)
    leaf = build(asked.subject, asked.public_key(), intermediate(), list(extensions), **start)
    folder = put(key=pkcs8(rsa_key()), csr=CSR, cert=pem(leaf))
    ran = csrtui("adopt", folder, "--yes")
    assert ran.status == 0, ran.err
    assert csrtui("show", NAME, "--json").json["ca"] == ca
    assert ("the pair is for a private CA, because its certificate lacks" in ran.err) is (ca == "private")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no key or folder is named"),
        (("X", "--key", "Y"), "cannot be combined"),
        (("--from", "X", "--key", "Y"), "cannot be combined"),
        (("--from", "/nowhere"), "cannot read /nowhere"),
        (("/nowhere",), "cannot read /nowhere"),
        (("--key", "/dev/zero"), "not a regular file"),
        (("FOLDER", "--csr", "x"), "--csr and --cert need --key"),
        (("FOLDER",), "no private key"),
        (("FOLDER", "--for", "winnt"), "unknown server software"),
        (("--key", "a\x1b"), "cannot read"),
        (("--key", "FOLDER"), "is a folder"),
    ],
)
def test_wrong_usage_is_reported(
    csrtui: Csrtui, put: Callable[..., str], arguments: tuple[str, ...], words: str
) -> None:
    folder = put(readme=b"hello")
    ran = csrtui("adopt", *(folder if one == "FOLDER" else one for one in arguments))
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.error
    assert "\x1b" not in ran.err


def test_a_name_works_only_for_a_single_key(csrtui: Csrtui, put: Callable[..., str]) -> None:
    folder = put(a=pkcs8(rsa_key()), b=CSR, c=pkcs8(ec_key()), d=bare_csr(ec_key()))
    assert "--as names one pair" in csrtui("adopt", folder, "--yes", "--as", "mine").error


# Passphrases


def test_an_encrypted_key_stays_encrypted_by_default(
    csrtui: Csrtui, put: Callable[..., str], phrase: str
) -> None:
    folder = put(key=traditional(rsa_key(), passphrase=PHRASE), csr=CSR)
    files = ("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr")
    ran = csrtui(*files)
    assert (ran.status, ran.error) == (2, "cannot ask for the passphrase: there is no terminal")
    assert csrtui(*files, "--passphrase-file", phrase).status == 0
    assert b"ENCRYPTED" in (csrtui.pair(NAME) / "key.pem").read_bytes()
    csrtui.pair(NAME).rename(csrtui.store.parent / "aside")
    assert csrtui(*files, "--passphrase-file", phrase, "--decrypt-key").status == 0
    assert b"ENCRYPTED" not in (csrtui.pair(NAME) / "key.pem").read_bytes()


def test_a_wrong_passphrase_is_a_refusal_and_not_an_error(
    csrtui: Csrtui, put: Callable[..., str], tmp_path: Path
) -> None:
    folder = put(key=pkcs8(rsa_key(), passphrase=PHRASE), csr=CSR)
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"something else\n")
    wrong.chmod(0o600)
    ran = csrtui("adopt", "--key", f"{folder}/key", "--csr", f"{folder}/csr", "--passphrase-file", str(wrong))
    assert (ran.status, csrtui.pairs) == (1, [])
    assert "the passphrase does not open the key" in ran.out
    assert "does not fit" not in ran.out


def test_a_plain_key_can_be_encrypted(csrtui: Csrtui, put: Callable[..., str], phrase: str) -> None:
    folder = put(
        key=pkcs8(rsa_key()),
        csr=CSR,
        closed=pkcs8(ec_key(), passphrase=PHRASE),
        other=bare_csr(ec_key()),
    )
    ran = csrtui("adopt", folder, "--yes", "--encrypt-key", "--passphrase-file", phrase)
    assert ran.status == 0, ran.err
    for name in csrtui.pairs:
        assert b"ENCRYPTED" in (csrtui.pair(name) / "key.pem").read_bytes()
    csrtui.pair("proof.invalid").rename(csrtui.store.parent / "aside")
    files = ("--key", f"{folder}/closed", "--csr", f"{folder}/other")
    assert csrtui("adopt", *files, "--encrypt-key", "--passphrase-file", phrase).status == 0


def test_keys_that_a_search_cannot_open_are_reported(csrtui: Csrtui, put: Callable[..., str]) -> None:
    folder = put(key=pkcs8(rsa_key()), csr=CSR, closed=pkcs8(ec_key(), passphrase=PHRASE))
    ran = csrtui("adopt", folder, "--yes")
    assert (ran.status, csrtui.pairs) == (1, [NAME])
    assert f"FAILED  {folder}/closed  the key has a passphrase" in ran.out
    assert csrtui("adopt", folder, "--yes", "--passphrase-file", "/nowhere").status == 2


@pytest.mark.parametrize(("answer", "pairs"), [("y\n", [NAME]), ("\n", []), ("no\n", [])])
def test_a_terminal_is_asked_for_confirmation(
    tmp_path: Path, put: Callable[..., str], answer: str, pairs: list[str]
) -> None:
    folder = put(key=pkcs8(rsa_key()), csr=CSR)
    store = tmp_path / "store"
    with PtySession(argv("adopt", folder), env={**environment(store), "PYTHONPATH": str(ROOT)}) as terminal:
        terminal.wait_for("Adopt this key? [y/N]")
        terminal.send(answer)
        assert terminal.wait_exit() == (0 if pairs else 2)
    assert Keystore(str(store)).names() == pairs


def test_if_the_store_fails_half_way_the_adopted_keys_are_kept_and_named(
    csrtui: Csrtui, put: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(a=pkcs8(rsa_key()), b=CSR, c=pkcs8(ec_key()), d=bare_csr(ec_key()))
    add = Keystore.add

    def failing(self: Keystore, base: str, pair: object) -> str:
        if base == NAME:
            raise StoreError("the disk is full")
        return add(self, base, pair)  # type: ignore[arg-type]

    monkeypatch.setattr(Keystore, "add", failing)
    ran = csrtui("adopt", folder, "--yes")
    assert (ran.status, ran.error) == (3, "the disk is full")
    assert ran.out.startswith("ok  proof.invalid")
    assert csrtui.pairs == ["proof.invalid"]


@pytest.mark.parametrize("arguments", [("--key", ""), ("--from", ""), ("",), ("--key", "{}", "--csr", "")])
def test_an_empty_path_is_an_input_error(csrtui: Csrtui, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pkcs8(ec_key()))
    ran = csrtui("adopt", *(text.replace("{}", str(file)) for text in arguments))
    assert (ran.status, "a bug" in ran.error, csrtui.pairs) == (2, False, [])
