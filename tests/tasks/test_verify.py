"""Checking backups again: each has its own status, and missing or changed ones are reported with a date."""

from __future__ import annotations

import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE
from pairs_made import new_pair, order, record_of, verify_file
from requests_made import NOW, key_of

from csrtui.core.backups import backup_file
from csrtui.core.backups.backup_file import Expectation
from csrtui.core.backups.header import KeyProtection
from csrtui.core.base.errors import StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.facts import RequestFacts
from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import Keystore
from csrtui.tasks import verify
from csrtui.tasks.backup import back_up, back_up_many
from csrtui.tasks.list import read_all_pairs
from csrtui.tasks.session import Session, change_record
from csrtui.tasks.verify import record_backup_states, verify_many, verify_names_or_files

if TYPE_CHECKING:
    from csrtui.tasks.list import AllPairs
    from csrtui.tasks.parallel import Result

OTHER = Secret("another passphrase altogether")
LATER = NOW + timedelta(days=3)
VERIFIED, UNVERIFIED = BackupStatus.VERIFIED, BackupStatus.UNVERIFIED
MISSING, DAMAGED = BackupStatus.MISSING, BackupStatus.DAMAGED

pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def made(session: Session, place: Path) -> Backup:
    """Return a session with a verified backup of a.com, three days later."""
    new_pair(session)
    backup = back_up(session, "a.com", order(place))
    session.clock = lambda: LATER
    return backup


def texts(results: list[Result]) -> list[tuple[bool, str]]:
    return [(result.ok, result.text) for result in results]


def noted(session: Session) -> Backup:
    (backup,) = record_of(session).backups
    return backup


# Backups of a pair


def test_an_unchanged_backup_is_reported(session: Session, made: Backup) -> None:
    assert texts(verify_many(session, ["a.com"])) == [(True, "exists and is unchanged")]
    assert noted(session) == made  # the time of the restore test is not that of the check


def test_with_the_passphrase_a_restore_is_tested(session: Session, made: Backup) -> None:
    (result,) = verify_many(session, ["a.com"], PASSPHRASE)
    assert (result.ok, result.pair, result.file, result.text) == (True, "a.com", made.path, "restores")
    assert (noted(session).verified, noted(session).created) == (LATER, NOW)
    assert record_of(session).history[-1].text == "backups verified by restoring them"


@pytest.mark.usefixtures("made")
def test_a_backup_of_another_csr_fails_the_test(session: Session) -> None:
    other = csr.build(SubjectFields(common_name="b.com"), ["b.com"], key_of(KeyType.EC_P256))
    request = csr.read_der(other)
    pair = Path(session.store.path) / "pairs/a.com"
    (pair / "request.pem").write_bytes(csr.to_pem(other))
    facts = RequestFacts(request.sha256, request.signature_hash)
    change_record(session, "a.com", lambda record: record._replace(request=facts))
    assert texts(verify_names_or_files(session, ["a.com"], PASSPHRASE)) == [
        (False, "its CSR is not the pair's CSR")
    ]


def test_a_wrong_passphrase_does_not_change_the_status(session: Session, made: Backup) -> None:
    (result,) = verify_many(session, ["a.com"], OTHER)
    assert (result.ok, result.text) == (False, "the passphrase does not open the key, or the key is damaged")
    assert noted(session) == made


def test_a_backup_whose_disk_is_not_connected_is_missing_without_a_date(
    session: Session, place: Path, made: Backup
) -> None:
    place.rename(f"{place}.away")
    record_backup_states(session, ["a.com"])
    assert noted(session) == made, "an examination without the disk changes nothing"
    assert texts(verify_many(session, ["a.com"])) == [(False, "missing, or its disk is not connected")]
    assert noted(session) == made.with_disk_away()
    place.mkdir()
    record_backup_states(session, ["a.com"])
    assert (noted(session).status, noted(session).since) == (MISSING, LATER)


def test_a_missing_backup_keeps_its_first_date_and_can_be_verified_again(
    session: Session, made: Backup
) -> None:
    os.rename(made.path, f"{made.path}.away")
    assert texts(verify_many(session, ["a.com"])) == [(False, "missing since 26 Nov 2026")]
    assert (noted(session).status, noted(session).since) == (MISSING, LATER)
    session.clock = lambda: LATER + timedelta(days=9)
    assert texts(verify_many(session, ["a.com"], PASSPHRASE)) == [(False, "missing since 26 Nov 2026")]
    assert (noted(session).since, noted(session).verified) == (LATER, NOW)
    os.rename(f"{made.path}.away", made.path)
    assert texts(verify_many(session, ["a.com"])) == [(True, "exists and is unchanged")]
    assert noted(session) == made


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize("where", [0, 0.5, 0.999])
def test_one_changed_bit_is_damage(
    session: Session, made: Backup, where: float, passphrase: Secret | None
) -> None:
    data = bytearray(Path(made.path).read_bytes())
    data[int(where * len(data))] ^= 1
    Path(made.path).write_bytes(data)
    assert texts(verify_many(session, ["a.com"], passphrase)) == [(False, "damaged: its contents changed")]
    assert (noted(session).status, noted(session).since) == (DAMAGED, LATER)


@pytest.mark.parametrize("kind", ["folder", "fifo", "dangling", "empty", "large"])
def test_another_file_in_its_place_is_damage(session: Session, made: Backup, kind: str) -> None:
    path = Path(made.path)
    path.unlink()
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "dangling":
            path.symlink_to("nowhere")
        case "empty":
            path.touch()
        case "large":
            path.write_bytes(bytes(2_000_000))
    (result,) = verify_many(session, ["a.com"])
    assert not result.ok
    assert result.text.startswith("damaged: ")
    assert noted(session).status is DAMAGED


def test_an_unverified_backup_stays_unverified_until_its_test(session: Session, place: Path) -> None:
    new_pair(session)
    with pytest.raises(Exception, match="could not be verified"):
        back_up(session, "a.com", order(place, again=OTHER))
    assert texts(verify_many(session, ["a.com"])) == [
        (True, "exists and is unchanged, but was never verified")
    ]
    assert noted(session).status is UNVERIFIED
    assert texts(verify_many(session, ["a.com"], OTHER)) == [
        (False, "the passphrase does not open the key, or the key is damaged")
    ]
    assert noted(session).status is UNVERIFIED
    assert texts(verify_many(session, ["a.com"], PASSPHRASE)) == [(True, "restores")]
    assert noted(session).status is VERIFIED


def test_several_backups_have_their_own_status_and_the_best_counts(session: Session, place: Path) -> None:
    new_pair(session)
    first, second, third = (back_up(session, "a.com", order(place)) for _ in range(3))
    os.unlink(first.path)
    Path(second.path).write_bytes(b"")
    assert [result.ok for result in verify_many(session, ["a.com"])] == [False, False, True]
    record = record_of(session)
    assert [(backup.path, backup.status) for backup in record.backups] == [
        (first.path, MISSING),
        (second.path, DAMAGED),
        (third.path, VERIFIED),
    ]
    assert record.backup_status is VERIFIED
    os.unlink(third.path)
    verify_many(session, ["a.com"])
    assert record_of(session).backup_status is MISSING


def test_a_pair_without_a_backup_is_reported(session: Session) -> None:
    new_pair(session)
    assert texts(verify_many(session, ["a.com"])) == [(False, "has no backup")]


def test_a_backup_added_during_the_check_is_kept(
    session: Session, made: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    from csrtui.tasks import verify

    check = verify._check

    def meanwhile(*arguments: object) -> object:
        result = check(*arguments)  # type: ignore[arg-type]
        back_up(session, "a.com", order(Path(made.path).parent))
        return result

    monkeypatch.setattr(verify, "_check", meanwhile)
    verify_many(session, ["a.com"])
    assert len(record_of(session).backups) == 2


# Several pairs


def test_a_damaged_backup_does_not_stop_the_others(session: Session, place: Path) -> None:
    for name in ("a.com", "b.com", "c.com"):
        back_up(session, new_pair(session, name), order(place))
    Path(session.store.pair_path("b.com"), "pair.json").write_bytes(b"damaged")
    told: list[Result] = []
    results = verify_many(session, ["a.com", "b.com", "c.com"], on_result=told.append)
    assert [result.ok for result in results] == [True, False, True]
    assert results[1].text.startswith("not checked: ")
    assert sorted(told, key=lambda result: str(result.pair)) == results


def test_after_a_stop_no_further_backup_is_checked(session: Session, place: Path) -> None:
    for name in ("a.com", "b.com"):
        back_up(session, new_pair(session, name), order(place))
    stop = Event()
    results = verify_many(
        session, ["a.com", "b.com"], on_result=lambda _: stop.set(), cancel=stop, max_workers=1
    )
    assert texts(results) == [(True, "exists and is unchanged"), (False, "not checked: stopped before")]


# Backup files


def test_without_the_passphrase_a_file_is_only_complete(session: Session, made: Backup) -> None:
    result = verify_file(session, made.path)
    assert (result.ok, result.pair, result.file) == (True, "a.com", made.path)
    assert result.text == "is complete; give its passphrase for a restore test"
    assert noted(session) == made


def test_a_verified_file_is_added_to_its_pair(session: Session, made: Backup, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pem"
    copy.write_bytes(Path(made.path).read_bytes())
    result = verify_file(session, str(copy), PASSPHRASE)
    assert (result.ok, result.pair, result.text) == (True, "a.com", "restores")
    first, second = record_of(session).backups
    assert first == made
    assert (second.path, second.status, second.verified) == (str(copy), VERIFIED, LATER)
    assert second.created == made.created
    assert record_of(session).history[-1].text == f"backup verified: {copy}"


def test_a_known_file_keeps_its_creation_time(session: Session, made: Backup) -> None:
    verify_file(session, made.path, PASSPHRASE)
    assert (noted(session).created, noted(session).verified) == (NOW, LATER)


def test_a_file_with_another_passphrase_fails_and_is_not_recorded(session: Session, made: Backup) -> None:
    result = verify_file(session, made.path, OTHER)
    assert (result.ok, result.pair) == (False, "a.com")
    assert noted(session) == made


def test_a_file_of_an_unknown_pair_can_be_verified(session: Session, made: Backup, tmp_path: Path) -> None:
    elsewhere = Session(Keystore(str(tmp_path / "elsewhere")), clock=session.clock)
    result = verify_file(elsewhere, made.path, PASSPHRASE)
    assert (result.ok, result.pair) == (True, None)
    assert result.text == "restores; its pair is not in this keystore"


def foreign(tmp_path: Path, common_name: str, key_type: KeyType = KeyType.EC_P256) -> str:
    """Return a backup of the pair's key with another CSR."""
    der = csr.build(SubjectFields(common_name=common_name), [common_name], key_of(key_type))
    block = pkcs8.encrypt(key_of(KeyType.EC_P256), PASSPHRASE, bytes(32))
    path = tmp_path / "foreign.pem"
    path.write_bytes(
        backup_file.compose(
            "a.com", NOW, key_protection=KeyProtection.PLAIN, key_pem=block, csr=csr.read_der(der)
        )
    )
    return str(path)


def test_a_backup_of_another_csr_with_the_same_key_fails(
    session: Session, made: Backup, tmp_path: Path
) -> None:
    for passphrase in (None, PASSPHRASE):
        result = verify_file(session, foreign(tmp_path, "b.com"), passphrase)
        assert (result.ok, result.pair) == (False, "a.com")
        assert result.text == "its CSR differs from that of a.com, which has the same key"
    assert noted(session) == made


def test_a_backup_whose_key_does_not_match_its_csr_fails(session: Session, tmp_path: Path) -> None:
    path = foreign(tmp_path, "b.com", KeyType.EC_P384)
    assert texts([verify_file(session, path, PASSPHRASE)]) == [
        (False, "the key in the backup is not the key of its CSR")
    ]


def as_made_before(session: Session) -> None:
    """Set the record to the form from before backups were signed."""
    change_record(
        session, "a.com", lambda one: one._replace(backups=(noted(session)._replace(signed=False),))
    )


def test_a_restore_test_records_the_signature(session: Session, made: Backup) -> None:
    """An older csrtui on the same store drops members of a backup that it does not know."""
    for look in (
        lambda: verify_many(session, ["a.com"], PASSPHRASE),
        lambda: verify_file(session, made.path, PASSPHRASE),
    ):
        as_made_before(session)
        assert not noted(session).signed
        look()
        assert noted(session).signed


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_an_unsigned_file_fails_if_the_pair_has_signed_backups(
    session: Session, made: Backup, passphrase: Secret | None
) -> None:
    text = Path(made.path).read_bytes()
    Path(made.path).write_bytes(text[text.index(b"-----BEGIN") :])
    result = verify_file(session, made.path, passphrase)
    assert (result.ok, result.pair) == (False, "a.com")
    assert result.text == "it is not signed, although the backups of a.com are: somebody changed it"
    assert [one.ok for one in verify_many(session, ["a.com"], passphrase)] == [False]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_the_result_of_an_unsigned_file_says_so(
    session: Session, made: Backup, passphrase: Secret | None
) -> None:
    as_made_before(session)
    text = Path(made.path).read_bytes()
    Path(made.path).write_bytes(text[text.index(b"-----BEGIN") :])
    result = verify_file(session, made.path, passphrase)
    assert result.ok
    assert "but it is not signed" in result.text
    assert [one.signed for one in record_of(session).backups] == [False]


def test_a_recorded_older_backup_stays_valid_beside_a_signed_one(
    session: Session, made: Backup, place: Path
) -> None:
    as_made_before(session)
    text = Path(made.path).read_bytes()
    bare = text[text.index(b"-----BEGIN") :]
    Path(made.path).write_bytes(bare)
    verify_file(session, made.path, PASSPHRASE)
    back_up(session, "a.com", order(place))
    assert [one.signed for one in record_of(session).backups] == [False, True]
    assert verify_file(session, made.path, PASSPHRASE).ok
    assert all(one.ok for one in verify_many(session, ["a.com"], PASSPHRASE))


def test_a_file_that_lost_its_signature_fails(session: Session, made: Backup) -> None:
    text = Path(made.path).read_bytes()
    bare = text[text.index(b"-----BEGIN") :]
    Path(made.path).write_bytes(bare)
    changed = made._replace(sha256=sha256(bare).hexdigest())
    change_record(session, "a.com", lambda one: one._replace(backups=(changed,)))
    assert texts(verify_many(session, ["a.com"], PASSPHRASE)) == [
        (False, "it is not signed, although the original was")
    ]


def test_a_file_shows_its_key_and_names(session: Session, made: Backup) -> None:
    for result in (verify_file(session, made.path), verify_file(session, made.path, PASSPHRASE)):
        assert result.spki_sha256 == record_of(session).key.spki_sha256
        assert result.names == record_of(session).names


def test_only_the_expected_backup_passes(session: Session, made: Backup) -> None:
    right = Expectation(record_of(session).key.spki_sha256)
    for passphrase in (None, PASSPHRASE):
        assert verify_names_or_files(session, [made.path], passphrase, expected=right)[0].ok
        (result,) = verify_names_or_files(session, [made.path], passphrase, expected=Expectation("ab" * 32))
        assert not result.ok
        assert "is not the expected one" in result.text


def test_the_hint_for_a_changed_file_is_shown(session: Session, made: Backup) -> None:
    Path(made.path).write_bytes(Path(made.path).read_bytes().replace(b"a.com", b"b.com", 1))
    text = verify_file(session, made.path).text
    assert "its signature is not valid; use another copy; if this is the only one, copy its lines" in text


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_missing_file_and_an_invalid_file_are_results(
    session: Session, tmp_path: Path, passphrase: Secret | None
) -> None:
    (tmp_path / "text").write_text("hello")
    assert texts([verify_file(session, str(tmp_path / "text"), passphrase)]) == [
        (False, "that is not a backup")
    ]
    (answer,) = texts([verify_file(session, str(tmp_path / "none"), passphrase)])
    assert answer == (False, f"cannot read {tmp_path}/none: No such file or directory")


def test_an_unusable_store_is_an_error(session: Session, made: Backup) -> None:
    Path(session.store.path).chmod(0o755)
    with pytest.raises(StoreError, match="others can read"):
        verify_file(session, made.path, PASSPHRASE)
    Path(session.store.path).chmod(0o700)


def test_names_and_paths_are_distinguished(
    session: Session, made: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(made.path).parent)
    wanted = ["a.com", made.path, Path(made.path).name, "b.com", "../a.com"]
    results = verify_names_or_files(session, wanted)
    assert [(result.ok, result.pair) for result in results] == [
        (True, "a.com"), (True, "a.com"), (True, "a.com"), (False, None), (False, None),
    ]  # fmt: skip
    assert [result.text for result in results[:2]] == [
        "exists and is unchanged",
        "is complete; give its passphrase for a restore test",
    ]


def test_many_files_need_one_reading_of_the_store(
    session: Session, made: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Session] = []

    def counted(session: Session) -> AllPairs:
        looks.append(session)
        return read_all_pairs(session)

    monkeypatch.setattr(verify, "read_all_pairs", counted)
    assert all(result.ok for result in verify_names_or_files(session, [made.path] * 5, PASSPHRASE))
    assert len(looks) == 1


def test_the_key_is_derived_once_for_all_backups_of_a_run(
    session: Session, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [new_pair(session, f"{letter}.com") for letter in "abcde"]
    assert all(result.ok for result in back_up_many(session, names, order(place)))
    derived: list[bytes] = []
    derive = pkcs8.derive

    def counted(passphrase: Secret, salt: bytes, iterations: int | None = None) -> pkcs8.DerivedKey:
        derived.append(salt)
        return derive(passphrase, salt, iterations)

    monkeypatch.setattr(pkcs8, "derive", counted)
    results = verify_many(session, names, PASSPHRASE)
    assert texts(results) == [(True, "restores")] * 5
    assert len(derived) == 1
    assert (
        texts(verify_many(session, names, OTHER))
        == [(False, "the passphrase does not open the key, or the key is damaged")] * 5
    )
