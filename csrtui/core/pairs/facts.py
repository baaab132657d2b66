"""The facts about the parts of a pair that its record contains: its key, its CSR, and where it was installed."""

from datetime import datetime
from typing import NamedTuple


class KeyFacts(NamedTuple):
    """The facts about a private key that can be read without opening it.

    Attributes:
        type: A value of `csrtui.core.keys.key_types.KeyType`, or free text for an adopted key of another type.
        encrypted: Whether key.pem is encrypted.
        spki_sha256: The SPKI fingerprint, 64 hex digits.
    """

    type: str
    encrypted: bool
    spki_sha256: str


class RequestFacts(NamedTuple):
    """The identity of the CSR: SHA-256 of its DER (64 hex digits), and the hash algorithm of its signature."""

    sha256: str
    signature_hash: str | None


class Installation(NamedTuple):
    """The place where files for server software were written.

    Attributes:
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        folder: The absolute path of the folder.
        installed: The time at which files were last written there, for this pair or for one that it renews.
    """

    platform: str
    folder: str
    installed: datetime
