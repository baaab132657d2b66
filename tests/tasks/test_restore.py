"""Restoring: a pair is restored completely, never over another one, and files from outside are checked first."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

import pytest
from backup_process import command
from backups_made import PASSPHRASE, backup, csr_of, foreign_key, key_block, unsigned
from existing_made import certificate
from existing_made import name as subject
from failing_call import FailingCall
from pairs_made import new_pair, order, record_of, restore
from requests_made import NOW, der_of, each_key_type, key_of
from safety_results import counted
from throwaway_ca import issue

from csrtui.core.backups.backup_file import BackupFile, Envelope, Expectation, parse
from csrtui.core.backups.header import Details, KeyProtection
from csrtui.core.backups.integrity import Integrity
from csrtui.core.base import asn1
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import BackupStatus, Stage
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import back_up
from csrtui.tasks.list import read_all_pairs
from csrtui.tasks.new import create_pair
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.renew import plan_renewal, renew, renew_with_same_key
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.restore import Consent, read_backup, restore_notes
from csrtui.tasks.session import Session, change_record
from csrtui.tasks.verify import verify_many

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair, PairRecord

OTHER = Secret("another passphrase altogether")
REQUEST = csr.to_pem(csr_of().der)

pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Session:
    """Return a session on another machine, whose store is empty."""
    made = Session(Keystore(str(tmp_path / "elsewhere")), clock=lambda: NOW)
    made.user = "jill"
    return made


def write(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "foreign.pem"
    path.write_bytes(data)
    return str(path)


def restored(session: Session, path: str, passphrase: Secret) -> Pair:
    """Restore an unsigned backup after the confirmation."""
    return restore(session, path, passphrase, Consent(unsigned=True))


def fingerprint(session: Session, pair: Pair, passphrase: Secret | None = None) -> str:
    return key_types.spki_sha256(open_key(session, pair, passphrase).public_key())


@pytest.mark.parametrize("key_type", each_key_type())
def test_a_pair_of_each_key_type_is_restored(
    session: Session, elsewhere: Session, place: Path, key_type: KeyType
) -> None:
    new_pair(session, key_type=key_type)
    before = record_of(session)
    path = back_up(session, "a.com", order(place)).path
    pair = restore(elsewhere, path, PASSPHRASE)
    for name in ("key.pem", "request.pem"):
        restored = Path(pair.path, name)
        assert restored.read_bytes() == Path(session.store.pair_path("a.com"), name).read_bytes()
    assert stat.S_IMODE(os.stat(f"{pair.path}/key.pem").st_mode) == 0o600
    record = record_of(elsewhere)
    assert record == pair.record
    for part in ("subject", "subject_text", "names", "ca", "key", "request"):
        assert getattr(record, part) == getattr(before, part)
    assert (record.stage, record.backup_status, record.created) == (Stage.NEW, BackupStatus.VERIFIED, NOW)
    (event,) = record.history
    assert (event.text, event.user) == (f"restored from {path}", "jill")
    assert [result.ok for result in verify_many(elsewhere, ["a.com"], PASSPHRASE)] == [True]


def test_an_encrypted_key_stays_encrypted(session: Session, elsewhere: Session, place: Path) -> None:
    new_pair(session, passphrase=PASSPHRASE)
    pair = restore(elsewhere, back_up(session, "a.com", order(place)).path, PASSPHRASE)
    assert pair.record.key.encrypted
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in Path(pair.path, "key.pem").read_bytes()
    assert fingerprint(elsewhere, pair, PASSPHRASE) == pair.record.key.spki_sha256
    assert back_up(elsewhere, pair.name, order(place)).status is BackupStatus.VERIFIED


def test_a_plain_key_is_restored_plain(session: Session, elsewhere: Session, place: Path) -> None:
    new_pair(session)
    pair = restore(elsewhere, back_up(session, "a.com", order(place)).path, PASSPHRASE)
    assert not pair.record.key.encrypted
    assert fingerprint(elsewhere, pair) == pair.record.key.spki_sha256


# The age of a restored pair


def test_the_age_of_a_pair_counts_from_its_backup(session: Session, elsewhere: Session, place: Path) -> None:
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    later = NOW + timedelta(days=500)
    elsewhere.clock = lambda: later
    record = restore(elsewhere, path, PASSPHRASE).record
    (backup,) = record.backups
    assert (record.created, backup.created, backup.verified) == (NOW, NOW, later)
    assert [event.time for event in record.history] == [later]
    assert "key-old" in {finding.code for finding in plan_renewal(elsewhere, "a.com").old_findings}


@pytest.mark.parametrize("said", ["2026-11-30T09:00:00Z", "1970-01-01T00:00:00Z", "yesterday"])
def test_an_impossible_time_is_ignored(elsewhere: Session, tmp_path: Path, said: str) -> None:
    data = f"Backed up:  {said}\n".encode() + key_block() + REQUEST
    record = restored(elsewhere, write(tmp_path, data), PASSPHRASE).record
    assert (record.created, record.backups[0].created) == (NOW, NOW)


def test_a_certificate_proves_its_key_older_than_the_backup(elsewhere: Session, tmp_path: Path) -> None:
    later = NOW + timedelta(days=60)
    elsewhere.clock = lambda: later
    data = b"Backed up:  2026-12-23T09:00:00Z\n" + key_block() + REQUEST + stranger() + issued()
    record = restored(elsewhere, write(tmp_path, data), PASSPHRASE).record
    assert (record.created, record.backups[0].created) == (NOW, NOW + timedelta(days=30))


# Facts in the text


def told(session: Session, place: Path, **changes: Any) -> tuple[PairRecord, str]:
    """Return a pair with unusual values, and its backup."""
    new_pair(session)
    record = change_record(session, "a.com", lambda one: one._replace(**changes))
    return record, back_up(session, "a.com", order(place)).path


def test_facts_in_a_signed_text_are_restored(session: Session, elsewhere: Session, place: Path) -> None:
    before, path = told(
        session,
        place,
        created=NOW - timedelta(days=9),
        ca=CaKind.PRIVATE,
        platform="nginx",
        submitted=NOW - timedelta(days=5),
        retired=NOW - timedelta(days=1),
    )
    record = restore(elsewhere, path, PASSPHRASE).record
    for part in ("created", "ca", "platform", "submitted", "retired", "stage"):
        assert getattr(record, part) == getattr(before, part)
    assert record.backups[0].signed
    assert plan_renewal(elsewhere, "a.com").spec.ca is CaKind.PRIVATE, "else renew would refuse its names"


def test_facts_in_an_unsigned_text_are_ignored(
    session: Session, elsewhere: Session, place: Path, tmp_path: Path
) -> None:
    told(session, place, ca=CaKind.PRIVATE, platform="nginx", retired=NOW, submitted=NOW)
    data = Path(record_of(session).backups[0].path).read_bytes()
    changed = b"\n".join(
        line for line in data.split(b"\n") if not line.startswith((b"Signature:", b"csrtui"))
    )
    record = restored(elsewhere, write(tmp_path, changed), PASSPHRASE).record
    assert (record.ca, record.platform, record.stage) == (CaKind.PUBLIC, "other", Stage.NEW)
    assert record.key.encrypted
    assert not record.backups[0].signed
    assert record.history[0].text.endswith("foreign.pem, which is not signed")


@pytest.mark.parametrize("decrypt", [True, False])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_the_key_of_a_signed_backup_is_stored_as_before_unless_it_is_decrypted(
    session: Session, elsewhere: Session, place: Path, passphrase: Secret | None, *, decrypt: bool
) -> None:
    new_pair(session, passphrase=passphrase)
    path = back_up(session, "a.com", order(place)).path
    pair = restore(elsewhere, path, PASSPHRASE, Consent(decrypt_key=decrypt))
    encrypted = passphrase is not None and not decrypt
    assert pair.record.key.encrypted is encrypted
    assert (b"ENCRYPTED" in Path(pair.path, "key.pem").read_bytes()) is encrypted


@pytest.mark.parametrize("decrypt", [True, False])
def test_the_key_of_an_unsigned_backup_stays_encrypted_unless_it_is_decrypted(
    elsewhere: Session, tmp_path: Path, *, decrypt: bool
) -> None:
    """The text of the backup says that the key had no passphrase, or says nothing.

    Any author of the file can write this.
    """
    for data in (
        b"In store:   without a passphrase\n" + key_block() + REQUEST,
        unsigned(KeyProtection.PLAIN),
    ):
        store = Session(Keystore(str(tmp_path / sha256(data).hexdigest())), clock=elsewhere.clock)
        consent = Consent(unsigned=True, decrypt_key=decrypt)
        pair = restore(store, write(tmp_path, data), PASSPHRASE, consent)
        assert pair.record.key.encrypted is not decrypt
        assert (b"ENCRYPTED" in Path(pair.path, "key.pem").read_bytes()) is not decrypt


def test_an_unsigned_backup_is_refused_without_consent(elsewhere: Session, tmp_path: Path) -> None:
    for data in (key_block() + REQUEST, unsigned()):
        with pytest.raises(RefusedError, match=f"not signed: .*{csr_of().spki_sha256}") as caught:
            restore(elsewhere, write(tmp_path, data), PASSPHRASE)
        assert "--unsigned" in str(caught.value.hint)
    assert elsewhere.store.names() == []


NO_CERTIFICATE = (
    "The backup contains no certificate. If the CA has issued one, import it again: csrtui import FILE."
)


def found(**changes: Any) -> BackupFile:
    return replace(parse(backup()), **changes)


@pytest.mark.parametrize(
    ("backup_file", "consent", "said"),
    [
        (
            found(),
            Consent(),
            ["The stage was new when the backup was made (23 Nov 2026 09:00 UTC)."],
        ),
        (
            found(details=Details(NOW, CaKind.PUBLIC, "abacus", "ritual")),
            Consent(),
            [
                "software abacus is unknown",
                "purpose ritual is unknown",
            ],
        ),
        (
            found(integrity=Integrity.CHECKSUM),
            Consent(unsigned=True),
            ["is for a public CA.", "The key keeps the passphrase"],
        ),
        (
            found(
                integrity=Integrity.NONE, csr=csr_of(KeyType.ED25519), key_protection=KeyProtection.ENCRYPTED
            ),
            Consent(unsigned=True),
            ["The pair is for a private CA."],
        ),
        (found(integrity=Integrity.NONE), Consent(unsigned=True, decrypt_key=True), ["is for a public CA."]),
        (
            found(integrity=Integrity.NONE, envelope=Envelope.AGE),
            Consent(unsigned=True),
            ["is for a public CA."],
        ),
    ],
)
def test_values_that_are_not_restored_are_reported(
    backup_file: BackupFile, consent: Consent, said: list[str]
) -> None:
    notes = [note for note in restore_notes(backup_file, consent) if note != NO_CERTIFICATE]
    assert len(notes) == len(said) + 1
    assert notes[-1].startswith("A backup does not contain the history")
    assert all(part in note for part, note in zip(said, notes, strict=False))


def test_a_missing_certificate_is_reported_with_the_way_to_import_it() -> None:
    assert NO_CERTIFICATE in restore_notes(found())
    assert NO_CERTIFICATE not in restore_notes(found(certificates=issued()))


def test_only_the_expected_backup_is_read(session: Session, elsewhere: Session, place: Path) -> None:
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    key = record_of(session).key.spki_sha256
    assert read_backup(elsewhere, path, expected=Expectation(key)).content.csr.spki_sha256 == key
    with pytest.raises(RefusedError, match="is not the expected one"):
        read_backup(elsewhere, path, expected=Expectation("ab" * 32))


@pytest.mark.safety
def test_of_many_simultaneous_restores_one_succeeds(
    session: Session, elsewhere: Session, place: Path
) -> None:
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    start = place / "start"
    start.touch()
    arguments = command("restore", elsewhere.store.path, path, str(start))
    with start.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        processes = [Popen(arguments, stdout=PIPE, stderr=PIPE, text=True) for _ in range(4)]
        assert all(process.stdout and process.stdout.readline() == "ready\n" for process in processes)
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    with counted(
        "If many processes restore one file at the same time, only one makes the pair",
        "four processes at once",
    ) as tally:
        assert elsewhere.store.names() == ["a.com"]
        assert sorted(status for _, status in ends) == [0, 1, 1, 1]
        assert all("is in the keystore: a.com" in text for text, status in ends if status)
        tally.add(len(ends))


# No overwriting


def test_an_existing_pair_is_not_overwritten(session: Session, place: Path) -> None:
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    before = record_of(session)
    with pytest.raises(RefusedError, match=r"the pair of this backup is in the keystore: a\.com"):
        restore(session, path, PASSPHRASE)
    assert session.store.names() == ["a.com"]
    assert record_of(session) == before


def test_a_deleted_pair_is_restored_beside_its_renewal_with_the_same_key(
    session: Session, place: Path
) -> None:
    create_pair(session, RequestSpec(names=("a.com",), key_type=KeyType.ED25519, ca=CaKind.PRIVATE))
    new, _ = renew_with_same_key(session, plan_renewal(session, "a.com"))
    assert new.record.request == record_of(session).request  # the signature is the same too
    paths = [back_up(session, name, order(place)).path for name in ("a.com", new.name)]
    for name, path in zip(("a.com", new.name), paths, strict=True):
        folder = Path(session.store.pair_path(name))
        folder.rename(place / "deleted")
        assert restore(session, path, PASSPHRASE).name == name
        with pytest.raises(RefusedError, match=rf"is in the keystore: {name} has its key and its CSR"):
            restore(session, path, PASSPHRASE)
        folder.rename(place / f"restored-{name}")
        (place / "deleted").rename(folder)


@pytest.mark.parametrize("deleted", [0, 1, 2])
def test_a_deleted_pair_is_restored_beside_two_renewals_with_the_same_key(
    session: Session, place: Path, deleted: int
) -> None:
    create_pair(session, RequestSpec(names=("a.com",), key_type=KeyType.ED25519, ca=CaKind.PRIVATE))
    for name in ("a.com", "a.com-2"):
        renew_with_same_key(session, plan_renewal(session, name))
    names = ("a.com", "a.com-2", "a.com-3")
    paths = [back_up(session, name, order(place)).path for name in names]
    Path(session.store.pair_path(names[deleted])).rename(place / "deleted")
    assert restore(session, paths[deleted], PASSPHRASE).name == names[deleted]
    for name, path in zip(names, paths, strict=True):
        with pytest.raises(RefusedError, match="has its key and its CSR"):
            restore(session, path, PASSPHRASE)
        assert name in session.store.names()
    assert len(session.store.names()) == len(names)


def test_a_deleted_renewal_is_linked_again_to_the_pair_that_names_it(
    session: Session, elsewhere: Session, place: Path
) -> None:
    new_pair(session)
    session.generate_key = elsewhere.generate_key = key_types.generate
    new = renew(session, plan_renewal(session, "a.com"))
    path = back_up(session, new.name, order(place)).path
    shutil.rmtree(new.path)
    assert restore(session, path, PASSPHRASE).record.renews == "a.com"
    assert record_of(session, new.name).renews == "a.com"
    create_pair(elsewhere, RequestSpec(("b.com",)), name=new.name)
    assert restore(elsewhere, path, PASSPHRASE).record.renews is None


def test_another_pair_keeps_its_name(session: Session, elsewhere: Session, place: Path) -> None:
    new_pair(session)
    elsewhere.generate_key = key_types.generate
    new_pair(elsewhere)
    before = Path(elsewhere.store.pair_path("a.com"), "key.pem").read_bytes()
    pair = restore(elsewhere, back_up(session, "a.com", order(place)).path, PASSPHRASE)
    assert pair.name == "a.com-2"
    assert Path(elsewhere.store.pair_path("a.com"), "key.pem").read_bytes() == before


def test_a_pair_with_a_damaged_record_is_restored_beside_it(session: Session, place: Path) -> None:
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    Path(session.store.pair_path("a.com"), "pair.json").write_bytes(b"damaged")
    assert restore(session, path, PASSPHRASE).name == "a.com-2"
    assert len(read_all_pairs(session).problems) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_an_error_of_the_disk_stores_nothing(
    session: Session, elsewhere: Session, place: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    new_pair(session)
    path = back_up(session, "a.com", order(place)).path
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, "write", code, when=2)
        with pytest.raises(StoreError):
            restore(elsewhere, path, PASSPHRASE)
    assert failing.fired
    assert elsewhere.store.names() == elsewhere.store.leftovers() == []
    assert restore(elsewhere, path, PASSPHRASE).name == "a.com"


# Backups of other programs


SCHEMES = [
    ("-v2", "aes-256-cbc"),
    ("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-iter", "5000"),
    ("-scrypt",),
    ("-v1", "PBE-SHA1-3DES"),
]


@pytest.mark.parametrize("scheme", SCHEMES, ids=" ".join)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_file_made_by_openssl_is_restored(
    elsewhere: Session, tmp_path: Path, scheme: tuple[str, ...], line_end: bytes
) -> None:
    data = foreign_key(tmp_path / "key.pem", *scheme) + REQUEST
    pair = restored(elsewhere, write(tmp_path, data.replace(b"\n", line_end)), PASSPHRASE)
    assert pair.name == "a.com"
    assert pair.record.key.encrypted
    assert fingerprint(elsewhere, pair, PASSPHRASE) == csr_of().spki_sha256
    assert Path(pair.path, "request.pem").read_bytes() == REQUEST


def test_twenty_million_iterations_are_refused_at_once(elsewhere: Session, tmp_path: Path) -> None:
    derived_key = pkcs8.DerivedKey(bytes(16), 20_000_000, bytes(32))
    dear = pkcs8.encrypt_with(key_of(KeyType.EC_P256), derived_key, bytes(16))
    with pytest.raises(InputError, match="needs 20000000 iterations"):
        restored(elsewhere, write(tmp_path, dear + REQUEST), PASSPHRASE)


def test_scrypt_over_the_limit_is_refused(elsewhere: Session, tmp_path: Path) -> None:
    """OpenSSL does not write such a key, so its 1 lane is changed to 17."""
    der = pkcs8.to_der(foreign_key(tmp_path / "key.pem", "-scrypt"))
    parameters = bytes.fromhex("02024000 020108 020101")
    assert der.count(parameters) == 1
    dear = asn1.wrap("ENCRYPTED PRIVATE KEY", der.replace(parameters, parameters[:-1] + b"\x11"))
    with pytest.raises(InputError, match="scrypt with N=16384, r=8, p=17"):
        restored(elsewhere, write(tmp_path, dear + REQUEST), PASSPHRASE)


def other_request(key_type: KeyType) -> bytes:
    return csr.to_pem(der_of(SubjectFields(common_name="b.com"), "b.com", key_type=key_type))


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (key_block() + other_request(KeyType.EC_P384), RefusedError, "is not the key of its CSR"),
        (key_block(KeyType.EC_P384) + REQUEST, RefusedError, "is not the key of its CSR"),
        (
            key_types.private_pem(key_of(KeyType.EC_P256)) + REQUEST,
            InputError,
            "without a passphrase, not a backup",
        ),
        (key_block() * 2 + REQUEST, InputError, "more than one key"),
        (key_block() + REQUEST * 2, InputError, "more than one key or request"),
        (key_block(), InputError, "contains no certificate request"),
        (REQUEST, InputError, "contains no encrypted private key"),
        (b"", InputError, "that is not a backup"),
        (bytes(2_000_000), InputError, "more than 1048576 bytes"),
    ],
)
def test_a_key_that_does_not_match_is_refused(
    elsewhere: Session, tmp_path: Path, data: bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        restored(elsewhere, write(tmp_path, data), PASSPHRASE)
    assert elsewhere.store.names() == []


def test_a_wrong_passphrase_is_refused(elsewhere: Session, tmp_path: Path) -> None:
    for passphrase in (OTHER, Secret(""), Secret(PASSPHRASE.revealed + " ")):
        with pytest.raises(RefusedError, match="the passphrase does not open the key"):
            restored(elsewhere, write(tmp_path, key_block() + REQUEST), passphrase)
    assert elsewhere.store.names() == []


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
def test_anything_but_a_file_is_refused_at_once(elsewhere: Session, tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(InputError, match=str(path)):
        restore(elsewhere, str(path), PASSPHRASE)


def test_an_invalid_name_is_not_used_as_a_path(elsewhere: Session, tmp_path: Path) -> None:
    data = b"Pair: ../../../etc/passwd\n" + key_block() + REQUEST
    assert restored(elsewhere, write(tmp_path, data), PASSPHRASE).name == "a.com"


def test_a_csr_without_names_gets_a_pair_name(elsewhere: Session, tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    bare = builder.sign(key_of(KeyType.EC_P256), hashes.SHA256()).public_bytes(Encoding.PEM)
    assert restored(elsewhere, write(tmp_path, key_block() + bare), PASSPHRASE).name == "pair"


def test_a_key_for_a_private_ca_makes_a_pair_for_a_private_ca(elsewhere: Session, tmp_path: Path) -> None:
    data = key_block(KeyType.ED25519) + csr.to_pem(csr_of(KeyType.ED25519).der)
    assert restored(elsewhere, write(tmp_path, data), PASSPHRASE).record.ca is CaKind.PRIVATE


# Certificates


def issued() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_der_x509_certificate(issue(csr_of().der)).public_bytes(Encoding.PEM)


def stranger() -> bytes:
    """Return a certificate for another key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = issue(csr_of(KeyType.EC_P384).der)
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def unknown_key() -> bytes:
    """Return a certificate whose key is of a kind that cryptography does not support."""
    from base64 import b64decode, b64encode

    der = b64decode(b"".join(certificate(subject()).split(b"\n")[1:-2]))
    ec_public_key = bytes.fromhex("2a8648ce3d0201")
    assert der.count(ec_public_key) == 1
    body = b64encode(der.replace(ec_public_key, bytes.fromhex("2a8648ce3d0209")))
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"\n-----END CERTIFICATE-----\n"


def test_the_certificate_is_restored_with_its_chain_and_validity(elsewhere: Session, tmp_path: Path) -> None:
    data = key_block() + REQUEST + stranger() + unknown_key() + issued()
    pair = restored(elsewhere, write(tmp_path, data), PASSPHRASE)
    kept = Path(pair.path, "certificate.pem").read_bytes()
    assert kept.count(b"BEGIN CERTIFICATE") == 3
    assert key_types.spki_sha256(first_of(kept)) == csr_of().spki_sha256
    assert pair.has_certificate
    assert pair.record.stage is Stage.ISSUED
    assert pair.record.validity
    assert pair.record.validity.not_before == NOW
    assert [event.text.partition(",")[0] for event in pair.record.history][1:] == ["certificate restored"]
    assert pair.record.listed_stage == "no chain", "as when it was imported"


def first_of(pem: bytes) -> key_types.PublicKey:
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem).public_key()


@pytest.mark.parametrize("strange", [stranger, unknown_key])
def test_certificates_of_other_keys_are_not_restored(
    elsewhere: Session, tmp_path: Path, strange: object
) -> None:
    assert callable(strange)
    pair = restored(elsewhere, write(tmp_path, key_block() + REQUEST + strange()), PASSPHRASE)
    assert not Path(pair.path, "certificate.pem").exists()
    assert (pair.has_certificate, pair.record.stage) == (False, Stage.NEW)


def test_a_damaged_certificate_is_reported(elsewhere: Session, tmp_path: Path) -> None:
    data = key_block() + REQUEST + issued().replace(b"MII", b"AAA", 1)
    with pytest.raises(RefusedError, match="the certificate in the backup is damaged"):
        restored(elsewhere, write(tmp_path, data), PASSPHRASE)
    assert elsewhere.store.names() == []
