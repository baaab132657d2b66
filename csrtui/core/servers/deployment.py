"""Plan and build the files for a server program, from a private key and its certificate chain."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha1
from typing import TYPE_CHECKING, cast

from csrtui.core.base.errors import InputError, RefusedError, translate_errors
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types, passphrase_quality
from csrtui.core.servers.server import Part, Server, ServerFile, Snippet, fill

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12PrivateKeyTypes

    from csrtui.core.keys.key_types import PrivateKey

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_DOMAIN = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


class Secrecy(Enum):
    """The users who are allowed to read a file."""

    PUBLIC = auto()
    """Everyone, because the file contains only certificates."""
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
        replacement_order: The sort key for replacing files (`ServerFile.replacement_order`).
    """

    name: str
    data: bytes
    secrecy: Secrecy
    replacement_order: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """The files for a server program, known before the key is opened.

    Attributes:
        base: The beginning that all file names share.
        files: The files.
        snippets: The lines for the configuration and the commands, with the paths of the files filled in.
        lacks_issuer: Whether the chain is incomplete because the issuer certificate is missing.
    """

    base: str
    files: tuple[ServerFile, ...]
    snippets: tuple[Snippet, ...]
    lacks_issuer: bool = False


class Strength(Enum):
    """The algorithms that protect a PKCS #12 file."""

    AES = auto()
    """AES-256-CBC with PBES2, and a MAC with SHA-256. For Windows Server 2019, Java 8u301, OpenSSL 1.1 and later."""
    LEGACY = auto()
    """3DES with PKCS #12's own scheme, and a MAC with SHA-1. For Windows Server 2016 and older, and for old Java."""


@dataclass(frozen=True, slots=True)
class Pkcs12Encryption:
    """The passphrase and the algorithms that protect a PKCS #12 file."""

    passphrase: Secret
    strength: Strength = Strength.AES


def read_chain(pem: bytes) -> tuple["x509.Certificate", ...]:
    """Return the certificates that a server sends for a pair: the pair's certificate and its chain without the root.

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

    `base` is the beginning of the file names (`csrtui.core.pairs.pair_name.file_bases`), and `domain` the first name in
    the certificate.

    Raises:
        InputError: The server's configuration cannot represent the folder's path.
    """
    leaf, *chain = certificates
    # Without a chain, leave out a file that would contain only the chain.
    files = tuple(file for file in server.files if chain or not file.is_chain)
    values = _values(base, domain, leaf) | file_values(base, folder, files)
    snippets = (fill(snippet, values) for snippet in server.snippets)
    return DeploymentPlan(base, files, tuple(snippet for snippet in snippets if snippet.lines))


def _values(base: str, domain: str, leaf: "x509.Certificate") -> dict[str, str]:
    from cryptography.hazmat.primitives.serialization import Encoding

    der = leaf.public_bytes(Encoding.DER)
    return {
        "base": base,
        "domain": site_name(domain) if _DOMAIN.fullmatch(domain) else "DOMAIN",
        "host": host_or_placeholder(domain),
        "spki": key_types.spki_sha256(leaf.public_key()),
        # Windows identifies certificates by SHA-1. No security depends on this hash.
        "thumbprint": sha1(der, usedforsecurity=False).hexdigest().upper(),
    }


def host_or_placeholder(name: str) -> str:
    """Return the first name of a pair if it is the name of one host, otherwise the placeholder HOST."""
    return name if _HOST.fullmatch(name) else "HOST"


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

    The key is encrypted in PKCS #12 files, but not in PEM files, because servers read those unattended. `encryption` is
    None for PEM files.

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
    data = build_pkcs12(base, key, certificates, encryption)
    return NewFile(name, data, Secrecy.ENCRYPTED, file.replacement_order)


def _pem(part: Part, key: "PrivateKey", certificates: Sequence["x509.Certificate"]) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    if part is Part.KEY:
        return key_types.private_pem(key)
    selected = certificates[:1] if part is Part.LEAF else certificates[1:]
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in selected)


def build_pkcs12(
    name: str, key: "PrivateKey", certificates: Sequence["x509.Certificate"], encryption: Pkcs12Encryption
) -> bytes:
    """Return a PKCS #12 file in DER (PFX, RFC 7292), with the friendly name `name`, which Java calls "alias".

    The file is for transport, not for storage (RFC 9579, 1). Its MAC uses only about 2,048 iterations. So an attacker
    can try passphrases quickly, even if the key is strongly encrypted.

    Raises:
        InputError: The passphrase is empty or too long, or PKCS #12 cannot contain a key of that type.
    """
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

    if not encryption.passphrase.encoded:
        raise InputError("an empty passphrase protects nothing", "give the PKCS #12 file a passphrase")
    passphrase_quality.check(encryption.passphrase)
    leaf, *chain = certificates
    try:
        return serialize_key_and_certificates(
            name.encode("utf-8"),
            cast("PKCS12PrivateKeyTypes", key),
            leaf,
            chain or None,
            _key_encryption(encryption),
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            "cannot write a PKCS #12 file with this type of key and this passphrase",
            "make a new pair with an RSA or EC key",
        ) from error


def _key_encryption(encryption: Pkcs12Encryption) -> "KeySerializationEncryption":
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat
    from cryptography.hazmat.primitives.serialization.pkcs12 import PBES

    scheme, mac = {
        Strength.AES: (PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
        Strength.LEGACY: (PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),  # noqa: S303 - old readers need it
    }[encryption.strength]
    builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme).hmac_hash(mac)
    return builder.build(encryption.passphrase.encoded)
