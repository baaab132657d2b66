"""Find the owner of the key or certificate in a file of server software."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.base.secret import Secret
from csrtui.core.bundle.reader import read
from csrtui.core.keys.key_types import spki_sha256
from csrtui.core.servers.server import ServerFile


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
    """The public identity of what a file contains.

    Attributes:
        spki: The SPKI fingerprint of the private key, or of the first certificate if there is no key. None if the file
            has several private keys, or no readable key or certificate.
        is_locked: Whether the file is encrypted and no passphrase was given.
    """

    spki: str | None
    is_locked: bool = False


def read_content(data: bytes, passphrase: Secret | None = None, *, requires_key: bool = False) -> FileContent:
    """Return the identity of a file's content.

    Args:
        data: The content.
        passphrase: The passphrase for an encrypted file, or None.
        requires_key: Whether the file must contain a private key. A certificate alone is public, so it does not show
            who owns the file.
    """
    material = read(data, passphrase)
    if material.has_private_key:
        keys = {spki_sha256(found.key.public_key()) for found in material.keys}
        is_locked = material.needs_passphrase
        return FileContent(keys.pop() if len(keys) == 1 and not is_locked else None, is_locked)
    certificate = None if requires_key else next(iter(material.certificates), None)
    return FileContent(certificate.spki_sha256 if certificate else None, material.needs_passphrase)


def owner_of(file: ServerFile, content: FileContent, lineage: frozenset[str]) -> FileOwner:
    """Return the owner of a file.

    Args:
        file: The file.
        content: Its content.
        lineage: The SPKI fingerprints of this pair and of the pairs that it renews.
    """
    if content.is_locked:
        return FileOwner.UNKNOWN
    if file.is_chain:  # the certificates of CAs belong to no single pair
        return FileOwner.SAME if content.spki is not None else FileOwner.OTHER
    return FileOwner.SAME if content.spki in lineage else FileOwner.OTHER


def is_one_set(files: Sequence[ServerFile], contents: Mapping[str, FileContent]) -> bool:
    """Return whether files match: all of them, except for a chain alone, have the same key or its certificate.

    Args:
        files: The files of the server software.
        contents: The contents of the files that exist, by the ending of the file.
    """
    present = [file for file in files if file.ending in contents and not file.is_chain]
    identities = {contents[file.ending] for file in present}
    is_readable = FileContent(None) not in identities
    return is_readable and len(identities) == 1 and any(file.has_key for file in present)
