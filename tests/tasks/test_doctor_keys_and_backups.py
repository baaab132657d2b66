"""The doctor finds weak keys in use, and ignores backups that a newer one has replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from examined_store import LATER, ExaminedStore
from foreign_made import dsa_key
from requests_made import NOW

from csrtui.core.base.finding import CaKind, Level
from csrtui.core.base.secret import Secret
from csrtui.core.doctor.finding import FindingCode, RemedyKind, template
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.store import file_facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from csrtui.core.doctor.finding import BackupFacts
    from csrtui.core.keys.key_types import PrivateKey


_NINE_DAYS_AGO = NOW - timedelta(days=9)
COMPLETE_LONG_AGO: dict[str, Any] = {
    "created": _NINE_DAYS_AGO,
    "history": (HistoryEntry(_NINE_DAYS_AGO, "certificate imported", "me"),),
}
"""A pair that was complete before all of its backups."""


def small_scalar() -> PrivateKey:
    """Return a key whose private half is guessed at once."""
    return ec.derive_private_key(5, ec.SECP256R1())


@cache
def small_exponent() -> rsa.RSAPrivateKey:
    """Return a key with the exponent of old tools."""
    return rsa.generate_private_key(3, 2048)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExaminedStore:
    look = file_facts.backup_facts

    def elsewhere(path: str, store: str) -> BackupFacts:
        return replace(look(path, store), with_store=False)

    monkeypatch.setattr(file_facts, "backup_facts", elsewhere)
    return ExaminedStore(tmp_path)


@pytest.mark.parametrize(("ca", "level"), [(CaKind.PUBLIC, Level.ERROR), (CaKind.PRIVATE, Level.WARNING)])
@pytest.mark.parametrize(
    ("make_key", "text"), [(small_scalar, "has only 3 bits"), (small_exponent, "exponent is 3, not 65537")]
)
def test_a_weak_key_in_use_is_found_and_renewed(
    store: ExaminedStore, make_key: Callable[[], PrivateKey], text: str, ca: CaKind, level: Level
) -> None:
    store.use_key(make_key())
    store.change(ca=ca)
    (found,) = store.examine()
    assert (found.code, found.level, found.remedy) == (FindingCode.KEY_WEAK, level, "csrtui renew a.com")
    assert found.text.startswith("the key of a.com is weak. ")
    assert text in found.text


@pytest.mark.parametrize("change", [{"retired": LATER}, {"renewed_by": "b.com"}])
def test_a_weak_key_that_is_not_in_use_any_longer_is_not_a_finding(
    store: ExaminedStore, change: dict[str, Any]
) -> None:
    store.use_key(small_exponent())
    store.add_another(renews="a.com")
    store.change(**change)
    assert store.examine() == ()


def test_a_weak_key_is_found_if_the_pair_that_renews_it_is_retired(store: ExaminedStore) -> None:
    store.use_key(small_exponent())
    store.change(renewed_by="b.com")
    store.add_another(renews="a.com", retired=LATER)
    assert [one.code for one in store.examine()] == [FindingCode.KEY_WEAK, FindingCode.RENEWAL_BROKEN]


def test_of_an_encrypted_key_the_public_half_is_checked(store: ExaminedStore) -> None:
    store.use_key(small_exponent())
    store.change(key=store.record.key._replace(encrypted=True))
    pem = pkcs8.encrypt(small_exponent(), Secret("correct horse"), bytes(32), 10)
    store.pair.joinpath("key.pem").write_bytes(pem)
    assert [one.code for one in store.examine()] == [FindingCode.KEY_WEAK, FindingCode.KEY_NOT_OPENED]


def test_without_a_record_a_public_ca_is_assumed(store: ExaminedStore) -> None:
    store.use_key(small_exponent())
    store.pair.joinpath("pair.json").unlink()
    found = {one.code: one.level for one in store.examine()}
    assert found == {FindingCode.MISSING_FILE: Level.ERROR, FindingCode.KEY_WEAK: Level.ERROR}


def test_without_a_key_and_a_csr_there_is_no_finding_on_the_key(store: ExaminedStore) -> None:
    store.pair.joinpath("key.pem").unlink()
    store.pair.joinpath("request.pem").unlink()
    assert {one.code for one in store.examine()} == {FindingCode.MISSING_FILE}


@pytest.mark.parametrize(
    "make_key",
    [dsa_key, x25519.X25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256K1())],
    ids=["DSA", "X25519", "secp256k1"],
)
def test_an_unsupported_kind_of_key_is_only_reported(
    store: ExaminedStore, make_key: Callable[[], Any]
) -> None:
    store.pair.joinpath("key.pem").write_bytes(key_types.private_pem(make_key()))
    assert FindingCode.KEY_OF_ANOTHER in {one.code for one in store.examine()}


def backup(path: Path, age: int, contents: bytes | None = b"newer", *, verified: bool = True) -> Backup:
    """Return the record of a backup that is `age` days old, and write it unless it has no contents."""
    if contents is not None:
        path.write_bytes(contents)
    made = NOW - timedelta(days=age)
    status = BackupStatus.VERIFIED if verified else BackupStatus.UNVERIFIED
    return Backup(
        status, str(path), made, made if verified else None, sha256(b"newer").hexdigest(), signed=True
    )


def test_a_missing_or_damaged_backup_is_replaced_by_a_newer_good_one(
    store: ExaminedStore, tmp_path: Path
) -> None:
    lost, damaged = backup(tmp_path / "lost", 3, None), backup(tmp_path / "damaged", 2, b"other")
    store.change(backups=(lost, damaged, backup(tmp_path / "newest", 1)), **COMPLETE_LONG_AGO)
    (found,) = store.examine()
    assert (found.code, found.level, found.path) == (FindingCode.BACKUP_DAMAGED, Level.NOTE, damaged.path)
    assert found.fix.kind is RemedyKind.INSTRUCTION


@pytest.mark.parametrize("verified", [True, False])
def test_an_older_or_unverified_backup_replaces_none(
    store: ExaminedStore, tmp_path: Path, *, verified: bool
) -> None:
    lost, damaged = backup(tmp_path / "lost", 3, None), backup(tmp_path / "damaged", 2, b"other")
    other = backup(tmp_path / "other", 4 if verified else 1, verified=verified)
    store.change(backups=(lost, damaged, other), **COMPLETE_LONG_AGO)
    unproved = set() if verified else {FindingCode.BACKUP_UNVERIFIED}
    assert {one.code for one in store.examine()} == {
        FindingCode.BACKUP_MISSING,
        FindingCode.BACKUP_DAMAGED,
        *unproved,
    }


def test_a_verified_backup_is_preferred_to_a_newer_unverified_one(
    store: ExaminedStore, tmp_path: Path
) -> None:
    proved, newer = backup(tmp_path / "proved", 2), backup(tmp_path / "newer", 1, verified=False)
    store.change(backups=(proved, newer), **COMPLETE_LONG_AGO)
    store.pair.joinpath("key.pem").unlink()
    (found,) = store.examine()
    assert f" {proved.path} " in found.remedy
    assert newer.path not in found.remedy


def test_a_retired_pair_does_not_share_its_key(store: ExaminedStore) -> None:
    import shutil

    shutil.copytree(store.pair, store.pair.with_name("b.com"))
    assert {one.code for one in store.examine()} == {FindingCode.SAME_KEY}
    store.change(retired=LATER)
    assert store.examine() == ()


def test_a_damaged_backup_of_a_retired_pair_has_an_instruction(store: ExaminedStore) -> None:
    store.copy.write_bytes(b"other")
    store.change(retired=LATER)
    (found,) = store.examine()
    assert (found.code, found.level, found.fix.kind) == (
        FindingCode.BACKUP_DAMAGED,
        Level.ERROR,
        RemedyKind.INSTRUCTION,
    )


def test_a_backup_to_recipients_is_proved_and_restored_with_an_identity(store: ExaminedStore) -> None:
    path = store.copy.rename(store.copy.with_suffix(".age"))
    store.change(backups=(store.record.backups[0]._replace(path=str(path), verified=None),))
    (found,) = store.examine()
    assert found.fix == template("csrtui", "verify", "--identity", "IDENTITY", str(path))
    store.change(subject_text="CN=b.com")
    found = next(one for one in store.examine() if one.code is FindingCode.SUBJECT_DISAGREES)
    assert "adopt" in found.remedy
    assert "verify" not in found.remedy, "only an identity proves it again"
    store.pair.joinpath("key.pem").unlink()
    found = next(one for one in store.examine() if one.code is FindingCode.MISSING_FILE)
    assert found.fix.kind is RemedyKind.TEMPLATE
    assert f"{path} --identity IDENTITY && mv " in found.remedy


def test_without_a_backup_a_lost_csr_is_made_from_the_certificate(store: ExaminedStore) -> None:
    store.change(backups=(), submitted=None, validity=None)
    store.pair.joinpath("request.pem").unlink()
    found = next(one for one in store.examine() if one.code is FindingCode.MISSING_FILE)
    assert " --ca public --for nginx " in found.remedy
    assert " --make-csr --cert " in found.remedy
    store.pair.joinpath("certificate.pem").unlink()
    found = next(one for one in store.examine() if one.code is FindingCode.MISSING_FILE)
    assert found.fix.kind is RemedyKind.INSTRUCTION
    assert "Without a backup, the CSR is lost" in found.remedy


def test_a_pair_without_its_key_is_not_backed_up(store: ExaminedStore) -> None:
    store.pair.joinpath("key.pem").unlink()
    store.copy.unlink()
    missing = next(one for one in store.examine() if one.code is FindingCode.BACKUP_MISSING)
    assert missing.remedy == "Fix the key and the CSR of the pair first, then back it up."
    store.change(backups=())
    assert {one.code for one in store.examine()} == {FindingCode.MISSING_FILE}
