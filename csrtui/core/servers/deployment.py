"""Plan and build the files for a server program, from a private key and its certificate chain."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha1
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError, RefusedError, translate_errors
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types, pkcs12
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.servers.server import Part, Server, ServerFile, Snippet, fill

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.keys.key_types import PrivateKey

_DOMAIN = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


class Secrecy(Enum):
    """The users who are allowed to read a file."""

    PUBLIC = auto()
    """Everybody, because the file contains only certificates."""
    ENCRYPTED = auto()
    """Only the owner. The key in the file is encrypted, so the medium does not have to support file modes."""
    PRIVATE = auto()
    """Only the owner, because the key in the file is not encrypted."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written.

    Attributes:
        name: The name without the folder.
        data: The contents.
        secrecy: The permitted readers.
        replacement_order: As for `ServerFile`.
    """

    name: str
    data: bytes
    secrecy: Secrecy
    replacement_order: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """The files for a server program, known before the key is opened.

    Attributes:
        base: The beginning of the file names, before the ending of each file.
        files: The files.
        snippets: The lines for the configuration and the commands, with the paths of the files filled in.
        lacks_issuer: Whether the chain is incomplete because the issuer certificate is missing.
    """

    base: str
    files: tuple[ServerFile, ...]
    snippets: tuple[Snippet, ...]
    lacks_issuer: bool = False


@dataclass(frozen=True, slots=True)
class Pkcs12Encryption:
    """The passphrase and algorithms for the encryption of a PKCS #12 file."""

    passphrase: Secret
    strength: Strength = Strength.AES


def read_chain(pem: bytes) -> tuple["x509.Certificate", ...]:
    """Return the certificates that a server sends for a pair: the pair's certificate and its chain without the root.

    Args:
        pem: The contents of certificate.pem: the pair's certificate, then its chain.

    Raises:
        InputError: A certificate, or the public key of the first one, cannot be read.
    """
    from cryptography import x509

    unreadable = InputError("the certificate cannot be read", "import it again")
    with translate_errors(lambda _: unreadable), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # only the CA could change unusual values such as long names
        leaf, *others = x509.load_pem_x509_certificates(pem)
        key_types.spki_sha256(leaf.public_key())
        chain = [other for other in others if other.subject != other.issuer]
    return (leaf, *chain)


def plan_files(
    server: Server, base: str, domain: str, certificates: Sequence["x509.Certificate"], folder: str
) -> DeploymentPlan:
    """Return the files for a server, and the snippets that contain their paths.

    Args:
        server: The server, from the table.
        base: The beginning of the file names (`csrtui.core.pairs.pair_name.file_bases`).
        domain: The first name in the certificate.
        certificates: The pair's certificate and its chain, from `read_chain`.
        folder: The absolute path of the folder for the files.

    Raises:
        InputError: The server's configuration cannot represent the folder's path.
    """
    leaf, *chain = certificates
    # Without a chain, leave out a file that would contain only the chain.
    files = tuple(file for file in server.files if chain or not file.is_chain)
    values = _values(base, domain, leaf) | file_values(base, folder, files)
    filled = (fill(snippet, values) for snippet in server.snippets)
    return DeploymentPlan(base, files, tuple(snippet for snippet in filled if snippet.lines))


def _values(base: str, domain: str, leaf: "x509.Certificate") -> dict[str, str]:
    from cryptography.hazmat.primitives.serialization import Encoding

    der = leaf.public_bytes(Encoding.DER)
    return {
        "base": base,
        "domain": site_name(domain) if _DOMAIN.fullmatch(domain) else "DOMAIN",
        # Windows identifies certificates by SHA-1. No security depends on this hash.
        "thumbprint": sha1(der, usedforsecurity=False).hexdigest().upper(),
    }


def site_name(domain: str) -> str:
    """Return the name of a site in hosting panels: the domain without ``www.``, which is an alias there."""
    return domain.removeprefix("www.")


def file_values(base: str, folder: str, files: Sequence[ServerFile]) -> dict[str, str]:
    """Return the placeholder values that name the files in a folder."""
    values: dict[str, str] = {}
    for file in files:
        name = base + file.ending
        values |= {file.placeholder: f"{folder.rstrip('/')}/{name}", f"{file.placeholder}_name": name}
    return values | ({"chain_object": f"{base}.chain"} if "chain" in values else {})


def build_files(
    plan: DeploymentPlan,
    key: "PrivateKey",
    certificates: Sequence["x509.Certificate"],
    encryption: Pkcs12Encryption | None = None,
) -> tuple[NewFile, ...]:
    """Return the planned files with their contents.

    In PEM files the key is not encrypted, because the server reads them unattended. In PKCS #12 files it is encrypted.

    Args:
        plan: The plan.
        key: The private key.
        certificates: The certificates for which the plan was made.
        encryption: The encryption of the PKCS #12 file, or None for PEM files.

    Raises:
        InputError: The PKCS #12 file cannot be built.
        RefusedError: The first certificate is not for this key.
        ValueError: The plan has a PKCS #12 file, and `encryption` is missing.
    """
    if key_types.spki_sha256(key.public_key()) != key_types.spki_sha256(certificates[0].public_key()):
        raise RefusedError(f"the key and the certificate of {plan.base} do not match", "csrtui doctor")
    return tuple(_build_file(file, plan.base, key, certificates, encryption) for file in plan.files)


def _build_file(
    file: ServerFile,
    base: str,
    key: "PrivateKey",
    certificates: Sequence["x509.Certificate"],
    encryption: Pkcs12Encryption | None,
) -> NewFile:
    name = base + file.ending
    if file.parts:
        data = b"".join(_pem(part, key, certificates) for part in file.parts)
        secrecy = Secrecy.PRIVATE if file.has_key else Secrecy.PUBLIC
        return NewFile(name, data, secrecy, file.replacement_order)
    if encryption is None:
        raise ValueError("a PKCS #12 file needs a passphrase")
    data = pkcs12.compose(base, key, certificates, encryption.passphrase, encryption.strength)
    return NewFile(name, data, Secrecy.ENCRYPTED, file.replacement_order)


def _pem(part: Part, key: "PrivateKey", certificates: Sequence["x509.Certificate"]) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    if part is Part.KEY:
        return key_types.private_pem(key)
    selected = certificates[:1] if part is Part.LEAF else certificates[1:]
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in selected)
