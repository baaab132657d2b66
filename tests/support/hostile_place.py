"""A place in which every source of text contains the same hostile text: a store, its settings, foreign files."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from certificates_made import Authority, build, intermediate, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from foreign_made import ec_key, pkcs8
from hostile import encodable, for_a_file_name
from screens_user import session_on

from csrtui.core.base.validity import Validity
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import PairFiles
from csrtui.tasks.draft import Draft, dump_draft
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.core.pairs.pair import PairRecord
    from csrtui.tasks.session import Session

NEW, SENT, ISSUED, DUE, RETIRED = "a-new", "b-sent", "c-issued", "d-due", "e-retired"
"""The pairs, by their stage."""
_NOW = datetime.now(UTC).replace(microsecond=0)
_A_LINE, _PROFILES = 40, 20
"""The number of escaped characters that fit into a line of the configuration, and the number of lines."""
_AGO, _AHEAD = _NOW - timedelta(days=180), _NOW + timedelta(days=180)


@dataclass(frozen=True, slots=True)
class HostilePlace:
    """The place.

    Args:
        path: The folder of the place.
        text: The text that everything in it contains.
    """

    path: Path
    text: str

    @property
    def store(self) -> Path:
        """The keystore."""
        return self.path / "store"

    @property
    def given(self) -> Path:
        """The folder of foreign files. Their names contain the text too."""
        return self.path / "given"

    @property
    def out(self) -> Path:
        """The folder for output files."""
        return self.path / "out"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program in the place."""
        name = encodable(self.text).replace("\0", "")
        return {
            "CSRTUI_CONFIG": str(self.path / "config.toml"),
            "HOME": str(self.path),
            "USER": name,
            "LOGNAME": name,
            "HOSTNAME": name,
            "LANG": name,
        }

    def file(self, kind: str) -> Path:
        """Return a foreign file: ``certificate``, ``foreign``, ``key``, ``request``, ``rows``."""
        return self.given / f"{kind}-{for_a_file_name(self.text)}"

    def session(self) -> Session:
        """Return a session on the store."""
        return session_on(self.store)


def make_hostile_place(path: Path, text: str) -> HostilePlace:
    """Make a place as an attacker could who can write pair.json, certificates and files, but not the program."""
    with warnings.catch_warnings(
        action="ignore"
    ):  # of cryptography: the names are longer than RFC 5280 allows
        return _make(HostilePlace(path, text))


def _make(place: HostilePlace) -> HostilePlace:
    path, text = place.path, place.text
    for folder in (place.given, place.out):
        folder.mkdir(mode=0o700, parents=True)
    session = place.session()
    pattern = create_pair(session, RequestSpec(("pattern.example.com",)))
    record = load_record(session.store.read(pattern.name).record)
    for name, changes in _stages(text).items():
        _keep(session, name, text, record._replace(**changes))
    _put_odd_folders(place)
    _put_files(place)
    session.store.save_draft(dump_draft(Draft(organization=text, organizational_unit=text, names=text)))
    pieces = [text[at : at + _A_LINE] for at in range(0, len(text), _A_LINE)][:_PROFILES]
    profiles = (f"[profiles.odd{at}]\norganization = {_in_toml(piece)}\n" for at, piece in enumerate(pieces))
    (path / "config.toml").write_text("".join(profiles))
    bad = _in_toml(pieces[0])
    (path / "bad.toml").write_text(f"[profiles.{bad}]\n{bad} = {bad}\n")
    return place


def _in_toml(text: str) -> str:
    """Return a text as a basic string of TOML, completely escaped."""
    return '"{}"'.format("".join(f"\\U{ord(one):08x}" for one in encodable(text)))


def _stages(text: str) -> dict[str, dict[str, Any]]:
    backups = (Backup(BackupStatus.VERIFIED, f"/{text}.pem", _AGO, _AGO, sha256=text),)
    sent: dict[str, Any] = {"backups": backups, "submitted": _AGO}
    return {
        NEW: {"renews": text},
        SENT: sent,
        ISSUED: {**sent, "validity": Validity(_NOW, _AHEAD)},
        DUE: {**sent, "validity": Validity(_AGO, _NOW + timedelta(days=3)), "installed": _AGO},
        RETIRED: {**sent, "retired": _NOW, "renewed_by": text},
    }


def _keep(session: Session, name: str, text: str, record: PairRecord) -> None:
    """Store a pair whose CSR, certificate and record contain the text wherever possible."""
    key = key_types.generate(key_types.KeyType.EC_P256)
    der = _request("a.example.com", text, key)
    asked = csr.read_der(der)
    event = record.history[0]._replace(text=text, user=text)
    record = record._replace(
        subject=SubjectFields(common_name=text, organization=text, locality=text),
        subject_text=f"O={text}",
        names=(text, "b"),
        platform=text,
        key=record.key._replace(type=text, spki_sha256=asked.spki_sha256),
        request=record.request._replace(sha256=asked.sha256, signature_hash=text),
        history=(event, event),
        unknown={text: text},
    )
    session.store.add(name, PairFiles(key_types.private_pem(key), csr.to_pem(der), dump_record(record)))
    if record.validity:
        leaf = _issuer(text).sign(der, start=record.validity.not_before, days=183, subject=_named(text))
        with session.store.change(name) as change:
            change.replace_certificate(pem(leaf, _issuer(text).certificate), _AGO)


def _named(text: str) -> x509.Name:
    kinds = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    return x509.Name([x509.NameAttribute(kind, encodable(text), _validate=False) for kind in kinds])


def _request(name: str, text: str, key: PrivateKey) -> bytes:
    """Return the DER of a CSR that csrtui itself would not make."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_named(text))
    names = x509.SubjectAlternativeName([x509.DNSName(name), *_odd_names(text)])
    return builder.add_extension(names, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _odd_names(text: str) -> list[x509.GeneralName]:
    """Return the parts of a text that can be a DNS name or a mail address: ASCII, including control characters."""
    ascii_text = text.encode("ascii", "ignore").decode()[:200]
    if not ascii_text:
        return []
    kinds = (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier)
    return [kind._init_without_validation(ascii_text) for kind in kinds]


def _issuer(text: str) -> Authority:
    key = ec.derive_private_key(0xBAD, ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    return Authority(build(_named(text), key.public_key(), intermediate(), [constraints]), key)


def _put_odd_folders(place: HostilePlace) -> None:
    """Add folders to the pairs with names, or a pair.json, that no program has written."""
    pairs = place.store / "pairs"
    (pairs / for_a_file_name(place.text)).mkdir(mode=0o700)
    (pairs / f".new-{for_a_file_name(place.text)}").mkdir(mode=0o700)
    damaged = pairs / "f-damaged"
    damaged.mkdir(mode=0o700)
    (damaged / "pair.json").write_text(json.dumps({"schema": place.text, place.text: place.text}))
    os.symlink(encodable(place.text).replace("\0", "")[:1000], pairs / "g-link")


def _put_files(place: HostilePlace) -> None:
    session, text = place.session(), place.text
    der = session.store.read(SENT).csr
    (
        (text, "b") if text.isalnum() and text.isascii() else None
    )  # all names of the pair, if they are host names
    own = _issuer(text).sign(
        x509.load_pem_x509_csr(der).public_bytes(Encoding.DER), names=None, subject=_named(text)
    )
    for path in (place.file("certificate"), place.given / "certificate.pem"):
        path.write_bytes(pem(own, _issuer(text).certificate))
    stranger = _request("z.com", text, ec_key(3))
    place.file("foreign").write_bytes(pem(_issuer(text).sign(stranger, subject=_named(text))))
    place.file("key").write_bytes(pkcs8(ec_key(4)))
    place.file("key").chmod(0o600)
    place.file("request").write_bytes(csr.to_pem(_request("y.com", text, ec_key(4))))
    cell = encodable(text).replace('"', '""')
    head = f'common_name,organization,"{cell}"\n' if "\0" not in cell else "common_name,organization\n"
    place.file("rows").write_bytes(f'{head}"{cell}","{cell}"\na.com,"{cell}"\n'.encode())
    (place.given / "junk.pem").write_bytes(encodable(text).encode())
