"""Record that a certificate is installed, or put back the files that ``csrtui export --replace`` replaced."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from csrtui.core.base.errors import RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.validity import date_text
from csrtui.core.bundle import read
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.pairs.history import FILES_PUT_BACK, MARKED_INSTALLED
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.servers.platforms import Platform
from csrtui.core.servers.server import ServerFile
from csrtui.store.file_set import PREVIOUS, FileSet, open_file_set
from csrtui.store.output_folder import check_export_folder
from csrtui.store.package_data import servers
from csrtui.tasks.list import pairs_with_key, read_pair_folder
from csrtui.tasks.parallel import Result
from csrtui.tasks.private_keys import refuse_compromised
from csrtui.tasks.server_files import (
    ExistingSet,
    Lineage,
    find_set,
    is_one_set,
    read_content,
    read_lineage,
    record_files,
    require_own,
)
from csrtui.tasks.session import Session, change_record, csrtui_command


def mark_installed(session: Session, pair_name: str) -> Result:
    """Record that the user installed the certificate of a pair without csrtui, and return the result.

    Raises:
        InputError: The pair does not exist.
        RefusedError: The pair has no certificate, or its key is compromised.
        StoreError: The store cannot be used.
    """
    pair = read_pair_folder(session, pair_name).pair
    refuse_compromised(session, [pair])
    if pair.record.validity is None:
        raise RefusedError(
            f"{pair_name} has no certificate yet: there is nothing to install",
            f"once the CA has issued it: {csrtui_command(session, 'import', 'FILE')}",
        )
    text = f"would be {MARKED_INSTALLED}" if session.is_dry_run else MARKED_INSTALLED

    def mark(record: PairRecord) -> PairRecord:
        nonlocal text
        if record.installed:
            text = f"is on record as installed since {date_text(record.installed)}"
            return record
        now = session.clock()
        marked = record._replace(installed=now, previous=None)
        return marked.with_event(now, MARKED_INSTALLED, session.user)

    change_record(session, pair_name, mark)
    return Result(ok=True, pair=pair_name, text=text)


@dataclass(frozen=True, slots=True)
class UndoResult:
    """The result of putting files back."""

    results: tuple[Result, ...]
    record_error: StoreError | None = None


def undo_export(
    session: Session, pair_name: str, platform: Platform, folder: str, *, dry_run: bool = False
) -> UndoResult:
    """Put the previous set of files back in place of those that replaced it.

    Args:
        pair_name: The pair whose files were written, or one that it renews.

    Raises:
        InputError: The pair does not exist, or the folder cannot be used.
        RefusedError: There is no previous set, its files do not match each other, its key is compromised, or a file in
            their place belongs to another key.
        StoreError: The store or the disk reports an error. The message says if files were put back anyway.
    """
    pair = read_pair_folder(session, pair_name).pair
    path = check_export_folder(folder, session.store.path)
    server_files = servers()[platform.id].files
    lineage = read_lineage(session, pair, with_successors=True)
    with open_file_set(path) as file_set:
        file_set.lock()
        existing = find_set(session, file_set, server_files, pair, lineage)
        require_own(session, existing, path)
        names, spki = _previous_set(file_set, existing, server_files, path)
        if spki is None:
            _refuse_unknown_key(session, lineage)
        else:
            refuse_compromised(session, pairs_with_key(session, spki))
        leaf = _previous_leaf(file_set, names, lineage)
        if not dry_run:
            file_set.put_back(names)
    text = "would be put back" if dry_run else "put back"
    results = tuple(
        Result(ok=True, pair=pair_name, file=os.path.join(path, name), text=text) for name in names
    )
    return UndoResult(results, None if dry_run else _record(session, existing, lineage, results, leaf))


def _refuse_unknown_key(session: Session, lineage: Lineage) -> None:
    """Check that no key of a lineage is compromised. The previous files are encrypted and could contain such a key.

    Raises:
        RefusedError: A key is compromised.
    """
    good = next((name for name, record in lineage.records.items() if not record.compromised), None)
    for name, record in lineage.records.items():
        if record.compromised:
            export = csrtui_command(session, "export", good, "--replace") if good else ""
            raise RefusedError(
                f"the previous files are encrypted, and may contain the key of {name}, which is marked as compromised",
                f"{export} writes the files of that pair" if good else None,
            )


def _previous_set(
    file_set: FileSet,
    existing: ExistingSet,
    server_files: Sequence[ServerFile],
    folder: str,
) -> tuple[list[str], str | None]:
    """Return the names of the previous files, in the order for putting them back, and the SPKI fingerprint of their key.

    The fingerprint is None if the files are encrypted.

    Raises:
        RefusedError: There is no previous set, or its files do not match each other.
    """
    contents = {}
    for file in server_files:
        previous = file_set.read_previous(existing.base + file.ending)
        if previous is not None:
            contents[file.ending] = read_content(previous.data, requires_key=file.has_key)
    hidden = visible(os.path.join(folder, PREVIOUS))
    if not contents:
        raise RefusedError(f"there is no previous set of {visible(existing.base)} in {hidden}")
    # An interrupted run may already have put back some of the files.
    if not is_one_set(server_files, {**existing.contents, **contents}):
        raise RefusedError(
            f"the files of {visible(existing.base)} in {hidden} do not match each other, so they are not put back",
            "csrtui export --replace writes the files of the pair again",
        )
    ordered = sorted(server_files, key=lambda file: file.replacement_order)
    names = [existing.base + file.ending for file in ordered if file.ending in contents]
    identities = (
        contents[file.ending].spki for file in server_files if file.ending in contents and file.has_key
    )
    return names, next(identities, None)


def _previous_leaf(file_set: FileSet, names: Sequence[str], lineage: Lineage) -> Certificate | None:
    """Return the certificate in the previous files that belongs to a pair of a lineage, or None."""
    previous = filter(None, map(file_set.read_previous, names))
    certificates = (certificate for file in previous for certificate in read(file.data).certificates)
    return next((leaf for leaf in certificates if leaf.spki_sha256 in lineage.spki), None)


def _record(
    session: Session,
    existing: ExistingSet,
    lineage: Lineage,
    results: Sequence[Result],
    leaf: Certificate | None,
) -> StoreError | None:
    """Record that the certificate whose files were replaced is no longer installed. Return an error if that fails.

    `leaf` is the certificate that was put back. If it is an earlier one of the same pair, the server still uses it.
    """
    keys = {content.spki for content in existing.contents.values()}
    records = lineage.records
    owners = [name for name, record in records.items() if record.key.spki_sha256 in keys] or [*records]
    # Several pairs can have the same key. The files that were replaced are those of the pair installed last.
    times = [(record.installed, name) for name in owners if (record := records[name]).installed]
    pair = max(times)[1] if times else owners[0]
    others = {record.validity for name, record in records.items() if name != pair}
    paths = ", ".join(visible(str(result.file)) for result in results)
    now, user = session.clock(), session.user

    def update(record: PairRecord) -> PairRecord:
        record = record._replace(installed=None)
        if leaf is None or leaf.spki_sha256 != record.key.spki_sha256 or leaf.validity in others:
            return record.with_event(now, f"{FILES_PUT_BACK}{paths}", user)
        is_earlier = record.validity is not None and leaf.validity.not_after < record.validity.not_after
        record = record._replace(previous=leaf.validity if is_earlier else None)
        return record.with_event(now, f"files with an earlier certificate put back: {paths}", user)

    return record_files(session, pair, update, "the previous files were put back, but that was not recorded")
