"""Stores that are broken in each way that the doctor knows, one way at a time."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from examined_store import LATER, ExaminedStore
from requests_made import NOW, key_of
from throwaway_ca import issue

from csrtui.core import keys, pkcs8, request
from csrtui.core.doctor.ailment import Code
from csrtui.core.keys import KeyType
from csrtui.core.pair import KeyFacts, RequestFacts, Validity
from csrtui.core.secret import Secret
from csrtui.core.subject import SubjectFields
from csrtui.store import survey

if TYPE_CHECKING:
    from collections.abc import Callable

NEW = ".new-0123456789abcdef"
DAY = timedelta(days=1)


def bad_signature(store: ExaminedStore) -> None:
    der = bytearray(request.read_pem(store.files.request).der)
    der[-1] ^= 1
    made = request.read_der(bytes(der))
    store.pair.joinpath("request.pem").write_bytes(request.to_pem(made.der))
    store.change(request=RequestFacts(made.sha256, made.signature_hash))


def another_request(store: ExaminedStore) -> None:
    der = request.build(SubjectFields(common_name="b.com"), ["b.com"], key_of(KeyType.EC_P256))
    store.pair.joinpath("request.pem").write_bytes(request.to_pem(der))


def encrypted(store: ExaminedStore) -> None:
    pem = pkcs8.encrypt(key_of(KeyType.EC_P256), Secret("correct horse"), bytes(32), 10)
    store.pair.joinpath("key.pem").write_bytes(pem)
    store.change(key=store.record.key._replace(encrypted=True))


def certificate_of_another(store: ExaminedStore) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = request.build(SubjectFields(common_name="a.com"), ["a.com"], key_of(KeyType.EC_P384))
    pem = x509.load_der_x509_certificate(issue(der)).public_bytes(Encoding.PEM)
    store.pair.joinpath("certificate.pem").write_bytes(pem)


def link(store: ExaminedStore) -> None:
    key = store.pair / "key.pem"
    key.rename(store.path.parent / "elsewhere.pem")
    key.symlink_to(store.path.parent / "elsewhere.pem")


def fifo(store: ExaminedStore) -> None:
    store.pair.joinpath("certificate.pem").unlink()
    os.mkfifo(store.pair / "certificate.pem", 0o600)


def at(store: ExaminedStore, time: timedelta) -> None:
    store.session.clock = lambda: NOW + time


def no_folder(store: ExaminedStore) -> None:
    shutil.rmtree(store.path)
    store.path.touch()


def fifo_for_copy(store: ExaminedStore) -> None:
    store.copy.unlink()
    os.mkfifo(store.copy)


def too_early(store: ExaminedStore) -> None:
    store.change(created=NOW - 9 * DAY, submitted=None, backups=())
    at(store, -DAY)


def unverified(store: ExaminedStore) -> None:
    store.change(backups=(store.record.backups[0]._replace(verified=None),))


def same_disk(store: ExaminedStore) -> None:
    path = store.copy.rename(store.copy.with_name("same-disk"))
    store.change(backups=(store.record.backups[0]._replace(path=str(path)),))


BREAKAGES: list[tuple[Code, Callable[[ExaminedStore], object]]] = [
    (Code.UNREADABLE, lambda store: (store.pair / "pair.json").write_bytes(b" " * (survey.MAX_BYTES + 1))),
    (Code.LINK, link),
    (Code.WRONG_KIND, fifo),
    (Code.WRONG_KIND, no_folder),
    (Code.OPEN_MODE, lambda store: store.path.chmod(0o755)),
    (Code.OPEN_MODE, lambda store: (store.path / "pairs").chmod(0o770)),
    (Code.OPEN_MODE, lambda store: store.pair.chmod(0o701)),
    (Code.OPEN_MODE, lambda store: (store.pair / "key.pem").chmod(0o640)),
    (Code.OPEN_MODE, lambda store: (store.pair / "request.pem").chmod(0o664)),
    (Code.OPEN_MODE, lambda store: (store.path / ".draft.json").chmod(0o604)),
    (Code.OPEN_MODE, lambda store: (store.path / ".locks/creating").chmod(0o666)),
    (Code.UNEXPECTED, lambda store: (store.path / "notes").touch()),
    (Code.UNEXPECTED, lambda store: (store.path / "pairs/notes").touch()),
    (Code.UNEXPECTED, lambda store: (store.path / ".locks/notes").touch()),
    (Code.UNEXPECTED, lambda store: (store.pair / ".hidden").touch()),
    (Code.UNKNOWN_HIDDEN, lambda store: (store.path / ".cache").touch()),
    (Code.NAME_NOT_ALLOWED, lambda store: (store.path / "pairs/A\x1b[2J").mkdir()),
    (Code.LEFTOVER_CREATION, lambda store: (store.path / "pairs" / NEW).mkdir(0o700)),
    (Code.LEFTOVER_TEMPORARY, lambda store: (store.path / ".tmp-1").touch()),
    (Code.LEFTOVER_TEMPORARY, lambda store: (store.pair / ".tmp-1").touch()),
    (Code.MEMORY_UNREADABLE, lambda store: (store.path / ".draft.json").write_text("[")),
    (Code.MEMORY_UNREADABLE, lambda store: (store.path / ".draft.json").write_text("[]")),
    (Code.MISSING_FILE, lambda store: (store.pair / "key.pem").unlink()),
    (Code.MISSING_FILE, lambda store: (store.pair / "request.pem").unlink()),
    (Code.MISSING_FILE, lambda store: (store.pair / "pair.json").unlink()),
    (Code.RECORD_UNREADABLE, lambda store: (store.pair / "pair.json").write_text("{")),
    (Code.RECORD_UNREADABLE, lambda store: (store.pair / "pair.json").write_text('{"schema": 1}')),
    (Code.RECORD_SCHEMA, lambda store: (store.pair / "pair.json").write_text('{"schema": 2}')),
    (Code.REQUEST_UNREADABLE, lambda store: (store.pair / "request.pem").write_text("no")),
    (Code.REQUEST_SIGNATURE, bad_signature),
    (Code.REQUEST_CHANGED, another_request),
    (
        Code.FINGERPRINT_DISAGREES,
        lambda store: store.change(key=KeyFacts("ec-p256", encrypted=False, spki_sha256="ab" * 32)),
    ),
    (Code.SUBJECT_DISAGREES, lambda store: store.change(subject_text="CN=b.com")),
    (Code.NAMES_DISAGREE, lambda store: store.change(names=("a.com", "b.com"))),
    (Code.KEY_UNREADABLE, lambda store: (store.pair / "key.pem").write_text("no")),
    (
        Code.KEY_UNREADABLE,
        lambda store: (store.pair / "key.pem").write_text(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"
        ),
    ),
    (
        Code.KEY_OF_ANOTHER,
        lambda store: (store.pair / "key.pem").write_bytes(keys.private_pem(key_of(KeyType.EC_P384))),
    ),
    (Code.KEY_NOT_OPENED, encrypted),
    (
        Code.ENCRYPTION_DISAGREES,
        lambda store: store.change(key=store.record.key._replace(encrypted=True)),
    ),
    (Code.CERTIFICATE_UNREADABLE, lambda store: (store.pair / "certificate.pem").write_text("no")),
    (Code.CERTIFICATE_OF_ANOTHER, certificate_of_another),
    (Code.CERTIFICATE_EXPIRED, lambda store: at(store, 91 * DAY)),
    (
        Code.CERTIFICATE_NOT_YET_VALID,
        too_early,
    ),
    (Code.CERTIFICATE_MISSING, lambda store: (store.pair / "certificate.pem").unlink()),
    (Code.VALIDITY_DISAGREES, lambda store: store.change(validity=Validity(NOW, NOW + DAY))),
    (Code.BACKUP_NONE, lambda store: store.change(backups=())),
    (Code.BACKUP_MISSING, lambda store: store.copy.unlink()),
    (Code.BACKUP_DAMAGED, lambda store: store.copy.write_text("other")),
    (Code.BACKUP_DAMAGED, fifo_for_copy),
    (Code.BACKUP_UNVERIFIED, unverified),
    (Code.BACKUP_SAME_DISK, same_disk),
    (Code.CREATED_IN_FUTURE, lambda store: store.change(created=LATER + DAY)),
    (Code.TIME_IN_FUTURE, lambda store: store.change(submitted=LATER + DAY)),
    (Code.BEFORE_CREATED, lambda store: store.change(submitted=NOW - DAY)),
    (Code.SAME_KEY, lambda store: shutil.copytree(store.pair, store.path / "pairs/b.com")),
    (Code.RENEWAL_NOT_NOTED, lambda store: store.add_another(renews="a.com")),
    (Code.RENEWAL_BROKEN, lambda store: store.change(renewed_by="b.com")),
    (Code.CONFIG_UNUSABLE, lambda store: store.config.write_text("nonsense = 1")),
    (Code.CONFIG_UNUSABLE, lambda store: store.config.chmod(0o666)),
]
