"""Ways to damage a `RemediedStore`, one for each kind of remedy that the doctor suggests."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from backups_made import key_block
from certificates_made import build, named, pem, root
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from remedied_store import DAY
from requests_made import key_of

from csrtui.core.base.validity import Validity
from csrtui.core.certificates import csr as request
from csrtui.core.doctor.finding import FindingCode
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.facts import RequestFacts
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.file_facts import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from remedied_store import RemediedStore

    from csrtui.core.keys.key_types import PrivateKey

NEW = ".new-0123456789abcdef"
_UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")


def csr_of(key: PrivateKey, name: str = "a.com") -> bytes:
    return request.build(SubjectFields(common_name=name), [name], key)


def damage_signature(store: RemediedStore) -> None:
    der = bytearray(request.read_pem(store.files.csr).der)
    der[-1] ^= 1
    damaged = request.read_der(bytes(der))
    (store.pair / "request.pem").write_bytes(request.to_pem(damaged.der))
    store.change(request=RequestFacts(damaged.sha256, damaged.signature_hash))


def encrypt_key(store: RemediedStore) -> None:
    (store.pair / "key.pem").write_bytes(key_block())


def certificate_of_another(store: RemediedStore) -> None:
    another = root().sign(csr_of(key_of(KeyType.EC_P384)), start=store.now - DAY, days=90)
    (store.pair / "certificate.pem").write_bytes(pem(another))


def expire(store: RemediedStore) -> None:
    csr = request.read_pem(store.files.csr)
    expired = root().sign(csr.der, start=store.now - 9 * DAY, days=8)
    (store.pair / "certificate.pem").write_bytes(pem(expired))
    store.change(validity=Validity(expired.not_valid_before_utc, expired.not_valid_after_utc))


def issue_with(store: RemediedStore, *extensions: x509.ExtensionType) -> None:
    key = x509.load_pem_x509_csr(store.files.csr).public_key()
    bare = build(named("a.com"), key, root(), list(extensions), start=store.now - DAY, days=90)
    (store.pair / "certificate.pem").write_bytes(pem(bare, root().certificate))
    store.change(validity=Validity(bare.not_valid_before_utc, bare.not_valid_after_utc))


def not_yet_valid(store: RemediedStore) -> None:
    csr = request.read_pem(store.files.csr)
    future = root().sign(csr.der, start=store.now + DAY, days=8)
    (store.pair / "certificate.pem").write_bytes(pem(future))
    store.change(validity=Validity(future.not_valid_before_utc, future.not_valid_after_utc))


def replace_issuers(*issuers: x509.Certificate) -> Callable[[RemediedStore], object]:
    def replace(store: RemediedStore) -> None:
        leaf = x509.load_pem_x509_certificates(store.certificate_file.read_bytes())[0]
        (store.pair / "certificate.pem").write_bytes(pem(leaf, *issuers))

    return replace


def another_root(days: int, *critical: x509.UnrecognizedExtension) -> x509.Certificate:
    """Return another certificate for the name and key of the root, from the year 2020 on."""
    own = root()
    name = own.certificate.subject
    extensions = [x509.BasicConstraints(ca=True, path_length=None), *critical]
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return build(
        name, own.key.public_key(), (name, own.key), extensions, start=start, days=days, critical=critical
    )


def unsigned_backup(store: RemediedStore) -> None:
    store.change(backups=(store.back_up(None),))


def retired_before_backup(store: RemediedStore) -> None:
    store.change(retired=store.now)
    store.change(backups=(store.back_up(key_of(KeyType.EC_P256)),))
    (store.pair / "key.pem").unlink()


def import_later(store: RemediedStore) -> None:
    time = store.record.backups[0].created + timedelta(seconds=1)
    store.change(history=(HistoryEntry(time, "certificate imported", "me"),))


def unproved_backup(store: RemediedStore) -> None:
    store.change(backups=(store.recorded(store.backup, verified=False),))


def lose(*names: str) -> Callable[[RemediedStore], None]:
    def remove(store: RemediedStore) -> None:
        for name in names:
            (store.pair / name).unlink()

    return remove


def without_backup(breaking: Callable[[RemediedStore], object]) -> Callable[[RemediedStore], None]:
    def remove(store: RemediedStore) -> None:
        breaking(store)
        store.backup.unlink()

    return remove


def with_sealed_backup(breaking: Callable[[RemediedStore], object]) -> Callable[[RemediedStore], None]:
    def seal(store: RemediedStore) -> None:
        store.back_up_to_recipient(verified=True)
        breaking(store)

    return seal


def retired(breaking: Callable[[RemediedStore], object]) -> Callable[[RemediedStore], None]:
    def retire(store: RemediedStore) -> None:
        store.change(retired=store.now)
        breaking(store)

    return retire


def renamed(store: RemediedStore) -> None:
    """Rename the folder of the pair, so that it differs from the name in the backup."""
    store.pair.rename(store.pair.with_name("a.com-2"))
    (store.pair.with_name("a.com-2") / "key.pem").unlink()


def second_pair(store: RemediedStore) -> None:
    store.call("renew", "a.com")
    store.change()  # the interrupted renewal never reached this record


def unfinished_renewal(store: RemediedStore) -> None:
    expire(store)
    store.call("renew", "a.com")


def weaken(store: RemediedStore) -> None:
    store.use_key(ec.derive_private_key(5, ec.SECP256R1()))


def oversize(store: RemediedStore) -> None:
    with (store.pair / "request.pem").open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def link(store: RemediedStore) -> None:
    (store.pair / "key.pem").rename(store.usb / "elsewhere.pem")
    (store.pair / "key.pem").symlink_to(store.usb / "elsewhere.pem")


def fifo(store: RemediedStore) -> None:
    (store.pair / "certificate.pem").unlink()
    os.mkfifo(store.pair / "certificate.pem", 0o600)


def both(*breakings: Callable[[RemediedStore], object]) -> Callable[[RemediedStore], None]:
    def break_all(store: RemediedStore) -> None:
        for breaking in breakings:
            breaking(store)

    return break_all


def damage_draft(store: RemediedStore) -> None:
    (store.path / ".draft.json").touch(0o600)


def write(name: str, text: str) -> Callable[[RemediedStore], object]:
    return lambda store: (store.pair / name).write_text(text)


@dataclass(frozen=True)
class Case:
    """A way to damage a store.

    Attributes:
        code: The finding whose remedy is run.
        breaking: The function that damages a healthy store.
        prompts: The number of passphrases that the remedy asks for.
    """

    code: FindingCode
    breaking: Callable[[RemediedStore], object]
    prompts: int = 0


COMMANDS = {
    "open folder above": Case(FindingCode.OPEN_MODE, lambda store: store.path.parent.chmod(0o777)),
    "open store": Case(FindingCode.OPEN_MODE, lambda store: store.path.chmod(0o755)),
    "open pairs": Case(FindingCode.OPEN_MODE, lambda store: (store.path / "pairs").chmod(0o770)),
    "open pair": Case(FindingCode.OPEN_MODE, lambda store: store.pair.chmod(0o701)),
    "open key": Case(FindingCode.OPEN_MODE, lambda store: (store.pair / "key.pem").chmod(0o640)),
    "open CSR": Case(FindingCode.OPEN_MODE, lambda store: (store.pair / "request.pem").chmod(0o664)),
    "interrupted creation": Case(
        FindingCode.LEFTOVER_CREATION, lambda store: shutil.copytree(store.pair, store.path / "pairs" / NEW)
    ),
    "read-only temporary file": Case(
        FindingCode.LEFTOVER_TEMPORARY, lambda store: (store.path / ".tmp-1").touch(0o400)
    ),
    "temporary file": Case(FindingCode.LEFTOVER_TEMPORARY, lambda store: (store.path / ".tmp-1").touch()),
    "temporary file of a pair": Case(
        FindingCode.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-'x").touch()
    ),
    "unprintable file": Case(
        FindingCode.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-\udcff\x1b%d\n'").touch()
    ),
    "unprintable link": Case(
        FindingCode.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-\x1b").symlink_to("key.pem")
    ),
    "damaged draft": Case(FindingCode.MEMORY_UNREADABLE, damage_draft),
    "no key": Case(FindingCode.MISSING_FILE, lose("key.pem"), 1),
    "no key, renamed pair": Case(FindingCode.MISSING_FILE, renamed, 1),
    "no key, retired pair": Case(FindingCode.MISSING_FILE, retired(lose("key.pem")), 1),
    "no key, backup of a retired pair": Case(FindingCode.MISSING_FILE, retired_before_backup, 1),
    "no CSR": Case(FindingCode.MISSING_FILE, lose("request.pem"), 1),
    "no CSR, no backup": Case(FindingCode.MISSING_FILE, without_backup(lose("request.pem"))),
    "no record": Case(FindingCode.MISSING_FILE, lose("pair.json")),
    "no record, no certificate": Case(FindingCode.MISSING_FILE, lose("pair.json", "certificate.pem")),
    "no record, no CSR": Case(FindingCode.MISSING_FILE, lose("pair.json", "request.pem")),
    "damaged record": Case(FindingCode.RECORD_UNREADABLE, write("pair.json", "{")),
    "damaged record and certificate": Case(
        FindingCode.RECORD_UNREADABLE,
        both(write("pair.json", "{"), write("certificate.pem", "x")),
    ),
    "damaged record, encrypted key": Case(
        FindingCode.RECORD_UNREADABLE, both(write("pair.json", "{"), encrypt_key), 1
    ),
    "damaged CSR": Case(FindingCode.REQUEST_UNREADABLE, write("request.pem", "no"), 1),
    "unsigned CSR": Case(FindingCode.REQUEST_SIGNATURE, damage_signature, 1),
    "unsigned CSR, no backup": Case(FindingCode.REQUEST_SIGNATURE, without_backup(damage_signature)),
    "another CSR": Case(
        FindingCode.REQUEST_CHANGED,
        lambda store: (store.pair / "request.pem").write_bytes(
            request.to_pem(csr_of(key_of(KeyType.EC_P256), "b.com"))
        ),
        1,
    ),
    "wrong fingerprint": Case(
        FindingCode.FINGERPRINT_DISAGREES,
        lambda store: store.change(key=store.record.key._replace(spki_sha256="ab" * 32)),
        1,
    ),
    "wrong subject": Case(
        FindingCode.SUBJECT_DISAGREES, lambda store: store.change(subject_text="CN=b.com"), 1
    ),
    "wrong names": Case(FindingCode.NAMES_DISAGREE, lambda store: store.change(names=("a.com", "b.com")), 1),
    "wrong names, private CA": Case(
        FindingCode.NAMES_DISAGREE,
        without_backup(lambda store: store.change(names=("a.com", "b.com"), platform="new-server")),
    ),
    "damaged key": Case(FindingCode.KEY_UNREADABLE, write("key.pem", "no"), 1),
    "key of another": Case(
        FindingCode.KEY_OF_ANOTHER,
        lambda store: (store.pair / "key.pem").write_bytes(key_types.private_pem(key_of(KeyType.EC_P384))),
        1,
    ),
    "encrypted by others": Case(FindingCode.ENCRYPTION_DISAGREES, encrypt_key, 2),
    "record of an encrypted key": Case(
        FindingCode.ENCRYPTION_DISAGREES,
        lambda store: store.change(key=store.record.key._replace(encrypted=True)),
        1,
    ),
    "weak key": Case(FindingCode.KEY_WEAK, weaken),
    "no names": Case(FindingCode.CERTIFICATE_NO_NAMES, issue_with),
    "expired": Case(FindingCode.CERTIFICATE_EXPIRED, expire),
    "wrong dates": Case(
        FindingCode.VALIDITY_DISAGREES,
        lambda store: store.change(validity=Validity(store.now, store.now + DAY)),
    ),
    "unproved backup": Case(FindingCode.BACKUP_UNVERIFIED, unproved_backup, 1),
    "interrupted renewal": Case(FindingCode.RENEWAL_NOT_NOTED, second_pair),
    "lost successor": Case(FindingCode.RENEWAL_BROKEN, lambda store: store.change(renewed_by="b.com")),
    "open configuration": Case(FindingCode.CONFIG_UNUSABLE, lambda store: store.config.chmod(0o666)),
}
"""Remedies that are commands, run in a shell unchanged."""

TEMPLATES = {
    "no key, backup to a recipient": Case(FindingCode.MISSING_FILE, with_sealed_backup(lose("key.pem"))),
    "unproved backup to a recipient": Case(
        FindingCode.BACKUP_UNVERIFIED, lambda store: store.back_up_to_recipient(verified=False)
    ),
    "damaged certificate": Case(FindingCode.CERTIFICATE_UNREADABLE, write("certificate.pem", "no")),
    "certificate of another": Case(FindingCode.CERTIFICATE_OF_ANOTHER, certificate_of_another),
    "certificate for another name": Case(
        FindingCode.CERTIFICATE_WRONG_NAMES,
        lambda store: issue_with(store, x509.SubjectAlternativeName([x509.DNSName("b.com")])),
    ),
    "certificate for clients": Case(
        FindingCode.CERTIFICATE_WRONG_PURPOSE,
        lambda store: issue_with(store, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])),
    ),
    "no certificate": Case(FindingCode.CERTIFICATE_MISSING, lose("certificate.pem")),
    "incomplete chain": Case(FindingCode.CHAIN_INCOMPLETE, replace_issuers()),
    "expired issuer": Case(FindingCode.CHAIN_INVALID, replace_issuers(another_root(1000))),
    "issuer with an unknown extension": Case(
        FindingCode.CHAIN_NOT_CHECKABLE,
        replace_issuers(another_root(30_000, _UNKNOWN_EXTENSION)),
    ),
    "unsigned backup": Case(FindingCode.BACKUP_UNSIGNED, unsigned_backup, 2),
    "older backup": Case(FindingCode.BACKUP_OUTDATED, import_later, 2),
    "no backup": Case(FindingCode.BACKUP_NONE, lambda store: store.change(backups=()), 2),
    "lost backup": Case(FindingCode.BACKUP_MISSING, lambda store: store.backup.unlink(), 2),
    "damaged backup": Case(FindingCode.BACKUP_DAMAGED, lambda store: store.backup.write_text("other"), 2),
}
"""Remedies in which the user has to name a file or folder first."""

INSTRUCTIONS = {
    "too large": (FindingCode.UNREADABLE, oversize, "what is in the file is unknown"),
    "link": (FindingCode.LINK, link, "only a person knows whether what it leads to may be trusted"),
    "other kind": (FindingCode.WRONG_KIND, fifo, "only a person knows what is meant to be there"),
    "stranger": (
        FindingCode.UNEXPECTED,
        lambda store: (store.path / "notes").touch(),
        "csrtui did not make it",
    ),
    "stranger of a pair": (
        FindingCode.UNEXPECTED,
        lambda store: (store.pair / "x").touch(),
        "csrtui did not make it",
    ),
    "temporary folder": (
        FindingCode.UNEXPECTED,
        lambda store: (store.pair / ".tmp-1").mkdir(),
        "csrtui makes none",
    ),
    "hidden stranger": (
        FindingCode.UNKNOWN_HIDDEN,
        lambda store: (store.path / ".cache").touch(),
        "a newer version may need it",
    ),
    "name that a pair cannot have": (
        FindingCode.NAME_NOT_ALLOWED,
        lambda store: (store.path / "pairs/A\x1b[2J").mkdir(),
        "it may contain a key, under a name that only a person can choose",
    ),
    "no key, no backup": (
        FindingCode.MISSING_FILE,
        without_backup(lose("key.pem")),
        "the backup on record is missing too, so that only a person can find another copy",
    ),
    "no key, no backup on record": (
        FindingCode.MISSING_FILE,
        both(lambda store: store.change(backups=()), lose("key.pem")),
        "nothing is known that brings the key back",
    ),
    "nothing but a certificate": (
        FindingCode.MISSING_FILE,
        lose("pair.json", "request.pem", "key.pem"),
        "nothing is known that brings the key back",
    ),
    "no record, damaged key": (
        FindingCode.MISSING_FILE,
        both(lose("pair.json"), write("key.pem", "no")),
        "nothing is known that brings the key back",
    ),
    "no CSR, no certificate, no backup": (
        FindingCode.MISSING_FILE,
        without_backup(lose("request.pem", "certificate.pem")),
        "the names of a new CSR are for a person to decide",
    ),
    "newer record": (
        FindingCode.RECORD_SCHEMA,
        write("pair.json", '{"schema": 2}'),
        "another version has to read it",
    ),
    "unknown key": (
        FindingCode.KEY_NOT_OPENED,
        both(encrypt_key, lambda store: store.change(key=store.record.key._replace(encrypted=True))),
        "nothing is wrong",
    ),
    "compromised key": (
        FindingCode.KEY_COMPROMISED,
        lambda store: store.change(compromised=store.now, retired=store.now),
        "only the CA revokes a certificate",
    ),
    "future certificate": (FindingCode.CERTIFICATE_NOT_YET_VALID, not_yet_valid, "time passes by itself"),
    "future creation": (
        FindingCode.CREATED_IN_FUTURE,
        lambda store: store.change(created=store.now + DAY),
        "the clock is not csrtui's",
    ),
    "future submission": (
        FindingCode.TIME_IN_FUTURE,
        lambda store: store.change(submitted=store.now + DAY),
        "the clock is not csrtui's",
    ),
    "early submission": (
        FindingCode.BEFORE_CREATED,
        lambda store: store.change(submitted=store.now - 20 * DAY),
        "nobody knows the right time",
    ),
    "damaged backup of a retired pair": (
        FindingCode.BACKUP_DAMAGED,
        retired(lambda store: store.backup.write_text("other")),
        "only a person knows whether the key is still needed",
    ),
    "two pairs with one key": (
        FindingCode.SAME_KEY,
        lambda store: shutil.copytree(store.pair, store.pair.with_name("b.com")),
        "only a person knows which of them is in use",
    ),
    "unfinished renewal": (
        FindingCode.RENEWAL_UNFINISHED,
        unfinished_renewal,
        "only a person knows what the server uses",
    ),
    "deleted predecessor": (
        FindingCode.PREDECESSOR_MISSING,
        lambda store: store.change(renews="gone.com"),
        "only a person knows whether it was deleted on purpose",
    ),
    "deleted successor": (
        FindingCode.SUCCESSOR_MISSING,
        retired(lambda store: store.change(renewed_by="gone.com")),
        "only a person knows whether it was deleted on purpose",
    ),
    "unknown setting": (
        FindingCode.CONFIG_UNUSABLE,
        lambda store: store.config.write_text("nonsense = 1"),
        "only a person knows what is meant",
    ),
}
"""Remedies that are instructions, each with the reason why there is no command."""
