"""The files from which a server program reads keys and certificates, and the snippets that contain their paths.

The servers themselves are in ``servers.toml``, in this folder. `csrtui.store.package_data.servers` returns them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any, Final

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import is_visible, visible


class FileFormat(StrEnum):
    """The format of a server's files. The value is the text to display."""

    PEM = "PEM"
    PKCS12 = "PKCS #12 (PFX)"


class Part(Enum):
    """A part of a PEM file."""

    LEAF = auto()
    """The pair's own certificate."""
    CHAIN = auto()
    """The intermediate certificates, each signed by the next. Clients already have the root (RFC 8446, 4.4.2)."""
    KEY = auto()
    """The private key, PKCS #8."""


class Quoting(Enum):
    """The syntax for a path with characters that are not allowed in a bare word.

    The value consists of the quotation mark and the characters that even a quoted path must not contain.
    """

    NONE = ("", "\"'\\#$;{}<>,|&()*?!`~^%[] ")
    DOUBLE = ('"', '"\\$`%')
    SINGLE = ("'", "'\\")
    XML = ("", '"&<>$')
    LINE = ("", '"\\#$%{}')
    APOSTROPHE = ("", "'\\")
    """For a path in a line that already contains the apostrophes around it."""
    LIST = ("", ':"\\#$%{}')
    """Like LINE, but without colons, because a colon begins a second path."""


_BARE = re.compile(r"[A-Za-z0-9/._+:@=-]+")


def quote(text: str, quoting: Quoting) -> str:
    """Return a path or name in the syntax of a configuration.

    Raises:
        InputError: The text contains a character that this syntax cannot represent.
    """
    mark, forbidden = quoting.value
    invalid = next((c for c in text if c in forbidden or not is_visible(c)), None)
    if invalid is not None:
        raise InputError(
            f"{visible(text)} contains {visible(invalid)!r}, which the server's configuration cannot represent",
            "choose a folder whose path contains only letters, digits, / . _ + -",
        )
    return text if _BARE.fullmatch(text) else f"{mark}{text}{mark}"


@dataclass(frozen=True, slots=True)
class ServerFile:
    """A file that a server program reads.

    Attributes:
        placeholder: The name of the placeholder for its path. Snippets contain it as ``@placeholder@``.
        ending: The part of the file name after the base.
        parts: The contents, in order. Empty for a PKCS #12 file, whose contents have no order.
    """

    placeholder: str
    ending: str
    parts: tuple[Part, ...] = ()

    @property
    def has_key(self) -> bool:
        """Whether the file contains the private key. A PKCS #12 file always does."""
        return Part.KEY in self.parts or not self.parts

    @property
    def is_chain(self) -> bool:
        """Whether the file contains only the issuers of the certificate."""
        return self.parts == (Part.CHAIN,)

    @property
    def replacement_order(self) -> tuple[bool, bool]:
        """The sort key for replacing files one after the other: chain, certificate, private key.

        The chain comes first, because no server compares it with the key. The key comes directly after the certificate,
        because most servers read them in this order. A server that starts in between is then least likely to read one
        old and one new file.
        """
        return self.has_key, not self.is_chain


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines for a configuration, or commands to type.

    ``@name@`` in the lines is a placeholder. Each file has two placeholders: one for its path, and one ending in
    ``_name`` for its name without the folder. The others are ``base`` (of the file names), ``domain`` (of the site),
    ``host`` (the first name), ``spki`` (the SPKI fingerprint), ``thumbprint``, and ``chain_object`` (the name of the
    chain on a device, if there is a chain). A part in ``[[ ]]`` is left out if one of its placeholders has no value, for
    example without a chain. Empty lines are left out too.

    Attributes:
        place: The place where the lines belong, as a phrase without a full stop.
        lines: The lines.
        quoting: The syntax for paths in the lines.
    """

    place: str
    lines: tuple[str, ...]
    quoting: Quoting = Quoting.NONE


SERVER_FILES: Final = {
    "full-chain": ServerFile("certificate", ".crt", (Part.LEAF, Part.CHAIN)),
    "certificate": ServerFile("certificate", ".crt", (Part.LEAF,)),
    "chain": ServerFile("chain", ".chain.crt", (Part.CHAIN,)),
    "key": ServerFile("key", ".key", (Part.KEY,)),
    "certificate-first": ServerFile("bundle", ".pem", (Part.LEAF, Part.CHAIN, Part.KEY)),
    "key-first": ServerFile("bundle", ".pem", (Part.KEY, Part.LEAF, Part.CHAIN)),
    "pfx": ServerFile("pfx", ".pfx"),
    "p12": ServerFile("pfx", ".p12"),
}
"""The files that the table of servers can name. The last four contain the key and the certificates in one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The files, snippets and special features of one type of server software.

    Attributes:
        platform: The id in `csrtui.core.servers.platforms`.
        files: The files that the server software reads.
        chain: A phrase on where the intermediate certificates go.
        key: A sentence with advice on the key type.
        snippets: Lines for the configuration, then the commands that check and reload it.
        can_reuse_csr: Whether a renewal may use the old CSR.
        csr_reuse: A sentence on whether a renewal may use the old CSR, with the reason.
        owner: The user that the server software runs as, if that user must own the key.
        query: The port and additional options for ``openssl s_client``. Empty if openssl cannot connect to the server.
        places: A line for each place where such files usually are.
        notes: One or two sentences on each special feature.
        documentation: The URL of the vendor's documentation.
    """

    platform: str
    files: tuple[ServerFile, ...]
    chain: str
    key: str
    snippets: tuple[Snippet, ...]
    can_reuse_csr: bool
    csr_reuse: str
    documentation: str
    owner: str | None
    query: str
    places: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def format(self) -> FileFormat:
        """The format of the server's files."""
        return FileFormat.PEM if self.files[0].parts else FileFormat.PKCS12


def parse_servers(text: str) -> dict[str, Server]:
    """Return the servers in the text of ``servers.toml``, by the id of their platform."""
    import tomllib

    tables = tomllib.loads(text)
    sentences, defaults = tables.pop("texts"), tables.pop("defaults")
    return {platform: _server(platform, defaults | table, sentences) for platform, table in tables.items()}


def _server(platform: str, table: dict[str, Any], sentences: Mapping[str, str]) -> Server:
    snippets = (
        Snippet(row["place"], tuple(row["lines"].splitlines()), Quoting[row.get("quoting", "none").upper()])
        for row in table["snippets"]
    )
    return Server(
        platform=platform,
        files=tuple(SERVER_FILES[name] for name in table["files"]),
        chain=table["chain"],
        key=table["key"].format_map(sentences),
        snippets=tuple(snippets),
        can_reuse_csr=table["can_reuse_csr"],
        csr_reuse=table["csr_reuse"].format_map(sentences),
        owner=table.get("owner"),
        query=table["query"],
        places=tuple(table["places"]),
        notes=tuple(note.format_map(sentences) for note in table["notes"]),
        documentation=table["documentation"],
    )


_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_PLACEHOLDER = re.compile(r"@([a-z_]+)@")


def fill(snippet: Snippet, values: Mapping[str, str]) -> Snippet:
    """Return a snippet with its placeholders replaced.

    Args:
        snippet: A snippet from the table.
        values: The value of each placeholder. If a placeholder in ``[[ ]]`` has no value, the whole part is left out.

    Raises:
        InputError: A value contains a character that the configuration cannot represent.
        KeyError: A placeholder outside ``[[ ]]`` has no value.
    """

    def keep_optional(match: re.Match[str]) -> str:
        return match[1] if all(name in values for name in _PLACEHOLDER.findall(match[1])) else ""

    def quoted_value(match: re.Match[str]) -> str:
        return quote(values[match[1]], snippet.quoting)

    lines = (_PLACEHOLDER.sub(quoted_value, _OPTIONAL.sub(keep_optional, line)) for line in snippet.lines)
    return Snippet(snippet.place, tuple(line for line in lines if line.strip()), snippet.quoting)
