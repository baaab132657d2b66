"""Backups to recipients are unverified until someone who can open one proves this with a signature by its key."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from pairs_made import verify_file
from recipients_made import age_pair, ssh_pair
from requests_made import NOW, key_of

from csrtui.core.backups import confirmation
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.backups.recipients import read_recipients
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import BackupStatus, NextStep
from csrtui.core.subject.fields import SubjectInput
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import RecipientBackupSpec, back_up, back_up_many
from csrtui.tasks.backup_contents import open_key, read_contents
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.restore import Consent, restore_contents
from csrtui.tasks.session import Session, change_record
from csrtui.tasks.verify import confirm, verify_many, verify_with_identity

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Backup, PairRecord

IDENTITY, RECIPIENT = age_pair()
PASSPHRASE = Secret("correct horse battery staple")


def made(
    session: Session, name: str = "a.com", *, key: KeyType = KeyType.EC_P256, encrypted: bool = False
) -> str:
    asked = RequestSpec(names=(name,), subject=SubjectInput(), ca=CaKind.PRIVATE, key_type=key)
    return create_pair(session, asked, passphrase=PASSPHRASE if encrypted else None).name


def record_of(session: Session, name: str = "a.com") -> PairRecord:
    return read_pair(session, name)[0].record


@pytest.fixture
def order(tmp_path: Path) -> RecipientBackupSpec:
    folder = tmp_path / "usb"
    folder.mkdir()
    return RecipientBackupSpec(str(folder), read_recipients(f"{RECIPIENT}\n{ssh_pair('ssh-ed25519')[1]}"))


@pytest.fixture
def laptop(tmp_path: Path) -> Session:
    """Return a session on another machine, an hour later."""
    there = Session(Keystore(str(tmp_path / "laptop")), clock=lambda: NOW + timedelta(hours=1))
    there.user = "ann"
    return there


@pytest.fixture
def backup(session: Session, order: RecipientBackupSpec) -> Backup:
    return back_up(session, made(session), order)


def token_for(session: Session, backup: Backup) -> str:
    token = verify_with_identity(session, read_contents(backup.path, IDENTITY)).confirm
    assert token
    return token


def test_the_backup_is_unverified_and_recorded_with_its_hash(session: Session, backup: Backup) -> None:
    record = record_of(session)
    assert record.backups == (backup,)
    assert record.backup_status is BackupStatus.UNVERIFIED
    assert record.next_step(NOW) is NextStep.SUBMIT  # only an identity elsewhere can verify it
    assert backup.path.endswith("/a.com.20261123-090000.backup.age")
    assert Path(backup.path).stat().st_mode & 0o777 == 0o600
    assert record.history[-1].text == f"backed up to recipients: {backup.path}"


def test_the_plain_key_is_only_in_the_pair(
    session: Session, order: RecipientBackupSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    real = os.write
    name = made(session)

    def watched(descriptor: int, data: bytes) -> int:
        written.append(bytes(data))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", watched)
    back_up(session, name, order)
    monkeypatch.undo()
    pem = (tmp_path / "store/pairs/a.com/key.pem").read_bytes()
    canary = pem.splitlines()[1]
    assert written
    assert not [data for data in written if canary in data]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and canary in path.read_bytes()] == [
        "key.pem"
    ]


@pytest.mark.parametrize("identity", [IDENTITY, ssh_pair("ssh-ed25519")[0]], ids=["age", "ssh"])
def test_the_machine_with_the_identity_confirms_the_backup(
    session: Session, laptop: Session, backup: Backup, identity: bytes
) -> None:
    result = verify_with_identity(laptop, read_contents(backup.path, identity))
    assert (result.ok, result.pair, result.text) == (True, None, "restores")
    session.clock = lambda: NOW + timedelta(hours=2)
    said = confirm(session, f"csrtui verify --confirm {result.confirm}\n")
    assert (said.ok, said.pair, said.text) == (True, "a.com", "confirmed: restored elsewhere")
    (proved,) = record_of(session).backups
    assert proved == backup.with_restore_test(NOW + timedelta(hours=1))
    assert (
        record_of(session).history[-1].text.startswith("backup confirmed, restored elsewhere on 23 Nov 2026")
    )


def test_the_same_confirmation_again_changes_nothing(
    session: Session, laptop: Session, backup: Backup
) -> None:
    token = token_for(laptop, backup)
    session.clock = lambda: NOW + timedelta(hours=2)
    confirm(session, token)
    before = record_of(session)
    session.clock = lambda: NOW + timedelta(days=400)
    assert confirm(session, token).ok
    assert record_of(session) == before


def test_a_clock_behind_or_slightly_ahead_is_accepted(
    session: Session, laptop: Session, backup: Backup
) -> None:
    laptop.clock = lambda: NOW - timedelta(days=900)
    confirm(session, token_for(laptop, backup))
    assert record_of(session).backups[0].verified == NOW
    laptop.clock = lambda: NOW + timedelta(days=1)
    confirm(session, token_for(laptop, backup))
    assert record_of(session).backups[0].verified == NOW


def test_a_confirmation_from_the_future_is_refused(session: Session, laptop: Session, backup: Backup) -> None:
    laptop.clock = lambda: NOW + timedelta(days=1, seconds=1)
    with pytest.raises(RefusedError, match="from the future: 24 Nov 2026 09:00 UTC"):
        confirm(session, token_for(laptop, backup))
    assert record_of(session).backups == (backup,)


def test_a_forged_confirmation_is_refused(session: Session, laptop: Session, backup: Backup) -> None:
    """An attacker who knows all public data, the hash of the file and the fingerprint, still lacks the key."""
    token = token_for(laptop, backup)
    said = confirmation.read(token)[0]
    forged = confirmation.sign(said, key_types.generate(KeyType.EC_P256))
    other = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    for text in (forged, other):
        with pytest.raises(RefusedError):
            confirm(session, text)
    assert record_of(session).backups == (backup,)


def test_a_confirmation_for_another_pair_or_keystore_is_refused(
    session: Session, laptop: Session, backup: Backup
) -> None:
    stranger = key_types.generate(KeyType.ED25519)
    said = Confirmation(backup.sha256, key_types.spki_sha256(stranger.public_key()), NOW)
    with pytest.raises(RefusedError, match="not in this keystore"):
        confirm(session, confirmation.sign(said, stranger))
    for_pair = confirmation.read(token_for(laptop, backup))[0]
    of_nothing = replace(for_pair, file_sha256="ab" * 32)
    with pytest.raises(RefusedError, match=r"not on record as a backup of a\.com"):
        confirm(session, confirmation.sign(of_nothing, key_of(KeyType.EC_P256)))


def test_a_confirmation_for_a_changed_file_is_refused(
    session: Session, laptop: Session, backup: Backup
) -> None:
    token = token_for(laptop, backup)
    with Path(backup.path).open("ab") as file:
        file.write(b"x")
    with pytest.raises(RefusedError, match="has changed since"):
        confirm(session, token)
    assert record_of(session).backups == (backup,)


def test_a_moved_file_is_confirmed_and_missing(session: Session, laptop: Session, backup: Backup) -> None:
    token = token_for(laptop, backup)
    os.unlink(backup.path)
    now = [NOW + timedelta(days=1), NOW + timedelta(days=2)]
    session.clock = lambda: now[0]
    for _ in range(2):
        assert "missing" in confirm(session, token).text
        (noted,) = record_of(session).backups
        assert (noted.status, noted.verified) == (BackupStatus.MISSING, NOW + timedelta(hours=1))
        assert noted.since == NOW + timedelta(days=1)
        now.reverse()


def test_an_identity_on_the_same_machine_updates_the_pair(session: Session, backup: Backup) -> None:
    result = verify_with_identity(session, read_contents(backup.path, IDENTITY))
    assert (result.pair, result.confirm) == ("a.com", None)
    assert record_of(session).backups == (backup.with_restore_test(NOW),)


def test_a_copy_at_another_path_is_a_separate_backup(
    session: Session, backup: Backup, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.age"
    copy.write_bytes(Path(backup.path).read_bytes())
    session.clock = lambda: NOW + timedelta(days=3)
    verify_with_identity(session, read_contents(str(copy), IDENTITY))
    assert [one.created for one in record_of(session).backups] == [backup.created] * 2
    assert [(one.path, one.status.value) for one in record_of(session).backups] == [
        (backup.path, "unverified"),
        (str(copy), "verified"),
    ]


def test_another_file_in_its_place_is_refused(
    session: Session, order: RecipientBackupSpec, backup: Backup
) -> None:
    other = back_up(session, "a.com", order)
    os.replace(other.path, backup.path)
    with pytest.raises(RefusedError, match="not the file that csrtui wrote"):
        verify_with_identity(session, read_contents(backup.path, IDENTITY))
    assert record_of(session).backups == (backup, other)


@pytest.mark.parametrize("key_type", [KeyType.RSA_2048, KeyType.ED25519, KeyType.ML_DSA_65])
def test_each_kind_of_key_is_restored(
    session: Session,
    laptop: Session,
    order: RecipientBackupSpec,
    key_type: KeyType,
    tmp_path: Path,
) -> None:
    backup = back_up(session, made(session, key=key_type), order)
    assert confirm(session, token_for(laptop, backup)).ok
    pair = restore_contents(laptop, read_contents(backup.path, IDENTITY))
    for name in ("key.pem", "request.pem"):
        assert (Path(pair.path) / name).read_bytes() == (tmp_path / "store/pairs/a.com" / name).read_bytes()
    assert pair.record.backup_status is BackupStatus.VERIFIED
    with pytest.raises(RefusedError, match=r"is in the keystore: a\.com"):
        restore_contents(laptop, read_contents(backup.path, IDENTITY))


def test_an_encrypted_key_stays_encrypted(
    session: Session, laptop: Session, order: RecipientBackupSpec, tmp_path: Path
) -> None:
    backup = back_up(session, made(session, encrypted=True), order)
    opened = read_contents(backup.path, IDENTITY)
    with pytest.raises(InputError, match="has a passphrase"):
        verify_with_identity(laptop, opened)
    with pytest.raises(RefusedError, match="passphrase does not open"):
        verify_with_identity(laptop, opened, Secret("another"))
    assert verify_with_identity(laptop, opened, PASSPHRASE).confirm
    with pytest.raises(RefusedError, match="the backup is not signed"):
        restore_contents(laptop, opened, PASSPHRASE)
    pair = restore_contents(laptop, opened, PASSPHRASE, Consent(unsigned=True))
    assert pair.record.key.encrypted
    assert (Path(pair.path) / "key.pem").read_bytes() == (tmp_path / "store/pairs/a.com/key.pem").read_bytes()


def test_a_key_that_does_not_match_the_csr_is_not_backed_up(
    session: Session, order: RecipientBackupSpec, tmp_path: Path
) -> None:
    made(session)
    wrong = key_types.private_pem(key_types.generate(KeyType.EC_P256))
    (tmp_path / "store/pairs/a.com/key.pem").write_bytes(wrong)
    with pytest.raises(StoreError, match="not the key of its CSR"):
        back_up(session, "a.com", order)
    assert os.listdir(order.folder) == []


def test_a_plain_key_that_is_recorded_as_encrypted_is_damage(
    session: Session, order: RecipientBackupSpec
) -> None:
    made(session)
    change_record(session, "a.com", lambda one: one._replace(key=one.key._replace(encrypted=True)))
    with pytest.raises(StoreError, match=r"although pair\.json says so"):
        back_up(session, "a.com", order)
    assert os.listdir(order.folder) == []


def test_a_backup_whose_key_does_not_match_the_csr_is_refused(backup: Backup) -> None:
    found = read_contents(backup.path, IDENTITY).content
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = key_types.generate(KeyType.EC_P256).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(RefusedError, match="not the key of its CSR"):
        open_key(replace(found, key=other), None)
    with pytest.raises(InputError, match="damaged"):
        open_key(replace(found, key=b"\x30\x00"), None)


def test_different_data_from_the_disk_is_reported(
    session: Session, order: RecipientBackupSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(session)
    monkeypatch.setattr("csrtui.tasks.backup.read_foreign", lambda *_, **__: b"something else")
    with pytest.raises(RefusedError, match="data that differs from what was written"):
        back_up(session, "a.com", order)
    assert record_of(session).backup_status is BackupStatus.DAMAGED


def test_a_full_disk_leaves_no_file_and_no_backup(
    session: Session, order: RecipientBackupSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(session)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        back_up(session, "a.com", order)
    monkeypatch.undo()
    assert os.listdir(order.folder) == []
    assert record_of(session).backups == ()


def test_many_backups_each_have_a_result(session: Session, order: RecipientBackupSpec) -> None:
    made(session)
    made(session, "b.com")
    reported: list[str | None] = []
    results = back_up_many(
        session,
        ["a.com", "nobody.com", "b.com"],
        order,
        on_result=lambda result: reported.append(result.pair),
    )
    assert [result.ok for result in results] == [True, False, True]
    assert sorted(map(str, reported)) == ["a.com", "b.com", "nobody.com"]
    stop = Event()
    stop.set()
    (stopped,) = back_up_many(session, ["a.com"], order, cancel=stop)
    assert (stopped.ok, stopped.text) == (False, "not backed up: stopped before")


# Without the identity


def test_without_the_identity_the_backup_is_checked_for_changes(
    session: Session, laptop: Session, backup: Backup
) -> None:
    assert verify_file(session, backup.path).text == "exists and is unchanged, but was never verified"
    (look,) = verify_many(session, ["a.com"])
    assert (look.ok, look.text) == (True, "exists and is unchanged, but was never verified")
    (look,) = verify_many(session, ["a.com"], PASSPHRASE)
    assert look.ok
    assert "--identity" in look.text
    assert record_of(session).backups == (backup,)
    assert record_of(session).history[-1].text.startswith("backed up")
    confirm(session, token_for(laptop, backup))
    assert verify_file(session, backup.path).text == "exists and is unchanged"


def test_without_the_identity_a_change_is_damage_and_a_foreign_file_unknown(
    session: Session, laptop: Session, backup: Backup
) -> None:
    assert verify_file(laptop, backup.path).ok is False
    with Path(backup.path).open("ab") as file:
        file.write(b"x")
    result = verify_file(session, backup.path)
    assert (result.ok, result.text) == (False, "damaged: its contents changed")
    with pytest.raises(InputError, match="damaged"):
        read_contents(backup.path, IDENTITY)
