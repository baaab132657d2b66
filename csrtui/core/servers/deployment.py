"""The files that a server software wants, made of a pair and its certificate, and the lines that name them."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha1
from typing import TYPE_CHECKING

from csrtui.core import bundle
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types, pkcs12
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.servers.file_layout import FileBlock, FileRow, Part, Server, fill

if TYPE_CHECKING:
    from cryptography import x509

    from csrtui.core.keys.key_types import PrivateKey

_DOMAIN = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


class Secrecy(Enum):
    """Who may read a file."""

    PUBLIC = auto()
    """Everybody: it holds certificates only."""
    SEALED = auto()
    """Its owner; the key in it is under a passphrase, so that a medium without modes may carry it."""
    PRIVATE = auto()
    """Its owner and nobody else: the key in it is plain."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written: its name without a folder, all of its bytes, and who may read it."""

    name: str
    data: bytes
    secrecy: Secrecy


@dataclass(frozen=True, slots=True)
class Material:
    """What the files are made of.

    Attributes:
        pair: The pair's name.
        domain: The name it is for.
        key: The private key.
        certificates: The pair's certificate, then its chain; as `read_chain` gives them.
    """

    pair: str
    domain: str
    key: "PrivateKey"
    certificates: tuple["x509.Certificate", ...]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What will be written for a server software, known before a key is opened.

    Attributes:
        files: The files.
        blocks: What goes into the configuration, the real paths in it.
        commands: What checks and reloads.
    """

    files: tuple[FileRow, ...]
    blocks: tuple[FileBlock, ...]
    commands: tuple[FileBlock, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """Files for a server software, and what to do with them.

    Attributes:
        files: What is to be written.
        blocks: What goes into the configuration, the real paths in it.
        commands: What checks and reloads.
    """

    files: tuple[NewFile, ...]
    blocks: tuple[FileBlock, ...]
    commands: tuple[FileBlock, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """What a PKCS #12 file is encrypted with."""

    passphrase: Secret
    strength: Strength = Strength.AES


def read_chain(pem: bytes) -> tuple["x509.Certificate", ...]:
    """Return the certificates of a pair as a server sends them, without the root; the first has a readable key.

    Args:
        pem: certificate.pem: the pair's certificate, then its chain.

    Raises:
        InputError: It cannot be read.
    """
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd in them, such as long names: that is the CA's matter
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
            key_types.spki_sha256(leaf.public_key())
            chain = [other for other in others if other.subject != other.issuer]
        except Exception as error:  # which can come out is nowhere written down
            raise _unreadable(pem) from error
    return (leaf, *chain)


def _unreadable(pem: bytes) -> InputError:
    """Why a certificate cannot be handed to a server."""
    material = bundle.read(pem, open_keys=False)
    faults = next((one.encoding_faults for one in material.certificates if one.encoding_faults), ())
    if not faults:
        return InputError("the certificate cannot be read", "import it again")
    return InputError(
        f"the certificate breaks an encoding rule, for which server software may refuse it: {'; '.join(faults)}",
        "ask the CA for another; certificate.pem in the folder of the pair contains this one",
    )


def deploy(server: Server, material: Material, folder: str, seal: Seal | None = None) -> Deployment:
    """Return the files that a server wants, and the lines that name them.

    A key is written plain where a server has to read it without anybody there to type a passphrase, and under
    one in PKCS #12.

    Args:
        server: From the table.
        material: What to make them of.
        folder: Where the files will lie, absolute.
        seal: For PKCS #12, where it has to be given.

    Raises:
        InputError: The folder's path cannot stand in the server's configuration, or PKCS #12 cannot be made.
        RefusedError: The key is not the key of the first certificate.
        ValueError: A seal is missing.
    """
    leaf = material.certificates[0]
    if key_types.spki_sha256(material.key.public_key()) != key_types.spki_sha256(leaf.public_key()):
        raise RefusedError(f"the key and the certificate of {material.pair} do not fit", "csrtui doctor")
    # first of all what costs nothing and may refuse: a path that the configuration cannot hold
    planned = plan(server, material.pair, material.domain, material.certificates, folder)
    files = tuple(_file(row, material, seal) for row in planned.files)
    return Deployment(files, planned.blocks, planned.commands)


def plan(
    server: Server, pair: str, domain: str, certificates: Sequence["x509.Certificate"], folder: str
) -> DeploymentPlan:
    """Return which files a server will get, and the lines that name them.

    Args:
        server: From the table.
        pair: The pair's name.
        domain: The name it is for.
        certificates: The pair's certificate, then its chain; as `read_chain` gives them.
        folder: Where the files will lie, absolute.

    Raises:
        InputError: The folder's path cannot stand in the server's configuration.
    """
    leaf, *chain = certificates
    wanted = [row for row in server.files if _is_wanted(row, chain)]
    values = _values(pair, domain, leaf) | paths(pair, folder, wanted)
    return DeploymentPlan(tuple(wanted), _filled(server.blocks, values), _filled(server.commands, values))


def _is_wanted(row: FileRow, chain: Sequence["x509.Certificate"]) -> bool:
    """A file of nothing but the chain is not made where there is none."""
    return row.parts != (Part.CHAIN,) or bool(chain)


def _values(pair: str, domain: str, leaf: "x509.Certificate") -> dict[str, str]:
    from cryptography.hazmat.primitives.serialization import Encoding

    der = leaf.public_bytes(Encoding.DER)
    return {
        "pair": pair,
        "domain": site(domain) if _DOMAIN.fullmatch(domain) else "DOMAIN",
        # how Windows calls a certificate; nothing rests on it
        "thumbprint": sha1(der, usedforsecurity=False).hexdigest().upper(),
    }


def site(domain: str) -> str:
    """Return what panels know a site by: its domain, of which the twin with ``www.`` is an alias."""
    return domain.removeprefix("www.")


def paths(pair: str, folder: str, wanted: Sequence[FileRow]) -> dict[str, str]:
    """Return what the placeholders of some files stand for, when they lie in a folder."""
    values: dict[str, str] = {}
    for row in wanted:
        name = pair + row.ending
        values |= {row.placeholder: f"{folder.rstrip('/')}/{name}", f"{row.placeholder}_name": name}
    return values | ({"chain_object": f"{pair}.chain"} if "chain" in values else {})


def _filled(blocks: Sequence[FileBlock], values: dict[str, str]) -> tuple[FileBlock, ...]:
    """The blocks of which anything is left."""
    filled = (fill(block, values) for block in blocks)
    return tuple(block for block in filled if block.lines)


def _file(row: FileRow, material: Material, seal: Seal | None) -> NewFile:
    name = material.pair + row.ending
    if row.parts:
        data = b"".join(_pem(part, material) for part in row.parts)
        return NewFile(name, data, Secrecy.PRIVATE if row.has_key else Secrecy.PUBLIC)
    if seal is None:
        raise ValueError("PKCS #12 is made under a passphrase")
    data = pkcs12.compose(material.pair, material.key, material.certificates, seal.passphrase, seal.strength)
    return NewFile(name, data, Secrecy.SEALED)


def _pem(part: Part, material: Material) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    if part is Part.KEY:
        return key_types.private_pem(material.key)
    leaf, *chain = material.certificates
    chosen = [leaf] if part is Part.LEAF else chain
    return b"".join(one.public_bytes(Encoding.PEM) for one in chosen)
