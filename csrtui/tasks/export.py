"""Writing the files that a server software wants, and saying what to do with them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import KeyType, spki_sha256
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.servers.deployment import (
    Deployment,
    DeploymentPlan,
    Material,
    Seal,
    Secrecy,
    deploy,
    plan,
    read_chain,
)
from csrtui.core.servers.file_layout import FileForm, Server
from csrtui.core.servers.platforms import Platform
from csrtui.core.servers.table import SERVERS
from csrtui.store import export_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.permissions import unsafe_folders
from csrtui.tasks.batch import Result
from csrtui.tasks.list import pairs_with_key, read_pair
from csrtui.tasks.pair_text import folder_warnings
from csrtui.tasks.passphrase import open_key
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.keys.key_types import PrivateKey


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """What to export.

    Attributes:
        pair: The pair's name.
        platform: The server software.
        folder: Where to; it has to be there.
        strength: What a PKCS #12 file is encrypted with.
    """

    pair: str
    platform: Platform
    folder: str
    strength: Strength = Strength.AES

    @property
    def server(self) -> Server:
        """What the server software wants."""
        return SERVERS[self.platform.id]


@dataclass(frozen=True, slots=True)
class Ready:
    """An order that can be carried out once its passphrases are there.

    Attributes:
        order: The order.
        pair: The pair.
        folder: Where to, absolute.
        certificate: certificate.pem.
        warnings: What is to be said before, a sentence each.
    """

    order: ExportSpec
    pair: Pair
    folder: str
    certificate: bytes
    warnings: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The name that the pair is for."""
        return next(iter(self.pair.record.names), "")

    @property
    def needs_key_passphrase(self) -> bool:
        """Whether the key is under a passphrase."""
        return self.pair.record.key.encrypted

    @property
    def needs_file_passphrase(self) -> bool:
        """Whether a passphrase for the PKCS #12 file is needed."""
        return self.order.server.form is FileForm.PKCS12


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        deployment: The files, and the lines that name them.
        results: One for each file.
        unnoted: Why the pair's record does not say so, or may not after a power cut; None when it does.
    """

    deployment: Deployment
    results: tuple[Result, ...]
    unnoted: StoreError | None = None


def prepare(session: Session, order: ExportSpec) -> Ready:
    """Look whether an order can be carried out, before a passphrase is asked for.

    Raises:
        InputError: There is no such pair, the folder will not do, or the order contradicts itself.
        RefusedError: The pair has no certificate, or it is not that of its key.
        StoreError: The store cannot be used.
    """
    if order.strength is Strength.LEGACY and order.server.form is not FileForm.PKCS12:
        raise InputError(
            f"--legacy is for PKCS #12 files, and {order.platform.label} takes {order.server.form.value}",
            "leave --legacy out",
        )
    pair, _ = read_pair(session, order.pair)
    certificate = session.store.read(order.pair).certificate
    if certificate is None:
        raise RefusedError(
            f"{order.pair} has no certificate yet: there is nothing to install",
            f"once the CA has issued it: csrtui import FILE; until then: csrtui guide {order.platform.id}",
        )
    _fitting_chain(session, pair, certificate)
    folder = export_files.folder_path(order.folder, session.store.path)
    warnings = [*_warnings(session, pair, order), *folder_warnings(unsafe_folders(folder, itself=True))]
    return Ready(order, pair, folder, certificate, tuple(warnings))


def planned(ready: Ready) -> DeploymentPlan:
    """Return what carrying out an order will write, and what is to be done with it then.

    Raises:
        InputError: The configuration cannot hold the folder's path.
    """
    order = ready.order
    certificates = _chain(ready.pair, ready.certificate)
    return plan(order.server, order.pair, ready.domain, certificates, ready.folder)


def export(
    session: Session,
    ready: Ready,
    *,
    key_passphrase: Secret | None = None,
    file_passphrase: Secret | None = None,
) -> Exported:
    """Write the files, all of them or none, and note it in the pair's record.

    Args:
        session: Whose store.
        ready: From `prepare`.
        key_passphrase: The key's own, where it is under one.
        file_passphrase: For the PKCS #12 file, where one is made.

    Raises:
        InputError: A passphrase is missing, a file is there already, or the configuration cannot hold the path.
        RefusedError: The passphrase does not open the key, or key and certificate do not fit.
        StoreError: The store or the disk refuses; nothing was written.
    """
    key = open_key(session, ready.pair, key_passphrase)
    chain = _fitting_chain(session, ready.pair, ready.certificate, key)
    order = ready.order
    if ready.needs_file_passphrase and file_passphrase is None:
        raise InputError(
            "a PKCS #12 file is made under a passphrase", "give it with --passphrase-file or --passphrase-fd"
        )
    deployment = deploy(
        order.server,
        Material(order.pair, ready.domain, key, chain),
        ready.folder,
        Seal(file_passphrase, order.strength) if file_passphrase else None,
    )
    written = export_files.write_all(ready.folder, deployment.files)
    results = tuple(
        Result(ok=True, pair=order.pair, file=path, text=_WHAT[file.secrecy])
        for path, file in zip(written, deployment.files, strict=True)
    )
    return Exported(deployment, results, _note(session, ready, written))


_WHAT = {
    Secrecy.PUBLIC: "written, certificates only",
    Secrecy.PRIVATE: "written, holds the key without a passphrase, for its owner only (0600)",
    Secrecy.SEALED: "written, holds the key under the passphrase given, for its owner only (0600)",
}


def _note(session: Session, ready: Ready, written: list[str]) -> StoreError | None:
    """Note what was written; why it could not be."""
    try:
        change_record(session, ready.order.pair, _noted(session, ready, written))
    except NotConfirmedError as error:
        return error
    except CsrtuiError as error:
        return StoreError(
            f"the files are written, but that is not noted in the pair's record: {error.what}", error.hint
        )
    return None


def _noted(session: Session, ready: Ready, written: list[str]) -> Callable[[PairRecord], PairRecord]:
    paths = ", ".join(visible(path) for path in written)
    what = f"installed files written: {paths} ({ready.order.platform.id})"
    now, user = session.clock(), session.user

    def noted(record: PairRecord) -> PairRecord:
        if record.validity != ready.pair.record.validity:  # another certificate was imported meanwhile
            return record.with_event(now, what, user)
        return record.marked_installed(now, user, what)

    return noted


def _chain(pair: Pair, certificate: bytes) -> "tuple[x509.Certificate, ...]":
    try:
        return read_chain(certificate)
    except CsrtuiError as error:
        path = visible(os.path.join(pair.path, "certificate.pem"))
        raise RefusedError(f"{path}: {error.what}", error.hint) from error


def _fitting_chain(
    session: Session, pair: Pair, certificate: bytes, key: "PrivateKey | None" = None
) -> "tuple[x509.Certificate, ...]":
    """The chain, after the check that record, certificate and, once it is open, key have one SPKI."""
    chain = _chain(pair, certificate)
    recorded = pair.record.key.spki_sha256
    in_certificate = spki_sha256(chain[0].public_key())
    in_key = recorded if key is None else spki_sha256(key.public_key())
    if {in_key, in_certificate} != {recorded}:
        raise RefusedError(
            f"the files of {pair.name} do not fit together: key.pem is {_owner(session, in_key)}, "
            f"certificate.pem is {_owner(session, in_certificate)}",
            "nothing was written; csrtui doctor shows which file is wrong",
            pair=pair.name,
        )
    return chain


def _owner(session: Session, spki: str) -> str:
    """Whose key a fingerprint is, as far as this keystore knows."""
    names = [pair.name for pair in pairs_with_key(session, spki)]
    return f"of {' and '.join(names) or 'no pair in this keystore'} (SPKI SHA-256 {spki[:16]}…)"


def _warnings(session: Session, pair: Pair, order: ExportSpec) -> list[str]:
    record, now = pair.record, session.clock()
    found = []
    if record.validity and record.validity.not_after < now:
        found.append(f"The certificate of {pair.name} has expired: clients will refuse it.")
    if record.validity and record.validity.not_before > now:
        found.append(f"The certificate of {pair.name} is not valid yet: clients will refuse it until it is.")
    if record.stage is Stage.RETIRED:
        found.append(f"{pair.name} is retired: another pair may be meant.")
    if order.platform.key_type is KeyType.RSA_2048 and not record.key.type.startswith("rsa"):
        found.append(
            f"The key is {record.key.type}: not every version of {order.platform.label} takes other keys than RSA."
        )
    if record.key.encrypted:
        found.append(
            "The key's own passphrase stays in the store: "
            + (
                "in the file the key is under the passphrase of the file."
                if order.server.form is FileForm.PKCS12
                else f"{order.platform.label} gets the key without one, since nobody is there to type it."
            )
        )
    if order.server.form is FileForm.PKCS12:
        found.append(
            "A PKCS #12 file has a weak MAC: take a long passphrase, and keep no copy once it is imported."
        )
    return found
