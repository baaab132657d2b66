"""``backup --recipient``, ``verify --identity`` and ``--confirm``, ``restore --identity``: success and errors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from recipients_made import age_pair, ssh_pair

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

IDENTITY, RECIPIENT = age_pair()
SSH_IDENTITY, SSH_RECIPIENT = ssh_pair("ssh-ed25519")
CANARY = "correct-horse-battery"


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    path = tmp_path / "identity"
    path.write_bytes(IDENTITY)
    path.chmod(0o600)
    return path


@pytest.fixture
def backup(csrtui: Csrtui, usb: Path) -> Path:
    assert csrtui("new", "a.com").status == 0
    assert csrtui("backup", "a.com", "--to", str(usb), "--recipient", RECIPIENT).status == 0
    (file,) = usb.iterdir()
    return file


def test_a_backup_to_recipients_is_made_verified_and_restored(
    csrtui: Csrtui, backup: Path, identity: Path, tmp_path: Path
) -> None:
    (tmp_path / "laptop").mkdir(mode=0o700)
    laptop = ("--store", str(tmp_path / "laptop"))
    assert csrtui("list", "--json").json["pairs"][0]["backup"]["status"] == "unverified"
    there = csrtui(*laptop, "verify", str(backup), "--identity", str(identity))
    assert there.status == 0
    line = there.out.splitlines()[-1]
    assert line.startswith("csrtui verify --confirm csrtui1.")
    ran = csrtui(*line.split()[1:])
    assert (ran.status, ran.out) == (0, f"ok  a.com  {backup}  confirmed: restored elsewhere\n")
    assert csrtui("list", "--json").json["pairs"][0]["backup"]["status"] == "verified"
    assert csrtui(*laptop, "restore", str(backup), "--identity", str(identity)).status == 0
    restored = tmp_path / "laptop/pairs/a.com/key.pem"
    assert restored.read_bytes() == (csrtui.pair("a.com") / "key.pem").read_bytes()


def test_a_backup_is_confirmed_through_a_pipe_and_in_json(
    csrtui: Csrtui, backup: Path, identity: Path, tmp_path: Path
) -> None:
    (tmp_path / "laptop").mkdir(mode=0o700)
    laptop = ("--store", str(tmp_path / "laptop"))
    there = csrtui(*laptop, "verify", str(backup), "--identity", str(identity), "--json")
    (result,) = there.json["results"]
    assert (result["ok"], result["pair"], result["file"]) == (True, None, str(backup))
    ran = csrtui("verify", "--confirm", "-", "--json", stdin=there.out.encode())
    assert ran.json["results"][0]["pair"] == "a.com"
    assert set(ran.json["results"][0]) == {"ok", "pair", "file", "text"}


def test_age_and_openssl_alone_restore_a_backup(csrtui: Csrtui, backup: Path, identity: Path) -> None:
    if shutil.which("age") is None or shutil.which("openssl") is None:
        pytest.skip("age or openssl is not installed")
    opened = subprocess.run(
        ["age", "-d", "-i", str(identity), str(backup)], capture_output=True, timeout=30, check=True
    ).stdout
    for tool, name in (("pkey", "key.pem"), ("req", "request.pem")):
        done = subprocess.run(["openssl", tool], input=opened, capture_output=True, timeout=30, check=True)
        assert done.stdout == (csrtui.pair("a.com") / name).read_bytes()


def test_recipients_from_files_are_listed_and_no_passphrase_is_needed(
    csrtui: Csrtui, usb: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "authorized_keys"
    keys.write_text(f"# admins\n\nno-pty {SSH_RECIPIENT} joe\n{RECIPIENT}\n")
    csrtui("new", "a.com")
    ran = csrtui("backup", "--all", "--to", str(usb), "--recipient", str(keys), "--recipient", RECIPIENT)
    assert ran.status == 0
    assert ran.err.count("recipient: ") == 2
    assert f"recipient: {RECIPIENT}\n" in ran.err
    (file,) = usb.iterdir()
    ssh = tmp_path / "id_ed25519"
    ssh.write_bytes(SSH_IDENTITY)
    ssh.chmod(0o600)
    assert csrtui("verify", str(file), "--identity", str(ssh)).status == 0
    assert csrtui("list", "--json").json["pairs"][0]["backup"]["status"] == "verified"


def test_the_backup_of_an_encrypted_key_is_verified_with_its_passphrase(
    csrtui: Csrtui, usb: Path, identity: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text(CANARY)
    secret.chmod(0o600)
    csrtui("new", "a.com", "--passphrase-file", str(secret))
    assert csrtui("backup", "a.com", "--to", str(usb), "--recipient", RECIPIENT).status == 0
    (file,) = usb.iterdir()
    opening = (str(file), "--identity", str(identity), "--passphrase-file", str(secret))
    (tmp_path / "laptop").mkdir(mode=0o700)
    laptop = ("--store", str(tmp_path / "laptop"))
    ran = csrtui(*laptop, "verify", *opening)
    assert ran.status == 0
    assert CANARY not in ran.out + ran.err
    ran = csrtui(*laptop, "restore", *opening)
    assert (ran.status, "the backup is not signed" in ran.error) == (1, True)
    assert csrtui(*laptop, "restore", *opening, "--unsigned").status == 0
    secret.write_text("another passphrase")
    ran = csrtui(*laptop, "verify", *opening)
    assert (ran.status, ran.out.split("  ")[0]) == (1, "FAILED")


def test_the_backups_of_a_pair_are_tested_with_the_identity(
    csrtui: Csrtui, backup: Path, identity: Path
) -> None:
    ran = csrtui("verify", "a.com", "--identity", str(identity))
    assert (ran.status, ran.out) == (0, f"ok  a.com  {backup}  restores\n")
    assert csrtui("list", "--json").json["pairs"][0]["backup"]["status"] == "verified"


def test_backups_of_encrypted_keys_need_identity_and_passphrase(
    csrtui: Csrtui, usb: Path, identity: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text(CANARY)
    given = ("--passphrase-file", str(secret))
    csrtui("new", "a.com", *given)
    ran = csrtui("backup", "a.com", "--to", str(usb), "--recipient", RECIPIENT)
    assert "not signed, because the key has a passphrase" in ran.out
    ran = csrtui("verify", "a.com", "--identity", str(identity))
    assert (ran.status, "the key in the backup has a passphrase" in ran.out) == (1, True)
    ran = csrtui("verify", "a.com", "--identity", str(identity), *given)
    assert (ran.status, "restores" in ran.out) == (0, True)


@pytest.mark.parametrize(
    ("recipient", "said"),
    [
        ("ecdsa-sha2-nistp256 AAAA", "an ECDSA key"),
        ("age1yubikey1qqqq", "age plugin (yubikey)"),
        ("/nowhere/keys", "No such file"),
        ("", "No such file"),
        (IDENTITY.decode(), "that is a private key"),
    ],
    ids=["ecdsa", "plugin", "missing", "empty", "private"],
)
def test_an_invalid_recipient_is_reported_and_nothing_is_written(
    csrtui: Csrtui, usb: Path, recipient: str, said: str
) -> None:
    csrtui("new", "a.com")
    ran = csrtui("backup", "a.com", "--to", str(usb), "--recipient", recipient)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.error
    assert "AGE-SECRET" not in ran.err
    assert list(usb.iterdir()) == []


def test_a_private_key_given_as_a_recipient_is_reported_with_its_file(
    csrtui: Csrtui, usb: Path, identity: Path
) -> None:
    csrtui("new", "a.com")
    ran = csrtui("backup", "a.com", "--to", str(usb), "--recipient", str(identity))
    assert ran.error == f"{identity}: that is a private key, not a recipient"
    assert ".pub" in str(ran.hint)


def test_a_passphrase_and_recipients_exclude_each_other(csrtui: Csrtui, usb: Path) -> None:
    csrtui("new", "a.com")
    ran = csrtui("backup", "a.com", "--to", str(usb), "--recipient", RECIPIENT, "--passphrase-fd", "0")
    assert (ran.status, ran.error) == (2, "--recipient and a passphrase cannot be combined")


def test_a_missing_pyrage_is_reported_with_its_installation_command(
    csrtui: Csrtui, usb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrtui("new", "a.com")
    monkeypatch.setitem(sys.modules, "pyrage", None)
    ran = csrtui("backup", "a.com", "--to", str(usb), "--recipient", RECIPIENT)
    assert (ran.status, ran.hint) == (2, "pip install 'csrtui[age]'")
    assert list(usb.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--identity", "/nowhere"),
        ("--confirm", "csrtui1.AAAA"),
        ("--confirm", ""),
        ("--confirm", "-"),
        ("--confirm", "csrtui1.AAAA", "a.com"),
    ],
)
def test_wrong_options_of_verify_are_reported(
    csrtui: Csrtui, backup: Path, arguments: tuple[str, ...]
) -> None:
    ran = csrtui("verify", *arguments)
    assert backup.exists()
    assert (ran.status, ran.out) == (2, "")
    assert ran.error


def test_standard_input_may_be_closed(csrtui: Csrtui) -> None:
    csrtui.make_store()
    assert csrtui("verify", "--confirm", "-", stdin=None).error == "standard input is closed"


def test_an_identity_that_does_not_open_the_backup_is_reported(
    csrtui: Csrtui, backup: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_bytes(age_pair(1)[0])
    other.chmod(0o600)
    ran = csrtui("verify", str(backup), "--identity", str(other))
    assert (ran.status, "encrypted to other recipients" in ran.out, "hint: " in ran.err) == (1, True, True)
    ran = csrtui("restore", str(backup), "--passphrase-fd", "0")
    assert ran.status == 2
    ran = csrtui("verify", str(backup))
    assert ran.out == f"ok  a.com  {backup}  exists and is unchanged, but was never verified\n"


@pytest.mark.parametrize(
    ("command", "mode"), [("verify", 0o644), ("restore", 0o644), ("restore", 0o640), ("verify", 0o620)]
)
def test_an_identity_that_others_can_read_is_refused_with_its_chmod(
    csrtui: Csrtui, backup: Path, identity: Path, *, command: str, mode: int
) -> None:
    identity.chmod(mode)
    laptop = identity.with_name("laptop")
    laptop.mkdir(0o700)
    ran = csrtui("--store", str(laptop), command, str(backup), "--identity", str(identity))
    assert (ran.status, ran.out) == (2, "")
    assert ran.error == f"others can read or write the identity file {identity} (mode {mode:04o})"
    assert ran.hint == f"chmod 600 {identity}"
    assert not (laptop / "pairs" / "a.com").exists()


def test_inspect_shows_the_kinds_of_recipients_and_with_an_identity_the_contents(
    csrtui: Csrtui, backup: Path, identity: Path, tmp_path: Path
) -> None:
    ran = csrtui("inspect", str(backup))
    assert (ran.status, "encrypted with age to age (X25519)" in ran.out) == (0, True)
    (item,) = csrtui("inspect", str(backup), "--json").json["items"]
    assert (item["recipients"], item["names"], item["pair"]) == (["age (X25519)"], [], None)
    ran = csrtui("inspect", str(backup), "--identity", str(identity))
    assert "the key opens, and the key matches the CSR" in ran.out
    (item,) = csrtui("inspect", str(backup), "--identity", str(identity), "--json").json["items"]
    assert (item["names"], item["pair"], item["backup"]["signed"]) == (["a.com"], "a.com", True)
    other = tmp_path / "other"
    other.write_bytes(SSH_IDENTITY)
    other.chmod(0o600)
    ran = csrtui("inspect", str(backup), "--identity", str(other))
    assert (ran.status, "the identity does not open the file" in ran.out) == (1, True)
    assert "damaged" not in ran.out
