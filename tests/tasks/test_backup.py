"""Backups: *verified* only after reading back, decrypting with the second typed passphrase, and signing."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE, csr_of
from existing_made import certificate, name
from failing_call import FailingCall
from pairs_made import new_pair, order, record_of
from requests_made import NOW, each_key_type

from csrtui.core.backups import backup_file
from csrtui.core.backups.header import KeyProtection
from csrtui.core.backups.integrity import CONTEXT
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8, signing
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import BackupStatus, NextStep
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.store import new_files, safe_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import PairChange
from csrtui.tasks import backup as task
from csrtui.tasks.backup import back_up, back_up_many
from csrtui.tasks.list import read_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.tasks.session import Session

OTHER = Secret("another passphrase altogether")

pytestmark = pytest.mark.usefixtures("few_rounds")


def opened(path: str, passphrase: Secret = PASSPHRASE) -> str:
    """Return the fingerprint of the key in a backup."""
    found = backup_file.parse(Path(path).read_bytes())
    return key_types.spki_sha256(pkcs8.decrypt(found.key, passphrase).public_key())


@pytest.mark.parametrize("key_type", each_key_type())
def test_a_backup_of_each_key_type_is_written_verified_and_recorded(
    session: Session, place: Path, key_type: KeyType
) -> None:
    new_pair(session, key_type=key_type)
    made = back_up(session, "a.com", order(place))
    assert made.path == str(place / "a.com.20261123-090000.backup.pem")
    assert stat.S_IMODE(os.stat(made.path).st_mode) == 0o600
    assert (made.status, made.created, made.verified) == (BackupStatus.VERIFIED, NOW, NOW)
    assert made.sha256 == sha256(Path(made.path).read_bytes()).hexdigest()
    record = record_of(session)
    assert record.backups == (made,)
    assert record.next_step(NOW) is NextStep.SUBMIT
    assert opened(made.path) == record.key.spki_sha256
    last = record.history[-1]
    assert (last.time, last.text, last.user) == (NOW, f"backed up and verified: {made.path}", "joe")


def test_a_backup_has_the_iterations_of_the_contract(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    assert (1_000_000).to_bytes(3) in backup_file.parse(Path(path).read_bytes()).key
    assert opened(path) == record_of(session).key.spki_sha256


def test_each_backup_has_its_own_salt_and_iv(session: Session, place: Path) -> None:
    new_pair(session)
    first, second = (Path(back_up(session, "a.com", order(place)).path).read_bytes() for _ in range(2))
    assert backup_file.parse(first).key != backup_file.parse(second).key


def test_backups_in_the_same_second_have_different_names(session: Session, place: Path) -> None:
    new_pair(session)
    made = [back_up(session, "a.com", order(place)) for _ in range(3)]
    assert [Path(backup.path).name for backup in made] == [
        f"a.com.20261123-09000{second}.backup.pem" for second in range(3)
    ]
    assert record_of(session).backups == tuple(made)
    assert all(opened(backup.path) for backup in made)


def test_an_encrypted_key_is_backed_up_with_its_passphrase(session: Session, place: Path) -> None:
    new_pair(session, passphrase=PASSPHRASE)
    made = back_up(session, "a.com", order(place))
    assert backup_file.parse(Path(made.path).read_bytes()).key_protection is KeyProtection.ENCRYPTED
    assert opened(made.path) == record_of(session).key.spki_sha256


def test_the_certificates_are_in_the_backup(session: Session, place: Path) -> None:
    pair = new_pair(session)
    chain = certificate(name())
    path = Path(session.store.pair_path(pair), "certificate.pem")
    path.write_bytes(chain)
    path.chmod(0o644)
    made = back_up(session, pair, order(place))
    assert backup_file.parse(Path(made.path).read_bytes()).certificates == chain


# Never verified


def assert_not_verified(session: Session) -> None:
    record = record_of(session)
    assert record.backup_status is not BackupStatus.VERIFIED
    assert all(backup.verified is None for backup in record.backups)
    assert record.next_step(NOW) is NextStep.BACK_UP


def test_a_different_second_passphrase_does_not_verify(session: Session, place: Path) -> None:
    new_pair(session)
    with pytest.raises(RefusedError, match="could not be verified: the passphrase does not open"):
        back_up(session, "a.com", order(place, again=OTHER))
    assert_not_verified(session)
    (noted,) = record_of(session).backups
    assert (noted.status, noted.since) == (BackupStatus.DAMAGED, NOW)
    assert os.path.exists(noted.path)  # nothing is deleted
    assert record_of(session).history[-1].text == f"backup failed: {noted.path}"


def test_a_passphrase_other_than_that_of_the_key_is_refused(session: Session, place: Path) -> None:
    new_pair(session, passphrase=OTHER)
    with pytest.raises(RefusedError, match=r"the key of a\.com has a different passphrase"):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)
    assert os.listdir(place) == []


def damage(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[len(data) // 2] ^= 1
    return bytes(changed)


def test_different_data_from_the_disk_is_noticed(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pair(session)
    monkeypatch.setattr(task, "read_foreign", lambda path, **_: damage(Path(path).read_bytes()))
    with pytest.raises(RefusedError, match="the disk returned data that differs from what was written"):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)


def test_a_file_that_disappears_before_the_test_is_noticed(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pair(session)
    write = new_files.write_new_files

    def vanishing(folder: str, outputs: Sequence[new_files.OutputFile]) -> list[str]:
        paths = write(folder, outputs)
        os.unlink(paths[0])
        return paths

    monkeypatch.setattr(new_files, "write_new_files", vanishing)
    with pytest.raises(RefusedError, match="No such file"):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)


def test_a_key_that_does_not_match_the_csr_is_noticed(session: Session, place: Path) -> None:
    pair = new_pair(session)
    path = Path(session.store.pair_path(pair), "key.pem")
    path.write_bytes(key_types.private_pem(key_types.generate(KeyType.EC_P256)))
    with pytest.raises(StoreError, match=r"the key of a\.com is not the key of its CSR"):
        back_up(session, pair, order(place))
    assert list(place.iterdir()) == []
    assert record_of(session).backups == ()


def test_a_csr_that_its_key_did_not_sign_is_not_backed_up(session: Session, place: Path) -> None:
    """An attacker who changes request.pem and pair.json must not get a signature over them."""
    pair = new_pair(session)
    changed = csr_of().der.replace(b"a.com", b"b.com")
    Path(session.store.pair_path(pair), "request.pem").write_bytes(csr.to_pem(changed))
    with session.store.change(pair) as held:
        record = load_record(held.record)
        facts = record.request._replace(sha256=sha256(changed).hexdigest())
        held.replace_record(dump_record(record._replace(request=facts)))
    with pytest.raises(StoreError, match=r"the CSR of a\.com is not signed by its key"):
        back_up(session, pair, order(place))
    assert list(place.iterdir()) == []


def test_a_signature_that_is_not_valid_is_noticed(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pair(session)
    sign = signing.sign

    def sign_text_wrongly(key: PrivateKey, message: bytes) -> bytes:
        return sha256(message).digest() if message.startswith(CONTEXT) else sign(key, message)

    monkeypatch.setattr(signing, "sign", sign_text_wrongly)
    with pytest.raises(RefusedError, match="its signature is not valid"):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)


def test_a_backup_without_a_signature_is_noticed(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pair(session)
    compose = backup_file.compose
    monkeypatch.setattr(
        backup_file, "compose", lambda *args, **options: compose(*args, **{**options, "signer": None})
    )
    with pytest.raises(RefusedError, match="its signature is not valid"):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)


def test_text_around_the_certificates_is_left_out(session: Session, place: Path) -> None:
    pair = new_pair(session)
    path = Path(session.store.pair_path(pair), "certificate.pem")
    chain = certificate(name())
    for text, expected in ((b"# mine\n" + chain + b"end\n", chain), (b"none", b"")):
        path.write_bytes(text)
        path.chmod(0o644)
        made = back_up(session, pair, order(place))
        assert backup_file.parse(Path(made.path).read_bytes()).certificates == expected


def test_encryption_that_went_wrong_is_noticed(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pair(session)
    seal, other = pkcs8.encrypt_with, pkcs8.derive(OTHER, bytes(16))
    monkeypatch.setattr(pkcs8, "encrypt_with", lambda key, _, iv: seal(key, other, iv))
    with pytest.raises(RefusedError, match="does not open"):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)


def test_a_replaced_csr_is_not_backed_up(session: Session, place: Path) -> None:
    first, second = new_pair(session), new_pair(session, "b.com")
    folder = Path(session.store.path, "pairs")
    (folder / first / "request.pem").write_bytes((folder / second / "request.pem").read_bytes())
    with pytest.raises(StoreError, match="is not the CSR on record"):
        back_up(session, first, order(place))
    assert os.listdir(place) == []


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_damaged_key_is_reported_as_damage(
    session: Session, place: Path, passphrase: Secret | None
) -> None:
    pair = new_pair(session, passphrase=passphrase)
    path = Path(session.store.pair_path(pair), "key.pem")
    path.write_bytes(b"-----BEGIN X-----\nMA==\n-----END X-----\n")
    with pytest.raises(StoreError, match=r"the key of a\.com is damaged") as caught:
        back_up(session, pair, order(place))
    assert "out of pairs/" in str(caught.value.hint)
    assert os.listdir(place) == []


# Errors


def test_a_missing_pair_or_folder_is_reported(session: Session, place: Path) -> None:
    with pytest.raises(InputError, match="no pair"):
        back_up(session, "b.com", order(place))
    new_pair(session)
    with pytest.raises(InputError, match="cannot write to"):
        back_up(session, "a.com", order(place / "missing"))
    assert_not_verified(session)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_an_error_of_the_disk_leaves_no_file(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    new_pair(session)
    with monkeypatch.context() as patch:
        FailingCall(patch, "fsync", code)
        with pytest.raises(StoreError, match="cannot write to"):
            back_up(session, "a.com", order(place))
    assert os.listdir(place) == []
    assert_not_verified(session)


def test_a_backup_that_cannot_be_recorded_is_reported_with_its_path(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise StoreError("cannot write pair.json")

    new_pair(session)
    with monkeypatch.context() as patch:
        patch.setattr(PairChange, "replace_record", refuses)
        with pytest.raises(StoreError, match=r"usb/a\.com\..*is written, but not recorded"):
            back_up(session, "a.com", order(place))
    assert_not_verified(session)


def test_a_backup_is_never_verified_before_the_test(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For any error in the proof, even an unexpected one."""

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    new_pair(session)
    monkeypatch.setattr(task, "proves_possession", fails)
    with pytest.raises(KeyboardInterrupt):
        back_up(session, "a.com", order(place))
    assert_not_verified(session)


@pytest.mark.parametrize("passphrase", [PASSPHRASE, OTHER])
def test_no_error_contains_a_secret(session: Session, place: Path, passphrase: Secret) -> None:
    new_pair(session, passphrase=OTHER)
    try:
        back_up(session, "a.com", order(place, passphrase, again=PASSPHRASE))
    except CsrtuiError as error:
        told = f"{error.message} {error.hint} {record_of(session)!r}"
        assert PASSPHRASE.revealed not in told
        assert OTHER.revealed not in told
    else:
        pytest.fail("it was proved with another passphrase")


def test_an_interrupt_starts_no_further_pair_and_loses_none(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [new_pair(session, f"{letter}.com") for letter in "abc"]
    begun, stop = Event(), Event()
    write = new_files.write_new_files

    def write_once_stopped(folder: str, outputs: Sequence[new_files.OutputFile]) -> list[str]:
        begun.set()
        assert stop.wait(30)
        return write(folder, outputs)

    def interrupted(_pending: object) -> None:
        assert begun.wait(30)
        raise KeyboardInterrupt

    monkeypatch.setattr(new_files, "write_new_files", write_once_stopped)
    monkeypatch.setattr("concurrent.futures.wait", interrupted)
    results = task.back_up_many(session, names, order(place), cancel=stop, max_workers=1)
    assert [(result.pair, result.ok) for result in results] == [
        ("a.com", True),
        ("b.com", False),
        ("c.com", False),
    ]
    assert all("stopped before" in result.text for result in results[1:])
    assert [len(record_of(session, name).backups) for name in names] == [1, 0, 0]


def test_an_unconfirmed_record_of_a_test_is_reported_as_unconfirmed(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pair(session)

    def unconfirmed(_: int, saved: str) -> None:
        raise NotConfirmedError(saved)

    with monkeypatch.context() as patch:
        patch.setattr(safe_files, "flush_folder", unconfirmed)
        with pytest.raises(NotConfirmedError) as caught:
            back_up(session, "a.com", order(place))
        (result,) = back_up_many(session, ["a.com"], order(place))
    (first, second) = read_pair(session, "a.com")[0].record.backups
    assert (
        caught.value.message
        == f"the record of the backup {first.path} is saved, but the disk did not confirm it"
    )
    assert result.text == f"the record of the backup {second.path} is saved, but the disk did not confirm it"
    assert {first.status, second.status} == {BackupStatus.VERIFIED}
