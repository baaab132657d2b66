"""Find the files of a pair in a folder of server software, and the pairs that they belong to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle.reader import read
from csrtui.core.keys.key_types import spki_sha256
from csrtui.core.pairs.facts import Installation
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.pairs.pair_name import file_bases
from csrtui.core.servers.server import ServerFile
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.file_set import ExistingFile, FileSet
from csrtui.tasks.list import pairs_with_key
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PublicKey


class Lineage(NamedTuple):
    """A pair and the pairs that it renews, the newest first.

    Attributes:
        records: Their records, by name.
        error: The error if one of them cannot be read, so that older ones are missing, or None.
    """

    records: Mapping[str, PairRecord]
    error: CsrtuiError | None = None

    @property
    def spki(self) -> frozenset[str]:
        """The SPKI fingerprints of the pair and of the pairs that it renews."""
        return frozenset(record.key.spki_sha256 for record in self.records.values())

    @property
    def installation(self) -> Installation | None:
        """The place where the pair, or one that it renews, was installed last, or None."""
        places = [record.server for record in self.records.values() if record.server]
        return max(places, key=lambda place: place.installed, default=None)


def read_lineage(session: Session, pair: Pair, *, with_successors: bool = False) -> Lineage:
    """Return a pair and the pairs that it renews. A pair that is missing or cannot be read ends the search.

    Args:
        with_successors: Whether to add the pairs that renew it too.
    """
    records, error = {pair.name: pair.record}, None
    for link in ("renews", "renewed_by")[: 1 + with_successors]:
        name = getattr(pair.record, link)
        while name is not None and name not in records:
            try:
                records[name] = load_record(session.store.read(name).record)
            except InputError:
                break
            except StoreError as caught:
                error = caught
                break
            name = getattr(records[name], link)
    return Lineage(records, error)


class FileOwner(Enum):
    """The pair that the key or certificate in a file belongs to."""

    SAME = auto()
    """This pair, or one that it renews."""
    OTHER = auto()
    """Another pair or an unknown one, or the file has no readable key or certificate."""
    UNKNOWN = auto()
    """Not known, because the file is encrypted and no passphrase was given."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """The key or certificate in a file, identified by its SPKI fingerprint.

    Attributes:
        spki: The SPKI fingerprint of the private key, or of the first certificate if there is no key. None if the file
            has several private keys, or no readable key or certificate.
        is_locked: Whether the file is encrypted and no passphrase was given.
    """

    spki: str | None
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class ExistingSet:
    """The files with the same base name in a folder.

    Attributes:
        base: The base name, i.e. the file names without their suffixes.
        files: The existing files, by suffix.
    """

    base: str
    files: Mapping[str, ExistingFile] = field(repr=False)
    contents: Mapping[str, FileContent]
    owners: Mapping[str, FileOwner]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files that exist."""
        return tuple(self.base + ending for ending in self.files)

    @property
    def foreign_ending(self) -> str | None:
        """The suffix of the first file that belongs to another key, or None."""
        return next((ending for ending, owner in self.owners.items() if owner is FileOwner.OTHER), None)


def find_set(
    session: Session, file_set: FileSet, server_files: Sequence[ServerFile], pair: Pair, lineage: Lineage
) -> ExistingSet:
    """Return the files that an export writes or replaces.

    Their names come from the pair's first name. The key type is added if another pair of the keystore has these files.

    Raises:
        InputError: A file cannot be read.
        StoreError: The store cannot be used, or a pair to which these files may belong cannot be read.
    """
    key_types = dict.fromkeys(record.key.type for record in lineage.records.values())
    sets = [
        read_set(file_set, base, server_files, lineage.spki)
        for base in file_bases(pair.record.names, pair.name, list(key_types))
    ]
    for existing in sets:
        if existing.files and existing.foreign_ending is None:
            return existing
    if lineage.error is not None and any(existing.foreign_ending for existing in sets):
        raise lineage.error
    for existing in sets:
        if not owner_names(session, existing):
            return existing
    return sets[-1]


def read_set(
    file_set: FileSet,
    base: str,
    server_files: Sequence[ServerFile],
    spki: frozenset[str],
    passphrase: Secret | None = None,
) -> ExistingSet:
    """Return the existing files with a base name, and their owners.

    Args:
        spki: The SPKI fingerprints of a lineage.

    Raises:
        InputError: A file cannot be read.
    """
    files: dict[str, ExistingFile] = {}
    contents: dict[str, FileContent] = {}
    owners: dict[str, FileOwner] = {}
    for file in server_files:
        existing, ending = file_set.read(base + file.ending), file.ending
        if existing is not None:
            files[ending] = existing
            contents[ending] = read_content(existing.data, passphrase, requires_key=file.has_key)
            owners[ending] = owner_of(file, contents[ending], spki)
    return ExistingSet(base, files, contents, owners)


def owner_names(session: Session, existing: ExistingSet) -> list[str]:
    """Return the names of the pairs outside the lineage whose key is that of a file in a set."""
    ending = existing.foreign_ending
    spki = existing.contents[ending].spki if ending is not None else None
    return [pair.name for pair in pairs_with_key(session, spki)] if spki is not None else []


def require_own(session: Session, existing: ExistingSet, folder: str, *, needs_key: bool = False) -> None:
    """Check that no file of a set belongs to another key.

    Args:
        needs_key: Whether a file whose key cannot be read is refused too.

    Raises:
        RefusedError: A file belongs to another key.
    """
    if needs_key and FileOwner.UNKNOWN in existing.owners.values():
        raise RefusedError(
            f"a file of {visible(existing.base)} in {visible(folder)} is not replaced, because its key is encrypted",
            "move the file away, or choose another folder",
        )
    if existing.foreign_ending is not None:
        path = visible(f"{folder.rstrip('/')}/{existing.base}{existing.foreign_ending}")
        names = owner_names(session, existing)
        owner = f"it belongs to {' and '.join(names)}" if names else "no pair of this keystore has its key"
        raise RefusedError(f"{path} is not replaced: {owner}", "move the file away, or choose another folder")


def require_same_key(
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


def read_content(data: bytes, passphrase: Secret | None = None, *, requires_key: bool = False) -> FileContent:
    """Return the SPKI fingerprint of the key or certificate in a file.

    Args:
        requires_key: Whether the file must contain a private key. A certificate alone is public, so it does not prove
            which pair the file belongs to.
    """
    material = read(data, passphrase)
    if material.has_private_key:
        keys = {spki_sha256(key.key.public_key()) for key in material.keys}
        is_locked = material.needs_passphrase
        return FileContent(keys.pop() if len(keys) == 1 and not is_locked else None, is_locked)
    certificate = None if requires_key else next(iter(material.certificates), None)
    return FileContent(certificate.spki_sha256 if certificate else None, material.needs_passphrase)


def owner_of(file: ServerFile, content: FileContent, lineage: frozenset[str]) -> FileOwner:
    """Return the owner of a file.

    Args:
        lineage: The SPKI fingerprints of this pair and of the pairs that it renews.
    """
    if content.is_locked:
        return FileOwner.UNKNOWN
    if file.is_chain:  # a CA certificate does not belong to one pair
        return FileOwner.SAME if content.spki is not None else FileOwner.OTHER
    return FileOwner.SAME if content.spki in lineage else FileOwner.OTHER


def is_one_set(files: Sequence[ServerFile], contents: Mapping[str, FileContent]) -> bool:
    """Return whether the existing files belong to one key and contain that key. A file with only the chain is ignored.

    Args:
        contents: The contents of the files that exist, by the suffix of the file.
    """
    present = [file for file in files if file.ending in contents and not file.is_chain]
    identities = {contents[file.ending] for file in present}
    is_readable = FileContent(None) not in identities
    return is_readable and len(identities) == 1 and any(file.has_key for file in present)


def record_files(
    session: Session, pair: str, change: Callable[[PairRecord], PairRecord], done: str
) -> StoreError | None:
    """Change the record of a pair after its files have changed, and return the error if that fails, or else None.

    The error message begins with `done`, a statement about the files. It is left out if the record was changed but the
    disk did not confirm this.
    """
    try:
        change_record(session, pair, change)
    except NotConfirmedError as error:
        return error
    except CsrtuiError as error:
        return StoreError(f"{done}: {error.message}", error.hint)
    return None
