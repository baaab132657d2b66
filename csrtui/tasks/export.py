"""Write the files that server software needs, and return the directives for its configuration."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.certificates.chain import Chain, ChainEnd, build_chain
from csrtui.core.certificates.comparison import installation_warnings
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.core.servers.deployment import (
    DeploymentPlan,
    NewFile,
    Pkcs12Encryption,
    Secrecy,
    Strength,
    build_files,
    plan_files,
    read_chain,
)
from csrtui.core.servers.platforms import Platform
from csrtui.core.servers.server import FileFormat, Server
from csrtui.store.file_set import PREVIOUS, open_file_set
from csrtui.store.new_files import OWNER_ONLY, WORLD_READABLE, OutputFile, write_new_files
from csrtui.store.output_folder import FolderIdentity, check_export_folder
from csrtui.store.package_data import servers
from csrtui.store.permissions import (
    DEFAULT_ACCESS,
    PRIVATE_FILE,
    FileAccess,
    Permissions,
    assignable_owner,
    resolve_access,
    unsafe_folders,
)
from csrtui.tasks.list import read_pair_folder
from csrtui.tasks.pair_text import folder_warnings
from csrtui.tasks.parallel import Result
from csrtui.tasks.private_keys import open_key, refuse_compromised
from csrtui.tasks.server_files import (
    ExistingSet,
    Lineage,
    find_set,
    is_one_set,
    read_lineage,
    read_set,
    record_files,
    require_own,
    require_same_key,
)
from csrtui.tasks.session import Session, csrtui_command

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """The options of an export.

    Attributes:
        folder: The destination folder, which must exist.
        replaces: Whether existing files of this pair, or of a pair that it renews, are replaced.
        access: The owner, group and mode of files with the key.
    """

    pair: str
    platform: Platform
    folder: str
    strength: Strength = Strength.AES
    replaces: bool = False
    access: FileAccess = DEFAULT_ACCESS

    @property
    def server(self) -> Server:
        """The requirements of the server software."""
        return servers()[self.platform.id]


@dataclass(frozen=True, slots=True)
class PreparedExport:
    """An export that has been checked. Only the passphrases are still missing.

    Attributes:
        folder: The absolute path of the destination folder.
        chain: The decoded certificate of the pair, followed by its issuers.
        existing: The files that exist under the names of the new ones.
        warnings: Sentences to show before the export.
        lacks_issuer: Whether the chain is incomplete because the issuer certificate is missing.
    """

    spec: ExportSpec
    pair: Pair
    folder: str
    folder_identity: FolderIdentity
    chain: "tuple[x509.Certificate, ...]"
    lineage: Lineage
    existing: ExistingSet
    warnings: tuple[str, ...]
    lacks_issuer: bool = False

    @property
    def domain(self) -> str:
        """The first name of the pair, or an empty string if it has no names."""
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
        record_error: The error if the record could not be updated or might not survive a power cut, or None.
    """

    plan: DeploymentPlan
    results: tuple[Result, ...]
    record_error: StoreError | None = None


def prepare_export(session: Session, spec: ExportSpec) -> PreparedExport:
    """Check that an export is possible, before the user is asked for passphrases, and return the prepared export.

    Raises:
        InputError: The pair does not exist, the folder cannot be used, a file exists that may not be replaced, or the
            options contradict each other.
        RefusedError: The key is compromised, the pair has no certificate, the certificate does not match the key, or a
            file to replace belongs to another key.
        StoreError: The store cannot be used.
    """
    if spec.strength is Strength.LEGACY and spec.server.format is not FileFormat.PKCS12:
        raise InputError(
            f"--legacy is for PKCS #12 files, but {spec.platform.label} uses {spec.server.format.value}",
            "leave --legacy out",
        )
    contents = read_pair_folder(session, spec.pair)
    pair = contents.pair
    refuse_compromised(session, [pair])
    if contents.certificate is None:
        raise RefusedError(
            f"{spec.pair} has no certificate yet: there is nothing to install",
            f"once the CA has issued it: {csrtui_command(session, 'import', 'FILE')}; "
            f"until then: csrtui guide {spec.platform.id}",
        )
    chain = _read_chain(pair, contents.certificate)
    require_same_key(session, pair, chain[0].public_key())
    folder = check_export_folder(spec.folder, session.store.path)
    resolve_access(spec.access)
    lineage = read_lineage(session, pair)
    with open_file_set(folder) as file_set:
        existing = find_set(session, file_set, spec.server.files, pair, lineage)
        identity = file_set.identity
    if spec.replaces:
        require_own(session, existing, folder)
    elif existing.files:
        raise _exists_error(existing, folder)
    leaf, *issuers = bundle.read_certificates(contents.certificate)
    path = build_chain(leaf, issuers, session.clock())
    lacks_issuer = path.end is ChainEnd.ISSUER_MISSING
    warnings = [
        *_certificate_warnings(session, pair.record, path),
        *_warnings(session, pair, spec),
        *folder_warnings(unsafe_folders(folder, itself=True)),
    ]
    return PreparedExport(
        spec, pair, folder, identity, chain, lineage, existing, tuple(warnings), lacks_issuer
    )


def with_default_owner(prepared: PreparedExport) -> PreparedExport:
    """Return an export whose files with the key belong to the server software's own user, if csrtui can set it."""
    spec = prepared.spec
    owner = assignable_owner(spec.server.owner) or None
    return replace(prepared, spec=replace(spec, access=spec.access._replace(owner=owner)))


def _exists_error(existing: ExistingSet, folder: str) -> InputError:
    path = visible(os.path.join(folder, existing.names[0]))
    if existing.foreign_ending is None:
        hint = f"--replace replaces it, and keeps the previous files in {PREVIOUS}"
        return InputError(f"{path} already exists", hint)
    return InputError(f"{path} already exists, with another key", "choose another folder")


def plan_deployment(prepared: PreparedExport) -> DeploymentPlan:
    """Return the files that an export will write, and the instructions for using them.

    Raises:
        InputError: The configuration format cannot represent the path of the folder.
    """
    spec = prepared.spec
    plan = plan_files(spec.server, prepared.existing.base, prepared.domain, prepared.chain, prepared.folder)
    return replace(plan, lacks_issuer=prepared.lacks_issuer)


def preview_export(
    session: Session, prepared: PreparedExport, key_passphrase: Secret | None = None
) -> tuple[Result, ...]:
    """Return a result for each file that an export would write or replace. Nothing is written.

    An encrypted key is checked only if its passphrase is given. The errors are the same as for `export`.
    """
    if key_passphrase is not None or not prepared.needs_key_passphrase:
        key = open_key(session, prepared.pair, key_passphrase)
        require_same_key(session, prepared.pair, prepared.chain[0].public_key(), key.public_key())
    plan = plan_deployment(prepared)
    return tuple(
        Result(
            ok=True,
            pair=prepared.spec.pair,
            file=os.path.join(prepared.folder, plan.base + file.ending),
            text="would be replaced" if file.ending in prepared.existing.files else "would be written",
        )
        for file in plan.files
    )


def export(
    session: Session,
    prepared: PreparedExport,
    *,
    key_passphrase: Secret | None = None,
    file_passphrase: Secret | None = None,
) -> ExportResult:
    """Write or replace the files, record the installation, and return the result.

    Either all new files are written or none. Files are replaced only after everything that can fail has been done, and
    the previous set is kept.

    Raises:
        InputError: A passphrase is missing, a file exists, or the configuration format cannot represent the path.
        RefusedError: The passphrase is wrong, the key and the certificate do not match, or a file to replace belongs
            to another key.
        StoreError: The store or the disk reports an error. The message says if files were replaced anyway.
    """
    key = open_key(session, prepared.pair, key_passphrase)
    require_same_key(session, prepared.pair, prepared.chain[0].public_key(), key.public_key())
    spec = prepared.spec
    if prepared.needs_file_passphrase and file_passphrase is None:
        raise InputError(
            "a PKCS #12 file needs a passphrase", "give it with --passphrase-file or --passphrase-fd"
        )
    plan = plan_deployment(prepared)
    encryption = Pkcs12Encryption(file_passphrase, spec.strength) if file_passphrase else None
    files = build_files(plan, key, prepared.chain, encryption)
    if prepared.existing.files:
        results = _replace(session, prepared, files, file_passphrase)
    else:
        outputs = [_output(file, _permissions(prepared, file)) for file in files]
        paths = write_new_files(prepared.folder, outputs, identity=prepared.folder_identity)
        results = tuple(
            _result(prepared, path, "written", output) for path, output in zip(paths, outputs, strict=True)
        )
    return ExportResult(plan, results, _record(session, prepared, results))


def _replace(
    session: Session,
    prepared: PreparedExport,
    files: Sequence[NewFile],
    passphrase: Secret | None,
) -> tuple[Result, ...]:
    """Replace the files that differ, and return a result for each file."""
    spec, base = prepared.spec, prepared.existing.base
    with open_file_set(prepared.folder, prepared.folder_identity) as file_set:
        file_set.lock()
        existing = read_set(file_set, base, spec.server.files, prepared.lineage.spki, passphrase)
        require_own(session, existing, prepared.folder, needs_key=True)
        new = {}
        for file in sorted(files, key=lambda file: file.replacement_order):
            before = existing.files.get(file.name.removeprefix(base))
            output = _output(file, _permissions(prepared, file, before.status if before else None))
            text = "written" if before is None else "unchanged" if before.equals(output) else "replaced"
            new[file.name] = output, text
        outputs = [output for output, text in new.values() if text != "unchanged"]
        if outputs:
            previous_set = existing.names if is_one_set(spec.server.files, existing.contents) else None
            file_set.replace(outputs, previous_set, [base + file.ending for file in spec.server.files])
    return tuple(
        _result(prepared, os.path.join(prepared.folder, file.name), new[file.name][1], new[file.name][0])
        for file in files
    )


def _output(file: NewFile, permissions: Permissions) -> OutputFile:
    return OutputFile((file.name,), file.data, permissions)


def _permissions(
    prepared: PreparedExport, file: NewFile, existing: os.stat_result | None = None
) -> Permissions:
    access = prepared.spec.access
    if file.secrecy is Secrecy.PUBLIC:
        return WORLD_READABLE
    if existing is not None or access != DEFAULT_ACCESS:
        return resolve_access(access, existing)
    return PRIVATE_FILE if file.secrecy is Secrecy.PRIVATE else OWNER_ONLY


def _result(prepared: PreparedExport, path: str, change: str, output: OutputFile) -> Result:
    mode = output.permissions.mode
    if output.permissions is WORLD_READABLE:
        content = (
            "certificate only: the chain is incomplete" if prepared.lacks_issuer else "certificates only"
        )
    else:
        protection = "with the given passphrase" if prepared.needs_file_passphrase else "without a passphrase"
        owner = visible(prepared.spec.access.owner or "its owner")
        readers = "its owner and group" if mode & 0o040 else f"{owner} only"
        content = f"contains the key {protection}, for {readers} ({mode:04o})"
    return Result(ok=True, pair=prepared.spec.pair, file=path, text=f"{change}, {content}")


def _record(session: Session, prepared: PreparedExport, results: Sequence[Result]) -> StoreError | None:
    """Record the files that were written, and return the error if that fails, or else None."""
    paths = ", ".join(visible(str(result.file)) for result in results)
    platform = prepared.spec.platform.id
    event = f"installed files {'replaced' if prepared.existing.files else 'written'}: {paths} ({platform})"
    now, user = session.clock(), session.user

    def update(record: PairRecord) -> PairRecord:
        if record.validity != prepared.pair.record.validity:  # another certificate was imported
            return record.with_event(now, event, user)
        return record.with_installation(now, user, event, platform, prepared.folder)

    return record_files(session, prepared.spec.pair, update, "the files are written, but not recorded")


def _read_chain(pair: Pair, pem: bytes) -> "tuple[x509.Certificate, ...]":
    try:
        return read_chain(pem)
    except InputError as error:
        path = visible(os.path.join(pair.path, "certificate.pem"))
        message, hint = _encoding_faults(pem) or (error.message, error.hint)
        raise RefusedError(f"{path}: {message}", hint) from error


def _encoding_faults(pem: bytes) -> tuple[str, str] | None:
    """Return a message and a hint about the first certificate that breaks encoding rules, or None."""
    for certificate in bundle.read(pem, open_keys=False).certificates:
        if certificate.encoding_faults:
            faults = "; ".join(certificate.encoding_faults)
            return (
                f"the certificate breaks an encoding rule, so server software may refuse it: {faults}",
                "ask the CA for another one; the pair's folder contains this one (certificate.pem)",
            )
    return None


def _certificate_warnings(session: Session, record: PairRecord, chain: Chain) -> list[str]:
    status = validate_chain(chain, session.clock())
    texts = installation_warnings(chain, status, record.ca, record.names, record.purpose)
    return [f"{text[:1].upper()}{text[1:]}." for text in texts]


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
        warnings.append(f"{pair.name} is retired. Did you mean another pair?")
    if spec.platform.key_type is KeyType.RSA_2048 and not record.key.type.startswith("rsa"):
        warnings.append(
            f"The key is {record.key.type}: not every version of {spec.platform.label} supports keys other than RSA."
        )
    if record.key.encrypted:
        use = (
            "in the file, the key has the passphrase of the file."
            if is_pkcs12
            else f"{spec.platform.label} gets the key without a passphrase, for unattended start."
        )
        warnings.append(f"The key's own passphrase protects it only in the store: {use}")
    if is_pkcs12:
        warnings.append(
            "A PKCS #12 file has a weak MAC: use a long passphrase, and keep no copy once it is imported."
        )
    return warnings
