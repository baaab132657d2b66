"""What a server software takes: which files, in what order, and how its configuration names them.

The rows themselves are in `csrtui.core.servers.table`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import shows, visible


class FileForm(StrEnum):
    """How keys and certificates are written down, in the words that people use."""

    PEM = "PEM"
    PKCS12 = "PKCS #12 (PFX)"


class Part(Enum):
    """What a PEM file is made of."""

    LEAF = auto()
    """The pair's own certificate."""
    CHAIN = auto()
    """The intermediate certificates, each signed by the next; the root stays with the clients (RFC 8446, 4.4.2)."""
    KEY = auto()
    """The private key, PKCS #8."""


class OldCsr(Enum):
    """Whether a renewal may use the old CSR."""

    YES = auto()
    NO = auto()


class Quoting(Enum):
    """How a path is written where it has characters that a bare word cannot have.

    The value is what stands around it, and what even so cannot stand in it.
    """

    NONE = ("", "\"'\\#$;{}<>,|&()*?!`~^%[] ")
    DOUBLE = ('"', '"\\$`%')
    SINGLE = ("'", "'\\")
    XML = ("", '"&<>$')
    LINE = ("", '"\\#$%{}')
    LIST = ("", ':"\\#$%{}')
    """As in a line, but a colon would begin a second path."""


_BARE = re.compile(r"[A-Za-z0-9/._+:@=-]+")


def quote(text: str, quoting: Quoting) -> str:
    """Return a path or name as a configuration of that quoting holds it.

    Raises:
        InputError: It cannot be held.
    """
    around, refused = quoting.value
    bad = next((character for character in text if character in refused or not shows(character)), None)
    if bad is not None:
        raise InputError(
            f"{visible(text)} cannot be named in the server's configuration: {visible(bad)!r} is in it",
            "choose a folder whose path has letters, digits, / . _ + - only",
        )
    return text if _BARE.fullmatch(text) else f"{around}{text}{around}"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that a server software takes.

    Attributes:
        placeholder: What stands for its path in directives, as ``@placeholder@``.
        ending: What follows the pair's name in its own name.
        parts: What is in it, in this order; of a PKCS #12 file nothing, since it has no order.
    """

    placeholder: str
    ending: str
    parts: tuple[Part, ...] = ()

    @property
    def has_key(self) -> bool:
        """Whether the private key is in it; in a PKCS #12 file it always is."""
        return Part.KEY in self.parts or not self.parts


@dataclass(frozen=True, slots=True)
class FileBlock:
    """Lines for one place of a configuration, or to be typed.

    In the lines ``@name@`` stands for what a deployment knows: the placeholders of the files, each also with
    ``_name`` for the file's name without the folder, ``pair``, ``domain`` (of the site), ``thumbprint``, and where there is a
    chain ``chain_object``, what a device calls it. What stands in
    ``[[ ]]`` goes where something in it is not there (no chain, for one); a line that becomes empty goes too.

    Attributes:
        where: Where they belong, a phrase without a full stop.
        lines: The lines.
        quoting: How paths are written in them.
    """

    where: str
    lines: tuple[str, ...]
    quoting: Quoting = Quoting.NONE


@dataclass(frozen=True, slots=True)
class Server:
    """How one server software takes keys and certificates.

    Attributes:
        platform: An id of `csrtui.core.servers.platforms`.
        form: How it wants them.
        files: The files.
        chain: Where the intermediate certificates go, a phrase.
        key: What to know of its keys, a sentence.
        blocks: What goes into its configuration, or is typed to import.
        commands: What checks and reloads it.
        old_csr: Whether a renewal may use the old CSR.
        old_csr_reason: The same in a sentence.
        places: Where such files usually lie, a line each.
        notes: What is peculiar, a sentence or two each.
        documentation: Where its makers say it.
    """

    platform: str
    form: FileForm
    files: tuple[FileRow, ...]
    chain: str
    key: str
    blocks: tuple[FileBlock, ...]
    commands: tuple[FileBlock, ...]
    old_csr: OldCsr
    old_csr_reason: str
    documentation: str
    places: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def fill(block: FileBlock, values: Mapping[str, str]) -> FileBlock:
    """Return a block with what its placeholders stand for.

    Args:
        block: From the table.
        values: By placeholder; what is not there is left out together with its ``[[ ]]``.

    Raises:
        InputError: A value cannot be held by a configuration of that kind.
        KeyError: A placeholder outside of ``[[ ]]`` stands for nothing.
    """

    def optional(found: re.Match[str]) -> str:
        return found[1] if all(name in values for name in _PLACEHOLDER.findall(found[1])) else ""

    def value(found: re.Match[str]) -> str:
        return quote(values[found[1]], block.quoting)

    lines = (_PLACEHOLDER.sub(value, _OPTIONAL.sub(optional, line)) for line in block.lines)
    return FileBlock(block.where, tuple(line for line in lines if line.strip()), block.quoting)


_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_PLACEHOLDER = re.compile(r"@([a-z_]+)@")


KEY = FileRow("key", ".key", (Part.KEY,))
FULL_CHAIN = FileRow("certificate", ".crt", (Part.LEAF, Part.CHAIN))
LEAF = FileRow("certificate", ".crt", (Part.LEAF,))
CHAIN = FileRow("chain", ".chain.crt", (Part.CHAIN,))
PLACES = (
    "Debian, Ubuntu: /etc/ssl/certs, keys in /etc/ssl/private",
    "RHEL and its like: /etc/pki/tls/certs, keys in /etc/pki/tls/private",
)
ANY_KEY = "EC P-256 is fast and taken by every client of today; RSA 2048 is for very old ones."
RSA_FIRST = "RSA 2048 is what every version takes; elliptic curves only recent ones, and not for everything."
FILES_ANYWAY = (
    "Yes: it reads the key from a file, so the old CSR works as long as its key stays. A new pair comes first "
    "all the same: lives are short, and a fresh key is free."
)
READ_BY_ROOT = "It reads the key as root before it gives up its rights: the key stays 0600 and root's."
READ_BY_SERVICE_USER = (
    "The key must belong to the user that the server runs as. mosquitto, Redis, PostgreSQL, MariaDB and slapd read "
    "it as that user and do not start with a key that root owns: chown USER KEY, mode 0600. USER is mosquitto, "
    "redis, postgres or mysql; for slapd openldap (Debian) or ldap (RHEL)."
)
TRANSPORT = (
    "The file is protected by its passphrase alone, and the MAC of PKCS #12 lets many guesses be made quickly: "
    "it is a transport form, to be deleted on both machines after the import."
)
KEYSTORE = (
    "The server reads the file itself, so it stays; the MAC of PKCS #12 lets many guesses be made quickly, so "
    "its mode of 0600 is what protects it. Delete every other copy."
)
