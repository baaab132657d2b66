"""Write the files that server software needs, and return the directives for its configuration."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import KeyType, spki_sha256
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.servers.deployment import (
    DeploymentPlan,
    Pkcs12Encryption,
    Secrecy,
    build_files,
    plan_files,
    read_chain,
)
from csrtui.core.servers.platforms import Platform
from csrtui.core.servers.server import FileFormat, Server
from csrtui.core.servers.table import SERVERS
from csrtui.store.destination import check_export_folder
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.new_files import OWNER_ONLY, WORLD_READABLE, OutputFile, write_new_files
from csrtui.store.permissions import PRIVATE_FILE, unsafe_folders
from csrtui.tasks.batch import Result
from csrtui.tasks.list import pairs_with_key, read_pair_folder
from csrtui.tasks.pair_text import folder_warnings
from csrtui.tasks.passphrase import open_key
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.keys.key_types import PublicKey


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """The options of an export.

    Attributes:
        pair: The name of the pair.
        platform: The server software.
        folder: The destination folder, which must exist.
        strength: The encryption of a PKCS #12 file.
    """

    pair: str
    platform: Platform
    folder: str
    strength: Strength = Strength.AES

    @property
    def server(self) -> Server:
        """The requirements of the server software."""
        return SERVERS[self.platform.id]


@dataclass(frozen=True, slots=True)
class PreparedExport:
    """An export that has been checked. Only the passphrases are still missing.

    Attributes:
        spec: The export.
        pair: The pair.
        folder: The absolute path of the destination folder.
        chain: The decoded certificate of the pair, followed by its issuers.
        warnings: Sentences to show before the export.
    """

    spec: ExportSpec
    pair: Pair
    folder: str
    chain: "tuple[x509.Certificate, ...]"
    warnings: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The first name of the pair, or an empty text if it has no names."""
        return next(iter(self.pair.record.names), "")

    @property
    def needs_key_passphrase(self) -> bool:
        """Whether the key is encrypted."""
        return self.pair.record.key.encrypted

    @property
    def needs_file_passphrase(self) -> bool:
        """Whether a passphrase for a PKCS #12 file is needed."""
        return self.spec.server.format is FileFormat.PKCS12


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The result of an export.

    Attributes:
        plan: The files, and the configuration snippets that refer to them.
        results: A result for each file.
        record_error: The error if the record could not be updated or might not survive a power cut, or None.
    """

    plan: DeploymentPlan
    results: tuple[Result, ...]
    record_error: StoreError | None = None


def prepare(session: Session, spec: ExportSpec) -> PreparedExport:
    """Check that an export is possible, before the user is asked for passphrases, and return the prepared export.

    Raises:
        InputError: The pair does not exist, the folder cannot be used, or the options contradict each other.
        RefusedError: The pair has no certificate, or the certificate does not match the key.
        StoreError: The store cannot be used.
    """
    if spec.strength is Strength.LEGACY and spec.server.format is not FileFormat.PKCS12:
        raise InputError(
            f"--legacy is for PKCS #12 files, but {spec.platform.label} uses {spec.server.format.value}",
            "leave --legacy out",
        )
    contents = read_pair_folder(session, spec.pair)
    pair = contents.pair
    if contents.certificate is None:
        raise RefusedError(
            f"{spec.pair} has no certificate yet: there is nothing to install",
            f"once the CA has issued it: csrtui import FILE; until then: csrtui guide {spec.platform.id}",
        )
    chain = _read_chain(pair, contents.certificate)
    _require_same_key(session, pair, chain[0].public_key())
    folder = check_export_folder(spec.folder, session.store.path)
    warnings = [*_warnings(session, pair, spec), *folder_warnings(unsafe_folders(folder, itself=True))]
    return PreparedExport(spec, pair, folder, chain, tuple(warnings))


def plan_deployment(prepared: PreparedExport) -> DeploymentPlan:
    """Return the files that an export will write, and the instructions for using them.

    Raises:
        InputError: The configuration format cannot represent the path of the folder.
    """
    spec = prepared.spec
    return plan_files(spec.server, spec.pair, prepared.domain, prepared.chain, prepared.folder)


def export(
    session: Session,
    prepared: PreparedExport,
    *,
    key_passphrase: Secret | None = None,
    file_passphrase: Secret | None = None,
) -> ExportResult:
    """Write either all files or none, record the installation, and return the result.

    Args:
        session: The session of the store.
        prepared: The result of `prepare`.
        key_passphrase: The passphrase of the key, if it is encrypted.
        file_passphrase: The passphrase for the PKCS #12 file, if one is written.

    Raises:
        InputError: A passphrase is missing, a file exists, or the configuration format cannot represent the path.
        RefusedError: The passphrase is wrong, or the key and the certificate do not match.
        StoreError: The store or the disk reports an error. Nothing was written.
    """
    key = open_key(session, prepared.pair, key_passphrase)
    _require_same_key(session, prepared.pair, prepared.chain[0].public_key(), key.public_key())
    spec = prepared.spec
    if prepared.needs_file_passphrase and file_passphrase is None:
        raise InputError(
            "a PKCS #12 file needs a passphrase", "give it with --passphrase-file or --passphrase-fd"
        )
    plan = plan_deployment(prepared)
    encryption = Pkcs12Encryption(file_passphrase, spec.strength) if file_passphrase else None
    files = build_files(plan, key, prepared.chain, encryption)
    outputs = [OutputFile((file.name,), file.data, _PERMISSIONS[file.secrecy]) for file in files]
    paths = write_new_files(prepared.folder, outputs)
    results = tuple(
        Result(ok=True, pair=spec.pair, file=path, text=_TEXTS[file.secrecy])
        for path, file in zip(paths, files, strict=True)
    )
    return ExportResult(plan, results, _record(session, prepared, paths))


_TEXTS = {
    Secrecy.PUBLIC: "written, certificates only",
    Secrecy.PRIVATE: "written, contains the key without a passphrase, for its owner only (0600)",
    Secrecy.ENCRYPTED: "written, contains the key under the passphrase given, for its owner only (0600)",
}
_PERMISSIONS = {Secrecy.PUBLIC: WORLD_READABLE, Secrecy.PRIVATE: PRIVATE_FILE, Secrecy.ENCRYPTED: OWNER_ONLY}


def _record(session: Session, prepared: PreparedExport, paths: list[str]) -> StoreError | None:
    """Record the files that were written, and return the error if that fails, or else None."""
    event = f"installed files written: {', '.join(map(visible, paths))} ({prepared.spec.platform.id})"
    now, user = session.clock(), session.user

    def update(record: PairRecord) -> PairRecord:
        if record.validity != prepared.pair.record.validity:  # another certificate was imported meanwhile
            return record.with_event(now, event, user)
        return record.with_installation(now, user, event)

    try:
        change_record(session, prepared.spec.pair, update)
    except NotConfirmedError as error:
        return error
    except CsrtuiError as error:
        return StoreError(f"the files are written, but not recorded: {error.message}", error.hint)
    return None


def _read_chain(pair: Pair, pem: bytes) -> "tuple[x509.Certificate, ...]":
    try:
        return read_chain(pem)
    except InputError as error:
        path = visible(os.path.join(pair.path, "certificate.pem"))
        message, hint = _encoding_faults(pem) or (error.message, error.hint)
        raise RefusedError(f"{path}: {message}", hint) from error


def _encoding_faults(pem: bytes) -> tuple[str, str] | None:
    """Return a message and a hint if a certificate breaks encoding rules, or else None."""
    for certificate in bundle.read(pem, open_keys=False).certificates:
        if certificate.encoding_faults:
            faults = "; ".join(certificate.encoding_faults)
            return (
                f"the certificate breaks an encoding rule, for which server software may refuse it: {faults}",
                "ask the CA for another; certificate.pem in the folder of the pair contains this one",
            )
    return None


def _require_same_key(
    session: Session, pair: Pair, certificate_key: "PublicKey", key: "PublicKey | None" = None
) -> None:
    """Check that the record, the certificate and, if it is given, the key have the same SPKI.

    Raises:
        RefusedError: The fingerprints differ.
    """
    recorded = pair.record.key.spki_sha256
    in_certificate = spki_sha256(certificate_key)
    in_key = recorded if key is None else spki_sha256(key)
    if {in_key, in_certificate} != {recorded}:
        raise RefusedError(
            f"the files of {pair.name} do not match: key.pem is {_owner(session, in_key)}, "
            f"certificate.pem is {_owner(session, in_certificate)}",
            "nothing was written; csrtui doctor shows which file is wrong",
            pair=pair.name,
        )


def _owner(session: Session, spki: str) -> str:
    """Return a phrase with an SPKI fingerprint and the names of the pairs of this keystore that have it."""
    names = [pair.name for pair in pairs_with_key(session, spki)]
    return f"of {' and '.join(names) or 'no pair in this keystore'} (SPKI SHA-256 {spki[:16]}…)"


def _warnings(session: Session, pair: Pair, spec: ExportSpec) -> list[str]:
    record, now = pair.record, session.clock()
    is_pkcs12 = spec.server.format is FileFormat.PKCS12
    warnings = []
    if record.validity and record.validity.not_after < now:
        warnings.append(f"The certificate of {pair.name} has expired: clients will refuse it.")
    if record.validity and record.validity.not_before > now:
        warnings.append(
            f"The certificate of {pair.name} is not valid yet: clients will refuse it until it is."
        )
    if record.stage is Stage.RETIRED:
        warnings.append(f"{pair.name} is retired: perhaps another pair is meant.")
    if spec.platform.key_type is KeyType.RSA_2048 and not record.key.type.startswith("rsa"):
        warnings.append(
            f"The key is {record.key.type}: not every version of {spec.platform.label} supports keys other than RSA."
        )
    if record.key.encrypted:
        use = (
            "in the file the key is under the passphrase of the file."
            if is_pkcs12
            else f"{spec.platform.label} gets the key without one, for unattended start."
        )
        warnings.append(f"The key's own passphrase stays in the store: {use}")
    if is_pkcs12:
        warnings.append(
            "A PKCS #12 file has a weak MAC: use a long passphrase, and keep no copy once it is imported."
        )
    return warnings
