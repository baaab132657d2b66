"""The facts in a pair's record about its key, its CSR, its certificate and its installation."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.finding import Purpose

if TYPE_CHECKING:
    from csrtui.core.certificates.certificate import Certificate


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


class Defect(NamedTuple):
    """The most severe reason why clients refuse the certificate of a pair for a requested name or purpose.

    Attributes:
        text: A clause: ``the certificate does not cover www.example.com``.
        is_total: Whether the certificate has none of the requested names or purposes, so that another one must be
            imported.
    """

    text: str
    is_total: bool


def find_defect(certificate: "Certificate", names: Sequence[str], purpose: Purpose) -> Defect | None:
    """Return the defect of a certificate that was issued for a CSR with these names and this purpose, or None."""
    from csrtui.core.certificates.comparison import usability_flaws  # not needed to list pairs

    flaws = usability_flaws(certificate, names, purpose)
    return Defect(flaws[0].text.partition(":")[0], flaws[0].is_total) if flaws else None


class Installation(NamedTuple):
    """The place where files for server software were written.

    Attributes:
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        folder: The absolute path of the folder.
        installed: The time at which files were last written there, for this pair or for a pair that it renews.
    """

    platform: str
    folder: str
    installed: datetime
