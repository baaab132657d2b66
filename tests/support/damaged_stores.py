"""Ways to break a `RemediedStore`, by the kind of the remedy that the doctor gives for each."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backups_made import key_block
from certificates_made import build, pem, root
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from remedied_store import DAY
from requests_made import key_of

from csrtui.core.base.times import Validity
from csrtui.core.certificates import csr as request
from csrtui.core.doctor.finding_codes import Code
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import RequestFacts
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.survey import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from remedied_store import RemediedStore

    from csrtui.core.keys.key_types import PrivateKey

NEW = ".new-0123456789abcdef"
_UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")


def csr_of(key: PrivateKey, name: str = "a.com") -> bytes:
    return request.build(SubjectFields(common_name=name), [name], key)


def damage_signature(store: RemediedStore) -> None:
    der = bytearray(request.read_pem(store.files.request).der)
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
    csr = request.read_pem(store.files.request)
    expired = root().sign(csr.der, start=store.now - 9 * DAY, days=8)
    (store.pair / "certificate.pem").write_bytes(pem(expired))
    store.change(validity=Validity(expired.not_valid_before_utc, expired.not_valid_after_utc))


def not_yet_valid(store: RemediedStore) -> None:
    csr = request.read_pem(store.files.request)
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
    """The name of the folder need not be that of the pair in its backup."""
    store.pair.rename(store.pair.with_name("a.com-2"))
    (store.pair.with_name("a.com-2") / "key.pem").unlink()


def second_pair(store: RemediedStore) -> None:
    store.call("renew", "a.com")
    store.change()  # the interrupted renewal never reached this record


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
    """A way to break a store.

    Attributes:
        code: The finding whose remedy is run.
        breaking: Breaks a healthy store.
        prompts: How many passphrases the remedy asks for.
    """

    code: Code
    breaking: Callable[[RemediedStore], object]
    prompts: int = 0


COMMANDS = {
    "open folder above": Case(Code.OPEN_MODE, lambda store: store.path.parent.chmod(0o777)),
    "open store": Case(Code.OPEN_MODE, lambda store: store.path.chmod(0o755)),
    "open pairs": Case(Code.OPEN_MODE, lambda store: (store.path / "pairs").chmod(0o770)),
    "open pair": Case(Code.OPEN_MODE, lambda store: store.pair.chmod(0o701)),
    "open key": Case(Code.OPEN_MODE, lambda store: (store.pair / "key.pem").chmod(0o640)),
    "open CSR": Case(Code.OPEN_MODE, lambda store: (store.pair / "request.pem").chmod(0o664)),
    "interrupted creation": Case(
        Code.LEFTOVER_CREATION, lambda store: shutil.copytree(store.pair, store.path / "pairs" / NEW)
    ),
    "read-only temporary file": Case(
        Code.LEFTOVER_TEMPORARY, lambda store: (store.path / ".tmp-1").touch(0o400)
    ),
    "temporary file": Case(Code.LEFTOVER_TEMPORARY, lambda store: (store.path / ".tmp-1").touch()),
    "temporary file of a pair": Case(Code.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-'x").touch()),
    "unprintable file": Case(
        Code.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-\udcff\x1b%d\n'").touch()
    ),
    "unprintable link": Case(
        Code.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-\x1b").symlink_to("key.pem")
    ),
    "damaged draft": Case(Code.MEMORY_UNREADABLE, damage_draft),
    "no key": Case(Code.MISSING_FILE, lose("key.pem"), 1),
    "no key, renamed pair": Case(Code.MISSING_FILE, renamed, 1),
    "no key, retired pair": Case(Code.MISSING_FILE, retired(lose("key.pem")), 1),
    "no key, backup of a retired pair": Case(Code.MISSING_FILE, retired_before_backup, 1),
    "no CSR": Case(Code.MISSING_FILE, lose("request.pem"), 1),
    "no CSR, no backup": Case(Code.MISSING_FILE, without_backup(lose("request.pem"))),
    "no record": Case(Code.MISSING_FILE, lose("pair.json")),
    "no record, no certificate": Case(Code.MISSING_FILE, lose("pair.json", "certificate.pem")),
    "no record, no CSR": Case(Code.MISSING_FILE, lose("pair.json", "request.pem")),
    "damaged record": Case(Code.RECORD_UNREADABLE, write("pair.json", "{")),
    "damaged record and certificate": Case(
        Code.RECORD_UNREADABLE,
        both(write("pair.json", "{"), write("certificate.pem", "x")),
    ),
    "damaged record, encrypted key": Case(
        Code.RECORD_UNREADABLE, both(write("pair.json", "{"), encrypt_key), 1
    ),
    "damaged CSR": Case(Code.REQUEST_UNREADABLE, write("request.pem", "no"), 1),
    "unsigned CSR": Case(Code.REQUEST_SIGNATURE, damage_signature, 1),
    "unsigned CSR, no backup": Case(Code.REQUEST_SIGNATURE, without_backup(damage_signature)),
    "another CSR": Case(
        Code.REQUEST_CHANGED,
        lambda store: (store.pair / "request.pem").write_bytes(
            request.to_pem(csr_of(key_of(KeyType.EC_P256), "b.com"))
        ),
        1,
    ),
    "wrong fingerprint": Case(
        Code.FINGERPRINT_DISAGREES,
        lambda store: store.change(key=store.record.key._replace(spki_sha256="ab" * 32)),
        1,
    ),
    "wrong subject": Case(Code.SUBJECT_DISAGREES, lambda store: store.change(subject_text="CN=b.com"), 1),
    "wrong names": Case(Code.NAMES_DISAGREE, lambda store: store.change(names=("a.com", "b.com")), 1),
    "wrong names, private CA": Case(
        Code.NAMES_DISAGREE,
        without_backup(lambda store: store.change(names=("a.com", "b.com"), platform="new-server")),
    ),
    "damaged key": Case(Code.KEY_UNREADABLE, write("key.pem", "no"), 1),
    "key of another": Case(
        Code.KEY_OF_ANOTHER,
        lambda store: (store.pair / "key.pem").write_bytes(key_types.private_pem(key_of(KeyType.EC_P384))),
        1,
    ),
    "encrypted by others": Case(Code.ENCRYPTION_DISAGREES, encrypt_key, 2),
    "record of an encrypted key": Case(
        Code.ENCRYPTION_DISAGREES,
        lambda store: store.change(key=store.record.key._replace(encrypted=True)),
        1,
    ),
    "weak key": Case(Code.KEY_WEAK, weaken),
    "expired": Case(Code.CERTIFICATE_EXPIRED, expire),
    "wrong dates": Case(
        Code.VALIDITY_DISAGREES, lambda store: store.change(validity=Validity(store.now, store.now + DAY))
    ),
    "unproved backup": Case(Code.BACKUP_UNVERIFIED, unproved_backup, 1),
    "interrupted renewal": Case(Code.RENEWAL_NOT_NOTED, second_pair),
    "lost successor": Case(Code.RENEWAL_BROKEN, lambda store: store.change(renewed_by="b.com")),
    "open configuration": Case(Code.CONFIG_UNUSABLE, lambda store: store.config.chmod(0o666)),
}
"""Remedies that are commands: run in a shell as they are."""

TEMPLATES = {
    "no key, backup to a recipient": Case(Code.MISSING_FILE, with_sealed_backup(lose("key.pem"))),
    "unproved backup to a recipient": Case(
        Code.BACKUP_UNVERIFIED, lambda store: store.back_up_to_recipient(verified=False)
    ),
    "damaged certificate": Case(Code.CERTIFICATE_UNREADABLE, write("certificate.pem", "no")),
    "certificate of another": Case(Code.CERTIFICATE_OF_ANOTHER, certificate_of_another),
    "no certificate": Case(Code.CERTIFICATE_MISSING, lose("certificate.pem")),
    "incomplete chain": Case(Code.CHAIN_INCOMPLETE, replace_issuers()),
    "expired issuer": Case(Code.CHAIN_INVALID, replace_issuers(another_root(1000))),
    "issuer with an unknown extension": Case(
        Code.CHAIN_NOT_CHECKABLE,
        replace_issuers(another_root(30_000, _UNKNOWN_EXTENSION)),
    ),
    "unsigned backup": Case(Code.BACKUP_UNSIGNED, unsigned_backup, 2),
    "no backup": Case(Code.BACKUP_NONE, lambda store: store.change(backups=()), 2),
    "lost backup": Case(Code.BACKUP_MISSING, lambda store: store.backup.unlink(), 2),
    "damaged backup": Case(Code.BACKUP_DAMAGED, lambda store: store.backup.write_text("other"), 2),
}
"""Remedies in which a person has to name a file or folder first."""

INSTRUCTIONS = {
    "too large": (Code.UNREADABLE, oversize, "what is in the file is unknown"),
    "link": (Code.LINK, link, "only a person knows whether what it leads to may be trusted"),
    "other kind": (Code.WRONG_KIND, fifo, "only a person knows what is meant to be there"),
    "stranger": (Code.UNEXPECTED, lambda store: (store.path / "notes").touch(), "csrtui did not make it"),
    "stranger of a pair": (
        Code.UNEXPECTED,
        lambda store: (store.pair / "x").touch(),
        "csrtui did not make it",
    ),
    "temporary folder": (Code.UNEXPECTED, lambda store: (store.pair / ".tmp-1").mkdir(), "csrtui makes none"),
    "hidden stranger": (
        Code.UNKNOWN_HIDDEN,
        lambda store: (store.path / ".cache").touch(),
        "a newer version may need it",
    ),
    "name that a pair cannot have": (
        Code.NAME_NOT_ALLOWED,
        lambda store: (store.path / "pairs/A\x1b[2J").mkdir(),
        "it may contain a key, under a name that only a person can choose",
    ),
    "no key, no backup": (
        Code.MISSING_FILE,
        without_backup(lose("key.pem")),
        "the backup on record is missing too, so that only a person can find another copy",
    ),
    "no key, no backup on record": (
        Code.MISSING_FILE,
        both(lambda store: store.change(backups=()), lose("key.pem")),
        "nothing is known that brings the key back",
    ),
    "nothing but a certificate": (
        Code.MISSING_FILE,
        lose("pair.json", "request.pem", "key.pem"),
        "nothing is known that brings the key back",
    ),
    "no record, damaged key": (
        Code.MISSING_FILE,
        both(lose("pair.json"), write("key.pem", "no")),
        "nothing is known that brings the key back",
    ),
    "no CSR, no certificate, no backup": (
        Code.MISSING_FILE,
        without_backup(lose("request.pem", "certificate.pem")),
        "the names of a new CSR are for a person to decide",
    ),
    "newer record": (
        Code.RECORD_SCHEMA,
        write("pair.json", '{"schema": 2}'),
        "another version has to read it",
    ),
    "unknown key": (
        Code.KEY_NOT_OPENED,
        both(encrypt_key, lambda store: store.change(key=store.record.key._replace(encrypted=True))),
        "nothing is wrong",
    ),
    "future certificate": (Code.CERTIFICATE_NOT_YET_VALID, not_yet_valid, "time passes by itself"),
    "future creation": (
        Code.CREATED_IN_FUTURE,
        lambda store: store.change(created=store.now + DAY),
        "the clock is not csrtui's",
    ),
    "future submission": (
        Code.TIME_IN_FUTURE,
        lambda store: store.change(submitted=store.now + DAY),
        "the clock is not csrtui's",
    ),
    "early submission": (
        Code.BEFORE_CREATED,
        lambda store: store.change(submitted=store.now - 20 * DAY),
        "nobody knows the right time",
    ),
    "damaged backup of a retired pair": (
        Code.BACKUP_DAMAGED,
        retired(lambda store: store.backup.write_text("other")),
        "only a person knows whether the key is still needed",
    ),
    "two pairs with one key": (
        Code.SAME_KEY,
        lambda store: shutil.copytree(store.pair, store.pair.with_name("b.com")),
        "only a person knows which of them is in use",
    ),
    "unknown setting": (
        Code.CONFIG_UNUSABLE,
        lambda store: store.config.write_text("nonsense = 1"),
        "only a person knows what is meant",
    ),
}
"""Remedies in words, each with the reason why no command can do it."""
