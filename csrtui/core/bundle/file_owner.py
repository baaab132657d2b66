"""Tell whose key or certificate a file of server software contains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.base.secret import Secret
from csrtui.core.bundle.reader import read
from csrtui.core.keys.key_types import spki_sha256
from csrtui.core.servers.server import Part, ServerFile


class FileOwner(Enum):
    """Whose key or certificate a file contains."""

    SAME = auto()
    """This pair's, or that of a pair that it renews."""
    OTHER = auto()
    """Another key's, or none that can be read."""
    UNKNOWN = auto()
    """Not known, because the file is encrypted and no passphrase was given."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """The public identity of what a file contains.

    Attributes:
        spki: The SPKI fingerprint of the private key, or of the first certificate if there is no key. None if neither
            can be read, or if there are several private keys.
        is_locked: Whether the file is encrypted and no passphrase was given.
    """

    spki: str | None
    is_locked: bool = False


def read_content(data: bytes, passphrase: Secret | None = None) -> FileContent:
    """Return the identity of a file's content.

    Args:
        data: The content.
        passphrase: The passphrase for an encrypted file, or None.
    """
    material = read(data, passphrase)
    if material.has_private_key:
        keys = {spki_sha256(found.key.public_key()) for found in material.keys}
        is_locked = material.needs_passphrase
        return FileContent(keys.pop() if len(keys) == 1 and not is_locked else None, is_locked)
    certificate = next(iter(material.certificates), None)
    return FileContent(certificate.spki_sha256 if certificate else None, material.needs_passphrase)


def owner_of(file: ServerFile, content: FileContent, lineage: frozenset[str]) -> FileOwner:
    """Return whose file it is.

    Args:
        file: The file.
        content: Its content.
        lineage: The SPKI fingerprints of this pair and of the pairs that it renews.
    """
    if content.is_locked:
        return FileOwner.UNKNOWN
    if file.parts == (Part.CHAIN,):  # certificates of CAs belong to whoever has the other files
        return FileOwner.SAME if content.spki is not None else FileOwner.OTHER
    return FileOwner.SAME if content.spki in lineage else FileOwner.OTHER


def is_one_set(files: Sequence[ServerFile], contents: Mapping[str, FileContent]) -> bool:
    """Return whether files fit each other: all that have a key or its certificate have the same key.

    Args:
        files: The files of the server software.
        contents: The contents that exist, by the ending of the file.
    """
    present = [file for file in files if file.ending in contents and file.parts != (Part.CHAIN,)]
    identities = {contents[file.ending] for file in present}
    is_readable = FileContent(None) not in identities
    return is_readable and len(identities) == 1 and any(file.has_key for file in present)
