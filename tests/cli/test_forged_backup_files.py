"""An attacker can write to the backup medium, but does not know the passphrase: every forgery, in the commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from backup_commands import Places
from backup_forgeries import foreign_key_blocks, foreign_requests
from command import ROOT
from recipients_made import age_pair
from safety_results import counted

from csrtui.core.backups.backup_file import parse
from csrtui.core.certificates import csr as request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command import Csrtui

ADVERSARY = "Write access to the backup medium is useless without the passphrase"
IDENTITY, RECIPIENT = age_pair()

pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def places(tmp_path: Path, csrtui: Csrtui) -> Places:
    """Return a verified backup of a.com, whose key has no passphrase."""
    places = Places.made_in(tmp_path)
    csrtui("new", "a.com", "--ca", "private")
    places.back_up(csrtui)
    return places


def request_exchanged(data: bytes) -> bytes:
    """Return the backup with a CSR for another name, made with the same key."""
    original = parse(data).csr.der
    return data.replace(request.to_pem(original), request.to_pem(original.replace(b"a.com", b"b.com")))


def bare(data: bytes) -> bytes:
    return data[data.index(b"-----BEGIN") :]


def without(*starts: bytes) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(line for line in lines if not line.startswith(starts))

    return changed


FORGERIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "the CSR exchanged": (request_exchanged, "not signed by its own key"),
    "the CSR exchanged, the header cut off": (
        lambda data: bare(request_exchanged(data)),
        "not signed by its own key",
    ),
    "how the key was stored removed": (without(b"In store:"), "its signature is not valid"),
    "the kind of CA changed": (
        lambda data: data.replace(b"private\n", b"public\n", 1),
        "its signature is not valid",
    ),
    "a foreign key in front": (lambda data: foreign_key_blocks()[0] + data, "text between or after"),
    "a foreign encrypted key in front": (
        lambda data: foreign_key_blocks()[2] + data,
        "text between or after",
    ),
    "a foreign encrypted key before the key": (
        lambda data: data.replace(b"-----BEGIN", foreign_key_blocks()[3] + b"-----BEGIN", 1),
        "more than one key",
    ),
    "a foreign key before the key": (
        lambda data: data.replace(b"-----BEGIN", foreign_key_blocks()[0] + b"-----BEGIN", 1),
        "a private key without a passphrase, not a backup",
    ),
    "a foreign key behind a long line": (
        lambda data: b"x" * 254 + foreign_key_blocks()[0] + data,
        "line 1 is longer than 250 bytes",
    ),
    "a foreign request in front": (lambda data: foreign_requests()[1] + data, "text between or after"),
    "a foreign request before the key": (
        lambda data: data.replace(b"-----BEGIN", foreign_requests()[1] + b"-----BEGIN", 1),
        "NEW CERTIFICATE REQUEST",
    ),
}


@pytest.mark.safety
def test_a_forged_file_is_refused_with_the_reason(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    (file,) = places.files
    original, forged = file.read_bytes(), tmp_path / "forged.pem"
    other = ("--store", str(tmp_path / "other"))
    with counted(ADVERSARY, "forged files, through verify and restore") as tally:
        for name, (forge, said) in FORGERIES.items():
            data = forge(original)
            assert data != original, name
            forged.write_bytes(data)
            for extra in ((), places.given):
                ran = csrtui("verify", str(forged), *extra)
                assert (ran.status, said in ran.out) == (1, True), f"{name}: {ran.out}"
            for option in ((), ("--unsigned",)):
                ran = csrtui(*other, "restore", str(forged), *places.given, *option)
                assert (ran.status, said in ran.error) == (2, True), f"{name}: {ran.err}"
            tally.add()
    assert not (tmp_path / "other" / "pairs").exists()


def test_a_backup_without_its_signature_is_restored_only_with_unsigned_and_the_key_stays_encrypted(
    csrtui: Csrtui, places: Places, tmp_path: Path
) -> None:
    (file,) = places.files
    cut = tmp_path / "cut.pem"
    cut.write_bytes(without(b"In store:", b"Signature:", b"            ")(file.read_bytes()))
    for extra in ((), places.given):
        ran = csrtui("verify", str(cut), *extra)
        assert (ran.status, "its signature or checksum is missing" in ran.out) == (1, True)
    other = ("--store", str(tmp_path / "other"))
    ran = csrtui(*other, "restore", str(cut), *places.given)
    assert (ran.status, "its signature or checksum is missing" in ran.error) == (1, True)
    assert "--unsigned" in ran.err
    ran = csrtui(*other, "restore", str(cut), *places.given, "--unsigned")
    assert (ran.status, "kind of CA, server software and stage were not restored" in ran.err) == (0, True)
    assert "This file does not count as a backup of the pair: back up the pair again." in ran.err
    assert b"ENCRYPTED" in (tmp_path / "other/pairs/a.com/key.pem").read_bytes()
    pair = json.loads(csrtui(*other, "show", "a.com", "--json").out)
    assert (pair["backup"]["status"], pair["next"]) == ("none", "back-up")


def test_a_backup_without_its_header_is_unsigned_and_the_key_stays_encrypted(
    csrtui: Csrtui, places: Places, tmp_path: Path
) -> None:
    (file,) = places.files
    cut = tmp_path / "cut.pem"
    cut.write_bytes(bare(file.read_bytes()))
    ran = csrtui("verify", str(cut), *places.given)
    assert (ran.status, "it is not signed, although the backups of a.com are" in ran.out) == (1, True)
    other = ("--store", str(tmp_path / "other"))
    assert csrtui(*other, "restore", str(cut), *places.given).status == 1
    ran = csrtui(*other, "restore", str(cut), *places.given, "--unsigned")
    assert ran.status == 0
    assert "kind of CA, server software and stage were not restored" in ran.err
    assert b"ENCRYPTED" in (tmp_path / "other/pairs/a.com/key.pem").read_bytes()


@pytest.mark.safety
def test_an_age_file_of_another_person_is_refused_if_it_can_be_recognized(
    csrtui: Csrtui, tmp_path: Path
) -> None:
    """Anyone can encrypt to the recipients, and sign with a key of their own."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    identity = tmp_path / "identity"
    identity.touch(0o600)
    identity.write_bytes(IDENTITY)
    for folder, store in ((mine, ()), (theirs, ("--store", str(tmp_path / "attacker")))):
        folder.mkdir()
        csrtui(*store, "new", "a.com")
        assert csrtui(*store, "backup", "a.com", "--to", str(folder), "--recipient", RECIPIENT).status == 0
    (own,), (foreign,) = mine.iterdir(), theirs.iterdir()
    right = csrtui("show", "a.com", "--json").json["key"]["spki_sha256"]
    csr, with_identity = str(csrtui.pair("a.com") / "request.pem"), ("--identity", str(identity))
    (tmp_path / "other").mkdir(0o700)
    with counted(ADVERSARY, "age files from another person") as tally:
        for value in (right, csr):
            for command in ("verify", "restore"):
                other = ("--store", str(tmp_path / "other"))
                ran = csrtui(*other, command, str(foreign), *with_identity, "--expect", value)
                assert (ran.status, "is not the expected one" in ran.out + ran.err) == (1, True)
                tally.add()
            assert csrtui("verify", str(own), *with_identity, "--expect", value).status == 0
        ran = csrtui("--store", str(tmp_path / "other"), "verify", str(foreign), *with_identity)
        assert "key: SPKI SHA-256 " in ran.err
        assert right not in ran.err
        own.write_bytes(foreign.read_bytes())
        ran = csrtui("verify", str(own), *with_identity)
        assert (ran.status, "its key differs from that of a.com" in ran.out) == (1, True)
        assert csrtui("verify", "a.com", *with_identity).status == 1
        assert csrtui("verify", str(own)).status == 1
        tally.add()
    assert not (tmp_path / "other" / "pairs").exists()
    ran = csrtui("verify", str(own), "--expect", right)
    assert (ran.status, "can only be compared with --identity" in ran.out) == (1, True)


@pytest.mark.parametrize("name", ["r_good", "r_bom", "r_blocks", "r_blocks_bom"])
def test_a_backup_of_an_earlier_version_is_restored_after_a_question(
    csrtui: Csrtui, tmp_path: Path, data_restore: Path, name: str
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.touch(0o600)
    passphrase.write_bytes((data_restore / "passphrase").read_bytes())
    command = ("restore", str(data_restore / f"{name}.pem"), "--passphrase-file", str(passphrase))
    assert csrtui(*command).status == 1
    assert csrtui(*command, "--unsigned").status == 0
    assert csrtui.pairs == ["www.example-shop.com"]


def test_a_changed_backup_is_refused_with_a_hint(csrtui: Csrtui, data_restore: Path) -> None:
    csrtui.make_store()
    ran = csrtui("restore", str(data_restore / "r_after.pem"))
    assert ran.status == 2
    assert "if this is the only one, copy its lines" in str(ran.hint)
    ran = csrtui("verify", str(data_restore / "r_after.pem"))
    assert "if this is the only one, copy its lines" in ran.out


@pytest.fixture
def data_restore() -> Path:
    """Return the folder with backups as mails and editors change them."""
    return ROOT / "tests" / "data" / "restore"
