"""A healthy store for the doctor, and a snapshot of its files."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from requests_made import NOW, key_of, record
from throwaway_ca import issue, issuer

from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import read_der, to_pem
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.facts import KeyFacts, RequestFacts
from csrtui.core.pairs.pair import Backup, BackupStatus, PairRecord
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import Keystore, PairFiles
from csrtui.tasks.doctor import Examination
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.doctor.finding import DoctorFinding
    from csrtui.core.keys.key_types import PrivateKey

LATER = NOW + timedelta(days=1)
"""The time of the examination."""


class ExaminedStore:
    """A store with one pair, its certificate and one backup, without any problem.

    Args:
        folder: The folder for the store and, beside it, the backup.
        key_type: The type of the pair's key.
    """

    def __init__(self, folder: Path, key_type: KeyType = KeyType.EC_P256) -> None:
        self.path = folder / "store"
        self.pair = self.path / "pairs/a.com"
        self.copy = folder / "a.com.20261123-090000.backup.pem"
        self.config = folder / "config.toml"
        self.copy.write_bytes(b"backup")
        self.config.write_text("[screens]\nmouse = false\n")
        self._make(key_of(key_type))

    def _make(self, key: PrivateKey) -> None:
        der = csr.build(SubjectFields(common_name="a.com"), ["a.com"], key)
        asked = csr.read_der(der)
        issued = issue(der)
        life = read_der(issued).validity
        backup = Backup(
            BackupStatus.VERIFIED,
            str(self.copy),
            NOW,
            NOW,
            sha256(self.copy.read_bytes()).hexdigest(),
            signed=True,
        )
        self.record: PairRecord = record(
            key=KeyFacts(key_types.name_of(key.public_key()), encrypted=False, spki_sha256=asked.spki_sha256),
            request=RequestFacts(asked.sha256, asked.signature_hash),
            backups=(backup,),
            submitted=NOW,
            validity=life,
        )
        self.files = PairFiles(
            key_types.private_pem(key),
            csr.to_pem(der),
            dump_record(self.record),
            to_pem([read_der(issued), read_der(issuer())]),
        )
        store = Keystore(str(self.path))
        store.add("a.com", self.files)
        store.save_draft(b"{}")
        self.session = Session(store, clock=lambda: LATER, user="joe")

    def replace_issuers(self, *issuers: bytes) -> None:
        """Store the pair's certificate with other issuer certificates (DER)."""
        path = self.pair / "certificate.pem"
        leaf, *_ = read_certificates(path.read_bytes())
        path.write_bytes(to_pem([leaf, *map(read_der, issuers)]))

    def use_key(self, key: PrivateKey) -> None:
        """Replace the pair with a complete one that has this key."""
        shutil.rmtree(self.path)
        self._make(key)

    def change(self, **changes: Any) -> None:
        """Write another record."""
        self.record = self.record._replace(**changes)
        self.pair.joinpath("pair.json").write_bytes(dump_record(self.record))

    def add_another(self, **changes: Any) -> None:
        """Add another healthy pair, b.com, with a changed record."""
        key = key_of(KeyType.EC_P384)
        made = csr.read_der(csr.build(SubjectFields(common_name="b.com"), ["b.com"], key))
        one = record(
            subject=made.subject,
            subject_text=made.subject_text,
            names=made.names,
            key=KeyFacts("ec-p384", encrypted=False, spki_sha256=made.spki_sha256),
            request=RequestFacts(made.sha256, made.signature_hash),
            backups=self.record.backups,
        )
        files = PairFiles(
            key_types.private_pem(key), csr.to_pem(made.der), dump_record(one._replace(**changes))
        )
        self.session.store.add("b.com", files)

    def examine(self) -> tuple[DoctorFinding, ...]:
        """Return the findings of the doctor, after checking that it changed nothing."""
        before = snapshot(self.path.parent)
        found = Examination(self.session, str(self.config)).run()
        assert snapshot(self.path.parent) == before
        return found


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return everything below a folder, without following links, so that any change is visible."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted((folder, *folder.rglob("*"))):
        seen = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        target = os.readlink(path) if path.is_symlink() else ""
        times = (seen.st_mtime_ns, seen.st_ctime_ns)
        found[str(path)] = (seen.st_mode, seen.st_uid, seen.st_ino, seen.st_nlink, times, content, target)
    return found
